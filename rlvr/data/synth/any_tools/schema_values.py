"""Values for any parameter, drawn from its JSON Schema, its name and what its description shows.

`value_source` compiles a schema once into a function of a random generator; drawing is then a few choices.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from rewards.names import name_words
from rlvr.data.described import described_range, description_of
from rlvr.data.formats.schemas import JSON_TYPES, is_of_type
from rlvr.data.json_values import is_number, list_of, object_of, without
from rlvr.data.synth.any_tools.agreement import agreeing
from rlvr.data.synth.any_tools.knowledge import is_known_number, known_meaning
from rlvr.data.synth.any_tools.resolving import DEEPEST, alternatives, members_of, resolved, type_of
from rlvr.data.synth.any_tools.strings import UNTOLD, of_meaning, string_source
from rlvr.data.synth.drawing import MANY_EXAMPLES, Draw, mostly, one_of
from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.meanings import meaning_of, number_meaning
from rlvr.data.synth.nouns import singular

if TYPE_CHECKING:
    from jsonschema_rs import Validator

    from rlvr.files import Json, JsonMapping, JsonObject

WRITTEN_DOWN = "x-written-down"
"""Key of a schema below which stand the values that somebody wrote down for it."""

_MOST_ITEMS = 3
_MOST_ASKED_FOR = 100
"""Items that `minItems` may ask for: no prompt names more. Lists inside each other may ask for so many in all."""
_MOST_BRANCHES = 8
_PROBES = 10


_SHARE_OF_YES = 0.75
_YES_BESIDE = {"True": 0.1, "False": 0.9}
"""How often people say yes to a switch: they speak of it where they want another position than it has."""

_A_MOMENT = re.compile(
    r"\bepoch\b|\bunix (?:time|timestamp)|seconds since|\btimestamp\b|"
    r"^(?:\w+ )*(?:date|since|until): |^(?:start|end): $|^(?:from|to): .*\bseconds\b",
    re.I,
)


class Purpose(NamedTuple):
    """What values are for."""

    is_told: bool  # whether something must tell what a value is: a format, a list, an example, the lexicon
    most_optional: int  # optional members of one object
    is_partial: bool = False  # whether an object may go without members that it requires
    is_known: bool = False  # whether a value must be known to be meant, and not only guessed from a word of its name


ANY = Purpose(is_told=False, most_optional=2)
GUESS = Purpose(is_told=True, most_optional=1)
ARGUMENT = GUESS._replace(is_known=True)
RESULT = Purpose(is_told=True, most_optional=12, is_partial=True)


class _Whole(NamedTuple):
    """What a parameter stands in."""

    root: JsonMapping  # the schema that local references point into
    context: frozenset[str]  # the words of the tool
    near: frozenset[str]  # those of them that its name and what it does hold
    purpose: Purpose

    def inside(self, name: str) -> _Whole:
        """Return what the members and the items of a parameter stand in."""
        return self._replace(near=self.near.union(name_words(name), name_words(singular(name))))


def value_source(
    name: str,
    schema: JsonMapping,
    root: JsonMapping,
    context: frozenset[str] = frozenset(),
    purpose: Purpose = ANY,
    near: frozenset[str] = frozenset(),
) -> Draw:
    """Return what draws values of one parameter; `root` is what its local references point into.

    Its name says what its strings are, as in `city` and `recipient_email`, and so does the context, the tool's words;
    those of the tool's name and of what it does are `near`.

    Raises:
        ValueError: its schema admits no value, none is found, or nothing tells what it is and the purpose asks for
            that; names the parameter.
    """
    try:
        return _source(name, schema, _Whole(root, context, near, purpose), 0)
    except ValueError as error:
        raise ValueError(f"parameter {name!r}: {error}") from None


def objection(name: str, schema: JsonMapping, root: JsonMapping) -> str | None:
    """Return why no value can be drawn that a parameter's schema admits; None where one can."""
    try:
        draw = value_source(name, schema, root)
    except ValueError as error:
        return str(error)
    validator, rng = _validator(schema, root), Random(f"objection/{name}")
    if validator is None or any(validator.is_valid(draw(rng)) for _ in range(2 * _PROBES)):
        return None
    return f"parameter {name!r}: no value found that its schema admits"


