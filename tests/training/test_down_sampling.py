"""Training on the candidates of largest spread."""

from __future__ import annotations

import itertools

import pytest
import torch

from rlvr.training.down_sampling import largest_spread


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("n_trained", [2, 3, 4, 7, 8])
def test_no_other_choice_varies_more(seed: int, n_trained: int) -> None:
    """Against all ways to choose M of 8."""
    rewards = torch.rand(1, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).round(decimals=1)
    kept = largest_spread(rewards - rewards.mean(), n_trained)
    best = max(rewards[0, list(choice)].var() for choice in itertools.combinations(range(8), n_trained))
    # The kept advantages are centred, so that their squares are their variance, times M - 1.
    assert kept.square().sum() / (n_trained - 1) == pytest.approx(best)
    assert kept.sum() == pytest.approx(0.0, abs=1e-12)


def test_the_best_and_the_worst_stay() -> None:
    # 0.2 + 0.4 + 1.0 + 1.0 have the mean 0.65: the two in the middle leave.
    kept = largest_spread(torch.tensor([[0.4, 1.0, 0.6, 0.2, 0.7, 1.0]]), 4)
    torch.testing.assert_close(kept, torch.tensor([[-0.25, 0.35, 0.0, -0.45, 0.0, 0.35]]))


def test_each_group_is_chosen_from_by_itself() -> None:
    kept = largest_spread(torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0], [0.5, 0.5, 0.5, 0.5]]), 2)
    assert kept[0].sort().values.tolist() == [-0.5, 0.0, 0.0, 0.5]
    assert kept[1].sort().values.tolist() == [-0.5, 0.0, 0.0, 0.5]
    assert kept[2].tolist() == [0.0] * 4  # a group without a difference still teaches nothing


@pytest.mark.parametrize("n_trained", [0, 1, 9])
def test_an_impossible_number_is_refused(n_trained: int) -> None:
    with pytest.raises(ValueError, match=f"{n_trained} trained candidates of 8"):
        largest_spread(torch.rand(2, 8), n_trained)
