"""A time limit for code of somebody else's."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def alarm(limit_s: float, error: BaseException) -> Iterator[None]:
    """Raise the error within this, once it takes longer than the limit.

    Outside of the main thread and on Windows, where no alarm can be set, there is no limit.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(signum: int, frame: object) -> None:
        raise error

    previous = signal.signal(signal.SIGALRM, stop)
    started = time.monotonic()
    left_s, _ = signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if left_s:  # an alarm around this one goes on
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left_s - (time.monotonic() - started)))
