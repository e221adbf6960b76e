"""A sweep from Python: two seeds of two partial credits, and what came of each as data.

    python sweep.py                                 # the embedded policy, about ten minutes of one core
    python sweep.py model.path=Qwen/Qwen3-0.6B      # further arguments are options of `rlvr train`

`rlvr train -m seed=0,1 reward.partial_cap=0,0.6 …` and `rlvr compare FOLDER` do the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rlvr.cli import main
from rlvr.evaluation import sweep

FOLDER = Path("runs/partial_credit")

if __name__ == "__main__":
    options = [
        "seed=0,1",
        "reward.partial_cap=0,0.6",
        "experiment=demo",
        "sft.rows=800",
        "training.args.max_steps=10",
        "data.evaluation.same_tools.rows=100",
        "data.evaluation.unseen_tools.rows=100",
        f"hydra.sweep.dir={FOLDER}",
    ]
    exit_code = main(["train", "--multirun", *options, *sys.argv[1:]])
    for name, outcomes in sweep.outcomes(sweep.runs_of(FOLDER), confidence=0.95).items():
        for outcome in outcomes:
            print(f"{name}  {outcome.options}: reward {outcome.reward}")
    sys.exit(exit_code)
