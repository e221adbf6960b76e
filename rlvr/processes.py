"""The processes that train one run together, as torchrun or accelerate start them: one GPU each, one run folder.

Every process reads the same options and rows. The first one writes; what it decides by a clock, a disk or a signal the
others take from it, so that all of them meet in the same exchange. In a run of one process nothing here costs anything.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from rlvr.errors import UserError

T = TypeVar("T")

_GRACE_S = 5.0
"""How long a process with nothing to say waits before it ends: a launcher ends all others once one has."""
_LAST_WORD_S = 3.0
"""How long a process that is told to end may take for what it has to say."""
_LOST = ("closed by peer", "connection reset", "broken pipe", "gloo", "nccl", "timed out")
"""What the message of an exchange that failed holds, in lower case."""

_joined = False


def launched() -> int:
    """Return how many processes the launcher has started for this run."""
    return int(os.environ.get("WORLD_SIZE") or 1)


def rank() -> int:
    """Return the place of this process among those that train together, from 0."""
    return _launched_rank() if _joined else 0


def is_first() -> bool:
    """Tell whether this process writes, and shows itself."""
    return rank() == 0


def count() -> int:
    """Return how many processes train together; 1 before `join`."""
    return launched() if _joined else 1


def join(*, on_cpu: bool) -> None:
    """Meet the other processes that the launcher has started.

    Args:
        on_cpu: exchange through gloo, else through what the accelerator has.
    """
    global _joined
    if launched() == 1 or _joined:
        return
    from accelerate import PartialState

    PartialState(cpu=on_cpu)
    _joined = True
    if on_cpu:
        # A process that ends by an error must not end by gloo's threads instead: pytorch issue 190489.
        atexit.register(leave)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end_soon)


def _end_soon(signum: int, frame: Any) -> None:
    """End in a while: a launcher sends SIGTERM as soon as a process is gone, to the one that is to say so as well."""
    timer = threading.Timer(_LAST_WORD_S, os._exit, (128 + signum,))
    timer.daemon = True
    timer.start()


def leave() -> None:
    """Part from the other processes in order."""
    global _joined
    if not _joined:
        return
    import torch.distributed

    _joined = False
    torch.distributed.destroy_process_group()


def highest(value: int) -> int:
    """Return the largest of all processes' values; every process has to ask."""
    return value if count() == 1 else max(gathered(value))


def gathered(value: T) -> list[T]:
    """Return the values of all processes in their order; every process has to give its own."""
    if count() == 1:
        return [value]
    import torch.distributed

    values: list[Any] = [None] * count()
    torch.distributed.all_gather_object(values, value)
    return values


def joined(values: list[T]) -> list[T]:
    """Return the entries of all processes' lists in one, those of the first process first."""
    return [value for of_process in gathered(values) for value in of_process]


def from_first(make: Callable[[], T]) -> T:
    """Return what the first process makes; the others wait for it.

    Raises:
        UserError: what the first process raised, on all of them.
    """
    if count() == 1:
        return make()
    result, error = gathered(_attempt(make) if is_first() else (None, None))[0]
    if error is not None:
        raise error
    return cast("T", result)


def together(make: Callable[[], T]) -> T:
    """Return what this process makes, once all have.

    Raises:
        UserError: what the first one that failed has raised, on all of them.
    """
    if count() == 1:
        return make()
    result, error = _attempt(make)
    for place, raised in enumerate(gathered(error)):
        if raised is not None:
            raise raised if place == 0 else UserError(f"process {place} of {count()}: {raised}")
    return cast("T", result)


def _attempt(make: Callable[[], T]) -> tuple[T | None, UserError | None]:
    try:
        return make(), None
    except UserError as error:
        return None, error


def has_lost_others(error: BaseException) -> bool:
    """Tell whether an error says that another process is gone."""
    if count() == 1 or not isinstance(error, RuntimeError):
        return False
    return any(word in str(error).lower() for word in _LOST)


def may_speak() -> bool:
    """Tell whether this process is the one that says why the run ended; the others get False, after a while."""
    if launched() == 1:
        return True
    is_the_one = _is_first_to_ask() if _joined else _launched_rank() == 0
    if not is_the_one:
        time.sleep(_GRACE_S)
    return is_the_one


def _launched_rank() -> int:
    return int(os.environ.get("RANK") or 0)


def _is_first_to_ask() -> bool:
    from torch.distributed import distributed_c10d

    try:
        return bool(distributed_c10d._get_default_store().add("rlvr/last_word", 1) == 1)
    except (RuntimeError, ValueError):  # the store was the first process's, which is gone
        return True
