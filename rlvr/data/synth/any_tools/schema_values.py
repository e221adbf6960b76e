"""Values for any parameter, drawn from its JSON Schema, its name and what its description shows.

`value_source` compiles a schema once into a function of a random generator; drawing is then a few choices. Names,
countries, companies and addresses come from Faker, as pools that are the same on every machine.
"""

from __future__ import annotations

import datetime
import math
import re
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any

from rewards.names import name_words
from rlvr.data.synth.any_tools.words import NOUNS, POOLS, QUALITIES, kind_by_name
from rlvr.data.synth.values import TRAIN_CITIES, TRAIN_CURRENCIES, TRAIN_LANGUAGES, expand
from rlvr.errors import UserError

Draw = Callable[[Random], Any]

_POOL_SIZE = 400
_MOST_ITEMS = 3
_DEEPEST = 6
_OPTIONAL_MEMBER_SHARE = 0.5
_FIRST_DAY = datetime.date(2025, 1, 1).toordinal()
_LAST_DAY = datetime.date(2027, 12, 31).toordinal()
_SHOWN = re.compile(
    r"(?:such as|e\.?g\.?,?|for example,?|like|example:)\s*:?\s*['\"`‘“]([^'\"`’”]{1,40})['\"`’”]", re.I
)
_NUMBER_RANGES = (
    ({"year"}, (1995, 2027)),
    ({"month"}, (1, 12)),
    ({"latitude", "lat"}, (-80, 80)),
    ({"longitude", "lon", "lng"}, (-170, 170)),
    ({"hour", "hours"}, (1, 23)),
    ({"minute", "minutes"}, (5, 90)),
    ({"age"}, (18, 80)),
    ({"percent", "percentage", "discount", "opacity", "volume", "brightness", "humidity"}, (1, 99)),
    ({"rating", "stars"}, (1, 5)),
    ({"page", "quantity", "count", "passengers", "guests", "people", "seats", "adults", "rooms"}, (2, 9)),
    ({"days", "nights", "weeks", "months", "day", "duration"}, (2, 14)),
    ({"price", "amount", "budget", "cost", "salary", "balance", "principal", "payment", "income"}, (20, 5000)),
    ({"limit", "size", "top"}, (2, 50)),
)


@cache
def _faked(what: str) -> tuple[str, ...]:
    """A pool of Faker's values, without those whose marks would read as the end of a sentence or of a clause."""
    from faker import Faker

    faker = Faker("en_US")
    faker.seed_instance(f"rlvr/{what}")
    draw = getattr(faker, what)
    drawn = dict.fromkeys(str(draw()) for _ in range(_POOL_SIZE))
    plain = tuple(value for value in drawn if not re.search(r"[,()\n]|\. ", value) and len(value) <= 40)
    return plain or tuple(drawn)


