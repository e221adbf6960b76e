"""A real MCP server: called once, recorded, and trained against without it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from rewards import ToolCall
from rlvr.data.toolsets.mcp_server import Server, tools
from rlvr.environments.conversation import PolicyTurn, hold
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment
from rlvr.environments.recording import Recorder
from rlvr.errors import RunError

pytest.importorskip("mcp")

SERVER = """
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("rooms")
    booked = []

    @server.tool()
    def book_room(room: str, people: int = 2) -> str:
        '''Book a room.'''
        if room == "attic":
            raise ValueError("the attic is closed")
        booked.append(room)
        return f"{room} booked as number {len(booked)}"

    @server.tool()
    def crash() -> str:
        '''Crash.'''
        import os

        os._exit(1)

    server.run()
"""


def test_what_a_server_prints_beside_its_messages_is_passed_over(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "rooms.py"
    script.write_text("print('Welcome! {', flush=True)\n" + dedent(SERVER))
    assert [tool["function"]["name"] for tool in tools(f"{sys.executable} {script}").tools] == ["book_room", "crash"]
    assert "Traceback" not in capfd.readouterr().err


def test_a_server_is_called_recorded_and_then_not_needed(tmp_path: Path) -> None:
    from rlvr.environments.mcp_server import McpEnvironment

    script = tmp_path / "rooms.py"
    script.write_text(dedent(SERVER))
    server = Server((sys.executable, str(script)))
    offered = tools(server.source).tools
    live = Recorder(McpEnvironment(server))
    try:
        booked = live.answer(ToolCall("book_room", {"room": "library"}))
        closed = live.answer(ToolCall("book_room", {"room": "attic"}))
        unknown = live.answer(ToolCall("fly", {}))
    finally:
        live.close()
    assert (booked.content, booked.is_error) == ("library booked as number 1", False)
    assert closed.is_error
    assert unknown.is_error

    calls = [recorded.to_json() for recorded in live.recorded[:1]]
    prompt = [{"role": "user", "content": "Book the library."}]
    episode = Episode(prompt, offered, "recording", {"calls": calls})
    text = '<tool_call>\n{"name": "book_room", "arguments": {"room": "library", "people": 2}}\n</tool_call>'
    turns = iter([text, "Done."])
    (held,) = hold([(episode, open_environment(episode))], lambda _: [PolicyTurn(next(turns))], wire_format="hermes")
    assert held.turns[0].results == (booked,)
    assert held.outcome.is_reached


def test_a_server_that_dies_gives_no_answer_to_be_recorded(tmp_path: Path) -> None:
    from rlvr.environments.mcp_server import McpEnvironment

    script = tmp_path / "rooms.py"
    script.write_text(dedent(SERVER))
    live = Recorder(McpEnvironment(Server((sys.executable, str(script)))))
    try:
        assert not live.answer(ToolCall("book_room", {"room": "library"})).is_error
        for _ in range(2):
            with pytest.raises(RunError, match=r"rooms\.py: the server stopped at crash; begin anew"):
                live.answer(ToolCall("crash", {}))
    finally:
        live.close()
    assert len(live.recorded) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [("import time; time.sleep(60)", TimeoutError), ("print('hello')", Exception), ("raise SystemExit(3)", Exception)],
)
def test_a_server_that_does_not_begin_is_not_waited_for(
    code: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rlvr.environments import mcp_server

    monkeypatch.setattr(mcp_server, "TIMEOUT_S", 3.0)
    started = time.monotonic()
    with pytest.raises(error):
        mcp_server.McpEnvironment(Server((sys.executable, "-c", code)))
    assert time.monotonic() - started < 30
