"""A JSON Schema as one plain schema: references followed, parts merged, one alternative taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from types import UnionType

from rewards.names import local_target
from rlvr.data.json_values import list_of, object_of, without
from rlvr.files import Json, JsonMapping, JsonObject

DEEPEST = 6  # references and parts followed inside each other
_BRANCHING = ("anyOf", "oneOf")


def resolved(schema: JsonMapping, root: JsonMapping, depth: int = 0, *, is_choosing: bool = True) -> JsonObject:
    """Return the schema with local references followed, `allOf` merged and its first alternative but null taken.

    Without `is_choosing` its `anyOf` and `oneOf` stay. `depth` is how many references and parts this is inside.
    """
    if depth > DEEPEST:
        return {}
    merged: JsonObject = {}
    if isinstance(target := local_target(schema.get("$ref"), root), Mapping):
        merged = resolved(target, root, depth + 1, is_choosing=is_choosing)
    for part in schema.get("allOf") or ():
        if isinstance(part, Mapping):
            merged = _both(merged, resolved(part, root, depth + 1, is_choosing=is_choosing))
    plain = without(schema, "$ref", "allOf", *_BRANCHING)
    if not is_choosing:
        kept = {key: schema[key] for key in _BRANCHING if schema.get(key)}
        return _both(merged, {**plain, **kept})
    if branches := alternatives(schema):
        merged = _both(merged, resolved(branches[0], root, depth + 1))
    return _both(merged, plain)


def alternatives(schema: JsonMapping, keywords: tuple[str, ...] = _BRANCHING) -> list[JsonMapping]:
    """Return the schemas of `anyOf` and `oneOf` that are not null."""
    branches = chain.from_iterable(schema.get(keyword) or () for keyword in keywords)
    return [branch for branch in branches if isinstance(branch, Mapping) and branch.get("type") != "null"]


def members_of(schema: JsonMapping) -> dict[str, JsonMapping]:
    """Return the schemas of an object's members, those included that it only requires."""
    members = object_of(schema.get("properties"))
    required: list[Json] = list_of(schema.get("required")) * bool(members)
    return {
        name: object_of(member) for name, member in {**members, **dict.fromkeys(map(str, required)), **members}.items()
    }


def type_of(schema: JsonMapping) -> str:
    """Return the type that values are drawn of: the first that is not null, told by keywords where none is given."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), None)
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return "number" if {"minimum", "maximum"} & schema.keys() else "string"


def _both(first: JsonMapping, second: JsonMapping) -> JsonObject:
    """A schema of what meets both, as far as keywords can be joined; of the others the second's count."""
    if not first or not second:
        return dict(first or second)
    joined = {**first, **second}
    for key in first.keys() & second.keys() & _JOINS.keys():
        kind, join = _JOINS[key]
        if isinstance(first[key], kind) and isinstance(second[key], kind):
            joined[key] = join(first[key], second[key])
    return joined


def _both_members(old: JsonMapping, new: JsonMapping) -> JsonObject:
    shared = {name: {"allOf": [old[name], new[name]]} for name in old if name in new and old[name] != new[name]}
    return {**old, **new, **shared}


def _all_names(old: list[Json], new: list[Json]) -> list[Json]:
    return list(dict.fromkeys([*old, *new]))


def _shared_values(old: list[Json], new: list[Json]) -> list[Json]:
    return list(filter(new.__contains__, old)) or new


_JOINS: Mapping[str, tuple[type | UnionType, Callable[..., Json]]] = {
    "properties": (Mapping, _both_members),
    "patternProperties": (Mapping, _both_members),
    "required": (list, _all_names),
    "enum": (list, _shared_values),
    **dict.fromkeys("minimum exclusiveMinimum minLength minItems minProperties".split(), (int | float, max)),
    **dict.fromkeys("maximum exclusiveMaximum maxLength maxItems maxProperties".split(), (int | float, min)),
}
"""Keywords that two schemas may both have: the type of their values, and what meets both."""
