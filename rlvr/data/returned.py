"""What a tool says of its results: the schema that its maker wrote, which no prompt needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rlvr.data.json_values import list_of, object_of, without
from rlvr.files import Json, JsonMapping, JsonObject

RESPONSE = "x-response"  # where the tools of an OpenAPI document keep a short form of their response's schema
RETURNED = (RESPONSE, "outputSchema", "output_schema", "response", "returns")
_SCHEMA_KEYS = frozenset({"type", "properties", "$ref", "anyOf", "oneOf"})
_KEPT_KEYS = ("type", "format", "enum", "const", "description", "examples", "minimum", "maximum", "pattern")
_MOST_MEMBERS = 8
_MOST_INNER_MEMBERS = 4
_LONGEST_DESCRIPTION = 160
_MOST_PARTS = 8
_DEEPEST = 3
_WHICH = ("id", "gid", "sid", "uuid", "key", "name", "title")  # members that say which thing a result is about
_SELDOM = frozenset(
    """
    error errors Error Errors warning warnings Warnings deleted_at deletedAt archived_at archivedAt revoked_at revokedAt
    """.split()
)
"""Members that the result of a call that went well, about what is there, mostly has not."""


def _is_constant(example: Json) -> bool:
    """Tell whether an example is a word of the program's own, such as a status, of which nothing else is known."""
    return isinstance(example, str) and re.fullmatch(r"[a-z]+(_[a-z]+)*", example) is not None


def returned_schema(function: JsonMapping) -> JsonMapping | None:
    """Return the schema of what a function dict's tool returns, where it says so."""
    schemas = map(function.get, RETURNED)
    return next((schema for schema in schemas if not _SCHEMA_KEYS.isdisjoint(object_of(schema))), None)


def without_returned(tool: JsonMapping) -> JsonObject:
    """Return a tool dict without what it says of its results, as prompts offer it."""
    function = tool.get("function", tool)
    kept = without(function, *RETURNED)
    return {**tool, "function": kept} if "function" in tool else kept


def _with_parts(schema: JsonMapping) -> JsonMapping:
    """Return a schema with what each part of its `allOf` has, those of parts of parts among them."""
    whole: JsonMapping = schema
    for part in map(_with_parts, map(object_of, list_of(schema.get("allOf"))[:_MOST_PARTS])):
        joined = {**part, **whole}
        for key in {"properties"} & joined.keys():
            joined[key] = {**object_of(part.get(key)), **object_of(whole.get(key))}
        joined["required"] = list_of(whole.get("required")) + list_of(part.get("required"))
        whole = joined
    return whole


def shortened(schema: Json, depth: int = 0) -> JsonObject:
    """Return a response's schema with the members that tell most: required and plain ones, a few of each object.

    Empty where nothing of it stands in the schema itself.
    """
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    if branches := list_of(schema.get("oneOf")) or list_of(schema.get("anyOf")):
        return shortened(branches[0], depth)
    schema = _with_parts(schema)
    kept = {key: schema[key] for key in _KEPT_KEYS if key in schema}
    examples = list_of(schema.get("examples"))
    if "enum" not in kept and examples and all(map(_is_constant, examples)):
        kept["enum"] = examples
    if len(str(kept.get("description", ""))) > _LONGEST_DESCRIPTION:
        del kept["description"]
    if "items" in schema:
        items = shortened(schema["items"], depth + 1)
        return {**kept, "type": "array", "items": items} if items else {}
    if not isinstance(schema.get("properties"), Mapping):
        return kept if isinstance(kept.get("type"), str | list) and kept["type"] != "object" else {}
    possible = without(schema["properties"], *_SELDOM)
    members = {name: short for name, each in possible.items() if (short := shortened(each, depth + 1))}
    required = list_of(schema.get("required"))
    first = [*required, *_WHICH]
    ranked = sorted(members, key=lambda name: (name not in first, members[name]["type"] in ("object", "array")))
    chosen = ranked[: _MOST_INNER_MEMBERS if depth else _MOST_MEMBERS]
    if not chosen:
        return {}
    properties = {name: members[name] for name in members if name in chosen}
    return {"type": "object", "properties": properties, "required": chosen}
