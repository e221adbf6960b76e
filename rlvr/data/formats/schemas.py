"""Tools as data sets write them, as OpenAI's tool dicts with JSON Schema.

Types by Python's names, flat parameter lists, JSON inside JSON, and the nulls that Arrow leaves behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rewards.tool_forms import json_schema
from rlvr.data.formats.records import decoded

if TYPE_CHECKING:
    from rlvr.data.row import Where

_PARAMETERS = ("parameters", "inputSchema", "input_schema", "arguments")
_MAY_BE_NULL = ("default", "const", "example")
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_PYTHON_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "dict": "object",
    "list": "array",
    "tuple": "array",
    "set": "array",
    "sequence": "array",
    "none": "null",
    "nonetype": "null",
}
_GENERIC = re.compile(r"(\w+)\s*\[(.*)\]", re.DOTALL)
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def tools_of(value: Any, where: Where, field: str = "tools") -> list[dict[str, Any]]:
    """A list of tools in any usual form as OpenAI's tool dicts.

    Args:
        value: a list, or its JSON; each tool a tool dict, a function dict, or the JSON of one. None is no tools.
        where: for errors.
        field: for errors.

    Raises:
        RowError: it is not a list of tools.
    """
    if isinstance(value, str):
        value = decoded(value, field, where) if value.strip() else []
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, Sequence):
        raise where.error(field, f"must be a list of tools, not a {type(value).__name__}")
    return [_tool(item, where, f"{field}[{index}]") for index, item in enumerate(value)]


def _tool(given: Any, where: Where, field: str) -> dict[str, Any]:
    if isinstance(given, str):
        given = decoded(given, field, where)
    function = given.get("function", given) if isinstance(given, Mapping) else None
    if isinstance(function, str):
        function = decoded(function, field, where)
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise where.error(field, "is no tool: it has no name")
    key = next((key for key in _PARAMETERS if function.get(key) is not None), None)
    kept = {name: item for name, item in function.items() if item is not None and name != key}
    if key is not None:
        parameters = function[key]
        if isinstance(parameters, str):
            parameters = decoded(parameters, f"{field}.parameters", where)
        kept["parameters"] = parameters_schema(parameters)
    if "function" in given:
        outer = {name: item for name, item in given.items() if item is not None}
        return {**outer, "type": "function", "function": kept}
    return {"type": "function", "function": {name: item for name, item in kept.items() if name != "type"}}


def parameters_schema(parameters: Any) -> Any:
    """The JSON Schema of an arguments object, from one, or from a mapping of parameter names to their descriptions."""
    if not parameters:
        return {"type": "object", "properties": {}}
    if not isinstance(parameters, Mapping):
        return parameters
    if is_flat(parameters):
        return flat_schema(parameters)
    return repaired_schema(json_schema(dict(parameters)))


def is_flat(parameters: Mapping[str, Any]) -> bool:
    """Whether this maps parameter names to their schemas, as xLAM and ToolRL do, and is no schema itself."""
    if "properties" in parameters and isinstance(parameters["properties"], Mapping | None):
        return False
    kind = parameters.get("type")
    return not isinstance(kind, str | list) and all(isinstance(item, Mapping) for item in parameters.values())


def flat_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema for a mapping of parameter names to `{"type": "str, optional", "description", "default"}`.

    A parameter is required unless its type says optional or it has a default. A default of another type than the
    parameter's own, such as `""` for a number, is left out.
    """
    properties, required = {}, []
    for name, given in parameters.items():
        schema, is_optional = python_type(given.get("type"))
        others = {key: item for key, item in given.items() if key not in ("type", "required") and item is not None}
        if given.get("required") is False or "default" in given:
            is_optional = True
        if "default" in others and not _fits(others["default"], schema):
            del others["default"]
        properties[name] = repaired_schema(json_schema({**others, **schema}))
        if not is_optional:
            required.append(name)
    flat: dict[str, Any] = {"type": "object", "properties": properties}
    return {**flat, "required": required} if required else flat


def python_type(text: Any) -> tuple[dict[str, Any], bool]:
    """The JSON Schema of a type in Python's words, and whether it says that the parameter is optional.

    `List[Union[int, float]]` gives an array of integers or numbers; what is not known admits every value.
    """
    if not isinstance(text, str):
        return ({"type": text} if isinstance(text, list) else {}), False
    kind, *notes = _split(text)
    is_optional = any("optional" in note.lower() or "default" in note.lower() for note in notes)
    kind = kind.removeprefix("typing.")
    if match := re.fullmatch(r"Optional\s*\[(.*)\]", kind, re.DOTALL):
        return python_type(match[1])[0], True
    return _schema_of(kind), is_optional


