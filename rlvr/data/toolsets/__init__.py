"""Toolsets from what describes them already: files of tools, Python, OpenAPI documents, MCP servers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rlvr.data.toolsets import mcp_server, openapi, python_objects
from rlvr.data.toolsets.document import read_document
from rlvr.data.toolsets.listed import listed
from rlvr.data.toolsets.loaded import LoadedTools, Selection, Skipped
from rlvr.data.toolsets.usable import add_usable
from rlvr.errors import UserError
from rlvr.files import Where

__all__ = ["LoadedTools", "Selection", "Skipped", "load_tools"]

_PYTHON = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.,]*")
_MCP = "mcp:"
_ALL = Selection()


def load_tools(source: str, selection: Selection = _ALL) -> LoadedTools:
    """Return the tools that a source describes, in OpenAI's form, each schema compiled once.

    Args:
        source: a JSON, JSON lines or YAML file, which holds tools or is an OpenAPI document; `module:name,name` for
            Python functions, pydantic models, tool objects of agent frameworks, or lists of them; `mcp:COMMAND`,
            `mcp:URL` or `mcp:FILE` for an MCP server, or for those of an MCP client's configuration file.
        selection: which tools are wanted.

    Raises:
        UserError: the source cannot be read, or nothing in it can be used.
    """
    described = _described(source, selection)
    loaded = LoadedTools(skipped=described.skipped, notes=described.notes)
    add_usable(described.tools, loaded)
    if not loaded.tools:
        raise _without_tools(source, selection, loaded)
    return loaded


def _described(source: str, selection: Selection) -> LoadedTools:
    if source.startswith(_MCP):
        described = mcp_server.tools(source.removeprefix(_MCP))
    elif _PYTHON.fullmatch(source) and not Path(source).exists():
        described = python_objects.tools(source)
    else:
        path = Path(source)
        document = read_document(path)
        if openapi.is_openapi(document):
            return openapi.tools(document, path, selection)
        _refuse_client_configuration(document, source)
        described = listed(document, Where(path))
    described.tools = [tool for tool in described.tools if selection.admits([tool["function"]["name"]])]
    return described


def _refuse_client_configuration(document: Any, source: str) -> None:
    """Say how to have the servers of an MCP client's configuration started, which reading a file should not do."""
    servers = mcp_server.configured_servers(document)
    if servers:
        example = next(iter(servers.values())).source
        raise UserError(
            f"{source}: the configuration of an MCP client, which starts {', '.join(servers)}; to have their tools say "
            f"mcp:{source}, or mcp:'{example}' for that of one"
        )


def _without_tools(source: str, selection: Selection, loaded: LoadedTools) -> UserError:
    if loaded.skipped:
        first = loaded.skipped[0]
        more = f" (and {len(loaded.skipped) - 1:,} more)" if len(loaded.skipped) > 1 else ""
        return UserError(f"{source}: no tool can be used: {first.place}: {first.reason}{more}")
    if selection.include or selection.exclude:
        return UserError(
            f"{source}: include and exclude leave no tool; they meet names, operations, paths, methods, tags"
        )
    return UserError(f"{source}: describes no tools")
