"""What the five tools' requests talk about: values for training, and other values held out; `values.toml` has them."""

import datetime
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rlvr.data.synth.phrasing import lines, words


@dataclass(frozen=True)
class Theme:
    """Data sets of one kind, with the columns and groupings that make sense in them."""

    datasets: tuple[str, ...]
    columns: tuple[str, ...]
    groupings: tuple[str, ...]


@dataclass(frozen=True)
class Values:
    """The values of one side."""

    cities: tuple[str, ...]
    languages: tuple[str, ...]
    currencies: tuple[str, ...]
    sentences: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...]
    themes: tuple[Theme, ...]


def _values(listed: dict[str, Any]) -> Values:
    return Values(
        cities=words(listed["cities"]),
        languages=words(listed["languages"]),
        currencies=words(listed["currencies"]),
        sentences=lines(listed["sentences"]),
        foreign=tuple((text, language) for text, language in listed["foreign"]),
        themes=tuple(Theme(*(tuple(theme[key]) for key in _PARTS)) for theme in listed["themes"]),
    )


_PARTS = ("datasets", "columns", "groupings")
_LISTED = tomllib.loads(Path(__file__).with_name("values.toml").read_text("utf-8"))
TRAIN, HELD_OUT = _values(_LISTED["train"]), _values(_LISTED["held_out"])
CLOSED: dict[str, tuple[str, ...]] = {name: tuple(entries) for name, entries in _LISTED["closed"].items()}
"""Lists that a schema gives, the same on both sides."""

UNSEEN: dict[str, tuple[str, ...]] = {name: tuple(entries) for name, entries in _LISTED["unseen"].items()}
"""What requests for the unseen tools talk about."""


def side(is_held_out: bool) -> Values:
    """Return the values of a side."""
    return HELD_OUT if is_held_out else TRAIN


_CHOICE = re.compile(r"\{([^}]*)\}")
_FIRST_DAY = datetime.date(2025, 1, 1).toordinal()
_LAST_DAY = datetime.date(2027, 12, 31).toordinal()


def expand(rng: Random, pattern: str) -> str:
    """A pattern with each `{a/b/c}` replaced by one of its choices."""
    return _CHOICE.sub(lambda choice: rng.choice(choice[1].split("/")), pattern)


def city(rng: Random, is_held_out: bool) -> str:
    """A city's name."""
    return rng.choice(side(is_held_out).cities)


def target_language(rng: Random, is_held_out: bool) -> str:
    """A language to translate into; English is one on both sides, for the texts that are not English."""
    if rng.random() < 0.1:
        return "English"
    return rng.choice(side(is_held_out).languages)


def currency(rng: Random, is_held_out: bool) -> str:
    """A currency's three letters."""
    return rng.choice(side(is_held_out).currencies)


def dataset(rng: Random, is_held_out: bool) -> tuple[str, str, str]:
    """A data set's name, one of its numeric columns, and one to group by."""
    theme = rng.choice(side(is_held_out).themes)
    return expand(rng, rng.choice(theme.datasets)), rng.choice(theme.columns), rng.choice(theme.groupings)


def distinct(rng: Random, is_held_out: bool, draw: Callable[[Random, bool], str]) -> tuple[str, str]:
    """Two different values."""
    first = draw(rng, is_held_out)
    while (second := draw(rng, is_held_out)) == first:
        continue
    return first, second


def day(rng: Random, is_held_out: bool) -> datetime.date:
    """A date from 2025 to 2027; every fifth day is held out."""
    return _on_side(rng.randint(_FIRST_DAY, _LAST_DAY), is_held_out)


def later_day(rng: Random, is_held_out: bool, start: datetime.date) -> datetime.date:
    """A date two days to four weeks after the start, on the same side."""
    return _on_side(start.toordinal() + rng.randint(2, 23), is_held_out)


def _on_side(ordinal: int, is_held_out: bool) -> datetime.date:
    if is_held_out:
        ordinal += -ordinal % 5
    elif ordinal % 5 == 0:
        ordinal += 1
    return datetime.date.fromordinal(ordinal)


def amount(rng: Random, is_held_out: bool) -> int | float:
    """An amount of money from 5 to 9,999.99; those whose whole part leaves 3 when divided by 7 are held out."""
    while True:
        whole = rng.choice(
            (rng.randint(5, 99), rng.randint(100, 999), 10 * rng.randint(1, 99), 50 * rng.randint(1, 199))
        )
        if (whole % 7 == 3) == is_held_out:
            break
    if rng.random() < 0.75:
        return whole
    return float(f"{whole}.{rng.choice(('5', '25', '75', '99', '49', '95'))}")


def sentence(rng: Random, is_held_out: bool) -> tuple[str, str]:
    """A text to translate and the language that it is in."""
    if rng.random() < 0.15:
        return rng.choice(side(is_held_out).foreign)
    return expand(rng, rng.choice(side(is_held_out).sentences)), "English"
