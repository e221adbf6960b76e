"""Ask any model for completions: requests in, completions out, whoever answers. Loads no torch and opens nothing.

The backends, such as local weights and servers, are modules of `rlvr.sampling`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from rewards.wire import AUTO
from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from rlvr.progress import Advance


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn: greedily where `temperature` is 0, else as in transformers' generation."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float | None = None

    def next_tokens(self, logits_V: Tensor) -> Tensor:
        """One token for each row of logits of shape (U*G, V)."""
        if self.temperature == 0:
            return logits_V.argmax(-1)
        import torch
        from transformers.generation.logits_process import (
            LogitsProcessorList,
            MinPLogitsWarper,
            TemperatureLogitsWarper,
            TopKLogitsWarper,
            TopPLogitsWarper,
        )

        warpers = LogitsProcessorList([TemperatureLogitsWarper(float(self.temperature))])
        if self.top_k:
            warpers.append(TopKLogitsWarper(self.top_k))
        if self.top_p < 1:
            warpers.append(TopPLogitsWarper(self.top_p))
        if self.min_p:
            warpers.append(MinPLogitsWarper(self.min_p))
        # None of them reads the tokens so far.
        warped = warpers(cast("Any", None), logits_V.float())
        # The inverse of the distribution function: one random number for each row, where `multinomial` draws V of them.
        below = warped.softmax(-1, dtype=torch.float64).cumsum(-1)
        drawn = torch.rand(below.shape[0], 1, dtype=below.dtype, device=below.device) * below[:, -1:]
        return torch.searchsorted(below, drawn, right=True)[:, 0]


GREEDY = Sampling()


@dataclass(frozen=True)
class Request:
    """One prompt to complete.

    Attributes:
        messages: the conversation so far, as a row's `prompt` has it; several turns, calls and tool results included.
        tools: what is offered, in OpenAI's form.
        max_tokens: where a completion is cut.
        n: completions of this prompt.
        sampling: how tokens are drawn.
        seed: of what is drawn; each of the `n` completions draws something else.
        wire: the format whose marks of calls stay in the text; `auto` for any. Servers read calls themselves.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Any] = ()
    max_tokens: int = 512
    n: int = 1
    sampling: Sampling = GREEDY
    seed: int = 0
    wire: str = AUTO


@dataclass(frozen=True)
class Completion:
    """One completion.

    Attributes:
        text: what the reward reads in training: without special tokens, but for those that mark calls.
        n_tokens: its length.
        finish_reason: `stop`, `length`, or what else a server says, such as `tool_calls` and `content_filter`.
        n_prompt_tokens: the prompt's length.
        latency_s: seconds from the request to its end; None for local weights, which answer in batches.
        message: the assistant's message with its tool calls, where a server has parsed them out of the text; without
            any, where it has left one in the text.
        token_ids: the completion's tokens; None where a server does not tell them.
        logprobs: the log-probability of each token, where a server was asked for them.
    """

    text: str
    n_tokens: int
    finish_reason: str = "stop"
    n_prompt_tokens: int = 0
    latency_s: float | None = field(default=None, compare=False)
    message: dict[str, Any] | None = None
    token_ids: tuple[int, ...] | None = field(default=None, repr=False)
    logprobs: tuple[float, ...] | None = field(default=None, repr=False)

    @property
    def is_truncated(self) -> bool:
        """Tell whether it ran into the length limit."""
        return self.finish_reason == "length"

    @property
    def scored(self) -> str | list[dict[str, Any]]:
        """Return what a reward reads: the text, or the message as a server has parsed it."""
        return self.text if self.message is None else [self.message]


def unwatched(done: int, note: str = "") -> None:
    """Show no progress."""


class NothingAnsweredError(UserError):
    """Every one of the requests failed."""


class Sampler(Protocol):
    """A model that completes prompts."""

    @property
    def name(self) -> str:
        """Return what tables and price lists call the model."""

    @property
    def wire(self) -> str | None:
        """The format in which the model writes calls; None where a server has read them already."""

    def sample(
        self, requests: Sequence[Request], progress: Advance = unwatched
    ) -> Iterator[tuple[int, list[Completion] | None]]:
        """Yield (index of the request, its completions) as they are done, in any order; None where one failed for good.

        Args:
            requests: what to complete.
            progress: called with the number of requests that are done since the last call, and a note on the others.

        Raises:
            UserError: the model cannot be asked at all; NothingAnsweredError: every request failed.
        """

    def close(self) -> None:
        """Give back what is held open."""


def completions_of(
    sampler: Sampler, requests: Sequence[Request], progress: Advance = unwatched
) -> list[list[Completion] | None]:
    """Return each request's completions, in the order of the requests; None where it failed for good."""
    completions: list[list[Completion] | None] = [None] * len(requests)
    for place, answer in sampler.sample(requests, progress):
        completions[place] = answer
    return completions
