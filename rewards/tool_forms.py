"""What tools may be given as: other providers' dicts and type names, one tool, tools by name, Python objects."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import is_
from typing import Any

from rewards.strict_json import Json, JsonMapping, JsonObject, decoded
from rewards.tool_objects import function_of_callable, function_of_framework

_JSON_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")

TYPE_NAMES: Mapping[str, str | None] = {
    **{name: name for name in _JSON_TYPES},
    **dict.fromkeys(("dict", "hashmap", "hashtable", "mapping"), "object"),
    **dict.fromkeys(("list", "tuple", "set", "sequence", "arraylist", "queue", "stack"), "array"),
    **dict.fromkeys(("str", "char"), "string"),
    **dict.fromkeys(("int", "byte", "short", "long", "bigint"), "integer"),
    **dict.fromkeys(("float", "double"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("none", "nonetype"), "null"),
    **dict.fromkeys(("any", "", "type_unspecified"), None),
}
"""Types as Python, Java, JavaScript, BFCL and Gemini name them, in lower case, to JSON Schema's; None admits all."""

PARAMETERS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema")
_DECLARATIONS = ("function_declarations", "functionDeclarations")
_TOOL_KEYS = frozenset(("function", "name", "toolSpec", *_DECLARATIONS))
"""Keys of which a tool dict has one."""

