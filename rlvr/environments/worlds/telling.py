"""Whether the last words to a user tell what was looked up, and nothing else in its place."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache

MOST_WORDS = 80
"""Words of last words that tell something; longer ones list everything."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
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
    forms = "|".join(map(_forms, values))
    return re.compile(rf"(?<![\w-])(?<!\d[.:/])(?:{forms})(?![\w-])(?![.:/]\d)")


def _forms(value: str) -> str:
    """Return a regular expression of the ways in which people write a value."""
    if (day := _day(value)) is not None:
        month, number = f"(?:{day:%B}|{day:%b})".casefold(), rf"{day.day}(?:st|nd|rd|th)?"
        return rf"{value}|{month} {number},? {day.year}|{number} (?:of )?{month},? {day.year}"
    plain = _plain(value)
    if not _NUMBER.fullmatch(plain):
        return rf"{re.escape(plain)}|{re.escape(plain.replace('_', ' '))}"
    if "." in plain:
        return rf"{re.escape(plain.rstrip('0'))}0*"
    digits = rf"{plain}(?:\.0+)?"
    return rf"{digits}|{_SPELT[int(plain)]}" if plain in map(str, _SPELT) else digits


def _day(value: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value) if len(value) == len("2026-12-30") else None
    except ValueError:
        return None


def _plain(text: str) -> str:
    return _BETWEEN_DIGITS.sub("", _LIST_NUMBER.sub("", text)).casefold()
