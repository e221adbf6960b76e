"""Tools as Python objects: functions, pydantic models and other classes of data, tool objects of agent frameworks."""

import inspect
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from rewards.strict_json import JsonObject, plain

_SCHEMA_ATTRIBUTES = (
    "tool_call_schema",  # LangChain, without what is injected when the tool runs
    "args_schema",  # LangChain, CrewAI
    "params_json_schema",  # OpenAI Agents
    "parameters_json_schema",  # PydanticAI's definitions
    "input_schema",  # Anthropic's functions
    "inputSchema",  # MCP
    "fn_schema",  # LlamaIndex
    "inputs",  # smolagents: a mapping of names, without a schema around it
    "parameters",  # Haystack, FastMCP
)
"""Where the tool objects of frameworks hold their parameters, beside `name` and `description`."""

_DEFINITION_ATTRIBUTES = ("tool_def", "metadata", "tool_spec", "schema")
"""Where PydanticAI, LlamaIndex, Strands and AutoGen hold a tool's definition, as an object or a dict."""


_OF_DUMPS = frozenset(("function", "functionDeclarations", "parametersJsonSchema", "parameters", "input_schema"))
"""Members of a client's model that is a tool, as Gemini, Mistral, Cohere and Ollama have one."""


def function_of_framework(tool: Any) -> JsonObject | None:
    """Return the function dict of an agent framework's or a client's tool object; None for anything else."""
    if isinstance(tool, Mapping | type):
        return None
    if isinstance(getattr(tool, "name", None), str) and (function := _function_of_attributes(tool)) is not None:
        return function
    for attribute in _DEFINITION_ATTRIBUTES:
        definition = getattr(tool, attribute, None)
        if isinstance(definition, Mapping) and "name" in definition:
            return dict(definition)
        if isinstance(getattr(definition, "name", None), str):
            return function_of_framework(definition)
    if not hasattr(tool, "model_dump"):
        return None
    dump = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
    return None if _OF_DUMPS.isdisjoint(dump) else dump


def _function_of_attributes(tool: Any) -> JsonObject | None:
    for attribute in _SCHEMA_ATTRIBUTES:
        schema: Any = getattr(tool, attribute, None)
        if hasattr(schema, "model_json_schema"):
            schema = schema.model_json_schema()
        if isinstance(schema, Mapping):
            if attribute == "inputs":
                schema = {name: _smolagents_parameter(item) for name, item in schema.items()}
            return _described(tool.name, str(getattr(tool, "description", None) or ""), plain(schema))
    return None


def _smolagents_parameter(schema: Mapping[str, Any]) -> JsonObject:
    """Return a parameter that may be null may be left out."""
    kept = {keyword: value for keyword, value in schema.items() if keyword != "nullable"}
    return {**kept, "required": False} if schema.get("nullable") else kept


def function_of_callable(tool: Any) -> JsonObject:
    """Return the function dict of a function, of a pydantic model, or of a dataclass or TypedDict.

    Raises:
        ValueError: no call by JSON can meet its signature, or pydantic is absent; names it.
    """
    name = getattr(tool, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"tool {name or tool!r:.60}: has no name to call it by; give a function dict with a 'name'")
    if isinstance(tool, type) and hasattr(tool, "model_json_schema"):
        docstring = tool.__dict__.get("__doc__")
        return {"name": name, "description": inspect.cleandoc(docstring or ""), "parameters": tool.model_json_schema()}
    if isinstance(tool, type) and not (is_dataclass(tool) or hasattr(tool, "__required_keys__")):
        raise ValueError(f"tool {name!r}: a class that holds no data; give a model, a function or a tool dict")
    return _described(name, inspect.getdoc(tool) or "", _schema_of(name, tool))


def _schema_of(name: str, tool: Any) -> JsonObject:
    """Return the schema of what a function or a class takes, by pydantic."""
    try:
        from pydantic import TypeAdapter
        from pydantic.errors import PydanticUserError
    except ImportError:
        raise ValueError(
            f"tool {name!r}: pydantic reads the signatures of Python callables; install it, or give a tool dict"
        ) from None
    try:
        schema = TypeAdapter(tool).json_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        raise ValueError(f"tool {name!r}: its signature has no JSON Schema: {str(error).splitlines()[0]}") from None
    if schema.get("type") != "object":
        raise ValueError(f"tool {name!r}: takes arguments by position, and a call gives them by name")
    return schema


def _described(name: str, docstring: str, parameters: JsonObject) -> JsonObject:
    """Return the function dict; where the description is a docstring with its arguments, these describe the
    parameters."""
    description, arguments = docstring_parts(docstring)
    if not arguments:
        return {"name": name, "description": docstring, "parameters": parameters}
    for argument, schema in parameters.get("properties", parameters).items():
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
