"""Training on the candidates of a group that differ most, and leaving out the rest.

An update costs several times as much as generating and scoring. Candidates near their group's mean reward move the
policy least, so the update may take those of largest spread alone (Xu et al. 2025, "Not All Rollouts are Useful",
arXiv:2504.13818, section 3.2: max-variance down-sampling).

Legend: P prompts, G candidates of each, M of them that are trained on.
"""

from __future__ import annotations

import torch
from torch import Tensor


def largest_spread(advantages_PG: Tensor, n_trained: int) -> Tensor:
    """Return the advantages of the `n_trained` candidates of each group whose rewards vary most, 0 for the others.

    Those are always some of the best together with some of the worst. What stays is measured against its own mean, so
    that each group's advantages still add up to 0, and keeps its scale.

    Args:
        advantages_PG: of all candidates, shape (P, G); any increasing line of the rewards within each group.
        n_trained: M, from 2 to G.

    Returns:
        Shape (P, G).

    Raises:
        ValueError: fewer candidates than 2 or more than there are; names M and G.
    """
    n_candidates = advantages_PG.shape[1]
    if not 2 <= n_trained <= n_candidates:
        raise ValueError(f"{n_trained} trained candidates of {n_candidates}; take from 2 to {n_candidates}")
    order_PG = advantages_PG.argsort(dim=1, stable=True)
    sorted_PG = advantages_PG.gather(1, order_PG)
    choices = [_ends(n_candidates, n_worst, n_trained) for n_worst in range(n_trained + 1)]
    variances = torch.stack([sorted_PG[:, choice].var(dim=1) for choice in choices])
    best_P = variances.argmax(dim=0)
    kept_PM = torch.tensor(choices, device=advantages_PG.device)[best_P]
    values_PM = sorted_PG.gather(1, kept_PM)
    centered_PM = values_PM - values_PM.mean(dim=1, keepdim=True)
    places_PM = order_PG.gather(1, kept_PM)
    return torch.zeros_like(advantages_PG).scatter(1, places_PM, centered_PM)


def _ends(n_candidates: int, n_worst: int, n_trained: int) -> list[int]:
    """Return the places of the worst and the best candidates among those in ascending order."""
    return [*range(n_worst), *range(n_candidates - (n_trained - n_worst), n_candidates)]
