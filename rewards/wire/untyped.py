"""Values in formats that write every argument as plain text: what is meant is told by the parameter's schema.

Text is read as JSON where the schema admits what that gives, and as a string otherwise. A string that would be read as
something else (`3` where a number may stand too), or that holds a tag at which a reader would cut it, is written as a
JSON string literal.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from rewards.limits import MAX_SCHEMA_STEPS
from rewards.strict_json import MalformedJsonError, decode
from rewards.toolset import Tool
from rewards.wire.escape import rendered_json

ANY = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
"""The types of a parameter whose schema names none."""

_TEXT = frozenset({"string"})
_CUTTING_TAG = re.compile(r"</?(?:parameter|function)[=>]|</?arg_(?:key|value)>|</?think(?:ing)?>|\[/?THINK\]")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "none": None, "null": None}
_LONGEST_WORD = 8


def types_of(schema: Any, root: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema names, in its alternatives and behind local references too; `ANY` where it does not.

    Args:
        schema: of the parameter.
        root: the schema that local `$ref`s point into.
    """
    found: set[str] = set()
    pending = [schema]
    for _ in range(MAX_SCHEMA_STEPS):
        if not pending:
            break
        item = pending.pop()
        if not isinstance(item, Mapping):
            continue
        named = item.get("type")
        found.update([named] if isinstance(named, str) else named if isinstance(named, list) else ())
        listed = item.get("enum")
        for value in listed if isinstance(listed, list) else [item["const"]] if "const" in item else ():
            found.update(_types_of_value(value))
        for keyword in ("anyOf", "oneOf", "allOf"):
            if isinstance(item.get(keyword), list):
                pending.extend(item[keyword])
        if isinstance(item.get("$ref"), str):
            pending.append(_target(item["$ref"], root))
    return frozenset(found & ANY) or ANY


def parameter_types(tool: Tool | None, parameter: str) -> frozenset[str]:
    """The JSON types that a tool's parameter may have; `ANY` where nothing says."""
    schema = tool.properties.get(parameter) if tool is not None else None
    return types_of(schema, tool.parameters) if tool is not None and schema is not None else ANY


def value_of(text: str, types: frozenset[str]) -> Any:
    """The value that a text stands for, under a schema of these types; the text itself where it fits none."""
    if types == _TEXT:
        return _unquoted(text, types)
    try:
        value = decode(text)
    except MalformedJsonError:
        value = text
    if not isinstance(value, str) and not types.isdisjoint(_types_of_value(value)):
        return value
    word = text.strip().lower() if len(text) <= _LONGEST_WORD else ""
    # Templates write Python's True, False and None; where texts may stand too, "None" may be one.
    is_word = word in _WORDS and not (word == "none" and "string" in types)
    if is_word and not types.isdisjoint(_types_of_value(_WORDS[word])):
        return _WORDS[word]
    return _unquoted(text, types) if "string" in types else value


def text_of(value: Any, types: frozenset[str]) -> str:
    """The text that `value_of` reads back as the value, where a schema of these types admits it."""
    if not isinstance(value, str):
        return rendered_json(value)
    return _quoted(value) if _needs_quotes(value, types) else value


def _needs_quotes(text: str, types: frozenset[str]) -> bool:
    return _CUTTING_TAG.search(text) is not None or value_of(text, types) != text


def _quoted(text: str) -> str:
    literal = json.dumps(text, ensure_ascii=False)
    is_cut = _CUTTING_TAG.search(literal) is not None
    return literal.replace("<", "\\u003c").replace("]", "\\u005d") if is_cut else literal


def _unquoted(text: str, types: frozenset[str]) -> str:
    # Only what `text_of` must have quoted loses its quotes: others are the value's own, such as a searched phrase's.
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    try:
        inner = decode(text)
    except MalformedJsonError:
        return text
    return inner if isinstance(inner, str) and _quoted(inner) == text and _needs_quotes(inner, types) else text


def _types_of_value(value: Any) -> tuple[str, ...]:
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int):
        return ("integer", "number")
    if isinstance(value, float):
        return ("integer", "number") if value.is_integer() else ("number",)
    return ("array",) if isinstance(value, list) else ("object",) if isinstance(value, dict) else ("string",)


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    if not reference.startswith("#"):
        return None
    node: Any = root
    for step in reference[1:].split("/")[1 : MAX_SCHEMA_STEPS + 1]:
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node
