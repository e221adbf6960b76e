"""One prompt of a training step with its candidates, as a run saves it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rewards import Behavior, GroundTruth, Reason, RewardResult
from rewards.types import GroundTruthError
from rlvr.files import Json, JsonMapping, JsonObject, Where, decode
from rlvr.records.message import Message, ToolSchema

TOLERANCE = 1e-6
"""Rewards closer than this are the same to GRPO, whose advantages they would only blow up."""

Outcome = Literal["teaches", "all_right", "all_alike"]
"""A group's rewards differ, or are all 1, or all the same and less; the last also where there are none."""

_NEEDED = ("prompt", "tools", "expected", "candidates")
_NO_FILE = Where(Path("rollout"))


def outcome(rewards: Sequence[float]) -> Outcome:
    """Return what a group of rewards is good for; it teaches only where they differ.

    Source: Yu et al. 2025, DAPO, arXiv:2503.14476, section 3.2.
    """
    if not rewards:
        return "all_alike"
    if max(rewards) - min(rewards) > TOLERANCE:
        return "teaches"
    return "all_right" if max(rewards) > 1 - TOLERANCE else "all_alike"


@dataclass(frozen=True)
class Candidate:
    """One completion of a prompt and its score.

    Args:
        completion: as it was scored.
        n_tokens: its length.
        reward: in [0, 1]; None where the ground truth could not be scored, and then what follows is empty.
        components: of the reward.
        behavior: what it did; None for nothing.
        reasons: why it earned less than it might.
        transcript_json: of a conversation, whose text `completion` then is, the messages after the prompt as JSON; see
            `rlvr.environments.conversation.Turn.transcript`.
    """

    completion: str
    n_tokens: int
    reward: float | None = None
    components: Mapping[str, float] = field(default_factory=dict)
    behavior: Behavior | None = None
    reasons: tuple[Reason, ...] = ()
    transcript_json: str | None = None

    @classmethod
    def of_result(cls, completion: str, n_tokens: int, result: RewardResult | None) -> Candidate:
        """Return a completion with what a reward says of it."""
        if result is None:
            return cls(completion, n_tokens)
        return cls(completion, n_tokens, result.value, result.components, result.behavior, result.reasons)

    @classmethod
    def from_json(cls, value: JsonMapping) -> Candidate:
        """Read what `to_json` wrote."""
        return cls(
            completion=value["completion"],
            n_tokens=value.get("n_tokens") or 0,
            reward=value.get("reward"),
            components=value.get("components") or {},
            behavior=behavior_of(value.get("behavior")),
            reasons=tuple(map(_reason, value.get("reasons") or ())),
            transcript_json=_text(value.get("transcript")),
        )

    def to_json(self) -> JsonObject:
        """Return plain data; without a reward it says no more than that."""
        start = {"completion": self.completion, "n_tokens": self.n_tokens, "reward": self.reward}
        if self.transcript_json is not None:
            start["transcript"] = json.loads(self.transcript_json)
        if self.reward is None:
            return start
        return {
            **start,
            "components": dict(self.components),
            "behavior": self.behavior,
            "reasons": [reason.to_json() for reason in self.reasons],
        }


@dataclass(frozen=True)
class Rollout:
    """One prompt of a training step with its candidates.

    Args:
        step: from 1.
        row: the training row's place, from 0.
        prompt: the text that the policy read.
        tools_json: what was offered, as JSON: tens of thousands of rollouts are held at once.
        ground_truth: what the candidates were scored against.
        candidates: in the order in which they were drawn.
        messages_json: the prompt as chat messages, as JSON; None in files of earlier versions.
    """

    step: int
    row: int
    prompt: str
    tools_json: str
    ground_truth: GroundTruth
    candidates: tuple[Candidate, ...]
    messages_json: str | None = None

    @property
    def tools(self) -> list[ToolSchema]:
        """The tools that were offered."""
        tools: list[ToolSchema] = json.loads(self.tools_json)
        return tools

    @property
    def messages(self) -> list[Message] | None:
        """The prompt as chat messages."""
        return None if self.messages_json is None else json.loads(self.messages_json)

    @property
    def scored(self) -> list[Candidate]:
        """The candidates that have a reward."""
        return [candidate for candidate in self.candidates if candidate.reward is not None]

    @property
    def rewards(self) -> list[float]:
        """The rewards of the candidates that have one."""
        return [candidate.reward for candidate in self.candidates if candidate.reward is not None]

    @classmethod
    def from_json(cls, value: Json, where: Where = _NO_FILE) -> Rollout:
        """Read what `to_json` or `to_arrow` wrote; what is nested may be JSON texts.

        Raises:
            RowError: a member is missing or cannot be used, at `where`.
        """
        if not isinstance(value, Mapping):
            raise where.error(None, "not an object; a line holds a prompt's candidates")
        if lacking := [name for name in _NEEDED if name not in value]:
            raise where.error(lacking[0], "missing; a line holds a prompt's candidates")
        return cls(
            step=value.get("step", 0),
            row=value.get("row", 0),
            prompt=value["prompt"],
            tools_json=_text(value["tools"]) or "[]",
            ground_truth=truth_of(value["expected"], where),
            candidates=tuple(map(Candidate.from_json, value["candidates"])),
            messages_json=_text(value.get("messages")),
        )

    def to_json(self) -> JsonObject:
        """Return plain data for a line of JSON."""
        return {
            "step": self.step,
            "row": self.row,
            "prompt": self.prompt,
            **({} if self.messages_json is None else {"messages": self.messages}),
            "tools": self.tools,
            "expected": self.ground_truth.to_json(),
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }

    def to_arrow(self) -> JsonObject:
        """Return a row of the parquet file that `saved_rollouts` packs: what is nested freely as JSON texts."""
        candidates = [candidate.to_json() for candidate in self.candidates]
        for candidate in candidates:
            candidate["completion"] = encodable(candidate["completion"])
            if "transcript" in candidate:
                candidate["transcript"] = encodable(_dumped(candidate["transcript"]))
            if "reasons" in candidate:
                candidate["reasons"] = [encodable(_dumped(reason)) for reason in candidate["reasons"]]
        return {
            "step": self.step,
            "row": self.row,
            "prompt": encodable(self.prompt),
            "messages": None if self.messages_json is None else encodable(self.messages_json),
            "tools": encodable(self.tools_json),
            "expected": encodable(_dumped(self.ground_truth.to_json())),
            "candidates": candidates,
        }


def truth_of(stored: Json, where: Where) -> GroundTruth:
    """Return the ground truth that a saved record holds, as an object or as its JSON.

    Raises:
        RowError: it cannot be used, at `where`.
    """
    try:
        return GroundTruth.parse(stored)
    except GroundTruthError as error:
        raise where.error(f"expected.{error.field}", error.message) from None


def behavior_of(stored: Json) -> Behavior | None:
    """Return the behavior of a saved name; None for nothing."""
    return Behavior(stored) if stored in Behavior._value2member_map_ else None


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: half of a surrogate pair becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _reason(stored: Json) -> Reason:
    """Return a saved reason; parquet holds its JSON, and files of earlier versions its text."""
    if isinstance(stored, str) and stored.startswith(('"', "{")):
        stored = decode(stored, "reasons", _NO_FILE)
    return Reason.from_json(stored)


def _text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else _dumped(value)


def _dumped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