def _source(name: str, schema: JsonMapping, whole: _Whole, depth: int) -> Draw:
    joined = resolved(schema, whole.root, is_choosing=False)
    branches = alternatives(joined, ("oneOf",))
    if len(branches) > 1 and depth < DEEPEST:
        return _exclusive(name, joined, branches, whole, depth)
    schema = resolved(joined, whole.root)
    if "const" in schema:
        return one_of([schema["const"]])
    if enum := [value for value in schema.get(WRITTEN_DOWN) or schema.get("enum") or () if value not in (None, "")]:
        listed = [value for value in enum if _is_of_type(value, schema.get("type"))]
        if not listed:
            raise ValueError(f"none of its enum's values is of type {schema.get('type')!r}")
        return one_of(listed)
    match type_of(schema):
        case "boolean":
            share = _YES_BESIDE.get(str(schema.get("default")), _SHARE_OF_YES) if whole.purpose.is_told else 0.5
            return lambda rng: rng.random() < share
        case "integer" | "number" as kind:
            if whole.purpose.is_told and _A_MOMENT.search(f"{' '.join(name_words(name))}: {description_of(schema)}"):
                raise ValueError("a moment as a number is said by nobody")
            if whole.purpose.is_known and not _is_known_number(name, schema, whole.near):
                raise ValueError(UNTOLD)
            return _number(name, schema, is_integer=kind == "integer")
        case "array":
            return _array(name, schema, whole.inside(name), depth)
        case "object":
            return _object(schema, whole.inside(name), depth)
        case "null":
            return one_of([None])
    meaning = known_meaning(name, schema, whole.context, whole.near) if whole.purpose.is_known else None
    return string_source(name, schema, whole.context, is_told=whole.purpose.is_told, meaning=meaning)


_MOST_BETWEEN = 1000
"""Bounds no further apart than this say what a number can be."""


_SHAPING = ("generalize", "simplify", "smooth", "denoise", "round", "decimate")
"""Names of how far a result is made simpler, which few people say."""


_A_SWITCH = re.compile(r"\bif true\b|\bboolean\b")


def _is_known_number(name: str, schema: JsonMapping, near: frozenset[str]) -> bool:
    """Tell whether a number is known: by both its bounds, by examples, or by what it counts or measures."""
    description = description_of(schema)
    if name_words(name)[-1] in _SHAPING or _A_SWITCH.search(description):
        return False
    spans = ((_bound(schema, "minimum", 0), _bound(schema, "maximum", 0)), described_range(description))
    for low, high in spans:
        if low is not None and high is not None and high - low <= _MOST_BETWEEN:
            return True
    return "examples" in schema or is_known_number(name, number_meaning(name, description), description, near)


def _exclusive(name: str, schema: JsonMapping, branches: list[JsonMapping], whole: _Whole, depth: int) -> Draw:
    """Values of the first branch of a `oneOf` that has some which no other branch admits.

    Raises:
        ValueError: there is none.
    """
    validator = _validator(schema, whole.root)
    others = without(schema, "oneOf")
    for branch in branches[:_MOST_BRANCHES]:
        draw = _source(name, {"allOf": [others, branch]}, whole, depth + 1)
        if validator is None:
            return draw
        rng = Random(f"branch/{name}")
        n_valid = sum(validator.is_valid(draw(rng)) for _ in range(_PROBES))
        if n_valid == _PROBES:
            return draw
        if n_valid:
            return _valid(draw, validator)
    raise ValueError("no value found that exactly one branch of its 'oneOf' admits")


def _valid(draw: Draw, validator: Validator) -> Draw:
    def drawn(rng: Random) -> Any:
        for _ in range(5 * _PROBES):
            if validator.is_valid(value := draw(rng)):
                break
        return value

    return drawn


