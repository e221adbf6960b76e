"""Tools as data sets write them, as OpenAI's tool dicts with JSON Schema.

Types by Python's names, flat parameter lists, JSON inside JSON, and the nulls that Arrow leaves behind.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rewards.limits import MAX_JSON_DEPTH
from rewards.names import local_target
from rewards.tool_forms import json_schema
from rlvr.data.formats.records import decoded

if TYPE_CHECKING:
    from rlvr.files import Where

UNNAMED = "is no tool: it has no name"
_PARAMETERS = (
    "parameters",
    "inputSchema",
    "input_schema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "arguments",
)
_HOLDERS = ("result", "toolConfig", "tool_config", "config", "tools", "functions")
"""Keys under which an object holds a list of tools: an MCP server's answer, a request to Bedrock, Gemini or OpenAI."""

_DECLARATIONS = ("functionDeclarations", "function_declarations")
_BUILTIN_KEYS = frozenset(
    """
    googleSearch google_search googleSearchRetrieval google_search_retrieval codeExecution code_execution urlContext
    url_context googleMaps google_maps enterpriseWebSearch enterprise_web_search computerUse computer_use fileSearch
    file_search retrieval cachePoint systemTool
    """.split()
)
"""Keys that Gemini and Bedrock have for tools of their own."""

_MAY_BE_NULL = ("default", "const", "example")
_VALUES = (*_MAY_BE_NULL, "enum", "examples", "required")
"""Keywords that hold values, not schemas."""

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
_known: dict[bytes, list[dict[str, Any]]] = {}
_MOST_KNOWN = 1024
"""Tool lists kept, since most records of a file bring the same few."""

_GENERIC = re.compile(r"(\w+)\s*\[(.*)\]", re.DOTALL)
JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def tools_of(value: Any, where: Where, field: str = "tools") -> list[dict[str, Any]]:
    """Return a list of tools in any usual form as OpenAI's tool dicts; rows with equal tools share one list.

    Args:
        value: a list, or its JSON; each tool a tool dict, a function dict, or the JSON of one. None is no tools.
        where: for errors.
        field: for errors.

    Raises:
        RowError: it is not a list of tools.
    """
    if value is None:
        return []
    try:
        key = marshal.dumps(value, 2)
    except ValueError:  # nested too deep, or no JSON
        return _read_tools(value, where, field)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = _read_tools(value, where, field)
    return _known[key]


def split_tools(value: Any) -> list[Any] | None:
    """Return the single tools of a list, or of an object that holds one; None for anything else.

    Gemini's `functionDeclarations`, Bedrock's `toolSpec` and the pages of an MCP server's answer are taken apart.
    """
    if isinstance(value, Mapping):
        return _split_object(value)
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return None
    tools: list[Any] = []
    for item in value:
        parts = _split_object(item) if isinstance(item, Mapping) else None
        tools += [item] if parts is None else parts
    return tools


def _split_object(value: Mapping[str, Any]) -> list[Any] | None:
    if isinstance(spec := value.get("toolSpec"), Mapping):
        schema = spec.get("inputSchema")
        inner = schema.get("json") if isinstance(schema, Mapping) and "json" in schema else schema
        return [{**spec, "inputSchema": inner}]
    if key := next((key for key in _DECLARATIONS if isinstance(value.get(key), list)), None):
        others = [{name: item} for name, item in value.items() if name in _BUILTIN_KEYS]
        return [*value[key], *others]
    if "name" in value or "function" in value:
        return [value]
    for holder in _HOLDERS:
        if isinstance(value.get(holder), list | Mapping) and (tools := split_tools(value[holder])) is not None:
            return tools
    if value and all(isinstance(item, Mapping) and any(key in item for key in _PARAMETERS) for item in value.values()):
        return [{"name": name, **item} for name, item in value.items()]  # the Vercel AI SDK has tools by name
    return None


def builtin_name(tool: Any) -> str | None:
    """Return what a provider calls a tool of its own, which has no schema; None for any other."""
    if not isinstance(tool, Mapping) or "function" in tool or any(tool.get(key) is not None for key in _PARAMETERS):
        return None
    kind = tool.get("type")
    if isinstance(kind, str) and kind not in ("function", "null", *JSON_TYPES):
        return kind
    return ", ".join(tool) if tool and tool.keys() <= _BUILTIN_KEYS else None


def _read_tools(value: Any, where: Where, field: str) -> list[dict[str, Any]]:
    if isinstance(value, str):
        value = decoded(value, field, where) if value.strip() else []
    tools = split_tools(value)
    if tools is None and isinstance(value, Mapping):
        tools = [value]
    if tools is None:
        raise where.error(field, f"must be a list of tools, not a {type(value).__name__}")
    return [_tool(item, where, f"{field}[{index}]") for index, item in enumerate(tools) if builtin_name(item) is None]


