"""Rows from one form of asking and declining into the other: as text, or as calls of two tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from rewards import Behavior, Toolset, behavior_calls
from rewards.names import name_words
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping
from rlvr.records.message import function_of
from rlvr.records.row import Row

CALLS, TEXT = "calls", "text"


def converted(rows: Iterable[Row], form: str) -> Iterator[Row]:
    """Return the rows with asking and declining in the named form; those that have it already are left as they are.

    As calls, a row offers `BEHAVIOR_TOOLS` beside its own tools; as text, it does not. What is expected stays the same,
    but for a question that has no text yet: it is given one that names the missing parameters.

    Raises:
        UserError: no such form, or a row with tools of those names that are not these.
    """
    if form not in _FORMS:
        raise UserError(unknown("form", form, _FORMS, place="behavior= takes"))
    return map(_FORMS[form], rows)


def _as_calls(row: Row) -> Row:
    if behavior_calls.are_offered(Toolset.of(row.tools)):
        return row
    taken = set(map(_name, row.tools)) & {behavior_calls.ASK_USER, behavior_calls.DECLINE}
    if taken:
        raise UserError(f"a row offers a tool {taken.pop()!r} of its own; rename it before behavior=calls")
    return replace(row, tools=[*row.tools, *behavior_calls.BEHAVIOR_TOOLS])


def _as_text(row: Row) -> Row:
    if not behavior_calls.are_offered(Toolset.of(row.tools)):
        return row
    names = {behavior_calls.ASK_USER, behavior_calls.DECLINE}
    truth = row.ground_truth
    if truth.behavior is Behavior.CLARIFY and not truth.text:
        wanted = " and ".join(" ".join(name_words(name)) for name in truth.missing)
        truth = replace(truth, text=f"Could you tell me the {wanted}?")
    return replace(row, tools=[tool for tool in row.tools if _name(tool) not in names], ground_truth=truth)


def _name(tool: JsonMapping) -> Json:
    return function_of(tool).get("name")


_FORMS: Mapping[str, Callable[[Row], Row]] = {CALLS: _as_calls, TEXT: _as_text}
