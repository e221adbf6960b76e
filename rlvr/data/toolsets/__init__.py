"""Toolsets from what describes them already: a JSON or YAML file, Python, an OpenAPI document, an MCP server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rewards import Toolset
from rlvr.data.formats.schemas import tools_of
from rlvr.data.row import Where
from rlvr.data.toolsets import mcp_server, openapi, python_objects
from rlvr.data.toolsets.document import read_document
from rlvr.errors import RowError, UserError

__all__ = ["load_tools"]

_PYTHON = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.,]*")
_MCP = "mcp:"


def load_tools(source: str) -> list[dict[str, Any]]:
    """The tools that a source describes, in OpenAI's form, each checked.

    Args:
        source: a JSON or YAML file, which holds a list of tools or is an OpenAPI document; `module:name,name` for
            Python functions, pydantic models or lists of tools; `mcp:COMMAND` for an MCP server that speaks over stdio.

    Raises:
        UserError: the source cannot be read, or describes no tools, or one that cannot be used.
    """
    if source.startswith(_MCP):
        tools = mcp_server.tools(source.removeprefix(_MCP))
    elif _PYTHON.fullmatch(source) and not Path(source).exists():
        tools = python_objects.tools(source)
    else:
        document = read_document(Path(source))
        tools = openapi.tools(document, source) if openapi.is_openapi(document) else _listed(document, source)
    if not tools:
        raise UserError(f"{source}: describes no tools")
    try:
        Toolset(tools).check()
    except ValueError as error:
        raise UserError(f"{source}: {error}") from None
    return tools


def _listed(document: Any, source: str) -> list[dict[str, Any]]:
    """A list of tools, or an object that holds one under `tools` or `functions`."""
    if isinstance(document, dict) and "name" not in document and "function" not in document:
        key = next((key for key in ("tools", "functions") if isinstance(document.get(key), list)), None)
        if key is None:
            raise UserError(f"{source}: is no list of tools, no object with 'tools', and no OpenAPI document")
        document = document[key]
    try:
        return tools_of(document, Where(Path(source)))
    except RowError as error:
        raise UserError(str(error)) from None
