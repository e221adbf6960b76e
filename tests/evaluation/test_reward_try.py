"""`rlvr reward try` as a user types it: what it prints, what it computes, and what it rejects."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from rewards import Tiered
from rlvr.chat import render_completion
from rlvr.cli import main
from rlvr.data import saved_rollouts
from rlvr.data.synth import synthesize
from rlvr.records.row import write_rows
from rlvr.training.grpo import RecordedReward

TOOLS = [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]
TRUTH = '[{"name": "get_weather", "arguments": {"city": "Paris"}}]'
ROME = '<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>'
ROW = {"prompt": [{"role": "user", "content": "?"}], "tools": TOOLS, "reward_model": {"ground_truth": TRUTH}}

Try = Callable[..., tuple[int, str, str]]


@pytest.fixture
def attempt(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Try:
    """Run `rlvr reward try ...` in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["reward", "try", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def write(path: str, *rows: object) -> None:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_one_completion_is_explained_tier_by_tier(attempt: Try) -> None:
    code, out, err = attempt("--completion", ROME, "--ground-truth", TRUTH, "--tools", json.dumps(TOOLS))
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    # 0.6 * (0.1 + 0.25 + 0 + 0.1 + 0.1)
    assert lines[0] == ["Tiered:", "0.330;", "expected", "execute,", "got", "execute"]
    assert lines[1] == ["tier", "share", "weight", "why"]
    assert lines[3] == ["behavior", "1.00", "0.1"]
    assert lines[5] == ["arguments", "0.00", "0.45", *"argument 'city': expected 'Paris', got 'Rome'".split()]


def test_any_reward_can_be_tried(attempt: Try) -> None:
    given = ("--completion", ROME, "--ground-truth", TRUTH, "--json")
    assert json.loads(attempt(*given, "reward.partial_cap=0.5")[1])["reward"] == pytest.approx(0.275)
    assert json.loads(attempt(*given, "reward=binary")[1])["reward"] == 0.0
    Path("my_reward_to_try.py").write_text("from rewards import ToolName\n")
    own = json.loads(attempt(*given, "reward._target_=my_reward_to_try.ToolName")[1])
    assert (own["reward"], own["components"]) == (1.0, {"tool_name": 1.0})


def test_a_completion_is_read_from_standard_input(attempt: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(ROME))
    assert "0.330" in attempt("--completion", "-", "--ground-truth", TRUTH)[1]


def test_a_line_of_a_file_is_scored_alone(attempt: Try) -> None:
    write("rows.jsonl", ROW, {**ROW, "completion": ROME})
    right = ROME.replace("Rome", "Paris")
    assert "Tiered: 1.000" in attempt("--rows", "rows.jsonl", "--row", "1", "--completion", right)[1]
    data = json.loads(attempt("--rows", "rows.jsonl", "--row", "2", "--json")[1])
    assert (data["line"], data["reward"]) == (2, pytest.approx(0.33))


def test_a_file_of_completions_is_summed_up(attempt: Try) -> None:
    rows = synthesize("five_tools", rows=12, seed=0)
    said = [render_completion(row) if index % 2 else "" for index, row in enumerate(rows)]
    write("rows.jsonl", *({**row.to_json(), "completion": text} for row, text in zip(rows, said, strict=True)))
    code, out, err = attempt("--rows", "rows.jsonl")
    assert (code, err) == (0, "")
    assert out.startswith("Tiered: 12 completions, mean reward 0.500, 50.0% exact")
    assert "most common reasons" in out
    data = json.loads(attempt("--rows", "rows.jsonl", "--json")[1])
    assert (data["n"], data["reward"], data["exact"]) == (12, 0.5, 0.5)
    assert sum(group["n"] for group in data["by_behavior"].values()) == 12
    assert sum(group["did"].get("nothing", 0) for group in data["by_behavior"].values()) == 6
    assert [scored["line"] for scored in data["completions"]] == list(range(1, 13))


def test_saved_rollouts_are_scored_again_as_they_were(attempt: Try, tmp_path: Path) -> None:
    recorded = RecordedReward(Tiered(), tmp_path / "run" / "rollouts" / "grpo.jsonl", candidates=2)
    recorded(
        prompts=["p", "p"],
        completions=[ROME, "I cannot help with that."],
        completion_ids=[[1], [2]],
        tools=[json.dumps(TOOLS)] * 2,
        reward_model=[json.dumps(ROW["reward_model"])] * 2,
        row=[0, 0],
        trainer_state=SimpleNamespace(global_step=0),
    )
    data = json.loads(attempt("--run", "run", "--json")[1])
    assert [scored["reward"] for scored in data["completions"]] == [pytest.approx(0.33), 0.0]
    assert data["reward"] == data["recorded"]
    assert "mean reward 0.165 (recorded 0.165)" in attempt("--rows", "run/rollouts/grpo.jsonl")[1]
    assert "mean reward 0.000 (recorded 0.165)" in attempt("--run", "run", "reward=binary")[1]
    saved_rollouts.pack(recorded.path)
    assert json.loads(attempt("--run", "run", "--json")[1])["completions"] == [
        {**scored, "file": "run/rollouts/grpo.parquet"} for scored in data["completions"]
    ]
    assert "mean reward 0.165 (recorded 0.165)" in attempt("--rows", "run/rollouts/grpo.parquet")[1]
    assert "mean reward 0.000 (recorded 0.165)" in attempt("--run", "run", "reward=binary")[1]


def test_rollouts_that_name_no_tools_are_scored_without(attempt: Try) -> None:
    write("old.jsonl", {"expected": json.dumps(ROW["reward_model"]), "candidates": [{"completion": ROME}]})
    assert "mean reward 0.330" in attempt("--rows", "old.jsonl")[1]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "rows.jsonl:2: not JSON"),
        ("[]", "rows.jsonl:2: not an object; a line is a row with a 'completion', or saved rollouts"),
        (json.dumps(ROW), "rows.jsonl:2: completion: missing; it must be a text or a list of chat messages"),
        (
            json.dumps({**ROW, "completion": 5}),
            "rows.jsonl:2: completion: a completion is a text or chat messages, not a int",
        ),
        (json.dumps({"completion": ROME}), "rows.jsonl:2: reward_model: missing"),
        (json.dumps({**ROW, "tools": [{}], "completion": ROME}), "rows.jsonl:2: tools: tools[0].name: None is not"),
        (json.dumps({**ROW, "tools": [], "completion": ROME}), "calls 'get_weather', but the row offers no tools"),
        (json.dumps({**ROW, "candidates": ROME}), "rows.jsonl:2: candidates: must be a list, not a text"),
        (json.dumps({**ROW, "candidates": [5]}), "rows.jsonl:2: candidates[0].completion: missing"),
        (
            json.dumps({**ROW, "reward_model": {"ground_truth": "x", "behavior": "exec"}, "completion": ROME}),
            "rows.jsonl:2: reward_model.behavior: 'exec' is not one of execute, clarify, refuse, answer",
        ),
    ],
    ids=["JSON", "object", "absent", "number", "truth", "tool", "tools", "candidates", "candidate", "behavior"],
)
def test_a_line_that_cannot_be_used_is_named(attempt: Try, line: str, expected: str) -> None:
    Path("rows.jsonl").write_text(json.dumps({**ROW, "completion": ROME}) + "\n" + line + "\n")
    code, out, err = attempt("--rows", "rows.jsonl")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert expected in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "nothing to score: give completion= and ground_truth=, or a file of rows, or the folder of a run"),
        (["--completion", "x"], "nothing to score"),
        (["--row", "1"], "--row: needs --rows FILE"),
        (["--row", "one"], "row: expected a whole number, got 'one'"),
        (["--rows", "absent.jsonl"], "absent.jsonl: no such file"),
        (["--rows", "rows.jsonl", "--row", "9"], "rows.jsonl:9: no row on this line; the file has rows on line 1"),
        (["--rows", "rows.jsonl", "--completion", "x"], "--completion: with --rows it needs --row N"),
        (["--rows", "rows.jsonl", "--tools", "[]"], "leave out --ground-truth and --tools"),
        (["--run", "absent"], "--run: absent has no rollouts/*.parquet or *.jsonl"),
        (["--run", "run", "--completion", "x"], "--run: scores the run's own rollouts"),
        (["--completion", "x", "--ground-truth", "[1]"], "--ground-truth: ground_truth: a call must be"),
        (["--completion", "x", "--ground-truth", TRUTH, "--tools", "["], "--tools: tools:"),
        (["--completion", "x", "--ground-truth", TRUTH, "--tools", '[{"name": "f"}]'], "--tools offers f"),
        (["--completoin", "x"], "flag '--completoin' not found; did you mean '--completion'?"),
        (["--completion"], "--completion: expected a value"),
        (["seed=1"], "option 'seed' not found; allowed: completion, "),
        (["reward=tierd"], "reward 'tierd' not found; did you mean 'tiered'?"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_exit_code_2(attempt: Try, arguments: list[str], expected: str) -> None:
    write("rows.jsonl", {**ROW, "completion": ROME})
    code, out, err = attempt(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("rlvr: error: ")
    assert err.count("\n") == 1
    assert expected in err


def test_a_truth_that_the_reward_cannot_score_names_its_line(attempt: Try) -> None:
    Path("my_reward_of_nothing.py").write_text(
        "class Nothing:\n    def __call__(self, completion, *, ground_truth, tools=None):\n        return None\n"
    )
    write("rows.jsonl", {**ROW, "completion": ROME})
    code, _, err = attempt("--rows", "rows.jsonl", "reward._target_=my_reward_of_nothing.Nothing")
    assert code == 2
    assert "rows.jsonl:1: reward_model: Nothing cannot score this ground truth" in err


def test_help_shows_every_flag(attempt: Try) -> None:
    code, out, _ = attempt("--help")
    assert code == 0
    names = ("completion", "ground_truth", "tools", "rows", "row", "run", "json")
    assert all(f"\n  {name}=" in out for name in names)
    assert "reward=CHOICE" in out


def test_rows_as_they_are_written_are_read(attempt: Try, tmp_path: Path) -> None:
    rows = synthesize("five_tools", rows=3, seed=1)
    write_rows(tmp_path / "rows.jsonl", rows)
    for line, row in enumerate(rows, start=1):
        out = attempt("--rows", "rows.jsonl", "--row", str(line), "--completion", render_completion(row))[1]
        assert "Tiered: 1.000" in out


RESPONSE = {
    "choices": [
        {"message": {"role": "assistant", "tool_calls": [{"function": {"name": "get_weather", "arguments": {}}}]}}
    ]
}


def test_a_pasted_response_is_read_as_messages(attempt: Try) -> None:
    truth = '[{"name": "get_weather", "arguments": {}}]'
    code, out, _ = attempt(f"completion={json.dumps(RESPONSE)}", f"ground_truth={truth}", f"tools={json.dumps(TOOLS)}")
    assert (code, out.split(";")[0]) == (0, "Tiered: 1.000")
    assert "The completion is read as messages." in out
    bare = '{"name": "get_weather", "arguments": {}}'
    code, out, _ = attempt(f"completion={bare}", f"ground_truth={truth}", f"tools={json.dumps(TOOLS)}")
    assert "read as messages" not in out


def test_a_file_and_a_folder_need_no_name(attempt: Try) -> None:
    write("rows.jsonl", {**ROW, "completion": RESPONSE})
    code, out, _ = attempt("rows.jsonl")
    assert (code, out.split(",")[0]) == (0, "Tiered: 1 completions")
    assert attempt("absent.jsonl")[2].startswith(
        "rlvr: error: 'absent.jsonl' is no file and no folder; give completion="
    )
    Path("run").mkdir()
    assert "--run: run has no rollouts" in attempt("run")[2]


def test_what_is_no_message_is_named_with_its_line(attempt: Try) -> None:
    write("rows.jsonl", {**ROW, "completion": {"reply": "Paris"}})
    code, _, err = attempt("rows.jsonl")
    assert code == 2
    assert "rows.jsonl:1" in err
    assert "not an object of 'reply'" in err
