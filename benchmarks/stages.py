"""What each stage earns: base, SFT, SFT and DPO, all three, and GRPO alone, on the demo's two held-out sets and on
values that are easily confused (`benchmarks/confusable.py`).

    python benchmarks/stages.py [--seeds 0,1,2] [--out benchmarks/results/stages.md] [OVERRIDE ...]

Each seed is two runs of `experiment=demo`, with the pipelines [sft,dpo,grpo] and [grpo], in processes of their own.
Means are over the rows of all seeds, with 95% bootstrap intervals. "Arguments" is the share of the rows that expect
calls whose calls and arguments are exactly right: what DPO is for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import confusable

from rlvr.data.row import write_rows
from rlvr.evaluation.metrics import bootstrap
from rlvr.training.run_folder import RunFolder, read_jsonl

PIPELINES = {"all": ("sft", "dpo", "grpo"), "alone": ("grpo",)}
POLICIES = {
    "base": ("all", "base"),
    "SFT": ("all", "sft"),
    "SFT, DPO": ("all", "dpo"),
    "SFT, DPO, GRPO": ("all", "grpo"),
    "GRPO alone": ("alone", "grpo"),
}
"""Name of a policy -> the pipeline it comes from, and the stage after which it is evaluated."""

DPO = [
    "dpo.rows=1200",
    "dpo.confusable=1",
    "dpo.weights.repeated_value=3",
    "++dpo.args.loss_type=[sigmoid,sft]",
    "++dpo.args.loss_weights=[1.0,0.2]",
    "dpo.args.learning_rate=5.0e-5",
    "++dpo.args.gradient_checkpointing=false",
]
"""The embedded policy learns at higher rates than the models that conf/dpo is for; the part of SFT's loss keeps the
right completions likely."""

PER_KIND = 75
CONFUSABLE = "confusable"
"""The name of the set of values that are easily confused."""

Records = list[dict[str, Any]]


def train(seed: int, pipeline: str, overrides: list[str], folder: Path) -> RunFolder:
    """One run in a child process."""
    run = RunFolder(folder / f"{pipeline}-{seed}")
    stages = ",".join(PIPELINES[pipeline])
    own = [f"seed={seed}", f"run_dir={run.path}", f"pipeline=[{stages}]", "gate=off", *DPO]
    own.append(f"+data.evaluation.{CONFUSABLE}.path={folder / 'confusable.jsonl'}")
    command = [sys.executable, "-m", "rlvr", "train", "experiment=demo", *own, *overrides]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return run


def mean(values: list[float]) -> str:
    return str(bootstrap(values, n_bootstrap=2000, confidence=0.95)) if values else "-"


def table(records_by_policy: dict[str, Records]) -> list[str]:
    """Markdown: a row for each policy."""
    behaviors = sorted({record["expected"]["behavior"] for record in next(iter(records_by_policy.values()))})
    lines = [
        "| policy | reward | exact | arguments | " + " | ".join(behaviors) + " |",
        "|---|---|---|---|" + "---|" * len(behaviors),
    ]
    for policy, records in records_by_policy.items():
        by_behavior = {name: [r for r in records if r["expected"]["behavior"] == name] for name in behaviors}
        cells = [
            policy,
            mean([r["reward"] for r in records]),
            mean([float(r["is_exact"]) for r in records]),
            mean([float(r["is_exact"]) for r in by_behavior.get("execute", [])]),
            *(mean([r["reward"] for r in by_behavior[name]]) for name in behaviors),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def document(runs: dict[tuple[str, int], RunFolder], seeds: list[int], overrides: list[str]) -> str:
    command = " ".join(["python benchmarks/stages.py --seeds", ",".join(map(str, seeds)), *overrides])
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    lines = [f"{date.today()}, `{command}`, {os.cpu_count()} cores, no GPU, {packages}"]
    first = next(iter(runs.values()))
    for evaluation_set in json.loads(first.summaries.read_text(encoding="utf-8")):
        lines += ["", f"{evaluation_set}, seeds {', '.join(map(str, seeds))}:", ""]
        lines += table(
            {
                policy: [
                    record
                    for seed in seeds
                    for record in read_jsonl(runs[pipeline, seed].evaluation(stage, evaluation_set))
                ]
                for policy, (pipeline, stage) in POLICIES.items()
            }
        )
    lines += ["", "Exactly right calls on confusable values, by kind:", ""]
    kinds = [row.extra_info["kind"] for row in confusable.rows(PER_KIND)]
    lines += ["| policy | " + " | ".join(confusable.KINDS) + " |", "|---|" + "---|" * len(confusable.KINDS)]
    for policy, (pipeline, stage) in POLICIES.items():
        is_exact: dict[str, list[float]] = {kind: [] for kind in confusable.KINDS}
        for seed in seeds:
            records = read_jsonl(runs[pipeline, seed].evaluation(stage, CONFUSABLE))
            for kind, record in zip(kinds, records, strict=True):
                is_exact[kind].append(float(record["is_exact"]))
        lines.append(f"| {policy} | " + " | ".join(map(mean, is_exact.values())) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0,1,2", help="separated by commas")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options, overrides = parser.parse_known_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder) / "confusable.jsonl", confusable.rows(PER_KIND))
        runs = {
            (pipeline, seed): train(seed, pipeline, overrides, Path(folder)) for seed in seeds for pipeline in PIPELINES
        }
        text = document(runs, seeds, overrides)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
