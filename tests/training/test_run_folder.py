from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlvr.training.run_folder import RunFolder, append_jsonl, keep_records, read_jsonl, save_folder

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")


def checkpoint(folder: RunFolder, step: int, files: tuple[str, ...]) -> Path:
    path = folder.stage("grpo") / f"checkpoint-{step}"
    path.mkdir(parents=True)
    for name in files:
        (path / name).touch()
    return path


def test_the_last_whole_checkpoint_counts(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.last_checkpoint("grpo") is None
    checkpoint(folder, 9, WHOLE)
    last = checkpoint(folder, 20, WHOLE)
    checkpoint(folder, 100, WHOLE[:-1])  # cut off before its last file
    assert folder.last_checkpoint("grpo") == last


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


def test_a_folder_exists_only_when_it_is_whole(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        (path / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_folder(tmp_path / "final", fail)
    assert not (tmp_path / "final").exists()
    save_folder(tmp_path / "final", lambda path: (path / "whole").touch())
    assert [path.name for path in (tmp_path / "final").iterdir()] == ["whole"]
