"""What a policy did on one row of an evaluation set, as `SET.jsonl` in a run folder has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rewards import Behavior, GroundTruth, Reason
from rlvr.files import Where
from rlvr.records.rollout import behavior_of, truth_of

if TYPE_CHECKING:
    from rlvr.records.message import Message, ToolSchema

_NEEDED = ("prompt", "expected", "reward", "is_exact")
_NO_FILE = Where(Path("evaluation"))


@dataclass(frozen=True)
class EvaluatedRow:
    """What a policy did on one row.

    Args:
        index: the row's place in its set, from 0.
        prompt: chat messages.
        tools: what was offered.
        ground_truth: what was expected.
        predicted: the behavior of the completion; None where it has none.
        completion: the text, or the messages where a server has parsed calls out of it.
        reward: in [0, 1].
        is_exact: the binary reward is 1.
        is_truncated: it ran into the length limit.
        n_tokens: its length.
        components: of the reward.
        reasons: why it earned less than it might.
        details: what `rlvr.evaluation.verdict` says of its calls, and samples.
    """

    index: int
    prompt: list[Message]
    tools: list[ToolSchema]
    ground_truth: GroundTruth
    predicted: Behavior | None
    completion: str | list[Message]
    reward: float
    is_exact: bool
    is_truncated: bool = False
    n_tokens: int = 0
    components: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_right_behavior(self) -> bool:
        """Whether the completion did what was expected, or what is as right."""
        return self.predicted in (self.ground_truth.behavior, *self.ground_truth.also)

    @classmethod
    def from_json(cls, value: Any, where: Where = _NO_FILE) -> EvaluatedRow:
        """Read what `to_json` wrote.

        Raises:
            RowError: it is no row of a saved evaluation, at `where`.
        """
        if not isinstance(value, Mapping) or not value.keys() >= set(_NEEDED):
            raise where.error(None, "not a row of a saved evaluation; it has prompt, expected, reward and is_exact")
        return cls(
            index=value.get("index", 0),
            prompt=value["prompt"],
            tools=value.get("tools") or [],
            ground_truth=truth_of(value["expected"], where),
            predicted=behavior_of(value.get("predicted_behavior")),
            completion=value.get("completion", ""),
            reward=float(value["reward"]),
            is_exact=bool(value["is_exact"]),
            is_truncated=bool(value.get("is_truncated")),
            n_tokens=value.get("n_tokens") or 0,
            components=value.get("components") or {},
            reasons=tuple(map(Reason.from_json, value.get("reasons") or ())),
            details={name: item for name, item in value.items() if name not in _MEMBERS},
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data for a line of JSON."""
        return {
            "index": self.index,
            "prompt": self.prompt,
            "tools": self.tools,
            "expected": self.ground_truth.to_json(),
            "predicted_behavior": self.predicted,
            "completion": self.completion,
            "reward": self.reward,
            "is_exact": self.is_exact,
            "is_truncated": self.is_truncated,
            "n_tokens": self.n_tokens,
            "components": dict(self.components),
            "reasons": [reason.to_json() for reason in self.reasons],
            **self.details,
        }


_MEMBERS = frozenset(
    """
    index prompt tools expected predicted_behavior completion reward is_exact is_truncated n_tokens components reasons
    """.split()
)
