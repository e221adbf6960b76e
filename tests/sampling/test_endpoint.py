"""Completions from a real HTTP server that speaks OpenAI's chat completions."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from chat_server import CUT, Answer, Server, completion

from rewards import Tiered
from rlvr.cli import main
from rlvr.config import EvaluationConfig
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.evaluation.run import evaluate
from rlvr.records.row import Row, write_rows
from rlvr.sampler import Completion, Request, Sampling, completions_of
from rlvr.sampling.endpoint import MAX_ANSWER_BYTES, Endpoint, messages_of
from rlvr.training.run_folder import RunFolder

KEY = "sk-test-only"
ROWS = synthesize("five_tools", rows=24, seed=3)


def row_of(body: dict[str, Any]) -> Row:
    return next(row for row in ROWS if row.prompt[-1]["content"] == body["messages"][-1]["content"])


def right(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
    """Calls as parsed tool_calls, and texts as they are."""
    truth = row_of(body).ground_truth
    if not truth.calls:
        return 200, {}, completion({"role": "assistant", "content": truth.text})
    calls = [{"name": call.name, "arguments": json.dumps(call.arguments)} for call in truth.calls]
    parsed = [{"id": f"c{i}", "type": "function", "function": call} for i, call in enumerate(calls)]
    return 200, {}, completion({"role": "assistant", "content": None, "tool_calls": parsed})


def endpoint(server: Server, **options: Any) -> Endpoint:
    return Endpoint.open(server.url, None, **{"timeout_s": 5.0, "retries": 2, **options})


def ask(server: Endpoint, rows: Sequence[Row], **fields: Any) -> list[list[Completion] | None]:
    return completions_of(server, [Request(row.prompt, row.tools, 9, **fields) for row in rows])


def test_evaluate_scores_tool_calls_and_text_and_never_stores_the_key(
    serve: Callable[[Answer], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = serve(right)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    write_rows("rows.jsonl", ROWS)
    Path("prices.yaml").write_text("served: {input: 1.0, output: 10}\n")
    arguments = ["data.evaluation.mine.path=rows.jsonl", "run_dir=out", "evaluation.prices=prices.yaml"]
    assert main(["evaluate", f"model.endpoint={server.url}", *arguments]) == 0
    summary = json.loads(Path("out/evaluation.json").read_text())["mine"]["served"]
    assert (summary["reward"]["mean"], summary["exact"]["mean"]) == (1.0, 1.0)
    # 100 prompt tokens at 1 and 20 completion tokens at 10 for a million, a thousand times
    assert summary["details"]["cost_per_1000"] == pytest.approx(0.3)
    assert summary["details"]["latency_s"]["p95"] > 0
    records = [json.loads(line) for line in Path("out/mine.jsonl").read_text().splitlines()]
    assert {type(record["completion"]) for record in records} == {str, list}
    assert server.keys == {f"Bearer {KEY}"}
    assert all(KEY not in path.read_text() for path in Path("out").rglob("*") if path.is_file())
    assert "cost of 1,000 tasks 0.30" in capsys.readouterr().out
    assert main(["reward", "try", "--rows", "out/mine.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exact"] == 1.0


def test_an_evaluation_that_was_stopped_goes_on_where_it_was(
    serve: Callable[[Answer], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """24 rows once greedily and twice sampled are 72 answers, of which the first server gives 30."""
    monkeypatch.chdir(tmp_path)
    write_rows("rows.jsonl", ROWS)
    answers = Path("out/answers.jsonl")

    def answer(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        return (200, {}, completion({"content": f"{body['seed']}"})) if "seed" in body else right(body, n)

    def dying(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        return answer(body, n) if len(server.asked) <= 30 else (504, {}, b"<html>upstream timed out</html>")

    def evaluated(server: Server, folder: str, *options: str) -> int:
        fixed = ["data.evaluation.mine.path=rows.jsonl", "evaluation.samples=2", "evaluation.retries=0"]
        return main(["evaluate", f"model.endpoint={server.url}", *fixed, f"run_dir={folder}", *options])

    def results(folder: str) -> Any:
        summary = json.loads(Path(folder, "evaluation.json").read_text())
        served = summary["mine"]["served"]
        del served["seconds"], served["details"]["latency_s"], served["details"]["rows_per_s"]
        return Path(folder, "mine.jsonl").read_text(), summary

    server = serve(dying)
    assert evaluated(server, "out", "evaluation.concurrency=1") == 0
    assert "out/answers.jsonl" in " ".join(capsys.readouterr().out.split())
    assert len(answers.read_text().splitlines()) == 30
    with answers.open("a") as file:
        file.write('{"key": "torn')  # as kill -9 leaves it
    before = answers.read_bytes()

    alive = serve(answer)
    for changed in ("model.request.temperature=0.5", "model.path=another"):
        answers.write_bytes(before)
        n_asked = len(alive.asked)
        assert evaluated(alive, "out", changed) == 0
        assert len(alive.asked) - n_asked == 72
    answers.write_bytes(before)
    n_asked = len(alive.asked)
    capsys.readouterr()
    assert evaluated(alive, "out") == 0
    assert len(alive.asked) - n_asked == 42
    assert "30 of 72 answers were taken from an earlier start" in " ".join(capsys.readouterr().out.split())
    assert evaluated(alive, "undisturbed") == 0
    assert results("out") == results("undisturbed")
    assert not answers.exists()
    with RunFolder(Path("out")).held():
        assert evaluated(alive, "out") == 2
    assert "is running in it; wait until it ends" in capsys.readouterr().err


@pytest.mark.parametrize("fields", [{}, {"tool_calls": []}, {"tool_calls": None}], ids=["no list", "empty", "null"])
def test_calls_that_a_server_leaves_as_text_are_not_paid_and_said(
    fields: dict[str, Any],
    serve: Callable[[Answer], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def unread(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        return 200, {}, completion({"role": "assistant", "content": row_of(body).completion(), **fields})

    server = serve(unread)
    monkeypatch.chdir(tmp_path)
    write_rows("rows.jsonl", ROWS)
    assert (
        main(["evaluate", f"model.endpoint={server.url}", "data.evaluation.mine.path=rows.jsonl", "run_dir=out"]) == 0
    )
    n_calls = sum(bool(row.ground_truth.calls) for row in ROWS)
    said = f"note: {n_calls} of {len(ROWS)} completions hold calls that the server left as text"
    assert said in " ".join(capsys.readouterr().out.split())
    records = [json.loads(line) for line in Path("out/mine.jsonl").read_text().splitlines()]
    assert [record["is_exact"] for record in records] == [not row.ground_truth.calls for row in ROWS]


def test_requests_go_out_together_and_come_back_in_order(serve: Callable[[Answer], Server]) -> None:
    def slow(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        time.sleep(0.1)
        return 200, {}, completion({"content": body["messages"][-1]["content"]})

    server = serve(slow)
    done: list[int] = []
    requests = [Request(row.prompt, row.tools, 9) for row in ROWS]
    found = completions_of(endpoint(server, concurrency=6), requests, lambda n, note="": done.append(n))
    assert [one[0].text for one in found if one] == [row.prompt[-1]["content"] for row in ROWS]
    assert 2 <= server.most_under_way <= 6
    assert sum(done) == len(ROWS)
    assert server.asked[0]["max_tokens"] == 9
    assert server.asked[0]["temperature"] == 0.0
    assert "seed" not in server.asked[0]


def test_a_busy_server_is_asked_again_and_a_row_that_fails_for_good_is_left_out(
    serve: Callable[[Answer], Server],
) -> None:
    def busy(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        if body["messages"][-1]["content"] == ROWS[0].prompt[-1]["content"]:
            return 503, {}, {"error": "down"}
        if n == 1:
            return 429, {"Retry-After": "0"}, {"error": "slow down"}
        return 200, {}, completion({"content": "ok"}, "length")

    server = serve(busy)
    found = ask(endpoint(server, retries=1), ROWS[:6])
    assert found[0] is None
    assert [one[0].is_truncated for one in found[1:] if one] == [True] * 5
    assert set(server.tries.values()) == {2}


def test_samples_differ_in_their_seed(serve: Callable[[Answer], Server]) -> None:
    server = serve(lambda body, n: (200, {}, completion({"content": str(body["seed"])})))
    found = ask(endpoint(server), ROWS[:1], n=3, sampling=Sampling(0.7, top_p=0.9), seed=5)
    assert [one.text for one in found[0] or ()] == ["5", "6", "7"]
    assert (server.asked[0]["temperature"], server.asked[0]["top_p"]) == (0.7, 0.9)


def test_fields_of_a_request_can_be_added_and_left_out(serve: Callable[[Answer], Server]) -> None:
    server = serve(lambda body, n: (200, {}, completion({"content": ""})))
    request = {"max_tokens": None, "max_completion_tokens": 7}
    ask(endpoint(server, request=request), ROWS[:1])
    assert "max_tokens" not in server.asked[0]
    assert server.asked[0]["max_completion_tokens"] == 7


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "wants another key, status 401"),
        (404, "no such path or model, status 404"),
        (400, "refuses the request, status 400"),
        (503, "failed every request; the last: status 503"),
    ],
)
def test_what_cannot_succeed_is_said_at_once(
    status: int, said: str, serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server = serve(lambda body, n: (status, {}, {"error": "no"}))
    with pytest.raises(UserError, match=said):
        ask(endpoint(server, retries=0), ROWS[:2])


def test_where_no_server_is_the_first_row_says_so_for_all() -> None:
    """Of a hundred rows each would be tried anew, ten minutes long with the usual waits."""
    nobody = Endpoint("http://127.0.0.1:9/v1", "any", retries=0, concurrency=1)
    n_done: list[int] = []
    message = "failed every request; the last: no connection: .*; start the server, or mend its address"
    with pytest.raises(UserError, match=message):
        completions_of(nobody, [Request(ROWS[0].prompt, ROWS[0].tools, 9)] * 3, lambda n, note="": n_done.append(n))
    assert n_done == [1]


def test_a_key_is_not_shown_even_where_the_server_quotes_it(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = serve(lambda body, n: (401, {}, {"error": f"Incorrect API key provided: {KEY}"}))
    with pytest.raises(UserError, match=r"Incorrect API key provided: \*\*\*") as error:
        ask(endpoint(server), ROWS[:1])
    assert KEY not in str(error.value)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one\nsk-two")
    with pytest.raises(UserError, match=r"OPENAI_API_KEY: holds a line break") as error:
        ask(endpoint(server), ROWS[:1])
    assert "sk-" not in str(error.value)


def test_what_a_server_tells_of_tokens_is_kept(serve: Callable[[Answer], Server]) -> None:
    told = {
        "logprobs": {"content": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": 0}]},
        "token_ids": [7, 8],
    }
    data = completion({"content": "ab"}, "tool_calls")
    data["choices"][0].update(told)
    ((answer,),) = ask(endpoint(serve(lambda body, n: (200, {}, data))), ROWS[:1])  # type: ignore[misc]
    assert (answer.token_ids, answer.logprobs, answer.finish_reason) == ((7, 8), (-0.5, 0), "tool_calls")


def first_only(status: int, data: Any) -> Answer:
    """An answer of this kind to the first row, and right ones to the others."""

    def answer(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        return (status, {}, data) if row_of(body) is ROWS[0] else right(body, n)

    return answer


BAD: dict[str, tuple[int, Any]] = {
    "refused": (400, {"error": "context length exceeded"}),
    "HTML": (200, b"<html>gateway</html>"),
    "another object": (200, {"object": "error", "message": "bad"}),
    "parts as content": (200, {"choices": [{"message": {"content": [{"type": "text"}]}}]}),
    "calls that are no list": (200, {"choices": [{"message": {"content": "", "tool_calls": "x"}}]}),
    "deep JSON": (200, b"[" * 200_000),
    "a gateway's text": (504, b"upstream request timeout"),
    "a gateway's HTML": (502, b"<html><h1>502 Bad Gateway</h1></html>"),
    "moderated": (403, {"error": {"code": 403, "message": "flagged"}}),
    "no credit": (402, {"error": {"code": 402, "message": "Insufficient credits"}}),
    "an error with 200": (200, {"error": {"code": 502, "message": "Provider returned error"}}),
    "an error in words with 200": (200, {"error": "model is loading"}),
    "no choices": (200, {"choices": []}),
    "choices that are null": (200, {"choices": None, "usage": {}}),
    "an error in the choice": (200, {"choices": [{"message": {"content": ""}, "error": {"code": 429}}]}),
    "ended by an error": (200, completion({"content": "I wo"}, "error")),
    "ended by a filter": (200, completion({"content": ""}, "content_filter")),
    "ended by Gemini's filter": (200, completion({"content": ""}, "content_filter: SAFETY")),
    "aborted by vLLM": (200, completion({"content": "Par"}, "abort")),
    "a stream that nobody asked for": (200, b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: [DONE]\n\n'),
    "cut in the middle": (CUT, b""),
    "larger than the limit": (200, b" " * (MAX_ANSWER_BYTES + 1)),
}


@pytest.mark.parametrize(("status", "data"), BAD.values(), ids=BAD)
def test_a_bad_answer_costs_its_row(status: int, data: Any, serve: Callable[[Answer], Server]) -> None:
    found = ask(endpoint(serve(first_only(status, data)), retries=0), ROWS[:3])
    assert [completions is None for completions in found] == [True, False, False]


@pytest.mark.parametrize(
    "busy",
    [
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, {"error": "slow down"}),
        (429, {"Retry-After": "soon"}, {"error": "slow down"}),
        (200, {}, {"error": {"code": 429, "message": "free-models-per-min"}}),
        (200, {}, {"choices": [{"message": {"content": ""}, "finish_reason": "error", "error": {"code": 502}}]}),
        (CUT, {}, b""),
    ],
    ids=["date", "no date", "error", "error in the choice", "cut"],
)  # fmt: skip
def test_what_may_pass_is_asked_again(busy: tuple[int, dict[str, str], Any], serve: Callable[[Answer], Server]) -> None:
    server = serve(lambda body, n: busy if n == 1 else right(body, n))
    found = ask(endpoint(server), ROWS[:1])
    assert found[0] is not None
    assert len(server.asked) == 2


def test_the_wait_that_a_date_asks_for_is_kept(
    serve: Callable[[Answer], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 1.0)
    asked_at: list[float] = []

    def busy(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        asked_at.append(time.time())
        return (429, {"Retry-After": formatdate(time.time() + 3, usegmt=True)}, {}) if n == 1 else right(body, n)

    ask(endpoint(serve(busy)), ROWS[:1])
    assert 1.5 < asked_at[1] - asked_at[0] < 5  # dates have whole seconds; without one it waits half a second


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_alone_is_an_empty_answer_that_shows_it(name: str, serve: Callable[[Answer], Server]) -> None:
    server = serve(lambda body, n: (200, {}, completion({"content": None, name: "I call f."}, "length")))
    ((answer,),) = ask(endpoint(server), ROWS[:1])  # type: ignore[misc]
    assert (answer.text, answer.message, answer.is_truncated) == ("<think>\nI call f.\n</think>", None, True)
    result = Tiered()(answer.scored, ground_truth=ROWS[0].ground_truth, tools=ROWS[0].tools)
    assert result is not None
    assert (result.value, result.behavior) == (0.0, None)


@pytest.mark.parametrize("end", ["", "/", "/chat/completions", "/chat/completions/"])
def test_an_address_may_end_in_the_path(end: str, serve: Callable[[Answer], Server]) -> None:
    server = serve(right)
    assert Endpoint.open(f"{server.url}{end}", None).url == server.url


def test_a_server_that_dies_is_not_asked_for_each_row(serve: Callable[[Answer], Server]) -> None:
    server = serve(right)
    opened = endpoint(server, retries=0, concurrency=1)
    done: list[int] = []

    def progress(n: int, note: str = "") -> None:
        done.append(n)
        if len(done) == 2:
            server.stop()

    found = completions_of(opened, [Request(row.prompt, row.tools, 9) for row in ROWS], progress)
    n_answered = sum(answer is not None for answer in found)
    assert n_answered >= 2
    assert len(done) <= n_answered + 2  # the one under way, and the first that reaches nobody


def test_a_server_of_another_scheme_says_which(serve: Callable[[Answer], Server]) -> None:
    with pytest.raises(UserError, match=r"no secure connection to https://.*; set SSL_CERT_FILE to .* http://"):
        Endpoint.open(serve(right).url.replace("http://", "https://"), None)


@pytest.mark.parametrize("usage", [[1], {"completion_tokens": "7"}, {"completion_tokens": -1}, None, "x"])
def test_counts_that_are_none_are_zero(usage: Any, serve: Callable[[Answer], Server]) -> None:
    server = serve(lambda body, n: (200, {}, {**completion({"content": "text"}), "usage": usage}))
    ((found,),) = ask(endpoint(server), ROWS[:1])  # type: ignore[misc]
    assert (found.text, found.n_tokens, found.n_prompt_tokens) == ("text", 0, 0)


def test_half_a_surrogate_pair_can_be_written(serve: Callable[[Answer], Server]) -> None:
    message = {"content": "a\ud800b", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": "\ud800"}'}}]}
    server = serve(lambda body, n: (200, {}, completion(message)))
    ((found,),) = ask(endpoint(server), ROWS[:1])  # type: ignore[misc]
    assert found.text == "a\ufffdb"
    json.dumps(found.message, ensure_ascii=False).encode()


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_the_time_limit_is_for_the_whole_answer(beginning: bytes) -> None:
    """A server that sends a byte now and then never makes the library's own limit."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            with contextlib.suppress(OSError), listening.accept()[0] as connection:
                connection.sendall(beginning)
                for _ in range(100):
                    connection.sendall(b" ")
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        slow = Endpoint(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", "m", timeout_s=0.5, retries=0)
        started = time.monotonic()
        with pytest.raises(UserError, match=r"no whole answer within 0\.5 s"):
            ask(slow, ROWS[:1])
        assert time.monotonic() - started < 3


def test_ctrl_c_ends_at_once_and_keeps_what_is_done(serve: Callable[[Answer], Server]) -> None:
    def answer(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        if row_of(body) is not ROWS[0]:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            time.sleep(20)
        return right(body, n)

    started = time.monotonic()
    slow = endpoint(serve(answer), timeout_s=20, concurrency=1)
    evaluation = evaluate(slow, ROWS[:3], Tiered(), EvaluationConfig(), keeps_partial=True)
    assert time.monotonic() - started < 5
    assert (evaluation.is_stopped, [result.index for result in evaluation.results]) == (True, [0])


@pytest.mark.parametrize("data", [{"choices": []}, [], {"choices": [{"message": None}]}])
def test_an_answer_that_is_no_completion_is_an_error(data: Any, serve: Callable[[Answer], Server]) -> None:
    server = serve(lambda body, n: (200, {}, data))
    with pytest.raises(UserError, match=r"the answer is not (a chat completion|JSON)"):
        ask(endpoint(server), ROWS[:1])


def test_the_model_is_named_where_a_server_has_several(serve: Callable[[Answer], Server]) -> None:
    server = serve(right)
    server.models = ["a", "b"]
    with pytest.raises(UserError, match=r"name one of the models that .* serves: a, b"):
        endpoint(server)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:8000", "is not an address"),
        ("http://me:secret@localhost/v1", "holds a password or a query"),
        ("http://127.0.0.1:9/v1", "does not answer: no connection"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        Endpoint.open(url, None, retries=0)
    assert "secret" not in str(error.value)


def test_calls_of_earlier_turns_get_what_servers_ask_for() -> None:
    call = {"name": "f", "arguments": {"a": 1}}
    assistant = {"role": "assistant", "tool_calls": [call, {"function": call, "id": "mine"}]}
    sent = messages_of([assistant, {"role": "tool", "content": "1"}, {"role": "tool", "content": "2"}])
    first, second = sent[0]["tool_calls"]
    assert first == {"id": "call_0_0", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    assert second["id"] == "mine"
    assert [message["tool_call_id"] for message in sent[1:]] == ["call_0_0", "mine"]