def _tool(given: Any, where: Where, field: str) -> dict[str, Any]:
    if isinstance(given, str):
        given = decoded(given, field, where)
    function = given.get("function", given) if isinstance(given, Mapping) else None
    if isinstance(function, str):
        function = decoded(function, field, where)
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise where.error(field, UNNAMED)
    if _is_too_deep(function):
        raise where.error(field, f"nested deeper than {MAX_JSON_DEPTH}")
    key = next((key for key in _PARAMETERS if function.get(key) is not None), None)
    kept = {name: item for name, item in function.items() if item is not None and name != key}
    if key is not None:
        parameters = function[key]
        if isinstance(parameters, str):
            parameters = decoded(parameters, f"{field}.parameters", where)
        if isinstance(parameters, Mapping) and list(parameters) in (["jsonSchema"], ["json"]):
            parameters = next(iter(parameters.values()))
        kept["parameters"] = parameters_schema(parameters)
    if "function" in given:
        outer = {name: item for name, item in given.items() if item is not None}
        return {**outer, "type": "function", "function": kept}
    return {"type": "function", "function": {name: item for name, item in kept.items() if name != "type"}}


def _is_too_deep(function: Mapping[str, Any]) -> bool:
    level: list[Any] = [function]
    for _ in range(MAX_JSON_DEPTH):
        containers = [item for item in level if isinstance(item, Mapping | list)]
        level = [part for item in containers for part in (item.values() if isinstance(item, Mapping) else item)]
        if not level:
            return False
    return True


def parameters_schema(parameters: Any) -> Any:
    """Return the JSON Schema of an arguments object, from one, or from a mapping of parameter names to their
    descriptions."""
    if not parameters:
        return {"type": "object", "properties": {}}
    if not isinstance(parameters, Mapping):
        return parameters
    if is_flat(parameters):
        return flat_schema(parameters)
    return _followed_root(repaired_schema(_with_json_types(json_schema(dict(parameters)))))


def _followed_root(schema: Any) -> Any:
    """Return the schema with what its root refers to in the root's place, so that parameters show."""
    seen: set[str] = set()
    while isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        target = local_target(reference, schema)
        if not isinstance(target, dict) or target is schema:
            return schema
        schema = {**{key: item for key, item in schema.items() if key != "$ref"}, **target}
    return schema


def _with_json_types(schema: Any) -> Any:
    """Return the schema with Python's names of types in JSON Schema's words; the same object where it names none of
    them."""
    if isinstance(schema, list):
        items = [_with_json_types(item) for item in schema]
        return items if any(new is not old for new, old in zip(items, schema, strict=True)) else schema
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    for key, item in schema.items():
        if key in _NAMED and isinstance(item, dict):
            members = {name: _with_json_types(each) for name, each in item.items()}
            if any(members[name] is not each for name, each in item.items()):
                changed[key] = members
        elif key not in _VALUES and (new := _with_json_types(item)) is not item:
            changed[key] = new
    kind = schema.get("type")
    if isinstance(kind, str) and kind not in JSON_TYPES and kind != "null":
        others = {key: item for key, item in {**schema, **changed}.items() if key != "type"}
        schema, changed = {**python_type(kind)[0], **others}, {}
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):  # OpenAPI's way, and Gemini's
        changed["type"] = [schema["type"], "null"]
    if "$recursiveRef" in schema or "$recursiveAnchor" in schema:  # JSON Schema 2019-09; later drafts have neither
        others = {key: item for key, item in {**schema, **changed}.items() if not key.startswith("$recursive")}
        return {**others, "$ref": schema["$recursiveRef"]} if "$recursiveRef" in schema else others
    return {**schema, **changed} if changed else schema


def is_flat(parameters: Mapping[str, Any]) -> bool:
    """Tell whether this maps parameter names to their schemas, as xLAM and ToolRL do, and is no schema itself."""
    if "properties" in parameters and isinstance(parameters["properties"], Mapping | None):
        return False
    kind = parameters.get("type")
    return not isinstance(kind, str | list) and all(isinstance(item, Mapping) for item in parameters.values())


def flat_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema for a mapping of parameter names to `{"type": "str, optional", "description", "default"}`.

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
    """Return the JSON Schema of a type in Python's words, and whether it says that the parameter is optional.

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
        return plain if isinstance(plain.get("type"), str) and plain["type"] in JSON_TYPES else {}
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
    """Return the parts of a text between commas that stand in no brackets."""
    parts, depth, begin = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            parts.append(text[begin:index].strip())
            begin = index + 1
    return [*parts, text[begin:].strip()]


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    names = schema.get("type")
    if not isinstance(names, str) or names not in JSON_TYPES:
        return True
    if isinstance(value, bool):
        return names == "boolean"
    return isinstance(value, JSON_TYPES[names])


def repaired_schema(schema: Any) -> Any:
    """Return the schema without the nulls that Arrow puts in where rows differ in their keys.

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
        elif key not in _VALUES and _is_damaged(item):
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
        elif key in _VALUES:
            kept[key] = item
        else:
            kept[key] = _repaired(item)
    return kept


def repaired_arguments(arguments: dict[str, Any], parameters: Any) -> dict[str, Any]:
    """Return the arguments without the nulls that Arrow puts in: those of keys that the schema does not have, or has as
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
