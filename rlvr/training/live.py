"""What a training shows on a terminal: a table that follows the reward by tier, behaviors, groups and throughput."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from rlvr.data.json_values import is_number
from rlvr.files import JsonObject
from rlvr.tables import FittedTable

RECENT_STEPS = 10
"""Steps that the averages and the time left are taken over."""

# Log name or its beginning -> what the table calls it. In the table's order.
_SHOWN = {
    "reward": "reward",
    "reward_components/": "tier",
    "behavior/": "did",
    "frac_reward_zero_std": "groups without variance",
    "completions/mean_length": "completion tokens",
    "entropy": "entropy",
    "loss": "loss",
    "mean_token_accuracy": "token accuracy",
}
# Tiers and behaviors stand as everywhere else, not in the order of the alphabet that trainers log them in.
_ORDER = (
    *("behavior", "tool_name", "arguments", "schema", "wire_format"),
    *("execute", "clarify", "refuse", "answer", "nothing"),
)
_SHARES = ("behavior/", "frac_reward_zero_std", "mean_token_accuracy")


class Readings:
    """The readings that a trainer has logged, its first and its latest values, and how fast it goes."""

    def __init__(self) -> None:
        self.first: dict[str, list[float]] = defaultdict(list)
        self.recent: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RECENT_STEPS))
        self.ends: deque[float] = deque(maxlen=RECENT_STEPS + 1)
        self.tokens: deque[float] = deque(maxlen=RECENT_STEPS + 1)

    def begin(self) -> None:
        """The first step starts now."""
        self.ends.append(time.monotonic())

    def log(self, logs: JsonObject) -> None:
        """Take in what a trainer has logged."""
        for name, value in logs.items():
            if is_number(value):
                if len(self.first[name]) < RECENT_STEPS:
                    self.first[name].append(float(value))
                self.recent[name].append(float(value))

    def step(self) -> None:
        """A step has ended."""
        self.ends.append(time.monotonic())

    def seconds_per_step(self) -> float | None:
        """Return the mean over the recent steps; None before the first has ended."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1) if len(self.ends) > 1 else None

    def tokens_per_second(self) -> float | None:
        """Prompt and completion tokens, where the trainer counts them."""
        counted = self.recent.get("num_tokens")
        if counted is None or len(counted) < 2 or len(self.ends) < len(counted):
            return None
        seconds = self.ends[-1] - self.ends[-len(counted)]
        return (counted[-1] - counted[0]) / seconds if seconds > 0 else None

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """(name, last step, mean of the recent steps, mean of the first steps) of what is worth showing."""
        for start, title in _SHOWN.items():
            for name in self._ordered():
                if name != start and not (start.endswith("/") and name.startswith(start)):
                    continue
                inner = name.removeprefix(start)
                recent, first = self.recent[name], self.first[name]
                shown = "{:.0%}" if start in _SHARES else "{:.1f}" if "length" in name else "{:.3f}"
                yield (
                    f"{title} {inner}".strip(),
                    shown.format(recent[-1]),
                    shown.format(sum(recent) / len(recent)),
                    shown.format(sum(first) / len(first)),
                )

    def note(self) -> str:
        """Return the same on one line, for where there is no terminal."""
        parts = [f"reward {self._last('reward'):.3f}"] if "reward" in self.recent else []
        if not parts and "loss" in self.recent:
            parts.append(f"loss {self._last('loss'):.3f}")
        did = [name for name in self._ordered() if name.startswith("behavior/")]
        parts += [f"{name.partition('/')[2]} {self._last(name):.0%}" for name in did]
        return ", ".join(parts)

    def _ordered(self) -> list[str]:
        def place(name: str) -> int:
            inner = name.rpartition("/")[2]
            return _ORDER.index(inner) if inner in _ORDER else len(_ORDER)

        return sorted(self.recent, key=place)

    def _last(self, name: str) -> float:
        return self.recent[name][-1]


class LiveTraining(TrainerCallback):
    """Shows a bar and the table of `Readings` on a terminal, until `shown` closes."""

    def __init__(self, console: Console, title: str, shown: ExitStack) -> None:
        self.console = console
        self.title = title
        self.shown = shown
        self.readings = Readings()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            auto_refresh=False,
        )
        self.bar: TaskID | None = None
        self.live: Live | None = None
        self.rows_per_step = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """The number of steps is known from here on."""
        self.rows_per_step = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        self.bar = self.progress.add_task(self.title, total=state.max_steps, completed=state.global_step, left="")
        self.live = self.shown.enter_context(Live(self.view(), console=self.console, refresh_per_second=1))
        self.readings.begin()

    def on_log(
        self, args: object, state: TrainerState, control: TrainerControl, logs: JsonObject | None = None, **_: object
    ) -> None:
        """Take in what was logged."""
        self.readings.log(logs or {})
        self._refresh()

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """One optimizer step is done."""
        self.readings.step()
        if self.bar is not None:
            seconds = self.readings.seconds_per_step() or 0.0
            left = timedelta(seconds=round(seconds * (state.max_steps - state.global_step)))
            self.progress.update(self.bar, completed=state.global_step, left=f"{left} left")
        self._refresh()

    def view(self) -> RenderableType:
        """Return the bar, and below it the table."""
        table = FittedTable(["", "last step", f"last {RECENT_STEPS}", f"first {RECENT_STEPS}"])
        for row in self.readings.rows():
            table.add_row(*row)
        seconds = self.readings.seconds_per_step()
        if seconds:
            table.add_row("seconds a step", "", f"{seconds:.2f}", "")
            counted = "completions/s" if "reward" in self.readings.recent else "rows/s"
            table.add_row(counted, "", f"{self.rows_per_step / seconds:.1f}", "")
        if tokens := self.readings.tokens_per_second():
            table.add_row("tokens/s", "", f"{tokens:,.0f}", "")
        return Group(self.progress, table) if table.row_count else self.progress

    def _refresh(self) -> None:
        if self.live is not None:
            self.live.update(self.view(), refresh=True)
