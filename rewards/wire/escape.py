"""JSON in which no string can be taken for a mark of any format, nor for reasoning or the end of a turn."""

import re
from functools import cache

from rewards.strict_json import encode


def rendered_json(value: object) -> str:
    """Write a value as JSON; the first character of each mark inside its strings is escaped."""
    return _marks().sub(_escaped, encode(value))


@cache
def _marks() -> re.Pattern[str]:
    from rewards.wire.formats import FORMATS  # which imports the formats, which write their calls with this module

    marks: set[str] = set()
    for wire_format in FORMATS.values():
        marks.update(wire_format.marks, wire_format.inner, wire_format.ends, *wire_format.reasoning)
    return re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))))


def _escaped(mark: re.Match[str]) -> str:
    return f"\\u{ord(mark[0][0]):04x}{mark[0][1:]}"