def _validator(schema: JsonMapping, root: JsonMapping) -> Validator | None:
    """Return what tells whether a value meets a part of a schema; None where the part does not stand alone."""
    import jsonschema_rs

    definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}
    try:
        return jsonschema_rs.validator_for({**definitions, **schema}, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return None


def _is_of_type(value: Any, kinds: Any) -> bool:
    names = [kinds] if isinstance(kinds, str) else kinds
    return not isinstance(names, list) or any(kind in JSON_TYPES and is_of_type(value, kind) for kind in names)


def _number(name: str, schema: JsonMapping, *, is_integer: bool) -> Draw:
    low, high = _range(name, schema)
    shown = [value for value in schema.get("examples") or () if isinstance(value, int | float) and low <= value <= high]
    is_whole = is_integer or number_meaning(name, description_of(schema)).is_whole
    draw = _number_between(low, high, schema, is_integer=is_whole)
    if len(shown) >= MANY_EXAMPLES:
        return one_of(shown)
    return mostly(draw, shown) if shown else draw


def _number_between(low: float, high: float, schema: JsonMapping, *, is_integer: bool) -> Draw:
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


_FEW_VALUES = 100
"""A described range of no more than these is drawn from as it is; of a wider one most values are unlikely."""


def _range(name: str, schema: JsonMapping) -> tuple[float, float]:
    usual = number_meaning(name, description_of(schema)).range
    margin = 1 if schema.get("type") == "integer" else 0.01
    low, high = _bound(schema, "minimum", margin), _bound(schema, "maximum", -margin)
    if low is None and high is None:
        low, high = described_range(description_of(schema))
        if low is not None and high is not None and high - low <= _FEW_VALUES:
            return low, high
    if low is None:
        return usual if high is None else (_usual_below(high, usual[0]), min(usual[1], high))
    if high is None:
        return low, max(usual[1], low + usual[1] - usual[0])
    inner = max(low, usual[0]), min(high, usual[1])
    return inner if inner[1] - inner[0] >= 3 else (low, high)


def _usual_below(high: float, usual: float) -> float:
    """Return the least that is drawn where only the most is given."""
    if usual < high:
        return usual
    return 1 if high > 1 else high - 10


def _bound(schema: JsonMapping, which: str, margin: float) -> float | None:
    beyond = schema.get("exclusive" + which.capitalize())
    if is_number(beyond):
        return beyond + margin
    bound = schema.get(which)
    return bound if isinstance(bound, int | float) else None


def _array(name: str, schema: JsonMapping, whole: _Whole, depth: int) -> Draw:
    items = schema.get("items")
    listed = items if isinstance(items, list) else schema.get("prefixItems") or ()
    prefix = [part for part in listed if isinstance(part, Mapping)]
    fewest = schema.get("minItems", 1)
    if shown := _shown(schema, list):
        return one_of(shown)
    if (asked_for := _items_asked_for(schema, whole.root)) > _MOST_ASKED_FOR:
        raise ValueError(f"a list of {asked_for:,} items is asked for; at most {_MOST_ASKED_FOR} are made")
    most = _most_items(schema, fewest)
    item_name = singular(name)
    if depth >= DEEPEST:
        return lambda rng: []
    if name.lower() in _ARGV and (command := meaning_of(name, {}, whole.context)).name == "shell":
        line = of_meaning(command, name)
        return lambda rng: line(rng).split()
    if prefix:
        members = [_source(item_name, part, whole, depth + 1) for part in prefix]
        return lambda rng: [draw(rng) for draw in members]
    part = dict(items) if isinstance(items, Mapping) else {"type": "string"}
    if "description" in schema:
        part.setdefault("description", schema["description"])
    draw = _source(item_name, part, whole, depth + 1)
    if whole.purpose.is_told and "properties" in (inner := resolved(part, whole.root)):
        most = max(
            fewest, min(most, 2 if inner.get("required") and not depth else 1)
        )  # few tell of several such things at once

    is_rising = _RISING.search(description_of(schema)) is not None

    def several(rng: Random) -> list[Any]:
        wanted = rng.randint(fewest, most)
        distinct: list[Any] = []
        for _ in range(20 * wanted):
            if len(distinct) == wanted:
                break
            if (value := draw(rng)) not in distinct:  # a list that says a thing twice reads like a slip
                distinct.append(value)
        return sorted(distinct) if is_rising else distinct

    return several


_ONE_ONLY = re.compile(r"\bone (?:entry|item|element|value) only\b|\bonly one (?:entry|item|element|value)\b", re.I)
_RISING = re.compile(r"\b(?:increasing|ascending) order\b", re.I)
_ARGV = ("command", "cmd", "argv")
"""Lists that hold one command, word by word; a list of several is called `commands`."""


def _most_items(schema: JsonMapping, fewest: int) -> int:
    """Return the most items that are drawn of a list; one where a description wants one only."""
    usual = max(_MOST_ITEMS, fewest)
    if _ONE_ONLY.search(description_of(schema)):
        usual = max(1, fewest)
    return int(max(fewest, min(schema.get("maxItems", usual), usual)))


def _items_asked_for(schema: JsonMapping, root: JsonMapping, depth: int = 0) -> int:
    """Return the items that a list asks for, those of the lists in it included."""
    fewest, items = max(1, int(schema.get("minItems", 1))), schema.get("items")
    if not isinstance(items, Mapping) or depth >= DEEPEST:
        return fewest
    inner = resolved(items, root)
    return fewest * (_items_asked_for(inner, root, depth + 1) if type_of(inner) == "array" else 1)


def _object(schema: JsonMapping, whole: _Whole, depth: int) -> Draw:
    properties = members_of(schema) if depth < DEEPEST else {}
    if shown := _shown(schema, dict):
        return one_of(shown)
    if not properties:
        return _free_object(schema, whole, depth)
    names = frozenset(schema.get("required") or ())
    members, reason = _members(properties, frozenset() if whole.purpose.is_partial else names, whole, depth)
    if not members:
        raise ValueError(reason)
    required = names & members.keys()
    able = [name for name in members if name not in required]
    optional = [name for name in able if len(list_of(properties[name].get("enum"))) != 1] or able
    given = {"id", "version", *object_of(whole.root.get("properties"))}  # by the server, or beside the object
    if whole.purpose in (ARGUMENT, GUESS):  # of which few people name a switch
        told = list(itertools.filterfalse(given.__contains__, optional))
        optional = [name for name in told if properties[name].get("type") != "boolean"] or told
    if not (required or optional):
        raise ValueError(reason or UNTOLD)
    most = min(len(optional), whole.purpose.most_optional)
    bare: set[str] = set() if whole.context.isdisjoint(("@update", "@edit", "@change")) else {"id", "type", "kind"}
    named = {word for name in required for word in name_words(name)[-1:]}
    is_bare = named <= bare  # of what is changed something is said
    if is_bare and bare and not most and whole.purpose.is_known:
        raise ValueError(f"of what becomes of it {UNTOLD}")
    fewest = min(most, int(is_bare))
    agree = agreeing(properties, members, whole.context)

    def drawn(rng: Random) -> JsonObject:
        some = rng.sample(optional, rng.randint(fewest, most))
        return agree({name: draw(rng) for name, draw in members.items() if name in required or name in some}, rng)

    return drawn


def _members(
    properties: Mapping[str, JsonMapping], needed: frozenset[str], whole: _Whole, depth: int
) -> tuple[dict[str, Draw], str]:
    """Return what draws the members of an object, without those that have no values, and why one of those has none.

    Raises:
        ValueError: one that is needed has no values.
    """
    members, reason = dict[str, Draw](), ""
    for name, member in properties.items():
        try:
            members[name] = _source(name, member, whole, depth + 1)
        except ValueError as error:
            reason = reason or f"{name!r}: {error}"
            if name in needed:
                raise ValueError(reason) from None
    return members, reason


def _shown(schema: JsonMapping, kind: type) -> list[Json]:
    """Return the examples of a list or an object that a schema gives."""
    shown = [*list_of(schema.get("examples")), schema.get("example")]
    return [value for value in shown if value and isinstance(value, kind)]


def _free_object(schema: JsonMapping, whole: _Whole, depth: int) -> Draw:
    """An object that may have any names."""
    values = schema.get("additionalProperties")
    draw: Draw | None = None
    if isinstance(values, Mapping) and values and depth < DEEPEST:
        draw = _source("value", values, whole, depth + 1)
    if whole.purpose.is_told:
        raise ValueError(UNTOLD)
    fewest = max(1, schema.get("minProperties", 1))
    names = [name for name in schema.get("required") or () if isinstance(name, str)]
    nouns = lexicon().nouns

    def drawn(rng: Random) -> JsonObject:
        keys = [*names, *rng.sample(nouns, max(0, min(fewest, len(nouns)) - len(names)))]
        return {key: draw(rng) if draw is not None else rng.choice(lexicon().qualities) for key in keys}

    return drawn
