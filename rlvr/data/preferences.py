"""Files of preferences: pairs of a better and a worse completion, or single completions marked good or bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlvr.files import Where, read_objects
from rlvr.records.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlvr.data.pairs import Pair


@dataclass(frozen=True)
class Judged:
    """One prompt with a completion that is good or bad.

    Args:
        prompt: chat messages, or the text that a policy has read.
        tools: what was offered.
        completion: as text, calls in any wire format.
        is_good: whether to write it more often, or less.
        reasoning: what the policy is to think before it writes either.
    """

    prompt: list[dict[str, Any]] | str
    tools: list[dict[str, Any]]
    completion: str
    is_good: bool
    reasoning: str | None = None


@dataclass(frozen=True)
class Preference:
    """One prompt with a better and a worse completion.

    Args:
        prompt: chat messages, or the text that a policy has read.
        tools: what was offered.
        chosen: the better completion as text, calls in any wire format.
        rejected: the worse one.
        reasoning: what the policy is to think before `chosen`.
        rejected_reasoning: what would lead it to `rejected`.
    """

    prompt: list[dict[str, Any]] | str
    tools: list[dict[str, Any]]
    chosen: str
    rejected: str
    reasoning: str | None = None
    rejected_reasoning: str | None = None


def of_pair(pair: Pair) -> Preference:
    """What training needs of a pair."""
    return Preference(pair.prompt, pair.tools, pair.chosen, pair.rejected, *_reasonings(pair.extra_info))


def judged(preferences: Iterable[Preference]) -> Iterator[Judged]:
    """Each pair as a good and a bad completion."""
    for pair in preferences:
        yield Judged(pair.prompt, pair.tools, pair.chosen, is_good=True, reasoning=pair.reasoning)
        yield Judged(pair.prompt, pair.tools, pair.rejected, is_good=False, reasoning=pair.rejected_reasoning)


def read_preferences(path: str | Path) -> list[Preference | Judged]:
    """The lines of a JSONL file: a row's fields with `chosen` and `rejected`, or with `completion` and `label`.

    Raises:
        RowError: the file cannot be read or is empty, or names the first line and field that cannot be used.
    """
    return [_preference(value, where) for where, value in read_objects(path)]


def _preference(value: Any, where: Where) -> Preference | Judged:
    if not isinstance(value, Mapping):
        raise where.error(None, f"must be an object, not a {type(value).__name__}")
    prompt = value.get("prompt")
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    row = Row.from_json({**value, "prompt": messages}, where)
    shown = prompt if isinstance(prompt, str) else row.prompt
    if "chosen" in value or "rejected" in value:
        chosen, rejected = _text(value, "chosen", where), _text(value, "rejected", where)
        if chosen == rejected:
            raise where.error("rejected", "is the same as chosen")
        return Preference(shown, row.tools, chosen, rejected, *_reasonings(row.extra_info))
    if not isinstance(value.get("label"), bool):
        raise where.error("label", "must be true or false; or give chosen and rejected")
    completion = _text(value, "completion", where)
    return Judged(shown, row.tools, completion, value["label"], row.extra_info.get("reasoning"))


def _reasonings(extra_info: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Before the better completion, and before the worse: the same where nothing else is said."""
    reasoning = extra_info.get("reasoning")
    return reasoning, extra_info.get("rejected_reasoning", reasoning)


def _text(value: Mapping[str, Any], field: str, where: Where) -> str:
    if not isinstance(value.get(field), str):
        raise where.error(field, "must be a text: what a model wrote, calls in a wire format")
    return str(value[field])
