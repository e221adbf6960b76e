"""The vocabulary head on labelled positions alone, against TRL's own on all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from synth_sets import rows_of
from trl import SFTTrainer
from trl.trainer import utils

from rlvr.config import Config, HardwareConfig, ModelConfig, SFTStageConfig
from rlvr.policy.load import load_policy
from rlvr.training import sft
from rlvr.training.vocabulary_head import on_labels_only

CONFIG = Config(
    sft=SFTStageConfig(args={"gradient_checkpointing": False}),
    hardware=HardwareConfig(use_cpu=True),
)


def computed(trainer: SFTTrainer) -> tuple[torch.Tensor, dict[str, torch.Tensor], int]:
    """Loss and gradients of the first six rows, and how many positions their labels are at."""
    batch = trainer.data_collator([trainer.train_dataset[index] for index in range(6)])
    n_labels = int((batch["labels"][:, 1:] != sft.IGNORED_LABEL).sum())
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, batch, num_items_in_batch=torch.tensor(n_labels))
    loss.backward()
    return loss.detach(), {name: p.grad for name, p in trainer.model.named_parameters()}, n_labels


def test_loss_and_gradients_are_those_of_all_positions(
    random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_scored: list[int] = []
    head: Any = utils._ChunkedLogProbFunction

    class Counted:
        @staticmethod
        def apply(hidden: torch.Tensor, *others: Any) -> Any:
            n_scored.append(len(hidden))
            return head.apply(hidden, *others)

    monkeypatch.setattr(utils, "_ChunkedLogProbFunction", Counted)
    ours = sft.trainer(load_policy(ModelConfig(path=str(random_policy))), {"five": rows_of("unseen")}, CONFIG, tmp_path)
    loss, gradients, n_labels = computed(ours)
    stock = SFTTrainer(
        model=load_policy(ModelConfig(path=str(random_policy))).model,
        args=ours.args,
        train_dataset=ours.train_dataset,
        processing_class=ours.processing_class,
    )
    expected, stock_gradients, _ = computed(stock)
    assert n_scored[0] == n_labels < n_scored[1]
    torch.testing.assert_close(loss, expected, rtol=1e-6, atol=0)
    for name, gradient in stock_gradients.items():
        assert (gradients[name] - gradient).norm() <= 1e-5 * gradient.norm(), name


def test_trl_is_left_as_it_was() -> None:
    before = utils._use_triton
    with on_labels_only():
        assert utils._use_triton(torch.device("cpu"))
    assert utils._use_triton is before
