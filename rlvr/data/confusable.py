"""Rows whose values are easily taken for one another: the hardest cases of argument precision, from rows that exist."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from random import Random

from rewards import GroundTruth, ToolCall, Toolset
from rewards.toolset import tool_of
from rlvr.data.corruption import alike, misspelt, shape
from rlvr.data.json_values import without
from rlvr.data.synth.reasoning import known_arguments
from rlvr.files import Json, JsonObject
from rlvr.records.row import Row


def with_confusable_values(row: Row, rng: Random) -> Row | None:
    """Return the row with one value made nearly equal to another: Marek beside Marec, 2027-03-14 beside 2027-03-15.

    Its request, ground truth and reasoning agree. None where it is no task of a single call with two values of one
    shape that the request states word for word, or where its tool does not admit the new value.
    """
    if len(row.ground_truth.calls) != 1 or not _is_text_of_the_user(row.prompt[-1]):
        return None
    if _info(row, row.ground_truth.calls[0].arguments) != row.extra_info:
        return None  # in other words a reasoning would still speak of the old value
    (call,), request = row.ground_truth.calls, str(row.prompt[-1]["content"])
    tool = tool_of(Toolset.of(row.tools), call.name)
    earlier = json.dumps(row.prompt[:-1], ensure_ascii=False)
    stated = [name for name, value in call.arguments.items() if len(_places(request, value)) == 1]
    pairs = [(a, b) for a in stated for b in stated if alike(call.arguments[a], call.arguments[b])]
    for kept, changed in rng.sample(pairs, len(pairs)):
        value, old = _near(call.arguments[kept], rng), call.arguments[changed]
        arguments = {**call.arguments, changed: value}
        if value is None or value in call.arguments.values() or not tool.admits(arguments):
            continue
        (place,) = _places(request, old)
        changed_request = request[: place.start()] + str(value) + request[place.end() :]
        if _places(earlier, old) or not _states_as_before(request, changed_request, arguments, changed):
            continue
        return Row(
            [*row.prompt[:-1], {**row.prompt[-1], "content": changed_request}],
            row.tools,
            _with_arguments(row.ground_truth, arguments, changed),
            _info(row, arguments),
        )
    return None


def confusable_rows(rows: Iterable[tuple[int, Row]], n: int, rng: Random) -> dict[int, Row]:
    """Return the first `n` of the rows, given with their places in random order, that can have two values nearly equal.

    A share of the rows, wherever one is asked for, is this many of all of them; fewer where fewer can.
    """
    rows_by_place: dict[int, Row] = {}
    for place, row in rows:
        if len(rows_by_place) >= n:
            break
        if (changed := with_confusable_values(row, rng)) is not None:
            rows_by_place[place] = changed
    return rows_by_place


def _is_text_of_the_user(message: JsonObject) -> bool:
    return message["role"] == "user" and isinstance(message.get("content"), str)


def _states_as_before(request: str, changed_request: str, arguments: JsonObject, changed: str) -> bool:
    """Tell whether only the one value's statement has changed: it may have been a part of another's."""
    others = (value for name, value in arguments.items() if name != changed)
    return len(_places(changed_request, arguments[changed])) == 1 and all(
        len(_places(changed_request, other)) == len(_places(request, other)) for other in others
    )


def _with_arguments(truth: GroundTruth, arguments: JsonObject, changed: str) -> GroundTruth:
    """Return the one call with other arguments; what else the changed one might have been holds no longer."""
    others = [without(of_call, changed) for of_call in truth.alternatives]
    return replace(truth, calls=(ToolCall(truth.calls[0].name, arguments),), alternatives=tuple(others))


def _info(row: Row, arguments: JsonObject) -> JsonObject:
    if "reasoning" not in row.extra_info:
        return row.extra_info
    return {**row.extra_info, "reasoning": _reasoning(row, arguments)}


def _reasoning(row: Row, arguments: JsonObject) -> str | None:
    """As the embedded policy's rows have it; None for a call of a tool that is not on offer."""
    with suppress(KeyError):
        return known_arguments([(row.ground_truth.calls[0].name, arguments)], row.tools)
    return None


def _places(request: str, value: Json) -> list[re.Match[str]]:
    """Return where the request states a value, as a word of its own."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return []
    return list(re.finditer(rf"(?<!\w){re.escape(str(value))}(?!\w)", request)) if str(value) else []


def _near(value: Json, rng: Random) -> Json:
    """Return a value that differs in one letter, one digit or one day; None where there is none."""
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 10))
    if not isinstance(value, str):
        return None
    if shape(value) == "date":
        with suppress(ValueError, OverflowError):
            day = datetime.date.fromisoformat(value) + datetime.timedelta(rng.choice((-1, 1, 7)))
            return day.isoformat()
        return None
    if digits := list(re.finditer(r"\d", value)):
        place = rng.choice(digits).start()
        return value[:place] + str((int(value[place]) + rng.randrange(1, 10)) % 10) + value[place + 1 :]
    return misspelt(value, rng)
