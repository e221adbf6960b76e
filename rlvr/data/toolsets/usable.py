"""The last step for tools of any source: what can be mended is, with a note; the rest is left out, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rewards import Toolset
from rewards.limits import MAX_REGEX_BACKTRACKS
from rlvr.data.formats.schema_walk import mapped_schema
from rlvr.data.formats.schemas import JSON_TYPES, is_of_type
from rlvr.data.json_values import json_in, list_of, object_of, parts_of, without
from rlvr.data.toolsets.loaded import LoadedTools, Skipped
from rlvr.files import Json, JsonObject

MAX_TOOL_VALUES = 10_000  # values of a tool's schema; one with more is no tool, since no prompt could hold it
_NO_TEXTS = tuple(
    """
    minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minProperties
    maxProperties uniqueItems additionalProperties
    """.split()
)
TOO_MANY_VALUES = f"its schema holds more than {MAX_TOOL_VALUES:,} values"


def add_usable(tools: Iterable[JsonObject], loaded: LoadedTools) -> None:
    """Add the tools whose schemas can be used, some after a repair; say of the others why not."""
    names: set[str] = set()
    for tool in tools:
        function = tool["function"]
        name = function["name"]
        if name in names:
            loaded.skipped.append(Skipped(name, f"the name {name!r} is given twice"))
            continue
        if n_values(function.get("parameters")) > MAX_TOOL_VALUES:
            loaded.skipped.append(Skipped(name, TOO_MANY_VALUES))
            continue
        repairs: list[str] = []
        parameters = _repaired(function.get("parameters"), repairs)
        if parameters != function.get("parameters"):
            tool = {**tool, "function": {**function, "parameters": parameters}}
            loaded.notes += [Skipped(name, repair) for repair in dict.fromkeys(repairs)]
        try:
            (compiled,) = Toolset([tool])
        except ValueError as error:
            loaded.skipped.append(Skipped(name, str(error).removeprefix(f"tool {name!r}: ")))
            continue
        if strangers := compiled.required - compiled.properties.keys():
            loaded.notes.append(Skipped(name, f"requires {', '.join(sorted(strangers))}, which no property of it is"))
        names.add(name)
        loaded.tools.append(tool)


def n_values(schema: Json) -> int:
    """Return how many values a schema holds, objects and lists included."""
    n, waiting = 0, [schema]
    while waiting:
        value = waiting.pop()
        n += 1
        waiting += parts_of(value)
    return n


def _repaired(schema: Json, repairs: list[str]) -> Json:
    """Return the schema without patterns that cannot be compiled and types that its `enum` contradicts."""

    def repaired(part: JsonObject) -> JsonObject:
        dropped = set()
        if isinstance(part.get("pattern"), str) and not _compiles(part["pattern"], repairs):
            dropped.add("pattern")
        if _contradicts(part.get("enum"), part.get("type")):
            if part["type"] == "array":
                part = {**part, "items": {"enum": part["enum"], **object_of(part.get("items"))}}
                dropped.add("enum")
                repairs.append("the enum beside the type 'array' is taken as that of its items")
            else:
                dropped.add("type")
                repairs.append(f"the type {part['type']!r} is left out: none of its enum's values is of it")
        texts = {key: json_in(part[key]) for key in _NO_TEXTS if isinstance(part.get(key), str)}
        if texts:
            part = {**part, **texts}
            repairs.append(f"{' and '.join(texts)}: a text is read as the value that it holds")
        if "examples" in part and not isinstance(part["examples"], list):
            part = {**part, "examples": [part["examples"]]}
        if isinstance(by_pattern := part.get("patternProperties"), dict):
            kept = {pattern: each for pattern, each in by_pattern.items() if _compiles(pattern, repairs)}
            part = {**part, "patternProperties": kept}
        return without(part, *dropped) if dropped else part

    return mapped_schema(schema, repaired)


def _contradicts(enum: Json, kind: Json) -> bool:
    """Return whether no value of an enum is of the type beside it."""
    if not list_of(enum) or not isinstance(kind, str) or kind not in JSON_TYPES:
        return False
    return not any(is_of_type(value, kind) or _is_integral(value, kind) for value in enum)


def _is_integral(value: Json, kind: str) -> bool:
    return kind == "integer" and isinstance(value, float) and value.is_integer()


def _compiles(pattern: str, repairs: list[str]) -> bool:
    if _is_regex(pattern):
        return True
    repairs.append(f"the pattern {pattern!r:.80} is left out: no regular expression that this library reads")
    return False


@lru_cache(maxsize=4096)
def _is_regex(pattern: str) -> bool:
    import jsonschema_rs

    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_REGEX_BACKTRACKS)
    try:
        jsonschema_rs.validator_for({"pattern": pattern}, offline=True, pattern_options=options)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
