"""What a tool may be given as: other providers' dicts and type names, pydantic models, Python callables."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from operator import is_
from typing import Any

from rewards.strict_json import Json, JsonMapping, JsonObject

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

_PARAMETERS = ("parameters", "input_schema", "inputSchema")
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
    for keyword, value in schema.items():
        if keyword not in _CONVERSIONS:
            continue
        converted = _CONVERSIONS[keyword](value)
        if converted is not value:
            changes[keyword] = converted
    if not changes and not nulls and schema.get("nullable") is not True:
        return schema
    converted = {**schema, **changes}
    for keyword in nulls:
        del converted[keyword]
    if converted.get("type", "") is None:
        del converted["type"]
    return _with_null(converted) if converted.get("nullable") is True else converted


def function_dicts(tools: Iterable[Any]) -> list[Any]:
    """Return the function dict of each tool, whatever its form; what is no tool as it is.

    Raises:
        ValueError: as `function_dict` raises.
    """
    functions: list[Json] = []
    for tool in tools:
        declared = None
        if isinstance(tool, Mapping):
            declared = tool.get("function_declarations") or tool.get("functionDeclarations")
        functions += map(function_dict, declared or [tool])
    return functions


def parameters_of(function: JsonMapping) -> Json:
    """Return the schema of a function dict's arguments, under whatever name; None where it has none.

    A mapping of parameters' names to their schemas, as xLAM's data has it, becomes a schema of an object.

    Raises:
        ValueError: a schema stands under a name that no provider has for it; names it.
    """
    for name in _PARAMETERS:
        parameters = function.get(name)
        if parameters is None:
            continue
        if isinstance(parameters, dict) and _is_map_of_parameters(parameters):
            return {"type": "object", "properties": {name: _without_flag(each) for name, each in parameters.items()}}
        return parameters
    for name in _NO_PARAMETERS:
        if isinstance(function.get(name), Mapping):
            raise ValueError(f"tool {function['name']!r}: its schema is called {name!r}; call it 'parameters'")
    return None


def _is_map_of_parameters(parameters: JsonObject) -> bool:
    if not parameters or isinstance(parameters.get("type"), str | list) or not _ROOT_KEYWORDS.isdisjoint(parameters):
        return False
    return all(isinstance(each, dict) for each in parameters.values())


def _without_flag(schema: JsonObject) -> JsonObject:
    """Return the schema without a `required` that is true or false, and no list of names."""
    return schema if isinstance(schema.get("required"), list | None) else {**schema, "required": []}


def function_dict(tool: object) -> Json:
    """Return the function dict of a tool dict, a pydantic model class or a Python callable; anything else as it is.

    Raises:
        ValueError: a callable whose signature no call by JSON can meet, or pydantic is absent; names it.
    """
    if isinstance(tool, Mapping):
        if isinstance(tool.get("toolSpec"), Mapping):
            return _function_of_spec(tool["toolSpec"])
        return tool["function"] if isinstance(tool.get("function"), Mapping) else tool
    if not callable(tool):
        return tool
    name = getattr(tool, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"tool {name or tool!r:.60}: has no name to call it by; give a function dict with a 'name'")
    if isinstance(tool, type) and hasattr(tool, "model_json_schema"):
        docstring = tool.__dict__.get("__doc__")
        return {"name": name, "description": inspect.cleandoc(docstring or ""), "parameters": tool.model_json_schema()}
    if isinstance(tool, type):
        raise ValueError(f"tool {name!r}: a class that is no pydantic model; give a model, a function or a tool dict")
    return _dict_of_callable(name, tool)


def _function_of_spec(spec: JsonMapping) -> JsonMapping:
    """Return the function dict of a tool as Bedrock's Converse has it."""
    schema = spec.get("inputSchema")
    return {**spec, "inputSchema": schema["json"]} if isinstance(schema, Mapping) and "json" in schema else spec


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


def _with_null(schema: JsonObject) -> JsonObject:
    """Return the schema that OpenAPI's `nullable` means."""
    changed = {keyword: value for keyword, value in schema.items() if keyword != "nullable"}
    if isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    if isinstance(changed.get("enum"), list) and None not in changed["enum"]:
        changed["enum"] = [*changed["enum"], None]
    return changed


def _dict_of_callable(name: str, function: Any) -> dict[str, Any]:
    try:
        from pydantic import TypeAdapter
        from pydantic.errors import PydanticUserError
    except ImportError:
        raise ValueError(
            f"tool {name!r}: pydantic reads the signatures of Python callables; install it, or give a tool dict"
        ) from None
    try:
        parameters = TypeAdapter(function).json_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        raise ValueError(f"tool {name!r}: its signature has no JSON Schema: {str(error).splitlines()[0]}") from None
    if parameters.get("type") != "object":
        raise ValueError(f"tool {name!r}: takes arguments by position, and a call gives them by name")
    description, arguments = docstring_parts(inspect.getdoc(function) or "")
    for argument, schema in parameters.get("properties", {}).items():
        if argument in arguments and isinstance(schema, dict):
            schema.setdefault("description", arguments[argument])
    return {"name": name, "description": description, "parameters": parameters}


def docstring_parts(text: str) -> tuple[str, dict[str, str]]:
    """Return what a docstring says of the function, and of each argument: in Google's, NumPy's, Sphinx's or Epydoc's
    style."""
    from docstring_parser import ParseError, parse

    try:
        parsed = parse(text)
    except ParseError:
        return text, {}
    arguments = {part.arg_name: " ".join((part.description or "").split()) for part in parsed.params}
    return (parsed.description or "").strip(), {name: about for name, about in arguments.items() if about}


_CONVERSIONS: Mapping[str, Callable[[Json], Json]] = {
    "type": _converted_type,
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), _named_schemas),
    **dict.fromkeys(
        "items additionalProperties additionalItems contains not if then else anyOf oneOf allOf prefixItems".split(),
        _schema_or_schemas,
    ),
}
"""Keywords that hold types and schemas, with what converts their values."""
