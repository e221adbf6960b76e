"""Preferences: a better completion beside a worse one, or single completions that are marked good or bad."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rewards import GroundTruth
from rlvr.files import Json, JsonMapping, JsonObject, Where, read_objects
from rlvr.records.message import Message, ToolSchema
from rlvr.records.row import Row

GIVEN = "given"
"""The kind of a preference that says nothing of its mistake."""


@dataclass(frozen=True)
class Preference:
    """One prompt with a better and a worse completion.

    Args:
        prompt: chat messages, or the text that a policy has read.
        tools: what was offered.
        ground_truth: what a right completion does.
        chosen: the better completion as text, calls in any wire format.
        rejected: the worse one.
        kind: the mistake in `rejected`.
        rewards: of `chosen` and `rejected`, where they were scored; the first is strictly larger.
        extra_info: the row's; `reasoning` leads to `chosen`, `rejected_reasoning` to `rejected`.
    """

    prompt: list[Message] | str
    tools: list[ToolSchema]
    ground_truth: GroundTruth
    chosen: str
    rejected: str
    kind: str = GIVEN
    rewards: tuple[float, float] | None = None
    extra_info: JsonMapping = field(default_factory=dict)

    @classmethod
    def of_row(
        cls, row: Row, chosen: str, rejected: str, kind: str = GIVEN, rewards: tuple[float, float] | None = None
    ) -> Preference:
        """Return a preference for a row's prompt."""
        return cls(row.prompt, row.tools, row.ground_truth, chosen, rejected, kind, rewards, row.extra_info)

    @property
    def reasonings(self) -> tuple[str | None, str | None]:
        """Return what leads to the better completion, and to the worse: the same where the second is not set."""
        reasoning = self.extra_info.get("reasoning")
        return reasoning, self.extra_info.get("rejected_reasoning", reasoning)

    def to_json(self) -> JsonObject:
        """Return the row's JSONL form with `chosen`, `rejected`, `kind` and, where they are known, the `rewards`."""
        return {
            "prompt": self.prompt,
            "tools": self.tools,
            "reward_model": self.ground_truth.to_json(),
            "extra_info": dict(self.extra_info),
            "chosen": self.chosen,
            "rejected": self.rejected,
            "kind": self.kind,
            **({} if self.rewards is None else {"rewards": list(self.rewards)}),
        }

    def to_arrow(self) -> JsonObject:
        """Return what TRL's `DPOTrainer` reads: messages for messages, and what is nested freely as JSON texts."""
        if isinstance(self.prompt, str):
            return {"prompt": self.prompt, "chosen": self.chosen, "rejected": self.rejected}
        return {
            **Row(self.prompt, self.tools, self.ground_truth, dict(self.extra_info)).to_arrow(),
            "chosen": [{"role": "assistant", "content": self.chosen}],
            "rejected": [{"role": "assistant", "content": self.rejected}],
            "kind": self.kind,
        }


@dataclass(frozen=True)
class MarkedCompletion:
    """One prompt with a completion that is good or bad.

    Args:
        prompt: chat messages, or the text that a policy has read.
        tools: what was offered.
        completion: as text, calls in any wire format.
        is_good: whether to write it more often, or less.
        reasoning: what leads to it.
    """

    prompt: list[Message] | str
    tools: list[ToolSchema]
    completion: str
    is_good: bool
    reasoning: str | None = None


def marked(preferences: Iterable[Preference]) -> Iterator[MarkedCompletion]:
    """Yield each preference as a good and a bad completion."""
    for pair in preferences:
        before_chosen, before_rejected = pair.reasonings
        yield MarkedCompletion(pair.prompt, pair.tools, pair.chosen, is_good=True, reasoning=before_chosen)
        yield MarkedCompletion(pair.prompt, pair.tools, pair.rejected, is_good=False, reasoning=before_rejected)


def read_preferences(path: str | Path) -> list[Preference | MarkedCompletion]:
    """Read the lines of a JSONL file: a row's fields with `chosen` and `rejected`, or with `completion` and `label`.

    Raises:
        RowError: the file cannot be read or is empty, or names the first line and field that cannot be used.
    """
    return [_preference(value, where) for where, value in read_objects(path)]


def _preference(value: Json, where: Where) -> Preference | MarkedCompletion:
    where.expect(value, Mapping, None, "an object")
    prompt = value.get("prompt")
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    row = Row.from_json({**value, "prompt": messages}, where)
    shown = prompt if isinstance(prompt, str) else row.prompt
    if "chosen" in value or "rejected" in value:
        chosen, rejected = _text(value, "chosen", where), _text(value, "rejected", where)
        if chosen == rejected:
            raise where.error("rejected", "is the same as chosen")
        kind = str(value.get("kind") or GIVEN)
        return Preference(shown, row.tools, row.ground_truth, chosen, rejected, kind, extra_info=row.extra_info)
    if not isinstance(value.get("label"), bool):
        raise where.error("label", "must be true or false; or give chosen and rejected")
    completion = _text(value, "completion", where)
    return MarkedCompletion(shown, row.tools, completion, value["label"], row.extra_info.get("reasoning"))


def _text(value: JsonMapping, field: str, where: Where) -> str:
    where.expect(value.get(field), str, field, "a text, as a model wrote it with calls in a wire format")
    return str(value[field])
