"""Means over an evaluation's rows, each with its bootstrap interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from rewards import Behavior

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from rlvr.config import EvaluationConfig
    from rlvr.evaluation.run import Evaluation

_RESAMPLES_PER_CHUNK = 200


@dataclass(frozen=True)
class Interval:
    """A mean over `n` rows and the percentile interval of its bootstrap."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Mean and interval to two decimals, as tables print it."""
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def is_above(self, other: Interval) -> bool:
        """Whether this interval lies entirely above the other."""
        return self.low > other.high


@dataclass(frozen=True)
class Summary:
    """One policy on one evaluation set.

    Attributes:
        reward: mean reward, the tool-call reward.
        exact: share of rows that are exactly right: the same calls with equal arguments, or the right abstention.
        by_behavior: mean reward of the rows that expect each behaviour; only behaviours that occur.
        unscored: rows whose ground truth could not be scored; they are in no mean.
        truncated: completions that ran into the length limit.
        seconds: how long generation and scoring took.
    """

    reward: Interval
    exact: Interval
    by_behavior: dict[Behavior, Interval]
    unscored: int
    truncated: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Summary:
        """The inverse of `to_json`."""
        return cls(
            **{
                **data,
                "reward": Interval(**data["reward"]),
                "exact": Interval(**data["exact"]),
                "by_behavior": {Behavior(name): Interval(**value) for name, value in data["by_behavior"].items()},
            }
        )


def resampled_means(values: Tensor, n_bootstrap: int, seed: int = 0) -> Tensor:
    """Means of `n_bootstrap` resamples of `values` with replacement, shape (n_bootstrap,).

    The same seed and length draw the same rows, so that the means of two policies on one set are paired.
    """
    generator = torch.Generator().manual_seed(seed)
    n = len(values)
    chunks = [min(_RESAMPLES_PER_CHUNK, n_bootstrap - start) for start in range(0, n_bootstrap, _RESAMPLES_PER_CHUNK)]
    drawn = (values[torch.randint(n, (size, n), generator=generator)] for size in chunks)
    return torch.cat([rows.mean(dim=1) for rows in drawn])


def bootstrap(values: Iterable[float], *, n_bootstrap: int, confidence: float, seed: int = 0) -> Interval:
    """Mean of `values` with its percentile bootstrap interval.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.

    Raises:
        ValueError: there are no values.
    """
    column = _column(values)
    if len(column) == 0:
        raise ValueError("no values to average: the evaluation set has no row that can be scored")
    low, high = _percentiles(resampled_means(column, n_bootstrap, seed), confidence)
    return Interval(column.mean().item(), low, high, len(column))


def relative_gain(
    before: Iterable[float], after: Iterable[float], *, n_bootstrap: int, confidence: float
) -> Interval | None:
    """mean(after) / mean(before) - 1 over the same rows in the same order, resampled in pairs.

    None where the mean before is zero in the data or in a resample: no ratio can be formed then.

    Raises:
        ValueError: the two differ in length.
    """
    first, last = _column(before), _column(after)
    if len(first) != len(last):
        raise ValueError(f"paired rewards differ in number: {len(first)} before, {len(last)} after")
    if not first.any():
        return None
    means = resampled_means(first, n_bootstrap)
    if not means.all():
        return None
    low, high = _percentiles(resampled_means(last, n_bootstrap) / means - 1, confidence)
    return Interval((last.mean() / first.mean() - 1).item(), low, high, len(first))


def summarize(evaluation: Evaluation, config: EvaluationConfig) -> Summary:
    """The means of an evaluation, each with its interval."""

    def interval(values: Iterable[float]) -> Interval:
        return bootstrap(values, n_bootstrap=config.n_bootstrap, confidence=config.confidence)

    results = evaluation.results
    return Summary(
        reward=interval(r.reward for r in results),
        exact=interval(r.is_exact for r in results),
        by_behavior={
            behavior: interval(r.reward for r in results if r.expected is behavior)
            for behavior in Behavior
            if any(r.expected is behavior for r in results)
        },
        unscored=evaluation.unscored,
        truncated=sum(r.is_truncated for r in results),
        seconds=evaluation.seconds,
    )


def _column(values: Iterable[float]) -> Tensor:
    return torch.tensor([float(value) for value in values], dtype=torch.float64)


def _percentiles(means: Tensor, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = torch.quantile(means, torch.tensor([tail, 1 - tail], dtype=means.dtype)).tolist()
    return low, high
