from __future__ import annotations

from typing import TYPE_CHECKING

from rlvr.training.run_folder import append_jsonl, keep_records, read_jsonl

if TYPE_CHECKING:
    from pathlib import Path


def test_numbers_that_json_cannot_write_become_null(tmp_path: Path) -> None:
    append_jsonl(tmp_path / "a" / "m.jsonl", [{"loss": float("nan"), "all": [float("inf"), 1.5], "in": {"x": 2}}])
    assert read_jsonl(tmp_path / "a" / "m.jsonl") == [{"loss": None, "all": [None, 1.5], "in": {"x": 2}}]


def test_records_past_a_step_go_and_half_a_line_with_them(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    append_jsonl(path, [{"step": step} for step in (1, 2, 3)])
    with path.open("a") as file:
        file.write('{"step": 2, "los')
    keep_records(path, lambda record: record["step"] <= 2)
    assert read_jsonl(path) == [{"step": 1}, {"step": 2}]


def test_records_end_at_line_feeds_only(tmp_path: Path) -> None:
    """Python's splitlines also ends them at U+2028, U+2029 and U+0085, which JSON leaves as they are."""
    path = tmp_path / "m.jsonl"
    records = [{"step": n, "text": f"a{separator}b"} for n, separator in enumerate("\u2028\u2029\x85\x0b\x1e")]
    append_jsonl(path, records)
    assert read_jsonl(path) == records
    keep_records(path, lambda record: True)
    assert read_jsonl(path) == records


def test_half_a_last_line_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    append_jsonl(path, [{"step": 1}])
    with path.open("ab") as file:
        file.write('{"text": "é'.encode()[:-1])
    assert read_jsonl(path) == [{"step": 1}]


def test_half_a_surrogate_is_written_as_json_can(tmp_path: Path) -> None:
    append_jsonl(tmp_path / "m.jsonl", [{"text": "\ud800"}])
    assert read_jsonl(tmp_path / "m.jsonl") == [{"text": "\ud800"}]
