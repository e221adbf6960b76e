"""Values drawn by patterns: `{a/b}` is one of a and b, `@city` is drawn by the generator of that name.

Names, countries, companies and addresses come from Faker, as pools that are the same on every machine.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.values import FIRST_DAY, LAST_DAY, TRAIN, expand

Draw = Callable[[Random], Any]

EXAMPLE_SHARE = 0.25  # how often a value is the very one that a description or a schema shows, where others are known
MANY_EXAMPLES = 3  # examples from which they count as a list to choose from
_POOL_SIZE = 400
_FIRST_BIRTH, _LAST_BIRTH = datetime.date(1950, 1, 1).toordinal(), datetime.date(2006, 12, 31).toordinal()
_KEY_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@cache
def faked(what: str) -> tuple[str, ...]:
    """Return a pool of Faker's values, without those whose marks would read as the end of a sentence or of a clause."""
    from faker import Faker

    faker = Faker("en_US")
    faker.seed_instance(f"rlvr/{what}")
    draw = getattr(faker, what)
    drawn = dict.fromkeys(str(draw()) for _ in range(_POOL_SIZE))
    plain = tuple(value for value in drawn if not re.search(r"[,()\n]|\. ", value) and len(value) <= 40)
    return plain or tuple(drawn)


@cache
def _last_names() -> tuple[str, ...]:
    """Last names that are no first names, so that a name alone says which it is."""
    first = set(faked("first_name"))
    return tuple(name for name in faked("last_name") if name not in first)


@cache
def _nouns() -> tuple[str, ...]:
    from faker import Faker

    return tuple(sorted({word.lower() for word in Faker("en_US").get_words_list(part_of_speech="noun")}))


def day(rng: Random) -> datetime.date:
    """Return a day from 2025 to 2027."""
    return datetime.date.fromordinal(rng.randint(FIRST_DAY, LAST_DAY))


def iso_date(rng: Random) -> str:
    """Return a day from 2025 to 2027 as YYYY-MM-DD."""
    return day(rng).isoformat()


def birth(rng: Random) -> str:
    """Return a date of birth as YYYY-MM-DD."""
    return datetime.date.fromordinal(rng.randint(_FIRST_BIRTH, _LAST_BIRTH)).isoformat()


def clock(rng: Random) -> str:
    """Return a time of day as HH:MM."""
    return f"{rng.randint(7, 21):02}:{rng.choice((0, 15, 30, 45)):02}"


def key(rng: Random) -> str:
    """Return an id of 22 letters and digits."""
    return "".join(rng.choices(_KEY_CHARACTERS, k=22))


def _phone(rng: Random) -> str:
    return f"+1-{rng.randint(201, 989)}-555-{rng.randint(1000, 9999)}"


def _street(rng: Random) -> str:
    return f"{rng.randint(2, 990)} {rng.choice(lexicon().streets)} {rng.choice(lexicon().street_kinds)}"


def invented_word(rng: Random) -> str:
    """Return a pronounceable word that is in no dictionary, so that copying cannot be done from memory."""
    return "".join(rng.choice(lexicon().syllables) for _ in range(rng.randint(2, 4)))


def any_word(rng: Random) -> str:
    """Return a noun in lower case: English, what tools are about, or invented."""
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(_nouns())
    return rng.choice(lexicon().tool_nouns) if draw < 0.78 else invented_word(rng)


def _symbols(rng: Random) -> str:
    """A code of capitals and digits, short or long."""
    letters = "".join(rng.choices(_CAPITALS, k=rng.randint(1, 5)))
    digits = "".join(rng.choices("0123456789", k=rng.randint(0, 10)))
    return letters + rng.choice(("", "", "-")) + digits if digits else letters + rng.choice(("", "X"))


def _count(rng: Random) -> int:
    return rng.randint(1, 12) if rng.random() < 0.7 else rng.randint(13, 400)


def _quantity(rng: Random) -> int | float:
    draw = rng.random()
    if draw < 0.6:
        return rng.randint(1, 999) if draw < 0.4 else rng.randint(1000, 20000)
    return _whole(round(rng.uniform(1, 900), 1 if draw < 0.75 else 2))


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def between(low: int, high: int, *, is_integer: bool) -> Draw:
    """Return what draws numbers from low to high, most of them whole."""

    def draw(rng: Random) -> int | float:
        if is_integer or rng.random() < 0.6:
            return rng.randint(low, high)
        return _whole(round(rng.uniform(low, high), rng.choice((1, 2))))

    return draw


