"""Rollouts on disk: the parquet file says what the lines said, in a fraction of the room."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rewards import Behavior, GroundTruth, Reason, ToolCall
from rlvr.data import saved_rollouts
from rlvr.errors import RowError
from rlvr.files import append_log
from rlvr.records.rollout import Candidate, Rollout


def rollout(step: int, *, rewards: tuple[float | None, ...] = (0.33, None)) -> Rollout:
    """One whose last candidate cannot be scored: it has no components and no reasons."""
    reason = Reason("arguments", "value", "f", "é", expected={"x": [1]}, got="…")
    scores = ({"behavior": 1.0, "arguments": 0.5}, Behavior.EXECUTE, (reason,))
    return Rollout(
        step=step,
        row=7,
        prompt="<|im_start|>user\nWeather in Zürich?",
        messages_json='[{"role": "user", "content": "Weather in Zürich?"}]',
        tools_json='[{"name": "get_weather"}]',
        ground_truth=GroundTruth(Behavior.EXECUTE, (ToolCall("get_weather", {"city": "Zürich"}),)),
        candidates=tuple(
            Candidate(f"  {step}\n", 3) if reward is None else Candidate(f"  {step}\n", 3, reward, *scores)
            for reward in rewards
        ),
    )


def write(lines: Path, *rollouts: Rollout) -> None:
    append_log(lines, (each.to_json() for each in rollouts))


def test_the_parquet_file_takes_the_lines_place_and_says_the_same(tmp_path: Path) -> None:
    lines = tmp_path / "rollouts" / "grpo.jsonl"
    rollouts = [rollout(step) for step in range(1, 2051)]  # more than two row groups
    write(lines, *rollouts)
    assert list(saved_rollouts.read(lines)) == rollouts
    assert saved_rollouts.files(tmp_path) == [lines]
    size, content = lines.stat().st_size, lines.read_text()

    packed = saved_rollouts.pack(lines)
    assert packed == lines.with_suffix(".parquet")
    assert saved_rollouts.files(tmp_path) == [packed]
    assert list(packed.parent.iterdir()) == [packed]
    assert list(saved_rollouts.read(packed)) == rollouts
    assert packed.stat().st_size < size / 10
    saved_rollouts.unpack(lines)
    assert lines.read_text() == content


def test_a_record_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """Tools and ground truth were JSON texts, reasons texts, and there were no messages."""
    new = rollout(1)
    candidates = [{**candidate.to_json(), "reasons": ["a text"]} for candidate in new.candidates[:1]]
    old = {"step": 1, "row": 7, "prompt": new.prompt, "tools": new.tools_json, "candidates": candidates}
    lines = tmp_path / "grpo.jsonl"
    append_log(lines, [{**old, "expected": json.dumps(new.ground_truth.to_json())}])
    (before,) = saved_rollouts.read(lines)
    (read,) = saved_rollouts.read(saved_rollouts.pack(lines))
    assert before == read
    assert (read.ground_truth, read.tools, read.messages) == (new.ground_truth, new.tools, None)
    assert [str(reason) for reason in read.candidates[0].reasons] == ["a text"]


def test_half_a_surrogate_pair_is_stored_as_a_replacement_character(tmp_path: Path) -> None:
    lines = tmp_path / "grpo.jsonl"
    odd = replace(rollout(1), candidates=(Candidate("a\ud800b", 1),))
    lines.write_text(json.dumps(odd.to_json()) + "\n")
    (read,) = saved_rollouts.read(saved_rollouts.pack(lines))
    assert read.candidates[0].completion == "a\ufffdb"


def test_where_both_are_there_the_parquet_file_counts(tmp_path: Path) -> None:
    lines = tmp_path / "rollouts" / "grpo.jsonl"
    write(lines, rollout(1))
    packed = saved_rollouts.pack(lines)
    write(lines, rollout(1))
    assert saved_rollouts.files(tmp_path) == [packed]


def test_what_is_no_parquet_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "grpo.parquet").write_text("not one")
    with pytest.raises(RowError, match=r"grpo\.parquet: not a parquet file"):
        list(saved_rollouts.read(tmp_path / "grpo.parquet"))
    with pytest.raises(RowError, match="no such file"):
        list(saved_rollouts.read(tmp_path / "absent.parquet"))
