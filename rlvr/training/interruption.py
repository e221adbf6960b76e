"""How a run is told to stop: Ctrl-C, a closed terminal, and what schedulers and clouds send before they take a machine.

SIGTERM comes from Slurm, Kubernetes, docker stop and spot instances, SIGHUP from a closed terminal, SIGUSR1 and SIGUSR2
from `sbatch --signal`, SIGXCPU from a limit on the time.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from transformers import TrainerCallback, TrainerControl, TrainerState

from rlvr import processes
from rlvr.stopping import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU)


class Interruption(TrainerCallback):
    """The word on whether and how a run has been told to stop.

    Outside a training any signal stops at once. Inside one, the first Ctrl-C lets the step finish; whatever else comes
    stops at once, since a machine that is taken away does not wait for a step, and the last finished step is saved.
    Several processes always finish the step, together, and save after it.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.signum: int | None = None
        self.is_training = False
        self.has_failed = False
        self.must_not_stop: Callable[[], bool] = lambda: False

    def request(self, signum: int, frame: object) -> None:
        """Handle a signal."""
        is_first = self.signum is None
        self.signum = signum
        if signum == signal.SIGHUP:
            _leave_terminal()
        # One of several processes that stopped at once would leave the others waiting for it; and where a process has
        # died, the launcher's signal to the others must not come before the word on how to go on.
        if (self.is_training or self.has_failed) and processes.count() > 1:
            return
        if self.is_training and self.must_not_stop():
            return
        if self.is_training and is_first and signum == signal.SIGINT:
            line = "Stopping after this step, to save a checkpoint (Ctrl-C again stops at once)."
            self.console.print(line, highlight=False)
            return
        raise Stopped(signum)

    @contextmanager
    def training(self, must_not_stop: Callable[[], bool]) -> Iterator[None]:
        """Within this a trainer runs; `must_not_stop` says when its weights or files are half changed.

        Raises:
            Stopped: after the block, where the step under way was let finish.
        """
        self.is_training, self.must_not_stop = True, must_not_stop
        try:
            yield
        except BaseException:
            self.has_failed = True
            raise
        finally:
            self.is_training = False
        if self.signum is not None:
            raise Stopped(self.signum)

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Save and stop, if any process has been asked to."""
        self.signum = processes.highest(self.signum or 0) or None
        if self.signum is not None:
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Stop where the signal came while a checkpoint was written."""
        self.signum = processes.highest(self.signum or 0) or None
        if self.signum is not None:
            control.should_training_stop = True


@contextmanager
def interruptible(console: Console) -> Iterator[Interruption]:
    """Let signals stop what runs inside the block in an orderly way.

    Outside the main thread, where no handler can be set, signals keep their meaning; so does SIGHUP where it was
    ignored when the process began, as it is under nohup.
    """
    interruption = Interruption(console)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    heeded = [signum for signum in SIGNALS if signum != signal.SIGHUP or not is_nohup]
    previous = {signum: signal.signal(signum, interruption.request) for signum in heeded}
    try:
        yield interruption
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def _leave_terminal() -> None:
    """Send what is printed from here on nowhere: a terminal that was closed refuses it, which would be an error."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            if stream.isatty():
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
