"""Tools from Python: functions by their signature and docstring, pydantic models, and lists of tools in a module."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from rewards.tool_forms import function_dict
from rlvr.errors import UserError, unknown


def tools(source: str) -> list[dict[str, Any]]:
    """The tools that `module:name,name` names; modules are found as in `python -m`, the current folder included.

    Raises:
        UserError: no such module or name, or an object that is no tool.
    """
    module_name, _, names = source.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # noqa: BLE001 - whatever a module of the user's own raises, it cannot be imported
        raise UserError(f"{source}: cannot import {module_name!r}: {type(error).__name__}: {error}") from None
    found: list[dict[str, Any]] = []
    for name in names.split(","):
        if not hasattr(module, name):
            raise UserError(f"{source}: {unknown('name', name, [each for each in vars(module) if each[0] != '_'])}")
        value = getattr(module, name)
        is_list = isinstance(value, Sequence) and not isinstance(value, str)
        found += [_tool(item, source) for item in (value if is_list else [value])]
    return found


def _tool(value: Any, source: str) -> dict[str, Any]:
    try:
        function = function_dict(value)
    except ValueError as error:
        raise UserError(f"{source}: {error}") from None
    if not isinstance(function, dict):
        raise UserError(
            f"{source}: a {type(value).__name__} is no tool; name a function, a pydantic model or tool dicts"
        )
    return function if "function" in function else {"type": "function", "function": function}
