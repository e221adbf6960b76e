"""What was completed and how its tokens are drawn; loads no torch, which a served model does without."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from torch import Tensor


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
class Completion:
    """One completion.

    Attributes:
        text: what the reward reads in training: without special tokens, but for those that mark calls.
        n_tokens: its length.
        is_truncated: whether it ran into the length limit.
        n_prompt_tokens: the prompt's length.
        latency_s: seconds from the request to its end; None for local weights, which answer in batches.
        message: the assistant's message where a server has parsed tool calls out of the text.
    """

    text: str
    n_tokens: int
    is_truncated: bool
    n_prompt_tokens: int = 0
    latency_s: float | None = field(default=None, compare=False)
    message: dict[str, Any] | None = None

    @property
    def scored(self) -> str | list[dict[str, Any]]:
        """What a reward reads: the text, or the messages that hold parsed calls."""
        return self.text if self.message is None else [self.message]
