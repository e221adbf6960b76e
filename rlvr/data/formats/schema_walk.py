"""JSON Schemas changed part by part; schemas and arguments without the nulls that Arrow puts in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rlvr.data.json_values import list_of, member, without_nulls
from rlvr.files import Json, JsonObject

_MAY_BE_NULL = ("default", "const", "example")
_VALUES = (*_MAY_BE_NULL, "enum", "examples", "required")  # keywords that hold values, not schemas
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")


def mapped_schema(schema: Json, change: Callable[[JsonObject], Json]) -> Json:
    """Return a schema as `change` makes it, and so each schema inside it, the inner ones first."""
    if isinstance(schema, list):
        return [mapped_schema(item, change) for item in schema]
    if not isinstance(schema, dict):
        return schema
    members: JsonObject = {}
    for key, item in schema.items():
        if key in _NAMED and isinstance(item, dict):
            members[key] = {name: mapped_schema(each, change) for name, each in item.items()}
        else:
            members[key] = item if key in _VALUES else mapped_schema(item, change)
    return change(members)


def repaired_schema(schema: Json) -> Json:
    """Return the schema without the nulls that Arrow puts in where rows differ in their keys.

    A null is dropped where JSON Schema has no place for one: as a keyword's value, or instead of a property's schema.
    `default`, `const` and `example` may be null: they go only where the same tool shows that Arrow was at work.
    The same object where there is nothing to repair.
    """
    if mapped_schema(schema, _without_stray_nulls) == schema:
        return schema
    return mapped_schema(mapped_schema(schema, _without_empty_members), without_nulls)


def _without_stray_nulls(schema: JsonObject) -> JsonObject:
    """Return the schema without the nulls for which JSON Schema has no place."""
    kept = {key: item for key, item in schema.items() if item is not None or key in _MAY_BE_NULL}
    named = {key: without_nulls(kept[key]) for key in _NAMED if isinstance(kept.get(key), dict)}
    return {**kept, **named}


def _without_empty_members(schema: JsonObject) -> JsonObject:
    """Return the schema without the properties that Arrow made up: those whose every keyword is null."""
    kept = dict(schema)
    for key in _NAMED:
        if isinstance(schema.get(key), dict):
            kept[key] = {name: each for name, each in schema[key].items() if not _is_made_up(each)}
    return kept


def _is_made_up(schema: Json) -> bool:
    return schema is None or (isinstance(schema, dict) and schema != {} and not any(schema.values()))


def repaired_arguments(arguments: JsonObject, parameters: Json) -> JsonObject:
    """Return the arguments without the nulls that Arrow puts in: those of keys that the schema does not have, or has as
    optional and never null."""
    properties = member(parameters, "properties")
    if not isinstance(properties, Mapping):
        return arguments
    required = parameters.get("required") or ()
    kept = {}
    for name, value in arguments.items():
        schema = properties.get(name)
        is_invented = value is None and (schema is None or (name not in required and _excludes_null(schema)))
        if not is_invented:
            kept[name] = _repaired_value(value, schema)
    return kept


def _repaired_value(value: Json, schema: Json) -> Json:
    if isinstance(value, dict):
        return repaired_arguments(value, schema)
    if isinstance(value, list):
        return [_repaired_value(item, member(schema, "items")) for item in value]
    return value


def _excludes_null(schema: Json) -> bool:
    kind = member(schema, "type")
    return kind not in (None, "null") and "null" not in list_of(kind)
