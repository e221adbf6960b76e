"""What evaluation costs: 300 rows with the embedded policy, and what metrics take of a GRPO step of the demo.

    python benchmarks/evaluation.py [--rows 300] [--steps 6]

Prints two lines of JSON. Both figures are processor seconds as well as seconds on the clock; the share of a step is a
ratio within one run, of everything that logs, counts, tracks and shows to all of the training.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from rewards import Tiered
from rlvr import config as configuration
from rlvr.config import Config, EvaluationConfig, ModelConfig, Source
from rlvr.data.source import load
from rlvr.evaluation.breakdown import breakdown
from rlvr.evaluation.metrics import summarize
from rlvr.evaluation.run import evaluate
from rlvr.policy.load import load_policy
from rlvr.sampling.hf import HfSampler
from rlvr.training import card, grpo, stage
from rlvr.training.callbacks import MetricsFile
from rlvr.training.interruption import Interruption
from rlvr.training.live import LiveTraining
from rlvr.training.run_folder import RunFolder


class Spent:
    """Adds up the processor and clock seconds of the functions that it wraps."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0

    def timed(self, function: Any) -> Any:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.cpu_s += time.thread_time() - cpu
                self.wall_s += time.perf_counter() - wall

        return wrapped


def evaluated(n: int) -> dict[str, float]:
    """Seconds for `n` rows: generation, scoring, counting and intervals."""
    rows = load(Source(synth="five_tools", split="held_out", rows=n))
    policy = load_policy(ModelConfig())
    options = EvaluationConfig()
    cpu, wall = time.process_time(), time.perf_counter()
    done = evaluate(HfSampler(policy), rows, Tiered(), options)
    middle = time.perf_counter(), time.process_time()
    summarize(done, options, breakdown(done, options))
    ends = time.perf_counter(), time.process_time()
    return {
        "rows": len(done.results),
        "wall_s": ends[0] - wall,
        "cpu_s": ends[1] - cpu,
        "counting_and_intervals_cpu_s": ends[1] - middle[1],
    }


def share_of_a_step(steps: int) -> dict[str, float]:
    """What logging, metrics.jsonl, behaviors and the live table take of a GRPO training with the demo's settings."""
    config: Config = configuration.compose(["experiment=demo", f"training.args.max_steps={steps}", "tracking=none"])
    rows = {name: load(replace(source, rows=400)) for name, source in config.data.train.items()}
    spent = Spent()
    for owner, name in ((MetricsFile, "on_log"), (LiveTraining, "on_log"), (LiveTraining, "on_step_end")):
        setattr(owner, name, spent.timed(getattr(owner, name)))
    grpo.log_behaviors = spent.timed(grpo.log_behaviors)
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with tempfile.TemporaryDirectory() as temporary:
        folder = RunFolder(Path(temporary))
        policy = load_policy(config.model)
        trainer = grpo.trainer(policy, rows, config, folder.stage("grpo"), folder.rollouts("grpo"))
        cpu, wall = time.process_time(), time.perf_counter()
        stage.train(trainer, policy, folder, "grpo", console, Interruption(console), card.text(config, "grpo"))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "steps": steps,
        "step_wall_s": wall / steps,
        "metrics_share_of_cpu": spent.cpu_s / cpu,
        "metrics_share_of_wall": spent.wall_s / wall,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--steps", type=int, default=6)
    arguments = parser.parse_args()
    print(json.dumps({"threads": torch.get_num_threads(), "evaluation": evaluated(arguments.rows)}), flush=True)
    print(json.dumps({"training": share_of_a_step(arguments.steps)}), flush=True)


if __name__ == "__main__":
    main()
