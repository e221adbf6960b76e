"""Tools as data sets write them, as OpenAI's tool dicts with JSON Schema.

Types by Python's names, flat parameter lists, JSON inside JSON, and the nulls that Arrow leaves behind.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Mapping
from itertools import chain

from rewards.limits import MAX_JSON_DEPTH
from rewards.names import local_target
from rewards.tool_forms import TYPE_NAMES, json_schema
from rlvr.data.formats.records import decoded, opened
from rlvr.data.formats.schema_walk import mapped_schema, repaired_schema
from rlvr.data.formats.spelled import TOOL
from rlvr.data.json_values import first_of, list_of, member, object_of, parts_of, without, without_nulls
from rlvr.data.returned import RETURNED
from rlvr.files import Json, JsonMapping, JsonObject, Where

UNNAMED = "is no tool: it has no name"
_PARAMETER_NAMES = (*TOOL.name, "property")  # of parameters in a list; Flowise has `property`
_SCHEMA_WORDS = frozenset(["type", "$ref", "$schema", "title", "description"])
_known: dict[tuple[str, bytes], list[JsonObject]] = {}
_MOST_KNOWN = 1024  # tool lists kept, since most records of a file bring the same few
_KEPT = ("strict", "title", "annotations", "examples", "example", "type", *RETURNED)
"""What else is kept of a tool; the rest is for the program that runs it: code, icons, SQL, packages, keys."""

_FLAGS = (True, False)

_NAME_ALONE = re.compile(r"[\w.:/ -]+")
_GENERIC = re.compile(r"(\w+)\s*\[(.*)\]", re.DOTALL)
JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_TYPES = frozenset(["null", *JSON_TYPES])
_NOT_BUILTIN = _TYPES | {"function"}


def tools_of(value: Json, where: Where, field: str = "tools") -> list[JsonObject]:
    """Return a list of tools in any usual form, or its JSON, as OpenAI's tool dicts; None is no tools.

    Rows with equal tools share one list.

    Raises:
        RowError: it is not a list of tools.
    """
    return [] if value is None else once(value, lambda tools: _read_tools(tools, where, field), "tools")


def once(value: Json, read: Callable[[Json], list[Json]], kind: str) -> list[Json]:
    """Return what `read` gives for a list of tools, read once for all that are equal.

    Args:
        value: the tools as a record has them.
        read: reads them.
        kind: a word for how they are read.
    """
    try:
        key = kind, marshal.dumps(value, 2)
    except ValueError:  # nested too deep, or no JSON
        return read(value)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = read(value)
    return _known[key]


def split_tools(value: Json) -> list[Json] | None:
    """Return the single tools of a list, or of an object that holds one; None for anything else.

    Gemini's `functionDeclarations`, Bedrock's `toolSpec` and the pages of an MCP server's answer are taken apart.
    """
    if isinstance(value, Mapping):
        return _split_object(value)
    if not isinstance(value, list | tuple):
        return None
    tools: list[Json] = []
    for item in value:
        inner = _split_object(item) if isinstance(item, Mapping) else None
        tools += [item] if inner is None else inner
    return tools


def _split_object(value: JsonMapping) -> list[Json] | None:
    match value:
        case {"toolSpec": {"inputSchema": {"json": schema}} as spec}:
            return [{**spec, "inputSchema": schema}]
        case {"toolSpec": Mapping() as spec}:
            return [{**spec, "inputSchema": spec.get("inputSchema")}]
        case {"type": str(), "data": Mapping() as inner}:  # Haystack
            return _split_object(without(inner, "function"))
        case {"functionDeclarations": list(declared)} | {"function_declarations": list(declared)}:
            return [*declared, *({name: item} for name, item in value.items() if name in TOOL.hosted)]
        case {"function": _} | {"identity": Mapping()}:
            return [value]
    is_group = first_of(value, TOOL.lists, list) is not None and not _has_parameters(value)
    if first_of(value, TOOL.name, str) is not None and not is_group:
        return [value]
    for holder in TOOL.holders:
        if isinstance(held := value.get(holder), list | Mapping) and (tools := split_tools(held)) is not None:
            return tools
    if value and all(map(_has_parameters, value.values())):
        return [{"name": name, **item} for name, item in value.items()]  # the Vercel AI SDK has tools by name
    groups = [split_tools(item) if isinstance(item, Mapping) else None for item in value.values()]
    return list(chain.from_iterable(filter(None, groups))) if groups and all(groups) else None


def _has_parameters(tool: Json) -> bool:
    return not object_of(tool).keys().isdisjoint(TOOL.parameters)


def builtin_name(tool: Json) -> str | None:
    """Return what a provider calls a tool of its own, which has no schema; None for any other."""
    if not isinstance(tool, Mapping) or "function" in tool or first_of(tool, TOOL.parameters) is not None:
        return None
    kind = tool.get("type")
    if isinstance(kind, str) and kind not in _NOT_BUILTIN:
        return kind
    return ", ".join(tool) if tool and tool.keys() <= set(TOOL.hosted) else None


def _read_tools(value: Json, where: Where, field: str) -> list[JsonObject]:
    if isinstance(value, str):
        value = decoded(value, field, where) if value.strip() else []
    tools = split_tools(value)
    if tools is None and isinstance(value, Mapping):
        tools = [value]
    if tools is None:
        raise where.error(field, f"must be a list of tools, not a {type(value).__name__}")
    return [_tool(item, where, f"{field}[{index}]") for index, item in enumerate(tools) if builtin_name(item) is None]


def _tool(tool: Json, where: Where, field: str) -> JsonObject:
    if isinstance(tool, str) and _NAME_ALONE.fullmatch(tool):
        raise where.error(field, f"{tool[:60]!r} is a name alone; a tool is an object with its parameters")
    tool = opened(tool, field, where)
    if isinstance(member(tool, "identity"), Mapping):
        tool = _of_dify(tool)
    if "parameters" in object_of(schema := member(tool, "json_schema")):
        tool = schema  # Letta
    function = object_of(opened(tool.get("function", tool), field, where) if isinstance(tool, Mapping) else None)
    name = first_of(function, TOOL.name)
    if not isinstance(name, str):
        keys = ", ".join(map(str, function))[:80]
        raise where.error(field, f"{UNNAMED}, but {keys}" if keys else UNNAMED)
    if _is_too_deep(function):
        raise where.error(field, f"nested deeper than {MAX_JSON_DEPTH}")
    kept = {"name": name, **{key: function[key] for key in _KEPT if function.get(key) is not None}}
    description = first_of(function, TOOL.description)
    if isinstance(description, str):
        kept["description"] = description
    parameters = opened(parameters_in(function), f"{field}.parameters", where)
    if parameters is not None:
        kept["parameters"] = parameters_schema(parameters, function.get("required"))
    elif "source_code" in function:
        raise where.error(field, "says in its code alone what it takes; save that as FILE.py and take it from there")
    if "function" in tool:
        outer = without_nulls(tool)
        return {**outer, "type": "function", "function": kept}
    return {"type": "function", "function": without(kept, "type")}


def _of_dify(tool: JsonMapping) -> JsonObject:
    """Return a tool of a Dify plugin without what is for people, and without the parameters that they set."""
    description = tool.get("description")
    text = description.get("llm") if isinstance(description, Mapping) else description
    listed = filter(_is_object, list_of(tool.get("parameters")))
    parameters = [_dify_parameter(parameter) for parameter in listed if parameter.get("form") != "form"]
    return {"name": tool["identity"].get("name"), "description": text, "parameters": parameters}


def _dify_parameter(parameter: JsonMapping) -> JsonObject:
    kept = {key: parameter.get(key) for key in ("name", "type", "required", "default")}
    kept["description"] = parameter.get("llm_description")
    if kept["type"] not in JSON_TYPES:
        kept["type"] = "string"
    if isinstance(options := parameter.get("options"), list):
        kept["enum"] = [option.get("value") for option in options if isinstance(option, Mapping)]
    return without_nulls(kept)


def parameters_in(function: JsonMapping) -> Json:
    """Return what a tool says of its parameters, under any of their names; None where it says nothing."""
    if any(key in function for key in TOOL.split_parameters):
        required, optional = (list_of(function.get(key)) for key in TOOL.split_parameters)
        return [*required, *({**object_of(parameter), "required": False} for parameter in optional)]
    parameters = first_of(function, TOOL.parameters)
    if parameters is None:
        named = filter(None, map(object_of, map(function.get, TOOL.flat_parameters)))
        return next(filter(is_flat, named), None)
    if list(object_of(parameters)) in (["jsonSchema"], ["json"]):
        (parameters,) = parameters.values()
    return parameters


def _is_too_deep(function: JsonMapping) -> bool:
    level: list[Json] = [function]
    for _ in range(MAX_JSON_DEPTH):
        level = list(chain.from_iterable(map(parts_of, level)))
        if not level:
            return False
    return True


def parameters_schema(parameters: Json, required: Json = None) -> Json:
    """Return the JSON Schema of an arguments object.

    Args:
        parameters: one, a mapping of parameter names to their descriptions, or a list of parameters with names.
        required: names of the required ones, where a tool lists them beside its parameters.
    """
    if not parameters:
        return {"type": "object", "properties": {}}
    if isinstance(parameters, list) and all(map(_is_named, parameters)):
        parameters = {str(first_of(parameter, _PARAMETER_NAMES)): _unnamed(parameter) for parameter in parameters}
    if not isinstance(parameters, Mapping):
        return parameters
    if set(map(type, parameters.values())) == {str} and _SCHEMA_WORDS.isdisjoint(parameters):
        parameters = {name: _told(text) for name, text in parameters.items()}
    if is_flat(parameters):
        return flat_schema(parameters, required)
    return _followed_root(json_schema(mapped_schema(repaired_schema(dict(parameters)), _in_json_schema)))


def _told(text: str) -> JsonObject:
    """Return the schema of a parameter of which a text says the type, or what it is."""
    return {"type": text} if python_type(text)[0] else {"description": text}


def _is_named(parameter: Json) -> bool:
    return isinstance(first_of(object_of(parameter), _PARAMETER_NAMES), str)


def _unnamed(parameter: JsonMapping) -> JsonObject:
    """Return the schema of a parameter that stands in a list, as Docker's catalogue, OpenRPC and ToolBench write it."""
    kept = without(parameter, *_PARAMETER_NAMES, "schema", "optional", "desc", "id")
    if isinstance(parameter.get("desc"), str):
        kept["description"] = parameter["desc"]
    if parameter.get("optional") is True or parameter.get("is_required") is False:
        kept["required"] = False
    return {**object_of(parameter.get("schema")), **kept}


