"""Rows in a model's words: kept only where they say what was drawn, whatever the server does."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import CUT, Answer, Server, completion, serve

from rewards import Binary, GroundTruth, Tiered
from rlvr.cli import main
from rlvr.data.lint import lint
from rlvr.data.synth import any_tools
from rlvr.data.synth.writer.assignment import Assignment
from rlvr.data.synth.writer.verify import mistake_in_reply, mistake_in_request
from rlvr.policy.packaged import place_of
from rlvr.records.row import Row, read_rows

__all__ = ["serve"]

FLIGHTS = {
    "name": "search_flights",
    "description": "Find flights between two cities.",
    "parameters": {
        "type": "object",
        "properties": {
            "origin": {"type": "string", "description": "City to leave from"},
            "destination": {"type": "string", "description": "City to arrive in"},
            "departure_date": {"type": "string", "format": "date", "description": "Day of the flight"},
            "passengers": {"type": "integer", "description": "How many people fly"},
            "cabin": {"type": "string", "enum": ["economy", "premium_economy", "business"]},
            "direct_only": {"type": "boolean", "description": "Whether to leave out flights with stops"},
        },
        "required": ["origin", "destination", "departure_date"],
    },
}
REMINDER = {
    "name": "set_reminder",
    "description": "Remind somebody of something.",
    "parameters": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to be reminded of"},
            "time": {"type": "string", "description": "When, as HH:MM"},
        },
        "required": ["text", "time"],
    },
}
TOOLS = [{"type": "function", "function": tool} for tool in (FLIGHTS, REMINDER)]
DRAWN = {"origin": "Linz", "destination": "Graz", "departure_date": "2026-03-06", "passengers": 2}
TRIP = Row(
    [{"role": "user", "content": "Please find flights, origin Linz, destination Graz, 2026-03-06, 2 passengers."}],
    TOOLS,
    GroundTruth.parse([{"name": "search_flights", "arguments": DRAWN}]),
    {"kind": "single", "style": "casual"},
)
FORGOTTEN = Row(
    [{"role": "user", "content": "Please find flights, origin Linz, 2026-03-06."}],
    TOOLS,
    GroundTruth("clarify", text="Which destination should I use?", missing=("destination",)),
    {"kind": "clarify", "style": "casual", "tool": "search_flights",
     "given": {"origin": "Linz", "departure_date": "2026-03-06"}},
)  # fmt: skip
DECLINED = Row(
    [{"role": "user", "content": "Could you please water the orchids in room 14?"}],
    TOOLS,
    GroundTruth("refuse", text="I'm sorry, I can't help with that."),
    {"kind": "refuse", "style": "formal", "given": {}},
)
TOLD = Row(
    [{"role": "user", "content": "what is the capital of France?"}],
    TOOLS,
    GroundTruth("answer", text="The capital of France is Paris."),
    {"kind": "answer", "style": "formal", "given": {}},
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # right
        ("Two of us want to fly from Linz to Graz on 6 March 2026.", None),
        ("hi, can you get 2 people from Linz over to Graz on 2026-03-06?", None),
        ("flights Linz Graz, March 6th, two of us", None),
        # a value is missing, or another one
        ("Two of us want to fly from Linz to Graz.", "value missing"),
        ("Two of us want to fly from Linz to Graz on 7 March 2026.", "value missing"),
        ("Two of us want to fly from Linz to Graz on 6 March 2027.", "value missing"),
        ("Two of us want to fly from Linz on 6 March 2026.", "value missing"),
        ("We want to fly from Linz to Grazia on 6 March 2026, 2 people.", "value missing"),
        # a value too many
        ("Two of us want to fly from Linz to Graz on 6 March 2026, home on the 9th.", "value too many"),
        ("Two of us want to fly business from Linz to Graz on 6 March 2026.", "value too many"),
        ("Two of us want to fly from Linz to Graz via Vienna on 6 March 2026.", "value too many"),
        ("Two of us and three kids want to fly from Linz to Graz on 6 March 2026.", "value too many"),
        ("Two of us and 3 kids want to fly from Linz to Graz on 6 March 2026.", "value too many"),
        ("Two of us want to fly from Linz to Graz on 6 March 2026, home on 9 March.", "value too many"),
        ("Two of us want to fly from Linz to Graz on 6 March 2026 at 6 am.", "value too many"),
        ("Two of us want to fly from Linz to Graz on Friday, 6 March 2026.", "value too many"),
        ("Two of us fly from Linz to Graz on 6 March 2026, write to ana@example.org.", "value too many"),
        # names dictated
        ("search_flights from Linz to Graz on 2026-03-06 for 2", "name dictated"),
        ("Two of us, departure_date 2026-03-06, from Linz to Graz", "name dictated"),
        ("Two of us want to fly on 2026-03-06, origin: Linz, and land in Graz", "name dictated"),
        ("Two of us want to fly on 2026-03-06 from Linz with destination Graz", "name dictated"),
        # not a message
        ("", "empty"),
        ("...", "empty"),
        ("Here is the message: Two of us want to fly from Linz to Graz on 2026-03-06.", "not a message"),
        ("**Trip**: two of us, Linz to Graz, 2026-03-06", "not a message"),
        ("The person wants to fly from Linz to Graz on 2026-03-06 with 2 people.", "not a message"),
        ('<tool_call>{"name": "search_flights", "arguments": {}}</tool_call> Linz Graz 2026-03-06 2', "not a message"),
        ("I'm sorry, I can't find flights from Linz to Graz on 2026-03-06 for 2.", "not a message"),
        ("Two of us want to fly from Linz to Graz on 2026-03-06. " + "So nice there. " * 60, "too long"),
    ],
)  # fmt: skip
def test_a_request_is_kept_where_it_says_what_was_drawn(text: str, kind: str | None) -> None:
    mistake = mistake_in_request(text, Assignment(TRIP))
    assert (mistake and mistake.kind) == kind, mistake


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I'd like to leave Linz by plane on March 6.", None),
        ("I'd like to leave Linz by plane on March 6, destination: Graz.", "value too many"),
        ("I'd like to leave Linz for Graz by plane on March 6.", "value too many"),
        ("I'd like to leave Linz by plane.", "value missing"),
    ],
)
def test_a_request_keeps_back_what_the_reply_asks_for(text: str, kind: str | None) -> None:
    mistake = mistake_in_request(text, Assignment(FORGOTTEN))
    assert (mistake and mistake.kind) == kind, mistake


@pytest.mark.parametrize(
    ("row", "text", "kind"),
    [
        (DECLINED, "Would you be so kind and give the orchids in room 14 some water?", None),
        (DECLINED, "Would you be so kind and give the orchids some water?", "value missing"),
        (DECLINED, "Would you be so kind and give the orchids in rooms 14 and 15 some water?", "value too many"),
        (DECLINED, "I am happy to help you with your flights!", "not a message"),
        (TOLD, "France's capital, what is it called?", None),
        (TOLD, "Which city is the nicest?", "another topic"),
    ],
)
def test_a_request_without_values_is_reworded(row: Row, text: str, kind: str | None) -> None:
    mistake = mistake_in_request(text, Assignment(row))
    assert (mistake and mistake.kind) == kind, mistake


@pytest.mark.parametrize(
    ("row", "text", "kind"),
    [
        (FORGOTTEN, "Sure thing! What is your destination?", None),
        (FORGOTTEN, "Have a nice flight.", "does not clarify"),
        (FORGOTTEN, "How many people fly?", "does not clarify"),
        (FORGOTTEN, "Is your destination Graz?", "value too many"),
        (DECLINED, "Sorry, that is not something I can do.", None),
        (DECLINED, "Done, they have water.", "does not refuse"),
        (DECLINED, "Sorry, I can't do that. Ask Henry.", "value too many"),
        (TOLD, "It is Paris, the capital of France.", None),
        (TOLD, "The capital of France is Lyon.", "value too many"),
        (TOLD, "The capital of that country is a nice city.", "value missing"),
        (TOLD, "Which France do you mean?", "does not answer"),
    ],
)
def test_a_reply_is_kept_where_it_does_what_is_expected(row: Row, text: str, kind: str | None) -> None:
    mistake = mistake_in_reply(text, Assignment(row))
    assert (mistake and mistake.kind) == kind, mistake


def test_what_comes_from_a_result_is_not_asked_for() -> None:
    arguments = json.dumps({"text": "call Ana", "time": "14:30"})
    call = {"id": "a", "type": "function", "function": {"name": "set_reminder", "arguments": arguments}}
    history = [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": json.dumps({"status": "ok", "destination": "Graz"})},
    ]
    prompt = [{"role": "user", "content": "remind me, then fly from Linz on 2026-03-06, 2 people"}, *history]
    assignment = Assignment(Row(prompt, TOOLS, TRIP.ground_truth, {"kind": "chain", "style": "casual"}))
    assert [(tool, name) for tool, name, _ in assignment.values] == [
        ("set_reminder", "text"), ("set_reminder", "time"),
        ("search_flights", "origin"), ("search_flights", "departure_date"), ("search_flights", "passengers"),
    ]  # fmt: skip
    assert assignment.from_results == (("search_flights", "destination"),)
    good = "Remind me at 2:30 pm to call Ana, and then the two of us fly there from Linz on March 6"
    assert mistake_in_request(good, assignment) is None
    assert str(mistake_in_request(good.replace("2:30", "3:30"), assignment)).startswith("value missing: time")


FACT = re.compile(r"^- .*?: (.*)$", re.MULTILINE)
OPENINGS = [
    f"{who} {wish} {when}"
    for who in ("i", "we all", "my boss and i", "everybody here")
    for wish in ("would love this", "need this", "are after this", "have to get this done", "asked for this before")
    for when in ("please", "quickly", "if that is alright", "like the time before", "and thank you so much", "really")
]


def obey(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
    """A writer that says what it is told to say, in words of its own."""
    shown = body["messages"][-1]["content"]
    if "has to say: " in shown:
        return 200, {}, completion({"content": shown.rpartition("has to say: ")[2]})
    if "The message:\n" in shown:
        return 200, {}, completion({"content": shown.rpartition("The message:\n")[2]})
    opening = OPENINGS[int.from_bytes(shown.encode()[-40:]) % len(OPENINGS)]
    return 200, {}, completion({"content": f"{opening}: {'; '.join(FACT.findall(shown))}"})


def synth(tmp_path: Path, *options: str, rows: int = 30) -> int:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    out = [f"tools={tmp_path / 'tools.json'}", f"out={tmp_path / 'rows.jsonl'}", f"rows={rows}", "masked=0"]
    return main(["data", "synth", *out, "writer.retries=0", "writer.timeout_s=2", *options])


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def drawn(rows: int = 30) -> list[Row]:
    return any_tools.rows(TOOLS, rows, masked=0.0)


def test_rows_in_a_models_words_are_the_rows_that_were_drawn(
    serve: Callable[[Answer], Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(obey)
    (tmp_path / "prices.yaml").write_text("served: {input: 1.0, output: 10}")
    assert synth(tmp_path, f"writer.endpoint={server.url}", f"writer.prices={tmp_path / 'prices.yaml'}") == 0
    rows, rule = list(read_rows(tmp_path / "rows.jsonl")), drawn()
    written = [row for row in rows if row.extra_info.get("writer") == "served"]
    assert len(rows) == 30
    assert len(written) >= 22
    for old, new in zip(rule, rows, strict=True):
        assert new.tools == old.tools
        assert new.ground_truth.calls == old.ground_truth.calls
        assert new.ground_truth.missing == old.ground_truth.missing
        if "writer" in new.extra_info:
            assert mistake_in_request(Assignment(new).draft, Assignment(old)) is None
            text = new.ground_truth.text
            assert not text or Tiered()(text, ground_truth=new.ground_truth, tools=new.tools).value == 1.0  # type: ignore[union-attr]
        else:
            assert new == old
    assert lint(tmp_path / "rows.jsonl").is_clean
    out = capsys.readouterr().out
    assert f"{len(written)} of 30 rows are written by the model; {30 - len(written)} keep the rule's sentence" in out
    n = len(server.asked)
    assert f"served: {n} answers, {100 * n:,} prompt tokens and {20 * n:,} written, cost {n * 300 / 1e6:.4f}" in out


def test_a_run_asks_nothing_that_was_answered_before(serve: Callable[[Answer], Server], tmp_path: Path) -> None:
    server = serve(obey)
    assert synth(tmp_path, f"writer.endpoint={server.url}") == 0
    first, n_asked = (tmp_path / "rows.jsonl").read_bytes(), len(server.asked)
    with (tmp_path / "rows.answers.jsonl").open("a") as file:
        file.write('{"key": "torn')
    assert synth(tmp_path, f"writer.endpoint={server.url}") == 0
    assert (tmp_path / "rows.jsonl").read_bytes() == first
    assert len(server.asked) == n_asked


def test_a_server_that_dies_loses_nothing(
    serve: Callable[[Answer], Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    n_answered = 0

    def dying(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        nonlocal n_answered
        n_answered += 1
        return obey(body, n) if n_answered <= 20 else (500, {}, {"error": "gone"})

    options = ["writer.model=served", "writer.concurrency=2"]
    server = serve(dying)
    assert synth(tmp_path, f"writer.endpoint={server.url}", *options, rows=40) == 2
    printed = capsys.readouterr()
    assert "failed every request; the last: status 500" in printed.err
    assert "rows.answers.jsonl: the same command goes on from there" in " ".join(printed.out.split())
    assert [path.name for path in tmp_path.glob("rows*")] == ["rows.answers.jsonl"]
    assert len(records(tmp_path / "rows.answers.jsonl")) == 20

    alive = serve(obey)
    assert synth(tmp_path, f"writer.endpoint={alive.url}", *options, rows=40) == 0
    answered = {json.dumps([body["messages"], body["seed"]]) for body in server.asked[:20]}
    assert answered.isdisjoint(json.dumps([body["messages"], body["seed"]]) for body in alive.asked)
    whole = (tmp_path / "rows.jsonl").read_bytes()
    for path in tmp_path.glob("rows*"):
        path.unlink()
    assert synth(tmp_path, f"writer.endpoint={alive.url}", *options, rows=40) == 0
    assert (tmp_path / "rows.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, {}, {"error": "broken"}), "no answer"),
        ((429, {"Retry-After": "0"}, {"error": "slow down"}), "no answer"),
        ((400, {}, {"error": "context length"}), "no answer"),
        ((200, {}, b"<html>gateway</html>"), "no answer"),
        ((200, {}, b"\x00\xff\xfe"), "no answer"),
        ((200, {}, b"[" * 100_000), "no answer"),
        ((CUT, {}, b""), "no answer"),
        ((200, {}, completion({"content": None})), "empty"),
        ((200, {}, completion({"content": "word " * 100_000})), "too long"),
        ((200, {}, completion({"content": "I want"}, "length")), "too long"),
        ((200, {}, completion({"content": "As an AI model I am happy to help!"})), "not a message"),
        ((200, {}, completion({"content": "Linz Linz Linz Linz"})), "value missing"),
        ((200, {}, completion({"content": "<think>hm", "tool_calls": [{"function": {"name": "x"}}]})), "empty"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_not_kept_and_asked_for_once_more(
    answer: tuple[int, dict[str, str], Any], reason: str, serve: Callable[[Answer], Server], tmp_path: Path
) -> None:
    # One of the two tries of each row is bad; the first answer of all is good, so that the server counts as alive.
    server = serve(lambda body, n: answer if body["seed"] == 0 and len(server.asked) > 1 else obey(body, n))
    options = ["behaviors.single=1", "writer.concurrency=1"]
    assert synth(tmp_path, f"writer.endpoint={server.url}", *options, rows=4) == 0
    rows = list(read_rows(tmp_path / "rows.jsonl"))
    assert sum("writer" in row.extra_info for row in rows) >= 3
    reasons = {record["reason"].partition(":")[0] for record in records(tmp_path / "rows.rejected.jsonl")}
    assert reason in reasons


def test_a_hanging_server_costs_its_time_limit_and_nothing_else(
    serve: Callable[[Answer], Server], tmp_path: Path
) -> None:
    def hang(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        if body["seed"] == 0 and len(server.asked) > 1:
            time.sleep(5)
        return obey(body, n)

    server = serve(hang)
    started = time.monotonic()
    options = ["behaviors.single=1", "writer.timeout_s=0.5", "writer.concurrency=4"]
    assert synth(tmp_path, f"writer.endpoint={server.url}", *options, rows=6) == 0
    assert time.monotonic() - started < 20
    assert sum("writer" in row.extra_info for row in read_rows(tmp_path / "rows.jsonl")) >= 5


def test_what_is_not_written_is_left_out_where_told(
    serve: Callable[[Answer], Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = 200, {}, completion({"content": ""})
    server = serve(lambda body, n: obey(body, n) if "Remind" in body["messages"][-1]["content"] else empty)
    options = ["behaviors.single=1", "writer.fallback=drop", "writer.attempts=1"]
    assert synth(tmp_path, f"writer.endpoint={server.url}", *options, rows=12) == 0
    rows = list(read_rows(tmp_path / "rows.jsonl"))
    assert {row.ground_truth.calls[0].name for row in rows} == {"set_reminder"}
    assert all(row.extra_info["writer"] == "served" for row in rows)
    assert len(rows) + len(records(tmp_path / "rows.rejected.jsonl")) == 12
    (tmp_path / "rows.jsonl").unlink()
    mute = serve(lambda body, n: empty)
    options.append("writer.model=mute")
    assert synth(tmp_path, f"writer.endpoint={mute.url}", *options, rows=3) == 2
    assert "none of the 3 rows passed; the texts and why not are in" in capsys.readouterr().err
    assert not (tmp_path / "rows.jsonl").exists()


def test_a_second_model_reads_the_request_back(serve: Callable[[Answer], Server], tmp_path: Path) -> None:
    calls = [
        call
        for row in any_tools.rows(TOOLS, 12, behaviors={"single": 1}, masked=0.0)
        for call in row.ground_truth.calls
    ]

    def read(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        """Read the flights right, and of the reminders a text that nobody gave."""
        said = body["messages"][-1]["content"]
        call = next(
            call for call in calls if all(str(v) in said for v in call.arguments.values() if v not in (True, False))
        )
        arguments = call.arguments if call.name == "search_flights" else {**call.arguments, "text": "x"}
        function = {"name": call.name, "arguments": json.dumps(arguments)}
        return (
            200,
            {},
            completion({"content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]}),
        )

    writer, reader = serve(obey), serve(read)
    reader.models = ["second"]
    options = [
        f"writer.endpoint={writer.url}",
        f"writer.reader={reader.url}",
        "behaviors.single=1",
        "writer.attempts=1",
    ]
    assert synth(tmp_path, *options, rows=12) == 0
    names = {row.ground_truth.calls[0].name for row in read_rows(tmp_path / "rows.jsonl") if "writer" in row.extra_info}
    assert names == {"search_flights"}
    refused = [record for record in records(tmp_path / "rows.rejected.jsonl") if "read otherwise" in record["reason"]]
    assert len(refused) >= 3
    assert {body["model"] for body in reader.asked} == {"second"}
    assert all(body["tools"] and body["temperature"] == 0 for body in reader.asked)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("writer.endpoint=http://127.0.0.1:9/v1", "writer.endpoint: http://127.0.0.1:9/v1 does not answer"),
        ("writer.endpoint=localhost:8000", "writer.endpoint: 'localhost:8000' is not an address"),
        ("writer.endpoint=http://me:pw@localhost/v1", "writer.endpoint: holds a password or a query"),
        ("writer.fallback=skip", "writer.fallback: 'skip' is not one of: rule, drop"),
        ("writer.attempts=0", "writer.attempts: 0 is not above 0"),
        ("writer.prices=none.yaml", "writer.prices: none.yaml cannot be read"),
        ("writer.reader=http://127.0.0.1:9/v1", "writer.reader: http://127.0.0.1:9/v1 does not answer"),
    ],
)
def test_a_mistake_is_said_in_a_line_and_leaves_no_file(
    option: str,
    said: str,
    serve: Callable[[Answer], Server],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint = [] if option.startswith("writer.endpoint") else [f"writer.endpoint={serve(obey).url}"]
    assert synth(tmp_path, *endpoint, option, rows=3) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("rows*"))


MODEL = place_of("smollm2-135m")
VLLM = os.environ.get("RLVR_VLLM_VENV")


@pytest.fixture
def smollm2() -> Iterator[str]:
    """vLLM serving SmolLM2-135M-Instruct on this machine's CPU."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # Weights in bfloat16 would be served in it, for which not every processor has instructions.
    options = (
        "--served-model-name smollm2 --max-model-len 2048 --dtype float32 --enforce-eager --enable-auto-tool-choice"
    )
    command = [f"{VLLM}/bin/python", "-m", "vllm.entrypoints.openai.api_server", "--model", str(MODEL)]
    command += [*options.split(), "--tool-call-parser", "hermes", "--port", str(port)]
    environment = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(1200):
            assert server.poll() is None, "vLLM ended"
            try:
                urllib.request.urlopen(f"{url}/models", timeout=2)
                break
            except OSError:
                time.sleep(1)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # the engine and its workers are processes of their own
        server.wait(60)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(VLLM is None or not MODEL.exists(), reason="needs RLVR_VLLM_VENV and rlvr fetch smollm2-135m")
def test_a_small_model_on_a_real_server_writes_only_what_holds(
    smollm2: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        f"writer.endpoint={smollm2}",
        f"writer.reader={smollm2}",
        "writer.timeout_s=120",
        "writer.request.max_tokens=80",
    ]
    assert synth(tmp_path, *options, rows=24) == 0
    rows = list(read_rows(tmp_path / "rows.jsonl"))
    assert len(rows) == 24
    for old, new in zip(drawn(24), rows, strict=True):
        if "writer" not in new.extra_info:
            assert new == old
            continue
        assert new.extra_info["writer"] == "smollm2"
        assert mistake_in_request(Assignment(new).draft, Assignment(old)) is None
        if new.ground_truth.text:
            assert Binary()(new.ground_truth.text, ground_truth=new.ground_truth, tools=new.tools).value == 1.0  # type: ignore[union-attr]
    out = capsys.readouterr().out
    assert re.search(r"smollm2: \d+ answers, [\d,]+ prompt tokens", out)
    assert lint(tmp_path / "rows.jsonl").is_clean
