"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def split_lines(text: str) -> list[str]:
    """Return the lines of a text that are not blank, split at line feeds only: JSON may hold every other line break."""
    return [line for line in text.split("\n") if line.strip()]


@contextlib.contextmanager
def replacing(path: str | Path, source: str | Path | None = None) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it takes the place of `path` when the block ends without an error.

    A device or a pipe is written to as it is. A link stays, and what it leads to is replaced.

    Args:
        path: where the file shall be.
        source: the file that is read meanwhile, which is never replaced.

    Raises:
        UserError: the folder cannot be written to, or `path` is a folder, or the file that is read.
    """
    path = Path(path)
    if source is not None and _is_same_file(path, Path(source)):
        raise UserError(f"{path}: is the file that is read; write to another")
    if path.is_dir():
        raise UserError(f"cannot write {path}: it is a folder")
    if _is_special(path):
        with _named_errors(path):
            yield path
        return
    path = path.resolve() if path.is_symlink() else path
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with _named_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            if temporary.exists():
                temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_writable(path: Path) -> None:
    """Make a folder where there is none, and raise UserError where nothing can be written to it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UserError(f"run_dir: {path} cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None


def _is_special(path: Path) -> bool:
    """Whether this is a device, a pipe or a socket; `/dev/stdout` is one, also where it leads to a file."""
    return path.absolute().parts[1:2] in (("dev",), ("proc",)) or (path.exists() and not path.is_file())


def _is_same_file(path: Path, source: Path) -> bool:
    return path.exists() and source.exists() and path.samefile(source)


@contextlib.contextmanager
def writing_lines(path: str | Path, source: str | Path | None = None) -> Iterator[Callable[[Any], None]]:
    """A function that writes one JSON value as one line; the file appears when the block ends without an error.

    Where nothing is written there is no file. `source` is as for `replacing`.
    """
    with replacing(path, source) as temporary, contextlib.ExitStack() as stack:
        streams: list[IO[str]] = []

        def write(value: Any) -> None:
            if not streams:
                streams.append(stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n")))
            streams[0].write(json.dumps(value, ensure_ascii=False) + "\n")

        yield write