def _followed_root(schema: Json) -> Json:
    """Return the schema with what its root refers to in the root's place, so that parameters show."""
    seen: set[str] = set()
    while isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str) and reference not in seen:
        seen.add(reference)
        target = local_target(reference, schema)
        if not isinstance(target, dict) or target is schema:
            return schema
        schema = {**without(schema, "$ref"), **target}
    return schema


def _in_json_schema(schema: JsonObject) -> JsonObject:
    """Return the schema with Python's types, 2019-09's recursion, draft 4's exclusive bounds and draft 3's
    `required: true` as JSON Schema has them today."""
    kind = schema.get("type")
    if isinstance(kind, str) and kind.lower() not in _TYPES:
        schema = {**python_type(kind)[0], **without(schema, "type")}
    if "$recursiveRef" in schema:
        schema = {**schema, "$ref": schema["$recursiveRef"]}
    return _with_required_names(with_numbers_as_bounds(without(schema, "$recursiveRef", "$recursiveAnchor")))


def with_numbers_as_bounds(schema: JsonObject) -> JsonObject:
    """Return the schema with exclusive bounds as numbers: in draft 4 they are true or false beside a bound."""
    for bound, keyword in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(keyword) is True and bound in schema:
            schema = {key: schema[bound] if key == keyword else value for key, value in schema.items() if key != bound}
        elif isinstance(schema.get(keyword), bool):
            schema = without(schema, keyword)
    return schema


