"""The chat page in a browser, against a served model. Skipped where there is no Chromium with its driver."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from headless import browsing, needs_browser

from rlvr.cli import main
from rlvr.environments.episode import read_episodes
from rlvr.environments.opening import open_environment
from rlvr.errors import UserError
from rlvr.sampling.endpoint import Endpoint
from rlvr.serving import chat_page
from rlvr.serving.talk import Talk
from tests.chat_server import completion, serve  # noqa: F401 - a fixture

HOSTILE = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
WEATHER = {
    "name": "weather",
    "description": f"The weather. {HOSTILE}",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TOOLS = [{"type": "function", "function": WEATHER}]
CANCEL = {
    "name": "cancel_order",
    "description": "Cancel an order.",
    "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
}


def called(name: str, arguments: dict[str, Any]) -> Any:
    call = {"id": "a", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    return 200, {}, completion({"content": None, "tool_calls": [call]}, "tool_calls")


def policy(body: dict[str, Any], _: int) -> Any:
    """Calls rightly, wrongly, or leaves the call as text, as the request says; after a tool's answer it says it."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return 200, {}, completion({"content": f"The tool says {last['content']}"})
    if "wrong" in last["content"]:
        return called("weather", {"city": 5})
    if "left" in last["content"]:
        text = '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
        return 200, {}, completion({"content": text, "tool_calls": []})
    if "hostile" in last["content"]:
        return 200, {}, completion({"content": HOSTILE})
    return called("weather", {"city": "Oslo"})


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing("1000,900") as driver:
        yield driver


