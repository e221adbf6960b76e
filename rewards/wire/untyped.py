"""Values in formats that write every argument as plain text: what is meant is told by the parameter's schema.

Text is read as JSON where the schema admits what that gives, and as a string otherwise.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from rewards.limits import MAX_SCHEMA_STEPS
from rewards.names import local_target
from rewards.strict_json import Json, JsonMapping, JsonObject, MalformedJsonError, decode, json_types
from rewards.toolset import UNKNOWN_TOOL, Tool
from rewards.types import ToolCall
from rewards.wire.escape import rendered_json

ANY = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
"""The types of a parameter whose schema names none."""

_TEXT = frozenset({"string"})
_WORDS = ("true", "false", "null")  # some templates write Python's True and False
_JSON_STARTS = ('"', "[", "{")
"""How JSON begins that servers decode whatever the schema says, where the format says that it is JSON."""
_LONGEST_WORD = 8
_LONGEST_NUMBER = 320
_PYTHON_NUMBERS: tuple[tuple[str, Callable[[str], float]], ...] = (("integer", int), ("number", int), ("number", float))


def types_of(schema: object, root: JsonMapping) -> frozenset[str]:
    """Return the JSON types that a schema names, behind alternatives and local references too; `ANY` for none.

    Args:
        schema: of the parameter.
        root: the schema that local `$ref`s point into.
    """
    names: set[str] = set()
    for item in alternatives_of(schema, root):
        named = item.get("type")
        names.update([named] if isinstance(named, str) else named if isinstance(named, list) else ())
        listed = item.get("enum")
        for value in listed if isinstance(listed, list) else [item["const"]] if "const" in item else ():
            names.update(json_types(value))
    return frozenset(names & ANY) or ANY


def alternatives_of(schema: object, root: JsonMapping) -> Iterator[JsonMapping]:
    """Yield a schema, and those that it names in its place: behind local references, and in `anyOf` and the like."""
    pending = [schema]
    for _ in range(MAX_SCHEMA_STEPS):
        if not pending:
            break
        item = pending.pop()
        if not isinstance(item, Mapping):
            continue
        yield item
        for keyword in ("anyOf", "oneOf", "allOf"):
            if isinstance(item.get(keyword), list):
                pending.extend(item[keyword])
        if "$ref" in item:
            pending.append(local_target(item["$ref"], root))


def typed_call(name: str, texts: Mapping[str, str], tool: Tool | None, is_json: Mapping[str, bool]) -> ToolCall:
    """Return the call of a tool whose arguments were written as texts.

    Args:
        name: of the tool.
        texts: argument to what was written for it.
        tool: its schema; None where nothing is known of it.
        is_json: whether the format says of an argument that it is JSON; empty where it says so of none.
    """
    tool = tool or UNKNOWN_TOOL
    arguments: JsonObject = {}
    untold = []
    for key, text in texts.items():
        types = types_of(tool.properties.get(key), tool.parameters)
        says_json = is_json.get(key)
        if says_json and (types == ANY or text.lstrip()[:1] in _JSON_STARTS):
            arguments[key] = json_or_text(text)
            continue
        if says_json is False and types == ANY:
            arguments[key] = text
            continue
        if says_json and text.strip() == "null":
            text = "null"  # which white space around makes a text where nothing says that it is JSON
        arguments[key], is_told = value_of(text, types)
        if not is_told:
            untold.append(key)
    return ToolCall(name, arguments, frozenset(untold))


def json_or_text(text: str) -> Json:
    """Return what a text is as JSON; the text itself where it is none."""
    try:
        return decode(text)
    except MalformedJsonError:
        return text


def value_of(text: str, types: frozenset[str]) -> tuple[Json, bool]:
    """Return the value that a text stands for under a schema of these types, and whether the schema tells its type.

    Text that is JSON of an admissible type is that value, as in servers, and so is a number as Python reads it; any
    other text is itself. Where the schema admits texts too, nothing tells "3" from 3; where it names no type, servers
    leave the text as it is.
    """
    if types in (_TEXT, ANY):
        return text, types == _TEXT
    word = text.strip().lower() if len(text) <= _LONGEST_WORD else ""
    try:
        value = decode(word if word in _WORDS else text)
    except MalformedJsonError:
        return _python_number(text, types), True
    may_be_text = "string" in types
    if value is None and may_be_text and text.lower() != "null":
        return text, True
    if types.isdisjoint(json_types(value)) and (may_be_text or isinstance(value, str)):
        return text, True
    return (text if isinstance(value, str) else value), not may_be_text


def _python_number(text: str, types: frozenset[str]) -> Json:
    """Return the number that a text is to Python, such as 007, +5 or 1_000; the text itself where it is none."""
    if len(text) > _LONGEST_NUMBER or not text.isascii():
        return text
    for name, read in _PYTHON_NUMBERS:
        if name not in types:
            continue
        try:
            number = read(text)
        except ValueError:
            continue
        return number if isinstance(number, int) or math.isfinite(number) else text
    return text


def text_of(value: object) -> str:
    """Return a value as templates write it: a text as it is, any other value as JSON."""
    return value if isinstance(value, str) else rendered_json(value)
