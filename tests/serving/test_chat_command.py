"""`rlvr chat`: what a policy writes, the calls that come of it, and what their schemas say, on standard input."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from rewards import Toolset, wire
from rlvr.cli import main
from rlvr.serving.talk import judged
from tests.chat_server import completion, serve  # noqa: F401 - a fixture

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city"],
            },
        },
    }
]


def hermes(name: str, **arguments: Any) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (hermes("weather", city="Oslo"), ['call: weather({"city": "Oslo"})', "  ok, as its schema asks"]),
        (
            hermes("weather", city="Oslo", days="2"),
            ['call: weather({"city": "Oslo", "days": "2"})', '  ! days: the value is not of type "integer"'],
        ),
        (hermes("weather"), ["call: weather({})", '  ! "city" is a required property']),
        (
            hermes("wether", city="Oslo"),
            ['call: wether({"city": "Oslo"})', "  ! no tool of this name is offered; there are: weather"],
        ),
        ("For which city?", ["text: For which city?"]),
        ("", ["! nothing: an empty answer"]),
    ],
)
def test_each_call_is_held_against_its_schema(text: str, lines: list[str]) -> None:
    tools = Toolset(TOOLS)
    assert list(judged(wire.parse(text, "hermes", tools), tools).lines()) == lines


def test_a_broken_call_is_named() -> None:
    tools = Toolset(TOOLS)
    (line,) = judged(wire.parse('<tool_call>\n{"name": "weather", \n</tool_call>', "hermes", tools), tools).lines()
    assert line.startswith("! malformed call: ")


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_conversation_with_a_server(
    serve: Any,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}

    def answer(body: dict[str, Any], _: int) -> tuple[int, dict[str, str], Any]:
        if body["messages"][-1]["role"] == "tool":
            return 200, {}, completion({"content": "It rains."})
        return 200, {}, completion({"content": None, "tool_calls": [call]}, "tool_calls")

    server = serve(answer)
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    typed(monkeypatch, "Weather in Oslo?", '{"rain": true}', "", "")
    tools = f"tools={tmp_path / 'tools.json'}"
    assert main(["chat", "tiny", tools, f"endpoint={server.url}", "system=Be brief."]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if not line.endswith(" ...")] == [
        "tools: weather",
        'call: weather({"city": "Oslo"})',
        "  ok, as its schema asks",
        "text: It rains.",
    ]
    first, second = (body["messages"] for body in server.asked)
    assert [message["role"] for message in first] == ["system", "user"]
    assert [message["role"] for message in second] == ["system", "user", "assistant", "tool"]
    assert second[2]["tool_calls"][0]["id"] == second[3]["tool_call_id"]
    assert second[3]["content"] == '{"rain": true}'


def test_calls_that_a_server_leaves_as_text_are_text(
    serve: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = serve(lambda *_: (200, {}, completion({"content": hermes("weather", city="Oslo")})))
    typed(monkeypatch, "Weather in Oslo?")
    assert main(["chat", "tiny", f"endpoint={server.url}"]) == 0
    out = capsys.readouterr().out
    assert "text: <tool_call>" in out
    assert "the server left a call in its text" in out
    assert not any(line.startswith("call: ") for line in out.splitlines())


def test_a_conversation_with_the_weights(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed(monkeypatch, "What is the weather in Oslo on 2026-03-14?")
    assert main(["chat", "tiny", "max_new_tokens=120"]) == 0
    out = capsys.readouterr().out
    assert "tools: get_weather_forecast" in out
    assert "written: " in out
    assert "call: " in out or "text: " in out


def test_mistakes_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        (["./absent"], "absent: no such file or folder"),
        (["tiny", "tools=absent.json"], "absent.json"),
        (["tiny", "endpoint=localhost:8000"], "endpoint"),
        (["tiny", "tool=x"], "option 'tool' not found; did you mean 'tools'?"),
        ([], "expected RUN"),
    ):
        assert main(["chat", *arguments]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert len(error.splitlines()) == 1
