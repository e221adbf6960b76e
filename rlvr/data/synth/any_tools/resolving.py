"""A JSON Schema as one plain schema: references followed, parts merged, one alternative taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rewards.names import local_target
from rlvr.data.json_values import without

if TYPE_CHECKING:
    from rlvr.files import JsonMapping, JsonObject

DEEPEST = 6  # references and parts followed inside each other
_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
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
    branches = [branch for keyword in keywords for branch in schema.get(keyword) or ()]
    return [branch for branch in branches if isinstance(branch, Mapping) and branch.get("type") != "null"]


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
    for key in first.keys() & second.keys():
        old, new = first[key], second[key]
        if key in ("properties", "patternProperties") and isinstance(old, Mapping) and isinstance(new, Mapping):
            shared = {name: {"allOf": [old[name], new[name]]} for name in old if name in new and old[name] != new[name]}
            joined[key] = {**old, **new, **shared}
        elif key == "required" and isinstance(old, list) and isinstance(new, list):
            joined[key] = list(dict.fromkeys([*old, *new]))
        elif key == "enum" and isinstance(old, list) and isinstance(new, list):
            joined[key] = [value for value in old if value in new] or new
        elif key in _LARGER and isinstance(old, int | float) and isinstance(new, int | float):
            joined[key] = max(old, new)
        elif key in _SMALLER and isinstance(old, int | float) and isinstance(new, int | float):
            joined[key] = min(old, new)
    return joined
