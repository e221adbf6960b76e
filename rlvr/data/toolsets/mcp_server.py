"""Tools of an MCP server that is started here and asked over its standard input and output."""

from __future__ import annotations

import asyncio
import os
import shlex
from typing import Any

from rlvr.errors import UserError

TIMEOUT_S = 60.0
"""How long a server may take to start and list its tools."""


def tools(command: str) -> list[dict[str, Any]]:
    """The tools that the server which this command line starts has.

    Raises:
        UserError: the package `mcp` is not installed, or the server does not start, does not answer in time, or fails.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UserError(f"mcp:{command}: cannot be split into words: {error}") from None
    if not words:
        raise UserError("mcp: names no command; such as mcp:'python server.py'")
    try:
        import mcp
    except ImportError:
        raise UserError("tools of an MCP server need the package mcp: pip install 'rlvr[mcp]'") from None
    parameters = mcp.StdioServerParameters(command=words[0], args=words[1:], env=dict(os.environ))
    try:
        return asyncio.run(asyncio.wait_for(_listed(parameters), TIMEOUT_S))
    except FileNotFoundError:
        raise UserError(f"mcp:{command}: no program {words[0]!r}") from None
    except TimeoutError:
        raise UserError(f"mcp:{command}: listed no tools in {TIMEOUT_S:.0f} seconds") from None
    except Exception as error:  # noqa: BLE001 - a server of the user's own may fail in any way
        raise UserError(f"mcp:{command}: the server failed: {_cause(error)}") from None


async def _listed(parameters: Any) -> list[dict[str, Any]]:
    from mcp.client import Client

    found: list[dict[str, Any]] = []
    async with Client(parameters) as client:
        cursor: str | None = None
        while True:
            page = await client.list_tools(cursor=cursor)
            for tool in page.tools:
                function = {"name": tool.name, "description": tool.description or "", "parameters": tool.input_schema}
                found.append({"type": "function", "function": function})
            cursor = page.next_cursor
            if not cursor:
                return found


def _cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
