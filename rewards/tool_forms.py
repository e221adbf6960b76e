"""What else a tool may be given as, besides a function dict of JSON Schema: BFCL types, pydantic models, callables."""

import inspect
from collections.abc import Mapping
from typing import Any

BFCL_TYPES: Mapping[str, str | None] = {
    "dict": "object",
    "HashMap": "object",
    "Hashtable": "object",
    "float": "number",
    "double": "number",
    "tuple": "array",
    "list": "array",
    "Array": "array",
    "ArrayList": "array",
    "Queue": "array",
    "Stack": "array",
    "Set": "array",
    "bool": "boolean",
    "Boolean": "boolean",
    "byte": "integer",
    "short": "integer",
    "long": "integer",
    "Bigint": "integer",
    "String": "string",
    "char": "string",
    "any": None,
    "Any": None,
    "": None,
}
"""BFCL's names of Python, Java and JavaScript types, as JSON Schema has them; None admits every type."""

_SUBSCHEMA = frozenset({"items", "additionalProperties", "additionalItems", "contains", "not", "if", "then", "else"})
_SUBSCHEMAS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems", "items"})
_NAMED_SUBSCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})


def json_schema(schema: Any) -> Any:
    """The schema with BFCL's types in JSON Schema's words; the same object where it names none of them.

    The schema must be JSON within the depth that `why_not_json` allows.
    """
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    for keyword, value in schema.items():
        new = _converted(keyword, value)
        if new is not value:
            changed[keyword] = new
    if not changed:
        return schema
    return {keyword: item for keyword, item in {**schema, **changed}.items() if item is not None or keyword != "type"}


def function_dict(tool: Any) -> Any:
    """A pydantic model class or a Python callable as a function dict; anything else as it is.

    Raises:
        ValueError: a callable whose signature no call by JSON can meet, or pydantic is absent; names it.
    """
    if isinstance(tool, Mapping) or not callable(tool):
        return tool
    name = getattr(tool, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"tool {name or tool!r:.60}: has no name to call it by; give a function dict with a 'name'")
    if isinstance(tool, type) and hasattr(tool, "model_json_schema"):
        own = tool.__dict__.get("__doc__")
        return {"name": name, "description": inspect.cleandoc(own or ""), "parameters": tool.model_json_schema()}
    if isinstance(tool, type):
        raise ValueError(f"tool {name!r}: a class that is no pydantic model; give a model, a function or a tool dict")
    return _dict_of_callable(name, tool)


def _converted(keyword: str, value: Any) -> Any:
    if keyword == "type":
        return _converted_type(value)
    if keyword in _NAMED_SUBSCHEMAS and isinstance(value, dict):
        items = {name: json_schema(item) for name, item in value.items()}
        return items if any(items[name] is not item for name, item in value.items()) else value
    if keyword in _SUBSCHEMA and isinstance(value, dict):
        return json_schema(value)
    if keyword in _SUBSCHEMAS and isinstance(value, list):
        branches = [json_schema(item) for item in value]
        return branches if any(new is not old for new, old in zip(branches, value, strict=True)) else value
    return value


def _converted_type(given: Any) -> Any:
    if isinstance(given, str):
        return BFCL_TYPES.get(given, given)
    if isinstance(given, list) and any(isinstance(name, str) and name in BFCL_TYPES for name in given):
        names = [BFCL_TYPES.get(name, name) if isinstance(name, str) else name for name in given]
        return None if None in names else list(dict.fromkeys(names))
    return given


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
