"""GRPO on episodes: every candidate holds a conversation, and only the policy's own tokens are trained on.

Tokens are trained on as they were sampled: a turn's tokens stay as they are, and what the tools and the user say comes
behind them as the chat template writes it. Nothing is tokenized a second time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from rewards import Toolset
from rlvr.chat import chat_format, render_prompt, served_text, turn_boundary
from rlvr.environments.conversation import Conversation, OpenTurn, PolicyTurn, Turn, hold
from rlvr.environments.episode import Episode
from rlvr.environments.opening import Factory, opened
from rlvr.environments.scoring import COUNTED, EpisodeReward, counts
from rlvr.errors import RunError, UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.records.message import text_of
from rlvr.records.rollout import Candidate
from rlvr.records.row import Row
from rlvr.training.candidates import in_rollouts, record
from rlvr.training.diagnosis import Watch

Generate = Callable[[list[list[int]], list[list[JsonObject]]], tuple[list[list[int]], list[list[float]] | None]]
"""Completes each list of token ids by one turn, given what tools each conversation offers; beside the turns their
log-probabilities, where the sampler tells them."""


@dataclass
class Tokens:
    """The tokens of one episode.

    Args:
        prompt: ids of what the episode begins with.
        rest: ids of all turns, of the tools and of the user.
        is_own: for each of the rest, whether the policy wrote it.
        logprobs: of the rest, under the policy that sampled them; 0 for what it did not write, or is not told.
        n_messages: messages that the ids stand for.
        n_tools: tools that the prompt offers.
    """

    prompt: list[int]
    rest: list[int] = field(default_factory=list)
    is_own: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    n_messages: int = 0
    n_tools: int = 0

    def add(self, ids: Sequence[int], logprobs: Sequence[float] | None = None, *, is_own: bool) -> None:
        """Append tokens."""
        self.rest += ids
        self.is_own += [int(is_own)] * len(ids)
        self.logprobs += [0.0] * len(ids) if logprobs is None else logprobs


class TokenPolicy:
    """Writes turns by completing tokens, and keeps them.

    Args:
        tokenizer: the policy's.
        generate: completes token ids, each up to its stop token or its length limit; see `Generate`.
        most_tokens: an episode that would grow beyond so many tokens after its prompt ends as truncated.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, generate: Generate, most_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.generate = generate
        self.most_tokens = most_tokens
        self.tokens: dict[int, Tokens] = {}
        self.has_logprobs = False
        spoken = chat_format(tokenizer)
        self._stops = {ids[0] for mark in (spoken.stop, spoken.call_stop) if len(ids := self._ids(mark)) == 1}

    def __call__(self, requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        """Write the next turn of each conversation."""
        for request in requests:
            self._take_in(request)
        growing = [request for request in requests if len(self.tokens[request.place].rest) < self.most_tokens]
        turns = self._written(growing) if growing else {}
        return [turns.get(request.place) or PolicyTurn("", is_truncated=True) for request in requests]

    def _written(self, requests: Sequence[OpenTurn]) -> dict[int, PolicyTurn]:
        contexts = [self.tokens[request.place] for request in requests]
        written, logprobs = self.generate(
            [tokens.prompt + tokens.rest for tokens in contexts], [list(request.tools) for request in requests]
        )
        self.has_logprobs = logprobs is not None
        turns = {}
        for number, (request, ids) in enumerate(zip(requests, written, strict=True)):
            self.tokens[request.place].add(ids, logprobs[number] if logprobs is not None else None, is_own=True)
            text = served_text(self.tokenizer, ids)
            is_truncated = not ids or ids[-1] not in self._stops
            turns[request.place] = PolicyTurn(text, len(ids), is_truncated)
        return turns

    def _take_in(self, request: OpenTurn) -> None:
        """Append what the tools and the user have said since the policy's last turn."""
        tokens = self.tokens.get(request.place)
        if tokens is None:
            prompt = render_prompt(self.tokenizer, request.messages, request.tools)
            ids = list(self.tokenizer(prompt)["input_ids"])
            self.tokens[request.place] = Tokens(ids, n_messages=len(request.messages), n_tools=len(request.tools))
            return
        if len(request.tools) != tokens.n_tools:
            raise UserError(
                "training on conversations: an episode offers further tools once it has begun, which the prompt, "
                "as it was sampled from, does not hold; evaluate on it, and train on others"
            )
        boundary = _boundary(self.tokenizer, request.messages, tokens.n_messages, request.tools)
        tokens.add(self._ids(boundary), is_own=False)
        tokens.n_messages = len(request.messages)

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def check_template(tokenizer: PreTrainedTokenizerBase, episode: Episode) -> None:
    """Try the chat template on turns that others follow.

    Raises:
        UserError: it writes an earlier turn otherwise once others follow, or refuses such turns.
    """
    prompt = list(map(dict, episode.prompt))
    ask = [{"role": "assistant", "content": "Which one?"}, {"role": "user", "content": "The first."}]
    _boundary(tokenizer, [*prompt, *ask], len(prompt), episode.tools)
    tools = Toolset.of(episode.tools)
    if tools is None:
        return
    function = {"name": tools.names[0], "arguments": "{}"}
    call = {"id": "call_0_0", "type": "function", "function": function}
    answered: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_0_0", "content": "{}"},
    ]
    _boundary(tokenizer, [*prompt, *answered], len(prompt), episode.tools)


