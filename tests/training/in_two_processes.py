"""What each of two processes runs for `test_distributed.py`: the stock trainer and ours on the same batches.

In every batch one process has a group that teaches, the other one that does not.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
import trl
from test_grpo_trainer import CANDIDATES, trained, weights
from trl.trainer import grpo_trainer as trl_grpo

from rlvr.training import grpo_trainer


def main(policy: Path, out: Path, loss_type: str) -> None:
    rank = int(os.environ["RANK"])
    # As the tests' `same_rows`: neither trainer shuffles, and both generate as TRL does.
    grpo_trainer.GRPOTrainer._can_decode_groups = lambda self: False  # type: ignore[method-assign]
    grpo_trainer._whole_groups_shuffled = lambda size: nullcontext()  # type: ignore[assignment]
    trl_grpo.shuffle_sequence_dict = lambda batch: batch

    def teaches_in_one_process(completions: list[str], **_: Any) -> list[float]:
        lengths = [len(completion) % 7 / 7 for completion in completions]
        return lengths if trainer_step() % 2 == rank else [0.5] * len(completions)

    for name, cls in (("stock", trl.GRPOTrainer), ("own", grpo_trainer.GRPOTrainer)):
        calls = iter(range(1000))

        def trainer_step(calls: Any = calls) -> int:
            return next(calls)

        config = {
            "per_device_train_batch_size": CANDIDATES,
            "gradient_accumulation_steps": 1,
            "max_steps": 4,
            "ddp_timeout": 60,
            "loss_type": loss_type,
        }
        trainer = trained(cls, policy, out / name, config, reward=teaches_in_one_process)
        torch.save(weights(trainer), out / f"{name}-{rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
