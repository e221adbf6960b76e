"""Rollouts on disk: the parquet file says what the lines said, in a fraction of the room."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewards import Reason
from rlvr.data import saved_rollouts
from rlvr.errors import RowError
from rlvr.files import append_log


def record(step: int, *, rewards: tuple[float | None, ...] = (0.33, None)) -> dict[str, object]:
    """A line as RecordedReward writes it; what cannot be scored has no components and no reasons."""
    reason = Reason("arguments", "value", "f", "é", expected={"x": [1]}, got="…")
    scored = {
        "components": {"behavior": 1.0, "arguments": 0.5},
        "behavior": "execute",
        "reasons": [reason.to_json(), "a text, as earlier versions wrote them"],
    }
    return {
        "step": step,
        "row": 7,
        "prompt": "<|im_start|>user\nWeather in Zürich?",
        "messages": '[{"role": "user", "content": "Weather in Zürich?"}]',
        "tools": '[{"name": "get_weather"}]',
        "expected": '{"ground_truth": "[]", "behavior": "execute"}',
        "candidates": [
            {"completion": f"  {step}\n", "n_tokens": 3, "reward": reward, **(scored if reward is not None else {})}
            for reward in rewards
        ],
    }


def test_the_parquet_file_takes_the_lines_place_and_says_the_same(tmp_path: Path) -> None:
    lines = tmp_path / "rollouts" / "grpo.jsonl"
    records = [record(step) for step in range(1, 2051)]  # more than two row groups
    append_log(lines, records)
    assert list(saved_rollouts.read(lines)) == records
    assert saved_rollouts.files(tmp_path) == [lines]
    size = lines.stat().st_size

    packed = saved_rollouts.pack(lines)
    assert packed == lines.with_suffix(".parquet")
    assert saved_rollouts.files(tmp_path) == [packed]
    assert list(packed.parent.iterdir()) == [packed]
    assert list(saved_rollouts.read(packed)) == records
    assert packed.stat().st_size < size / 10


def test_a_record_of_an_earlier_version_keeps_its_form(tmp_path: Path) -> None:
    lines = tmp_path / "grpo.jsonl"
    old = {name: value for name, value in record(1).items() if name != "messages"}
    append_log(lines, [old])
    assert list(saved_rollouts.read(saved_rollouts.pack(lines))) == [old]


def test_half_a_surrogate_pair_is_stored_as_a_replacement_character(tmp_path: Path) -> None:
    lines = tmp_path / "grpo.jsonl"
    odd = {**record(1), "candidates": [{"completion": "a\ud800b", "n_tokens": 1, "reward": None}]}
    lines.write_text(json.dumps(odd) + "\n")
    (read,) = saved_rollouts.read(saved_rollouts.pack(lines))
    assert read["candidates"][0]["completion"] == "a\ufffdb"


def test_where_both_are_there_the_parquet_file_counts(tmp_path: Path) -> None:
    lines = tmp_path / "rollouts" / "grpo.jsonl"
    append_log(lines, [record(1)])
    packed = saved_rollouts.pack(lines)
    append_log(lines, [record(1)])
    assert saved_rollouts.files(tmp_path) == [packed]


def test_what_is_no_parquet_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "grpo.parquet").write_text("not one")
    with pytest.raises(RowError, match=r"grpo\.parquet: not a parquet file"):
        list(saved_rollouts.read(tmp_path / "grpo.parquet"))
    with pytest.raises(RowError, match="no such file"):
        list(saved_rollouts.read(tmp_path / "absent.parquet"))
