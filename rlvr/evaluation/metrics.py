"""Means over an evaluation's rows, each with its bootstrap interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rewards import Behavior
from rlvr.files import Where, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from rlvr.config import EvaluationConfig
    from rlvr.evaluation.run import Evaluation
    from rlvr.files import JsonObject

S = TypeVar("S")
T = TypeVar("T")

_RESAMPLES_AT_ONCE = 200


@dataclass(frozen=True)
class Interval:
    """A mean over `n` rows and the percentile interval of its bootstrap."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return mean and interval to two decimals, as tables print it."""
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def is_above(self, other: Interval) -> bool:
        """Tell whether this interval lies entirely above the other."""
        return self.low > other.high


@dataclass(frozen=True)
class Summary:
    """One policy on one evaluation set.

    Attributes:
        reward: mean reward, the tool-call reward.
        exact: share of rows that are exactly right: the same calls with equal arguments, or the right abstention.
        by_behavior: mean reward of the rows that expect each behavior; only behaviors that occur.
        unscored: rows whose ground truth could not be scored; they are in no mean.
        truncated: completions that ran into the length limit.
        seconds: how long generation and scoring took.
        details: everything else that `rlvr.evaluation.breakdown` counts, as plain data.
    """

    reward: Interval
    exact: Interval
    by_behavior: dict[Behavior, Interval]
    unscored: int
    truncated: int
    seconds: float
    details: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """Return plain data for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: JsonObject) -> Summary:
        """Return the inverse of `to_json`."""
        by_behavior = {Behavior(name): Interval(**value) for name, value in data["by_behavior"].items()}
        reward, exact = Interval(**data["reward"]), Interval(**data["exact"])
        return cls(**{**data, "reward": reward, "exact": exact, "by_behavior": by_behavior})


Summaries = dict[str, dict[str, Summary]]
"""Evaluation set -> stage or policy -> its summary."""


def read_summaries(path: Path) -> Summaries:
    """Return what `write_summaries` has written; nothing where there is no such file.

    Raises:
        RowError: the file is not JSON, or holds no summaries.
    """
    if not path.is_file():
        return {}
    plain = read_json(path)
    try:
        return _each(plain, Summary.from_json)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Where(path).error(None, f"not what a run of this version writes: {error!r:.200}") from None


def write_summaries(path: Path, summaries: Mapping[str, Mapping[str, Summary]]) -> None:
    """Write summaries as one JSON file that appears whole or not at all."""
    write_json(path, _each(summaries, Summary.to_json), indent=2)


def _each(summaries: Mapping[str, Mapping[str, S]], convert: Callable[[S], T]) -> dict[str, dict[str, T]]:
    """Return set -> label -> what `convert` makes of the summary."""
    converted: dict[str, dict[str, T]] = {}
    for name, by_label in summaries.items():
        converted[name] = {label: convert(summary) for label, summary in by_label.items()}
    return converted


def bootstrap(values: Iterable[float], *, n_bootstrap: int, confidence: float, seed: int = 0) -> Interval:
    """Return the mean of `values` with its percentile bootstrap interval.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.

    Raises:
        ValueError: there are no values.
    """
    column = _column(values)
    if len(column) == 0:
        raise ValueError("no values to average: the evaluation set has no row that can be scored")
    low, high = _percentiles((column,), np.mean, n_bootstrap, confidence, seed)
    return Interval(float(column.mean()), low, high, len(column))


def difference(
    before: Iterable[float], after: Iterable[float], *, n_bootstrap: int, confidence: float, seed: int = 0
) -> Interval:
    """Return mean(after) - mean(before) over the same rows in the same order, resampled in pairs.

    Raises:
        ValueError: the two differ in length, or are empty.
    """
    first, last = _paired(before, after)
    return bootstrap(last - first, n_bootstrap=n_bootstrap, confidence=confidence, seed=seed)


def relative_gain(
    before: Iterable[float], after: Iterable[float], *, n_bootstrap: int, confidence: float
) -> Interval | None:
    """Return mean(after) / mean(before) - 1 over the same rows in the same order, resampled in pairs.

    None where the mean before is zero in the data, or in resamples that the interval reaches: no ratio can be formed.

    Raises:
        ValueError: the two differ in length.
    """
    first, last = _paired(before, after)
    if not first.any():
        return None

    def gain(before: NDArray[np.float64], after: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: NDArray[np.float64] = after.mean(axis) / before.mean(axis) - 1
        return ratio

    low, high = _percentiles((first, last), gain, n_bootstrap, confidence)
    if not np.isfinite([low, high]).all():
        return None
    return Interval(float(last.mean() / first.mean() - 1), low, high, len(first))


def summarize(evaluation: Evaluation, config: EvaluationConfig, details: JsonObject | None = None) -> Summary:
    """Return the means of an evaluation, each with its interval; `details` is what `breakdown` has counted."""

    def interval(values: Iterable[float]) -> Interval:
        return bootstrap(values, n_bootstrap=config.n_bootstrap, confidence=config.confidence)

    rows = evaluation.results
    by_behavior = {}
    for behavior in Behavior:
        rewards = [row.reward for row in rows if row.expected is behavior]
        if rewards:
            by_behavior[behavior] = interval(rewards)
    return Summary(
        reward=interval(row.reward for row in rows),
        exact=interval(row.is_exact for row in rows),
        by_behavior=by_behavior,
        unscored=evaluation.unscored,
        truncated=sum(row.is_truncated for row in rows),
        seconds=evaluation.seconds,
        details=details or {},
    )


def plain_summary(summary: Summary) -> JsonObject:
    """Return a summary without its details, for one line of metrics.jsonl."""
    plain = summary.to_json()
    del plain["details"]
    return plain


def _column(values: Iterable[float]) -> NDArray[np.float64]:
    return np.fromiter(values, dtype=np.float64)


def _paired(before: Iterable[float], after: Iterable[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, last = _column(before), _column(after)
    if len(first) != len(last):
        raise ValueError(f"paired rewards differ in number: {len(first)} before, {len(last)} after")
    return first, last


def _percentiles(
    columns: tuple[NDArray[np.float64], ...],
    statistic: Callable[..., Any],
    n_bootstrap: int,
    confidence: float,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the interval; of a single row, which has none, the value itself twice."""
    if len(columns[0]) == 1:
        value = float(statistic(*columns, axis=-1))
        return value, value
    from scipy import stats  # takes a second, which what is refused before need not wait for

    resampled = stats.bootstrap(
        columns,
        statistic,
        n_resamples=n_bootstrap,
        batch=_RESAMPLES_AT_ONCE,
        vectorized=True,
        paired=len(columns) > 1,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return float(resampled.confidence_interval.low), float(resampled.confidence_interval.high)
