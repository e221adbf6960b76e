"""The vocabulary of the procedural tools, as `procedural_words.toml` lists it, and what draws values of its kinds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faker import Faker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

# One generator, reseeded from the caller's random.Random before each draw, keeps a corpus a function of its seed.
_FAKER = Faker("en_US")

_LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
VERBS: dict[str, tuple[str, ...]] = {verb: tuple(said) for verb, said in _LISTED["verbs"].items()}
"""Verbs of tools' names, with what people say for them."""

NOUNS: tuple[str, ...] = tuple(_LISTED["nouns"].split())
CITIES: tuple[str, ...] = tuple(_LISTED["cities"].split())
LANGUAGES: tuple[str, ...] = tuple(_LISTED["languages"].split())
ENUMS: dict[str, tuple[str, ...]] = {name: tuple(values.split()) for name, values in _LISTED["enums"].items()}
COUNTED: tuple[str, ...] = tuple(_LISTED["counted"].split())
_SYLLABLES = _LISTED["syllables"].split()

Value = Any


def singular(unit: str) -> str:
    """One of the counted units: "day" for "days"."""
    irregular = {"people": "person", "boxes": "box", "copies": "copy"}
    return irregular.get(unit, unit[:-1])


def _faked(rng: Random, method: str) -> str:
    _FAKER.seed_instance(rng.getrandbits(32))
    return str(getattr(_FAKER, method)())


def _noun(rng: Random) -> str:
    _FAKER.seed_instance(rng.getrandbits(32))
    return str(_FAKER.word(part_of_speech="noun")).lower()


def invented_word(rng: Random) -> str:
    """A pronounceable word that is in no dictionary, so that copying cannot be done from memory."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))


def any_word(rng: Random) -> str:
    """A lower-case noun: English, what tools are about, or invented."""
    draw = rng.random()
    if draw < 0.4:
        return _noun(rng)
    return rng.choice(NOUNS) if draw < 0.78 else invented_word(rng)


def _place(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.35:
        return rng.choice(CITIES)
    if draw < 0.6:
        return _faked(rng, "city")
    if draw < 0.7:
        return rng.choice(("New", "Port", "San", "North", "Old", "Santa")) + " " + invented_word(rng).capitalize()
    if draw < 0.8:
        return _faked(rng, "street_address").split("\n")[0]
    return invented_word(rng).capitalize()


def _person(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.4:
        return _faked(rng, "first_name")
    if draw < 0.8:
        return _faked(rng, "first_name") + " " + _faked(rng, "last_name")
    return invented_word(rng).capitalize()


def _words(rng: Random) -> str:
    if rng.random() < 0.2:
        return _faked(rng, "sentence").rstrip(".") + rng.choice(("", "", "?", "!"))
    some = [
        _faked(rng, "word") if rng.random() < 0.8 else invented_word(rng) for _ in range(rng.choice((1, 2, 2, 3, 4)))
    ]
    text = " ".join(some)
    draw = rng.random()
    if draw < 0.3:
        return text.capitalize()
    return text.title() if draw < 0.45 else text


def _thing(rng: Random) -> str:
    draw = rng.random()
    if draw < 0.15:
        return any_word(rng) + "_" + (any_word(rng) if rng.random() < 0.7 else str(rng.randint(1990, 2030)))
    if draw < 0.4:
        return rng.choice(NOUNS).replace("_", " ")
    if draw < 0.6:
        return _noun(rng)
    if draw < 0.8:
        return f"{_noun(rng)} {_noun(rng)}"
    return invented_word(rng) if draw < 0.92 else f"{invented_word(rng)} {_noun(rng)}"


def _title(rng: Random) -> str:
    some = [_faked(rng, "word") if rng.random() < 0.75 else invented_word(rng) for _ in range(rng.choice((1, 2, 2, 3)))]
    return " ".join(some).title()


def _task(rng: Random) -> str:
    verb = rng.choice(rng.choice(sorted(VERBS.items()))[1])
    return f"{verb} {rng.choice(('the', 'the', 'my', 'a', 'our'))} {_thing(rng)}"


def _date(rng: Random) -> str:
    return f"20{rng.randint(24, 29)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _time(rng: Random) -> str:
    return f"{rng.randint(0, 23):02d}:{rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}"


def _count(rng: Random) -> int:
    return rng.randint(1, 12) if rng.random() < 0.7 else rng.randint(13, 400)


def _quantity(rng: Random) -> float | int:
    draw = rng.random()
    if draw < 0.6:
        return rng.randint(1, 999) if draw < 0.4 else rng.randint(1000, 20000)
    value = round(rng.uniform(1, 900), 1 if draw < 0.75 else 2)
    return int(value) if value.is_integer() else value


def _code(rng: Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.randint(1, 5)))
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(0, 10)))
    return letters + rng.choice(("", "", "-")) + digits if digits else letters + rng.choice(("", "X"))


def _short_code(rng: Random) -> str:
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(3))


def _true(rng: Random) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """One kind of argument: what it may be called, what it holds, and how people say it.

    Attributes:
        schema: the JSON Schema of its values, without a description.
        names: parameter names; most tools put a word of their own before the last part.
        value: draws one.
        shape: what values look like. Within one tool, two arguments of the same shape are told apart by their
            phrases, so each keeps only the ones that the other does not have.
        phrases: {v} is the value, {f} the argument's name in words, {u} the unit of a count.
        descriptions: what a schema may say about it.
        is_bare: whether the value may stand alone where no other argument has its shape.
        before_noun: phrases that may stand before the noun of the request ("a large table").
        is_last: whether nothing can follow it, as with unquoted text.
        renamed: names around a word {w}, for kinds whose names lose their sense with the first part ("end_date").
        vague: how a request that lacks the value may mention it all the same ("to another language").
    """

    schema: dict[str, Any]
    names: tuple[str, ...]
    value: Callable[[Random], Value]
    shape: str
    phrases: tuple[str, ...]
    descriptions: tuple[str, ...]
    is_bare: bool = False
    before_noun: tuple[str, ...] = ()
    is_last: bool = False
    renamed: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()


_GENERATORS: Mapping[str, Callable[[Random], Any]] = {
    "place": _place,
    "person": _person,
    "words": _words,
    "thing": _thing,
    "title": _title,
    "task": _task,
    "date": _date,
    "time": _time,
    "count": _count,
    "quantity": _quantity,
    "code": _code,
    "short_code": _short_code,
    "true": _true,
    "language": lambda rng: rng.choice(LANGUAGES),
}


def _kind(entry: Mapping[str, Any]) -> Kind:
    return Kind(
        schema=entry["schema"],
        names=tuple(entry["names"].split()),
        value=_GENERATORS[entry["value"]],
        shape=entry["shape"],
        phrases=tuple(entry["phrases"]),
        descriptions=tuple(entry["descriptions"]),
        is_bare=entry.get("is_bare", False),
        before_noun=tuple(entry.get("before_noun", ())),
        is_last=entry.get("is_last", False),
        renamed=tuple(entry.get("renamed", ())),
        vague=tuple(entry.get("vague", ())),
    )


KINDS: dict[str, Kind] = {name: _kind(entry) for name, entry in _LISTED["kinds"].items()}