def until(holds: Callable[[], Any], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the page did not get there"
        time.sleep(0.05)


def texts(browser: Any, selector: str) -> list[str]:
    return [element.text for element in browser.find_elements("css selector", selector)]


def is_idle(browser: Any, state: str = "no") -> Callable[[], bool]:
    return lambda: browser.execute_script("return document.body.dataset.busy === arguments[0]", state)


def send(browser: Any, request: str, *, state: str = "no") -> None:
    browser.find_element("id", "request").send_keys(f"{request}\n")
    until(is_idle(browser, state))


def opened(browser: Any, address: str) -> None:
    browser.get(address)
    until(lambda: browser.execute_script("return document.body.dataset.ready === 'yes'"))


def world(folder: Path) -> Path:
    """A file with one episode, whose solution is a call."""
    (folder / "tools.json").write_text(json.dumps([CANCEL]))
    arguments = [f"tools={folder / 'tools.json'}", f"out={folder / 'episodes.jsonl'}", "rows=1", "kinds.direct=1"]
    assert main(["data", "worlds", *arguments]) == 0
    return folder / "episodes.jsonl"


@pytest.mark.slow
@needs_browser
def test_a_conversation_on_the_page(browser: Any, serve: Any) -> None:  # noqa: F811
    server = serve(policy)
    with chat_page.serving(Talk(Endpoint.open(server.url, None), TOOLS, 64, "Be brief."), "clinic", 0) as address:
        opened(browser, address)
        assert texts(browser, "#name") == ["clinic"]
        send(browser, "Weather in Oslo?", state="answers")
        assert json.loads(texts(browser, ".call")[0].removeprefix("weather(").removesuffix(")")) == {"city": "Oslo"}
        assert texts(browser, ".verdict") == ["✓ as its schema asks"]
        browser.find_element("css selector", ".results input").send_keys("rain\n")
        until(is_idle(browser))
        assert texts(browser, ".policy .text") == ["The tool says rain"]
        send(browser, "Something wrong", state="answers")
        assert texts(browser, ".verdict.bad") == ['✗ city: the value is not of type "string"']
        asked = [[message["role"] for message in body["messages"]] for body in server.asked]
        assert asked[2] == ["system", "user", "assistant", "tool", "assistant", "user"]
        browser.find_element("id", "new").click()
        send(browser, "A call that is left")
        assert "the server left a call in its text" in texts(browser, ".problem")[0]
        assert texts(browser, ".text")[0].startswith("<tool_call>")
        assert [message["role"] for message in server.asked[-1]["messages"]] == ["system", "user"]
        send(browser, "Something hostile")
        assert texts(browser, ".text")[-1] == HOSTILE
        assert browser.execute_script("return window.hacked") is None
        loaded = browser.execute_script("return performance.getEntriesByType('resource').map((r) => r.name)")
        assert all(name.startswith((address, "data:")) for name in loaded), "nothing comes from outside"
        assert browser.get_log("browser") == []


@pytest.mark.slow
@needs_browser
def test_an_environment_answers_the_calls(browser: Any, serve: Any, tmp_path: Path) -> None:  # noqa: F811
    (episode,) = read_episodes(world(tmp_path))
    (call, *_) = next(step.calls for step in episode.solution if step.calls)

    def calls_once(body: dict[str, Any], _: int) -> Any:
        is_answered = body["messages"][-1]["role"] == "tool"
        return (200, {}, completion({"content": "Done."})) if is_answered else called(call.name, call.arguments)

    begin = partial(open_environment, episode)
    endpoint = Endpoint.open(serve(calls_once).url, None)
    with chat_page.serving(Talk(endpoint, episode.tools, 64, begin=begin), "worlds", 0) as address:
        opened(browser, address)
        assert "answered by the environment" in texts(browser, "#offered summary")[0]
        send(browser, "Please.")
        (result,) = texts(browser, ".result")
        assert json.loads(result) == json.loads(begin().answer(call).content)
        assert texts(browser, ".policy .text") == ["Done."]


def test_the_command_serves_the_page_until_ctrl_c(
    serve: Any,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = []

    class Waiting:
        """Asks the page once, then is interrupted."""

        def wait(self) -> None:
            address = re.search(r"open (\S+) in a browser", capsys.readouterr().out)
            assert address is not None
            answers.append(httpx2.post(f"{address[1]}/turn", json={"request": "Weather in Oslo?"}).json())
            raise KeyboardInterrupt

    monkeypatch.setattr("rlvr.commands.chat.Event", Waiting)
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    arguments = [f"tools={tmp_path / 'tools.json'}", f"endpoint={serve(policy).url}", "page=true", "port=0"]
    assert main(["chat", "tiny", *arguments]) == 130
    assert answers[0]["calls"] == [{"name": "weather", "arguments": {"city": "Oslo"}, "objection": None}]


def test_the_page_serves_nobody_else(serve: Any) -> None:  # noqa: F811
    talk = Talk(Endpoint.open(serve(policy).url, None), TOOLS, 64)
    with chat_page.serving(talk, "clinic", 0) as address:
        headers = {"Host": "attacker.example"}
        assert httpx2.get(f"{address}/about", headers=headers).status_code == 403
        assert httpx2.post(f"{address}/turn", json={"request": "x"}, headers=headers).status_code == 403
        assert httpx2.post(f"{address}/turn", content='{"request": "x"}').status_code == 400
        assert httpx2.post(f"{address}/turn", json={"neither": 1}).status_code == 400
        assert httpx2.get(f"{address}/../talk.py").status_code == 404
        page = httpx2.get(address)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        port = int(address.rpartition(":")[2])
        with pytest.raises(UserError, match=f"port: {port} cannot be listened at"), chat_page.serving(talk, "x", port):
            pass


@pytest.mark.parametrize("length", ["-1", "abc", "", "99999999", "²"])
def test_a_request_says_its_length(length: str, serve: Any) -> None:  # noqa: F811
    talk = Talk(Endpoint.open(serve(policy).url, None), TOOLS, 64)
    with chat_page.serving(talk, "clinic", 0) as address, closing(socket.socket()) as asking:
        asking.connect(("127.0.0.1", int(address.rpartition(":")[2])))
        head = f"POST /turn HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Type: application/json\r\nContent-Length: {length}"
        asking.sendall(f"{head}\r\n\r\n".encode("latin-1"))
        assert asking.recv(100).startswith(b"HTTP/1.0 400")


def test_a_request_that_does_not_come_keeps_nobody_waiting(
    serve: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(chat_page._Handler, "timeout", 0.3)
    talk = Talk(Endpoint.open(serve(policy).url, None), TOOLS, 64)
    with chat_page.serving(talk, "clinic", 0) as address, closing(socket.socket()) as slow:
        slow.connect(("127.0.0.1", int(address.rpartition(":")[2])))
        head = (
            "POST /turn HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        slow.sendall(head.encode())
        time.sleep(0.05)
        assert httpx2.post(f"{address}/turn", json={"request": "Weather?"}).status_code == 200
        assert slow.recv(100) == b""
        headers = {"Content-Type": "application/json"}
        for content in (b"[" * 100_000, b'{"request": "\\ud800 hostile"}', b'{"messages": 5}', b"\xff"):
            answer = httpx2.post(f"{address}/turn", content=content, headers=headers)
            assert answer.status_code in (200, 400)
            answer.json()
    assert "Traceback" not in capsys.readouterr().err


def test_a_server_that_is_gone_is_said_on_the_page() -> None:
    talk = Talk(Endpoint("http://127.0.0.1:9/v1", "served", option="endpoint", retries=0), TOOLS, 64)
    with chat_page.serving(talk, "clinic", 0) as address:
        answer = httpx2.post(f"{address}/turn", json={"request": "Weather?"})
    assert answer.status_code == 502
    assert "endpoint: http://127.0.0.1:9/v1 failed every request" in answer.json()["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["episodes={file}", "tools=tools.json"], "tools: an episode brings its own tools"),
        (["episodes={file}", "episode=2"], "episode: 2; "),
    ],
)
def test_episodes_that_cannot_be_talked_about(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = world(tmp_path)
    assert main(["chat", "tiny", *(argument.format(file=file) for argument in arguments)]) == 2
    assert message in capsys.readouterr().err