def _boundary(
    tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, Any]], turn: int, tools: list[dict[str, Any]]
) -> str:
    """Return what the template writes behind the assistant's turn at a place of a conversation."""
    boundary = turn_boundary(tokenizer, messages, turn, tools)
    if boundary is None:
        raise UserError(
            "training on conversations: the chat template writes an earlier turn otherwise once others follow, so "
            "that what was sampled is not what comes before the next turn; use another template (model.chat_template=)"
        )
    return boundary


class EpisodeRollout:
    """TRL's `rollout_func` for rows that are episodes; the trainer says in `rows` which rows a batch holds.

    Args:
        rows: all training rows, each with an episode.
        tokenizer: the policy's.
        most_tokens: as in `TokenPolicy`.
        factories: for Python environments, as `open_environment` takes them.
        reward: scores an episode.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        tokenizer: PreTrainedTokenizerBase,
        most_tokens: int,
        factories: Mapping[str, Factory] | None = None,
        reward: EpisodeReward = EpisodeReward(),  # noqa: B008 - frozen
    ) -> None:
        self.episodes = list(map(Episode.of, rows))
        self.tokenizer = tokenizer
        self.most_tokens = most_tokens
        self.factories = factories
        self.reward = reward
        self.batch: list[int] = []

    def __call__(self, prompts: list[Any], trainer: Any) -> JsonObject:
        """Hold an episode for each prompt of a batch, side by side."""
        if len(self.batch) != len(prompts):
            raise RunError(f"episodes: the trainer asks for {len(prompts)} and names {len(self.batch)} rows")

        def generate(
            contexts: list[list[int]], tools: list[list[JsonObject]]
        ) -> tuple[list[list[int]], list[list[float]] | None]:
            trainer.offer(tools)
            ids, logprobs = trainer._generate_single_turn(contexts, None, {}, 1)
            return list(map(list, ids)), logprobs

        policy = TokenPolicy(self.tokenizer, generate, self.most_tokens)
        chosen = [self.episodes[row] for row in self.batch]
        toolsets = [Toolset.of(episode.tools) for episode in chosen]
        wire_format = chat_format(self.tokenizer).wire
        with opened(chosen, self.factories) as environments, trainer.keeping_contexts():
            pairs = list(zip(chosen, environments, strict=True))
            held = hold(pairs, policy, wire_format=wire_format, toolsets=toolsets)
            counted = list(map(counts, held, environments))
        tokens = [policy.tokens[place] for place in range(len(held))]
        return {
            "prompt_ids": [each.prompt for each in tokens],
            "completion_ids": [each.rest for each in tokens],
            "env_mask": [each.is_own for each in tokens],
            "logprobs": [each.logprobs for each in tokens] if policy.has_logprobs else None,
            "conversation": held,
            "counts": counted,
        }


@dataclass
class RecordedEpisodes:
    """TRL's reward function on episodes: their rewards, their log, and what is counted of them.

    Args:
        reward: scores an episode.
        path: the JSONL file, one line for each prompt and step.
        candidates: conversations of each prompt, which come one after the other.
    """

    reward: EpisodeReward
    path: Path
    candidates: int
    __name__ = "episode"

    def __post_init__(self) -> None:
        self._watch = Watch(self.__name__)

    def __call__(self, prompts: list[str], **columns: Any) -> list[float]:
        """Return the reward of each conversation."""
        held: list[Conversation] = columns["conversation"]
        results = list(map(self.reward, held))
        step = columns["trainer_state"].global_step + 1
        _log_counts(columns["counts"], held, columns.get("log_metric"))
        candidates = [
            replace(
                Candidate.of_result(as_text(each), counted["tokens"], result),
                transcript_json=json.dumps(each.transcript(), ensure_ascii=False),
            )
            for each, counted, result in zip(held, columns["counts"], results, strict=True)
        ]
        rollouts = in_rollouts(step, prompts, candidates, self.candidates, columns)
        record(self.path, rollouts)
        self._watch.look([candidate.reward for each in rollouts for candidate in each.candidates], self.candidates)
        return [result.value for result in results]


def as_text(held: Conversation) -> str:
    """Return the turns of a conversation with what the tools and the user said, for a person to read."""
    parts = []
    for turn in held.turns:
        parts.append(_written(turn).strip())
        parts += [f"[tool] {result.content}" for result in turn.results]
        if turn.reply:
            parts.append(f"[user] {turn.reply}")
    return "\n".join([*parts, f"[{held.end}]"])


def _written(turn: Turn) -> str:
    if isinstance(turn.completion, str):
        return turn.completion
    said = text_of(turn.completion)
    return said + "".join(f"{call.name}({call.arguments}) " for call in turn.calls)


def _log_counts(
    counted: Sequence[JsonMapping], held: Sequence[Conversation], log: Callable[[str, float], None] | None
) -> None:
    if log is None or not counted:
        return
    for name in COUNTED:
        log(f"episode/{name}", sum(each[name] for each in counted) / len(counted))
    for end in ("turns", "loop", "truncated", "failed"):
        log(f"episode/ended_by_{end}", sum(each["end"] == end for each in counted) / len(counted))
    log("episode/reached", sum(each.outcome.is_reached for each in held) / len(held))
