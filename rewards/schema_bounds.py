"""How much work a schema can make of one value, counted before it is compiled.

Thirty definitions, each of which asks for the next one in two ways, take 2^30 steps to check one text.
"""

from collections.abc import Iterator, Mapping

from rewards.limits import MAX_SCHEMA_EXPANSION
from rewards.names import local_target
from rewards.strict_json import Json, JsonMapping, JsonObject

# Keywords whose subschemas apply to the same value as the schema they stand in.
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")
_ON_SAME_VALUE = frozenset({*_LISTS, *_SINGLE, "$ref"})


def why_too_large(schema: JsonObject) -> str | None:
    """Say why a schema takes too long to check a value with; None where it does not.

    Follows local `$ref`s. A reference that comes back to itself is counted once: it ends with the value.
    """
    counted: dict[int, int] = {}
    try:
        for part in _branching_parts(schema):
            if _steps(part, schema, counted) > MAX_SCHEMA_EXPANSION:
                return f"its $refs and combinators lead to more than {MAX_SCHEMA_EXPANSION:,} schemas for one value"
    except RecursionError:
        return "its $refs and combinators are nested too deep"
    return None


def _branching_parts(schema: JsonObject) -> Iterator[JsonObject]:
    """Yield the parts of a schema that have keywords whose subschemas apply to the same value."""
    waiting: list[Json] = [schema]
    for part in waiting:  # which grows
        if type(part) is str:  # most of what a schema holds
            continue
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            if not _ON_SAME_VALUE.isdisjoint(part):
                yield part
            waiting += part.values()


def _steps(part: JsonMapping, root: JsonMapping, counted: dict[int, int]) -> int:
    """Count the schemas that one value is checked against."""
    if id(part) not in counted:
        counted[id(part)] = 0  # while it is counted: a reference back to it adds nothing
        counted[id(part)] = 1 + sum(_steps(inner, root, counted) for inner in _on_same_value(part, root))
    return counted[id(part)]


def _on_same_value(part: JsonMapping, root: JsonMapping) -> Iterator[JsonMapping]:
    inner = list(map(part.get, _SINGLE))
    for name in _LISTS:
        some = part.get(name)
        inner += some if isinstance(some, list) else []
    inner.append(local_target(part.get("$ref"), root))
    return (schema for schema in inner if isinstance(schema, Mapping))
