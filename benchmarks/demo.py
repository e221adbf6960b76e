"""An experiment's figures: what each stage earns on both held-out sets, for some seeds, with time and peak memory.

    python benchmarks/demo.py [--seeds 0,1,2] [--out benchmarks/results/demo.md] [OVERRIDE ...]
    python benchmarks/demo.py --experiment smollm2 --seeds 0,1
    python benchmarks/demo.py --runs runs/smollm2-… runs/smollm2-…   # of runs that have ended, without time and memory

Each seed is one `rlvr train experiment=…` in a process of its own, for the demo what `make demo` runs after the
installation. Further arguments are passed to it, so that a variant is measured the same way
(`training.args.max_steps=20`).
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rlvr import trust
from rlvr.evaluation.metrics import Summary, read_summaries, relative_gain
from rlvr.files import read_log

MEGABYTE = 1024**2
CURVE_POINTS = 10
BOOTSTRAPS, CONFIDENCE = 2000, 0.95


@dataclass(frozen=True)
class Run:
    """One run: its evaluations by set and stage, the training reward by step, and what it cost.

    Attributes:
        rewards: of every row, by set and stage.
        wall_s: of the whole process; None of a run that was not started here, as its peak.
    """

    seed: int
    summaries: dict[str, dict[str, Summary]]
    rewards: dict[str, dict[str, list[float]]]
    curve: list[tuple[int, float]]
    wall_s: float | None = None
    peak_mb: float | None = None


def measured(experiment: str, seed: int, overrides: list[str], folder: Path) -> Run:
    """Run the experiment in a child process and read what it left in its run folder."""
    run_dir = folder / f"seed-{seed}"
    command = [sys.executable, "-m", "rlvr", "train", f"experiment={experiment}", f"seed={seed}", f"run_dir={run_dir}"]
    command += overrides
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - started
    if status:
        raise SystemExit(f"seed {seed}: {experiment} ended with status {os.waitstatus_to_exitcode(status)}")
    return replace(read_run(run_dir), wall_s=wall_s, peak_mb=usage.ru_maxrss * 1024 / MEGABYTE)


def read_run(run_dir: Path) -> Run:
    """Read what a finished run left in its folder."""
    seed = trust.read_stored(run_dir / "config.yaml")["seed"]
    summaries = read_summaries(run_dir / "evaluation.json")
    rewards = {
        name: {stage: rewards_of(run_dir / "evaluations" / stage / f"{name}.jsonl") for stage in stages}
        for name, stages in summaries.items()
    }
    records = read_log(run_dir / "metrics.jsonl")
    curve = [(r["step"], r["reward"]) for r in records if r["stage"] == "grpo" and "reward" in r and "step" in r]
    return Run(seed, summaries, rewards, curve)


def rewards_of(path: Path) -> list[float]:
    """The rewards of an evaluation's rows, in their order."""
    return [record["reward"] for record in read_log(path)]


def last_stage_lines(runs: list[Run]) -> list[str]:
    """What the last stage adds to the one before, row by row, all seeds pooled."""
    *_, before, last = runs[0].rewards[next(iter(runs[0].rewards))]
    lines = []
    for name in runs[0].rewards:
        pooled = [[reward for run in runs for reward in run.rewards[name][stage]] for stage in (before, last)]
        gain = relative_gain(*pooled, n_bootstrap=BOOTSTRAPS, confidence=CONFIDENCE)
        shown = "–" if gain is None else f"{gain.mean:+.0%} [{gain.low:+.0%}, {gain.high:+.0%}]"
        lines.append(f"- {name}: {last} against {before}, paired, seeds pooled: {shown}")
    return lines


