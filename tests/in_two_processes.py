"""What each of two processes runs for `test_distributed.py`: ours as it is, then the stock trainer and ours on the same
batches.

In every batch one process has a group that teaches, the other one that does not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import torch
import trl
from few_steps import CANDIDATES, trained, weights
from trl.trainer import grpo_trainer as trl_grpo

from rlvr.training import grpo_trainer
from rlvr.training.grpo_trainer import GRPOTrainer


def train_each(policy: Path, out: Path, loss_types: Sequence[str]) -> None:
    rank = int(os.environ["RANK"])

    def train(name: str, trainer: type[trl.GRPOTrainer], loss_type: str) -> None:
        config = {
            "per_device_train_batch_size": CANDIDATES,
            "gradient_accumulation_steps": 1,
            "max_steps": 2,  # one in which each of the processes has a group that teaches
            "ddp_timeout": 60,
            "loss_type": loss_type,
        }
        done = trained(trainer, policy, out / f"{loss_type}-{name}", config, reward=_teaches_every_other_time(rank))
        torch.save(weights(done), out / f"{loss_type}-{name}-{rank}.pt")

    for loss_type in loss_types:
        train("plain", GRPOTrainer, loss_type)
    _do_as_trl()
    for loss_type in loss_types:
        train("stock", trl.GRPOTrainer, loss_type)
        train("own", GRPOTrainer, loss_type)
    # Gloo's threads abort the process now and then where it ends with the group alive: pytorch issue 190489.
    torch.distributed.destroy_process_group()


def _teaches_every_other_time(first: int) -> Callable[..., list[float]]:
    batches = count(first)

    def reward(completions: list[str], **_: Any) -> list[float]:
        lengths = [len(completion) % 7 / 7 for completion in completions]
        return lengths if next(batches) % 2 == 0 else [0.5] * len(completions)

    return reward


def _do_as_trl() -> None:
    """As the tests' `same_rows`: from here on no trainer shuffles, and all generate as TRL does."""
    GRPOTrainer._can_decode_groups = lambda self: False  # type: ignore[method-assign]
    grpo_trainer._whole_groups_shuffled = lambda size: nullcontext()  # type: ignore[assignment]
    trl_grpo.shuffle_sequence_dict = lambda batch: batch