def value_source(name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Draw:
    """What draws values of one parameter.

    Args:
        name: of the parameter: `city` and `recipient_email` say what their strings are.
        schema: of the parameter.
        root: the schema that local `$ref`s point into.

    Raises:
        UserError: its strings follow a pattern, and `rstr`, which writes such strings, is not installed.
        ValueError: its schema admits none of the values that it lists.
    """
    return _source(name, schema, root, 0)


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The schema with local references followed, `allOf` merged and the first alternative taken that is not null."""
    if depth > _DEEPEST:
        return {}
    merged: dict[str, Any] = {}
    if isinstance(target := _target(schema.get("$ref"), root), Mapping):
        merged.update(resolved(target, root, depth + 1))
    for part in schema.get("allOf") or ():
        if isinstance(part, Mapping):
            merged.update(resolved(part, root, depth + 1))
    branches = [b for b in (*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())) if isinstance(b, Mapping)]
    for branch in branches:
        if branch.get("type") != "null":
            merged.update(resolved(branch, root, depth + 1))
            break
    merged.update((key, item) for key, item in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf"))
    return merged


def type_of(schema: Mapping[str, Any]) -> str:
    """The type that values are drawn of: the first that is not null, told by its keywords where none is given."""
    given = schema.get("type")
    if isinstance(given, list):
        given = next((name for name in given if name != "null"), None)
    if isinstance(given, str):
        return given
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return "number" if {"minimum", "maximum"} & schema.keys() else "string"


def _target(reference: Any, root: Mapping[str, Any]) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    place: Any = root
    for step in reference[2:].split("/"):
        place = place.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(place, Mapping) else None
    return place


def _source(name: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Draw:
    schema = resolved(schema, root)
    if "const" in schema:
        return _one_of([schema["const"]])
    if enum := [value for value in schema.get("enum") or () if value is not None]:
        listed = [value for value in enum if _is_of_type(value, schema.get("type"))]
        if not listed:
            raise ValueError(f"{name!r}: none of its enum's values is of type {schema.get('type')!r}")
        return _one_of(listed)
    kind = type_of(schema)
    if kind == "boolean":
        return lambda rng: rng.random() < 0.5
    if kind in ("integer", "number"):
        return _number(name, schema, is_integer=kind == "integer")
    if kind == "array":
        return _array(name, schema, root, depth)
    if kind == "object":
        return _object(schema, root, depth)
    if kind == "null":
        return _one_of([None])
    return _string(name, schema)


def _is_of_type(value: Any, given: Any) -> bool:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list):
        return True
    if isinstance(value, bool):
        return "boolean" in names
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "array": (list,), "object": (dict,)
    }  # fmt: skip
    return any(isinstance(value, kinds.get(kind, ())) for kind in names)


def _one_of(values: list[Any]) -> Draw:
    return lambda rng: rng.choice(values)


def _number(name: str, schema: Mapping[str, Any], *, is_integer: bool) -> Draw:
    if examples := schema.get("examples"):
        return _one_of(list(examples))
    low, high = _range(name, schema)
    step = schema.get("multipleOf")
    if step:
        first, last = math.ceil(low / step), math.floor(high / step)
        is_whole = is_integer or float(step).is_integer()
        return lambda rng: int(rng.randint(first, last) * step) if is_whole else rng.randint(first, last) * step
    if is_integer:
        first, last = math.ceil(low), math.floor(high)
        return lambda rng: rng.randint(first, max(first, last))
    if high - low < 3:
        return lambda rng: round(rng.uniform(low, high), 2)

    def amount(rng: Random) -> int | float:
        whole = rng.randint(math.ceil(low), math.floor(high) - 1)
        return whole if rng.random() < 0.6 else round(whole + rng.randint(1, 19) * 0.05, 2)

    return amount


def _range(name: str, schema: Mapping[str, Any]) -> tuple[float, float]:
    words = set(name_words(name))
    usual = next((span for names, span in _NUMBER_RANGES if names & words), (2, 100))
    margin = 1 if schema.get("type") == "integer" else 0.01
    low, high = _bound(schema, "minimum", margin), _bound(schema, "maximum", -margin)
    if low is None:
        return usual if high is None else (usual[0] if usual[0] < high else high - 10, high)
    if high is None:
        return low, max(usual[1], low + usual[1] - usual[0])
    inner = max(low, usual[0]), min(high, usual[1])
    return inner if inner[1] - inner[0] >= 3 else (low, high)


def _bound(schema: Mapping[str, Any], which: str, margin: float) -> float | None:
    beyond = schema.get("exclusive" + which.capitalize())
    if isinstance(beyond, int | float) and not isinstance(beyond, bool):
        return beyond + margin
    bound = schema.get(which)
    return bound if isinstance(bound, int | float) else None


def _array(name: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Draw:
    prefix = [part for part in schema.get("prefixItems") or () if isinstance(part, Mapping)]
    items = schema.get("items")
    if isinstance(items, list):
        prefix, items = [part for part in items if isinstance(part, Mapping)], {}
    fewest = schema.get("minItems", 1)
    most = max(fewest, min(schema.get("maxItems", max(_MOST_ITEMS, fewest)), max(_MOST_ITEMS, fewest)))
    singular = name[:-1] if name.endswith("s") and not name.endswith("ss") else name
    if depth >= _DEEPEST:
        return lambda rng: []
    if prefix:
        members = [_source(singular, part, root, depth + 1) for part in prefix]
        return lambda rng: [draw(rng) for draw in members]
    draw = _source(singular, items if isinstance(items, Mapping) else {"type": "string"}, root, depth + 1)

    def several(rng: Random) -> list[Any]:
        wanted = rng.randint(fewest, most)
        found: list[Any] = []
        for _ in range(20 * wanted):
            if len(found) == wanted:
                break
            if (value := draw(rng)) not in found:  # a list that says a thing twice reads like a slip
                found.append(value)
        return found

    return several


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Draw:
    required = set(schema.get("required") or ())
    properties = {n: s for n, s in (schema.get("properties") or {}).items() if isinstance(s, Mapping)}
    if depth >= _DEEPEST:
        properties = {}
    members = {name: _source(name, member, root, depth + 1) for name, member in properties.items()}
    if not members:
        return lambda rng: {rng.choice(NOUNS): rng.choice(QUALITIES)}

    def draw(rng: Random) -> dict[str, Any]:
        chosen = [name for name in members if name in required or rng.random() < _OPTIONAL_MEMBER_SHARE]
        return {name: members[name](rng) for name in chosen or [next(iter(members))]}

    return draw


def _string(name: str, schema: Mapping[str, Any]) -> Draw:
    if examples := [value for value in schema.get("examples") or () if isinstance(value, str)]:
        return _one_of(examples)
    if isinstance(pattern := schema.get("pattern"), str):
        return _of_pattern(pattern)
    form = schema.get("format")
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    described = schema.get("description")
    if isinstance(described, str):
        if "YYYY-MM-DD" in described.upper() and "HH" not in described.upper():
            return _date
        if shown := [example.strip() for example in _SHOWN.findall(described)]:
            is_code = any(map(_is_code, shown))
            if is_code or kind_by_name(name) not in ("first_name", "last_name", "person", "company"):
                return lambda rng: _like(rng, rng.choice(shown))
    draw = _of_kind(kind_by_name(name), name)
    fewest, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    return draw if not fewest and most == math.inf else _of_length(draw, fewest, most)


def _of_length(draw: Draw, fewest: int, most: float) -> Draw:
    def fitting(rng: Random) -> str:
        for _ in range(20):
            if fewest <= len(value := draw(rng)) <= most:
                return str(value)
        letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(max(fewest, 1)))
        return letters[: int(min(most, len(letters)))]

    return fitting


def _of_pattern(pattern: str) -> Draw:
    try:
        from rstr import Rstr
    except ImportError:
        raise UserError(
            f"the pattern {pattern!r} needs the package rstr, which writes strings that match: pip install rstr"
        ) from None

    def matching(rng: Random) -> str:
        return str(Rstr(rng).xeger(pattern))

    return matching


def _is_code(example: str) -> bool:
    return any(char.isdigit() for char in example) or (example.isupper() and " " not in example)


def _like(rng: Random, example: str) -> str:
    """A value of the form that a description shows: other digits, other capitals where it is a code."""
    day = datetime.date.fromordinal(rng.randint(_FIRST_DAY, _LAST_DAY))
    for form, as_shown in _DATE_FORMS:
        if re.fullmatch(form, example):
            return day.strftime(as_shown.replace("<time>", _time(rng)))
    if not _is_code(example):
        return example
    is_capital = example.isupper() and " " not in example

    def other(char: str) -> str:
        if char.isdigit():
            return rng.choice("123456789")
        return rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") if char.isupper() and is_capital else char

    return "".join(map(other, example))


_DATE_FORMS = (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"),
    (r"\d{4}/\d\d/\d\d", "%Y/%m/%d"),
    (r"\d?\d/\d?\d/\d{4}", "%m/%d/%Y"),
    (r"\d\d?\.\d\d?\.\d{4}", "%d.%m.%Y"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?", "%Y-%m-%dT<time>:00Z"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "%Y-%m-%d <time>"),
    (r"\d?\d:\d\d", "<time>"),
    (r"\d\d:\d\d:\d\d", "<time>:00"),
)


def _date(rng: Random) -> str:
    return datetime.date.fromordinal(rng.randint(_FIRST_DAY, _LAST_DAY)).isoformat()


def _time(rng: Random) -> str:
    return f"{rng.randint(7, 21):02}:{rng.choice((0, 15, 30, 45)):02}"


_FORMATS: Mapping[str, Draw] = {
    "date": _date,
    "time": lambda rng: f"{_time(rng)}:00Z",
    "date-time": lambda rng: f"{_date(rng)}T{_time(rng)}:00Z",
    "email": lambda rng: rng.choice(_faked("email")),
    "idn-email": lambda rng: rng.choice(_faked("email")),
    "uri": lambda rng: rng.choice(_faked("url")),
    "url": lambda rng: rng.choice(_faked("url")),
    "iri": lambda rng: rng.choice(_faked("url")),
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "hostname": lambda rng: rng.choice(_faked("domain_name")),
    "ipv4": lambda rng: rng.choice(_faked("ipv4")),
    "ipv6": lambda rng: rng.choice(_faked("ipv6")),
    "duration": lambda rng: f"P{rng.randint(2, 30)}D",
    "phone": lambda rng: _phone(rng),
}


def _phone(rng: Random) -> str:
    return f"+1-{rng.randint(201, 989)}-555-{rng.randint(1000, 9999)}"


def _code(rng: Random, prefix: str) -> str:
    return f"{prefix}{rng.randint(1000, 99999)}"


def _of_kind(kind: str, name: str) -> Draw:
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in POOLS:
        pool = POOLS[kind]
        return lambda rng: expand(rng, rng.choice(pool))
    if kind == "code":
        prefix = "".join(word[0] for word in name_words(name))[:2].upper() + "-"
        return lambda rng: _code(rng, prefix)
    return lambda rng: f"{rng.choice(QUALITIES)} {rng.choice(NOUNS)}"


_KINDS: Mapping[str, Draw] = {
    "city": lambda rng: rng.choice(TRAIN_CITIES),
    "currency": lambda rng: rng.choice(TRAIN_CURRENCIES),
    "language": lambda rng: rng.choice(TRAIN_LANGUAGES),
    "date": _date,
    "time": _time,
    "email": _FORMATS["email"],
    "url": _FORMATS["url"],
    "ip": _FORMATS["ipv4"],
    "phone": _phone,
    "person": lambda rng: rng.choice(_faked("name")),
    "first_name": lambda rng: rng.choice(_faked("first_name")),
    "last_name": lambda rng: rng.choice(_faked("last_name")),
    "username": lambda rng: rng.choice(_faked("user_name")),
    "country": lambda rng: rng.choice(_faked("country")),
    "country_code": lambda rng: rng.choice(_faked("country_code")),
    "state": lambda rng: rng.choice(_faked("state")),
    "zip": lambda rng: rng.choice(_faked("postcode")),
    "address": lambda rng: rng.choice(_faked("street_address")),
    "company": lambda rng: rng.choice(_faked("company")),
    "job": lambda rng: rng.choice(_faked("job")),
    "color": lambda rng: rng.choice(_faked("color_name")),
}
