"""Lines that fit a terminal without breaking a word: help, errors and notes."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import TextIO

from rlvr.terminal import printable

_NARROWEST = 40
_COLUMN = re.compile(r"^(\s*\S.*?\s{2,})\S")
"""What stands before the last column of a line of help: `  out      ` of `  out      where to write`."""


def fitted(text: str, width: int | None = None) -> str:
    """Return the text with every line wrapped between words; what goes on begins below where its description began.

    Args:
        text: lines, whose columns are two or more spaces apart.
        width: columns of the terminal; None asks the terminal, 80 where there is none.
    """
    columns = max(_NARROWEST, width or shutil.get_terminal_size().columns)
    lines = [_wrapped(line, columns) for line in text.split("\n")]
    return "\n".join(lines)


def for_stream(text: str, stream: TextIO) -> str:
    """Return the text as `fitted` to a terminal, and unchanged where the stream is a file or a pipe, for what reads
    those."""
    text = printable(text)
    return fitted(text) if stream.isatty() else text


def first_names(names: Sequence[str], most: int) -> str:
    """Return names in a row, and how many more there are than are shown."""
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return f"{shown} and {len(names) - most:,} more"


def _wrapped(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    before = _COLUMN.match(line)
    indent = len(before[1]) if before else len(line) - len(line.lstrip())
    hanging = " " * (indent if indent <= columns // 2 else 4)
    return textwrap.fill(
        line,
        columns,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