def _schema_of(kind: str) -> dict[str, Any]:
    kind = kind.strip().removeprefix("typing.")
    if "|" in kind:
        return _union(kind.split("|"))
    match = _GENERIC.fullmatch(kind)
    name, inner = (match[1].lower(), _split(match[2])) if match else (kind.lower(), [])
    if name == "optional":
        return _union([*inner, "none"])
    if name == "union":
        return _union(inner)
    if name == "literal":
        return {"enum": [part.strip("'\" ") for part in inner]}
    known = _PYTHON_TYPES.get(name)
    if known is None:
        plain = json_schema({"type": kind if name in ("any", "") else name})
        return plain if isinstance(plain.get("type"), str) and plain["type"] in _JSON_TYPES else {}
    if known != "array" or not inner:
        return {"type": known}
    items = [_schema_of(part) for part in inner if part != "..."]
    if name == "tuple" and len(items) > 1 and "..." not in inner:
        same = all(item == items[0] for item in items)
        return {"type": "array", "items": items[0]} if same else {"type": "array"}
    return {"type": "array", "items": items[0]} if items and items[0] else {"type": "array"}


def _union(parts: list[str]) -> dict[str, Any]:
    schemas = [_schema_of(part) for part in parts]
    if all(set(schema) == {"type"} for schema in schemas):
        names = list(dict.fromkeys(schema["type"] for schema in schemas))
        return {"type": names[0] if len(names) == 1 else names}
    return {"anyOf": schemas} if all(schemas) else {}


def _split(text: str) -> list[str]:
    """The parts of a text between commas that stand in no brackets."""
    parts, depth, begin = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            parts.append(text[begin:index].strip())
            begin = index + 1
    return [*parts, text[begin:].strip()]


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    names = schema.get("type")
    if not isinstance(names, str) or names not in _JSON_TYPES:
        return True
    if isinstance(value, bool):
        return names == "boolean"
    return isinstance(value, _JSON_TYPES[names])


def repaired_schema(schema: Any) -> Any:
    """The schema without the nulls that Arrow puts in where rows differ in their keys.

    A null is dropped where JSON Schema has no place for one: as a keyword's value, or instead of a property's schema.
    `default`, `const` and `example` may be null: they go only where the same tool shows that Arrow was at work.
    The same object where there is nothing to repair.
    """
    if not _is_damaged(schema):
        return schema
    return _repaired(schema)


def _is_damaged(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_is_damaged, schema))
    if not isinstance(schema, dict):
        return False
    for key, item in schema.items():
        if item is None and key not in _MAY_BE_NULL:
            return True
        if key in _NAMED and isinstance(item, dict):
            if any(each is None or _is_damaged(each) for each in item.values()):
                return True
        elif key not in (*_MAY_BE_NULL, "enum", "examples") and _is_damaged(item):
            return True
    return False


def _repaired(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_repaired(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, item in schema.items():
        if item is None:
            continue
        if key in _NAMED and isinstance(item, dict):
            members = {name: (each, _repaired(each)) for name, each in item.items() if each is not None}
            kept[key] = {name: new for name, (old, new) in members.items() if new or not old}
        elif key in (*_MAY_BE_NULL, "enum", "examples"):
            kept[key] = item
        else:
            kept[key] = _repaired(item)
    return kept


def repaired_arguments(arguments: dict[str, Any], parameters: Any) -> dict[str, Any]:
    """The arguments without the nulls that Arrow puts in: those of keys that the schema does not have, or has as
    optional and never null. The same object where there is nothing to repair."""
    if not _holds_null(arguments):
        return arguments
    schema = parameters if isinstance(parameters, Mapping) else {}
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return arguments
    required = schema.get("required") or ()
    kept = {}
    for name, value in arguments.items():
        own = properties.get(name)
        if value is None and (own is None or (name not in required and _excludes_null(own))):
            continue
        kept[name] = _repaired_value(value, own)
    return kept


def _repaired_value(value: Any, schema: Any) -> Any:
    if isinstance(value, dict):
        return repaired_arguments(value, schema)
    if isinstance(value, list) and isinstance(schema, Mapping):
        return [_repaired_value(item, schema.get("items")) for item in value]
    return value


def _excludes_null(schema: Any) -> bool:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return kind is not None and kind != "null" and not (isinstance(kind, list) and "null" in kind)


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(item is None or _holds_null(item) for item in value.values())
    return isinstance(value, list) and any(map(_holds_null, value))
