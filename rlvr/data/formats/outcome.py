"""What a reader makes of a record: rows, preferences, and reasons why something is neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rlvr.data.json_values import json_in, object_of
from rlvr.errors import RowError
from rlvr.files import JsonMapping, JsonObject, Where
from rlvr.records.preference import Preference
from rlvr.records.row import Row


@dataclass(frozen=True)
class ReadOptions:
    """What readers can be told."""

    tools: list[JsonObject] = field(default_factory=list)  # offered where a record brings none of its own
    min_score: float = 1.0  # outcome from which a logged conversation counts as successful
    redact: tuple[str, ...] = ()  # kinds of personal data to replace in logs; see `rlvr.data.formats.redaction`
    # a regular expression; a logged tool result that it finds is a failure, besides the usual ones
    error_pattern: str | None = None


_ERROR = re.compile(r"\s*(?:\w*(?:error|exception)\b|traceback|failed\b|failure\b|invalid\b|http (?:4|5)\d\d)", re.I)
_ERROR_KEYS = ("error", "errors", "exception", "is_error", "isError")
_SUCCESS_KEYS = ("success", "ok")
_FAILED_STATUS = ("error", "failed", "failure")

DEFAULTS = ReadOptions()

FAILED = "the call failed"
"""Why a turn is no row whose call has an error as its result."""

Outcomes = Iterator["Row | Preference | RowError"]
"""What a record gives: rows, preferences, and reasons why a part of it gave no row."""


def successful_score(record: JsonMapping, names: Sequence[str], where: Where, options: ReadOptions) -> float | None:
    """Return how a record says that it ended, under the first of these names it has; None where it does not say.

    Raises:
        RowError: it ended below `min_score`, or what it says is neither a number nor true or false.
    """
    name = next((name for name in names if record.get(name) is not None), None)
    if name is None:
        return None
    try:
        score = float(record[name])
    except (TypeError, ValueError):
        raise where.error(name, f"{record[name]!r:.40} is not a number, so nothing says how it ended") from None
    if score < options.min_score:
        raise where.error(None, f"the conversation ended with {score:g}, below min_score={options.min_score:g}")
    return score


def failed(content: str, error_pattern: str | None = None) -> bool:
    """Tell whether a tool's result says that the call failed: an error text, or JSON with an error member or status."""
    if error_pattern and re.search(error_pattern, content):
        return True
    if content.lstrip()[:1] != "{":
        return _ERROR.match(content) is not None
    return says_failed(object_of(json_in(content)))


def says_failed(value: JsonMapping) -> bool:
    """Tell whether an object says by an error member or a status that what it tells of failed."""
    if any(map(value.get, _ERROR_KEYS)) or any(value.get(key) is False for key in _SUCCESS_KEYS):
        return True
    return str(value.get("status", "")).lower() in _FAILED_STATUS


class TurnError(RowError):
    """A turn of the assistant's that gives no row, with what was said before it."""

    def __init__(self, error: RowError, history: Sequence[JsonMapping], turn: JsonMapping) -> None:
        super().__init__(error.path, error.line, error.field, error.message)
        self.history = history
        self.turn = turn


Reader = Callable[[JsonMapping, "Where", ReadOptions], Outcomes]
"""A record, its place and the options to what it gives. A RowError that it raises ends the record."""


@dataclass(frozen=True)
class Format:
    """One format that rows come in.

    Args:
        name: what `format=` takes.
        summary: for a person, in one line.
        recognises: whether a record looks like one of this format.
        read: see `Reader`.
        is_repeating: whether records hold what earlier ones hold too; rows that come again are not given again.
        keys: what its records have at their top, for naming the nearest format where none is recognised.
    """

    name: str
    summary: str
    recognises: Callable[[JsonMapping], bool]
    read: Reader
    is_repeating: bool = False
    keys: tuple[str, ...] = ()
