"""The lines of a file of any size, one at a time."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from rlvr.errors import UserError

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is not read as a row."""


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """(line number from 1, its bytes without line break and byte-order mark); None for a line that is too long.

    Blank lines are left out, gzip is unpacked.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        with _opened(path) as file:
            yield from _numbered(file)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _opened(path: Path) -> IO[bytes]:
    file = path.open("rb")
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return cast("IO[bytes]", gzip.open(file)) if is_packed else file


def _numbered(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    number = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) >= MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line := line.strip():
            yield number, line
