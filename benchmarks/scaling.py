"""How much faster two processes train than one on the same global batch, and what their exchanges cost.

    python benchmarks/scaling.py [--repeats 3] [--steps 12] [--out benchmarks/results/scaling.md]

SFT and GRPO of the embedded policy with the demo's options, on a CPU: one process with one thread, one with two, and
two processes (torchrun, gloo) with one thread and half of the batch each. The ways take turns, so that what else the
machine does meets all of them; seconds a step are what the trainer counts, without loading, and the table has the
median of the repeats. The exchanges of a step are timed alone: the all-reduce of as many 32-bit gradients as the policy
has parameters, and the gathering of a step's rollouts as Python objects.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from rlvr import processes
from rlvr.files import read_log

SFT_BATCH, GRPO_BATCH = 16, 16
CANDIDATES = 64
OPTIONS = [
    "experiment=demo", "gate=off", "tracking=none", "data.train.procedural.rows=600", "data.train.five_tools.rows=400",
    "data.evaluation.same_tools.rows=2", "~data.evaluation.unseen_tools", "evaluation.max_new_tokens=1",
]  # fmt: skip
N_PARAMETERS = 3_500_000
ROLLOUT_CHARACTERS = 6300
"""Of a group of eight with its prompt; docs/scale.md has where it comes from."""

EXCHANGES = 20


@dataclass(frozen=True)
class Way:
    """A way to train: how many processes, and threads of each."""

    processes: int
    threads: int

    def __str__(self) -> str:
        """Name the way as the table does."""
        names = {1: "one", 2: "two"}
        processes = "process" if self.processes == 1 else "processes"
        return f"{names[self.processes]} {processes}, {names[self.threads]} thread{'s' * (self.threads > 1)} each"

    def command(self, stage: str, folder: Path, steps: int) -> list[str]:
        """Return the command that trains one stage."""
        key, batch = ("sft", SFT_BATCH) if stage == "sft" else ("training", GRPO_BATCH)
        launcher = []
        if self.processes > 1:
            launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(self.processes)]
        return [
            sys.executable, *launcher, "-m", "rlvr", "train", *OPTIONS, f"pipeline=[{stage}]", f"run_dir={folder}",
            f"hardware.threads={self.threads}", f"{key}.args.max_steps={steps}",
            f"{key}.args.per_device_train_batch_size={batch // self.processes}",
        ]  # fmt: skip


WAYS = (Way(1, 1), Way(1, 2), Way(2, 1))
STAGES = ("sft", "grpo")


def seconds_a_step(way: Way, stage: str, steps: int) -> float:
    """Train one stage once."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder) / "run"
        environment = {**os.environ, "OMP_NUM_THREADS": str(way.threads)}
        done = subprocess.run(
            way.command(stage, run_dir, steps), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{way}, {stage}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        (runtime,) = [each["train_runtime"] for each in read_log(run_dir / "metrics.jsonl") if "train_runtime" in each]
        return float(runtime) / steps


def exchange() -> None:
    """Time the exchanges of a step in each of two processes, and print those of the first."""
    import torch
    from torch import distributed

    processes.join(on_cpu=True)
    gradients = torch.ones(N_PARAMETERS)
    rollouts = ["x" * ROLLOUT_CHARACTERS] * (CANDIDATES // 8 // processes.count())
    for name, work in (("all-reduce", lambda: distributed.all_reduce(gradients)),
                       ("rollouts", lambda: processes.gathered(rollouts))):  # fmt: skip
        taken = []
        for _ in range(EXCHANGES):
            distributed.barrier()
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
        if processes.is_first():
            print(name, median(taken))
    processes.leave()


def exchanges() -> dict[str, float]:
    """Return the seconds of each exchange between two processes."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, __file__, "--exchange"], env=environment, capture_output=True, text=True, check=True
    )
    return {name: float(seconds) for name, seconds in (line.split() for line in done.stdout.splitlines())}


def page(seconds: dict[tuple[Way, str], list[float]], taken: dict[str, float], command: str) -> str:
    """Return the table."""
    load = os.getloadavg()[0]
    lines = [
        "# Two processes against one",
        "",
        f"{date.today()}, `{command}`, {os.cpu_count()} cores, load {load:.1f} at the end. Median seconds a step, "
        "least and most of the repeats, and how many times the steps of one process with one thread:",
        "",
        "| | " + " | ".join(f"{stage}, s | against one" for stage in STAGES) + " |",
        "|---|" + "---|---|" * len(STAGES),
    ]
    for way in WAYS:
        cells = []
        for stage in STAGES:
            of_way, of_one = seconds[way, stage], median(seconds[WAYS[0], stage])
            cells += [
                f"{median(of_way):.2f} [{min(of_way):.2f}, {max(of_way):.2f}]",
                f"{of_one / median(of_way):.2f}×",
            ]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"Exchanges alone, median of {EXCHANGES}: the all-reduce of {N_PARAMETERS / 1e6:.1f}M gradients over gloo "
        f"{taken['all-reduce'] * 1e3:.0f} ms, and the gathering of the rollouts of {CANDIDATES} candidates "
        f"{taken['rollouts'] * 1e3:.1f} ms.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--exchange", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.exchange:
        exchange()
        return
    seconds: dict[tuple[Way, str], list[float]] = defaultdict(list)
    for repeat in range(arguments.repeats):
        for stage in STAGES:
            for way in WAYS:
                seconds[way, stage].append(seconds_a_step(way, stage, arguments.steps))
                print(f"{repeat + 1}/{arguments.repeats} {stage}, {way}: {seconds[way, stage][-1]:.2f} s", flush=True)
    command = f"python benchmarks/scaling.py --repeats {arguments.repeats} --steps {arguments.steps}"
    text = page(seconds, exchanges(), command)
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
