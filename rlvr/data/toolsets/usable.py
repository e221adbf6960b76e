"""The last step for tools of any source: what can be mended is, with a note; the rest is left out, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rewards import Toolset
from rewards.limits import MAX_REGEX_BACKTRACKS
from rlvr.data.formats.schemas import JSON_TYPES
from rlvr.data.toolsets.loaded import LoadedTools, Skipped

MAX_TOOL_VALUES = 10_000
"""Values of a tool's schema; one with more is no tool, since no prompt could hold it."""

TOO_MANY_VALUES = f"its schema holds more than {MAX_TOOL_VALUES:,} values"

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_VALUES = ("enum", "default", "const", "examples", "required")


def add_usable(tools: Iterable[dict[str, Any]], loaded: LoadedTools) -> None:
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
        if repairs:
            tool = {**tool, "function": {**function, "parameters": parameters}}
            loaded.notes += [Skipped(name, repair) for repair in dict.fromkeys(repairs)]
        try:
            Toolset([tool])
        except ValueError as error:
            loaded.skipped.append(Skipped(name, str(error).removeprefix(f"tool {name!r}: ")))
            continue
        names.add(name)
        loaded.tools.append(tool)


def n_values(schema: Any) -> int:
    """Return how many values a schema holds, objects and lists included."""
    n, waiting = 0, [schema]
    while waiting:
        value = waiting.pop()
        n += 1
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return n


def _repaired(schema: Any, repairs: list[str]) -> Any:
    """Return the schema without patterns that cannot be compiled and types that its `enum` contradicts; the same
    object where there are none."""
    if isinstance(schema, list):
        items = [_repaired(item, repairs) for item in schema]
        return items if any(new is not old for new, old in zip(items, schema, strict=True)) else schema
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    dropped: set[str] = set()
    for key, item in schema.items():
        if key in _NAMED and isinstance(item, dict):
            members = {
                name: _repaired(each, repairs)
                for name, each in item.items()
                if key != "patternProperties" or _compiles(name, repairs)
            }
            if len(members) < len(item) or any(members[name] is not item[name] for name in members):
                changed[key] = members
        elif key == "pattern" and isinstance(item, str):
            if not _compiles(item, repairs):
                dropped.add(key)
        elif key == "enum" and _contradicts(item, schema.get("type")):
            dropped.add("type")
            repairs.append(f"the type {schema['type']!r} is left out: none of its enum's values is of it")
        elif key not in _VALUES and (new := _repaired(item, repairs)) is not item:
            changed[key] = new
    if not changed and not dropped:
        return schema
    return {key: item for key, item in {**schema, **changed}.items() if key not in dropped}


def _contradicts(enum: Any, kind: Any) -> bool:
    """Return whether no value of an enum is of the type beside it."""
    if not isinstance(enum, list) or not enum or not isinstance(kind, str) or kind not in JSON_TYPES:
        return False
    return not any(_is_of_type(value, kind) for value in enum)


def _is_of_type(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, JSON_TYPES[kind]) or (
        kind == "integer" and isinstance(value, float) and value.is_integer()
    )


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
