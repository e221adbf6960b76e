"""Rows from one form of asking and declining into the other, and what the stages make of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import GroundTruth, Tiered, wire
from rewards.behavior_calls import BEHAVIOR_TOOLS
from rlvr.chat import render_completion
from rlvr.cli import main
from rlvr.data.behavior_form import converted
from rlvr.data.pairs import pairs
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.evaluation.run import score
from rlvr.records.row import Row, read_rows, write_rows
from rlvr.sampler import Completion

ROWS = synthesize("five_tools", rows=60, seed=5)
AS_CALLS = list(converted(ROWS, "calls"))


def test_there_and_back_again() -> None:
    assert list(converted(AS_CALLS, "text")) == list(ROWS)
    assert list(converted(AS_CALLS, "calls")) == AS_CALLS
    assert list(converted(ROWS, "text")) == list(ROWS)


def test_what_is_expected_stays_and_earns_all() -> None:
    behaviors = set()
    for before, row in zip(ROWS, AS_CALLS, strict=True):
        assert row.ground_truth == before.ground_truth
        result = Tiered()(render_completion(row), ground_truth=row.ground_truth, tools=row.tools)
        assert result is not None
        assert (result.value, result.behavior) == (1.0, row.ground_truth.behavior)
        behaviors.add(result.behavior)
    assert {"execute", "clarify", "refuse"} <= behaviors


def test_a_policy_learns_the_calls() -> None:
    row = next(row for row in AS_CALLS if row.ground_truth.missing)
    (call,) = wire.parse(render_completion(row)).calls
    assert call.name == "ask_user"
    assert call.arguments == {"parameters": list(row.ground_truth.missing), "question": row.ground_truth.text}


def test_evaluation_counts_such_calls_as_the_behavior() -> None:
    for index, row in enumerate(AS_CALLS):
        result = score(index, row, Completion(render_completion(row), 9), Tiered())
        assert (result.predicted, result.is_exact) == (row.ground_truth.behavior, True)
        assert result.verdict.is_functional
        assert {call.verdict for call in result.verdict.calls} <= {"right"}
        other = score(index, row, Completion(str(row.ground_truth.text), 9), Tiered())
        assert other.predicted == "answer"


def test_pairs_prefer_them() -> None:
    made = [pair for pair in pairs(AS_CALLS) if pair.ground_truth.behavior in ("clarify", "refuse")]
    assert made
    assert all("ask_user" in pair.chosen or "decline" in pair.chosen for pair in made)
    assert all(better > worse for better, worse in (pair.rewards for pair in made))


def test_the_command_writes_rows_and_lint_finds_them_clean(tmp_path: Path, capsys: Any) -> None:
    source = tmp_path / "rows.jsonl"
    write_rows(source, ROWS)
    assert main(["data", "convert", str(source), "behavior=calls"]) == 0
    out = tmp_path / "rows.calls.jsonl"
    assert f"wrote {out}: 60 rows, behavior as calls" in capsys.readouterr().out
    assert read_rows(out) == AS_CALLS
    assert main(["data", "lint", str(out), "--json"]) == 0
    assert "not_right" not in json.loads(capsys.readouterr().out).get("findings", {})
    assert main(["data", "convert", str(out), "behavior=text", f"out={tmp_path / 'back.jsonl'}"]) == 0
    assert read_rows(tmp_path / "back.jsonl") == list(ROWS)


@pytest.mark.parametrize(
    "command", [["convert", "out={}/out"], ["split", "out={}"], ["export", "format=openai", "out={}/o"]]
)
def test_lines_that_give_no_row_are_told(tmp_path: Path, capsys: Any, command: list[str]) -> None:
    """A line that a crash has cut off; they were left out without a word."""
    source = tmp_path / "rows.jsonl"
    write_rows(source, ROWS)
    lines = source.read_text().splitlines(keepends=True)
    lines[5] = lines[5][:80] + "\n"
    source.write_text("".join(lines))
    name, *options = [word.format(tmp_path) for word in command]
    assert main(["data", name, str(source), *options]) == 0
    assert "left out 1 that give no row, such as line 6: not JSON: " in capsys.readouterr().out


def test_a_question_without_text_is_given_one() -> None:
    row = Row([{"role": "user", "content": "Go"}], [*BEHAVIOR_TOOLS], GroundTruth("clarify", missing=("start_date",)))
    (back,) = converted([row], "text")
    assert back.ground_truth.text == "Could you tell me the start date?"


def test_mistakes_are_named(tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(UserError, match="form 'json' not found"):
        list(converted(ROWS, "json"))
    own = {"type": "function", "function": {"name": "decline", "parameters": {"type": "object", "properties": {}}}}
    with pytest.raises(UserError, match="a tool 'decline' of its own"):
        list(converted([Row([], [own], GroundTruth("refuse"))], "calls"))
    assert main(["data", "convert", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err
