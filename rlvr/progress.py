"""How long work shows itself: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from rlvr import processes
from rlvr.terminal import PrintableConsole, console_stream, printable
from rlvr.wrapping import fitted

_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_OF_SILENCE = 1.0
_SECONDS_OF_PACE = 600.0
"""What the time left is taken from: rows end in bunches, and the longest come first."""
PLAIN_WIDTH = 80
"""Of tables in files and pipes, which are read on terminals of every width."""


def standard_console() -> Console:
    """The first process's standard output; of a file or a pipe 80 columns, or as many as COLUMNS says."""
    if not processes.is_first():
        return PrintableConsole(quiet=True)
    console = PrintableConsole(file=console_stream())
    is_fitted = console.is_terminal or "COLUMNS" in os.environ
    return console if is_fitted else PrintableConsole(file=console_stream(), width=PLAIN_WIDTH)


def say(console: Console, text: str) -> None:
    """Print one line for a person: wrapped between words on a terminal, whole where a program reads it."""
    text = printable(text)
    if console.is_terminal:
        text = fitted(text, console.width)
    console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def waiting(console: Console, text: str) -> Iterator[None]:
    """Say what takes a while: at once where it is a terminal, in a line of its own after a second elsewhere."""
    if console.is_terminal:
        with console.status(text):
            yield
        return
    timer = threading.Timer(_SECONDS_OF_SILENCE, say, (console, f"{text} ..."))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def loading_libraries(console: Console, names: str) -> Iterator[None]:
    """Say that libraries are loading, and leave them out of searches for garbage, now and later.

    They are half a million objects that stay; a search through them takes 0.3 s, and a training makes several.
    """
    with waiting(console, f"loading {names}"):
        if "torch" in sys.modules or not gc.isenabled():  # garbage of an earlier run must still be found
            yield
            return
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
        gc.freeze()


class Advance(Protocol):
    """Counts further items that are done; `note` is what is worth seeing now, such as the mean reward."""

    def __call__(self, done: int, note: str = "") -> None:
        """Count `done` further items, which may be none where only the note is new."""


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
    started: float = field(default_factory=lambda: _now())
    last_line: float = field(default_factory=lambda: _now())

    def advance(self, done: int, note: str = "") -> None:
        self.done += done
        now = _now()
        if now - self.last_line < _SECONDS_BETWEEN_LINES and self.done < self.total:
            return
        self.last_line = now
        parts = [f"{self.title}: {self.done}/{self.total}", note, self._time(now)]
        say(self.console, ", ".join(part for part in parts if part))

    def _time(self, now: float) -> str:
        """Return what is left by the pace so far, once there is one."""
        seconds, done = now - self.started, self.done - self.earlier
        if self.done >= self.total:
            return f"took {_clock(seconds)}"
        return f"{_clock(seconds / done * (self.total - self.done))} left" if done else f"{_clock(seconds)} so far"


def _now() -> float:
    return time.monotonic()


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


@contextmanager
def task(console: Console, title: str, total: int, *, done: int = 0) -> Iterator[Task]:
    """Show a piece of work while the block runs.

    Args:
        console: a bar where it is a terminal, else a line at the start, every ten seconds and at the end.
        title: what is being done.
        total: number of items.
        done: items that an earlier, interrupted run has finished.
    """
    if not console.is_terminal:
        say(console, f"{title}: {done}/{total}")
        yield _Lines(console, title, total, done=done, earlier=done)
        return
    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    ]
    with Progress(*columns, console=console, speed_estimate_period=_SECONDS_OF_PACE) as progress:
        yield _Bar(progress, progress.add_task(title, total=total, completed=done, note=""))
