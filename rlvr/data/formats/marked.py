"""What stands between marks in a text, such as `<tools>` and `</tools>`, in time that grows with the text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Marked(NamedTuple):
    """A part of a text between two marks."""

    kind: str  # the name that its opening mark has
    text: str  # between the marks
    start: int  # where the opening mark begins
    end: int  # behind the closing mark


def marked(text: str, opening: re.Pattern[str], closing: str = "</{}>") -> Iterator[Marked]:
    """Yield each part of a text from an opening mark to the next closing one of its kind; a mark that none closes is
    text.

    Args:
        text: what to look through.
        opening: the opening marks; its first group is the name.
        closing: the closing mark, with `{}` in the place of the name.
    """
    position, unclosed = 0, set[str]()
    while (match := opening.search(text, position)) is not None:
        kind, begin = match[1], match.end()
        mark = closing.format(kind)
        end = -1 if kind in unclosed else text.find(mark, begin)
        if end < 0:
            unclosed.add(kind)
            position = begin
            continue
        position = end + len(mark)
        yield Marked(kind, text[begin:end], match.start(), position)


def without_marked(text: str, opening: re.Pattern[str], closing: str = "</{}>") -> str:
    """Return the text without what `marked` yields."""
    kept, position = [], 0
    for part in marked(text, opening, closing):
        kept.append(text[position : part.start])
        position = part.end
    return "".join([*kept, text[position:]])
