"""Folders that are whole or are not used: checkpoints, and the policy that a stage ends with.

A folder is written under another name, every file of it is brought to the disk, and a manifest of their SHA-256 sums is
added; only then does it get its name. What a crash cuts off has no name, and what a disk damages no longer fits its
manifest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rlvr.errors import RowError, RunError
from rlvr.files import DISK_ERRORS, read_json, sync, write_json

MANIFEST = "manifest.json"
LEAST_KEPT = 2
"""Checkpoints that stay at least: the newest may turn out damaged."""

_TORN_WRITE = "unexpected pos"
"""What torch says of a file that it could not write to its end, whatever the reason."""


def save_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a folder under another name, then seal it and give it its own; it replaces what stood there.

    Raises:
        RunError: the disk is full, read-only or broken; what stood there is still there.
    """
    temporary = path.with_name(path.name + ".tmp")
    with failures_in_one_line(path), ExitStack() as stack:
        shutil.rmtree(temporary, ignore_errors=True)
        stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        write(temporary)
        publish(temporary, path)


def publish(temporary: Path, path: Path) -> None:
    """Seal a folder and rename it to `path`, in the place of an earlier one."""
    seal(temporary)
    if temporary == path:
        return
    replaced = path.with_name(path.name + ".replaced")
    shutil.rmtree(replaced, ignore_errors=True)
    if path.exists():
        os.replace(path, replaced)
    os.replace(temporary, path)
    sync(path.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def seal(folder: Path) -> None:
    """Bring every file of a folder to the disk and write the manifest, last."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    sums = {}
    for path in files:
        sums[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": _sum(path)}
        sync(path)
    write_json(folder / MANIFEST, {"files": sums}, indent=1)
    for inner in sorted({path.parent for path in files} | {folder}):
        sync(inner)


def damage(folder: Path) -> str | None:
    """Return what is wrong with a sealed folder; None where every file is as it was written."""
    if not (folder / MANIFEST).exists():
        return f"it has no {MANIFEST}: its saving was cut off"
    try:
        files = read_json(folder / MANIFEST)["files"]
        expected = {str(name): (int(entry["bytes"]), str(entry["sha256"])) for name, entry in files.items()}
    except (RowError, ValueError, TypeError, KeyError, AttributeError):
        return f"its {MANIFEST} cannot be read"
    for name, (size, sha256) in expected.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size:
            return f"{name} has {path.stat().st_size:,} bytes instead of {size:,}"
        if _sum(path) != sha256:
            return f"{name} has changed since it was written: its SHA-256 is another"
    return None


def checkpoints(stage: Path) -> list[Path]:
    """Return the checkpoints of a stage, the newest first."""
    named = [path for path in stage.glob("checkpoint-*") if path.name.rpartition("-")[2].isdigit()]
    return sorted(named, key=step_of, reverse=True)


def step_of(checkpoint: Path) -> int:
    """Return the number of steps that a checkpoint holds."""
    return int(checkpoint.name.rpartition("-")[2])


def newest_whole(stage: Path, tell: Callable[[str], None]) -> Path | None:
    """Return the newest checkpoint that is whole; say which newer ones are not, and put those aside."""
    for path in checkpoints(stage):
        reason = damage(path)
        if reason is None:
            return path
        tell(f"{path} is not used: {reason}")
        set_aside(path)
    return None


def set_aside(path: Path) -> None:
    """Rename a damaged folder, so that nothing takes it for a whole one."""
    aside = path.with_name(path.name + ".damaged")
    shutil.rmtree(aside, ignore_errors=True)
    os.replace(path, aside)


def keep_newest(stage: Path, limit: int | None, best: str | None = None) -> None:
    """Remove all checkpoints but the best and the newest `limit`, and never the last two; None keeps all."""
    if limit is None:
        return
    for path in checkpoints(stage)[max(limit, LEAST_KEPT) :]:
        if best is None or Path(best).resolve() != path.resolve():
            shutil.rmtree(path, ignore_errors=True)


def clear(folder: Path) -> None:
    """Make place for a folder that is written anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def check_room(stage: Path, estimate: int) -> None:
    """Raise RunError where the disk has no room for a further checkpoint.

    Args:
        stage: where checkpoints are; the size of the newest is what the next will take.
        estimate: bytes that the first is expected to take.
    """
    newest = next(iter(checkpoints(stage)), None)
    needed = estimate if newest is None else sum(path.stat().st_size for path in newest.rglob("*") if path.is_file())
    free = shutil.disk_usage(_existing(stage)).free
    if free < needed:
        raise RunError(
            f"{stage}: no room for a checkpoint: it takes {_megabytes(needed)}, and {_megabytes(free)} are free"
        )


@contextmanager
def failures_in_one_line(path: Path) -> Iterator[None]:
    """Turn what a full, read-only or limited disk does to the libraries that write into a `RunError`."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error
    except Exception as error:
        reason = _why_torn(path, error)
        if reason is None:
            raise
        raise RunError(f"{path}: cannot be written: {reason}") from error


def is_disk_error(error: BaseException) -> bool:
    """Tell whether the disk refused: it is full, read-only, broken or not ours."""
    return isinstance(error, OSError) and error.errno in DISK_ERRORS


def _why_torn(path: Path, error: Exception) -> str | None:
    """Return the reason in an error of safetensors or torch, which are no OSErrors; None for any other error."""
    text = str(error)
    if "I/O error" in text:
        return text.partition("I/O error: ")[2] or text
    if _TORN_WRITE in text:
        free = shutil.disk_usage(_existing(path.parent)).free
        return f"a file was cut off; {_megabytes(free)} are free, and `ulimit -f` may limit the size of a file"
    return None


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.0f} MB"
