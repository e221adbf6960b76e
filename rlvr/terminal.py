"""The border to the terminal: what is printed there holds no control characters but those that we put in ourselves.

Tool names, requests, answers of servers and chat templates are text of other people's. An escape sequence in one of
them could clear the screen, rename the window or write what looks like our own output.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from rlvr.secret_values import masked

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    r"""Return the text with control characters as `\u001b`, which JSON reads as what it was; tabs and line feeds
    stay."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class PrintableConsole(Console):
    """A console whose own colours and cursor movements work, and nobody else's."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich's, with control characters in texts shown."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


class _PrintableStream:
    """A stream for `print`, in which control characters are shown."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        return self.stream.write(printable(text))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write some texts."""
        self.stream.writelines(map(printable, lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def console_stream() -> TextIO:
    """Standard output as a `PrintableConsole` takes it: unguarded, since the console guards it."""
    return sys.stdout.stream if isinstance(sys.stdout, _PrintableStream) else sys.stdout


@contextmanager
def guarded_output() -> Iterator[None]:
    """Within this, what is printed to standard output holds no control characters."""
    before = sys.stdout
    sys.stdout = cast("TextIO", _PrintableStream(before))
    try:
        yield
    finally:
        sys.stdout = before


def show_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback without control characters and secrets; a `sys.excepthook`."""
    print(printable(masked("".join(traceback.format_exception(kind, error, trace)))), end="", file=sys.stderr)  # noqa: T201
