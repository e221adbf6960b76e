"""Whether a shared prefix gives a model's own log-probabilities, for models that no test compares."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

# What two float32 computations of a log-probability may differ by on average, in nats.
FLOOR = 1e-5
# How many times further apart than the stock path is from itself, moved, still counts as rounding, and up to where:
# absolute positions that padding moves are no rounding.
ROUNDING_FACTOR = 10.0
CEILING = 0.1
MOVED_BY = 8


def difference(
    stock: Callable[[Tensor, Tensor], Tensor], shared: Callable[[Tensor, Tensor], Tensor], ids: Tensor, mask: Tensor
) -> str | None:
    """Return how far the two are apart, in words; None where rounding explains it.

    Rounding is measured, whatever the precision: the stock path once more, its rows moved by some padding.

    Args:
        stock, shared: give log-probabilities of shape (G, C) for token ids and their mask, both (G, P + C); 0 where a
            candidate has no token.
        ids, mask: one group, prompts padded on the left and candidates on the right.
    """
    with torch.no_grad():
        expected, own = stock(ids, mask), shared(ids, mask)
        moved = stock(functional.pad(ids, (MOVED_BY, 0)), functional.pad(mask, (MOVED_BY, 0)))
    is_token = mask[:, -expected.shape[1] :].bool()
    rounding = (moved - expected)[is_token].abs().mean().item()
    apart = (own - expected)[is_token].abs().mean().item()
    if apart <= min(CEILING, max(FLOOR, ROUNDING_FACTOR * rounding)):
        return None
    return f"log-probabilities are {apart:.1e} apart on average, and {rounding:.1e} where only padding differs"
