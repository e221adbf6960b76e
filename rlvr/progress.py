"""How long work shows itself: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from rlvr.wrapping import fitted

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS_BETWEEN_LINES = 10.0
_PLAIN_WIDTH = 110


def standard_console() -> Console:
    """Standard output; wide enough for the tables where it is a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def say(console: Console, text: str) -> None:
    """Print one line for a person: wrapped between words on a terminal, whole where a program reads it."""
    if console.is_terminal:
        text = fitted(text, console.width)
    console.print(text, highlight=False, markup=False, soft_wrap=True)


class Task(Protocol):
    """One piece of work that is under way."""

    def advance(self, done: int, note: str = "") -> None:
        """Count `done` further items; `note` is what is worth seeing now, such as the mean reward."""


@dataclass
class _Bar:
    progress: Progress
    task_id: TaskID

    def advance(self, done: int, note: str = "") -> None:
        self.progress.update(self.task_id, advance=done, note=note)


@dataclass
class _Lines:
    console: Console
    title: str
    total: int
    done: int
    earlier: int
    started: float = field(default_factory=time.monotonic)
    last_line: float = field(default_factory=time.monotonic)

    def advance(self, done: int, note: str = "") -> None:
        self.done += done
        now = time.monotonic()
        if now - self.last_line < _SECONDS_BETWEEN_LINES and self.done < self.total:
            return
        self.last_line = now
        left = (now - self.started) / max(self.done - self.earlier, 1) * (self.total - self.done)
        parts = [f"{self.title}: {self.done}/{self.total}", note, f"{_clock(left)} left" if left else _took(self, now)]
        say(self.console, ", ".join(part for part in parts if part))


def _took(lines: _Lines, now: float) -> str:
    return f"took {_clock(now - lines.started)}"


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


@contextmanager
def task(console: Console, title: str, total: int, *, done: int = 0) -> Iterator[Task]:
    """Show a piece of work while the block runs.

    Args:
        console: a bar where it is a terminal, else a line every ten seconds and at the end.
        title: what is being done.
        total: number of items.
        done: items that an earlier, interrupted run has finished.
    """
    if not console.is_terminal:
        yield _Lines(console, title, total, done=done, earlier=done)
        return
    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    ]
    with Progress(*columns, console=console) as progress:
        yield _Bar(progress, progress.add_task(title, total=total, completed=done, note=""))
