"""Each file of a checkpoint, damaged in each way: it is noticed, and the checkpoint before is taken."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rlvr.errors import RunError
from rlvr.training import checkpoint

FILES = ("config.json", "model.safetensors", "optimizer.pt", "rng_state.pth", "adapter/adapter_model.safetensors")
DAMAGES = ("missing", "cut", "emptied", "flipped", "zero page")
PAGE = 4096


def write(folder: Path) -> None:
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(bytes(range(1, 256)) * 50)


def damaged(path: Path, kind: str) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if kind == "missing":
        path.unlink()
        return
    if kind == "cut":
        content = content[:middle]
    elif kind == "emptied":
        content.clear()
    elif kind == "flipped":
        content[middle] ^= 1
    else:
        content[PAGE : 2 * PAGE] = bytes(PAGE)
    path.write_bytes(content)


def saved(stage: Path, *steps: int) -> None:
    for step in steps:
        checkpoint.save_whole(stage / f"checkpoint-{step}", write)


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_checkpoint_is_not_used(tmp_path: Path, name: str, kind: str) -> None:
    saved(tmp_path, 9, 20)
    damaged(tmp_path / "checkpoint-20" / name, kind)
    notes: list[str] = []
    assert checkpoint.newest_whole(tmp_path, notes.append) == tmp_path / "checkpoint-9"
    (note,) = notes
    assert note.startswith(f"{tmp_path}/checkpoint-20 is not used: ")
    assert name in note
    assert checkpoint.checkpoints(tmp_path) == [tmp_path / "checkpoint-9"], "the damaged one has lost its name"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 3}', '{"files": {"config.json": {}}}'])
def test_a_manifest_that_cannot_be_read_is_damage(tmp_path: Path, content: str) -> None:
    saved(tmp_path, 9)
    (tmp_path / "checkpoint-9" / checkpoint.MANIFEST).write_text(content)
    assert checkpoint.damage(tmp_path / "checkpoint-9") == "its manifest.json cannot be read"


def test_a_folder_without_a_manifest_was_cut_off(tmp_path: Path) -> None:
    saved(tmp_path, 9)
    (tmp_path / "checkpoint-9" / checkpoint.MANIFEST).unlink()
    notes: list[str] = []
    assert checkpoint.newest_whole(tmp_path, notes.append) is None
    assert "saving was cut off" in notes[0]


def test_what_is_saved_again_replaces_what_was_there_and_a_failure_leaves_it(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        (path / "half").touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "final"
    with pytest.raises(RunError, match=r"final: cannot be written: No space left on device"):
        checkpoint.save_whole(path, fail)
    assert list(tmp_path.iterdir()) == [], "what was half written is gone, and the disk has its room again"
    checkpoint.save_whole(path, lambda folder: (folder / "first").touch())
    with pytest.raises(RunError, match="No space left"):
        checkpoint.save_whole(path, fail)
    assert checkpoint.damage(path) is None
    checkpoint.save_whole(path, lambda folder: (folder / "second").touch())
    assert sorted(file.name for file in path.iterdir()) == ["manifest.json", "second"]
    assert checkpoint.damage(path) is None


@pytest.mark.parametrize(("limit", "left"), [(1, [12, 9]), (2, [12, 9]), (3, [12, 9, 6]), (None, [12, 9, 6, 3])])
def test_two_checkpoints_are_kept_at_least(tmp_path: Path, limit: int | None, left: list[int]) -> None:
    saved(tmp_path, 3, 6, 9, 12)
    checkpoint.keep_newest(tmp_path, limit)
    assert [checkpoint.step_of(path) for path in checkpoint.checkpoints(tmp_path)] == left


def test_the_best_checkpoint_is_kept_too(tmp_path: Path) -> None:
    saved(tmp_path, 3, 6, 9, 12)
    checkpoint.keep_newest(tmp_path, 2, best=str(tmp_path / "checkpoint-3"))
    assert [checkpoint.step_of(path) for path in checkpoint.checkpoints(tmp_path)] == [12, 9, 3]


def test_room_is_checked_before_a_save(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    checkpoint.check_room(tmp_path / "not yet there", 1)
    with pytest.raises(RunError, match=r"no room for a checkpoint: it takes [\d,]+ MB, and [\d,]+ MB are free"):
        checkpoint.check_room(tmp_path, 2 * free + 2**30)


TOO_LARGE = """
import resource, signal, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from rlvr.errors import RunError
from rlvr.training import checkpoint
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
tensors = {"a": torch.zeros(100_000)}
saves = (lambda p: save_file(tensors, p / "x.safetensors"), lambda p: torch.save(tensors, p / "x.pt"))
for number, save in enumerate(saves):
    try:
        checkpoint.save_whole(Path(sys.argv[1]) / f"final{number}", save)
    except RunError as error:
        print(error)
"""


def test_a_limit_on_the_size_of_a_file_is_one_line(tmp_path: Path) -> None:
    """safetensors and torch each have an error of their own for it, and neither is an OSError."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", TOO_LARGE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    first, second = done.stdout.splitlines()
    assert "final0: cannot be written: File too large" in first
    assert "final1: cannot be written: a file was cut off" in second
    assert not list(tmp_path.glob("final?"))
