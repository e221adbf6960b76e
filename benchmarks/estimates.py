"""What `rlvr train --estimate` says of runs that were made, against what they took.

    python benchmarks/estimates.py FOLDER... [--threads 1] [--out benchmarks/results/estimates.md]

Each folder is that of a run on this machine. What a stage took is what its trainer counted (`train_runtime`), and what
an evaluation took is in metrics.jsonl too; loading is in neither, nor in the estimate. A part that has not ended is
left out. Rows that are made are made anew by the options in the folder.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rlvr import config as configuration
from rlvr.data.source import load
from rlvr.files import read_log
from rlvr.quiet import quiet_libraries
from rlvr.training.estimate import Estimate, duration, estimate
from rlvr.training.run_folder import RunFolder


@dataclass(frozen=True)
class Compared:
    """A part of a run: seconds by estimate, and as measured."""

    run: str
    part: str
    estimated_s: float
    measured_s: float

    def row(self) -> str:
        ratio = self.estimated_s / self.measured_s
        return (
            f"| {self.run} | {self.part} | {duration(self.estimated_s)} | {duration(self.measured_s)} | {ratio:.2f} |"
        )


def compare(folder: Path, threads: int | None) -> list[Compared]:
    """Return the parts of one run, and the whole."""
    run = RunFolder(folder)
    config = configuration.load(run.config)
    config = replace(config, hardware=replace(config.hardware, threads=threads or config.hardware.threads))
    training, evaluation = (
        {name: load(source) for name, source in sources.items()}
        for sources in (config.data.train, config.data.evaluation)
    )
    with quiet_libraries():
        needs = estimate(config, training, evaluation)
    measured = _measured(run)
    parts = [(part, seconds, measured[part]) for part, seconds in _estimated(needs).items() if part in measured]
    whole = ("in all", *(sum(part[place] for part in parts) for place in (1, 2)))
    return [Compared(folder.name, *part) for part in (*parts, whole)]


def _estimated(needs: Estimate) -> dict[str, float]:
    parts = {f"{stage.stage}, {stage.steps} steps": stage.seconds for stage in needs.stages}
    if needs.evaluation is not None:
        parts[f"evaluation, {needs.evaluation.policies} times {needs.evaluation.rows} rows"] = needs.evaluation.seconds
    return parts


def _measured(run: RunFolder) -> dict[str, float]:
    records = read_log(run.metrics)
    ends = [each for each in records if "train_runtime" in each]
    parts = {}
    for stage in {each["stage"] for each in ends}:
        of_stage = [each for each in ends if each["stage"] == stage]  # several where it was stopped and resumed
        parts[f"{stage}, {of_stage[-1]['step']} steps"] = sum(each["train_runtime"] for each in of_stage)
    evaluations = [each for each in records if "evaluation" in each]
    sets, policies = ({each[key] for each in evaluations} for key in ("evaluation", "stage"))
    n_rows = sum(next(each["reward"]["n"] for each in evaluations if each["evaluation"] == name) for name in sets)
    parts[f"evaluation, {len(policies)} times {n_rows} rows"] = sum(each["seconds"] for each in evaluations)
    return parts


def main() -> None:
    """Compare, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--threads", type=int, help="of the runs, where they took the machine's")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lines = [
        "# Estimates against measured runs",
        "",
        f"{date.today()}, `python benchmarks/estimates.py`, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}:",
        "",
        "| run | part | by estimate | measured | estimate / measured |",
        "|---|---|---|---|---|",
    ]
    for folder in arguments.folders:
        rows = [compared.row() for compared in compare(folder, arguments.threads)]
        print("\n".join(rows), flush=True)
        lines += rows
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
