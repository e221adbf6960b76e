"""What a process does when it is told to end from outside, so that what it has started ends with it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Stopped(KeyboardInterrupt):
    """A signal stopped the run. `exit_code` is what a shell expects of a process that it ended."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, so that servers and engines within it are ended too."""

    def end(number: int, _: object) -> None:
        raise Stopped(number)

    before = {}
    with suppress(ValueError):  # signals are the main thread's
        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