def _with_required_names(schema: JsonObject) -> JsonObject:
    properties = object_of(schema.get("properties"))
    flags = {name: each["required"] for name, each in properties.items() if member(each, "required") in _FLAGS}
    if not flags:
        return schema
    plain = {name: without(each, "required") if name in flags else each for name, each in properties.items()}
    names = dict.fromkeys(list_of(schema.get("required")))
    names.update(dict.fromkeys(name for name, is_required in flags.items() if is_required is True))
    return {**schema, "properties": plain, **({"required": list(names)} if names else {})}


def is_flat(parameters: JsonMapping) -> bool:
    """Tell whether this maps parameter names to their schemas, as xLAM and ToolRL do, and is no schema itself."""
    if "properties" in parameters and _is_named_schemas(parameters["properties"]):
        return False
    return not isinstance(parameters.get("type"), str | list) and all(map(_is_object, parameters.values()))


def _is_named_schemas(members: Json) -> bool:
    if not isinstance(members, Mapping):
        return members is None
    return all(map(_is_object, without_nulls(members).values()))


def _is_object(value: Json) -> bool:
    return isinstance(value, Mapping)


def flat_schema(parameters: JsonMapping, names: Json = None) -> JsonObject:
    """Return the JSON Schema for a mapping of parameter names to `{"type": "str, optional", "description", "default"}`.

    A parameter is required if `names` lists it; without such a list, unless its type says optional, `required` says
    no, it is nullable, or it has a default. A default of another type than the parameter's own, such as `""` for a
    number, is left out.
    """
    properties, required = {}, []
    for name, parameter in parameters.items():
        schema, is_optional = python_type(parameter.get("type"))
        others = without(without_nulls(parameter), "type", "required")
        is_optional = is_optional or parameter.get("required") is False or "default" in parameter
        is_optional = is_optional or parameter.get("nullable") is True
        if isinstance(names, list):
            is_optional = name not in names
        if "default" in others and not _fits(others["default"], schema):
            del others["default"]
        properties[name] = json_schema({**others, **schema})
        if not is_optional:
            required.append(name)
    flat: JsonObject = {"type": "object", "properties": properties}
    return {**flat, "required": required} if required else flat


