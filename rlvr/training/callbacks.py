"""What happens beside the training loop: progress, metrics on disk, and a checkpoint when the user interrupts."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback, TrainerControl, TrainerState

from rlvr.policy.attention import causal_lm
from rlvr.progress import task
from rlvr.training.live import Readings
from rlvr.training.run_folder import append_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.console import Console
    from transformers import PreTrainedModel

    from rlvr.progress import Task


class ShowProgress(TrainerCallback):
    """Shows each step of the training, with the latest reward (or loss) beside it, until `shown` closes."""

    def __init__(self, console: Console, title: str, shown: ExitStack) -> None:
        self.console = console
        self.title = title
        self.shown = shown
        self.readings = Readings()
        self.task: Task | None = None

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The number of steps is known from here on."""
        progress = task(self.console, self.title, state.max_steps, done=state.global_step)
        self.task = self.shown.enter_context(progress)

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any) -> None:
        """Remember what is worth showing."""
        self.readings.log(logs or {})

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """One optimizer step is done."""
        if self.task is not None:
            self.task.advance(1, self.readings.note())


class MetricsFile(TrainerCallback):
    """Appends whatever the trainer logs to metrics.jsonl."""

    def __init__(self, path: Path, stage: str) -> None:
        self.path = path
        self.stage = stage

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any) -> None:
        """Write one line."""
        append_jsonl(self.path, [{"stage": self.stage, "step": state.global_step, **(logs or {})}])


class EvaluateEvery(TrainerCallback):
    """Evaluates the policy while it trains, every so many steps; the last step is left to the stage's evaluation."""

    def __init__(self, every: int, evaluate: Callable[[PreTrainedModel, int], None]) -> None:
        self.every = every
        self.evaluate = evaluate

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any) -> None:
        """Evaluate where it is time."""
        if state.global_step % self.every == 0 and state.global_step < state.max_steps:
            self.evaluate(causal_lm(model), state.global_step)


@dataclass
class Interruption:
    """Whether the user has asked the training to stop."""

    is_requested: bool = False


class StopWhenInterrupted(TrainerCallback):
    """After an interruption, saves a checkpoint at the end of the step under way and ends the training."""

    def __init__(self, interruption: Interruption) -> None:
        self.interruption = interruption

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Ask the trainer to save and to stop."""
        if self.interruption.is_requested:
            control.should_save = True
            control.should_training_stop = True


@contextmanager
def interruptible(console: Console) -> Iterator[Interruption]:
    """Turn the first Ctrl-C inside the block into a request to stop; a second one stops at once.

    Outside the main thread, where no signal handler can be set, Ctrl-C keeps its meaning.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return

    def request(signum: int, frame: Any) -> None:
        if interruption.is_requested:
            raise KeyboardInterrupt
        interruption.is_requested = True
        console.print("Stopping after this step, to save a checkpoint (Ctrl-C again stops at once).", highlight=False)

    previous = signal.signal(signal.SIGINT, request)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)


def without_own_output(trainer: Trainer) -> None:
    """Take away the callbacks with which a Trainer prints each log."""
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
