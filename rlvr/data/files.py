"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rlvr.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it takes the place of `path` when the block ends without an error.

    Raises:
        UserError: the folder cannot be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.exists():
            temporary.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def writing_lines(path: str | Path) -> Iterator[Callable[[Any], None]]:
    """A function that writes one JSON value as one line; the file appears when the block ends without an error.

    Where nothing is written there is no file.
    """
    with replacing(path) as temporary, contextlib.ExitStack() as stack:
        streams: list[IO[str]] = []

        def write(value: Any) -> None:
            if not streams:
                streams.append(stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n")))
            streams[0].write(json.dumps(value, ensure_ascii=False) + "\n")

        yield write
