"""What each stage earns: base, SFT, SFT and DPO, all three, and GRPO alone, on the demo's two held-out sets and on
values that are easily confused (`benchmarks/confusable.py`).

    python benchmarks/stages.py [--seeds 0,1,2] [--jobs 1] [--out benchmarks/results/stages.md] [OVERRIDE ...]

Each seed is three runs of `experiment=demo` in processes of their own: the pipelines [sft,dpo,grpo] and [grpo], and as
DPO's control a second SFT on the completions that DPO prefers, from the same policy with the same steps. Each seed has
confusable values of its own. Means are over the rows of all seeds, with 95% bootstrap intervals over rows. "Arguments"
is the share of the rows that expect calls whose calls and arguments are exactly right: what DPO is for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import confusable

from rlvr.evaluation.metrics import bootstrap
from rlvr.files import read_log
from rlvr.records.row import write_rows
from rlvr.training.run_folder import RunFolder

PIPELINES = {
    "all": ["pipeline=[sft,dpo,grpo]"],
    "alone": ["pipeline=[grpo]"],
    "control": ["pipeline=[dpo]", "dpo.args.loss_weights=[0.0,1.0]"],
}
"""Name of a run -> what it sets."""

POLICIES = {
    "base": ("all", "base"),
    "SFT": ("all", "sft"),
    "SFT, SFT on what DPO prefers": ("control", "dpo"),
    "SFT, DPO": ("all", "dpo"),
    "SFT, DPO, GRPO": ("all", "grpo"),
    "GRPO alone": ("alone", "grpo"),
}
"""Name of a policy -> the run it comes from, and the stage after which it is evaluated."""

PER_KIND = 150
CONFUSABLE = "confusable"
"""The name of the set of values that are easily confused."""

Records = list[dict[str, Any]]


def train(pipeline: str, seed: int, overrides: list[str], folder: Path) -> RunFolder:
    """One run in a child process."""
    run = RunFolder(folder / f"{pipeline}-{seed}")
    rows = folder / f"confusable-{seed}.jsonl"
    own = [f"seed={seed}", f"run_dir={run.path}", "gate=off", f"+data.evaluation.{CONFUSABLE}.path={rows}"]
    if pipeline == "control":
        own.append(f"model.path={folder / f'all-{seed}' / 'sft' / 'final'}")
    command = [sys.executable, "-m", "rlvr", "train", "experiment=demo", *PIPELINES[pipeline], *own, *overrides]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return run


def mean(records: Records, field: str) -> str:
    """The field's mean; a row that several seeds share counts once, with the mean over them."""
    by_row: dict[str, list[float]] = defaultdict(list)
    for record in records:
        by_row[json.dumps([record["prompt"], record["tools"]])].append(float(record[field]))
    values = [fmean(of_row) for of_row in by_row.values()]
    return str(bootstrap(values, n_bootstrap=2000, confidence=0.95)) if values else "-"


def by_seed(records: list[Records], field: str) -> str:
    """The field's mean of each seed."""
    return ", ".join(f"{fmean(float(record[field]) for record in of_seed):.2f}" for of_seed in records)


def table(records_by_policy: dict[str, list[Records]]) -> list[str]:
    """Markdown: a row for each policy, from its records seed by seed."""
    behaviors = sorted({record["expected"]["behavior"] for record in next(iter(records_by_policy.values()))[0]})
    header = ["policy", "reward", "by seed", "exact", "by seed", "arguments", *behaviors]
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    for policy, seeds in records_by_policy.items():
        records = [record for of_seed in seeds for record in of_seed]
        by_behavior = {name: [r for r in records if r["expected"]["behavior"] == name] for name in behaviors}
        cells = [
            policy,
            mean(records, "reward"),
            by_seed(seeds, "reward"),
            mean(records, "is_exact"),
            by_seed(seeds, "is_exact"),
            mean(by_behavior.get("execute", []), "is_exact"),
            *(mean(by_behavior[name], "reward") for name in behaviors),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def document(runs: dict[tuple[str, int], RunFolder], seeds: list[int]) -> str:
    def records(policy: str, evaluation_set: str) -> list[Records]:
        pipeline, stage = POLICIES[policy]
        return [list(read_log(runs[pipeline, seed].evaluation(stage, evaluation_set))) for seed in seeds]

    command = " ".join(["python benchmarks/stages.py", *sys.argv[1:]])
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    lines = [f"{date.today()}, `{command}`, {os.cpu_count()} cores, no GPU, {packages}"]
    first = next(iter(runs.values()))
    for evaluation_set in json.loads(first.summaries.read_text(encoding="utf-8")):
        lines += ["", f"{evaluation_set}, seeds {', '.join(map(str, seeds))}:", ""]
        lines += table({policy: records(policy, evaluation_set) for policy in POLICIES})
    lines += ["", "Exactly right calls on confusable values, by kind:", ""]
    kinds = [kind for kind in confusable.KINDS for _ in range(PER_KIND)]
    lines += ["| policy | " + " | ".join(confusable.KINDS) + " |", "|---|" + "---|" * len(confusable.KINDS)]
    for policy in POLICIES:
        by_kind: dict[str, Records] = {kind: [] for kind in confusable.KINDS}
        for of_seed in records(policy, CONFUSABLE):
            for kind, record in zip(kinds, of_seed, strict=True):
                by_kind[kind].append(record)
        lines.append(f"| {policy} | " + " | ".join(mean(of_kind, "is_exact") for of_kind in by_kind.values()) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2", help="separated by commas")
    parser.add_argument("--jobs", type=int, default=1, help="runs at once; each has an equal share of the cores")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options, overrides = parser.parse_known_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    threads = [f"hardware.threads={max(1, (os.cpu_count() or 1) // options.jobs)}"] if options.jobs > 1 else []
    runs = {}
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(options.jobs) as pool:
        folder = Path(name)
        for seed in seeds:
            write_rows(folder / f"confusable-{seed}.jsonl", confusable.rows(PER_KIND, seed))
        for pipelines in (("all", "alone"), ("control",)):  # the control starts from a policy of the first
            keys = [(pipeline, seed) for seed in seeds for pipeline in pipelines]
            made = pool.map(lambda key: train(*key, [*threads, *overrides], folder), keys)
            runs.update(zip(keys, made, strict=True))
        text = document(runs, seeds)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
