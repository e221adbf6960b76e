"""`rlvr launch openai` through the official client, against a stand-in of the service's HTTP API."""

from __future__ import annotations

import email
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rlvr.cli import main
from rlvr.data.synth import synthesize

pytest.importorskip("openai", reason="the package openai is not installed")

JOB = {
    **{"object": "fine_tuning.job", "id": "ftjob-1", "created_at": 1, "organization_id": "org", "result_files": []},
    **{"hyperparameters": {"n_epochs": 2}, "seed": 7, "training_file": "file-0", "validation_file": None},
    **{"error": None, "fine_tuned_model": None, "finished_at": None, "trained_tokens": None, "model": "small"},
}


@dataclass
class Service:
    """The stand-in: what it was sent, and the statuses that its job goes through, one at each look."""

    statuses: list[str]
    uploads: dict[str, bytes] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)
    refuse: tuple[int, str] | None = None
    url: str = ""
    looks: int = 0

    def job(self, status: str) -> dict[str, Any]:
        ended = {
            "succeeded": {"fine_tuned_model": "ft:small:clinic", "trained_tokens": 120_000},
            "failed": {"error": {"code": "bad", "message": "line 3 has no\nassistant turn", "param": None}},
        }
        return {**JOB, "status": status, **ended.get(status, {})}

    def events(self) -> list[dict[str, Any]]:
        names = ["created", "validated", "step 10: loss 0.4", "done"][: self.looks + 1]
        common = {"object": "fine_tuning.job.event", "created_at": 1, "level": "info"}
        return [{**common, "id": f"event-{name}", "message": name} for name in names][::-1]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    state = Service(["validating_files", "running", "succeeded"])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Authorization"] != "Bearer secret-key":
                return self.reply({"error": {"message": "Incorrect API key provided"}}, 401)
            if state.refuse is not None:
                status, message = state.refuse
                return self.reply({"error": {"message": message}}, status)
            if self.path == "/v1/files":
                return self.reply(self.upload(content))
            state.orders.append(json.loads(content))
            return self.reply(state.job("validating_files"))

        def upload(self, content: bytes) -> dict[str, Any]:
            form = email.message_from_bytes(
                b"Content-Type: " + self.headers["Content-Type"].encode() + b"\n\n" + content
            )
            parts = {part.get_param("name", header="Content-Disposition"): part for part in form.get_payload()}
            assert parts["purpose"].get_payload() == "fine-tune"
            name = f"file-{len(state.uploads)}"
            state.uploads[name] = parts["file"].get_payload(decode=True)
            common = {"object": "file", "purpose": "fine-tune", "status": "processed", "created_at": 1}
            return {"id": name, "bytes": 1, "filename": "x.jsonl", **common}

        def do_GET(self) -> None:
            if "/events" in self.path:
                return self.reply({"object": "list", "data": state.events(), "has_more": False})
            if not self.path.endswith("ftjob-1"):
                return self.reply({"error": {"message": "no such job"}}, 404)
            status = state.statuses[min(state.looks, len(state.statuses) - 1)]
            state.looks += 1
            return self.reply(state.job(status))

        def reply(self, answer: Any, status: int = 200) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{http.server_port}/v1"
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    some = synthesize("five_tools", rows=12, seed=0, split="train")
    path.write_text("".join(json.dumps(row.to_json()) + "\n" for row in some))
    return path


def test_rows_become_a_tuned_model(
    service: Service, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prices.yaml").write_text("small: {training: 25.0}\n")
    further = [f"validation={rows}", "suffix=clinic", "seed=7", "hyperparameters={n_epochs: 2}", "poll_s=0.01"]
    address = [f"base_url={service.url}", f"prices={tmp_path / 'prices.yaml'}"]
    assert main(["launch", "openai", str(rows), "model=small", *address, *further]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == [f"{rows}: 12 conversations"] * 2
    assert out[2] == "job ftjob-1 is validating_files; watch it again with: rlvr launch openai job=ftjob-1"
    assert out[3:7] == [f"ftjob-1: {line}" for line in ("created", "validated", "step 10: loss 0.4", "done")]
    assert out[7] == "tuned model: ft:small:clinic, 120,000 tokens trained"
    assert out[8] == "cost: 3.00 at 25 for a million tokens"  # 120,000 * 25 / 1,000,000
    assert out[9].startswith(f"next: rlvr evaluate model.path=ft:small:clinic model.endpoint={service.url} ")
    supervised = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}}
    order = {"model": "small", "training_file": "file-0", "validation_file": "file-1", "method": supervised}
    assert service.orders == [{**order, "suffix": "clinic", "seed": 7}]
    lines = [json.loads(line) for line in service.uploads["file-0"].splitlines()]
    assert len(lines) == 12
    assert all(line["messages"][-1]["role"] == "assistant" and line["tools"] for line in lines)


