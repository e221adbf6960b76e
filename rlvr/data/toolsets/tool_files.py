"""Tools from a file: one that lists them, or an OpenAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlvr.data.toolsets import mcp_server, openapi
from rlvr.data.toolsets.document import read_document
from rlvr.data.toolsets.listed import listed
from rlvr.data.toolsets.loaded import LoadedTools, Selection, ToolSource
from rlvr.errors import UserError
from rlvr.files import Where


def tools(source: str, selection: Selection) -> LoadedTools:
    """Return the tools that a file describes.

    Raises:
        UserError: it cannot be read, or holds something else.
    """
    path = Path(source)
    document = read_document(path)
    if openapi.is_openapi(document):
        return openapi.tools(document, path, selection)
    _refuse_servers(document, source)
    return selection.of_names(listed(document, Where(path)))


def _refuse_servers(document: Any, source: str) -> None:
    """Say how to have the servers that a configuration or a registry names started, which reading a file should not."""
    servers = mcp_server.configured_servers(document)
    if servers:
        example = next(iter(servers.values())).source
        raise UserError(
            f"{source}: the configuration of an MCP client, which starts {', '.join(servers)}; to have their tools say "
            f"mcp:{source}, or mcp:'{example}' for that of one"
        )
    if command := mcp_server.registered_server(document):
        raise UserError(f"{source}: an entry of MCP's registry; its server says its tools: mcp:'{command}'")


SOURCE = ToolSource("a file: JSON, JSON lines, YAML, OpenAPI", lambda source: True, tools)
