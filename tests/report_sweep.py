"""A sweep's folder as its runs leave it, for the tests of its report."""

from __future__ import annotations

from pathlib import Path

import yaml

from rlvr.evaluation.metrics import Interval, Summary, write_summaries
from rlvr.files import append_log
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
        append_log(folder / SWEEP_LOG, [{"run": number, "name": f"seed={seed}", "error": None}])
    append_log(folder / SWEEP_LOG, [{"run": 4, "name": "seed=2", "error": "no <i>memory</i>"}])
    return folder


def _summary(mean: float) -> Summary:
    interval = Interval(mean, mean - 0.1, mean + 0.1, 50)
    return Summary(reward=interval, exact=interval, by_behavior={}, unscored=0, truncated=0, seconds=1.0)
