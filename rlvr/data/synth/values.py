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
from rlvr.files import JsonMapping, JsonObject

_LISTED = tomllib.loads(Path(__file__).with_name("values.toml").read_text("utf-8"))
LISTS: Mapping[str, tuple[str, ...]] = {
    name: tuple(entries) for part in ("closed", "unseen") for name, entries in _LISTED[part].items()
}
"""Lists that a schema gives, the same on both sides, and what requests for the unseen tools talk about."""

_CHOICE = re.compile(r"\{([^}]*)\}")
FIRST_DAY, LAST_DAY = datetime.date(2025, 1, 1).toordinal(), datetime.date(2027, 12, 31).toordinal()


def expand(rng: Random, pattern: str) -> str:
    """A pattern with each `{a/b/c}` replaced by one of its choices."""
    return _CHOICE.sub(lambda choice: rng.choice(choice[1].split("/")), pattern)


@dataclass(frozen=True)
class Values:
    """The values of one side."""

    is_held_out: bool
    cities: tuple[str, ...]
    languages: tuple[str, ...]
    currencies: tuple[str, ...]
    sentences: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...]
    themes: list[dict[str, list[str]]]  # data sets of one kind, with the columns and groupings that make sense in them

    def sample(self, sources: JsonMapping, rng: Random) -> JsonObject:
        """Return a value for each parameter, in the order of the sources.

        By a parameter, or by several that are drawn together, a source is the name of a method below, a list of
        `values.toml`, a range such as 1-14, the values themselves, or "after" an earlier parameter's date.
        """
        drawn: JsonObject = {}
        for names, source in sources.items():
            value = self._drawn(source, drawn, rng)
            several = names.split()
            drawn.update({names: value} if len(several) == 1 else zip(several, value, strict=True))
        return drawn

    def _drawn(self, source: Any, drawn: JsonMapping, rng: Random) -> Any:
        if isinstance(source, list):
            return rng.choice(source)
        if source in LISTS:
            return expand(rng, rng.choice(LISTS[source]))
        if source.startswith("after "):
            start = datetime.date.fromisoformat(drawn[source.removeprefix("after ")]).toordinal()
            return self._day(rng, start + 2, start + 23)
        if "-" in source:
            low, high = map(int, source.split("-"))
            return rng.randint(low, high)
        return getattr(self, f"_{source}")(rng)

    def _day(self, rng: Random, first: int = FIRST_DAY, last: int = LAST_DAY) -> str:
        """A date; every fifth day is held out."""
        ordinal = rng.randint(first, last)
        if self.is_held_out:
            ordinal += -ordinal % 5
        elif ordinal % 5 == 0:
            ordinal += 1
        return datetime.date.fromordinal(ordinal).isoformat()

    def _amount(self, rng: Random) -> int | float:
        """Money from 5 to 9,999.99; amounts whose whole part leaves 3 when divided by 7 are held out."""
        while True:
            whole = rng.choice(
                (rng.randint(5, 99), rng.randint(100, 999), 10 * rng.randint(1, 99), 50 * rng.randint(1, 199))
            )
            if (whole % 7 == 3) == self.is_held_out:
                break
        if rng.random() < 0.75:
            return whole
        return float(f"{whole}.{rng.choice(('5', '25', '75', '99', '49', '95'))}")

    def _translation(self, rng: Random) -> tuple[str, str, str]:
        """A text, the language that it is in, and another to translate it into.

        English is one of these on both sides, for the texts that are not English.
        """
        if rng.random() < 0.15:
            text, language = rng.choice(self.foreign)
        else:
            text, language = expand(rng, rng.choice(self.sentences)), "English"
        target = language
        while target == language:
            target = "English" if rng.random() < 0.1 else rng.choice(self.languages)
        return text, language, target

    def _dataset(self, rng: Random) -> tuple[str, str, str]:
        """A data set's name, one of its numeric columns, and one to group by."""
        theme = rng.choice(self.themes)
        return expand(rng, rng.choice(theme["datasets"])), rng.choice(theme["columns"]), rng.choice(theme["groupings"])

    def _city(self, rng: Random) -> str:
        return rng.choice(self.cities)

    def _two_cities(self, rng: Random) -> tuple[str, str]:
        return _two(lambda: rng.choice(self.cities))

    def _currency_pair(self, rng: Random) -> tuple[str, str]:
        return _two(lambda: rng.choice(self.currencies))

    def _address(self, rng: Random) -> str:
        return f"{rng.randint(2, 189)} {rng.choice(LISTS['streets'])}"

    def _ticker(self, rng: Random) -> str:
        return _letters(rng, rng.choice((3, 4, 4)), "ABCDEFGHIKLMNOPRSTVWXZ")

    def _tracking_number(self, rng: Random) -> str:
        return _letters(rng, 2, "ABCDEFGHJKLMNPRSTUVWXYZ") + _letters(rng, 8, "0123456789")


def _letters(rng: Random, n: int, alphabet: str) -> str:
    return "".join(rng.choices(alphabet, k=n))


def _two(draw: Callable[[], str]) -> tuple[str, str]:
    """Two different values."""
    first = draw()
    while (second := draw()) == first:
        continue
    return first, second


def _values(listed: JsonMapping, *, is_held_out: bool) -> Values:
    return Values(
        is_held_out,
        cities=words(listed["cities"]),
        languages=words(listed["languages"]),
        currencies=words(listed["currencies"]),
        sentences=lines(listed["sentences"]),
        foreign=tuple((text, language) for text, language in listed["foreign"]),
        themes=listed["themes"],
    )


TRAIN, HELD_OUT = _values(_LISTED["train"], is_held_out=False), _values(_LISTED["held_out"], is_held_out=True)
BY_SPLIT: Mapping[str, Values] = {"train": TRAIN, "held_out": HELD_OUT}
