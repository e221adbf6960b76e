"""Tools from Python: functions by signature and docstring, pydantic models, tool objects of agent frameworks, lists."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from rewards.tool_forms import PARAMETERS, function_dicts, listed
from rewards.tool_objects import function_of_framework
from rlvr.data.formats.schemas import parameters_in, parameters_schema
from rlvr.data.json_values import without
from rlvr.data.toolsets.loaded import LoadedTools, Skipped, ToolSource
from rlvr.errors import RAISED_BY_OTHERS, UserError, one_line, unknown

T = TypeVar("T")

_NAMED = re.compile(r"(?:[A-Za-z_][\w.]*|.+\.py):[A-Za-z_][\w.,]*")
_OF_TOOL_DICTS = frozenset(["function", "parameters", "input_schema", "inputSchema"])


def tools(source: str) -> LoadedTools:
    """Return the tools that `module:name,name` or `FILE.py:name,name` names.

    Modules are found as in `python -m`, the current folder included.

    Raises:
        UserError: no such module or name, or an object that is no tool.
    """
    place, _, names = source.rpartition(":")
    module = _module_of_file(place) if place.endswith(".py") else import_own(place, source)
    loaded = LoadedTools()
    for name in names.split(","):
        if not hasattr(module, name):
            raise UserError(f"{source}: {unknown('name', name, [each for each in vars(module) if each[0] != '_'])}")
        loaded.tools += _tools(getattr(module, name), source)
    return loaded


def file_tools(path: str) -> LoadedTools:
    """Return the tools of a Python file, which is run: of its lists of tools, or else its functions and tool objects.

    Models of pydantic are its tools where it has nothing else; beside functions they are what these take.

    Raises:
        UserError: it cannot be run, or one of its lists or models is no tool. A function that is none is left out.
    """
    module = _module_of_file(path)
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    lists = [value for name, value in public.items() if _is_list_of_tools(name, value)]
    loaded = LoadedTools()
    if lists:
        for value in lists:
            loaded.tools += _tools(value, path)
        return loaded
    own = {name: value for name, value in public.items() if getattr(value, "__module__", None) == module.__name__}
    functions = {name: value for name, value in own.items() if inspect.isfunction(value)}
    for name, function in functions.items():
        try:
            loaded.tools += _documented_tools(function, path)
        except UserError as error:
            loaded.skipped.append(Skipped(name, str(error).removeprefix(f"{path}: ")))
    models = [value for value in own.values() if hasattr(value, "model_json_schema")]
    objects = [value for value in public.values() if function_of_framework(value) is not None]
    loaded.tools += _tools(objects, path)
    if not functions and not objects:
        loaded.tools = _tools(models, path)
    return loaded


def _documented_tools(function: Any, path: str) -> list[dict[str, Any]]:
    if not function.__doc__:
        raise UserError("a function without a docstring says nothing of what it is for")
    return _tools(function, path)


def _is_list_of_tools(name: str, value: Any) -> bool:
    """Tell whether a variable lists tools; models are tools where its name says so, and else what functions take."""
    if not isinstance(value, list | tuple) or not value:
        return False
    may_be_models = "tool" in name.lower() or "function" in name.lower()
    return all(_is_tool(item) or (may_be_models and hasattr(item, "model_json_schema")) for item in value)


def _is_tool(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _OF_TOOL_DICTS.isdisjoint(value)
    return inspect.isfunction(value) or function_of_framework(value) is not None


def _module_of_file(path: str) -> ModuleType:
    name = f"tools_of_{Path(path).stem}"
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = path
    folder = Path(path).resolve().parent
    sys.path.append(str(folder))
    if not os.path.isfile(path):
        raise UserError(f"{path}: no such file")
    packages: list[str] = []
    while (folder / "__init__.py").is_file():
        packages.insert(0, folder.name)
        folder = folder.parent
    sys.path.append(str(folder))
    module.__package__ = ".".join(packages)  # what `from . import` starts from
    _run_own(lambda: SourceFileLoader(name, path).exec_module(module), path)
    return module


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
    return _run_own(
        lambda: importlib.import_module(name), f"{place}: cannot import {name!r}, from this folder or what is installed"
    )


def _run_own(run: Callable[[], T], what: str) -> T:
    try:
        return run()
    except RAISED_BY_OTHERS as error:
        raise UserError(f"{what}: {type(error).__name__}: {one_line(error)}") from None


def _tools(value: Any, source: str) -> list[dict[str, Any]]:
    try:
        return [_tool(function, source) for function in function_dicts(listed(value))]
    except ValueError as error:
        raise UserError(f"{source}: {error}") from None


def _tool(function: Any, source: str) -> dict[str, Any]:
    if not isinstance(function, Mapping):
        raise UserError(
            f"{source}: a {type(function).__name__} is no tool; name a function, a pydantic model, an agent "
            "framework's tool object, or tool dicts"
        )
    parameters = parameters_schema(parameters_in(function))
    return {"type": "function", "function": {**without(function, *PARAMETERS), "parameters": parameters}}


FILE_SOURCE = ToolSource(
    "Python: FILE.py",
    lambda source: source.endswith(".py") and os.path.isfile(source),
    lambda source, selection: selection.of_names(file_tools(source)),
)
SOURCE = ToolSource(
    "Python: module:name,name or FILE.py:name,name",
    lambda source: _NAMED.fullmatch(source) is not None and not os.path.exists(source),
    lambda source, selection: selection.of_names(tools(source)),
)
