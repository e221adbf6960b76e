"""Several processes that share a model: what one of them leaves out, the others must not wait for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from forked import forked, in_two
from in_two_processes import train_each
from transformers import AutoModelForCausalLM

LOSS_TYPES = ("dapo", "grpo")


@pytest.fixture(scope="module")
def random_policy(two_layers: Path) -> Path:
    return two_layers


@pytest.fixture(scope="module")
def trained_in_two(random_policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights that each process ended at, for each loss and trainer."""
    folder = tmp_path_factory.mktemp("two")
    process = forked(folder, in_two, train_each, random_policy, folder, LOSS_TYPES)
    assert process.end() == 0, process.errors[-3000:]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_two_processes_end_at_the_weights_of_the_stock_trainer(
    loss_type: str, random_policy: Path, trained_in_two: Path
) -> None:
    weights = {
        (name, rank): torch.load(trained_in_two / f"{loss_type}-{name}-{rank}.pt")
        for name in ("plain", "stock", "own")
        for rank in range(2)
    }
    start = torch.cat([p.flatten() for p in AutoModelForCausalLM.from_pretrained(random_policy).float().parameters()])
    moved = (weights["stock", 0] - start).norm()
    assert moved > 1e-3
    for name in ("plain", "stock", "own"):
        assert torch.equal(weights[name, 0], weights[name, 1])
    assert (weights["plain", 0] - start).norm() > 1e-3
    assert (weights["own", 0] - weights["stock", 0]).norm() < 1e-4 * moved
