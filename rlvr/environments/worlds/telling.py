"""Whether the last words to a user tell what was looked up, and nothing else in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

MOST_WORDS = 80
"""Words of last words that tell something; longer ones list everything."""

_BETWEEN_DIGITS = re.compile(r"(?<=\d),(?=\d{3})")
_LIST_NUMBER = re.compile(r"^\s*\d+[.)](?=\s)", re.MULTILINE)
_SPELT = dict(enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2))
"""Counts that people write as words. "One" is not among them: it stands for other things too."""


def is_told(wanted: str, words: str, otherwise: Sequence[str]) -> bool:
    """Tell whether a text gives the wanted answer, and no other in its place.

    Args:
        wanted: the value as it is said.
        words: the last words.
        otherwise: other answers to the same question; with one of them the text is a list to choose from.
    """
    text = _plain(words)
    pattern = _pattern((wanted, "one") if wanted == "1" else (wanted,))
    if len(text.split()) > MOST_WORDS or not pattern.search(text):
        return False
    rest = pattern.sub(" ", text)
    return not otherwise or _pattern(tuple(otherwise)).search(rest) is None


@lru_cache(maxsize=4096)
def _pattern(values: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of these values standing for itself: no part of an id, a date or a longer number."""
    spelt = "|".join(map(re.escape, _spellings(values)))
    return re.compile(rf"(?<![\w-])(?<!\d[.:/])(?:{spelt})(?![\w-])(?![.:/]\d)")


def _spellings(values: Sequence[str]) -> Iterator[str]:
    """Yield the values as they may be written."""
    for value in values:
        yield _plain(value)
        if value.isdecimal() and int(value) in _SPELT:
            yield _SPELT[int(value)]


def _plain(text: str) -> str:
    return _BETWEEN_DIGITS.sub("", _LIST_NUMBER.sub("", text)).casefold()
