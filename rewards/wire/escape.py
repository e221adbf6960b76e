"""JSON in which no string can be taken for a mark of any format, nor for reasoning or the end of a turn."""

import json
import re
from functools import cache
from typing import Any


def rendered_json(value: Any) -> str:
    """Write a value as JSON; the first character of each mark inside its strings is escaped."""
    payload = json.dumps(value, ensure_ascii=False)
    return _marks().sub(_escaped, payload)


def holds_mark(text: str) -> bool:
    """Return whether a text holds what some format reads as a mark."""
    return _marks().search(text) is not None


@cache
def _marks() -> re.Pattern[str]:
    from rewards.wire.formats import FORMATS  # which imports the formats, which write their calls with this module

    marks: set[str] = set()
    for known in FORMATS.values():
        marks.update(known.marks, known.inner, known.ends, *known.reasoning)
    return re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))))


def _escaped(mark: re.Match[str]) -> str:
    return f"\\u{ord(mark[0][0]):04x}{mark[0][1:]}"
