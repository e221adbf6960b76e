"""What GRPO needs for the same reward when it leaves out work that teaches little: candidates and updates, compared.

    python benchmarks/less_work.py --folder runs/less_work [--seeds 0,1,2] [--out benchmarks/results/less_work.md]

All runs start from one SFT policy, the demo's, which is trained first where the folder has none, and train on the same
48 rows of the five tools, four groups of eight a step, at a constant learning rate. Plain runs take 60 steps, and are
evaluated after 40; further plain runs take 20. Those that pass over prompts which taught nothing, and update on four
candidates of a group, take 40: as many candidates as plain runs of 40 steps, and about as many in updates as those of
20. Reward is greedy, on the rows trained on and on rows held out, with 95% bootstrap intervals
over rows, each of which counts with its mean over the seeds. The runs of a way are a sweep: what is done is not run
again, and what was stopped goes on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

from rlvr.data import saved_rollouts
from rlvr.evaluation.metrics import bootstrap
from rlvr.files import read_log
from rlvr.records.rollout import TOLERANCE
from rlvr.training.run_folder import RunFolder

STEPS = 60
FEWER = 40
FEWEST = 20
SETS = ("trained", "held_out")
OPTIONS = [
    "experiment=demo", "pipeline=[grpo]", "gate=off", "tracking=none", "hardware.threads=1",
    "~data.train.procedural", "data.train.five_tools.rows=48",
    "~data.evaluation.same_tools", "~data.evaluation.unseen_tools",
    "+data.evaluation.trained={synth: five_tools, split: train, rows: 48}",
    "+data.evaluation.held_out={synth: five_tools, split: held_out, rows: 50}",
    "training.args.lr_scheduler_type=constant", "training.args.learning_rate=3e-4",
    "training.args.gradient_accumulation_steps=2",
]  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A way to train.

    Args:
        name: as the table has it.
        steps: of GRPO.
        options: besides those of all.
        n_trained: candidates of a group of eight that are in the update.
    """

    name: str
    steps: int
    options: tuple[str, ...] = ()
    n_trained: int = 8


WAYS = (
    Way("plain", STEPS, (f"evaluation.every={FEWER}",)),
    Way("plain, a third", FEWEST),
    Way("passing over, largest spread", FEWER, ("training.rest_epochs=1", "training.trained_candidates=4"), 4),
)


@dataclass(frozen=True)
class Work:
    """The cost of a run: candidates generated, those in updates, and the share of groups that were silent."""

    generated: int
    updated: int
    silent: float


def rlvr_train(*options: str) -> None:
    """Train in a process of its own."""
    subprocess.run([sys.executable, "-m", "rlvr", "train", *options], check=True, stdout=subprocess.DEVNULL)


def sft_policy(folder: Path) -> Path:
    """Return the policy that all runs start from."""
    run = RunFolder(folder / "sft")
    if not run.final("sft").is_dir():
        rlvr_train("experiment=demo", "pipeline=[sft]", "gate=off", "tracking=none", f"run_dir={run.path}")
    return run.final("sft")


def trained(way: Way, seeds: str, policy: Path, folder: Path) -> list[RunFolder]:
    """Return the finished runs of a way."""
    sweep = folder / way.name.replace(", ", "-").replace(" ", "-")
    place = (f"model.path={policy}", f"seed={seeds}", f"run_dir={sweep}")
    rlvr_train("-m", *OPTIONS, *place, *way.options, f"training.args.max_steps={way.steps}")
    return [RunFolder(sweep / str(number)) for number in range(len(seeds.split(",")))]


def work(way: Way, run: RunFolder, last_step: int) -> Work:
    """Count what a run has generated and updated on, up to a step."""
    generated = silent = updated = 0
    for path in saved_rollouts.files(run.path):
        for rollout in saved_rollouts.read(path):
            if rollout.step > last_step:
                continue
            rewards = [candidate.reward for candidate in rollout.candidates if candidate.reward is not None]
            is_silent = max(rewards) - min(rewards) <= TOLERANCE
            generated += len(rollout.candidates)
            silent += is_silent
            updated += 0 if is_silent else way.n_trained
    return Work(generated, updated, 8 * silent / generated)


def reward(runs: list[RunFolder], stage: str, name: str) -> str:
    """Return the mean reward with its interval; a row counts once, with its mean over the seeds."""
    by_row: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        for row, value in run.rewards(stage, name).items():
            by_row[row].append(value)
    return str(bootstrap([fmean(values) for values in by_row.values()], n_bootstrap=2000, confidence=0.95))


def reward_at(runs: list[RunFolder], step: int, name: str) -> str:
    """Return the mean reward of evaluations in the middle of training; they keep no rows, so no interval."""
    key = f"evaluation/{name}/reward"
    records = [record for run in runs for record in read_log(run.metrics) if record.get("step") == step]
    return f"{fmean(record[key] for record in records if key in record):.2f}"


def table(runs: dict[str, list[RunFolder]]) -> list[str]:
    """Return Markdown: a row for each way, and the plain run's after as many steps as the others have."""
    lines = [
        "| | steps | candidates generated | silent groups | candidates in updates | trained rows | by seed | "
        "held-out rows | by seed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    plain = WAYS[0]
    before = [reward(runs[plain.name][:1], "base", name) for name in SETS]
    lines.append(f"| the SFT policy | 0 | | | | {before[0]} | | {before[1]} | |")
    whole = [work(plain, run, STEPS) for run in runs[plain.name]]
    for way, last in ((plain, STEPS), (plain, FEWER), *((way, way.steps) for way in WAYS[1:])):
        of_way = runs[way.name]
        costs = [work(way, run, last) for run in of_way]
        generated = fmean(cost.generated for cost in costs)
        updated = fmean(cost.updated for cost in costs)
        cells = [
            way.name,
            str(last),
            f"{generated:,.0f} ({fmean(cost.generated for cost in whole) / generated:.2f}× fewer)",
            f"{fmean(cost.silent for cost in costs):.2f}",
            f"{updated:,.0f} ({fmean(cost.updated for cost in whole) / updated:.2f}× fewer)",
        ]
        for name in SETS:
            if last == way.steps:
                by_seed = ", ".join(f"{fmean(run.rewards('grpo', name).values()):.2f}" for run in of_way)
                cells += [reward(of_way, "grpo", name), by_seed]
            else:
                by_seed = ", ".join(reward_at([run], last, name) for run in of_way)
                cells += [reward_at(of_way, last, name), by_seed]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--seeds", default="0,1,2", help="separated by commas")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    policy = sft_policy(options.folder)
    runs = {way.name: trained(way, options.seeds, policy, options.folder) for way in WAYS}
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    head = f"{date.today()}, `python benchmarks/less_work.py --seeds {options.seeds}`, one thread, no GPU, {packages}"
    text = "\n".join([head, "", *table(runs), ""])
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