def one_of(values: Sequence[Any]) -> Draw:
    """Return what draws one of these values."""
    return lambda rng: rng.choice(values)


def mostly(draw: Draw, examples: Sequence[Any]) -> Draw:
    """Return what draws, and sometimes takes an example."""
    return lambda rng: rng.choice(examples) if rng.random() < EXAMPLE_SHARE else draw(rng)


def from_pool(what: str) -> Draw:
    """Return what draws from a pool of Faker's."""
    return lambda rng: rng.choice(faked(what))


FORMATS: Mapping[str, Draw] = {
    **dict.fromkeys(("email", "idn-email"), from_pool("email")),
    **dict.fromkeys(("uri", "url", "iri"), from_pool("url")),
    **{name: from_pool(name) for name in ("ipv4", "ipv6")},
    "date": iso_date,
    "time": lambda rng: f"{clock(rng)}:00Z",
    "date-time": lambda rng: f"{iso_date(rng)}T{clock(rng)}:00Z",
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "hostname": from_pool("domain_name"),
    "duration": lambda rng: f"P{rng.randint(2, 30)}D",
    "phone": _phone,
}
"""By a format of JSON Schema."""

_POOLS = {"person": "name", "town": "city", "username": "user_name", "zip": "postcode", "ip": "ipv4"}
"""What patterns call pools that Faker has under another name."""

GENERATORS: Mapping[str, Draw] = {
    **{f"@{name}": from_pool(name) for name in ("company", "country", "email", "first_name", "state", "url")},
    **{f"@{name}": from_pool(pool) for name, pool in _POOLS.items()},
    "@birth": birth,
    "@city": lambda rng: rng.choice(TRAIN.cities),
    "@count": _count,
    "@date": iso_date,
    "@datetime": FORMATS["date-time"],
    "@digits7": lambda rng: str(rng.randint(1000000, 9999999)),
    "@full_name": lambda rng: f"{rng.choice(faked('first_name'))} {rng.choice(_last_names())}",  # without MD and Jr.
    "@handle": lambda rng: f"@{invented_word(rng)}{rng.randint(1, 99)}",
    "@house": lambda rng: str(rng.randint(1, 250)),
    "@invented": invented_word,
    "@key": key,
    "@language": lambda rng: rng.choice(TRAIN.languages),
    "@last_name": lambda rng: rng.choice(_last_names()),
    "@letters3": lambda rng: "".join(rng.choices(_CAPITALS, k=3)),
    "@mail": lambda rng: f"{invented_word(rng)}@{invented_word(rng)}.com",
    "@name": lambda rng: invented_word(rng).capitalize(),
    "@phone": _phone,
    "@quantity": _quantity,
    "@sentence": lambda rng: rng.choice(faked("sentence")).rstrip("."),
    "@sha": lambda rng: f"{rng.getrandbits(28):07x}",
    "@street": _street,
    "@symbols": _symbols,
    "@time": clock,
    "@title": lambda rng: any_word(rng).replace("_", " ").title(),
    "@true": lambda rng: True,
    "@uuid": FORMATS["uuid"],
    "@word": lambda rng: any_word(rng).replace("_", " "),
}
"""By the name that patterns give it."""

_GENERATED = re.compile(r"@[a-z]+\d?(?:_name)?")


def by_patterns(patterns: Sequence[str], prefix: str = "") -> Draw:
    """Return what draws values of one of several patterns; one generator alone may draw what is no text.

    What `@code` draws begins with the prefix.
    """
    if len(patterns) == 1 and (generator := GENERATORS.get(patterns[0])):
        return generator

    def draw(rng: Random) -> str:
        pattern = rng.choice(patterns)
        if "@" not in pattern:
            return expand(rng, pattern).rstrip()
        if pattern == "@code":
            return f"{prefix}-{rng.randint(1000, 99999)}" if prefix else str(rng.randint(10000, 9999999))
        filled = _GENERATED.sub(lambda match: str(GENERATORS[match[0]](rng)), pattern)
        return expand(rng, filled)

    return draw
