"""What a sweep costs beyond its jobs, in seconds of processor time and of wall time.

    python benchmarks/sweeps.py [--jobs 8] [--launchers basic joblib] [--out benchmarks/results/sweeps.md]

A job is the smallest run there is: one step of SFT on four rows with the embedded policy, no evaluation. Alone, each is
a command of its own; in a sweep they are one command. The overhead of a job is what the sweep takes more than the same
jobs alone, divided by their number: below 0 where jobs share what each would load by itself.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rlvr.files import read_log
from rlvr.training.run_folder import SWEEP_LOG

JOB = (
    "tracking=none", "hardware=cpu", "hardware.threads=1", "gate=off", "pipeline=[sft]", "sft.rows=4",
    "sft.args={per_device_train_batch_size: 4, max_steps: 1}",
    "~data.evaluation.same_tools", "~data.evaluation.unseen_tools",
)  # fmt: skip
LAUNCHERS = {"basic": (), "joblib": ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")}


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    processor: float
    wall: float


def cost(*options: str) -> Cost:
    """What a training takes, the processes that it starts included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-m", "rlvr", "train", *options], check=True, stdout=subprocess.DEVNULL)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - started
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--launchers", nargs="+", choices=LAUNCHERS, default=list(LAUNCHERS))
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    n = options.jobs
    seeds = ",".join(map(str, range(n)))
    load = os.getloadavg()[0]
    lines = [
        f"{date.today()}, `python benchmarks/sweeps.py --jobs {n}`, {os.cpu_count()} cores, load {load:.1f} at start:",
        "",
        "| | processor, s | wall, s | processor of a job, s | overhead of a job, processor, s | wall, s |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        singles = [cost(*JOB, f"seed={seed}", f"run_dir={folder / f'alone-{seed}'}") for seed in range(n)]
        alone = Cost(sum(each.processor for each in singles), sum(each.wall for each in singles))
        lines.append(f"| {n} commands | {alone.processor:.1f} | {alone.wall:.1f} | {alone.processor / n:.1f} | | |")
        for launcher in options.launchers:
            sweep = folder / launcher
            of_sweep = cost("-m", *JOB, f"seed={seeds}", f"run_dir={sweep}", *LAUNCHERS[launcher])
            assert sorted(record["run"] for record in read_log(sweep / SWEEP_LOG)) == list(range(n))
            processor, wall = (of_sweep.processor - alone.processor) / n, (of_sweep.wall - alone.wall) / n
            lines.append(
                f"| one sweep, {launcher} | {of_sweep.processor:.1f} | {of_sweep.wall:.1f} | "
                f"{of_sweep.processor / n:.1f} | {processor:+.1f} | {wall:+.1f} |"
            )
    text = "\n".join([*lines, ""])
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
