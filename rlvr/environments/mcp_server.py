"""Live MCP servers: calls are carried out for real. Recorded once (`recording.Recorder`), they train without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any

from rewards import ToolCall
from rlvr.data.toolsets.mcp_server import Server, transport_of
from rlvr.environments.protocol import Outcome, ToolResult, UserTurn
from rlvr.errors import RunError
from rlvr.files import Json

TIMEOUT_S = 60.0
"""How long a call may take, and a server until it begins to answer."""


class McpEnvironment:
    """The tools of an MCP server, which runs as long as the environment is open.

    It knows no goal of its own: `outcome` says that none is reached. Record it, and give the recording a goal.
    """

    def __init__(self, server: Server) -> None:
        from anyio.from_thread import start_blocking_portal

        self.server = server

        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal())
            self._client: Any = stack.enter_context(self._portal.wrap_async_context_manager(_connected(server)))
            self._stack = stack.pop_all()

    def answer(self, call: ToolCall) -> ToolResult:
        """Carry out a call.

        Raises:
            RunError: the server has stopped, which is no answer of a tool.
        """
        from mcp.types import CONNECTION_CLOSED

        try:
            result = self._portal.call(self._called, call)
        except TimeoutError:
            return ToolResult.failed(f"{call.name} did not answer in {TIMEOUT_S:.0f} seconds")
        except Exception as error:  # a server of the user's own may fail in any way
            if getattr(error, "code", None) == CONNECTION_CLOSED:
                raise RunError(f"mcp:{self.server.source}: the server stopped at {call.name}; begin anew") from error
            return ToolResult.failed(f"{type(error).__name__}: {error}")
        texts = [part.text for part in result.content if getattr(part, "text", None) is not None]
        return ToolResult("\n".join(texts), bool(result.is_error))

    async def _called(self, call: ToolCall) -> Json:
        import anyio

        with anyio.fail_after(TIMEOUT_S):
            return await self._client.call_tool(call.name, call.arguments)

    def reply(self, text: str) -> UserTurn:
        """End the conversation: there is no user."""
        return UserTurn("", is_over=True)

    def changes(self) -> tuple[str, ...]:
        """Return nothing: a server does not show what has changed."""
        return ()

    def outcome(self) -> Outcome:
        """Say that no goal is known."""
        return Outcome(is_reached=False, progress=0.0, reasons=("an MCP server knows no goal",))

    def close(self) -> None:
        """Stop the server."""
        self._stack.close()


@asynccontextmanager
async def _connected(server: Server) -> AsyncIterator[Any]:
    """Give a client of a server that has begun to answer.

    Raises:
        TimeoutError: it has not.
    """
    from mcp.client import Client

    async with AsyncExitStack() as stack:
        async with asyncio.timeout(TIMEOUT_S):
            client = await stack.enter_async_context(Client(transport_of(server)))
        yield client
