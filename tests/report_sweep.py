"""A sweep's folder as its runs leave it, for the tests of its report."""

from __future__ import annotations

from pathlib import Path

import yaml

from rlvr.evaluation.metrics import Interval, Summary, write_summaries
from rlvr.files import JsonObject, append_log
from rlvr.training.run_folder import SWEEP_LOG

RATES_SEEDS_REWARDS = [(1e-6, 0, 0.5), (1e-6, 1, 0.52), (1e-4, 0, 0.7), (1e-4, 1, 0.72)]


def write_sweep(folder: Path) -> Path:
    """Two learning rates of two seeds each, and a fifth run that failed."""
    for number, (rate, seed, reward) in enumerate(RATES_SEEDS_REWARDS):
        run = folder / str(number)
        run.mkdir(parents=True)
        config = {"seed": seed, "training": {"args": {"learning_rate": rate}}}
        (run / "config.yaml").write_text(yaml.safe_dump(config))
        write_summaries(run / "evaluation.json", {"unseen": {"base": _summary(0.3), "grpo": _summary(reward)}})
        append_log(folder / SWEEP_LOG, [_record(number, f"seed={seed}", None)])
    append_log(folder / SWEEP_LOG, [_record(4, "seed=2", "no <i>memory</i>")])
    return folder


def _record(run: int, name: str, error: str | None) -> JsonObject:
    fields = {"options": [name], "reward": 0.0, "is_pruned": False, "is_refused": False}
    return {"run": run, "name": name, "error": error, **fields}


def _summary(mean: float) -> Summary:
    interval = Interval(mean, mean - 0.1, mean + 0.1, 50)
    return Summary(reward=interval, exact=interval, by_behavior={}, unscored=0, truncated=0, seconds=1.0)