_NO_PARAMETERS = ("params", "arguments", "args", "args_schema", "input", "schema")
_ROOT_KEYWORDS = frozenset({"properties", "$ref", "$defs", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties"})
_MAY_BE_NULL = frozenset({"default", "const"})
_TYPE_NAME = re.compile(r"(\w+)(?: *\[.*\]| *,.*| *\(.*\))?", re.DOTALL)
_NONE = frozenset[str]()


def json_schema(schema: object) -> Json:
    """Return the schema in JSON Schema's words; the same object where it is in them.

    Types by other names get theirs, `nullable` becomes a type, and the nulls go that Arrow puts where another row's
    schema has a keyword or a property. The schema must be JSON within the depth that `why_not_json` allows.
    """
    if not isinstance(schema, dict):
        return schema
    nulls = {keyword for keyword, value in schema.items() if value is None} if None in schema.values() else _NONE
    if nulls <= _MAY_BE_NULL:
        nulls = _NONE
    changes: JsonObject = {}
    for keyword in schema.keys() & _CONVERSIONS.keys():
        converted = _CONVERSIONS[keyword](schema[keyword])
        if converted is not schema[keyword]:
            changes[keyword] = converted
    if not changes and not nulls and schema.get("nullable") is not True:
        return schema
    converted = {**schema, **changes}
    for keyword in nulls:
        del converted[keyword]
    if converted.get("type", "") is None:
        del converted["type"]
    return with_null(converted) if converted.get("nullable") is True else converted


def listed(tools: Any) -> list[Any]:
    """Return the single tools of a list, of one tool, of an object that holds `tools`, or of a mapping by name.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(tools, Mapping):
        return _listed_in(tools)
    if isinstance(tools, Sequence) and not isinstance(tools, str | bytes):
        return [decoded(tool, is_own=True) for tool in tools]  # columns of data sets may hold texts
    if isinstance(held := getattr(tools, "tools", None), Sequence):
        return list(held)
    if callable(tools) or function_of_framework(tools) is not None:
        return [tools]
    raise ValueError(f"tools: a {type(tools).__name__} is no tool, nor a list of them")


def _listed_in(tools: JsonMapping) -> list[Any]:
    if not _TOOL_KEYS.isdisjoint(tools):
        return [tools]
    if "tools" in tools:
        return listed(tools["tools"])
    if tools and all(isinstance(tool, Mapping) or callable(tool) for tool in tools.values()):
        return [_named(name, tool) for name, tool in tools.items()]
    raise ValueError(
        f"tools: an object of {', '.join(map(repr, tools)) or 'nothing':.80} is no tool, nor a list of them"
    )


def _named(name: str, tool: object) -> JsonObject:
    """Return the function dict of a tool that stands under its name: the Vercel AI SDK's, a function, a schema."""
    function = function_dict(tool)
    if "properties" in function:
        return {"name": name, "parameters": function}
    return {**function, "name": name}


def function_dicts(tools: Iterable[Any]) -> list[Any]:
    """Return the function dict of each tool, whatever its form; what is no tool as it is.

    Raises:
        ValueError: as `function_dict` raises.
    """
    functions: list[Json] = []
    for function in map(function_dict, tools):
        functions += _declared_in(function) or [function]
    return functions


def _declared_in(tool: object) -> list[Any]:
    """Return the function dicts that a tool of Gemini's declares; none for any other tool."""
    if not isinstance(tool, Mapping):
        return []
    for key in _DECLARATIONS:
        if key in tool:
            return list(map(function_dict, tool[key] or ()))
    return []


def parameters_of(function: JsonMapping) -> Json:
    """Return the schema of a function dict's arguments, under whatever name; None where it has none.

    A mapping of parameters' names to their schemas, as xLAM's data has it, becomes a schema of an object.

    Raises:
        ValueError: a schema stands under a name that no provider has for it; names it.
    """
    for name in PARAMETERS:
        parameters = _unwrapped(function.get(name))
        if parameters is None:
            continue
        if isinstance(parameters, dict) and _is_map_of_parameters(parameters):
            return {"type": "object", "properties": {name: _without_flag(each) for name, each in parameters.items()}}
        return parameters
    for name in _NO_PARAMETERS:
        if isinstance(function.get(name), Mapping):
            raise ValueError(f"tool {function['name']!r}: its schema is called {name!r}; call it 'parameters'")
    return None


def _unwrapped(schema: Json) -> Json:
    """Return the schema that Bedrock and the Vercel AI SDK wrap."""
    match schema:
        case {"json": inner, **others} | {"jsonSchema": inner, **others} if not others:
            return inner
    return schema


def _is_map_of_parameters(parameters: JsonObject) -> bool:
    if not parameters or isinstance(parameters.get("type"), str | list) or not _ROOT_KEYWORDS.isdisjoint(parameters):
        return False
    return all(isinstance(each, dict) for each in parameters.values())


def _without_flag(schema: JsonObject) -> JsonObject:
    """Return the schema without a `required` that is true or false, and no list of names."""
    return schema if isinstance(schema.get("required"), list | None) else {**schema, "required": []}


def function_dict(tool: object) -> Json:
    """Return the function dict of a tool dict or of a Python object that is a tool; anything else as it is.

    Raises:
        ValueError: a callable whose signature no call by JSON can meet, or pydantic is absent; names it.
    """
    function = tool if isinstance(tool, Mapping) else function_of_framework(tool)
    if function is None:
        return function_of_callable(tool) if callable(tool) else tool
    inner = decoded(function.get("toolSpec", function.get("function")), is_own=True)
    return inner if isinstance(inner, Mapping) else function


def _named_schemas(value: object) -> Json:
    if not isinstance(value, dict):
        return value
    items = {name: json_schema(item) for name, item in value.items() if item is not None}
    is_same = len(items) == len(value) and all(map(is_, items.values(), value.values()))
    return value if is_same else items


def _schema_or_schemas(value: object) -> Json:
    if not isinstance(value, list):
        return json_schema(value)
    branches = list(map(json_schema, value))
    return value if all(map(is_, branches, value)) else branches


def _converted_type(value: object) -> Json:
    """Return the type or types by JSON Schema's names; None where any is admitted."""
    if isinstance(value, str):
        return _type_named(value)
    if not isinstance(value, list):
        return value
    names = [_type_named(name) if isinstance(name, str) else name for name in value]
    if names == value:
        return value
    return None if None in names else list(dict.fromkeys(names))


def _type_named(name: str) -> str | None:
    if name in _JSON_TYPES:
        return name
    if name in TYPE_NAMES:
        return TYPE_NAMES[name]
    match = _TYPE_NAME.fullmatch(name.strip())
    plain = match[1].lower() if match else name
    if plain in ("optional", "union") or "|" in name or " or " in name:
        return None
    return TYPE_NAMES.get(plain, name)


def with_null(schema: JsonObject) -> JsonObject:
    """Return the schema that OpenAPI's `nullable` means."""
    changed = {keyword: value for keyword, value in schema.items() if keyword != "nullable"}
    if isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    if isinstance(changed.get("enum"), list) and None not in changed["enum"]:
        changed["enum"] = [*changed["enum"], None]
    return changed


_CONVERSIONS: Mapping[str, Callable[[Json], Json]] = {
    "type": _converted_type,
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), _named_schemas),
    **dict.fromkeys(
        "items additionalProperties additionalItems contains not if then else anyOf oneOf allOf prefixItems".split(),
        _schema_or_schemas,
    ),
}
"""Keywords that hold types and schemas, with what converts their values."""