def test_a_job_is_watched_again(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", "openai", "job=ftjob-1", f"base_url={service.url}", "poll_s=0.01"]) == 0
    assert "tuned model: ft:small:clinic" in capsys.readouterr().out
    assert service.orders == []


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        ("failed", 1, "job ftjob-1 failed: line 3 has no assistant turn"),
        ("cancelled", 1, "job ftjob-1 cancelled: it names no reason"),
    ],
)
def test_a_job_that_does_not_succeed_is_one_line(
    status: str, code: int, message: str, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.statuses = ["running", status]
    assert main(["launch", "openai", "job=ftjob-1", f"base_url={service.url}", "poll_s=0.01"]) == code
    assert capsys.readouterr().err == f"rlvr: error: {message}\n"


@pytest.mark.parametrize(
    ("key", "refuse", "code", "message"),
    [
        ("other-key", None, 2, "refuses the key: Incorrect API key provided; set another one, or api_key_env=NAME"),
        ("", None, 2, "no key for the service: set OPENAI_API_KEY, or name its variable with api_key_env=NAME"),
        ("secret-key", (400, "model small is not available"), 2, "refuses: status 400, model small is not available"),
    ],
)
def test_what_the_service_refuses_is_one_line(
    key: str,
    refuse: tuple[int, str] | None,
    code: int,
    message: str,
    service: Service,
    rows: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    service.refuse = refuse
    assert main(["launch", "openai", str(rows), "model=small", f"base_url={service.url}"]) == code
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert "other-key" not in error


def test_mistakes_are_one_line(service: Service, rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        ([str(rows)], "model: name the model to tune"),
        (["absent.jsonl", "model=small"], "absent.jsonl"),
        (["job=ftjob-2"], "has no such path, model or job: no such job; base_url= names another"),
        ([str(rows), "model=small", "prices=absent.yaml"], "absent.yaml cannot be read"),
    ):
        assert main(["launch", "openai", *arguments, f"base_url={service.url}"]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert len(error.splitlines()) == 1


HOSTILE_JOBS = {
    "texts for numbers": ({"trained_tokens": "many", "status": "succeeded", "fine_tuned_model": "ft:x"}, 0, "ft:x"),
    "an error that is a text": ({"status": "failed", "error": "no"}, 1, "job ftjob-1 failed: no"),
    "a list for a job": ([], 1, "otherwise than the API does"),
    "a command in a name": ({"status": "succeeded", "fine_tuned_model": "x; touch y"}, 0, "'model.path=x; touch y'"),
    "a key in a reason": ({"status": "failed", "error": {"message": "sk-aaaaaaaaaaaaaaaaaaaaaaaa"}}, 1, "failed: ***"),
}


@pytest.mark.parametrize(("job", "code", "said"), HOSTILE_JOBS.values(), ids=HOSTILE_JOBS)
def test_a_service_that_answers_otherwise_is_one_line(
    job: Any,
    code: int,
    said: str,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(service, "job", lambda _: {**JOB, **job} if isinstance(job, dict) else job)
    assert main(["launch", "openai", "job=ftjob-1", f"base_url={service.url}", "poll_s=0.01"]) == code
    out, err = capsys.readouterr()
    assert said in (err if code else out)
    assert len(err.splitlines()) == (code > 0)
    assert "sk-aaa" not in err


def test_rows_and_key_go_to_the_address_alone(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A redirect is no answer; one that quotes the key is shown without it, and one without end is cut off."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            seen.append((self.server, self.headers["Authorization"]))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if answers[self.server] == "redirect":
                self.send_response(307)
                self.send_header("Location", f"http://127.0.0.1:{other.server_port}/v1/files")
            elif answers[self.server] == "quote":
                self.send_response(400)
            else:
                self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if answers[self.server] == "quote":
                self.wfile.write(b'{"error": {"message": "bad request with secret-key"}}')
            while answers[self.server] == "endless":
                self.wfile.write(b" " * 2**20)

        def log_message(self, *_: Any) -> None:
            pass

    first, other = (ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2))
    for server in (first, other):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    answers = {first: "redirect", other: "quote"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "secret-key")
        patch.setattr("openai.DEFAULT_MAX_RETRIES", 0)
        for answer, code, said in (
            ("redirect", 2, "status 307"),
            ("quote", 2, "with ***"),
            ("endless", 1, "more than"),
        ):
            answers[first] = answer
            arguments = [str(rows), "model=small", f"base_url=http://127.0.0.1:{first.server_port}/v1"]
            assert main(["launch", "openai", *arguments]) == code
            err = capsys.readouterr().err
            assert said in err
            assert "secret-key" not in err
    assert {server for server, _ in seen} == {first}
    for server in (first, other):
        server.shutdown()
        server.server_close()
