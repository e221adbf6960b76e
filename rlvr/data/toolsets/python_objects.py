"""Tools from Python: functions by signature and docstring, pydantic models, tool objects of agent frameworks, lists."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from rewards.tool_forms import docstring_parts, function_dict
from rlvr.data.formats.schemas import parameters_schema
from rlvr.data.json_values import without
from rlvr.data.toolsets.loaded import LoadedTools, ToolSource
from rlvr.errors import RAISED_BY_OTHERS, UserError, one_line, unknown

_NAMED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.,]*")
_SCHEMA_ATTRIBUTES = (
    "tool_call_schema",  # LangChain, without what is injected when the tool runs
    "args_schema",  # LangChain, CrewAI
    "params_json_schema",  # OpenAI Agents
    "parameters_json_schema",  # PydanticAI's definitions
    "input_schema",
    "inputSchema",  # MCP
    "inputs",  # smolagents: a mapping of names, without a schema around it
    "parameters",  # Haystack, FastMCP
)
"""Where the tool objects of frameworks hold their parameters, beside `name` and `description`."""


def tools(source: str) -> LoadedTools:
    """Return the tools that `module:name,name` names; modules are found as in `python -m`, the current folder included.

    Raises:
        UserError: no such module or name, or an object that is no tool.
    """
    module_name, _, names = source.partition(":")
    module = import_own(module_name, source)
    loaded = LoadedTools()
    for name in names.split(","):
        if not hasattr(module, name):
            raise UserError(f"{source}: {unknown('name', name, [each for each in vars(module) if each[0] != '_'])}")
        value = getattr(module, name)
        is_list = isinstance(value, Sequence) and not isinstance(value, str)
        loaded.tools += [_tool(item, source) for item in (value if is_list else [value])]
    return loaded


def import_own(name: str, place: str) -> ModuleType:
    """Import a module of the user's own, which is looked for in the current folder, too.

    Args:
        name: the module's.
        place: what names it, for errors.

    Raises:
        UserError: it is not there, or raises something.
    """
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        return importlib.import_module(name)
    except RAISED_BY_OTHERS as error:
        raise UserError(
            f"{place}: cannot import {name!r}, from this folder or what is installed: "
            f"{type(error).__name__}: {one_line(error)}"
        ) from None


def _tool(value: Any, source: str) -> dict[str, Any]:
    try:
        function = _framework_tool(value) or function_dict(value)
    except ValueError as error:
        raise UserError(f"{source}: {error}") from None
    if not isinstance(function, Mapping):
        raise UserError(
            f"{source}: a {type(value).__name__} is no tool; name a function, a pydantic model, an agent framework's "
            "tool object, or tool dicts"
        )
    if "function" in function:
        return dict(function)
    return {"type": "function", "function": {**function, "parameters": parameters_schema(function.get("parameters"))}}


def _framework_tool(value: Any) -> dict[str, Any] | None:
    """Return the function dict of a tool object with a name, a description and a schema; None for anything else."""
    name = getattr(value, "name", None)
    if isinstance(value, Mapping | type) or not isinstance(name, str):
        return None
    for attribute in _SCHEMA_ATTRIBUTES:
        schema: Any = getattr(value, attribute, None)
        if hasattr(schema, "model_json_schema"):
            schema = schema.model_json_schema()
        if isinstance(schema, Mapping):
            if attribute == "inputs":
                schema = {key: _smolagents_parameter(item) for key, item in schema.items()}
            return _described(name, str(getattr(value, "description", None) or ""), parameters_schema(schema))
    return None


def _described(name: str, docstring: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the function dict; where the description is a docstring with its arguments, these describe the
    parameters."""
    description, arguments = docstring_parts(docstring)
    if not arguments:
        return {"name": name, "description": docstring, "parameters": parameters}
    properties = {
        key: {"description": arguments[key], **schema} if key in arguments and isinstance(schema, dict) else schema
        for key, schema in parameters.get("properties", {}).items()
    }
    others = without(parameters, "description")
    return {"name": name, "description": description, "parameters": {**others, "properties": properties}}


def _smolagents_parameter(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parameter that may be null may be left out."""
    kept = without(schema, "nullable")
    return {**kept, "required": False} if schema.get("nullable") else kept


SOURCE = ToolSource(
    "Python: module:name,name",
    lambda source: _NAMED.fullmatch(source) is not None and not os.path.exists(source),
    lambda source, selection: selection.of_names(tools(source)),
)
