"""Dynamic sampling: groups whose candidates all earn the same give way to groups of further prompts.

Such a group has no gradient (Yu et al. 2025, DAPO, arXiv:2503.14476, section 3.2), so a batch full of them trains on a
few prompts only. Which prompts come next depends on the seed and the step alone: a resumed run draws the same.

Legend: N candidates of this process, U their groups, G candidates of each, F reward functions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor

from rlvr.records.rollout import TOLERANCE


@dataclass
class Candidates:
    """Candidates with all that the trainer knows of them, one entry each, group by group.

    Attributes:
        rows: of the data set.
        prompt_ids, completion_ids: as they were generated.
        completions: decoded.
        logprobs: the sampler's own, where it gives them.
        rewards_NF: of each reward function.
        extra: columns that reward functions log.
    """

    rows: list[Any]
    prompt_ids: list[Any]
    completion_ids: list[Any]
    completions: list[Any]
    logprobs: list[Any] | None
    rewards_NF: Tensor
    extra: dict[str, list[Any]] = field(default_factory=dict)

    def put(self, place: int, other: Candidates, source: int, size: int) -> None:
        """Replace the group at one place by another's, G entries each."""
        into, out_of = slice(place * size, (place + 1) * size), slice(source * size, (source + 1) * size)
        for name in ("rows", "prompt_ids", "completion_ids", "completions"):
            getattr(self, name)[into] = getattr(other, name)[out_of]
        if self.logprobs is not None and other.logprobs is not None:
            self.logprobs[into] = other.logprobs[out_of]
        self.rewards_NF[into] = other.rewards_NF[out_of]
        for column, values in self.extra.items():
            values[into] = other.extra[column][out_of]


@dataclass(frozen=True)
class Refilled:
    """The candidates of whole groups, and how many prompts it took.

    Attributes:
        candidates: as many as before.
        rounds: in which further prompts were drawn.
        n_drawn: further prompts of this process.
        n_silent: groups that are left without a difference.
    """

    candidates: Candidates
    rounds: int
    n_drawn: int
    n_silent: int


class OverProcesses(Protocol):
    """Reduces one number of each process, `max` or `min`, to one that all of them get."""

    def __call__(self, reduction: Callable[[Tensor], Tensor], value: int) -> int:
        """Return the number for all."""


def refill(
    candidates: Candidates,
    further: Iterator[Any],
    sample: Callable[[list[Any]], Candidates],
    teaches: Callable[[Tensor], Tensor],
    over_processes: OverProcesses,
    *,
    size: int,
    max_rounds: int,
) -> Refilled:
    """Replace groups that do not teach, round by round, until all do, prompts run out, or `max_rounds` are over.

    Args:
        candidates: the first ones; changed in place.
        further: rows of the data set to draw from.
        sample: generates and scores G candidates for each of G repetitions of some rows.
        teaches: says of rewards (N, F) which groups do, shape (U,).
        over_processes: every process draws as many prompts as the one that lacks most: they sample together.
        size: G.
        max_rounds: >= 0.
    """
    rounds = n_drawn = 0
    silent = _places(~teaches(candidates.rewards_NF))
    while rounds < max_rounds:
        wanted = over_processes(torch.max, len(silent))
        rows = list(islice(further, wanted))
        n = over_processes(torch.min, len(rows))
        if n == 0:
            break
        rounds += 1
        n_drawn += n
        fresh = sample([row for row in rows[:n] for _ in range(size)])
        for place, source in zip(silent, _places(teaches(fresh.rewards_NF)), strict=False):
            candidates.put(place, fresh, source, size)
        silent = _places(~teaches(candidates.rewards_NF))
    return Refilled(candidates, rounds, n_drawn, len(silent))


def _places(chosen: Tensor) -> list[int]:
    return chosen.nonzero()[:, 0].tolist()


def teaching_groups(rewards_NF: Tensor, weights_F: Tensor, size: int, *, by_function: bool) -> Tensor:
    """Return which groups have candidates with different rewards, shape (U,).

    Args:
        rewards_NF: NaN where a function does not apply.
        weights_F: of the functions.
        size: G.
        by_function: each function is normalised for itself; otherwise their weighted sum is.
    """
    weighted = rewards_NF * weights_F
    if by_function:
        values = weighted
    else:
        values = weighted.nansum(dim=1, keepdim=True).masked_fill(rewards_NF.isnan().all(1, keepdim=True), torch.nan)
    grouped = values.unflatten(0, (-1, size))
    highest = grouped.nan_to_num(nan=-torch.inf).amax(1)
    lowest = grouped.nan_to_num(nan=torch.inf).amin(1)
    return (highest - lowest > TOLERANCE).any(1)


def further_rows(
    dataset: Any, tried: Sequence[Any], seed: str, *, process: int = 0, n_processes: int = 1
) -> Iterator[Any]:
    """Rows in an order of the seed's, each once and those not whose prompt is among `tried`; each process has its own.

    Args:
        dataset: rows by index.
        tried: the rows of the batch.
        seed: the same on every process.
        process, n_processes: which part of the order to walk.
    """
    order = list(range(len(dataset)))
    random.Random(seed).shuffle(order)
    seen = [row["prompt"] for row in tried]
    for index in order[process::n_processes]:
        row = dataset[index]
        if row["prompt"] not in seen:
            yield row
