"""What the five tools' requests talk about: values for training, and other values held out; `values.toml` has them."""

import datetime
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rlvr.data.synth.phrasing import lines, words


@dataclass(frozen=True)
class Values:
    """The values of one side."""

    cities: tuple[str, ...]
    languages: tuple[str, ...]
    currencies: tuple[str, ...]
    sentences: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...]
    themes: list[dict[str, list[str]]]  # data sets of one kind, with the columns and groupings that make sense in them


def _values(listed: dict[str, Any]) -> Values:
    return Values(
        cities=words(listed["cities"]),
        languages=words(listed["languages"]),
        currencies=words(listed["currencies"]),
        sentences=lines(listed["sentences"]),
        foreign=tuple((text, language) for text, language in listed["foreign"]),
        themes=listed["themes"],
    )


_LISTED = tomllib.loads(Path(__file__).with_name("values.toml").read_text("utf-8"))
TRAIN, HELD_OUT = _values(_LISTED["train"]), _values(_LISTED["held_out"])
_SIDES = {False: TRAIN, True: HELD_OUT}
LISTS: dict[str, tuple[str, ...]] = {
    name: tuple(entries) for part in ("closed", "unseen") for name, entries in _LISTED[part].items()
}
"""Lists that a schema gives, the same on both sides, and what requests for the unseen tools talk about."""

Generator = Callable[[Random, bool], Any]  # draws a value, or several that go together; True draws held-out ones


_CHOICE = re.compile(r"\{([^}]*)\}")
FIRST_DAY, LAST_DAY = datetime.date(2025, 1, 1).toordinal(), datetime.date(2027, 12, 31).toordinal()


def expand(rng: Random, pattern: str) -> str:
    """A pattern with each `{a/b/c}` replaced by one of its choices."""
    return _CHOICE.sub(lambda choice: rng.choice(choice[1].split("/")), pattern)


def _from(kind: str) -> Generator:
    """A value from a list of the side's."""
    return lambda rng, is_held_out: rng.choice(getattr(_SIDES[is_held_out], kind))


def _distinct(draw: Generator) -> Generator:
    """Two different values."""

    def pair(rng: Random, is_held_out: bool) -> tuple[str, str]:
        first = draw(rng, is_held_out)
        while (second := draw(rng, is_held_out)) == first:
            continue
        return first, second

    return pair


def _translation(rng: Random, is_held_out: bool) -> tuple[str, str, str]:
    """A text, the language that it is in, and another to translate it into.

    English is one of these on both sides, for the texts that are not English.
    """
    if rng.random() < 0.15:
        text, language = rng.choice(_SIDES[is_held_out].foreign)
    else:
        text, language = expand(rng, rng.choice(_SIDES[is_held_out].sentences)), "English"
    target = language
    while target == language:
        target = "English" if rng.random() < 0.1 else rng.choice(_SIDES[is_held_out].languages)
    return text, language, target


def _dataset(rng: Random, is_held_out: bool) -> tuple[str, str, str]:
    """A data set's name, one of its numeric columns, and one to group by."""
    theme = rng.choice(_SIDES[is_held_out].themes)
    return expand(rng, rng.choice(theme["datasets"])), rng.choice(theme["columns"]), rng.choice(theme["groupings"])


def _day(rng: Random, is_held_out: bool) -> str:
    """A date from 2025 to 2027; every fifth day is held out."""
    return _on_side(rng.randint(FIRST_DAY, LAST_DAY), is_held_out)


def _later_day(rng: Random, is_held_out: bool, start: str) -> str:
    """A date two days to four weeks after the start, on the same side."""
    return _on_side(datetime.date.fromisoformat(start).toordinal() + rng.randint(2, 23), is_held_out)


def _on_side(ordinal: int, is_held_out: bool) -> str:
    if is_held_out:
        ordinal += -ordinal % 5
    elif ordinal % 5 == 0:
        ordinal += 1
    return datetime.date.fromordinal(ordinal).isoformat()


def _amount(rng: Random, is_held_out: bool) -> int | float:
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


def _letters(rng: Random, n: int, alphabet: str) -> str:
    return "".join(rng.choices(alphabet, k=n))


_GENERATORS: Mapping[str, Generator] = {
    "address": lambda rng, is_held_out: f"{rng.randint(2, 189)} {rng.choice(LISTS['streets'])}",
    "amount": _amount,
    "city": _from("cities"),
    "currency_pair": _distinct(_from("currencies")),
    "dataset": _dataset,
    "day": _day,
    "ticker": lambda rng, is_held_out: _letters(rng, rng.choice((3, 4, 4)), "ABCDEFGHIKLMNOPRSTVWXZ"),
    "tracking_number": lambda rng, is_held_out: (
        _letters(rng, 2, "ABCDEFGHJKLMNPRSTUVWXYZ") + _letters(rng, 8, "0123456789")
    ),
    "translation": _translation,
    "two_cities": _distinct(_from("cities")),
}


def sample(sources: Mapping[str, Any], rng: Random, *, is_held_out: bool) -> dict[str, Any]:
    """Return a value for each parameter, in the order of the sources.

    By a parameter, or by several that are drawn together, a source is a generator, a list of `values.toml`, a range
    such as 1-14, the values themselves, or "after" an earlier parameter's date.
    """
    drawn: dict[str, Any] = {}
    for names, source in sources.items():
        if isinstance(source, str) and source.startswith("after "):
            value: Any = _later_day(rng, is_held_out, drawn[source.removeprefix("after ")])
        else:
            value = _drawn(source, rng, is_held_out)
        several = names.split()
        drawn.update({names: value} if len(several) == 1 else zip(several, value, strict=True))
    return drawn


def _drawn(source: Any, rng: Random, is_held_out: bool) -> Any:
    if isinstance(source, list):
        return rng.choice(source)
    if generator := _GENERATORS.get(source):
        return generator(rng, is_held_out)
    if source in LISTS:
        return expand(rng, rng.choice(LISTS[source]))
    low, high = map(int, source.split("-"))
    return rng.randint(low, high)
