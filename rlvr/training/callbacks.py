"""What happens beside the training loop: progress, metrics on disk, and checkpoints in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
)

from rlvr import processes
from rlvr.files import JsonObject, append_log
from rlvr.heap import trim
from rlvr.policy.attention import causal_lm
from rlvr.progress import Task, task
from rlvr.training import sharding
from rlvr.training.live import Readings

SHARE_FOR_SAVING = 0.02
SHORTEST_BETWEEN_SAVES_S = 15.0
LONGEST_BETWEEN_SAVES_S = 1800.0
STEPS_BETWEEN_TRIMS = 8


class TrimHeap(TrainerCallback):
    """Hands back, on a CPU, what the steps before have freed: their tensors' shapes leave gaps that no other fits into.

    What is handed back has to be fetched again, which costs a few percent of a step; so not at every one.
    """

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """A step has ended."""
        if state.global_step % STEPS_BETWEEN_TRIMS == 0:
            trim()


class ShowProgress(TrainerCallback):
    """Shows each step of the training, with the latest reward (or loss) beside it, until `shown` closes."""

    def __init__(self, console: Console, title: str, shown: ExitStack) -> None:
        self.console = console
        self.title = title
        self.shown = shown
        self.readings = Readings()
        self.task: Task | None = None

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """The number of steps is known from here on."""
        progress = task(self.console, self.title, state.max_steps, done=state.global_step)
        self.task = self.shown.enter_context(progress)

    def on_log(
        self, args: object, state: TrainerState, control: TrainerControl, logs: JsonObject | None = None, **_: object
    ) -> None:
        """Remember what is worth showing."""
        self.readings.log(logs or {})

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """One optimizer step is done."""
        if self.task is not None:
            self.task.advance(1, self.readings.note())


class MetricsFile(TrainerCallback):
    """Appends whatever the trainer logs to metrics.jsonl; of several processes the first does."""

    def __init__(self, path: Path, stage: str) -> None:
        self.path = path
        self.stage = stage

    def on_log(
        self, args: object, state: TrainerState, control: TrainerControl, logs: JsonObject | None = None, **_: object
    ) -> None:
        """Write one line."""
        if processes.is_first():
            append_log(self.path, [{"stage": self.stage, "step": state.global_step, **(logs or {})}])


class EvaluateEvery(TrainerCallback):
    """Evaluates the policy while it trains, every so many steps; the last step is left to the stage's evaluation."""

    def __init__(self, every: int, evaluate: Callable[[PreTrainedModel, int], None]) -> None:
        self.every = every
        self.evaluate = evaluate

    def on_step_end(
        self, args: object, state: TrainerState, control: TrainerControl, model: Any = None, **_: object
    ) -> None:
        """Evaluate where it is time."""
        if state.global_step % self.every == 0 and state.global_step < state.max_steps:
            with sharding.whole(model):
                self.evaluate(causal_lm(model), state.global_step)


class SaveInTime(TrainerCallback):
    """Saves a checkpoint so often that little is lost with the process, and that saving takes 2% of the time.

    Args:
        first_s: how long the first is expected to take; the others are expected to take what the last one took.
    """

    def __init__(self, first_s: float) -> None:
        self.cost_s = first_s
        self.last = self.started = time.monotonic()

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Start counting, so that what comes before the first step is not lost with it."""
        self.last = time.monotonic()

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Ask for a checkpoint where it is time."""
        self.started = time.monotonic()
        wait_s = min(LONGEST_BETWEEN_SAVES_S, max(SHORTEST_BETWEEN_SAVES_S, self.cost_s / SHARE_FOR_SAVING))
        if processes.highest(self.started - self.last >= wait_s):
            control.should_save = True

    def on_save(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Remember what it took."""
        self.last = time.monotonic()
        self.cost_s = self.last - self.started


def without_own_output(trainer: Trainer) -> None:
    """Take away the callbacks with which a Trainer prints each log, and TRL's model card, which knows no base model."""
    trainer.create_model_card = lambda *_, **__: None  # type: ignore[method-assign]
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
