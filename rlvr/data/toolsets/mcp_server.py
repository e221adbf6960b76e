"""Tools of MCP servers: one that is started here, one that answers over HTTP, or those of a client's configuration."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlvr.data.document import read_document
from rlvr.data.json_values import list_of
from rlvr.data.returned import RESPONSE, shortened
from rlvr.data.toolsets.loaded import LoadedTools, Skipped, ToolSource
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject
from rlvr.secret_values import masked

TIMEOUT_S = 120.0  # how long a server may take to start and list its tools
MAX_PAGES = 1_000  # pages of a list of tools that are read
_HTTP = re.compile(r"https?://|\$\{")
_RUNNERS = {"npm": "npx -y", "pypi": "uvx", "oci": "docker run -i --rm"}
_SECTIONS = ("mcpServers", "servers", "context_servers", "mcp_servers")
"""Where clients keep their servers: Claude, Cursor and Windsurf; VS Code; Zed; others."""

_VARIABLE = re.compile(r"\$\{(?:env:)?(\w+)(?::-([^}]*))?\}")


@dataclass(frozen=True)
class Server:
    """How to reach an MCP server."""

    command: tuple[str, ...] = ()  # the words that start it; empty for one that answers at `url`
    url: str = ""  # where it answers over HTTP
    env: Mapping[str, str] = field(default_factory=dict)  # variables of its environment beside this process's own
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with each request over HTTP
    is_sse: bool = False  # whether it speaks the older transport of server-sent events

    @property
    def source(self) -> str:
        """Return what stands behind `mcp:` to name it."""
        return self.url or shlex.join(self.command)


def tools(source: str) -> LoadedTools:
    """Return the tools of the MCP server that a command line starts or a URL names, or of each in a configuration.

    Raises:
        UserError: the package `mcp` is not installed, or no server starts, answers in time and lists its tools.
    """
    servers = _servers(source)
    try:
        import mcp  # noqa: F401 - only whether it is there
    except ImportError:
        raise UserError("tools of an MCP server need the package mcp: pip install 'rlvr[mcp]'") from None
    if len(servers) == 1:
        return LoadedTools(_tools_of(next(iter(servers.values()))))
    loaded = LoadedTools()
    names: set[str] = set()
    for label, server in servers.items():
        try:
            for tool in _tools_of(server):
                function = tool["function"]
                if function["name"] in names:
                    function["name"] = f"{label}_{function['name']}"
                names.add(function["name"])
                loaded.tools.append(tool)
        except UserError as error:
            loaded.skipped.append(Skipped(label, str(error)))
    return loaded


def configured_servers(document: Json) -> dict[str, Server]:
    """Return the servers of an MCP client's configuration by name; empty for any other document."""
    if not isinstance(document, Mapping):
        return {}
    if isinstance(document.get("mcp"), Mapping):  # VS Code's settings
        document = document["mcp"]
    section = next((key for key in _SECTIONS if isinstance(document.get(key), Mapping)), "")
    entries: JsonMapping = document.get(section) or {}
    servers: dict[str, Server] = {}
    for name, entry in entries.items():
        is_enabled = isinstance(entry, Mapping) and not entry.get("disabled")
        if is_enabled and (server := _configured(entry)):
            servers[str(name)] = server
    return servers


def registered_server(document: Json) -> str | None:
    """Return how to start the server that an entry of MCP's registry describes; None for any other document."""
    if not isinstance(document, Mapping) or "parameters" in document:
        return None
    for package in list_of(document.get("packages")):
        runner = _RUNNERS.get(str(package.get("registryType"))) if isinstance(package, Mapping) else None
        if runner is not None and package.get("identifier"):
            return f"{runner} {package['identifier']}"
    remotes = list_of(document.get("remotes"))
    return next((str(remote["url"]) for remote in remotes if isinstance(remote, Mapping) and remote.get("url")), None)