def python_type(text: Json) -> tuple[JsonObject, bool]:
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


def _schema_of(kind: str) -> JsonObject:
    kind = kind.strip().removeprefix("typing.")
    if "|" in kind:
        return _union(kind.split("|"))
    match = _GENERIC.fullmatch(kind)
    name, inner = (match[1].lower(), _split(match[2])) if match else (kind.lower(), [])
    if name in ("optional", "union"):
        return _union([*inner, "none"] if name == "optional" else inner)
    if name == "literal":
        return {"enum": [part.strip("'\" ") for part in inner]}
    json_type = TYPE_NAMES.get(name)
    if json_type != "array":
        return {"type": json_type} if json_type else {}
    items = [_schema_of(part) for part in inner if part != "..."]
    is_of_one_type = items != [] and items.count(items[0]) == len(items)
    is_list = name != "tuple" or is_of_one_type or "..." in inner
    return {"type": "array", "items": items[0]} if items and items[0] and is_list else {"type": "array"}


def _union(parts: list[str]) -> JsonObject:
    schemas = list(map(_schema_of, parts))
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


def _fits(value: Json, schema: JsonMapping) -> bool:
    kind = schema.get("type")
    return not isinstance(kind, str) or kind not in JSON_TYPES or is_of_type(value, kind)


def is_of_type(value: Json, kind: str) -> bool:
    """Tell whether a value is of one of `JSON_TYPES`; a boolean is no number."""
    return kind == "boolean" if isinstance(value, bool) else isinstance(value, JSON_TYPES[kind])
