"""What share of a run's time goes into saving: checkpoints while it trains, and the policy that each stage ends with.

    python benchmarks/saving.py [OVERRIDE ...]

One run of `experiment=demo` without evaluations; overrides make it shorter, such as sft.args.max_steps=40
training.args.max_steps=10. Counted is the time within the trainer's and the stage's calls that write, whatever else the
machine does meanwhile.
"""

from __future__ import annotations

import functools
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from rlvr.cli import main as run_command
from rlvr.training import checkpoint
from rlvr.training.resumable import Resumable

NO_EVALUATION = ["gate=off", "tracking=none", "~data.evaluation.same_tools", "~data.evaluation.unseen_tools"]


class Timed:
    """Counts the calls of functions and the seconds within them."""

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.calls += 1
                self.seconds += time.perf_counter() - started

        return timed


def main() -> int:
    """Train, and print the share."""
    saving, training = Timed(), Timed()
    Resumable._save_checkpoint = saving(Resumable._save_checkpoint)  # type: ignore[method-assign]
    checkpoint.save_whole = saving(checkpoint.save_whole)
    Resumable.train = training(Resumable.train)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        code = run_command(
            ["train", "experiment=demo", f"run_dir={folder}/run", "hardware=cpu", *NO_EVALUATION, *sys.argv[1:]]
        )
    share = saving.seconds / (training.seconds or 1)
    what = " ".join(sys.argv[1:]) or "the whole demo"
    took = f"{saving.calls} saves took {saving.seconds:.1f} s of {training.seconds:.0f} s of training, {share:.1%}"
    print(f"{date.today()}, {what}: {took}")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