def _configured(entry: JsonMapping) -> Server | None:
    url = entry.get("url") or entry.get("serverUrl") or entry.get("httpUrl")
    if isinstance(url, str):
        if not _HTTP.match(url):
            return None
        return Server(url=_filled(url), headers=_texts(entry.get("headers")), is_sse=entry.get("type") == "sse")
    command: Json = entry.get("command")
    arguments = entry.get("args") or []
    if isinstance(command, Mapping):  # Zed
        command, arguments = command.get("path"), command.get("args") or []
    if not isinstance(command, str) or not isinstance(arguments, list):
        return None
    return Server((_filled(command), *(_filled(str(item)) for item in arguments)), env=_texts(entry.get("env")))


def _texts(value: Json) -> dict[str, str]:
    return {str(key): _filled(str(item)) for key, item in value.items()} if isinstance(value, Mapping) else {}


def _filled(text: str) -> str:
    """Return the text with the environment's variables in the place of `${NAME}`."""
    return _VARIABLE.sub(lambda match: os.environ.get(match[1], match[2] if match[2] is not None else match[0]), text)


def _servers(source: str) -> dict[str, Server]:
    if re.match(r"https?://", source):
        return {"": Server(url=source)}
    if Path(source).suffix == ".json" and Path(source).is_file():
        servers = configured_servers(read_document(Path(source)))
        if not servers:
            raise UserError(
                f"mcp:{source}: names no servers; an MCP client's configuration has them under 'mcpServers'"
            )
        return servers
    try:
        words = shlex.split(source)
    except ValueError as error:
        raise UserError(f"mcp:{source}: cannot be split into words: {error}") from None
    if not words:
        raise UserError("mcp: names no server; such as mcp:'python server.py' or mcp:http://localhost:8000/mcp")
    return {"": Server(tuple(words))}


def _tools_of(server: Server) -> list[JsonObject]:
    place = f"mcp:{server.source}"
    try:
        return asyncio.run(asyncio.wait_for(_listed(server), TIMEOUT_S))
    except FileNotFoundError:
        raise UserError(f"{place}: no program {server.command[0]!r}") from None
    except TimeoutError:
        raise UserError(f"{place}: listed no tools in {TIMEOUT_S:.0f} seconds") from None
    except Exception as error:  # noqa: BLE001 - a server of the user's own may fail in any way
        raise UserError(f"{place}: the server failed: {_cause(error)}") from None


def transport_of(server: Server) -> Any:
    """Return what an MCP client reaches a server by."""
    import mcp
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    # What a server prints beside its messages is passed over, and not worth a traceback for each line.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    if server.is_sse:
        return sse_client(server.url, headers=dict(server.headers))
    if server.url:
        return streamable_http_client(server.url, http_client=create_mcp_http_client(dict(server.headers)))
    environment = {**os.environ, **server.env}
    return mcp.StdioServerParameters(command=server.command[0], args=list(server.command[1:]), env=environment)


async def _listed(server: Server) -> list[JsonObject]:
    from mcp.client import Client

    tools: list[JsonObject] = []
    async with Client(transport_of(server)) as client:
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await client.list_tools(cursor=cursor)
            for tool in page.tools:
                function: JsonObject = {"name": tool.name, "description": tool.description or ""}
                function["parameters"] = tool.input_schema
                if response := shortened(tool.output_schema):
                    function[RESPONSE] = response
                tools.append({"type": "function", "function": function})
            cursor = page.next_cursor
            if not cursor:
                break
    return tools


def _cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return f"{type(error).__name__}: {masked(' '.join(str(error).split()))[:200]}"


PREFIX = "mcp:"

SOURCE = ToolSource(
    "an MCP server: mcp:COMMAND, mcp:URL, mcp:FILE",
    lambda source: source.startswith(PREFIX),
    lambda source, selection: selection.of_names(tools(source.removeprefix(PREFIX))),
)