def evaluation_table(runs: list[Run]) -> list[str]:
    """Markdown: one row for each seed and evaluation set, stages side by side."""
    stages = list(next(iter(runs[0].summaries.values())))
    lines = [
        "| set | seed | " + " | ".join(stages) + " | last against base | intervals apart | exact: base → last |",
        "|---|---|" + "---|" * (len(stages) + 3),
    ]
    for name in runs[0].summaries:
        for run in runs:
            by_stage = run.summaries[name]
            first, last = by_stage[stages[0]], by_stage[stages[-1]]
            cells = [
                name,
                str(run.seed),
                *(str(by_stage[stage].reward) for stage in stages),
                f"{last.reward.mean / first.reward.mean - 1:+.0%}" if first.reward.mean else "–",
                "yes" if last.reward.is_above(first.reward) else "no",
                f"{first.exact.mean:.2f} → {last.exact.mean:.2f}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def behavior_table(runs: list[Run]) -> list[str]:
    """Markdown: mean reward for each expected behavior, mean over seeds, base → last stage."""
    lines = ["| set | behavior | " + " | ".join(next(iter(runs[0].summaries.values()))) + " |"]
    lines.append("|---|---|" + "---|" * len(next(iter(runs[0].summaries.values()))))
    for name, by_stage in runs[0].summaries.items():
        for behavior in next(iter(by_stage.values())).by_behavior:
            means = [
                sum(run.summaries[name][stage].by_behavior[behavior].mean for run in runs) / len(runs)
                for stage in by_stage
            ]
            lines.append(f"| {name} | {behavior} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
    return lines


def curve_table(runs: list[Run]) -> list[str]:
    """Markdown: mean training reward of GRPO in ten equal stretches of steps."""
    stretch = max(1, len(runs[0].curve) // CURVE_POINTS)
    starts = range(0, len(runs[0].curve) - stretch + 1, stretch)
    lines = ["| seed | " + " | ".join(f"to {runs[0].curve[s + stretch - 1][0]}" for s in starts) + " |"]
    lines.append("|---|" + "---|" * len(starts))
    for run in runs:
        means = [sum(reward for _, reward in run.curve[s : s + stretch]) / stretch for s in starts]
        lines.append(f"| {run.seed} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
    return lines


def document(command: list[str], runs: list[Run]) -> str:
    """Everything measured, as Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    sizes = [f"{name}: {next(iter(stages.values())).reward.n}" for name, stages in runs[0].summaries.items()]
    return "\n".join(
        [
            f"{date.today()}, `{shlex.join(command)}`, {os.cpu_count()} cores, no GPU, {packages}",
            "",
            "Reward on held-out rows (" + ", ".join(sizes) + "), greedy, with 95% bootstrap intervals:",
            "",
            *evaluation_table(runs),
            "",
            *last_stage_lines(runs),
            "",
            "Mean reward by expected behavior, mean over seeds:",
            "",
            *behavior_table(runs),
            "",
            "Training reward of GRPO (sampled at the training temperature), mean of each stretch of steps:",
            "",
            *curve_table(runs),
            "",
            *cost_lines(runs),
        ]
    )


def cost_lines(runs: list[Run]) -> list[str]:
    """Markdown: what the runs that were started here took."""
    costs = []
    for run in runs:
        if run.wall_s is not None and run.peak_mb is not None:
            costs.append(f"seed {run.seed}: {run.wall_s / 60:.1f} min, {run.peak_mb:,.0f} MB")
    return [f"Wall clock of the run and peak resident memory: {'; '.join(costs)}.", ""] if costs else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiment", default="demo", help="one of conf/experiment")
    parser.add_argument("--seeds", default="0,1,2", help="separated by commas")
    parser.add_argument("--runs", nargs="+", type=Path, help="folders of runs that have ended, instead of new runs")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options, overrides = parser.parse_known_args()
    command = ["python", "benchmarks/demo.py"]
    if options.runs:
        runs = [read_run(run_dir) for run_dir in options.runs]
        command += ["--runs", *(run_dir.name for run_dir in options.runs)]
    else:
        command += ["--experiment", options.experiment, "--seeds", options.seeds, *overrides]
        with tempfile.TemporaryDirectory() as folder:
            seeds = map(int, options.seeds.split(","))
            runs = [measured(options.experiment, seed, overrides, Path(folder)) for seed in seeds]
    text = document(command, runs)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
