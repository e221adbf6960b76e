"""What an evaluation counts beyond its means: confusions, calls, arguments, tools, time, tokens and cost."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from rewards import Behavior
from rlvr.environments.scoring import COUNTED
from rlvr.evaluation.metrics import bootstrap
from rlvr.evaluation.seen import is_seen
from rlvr.records.evaluated_row import NOTHING

if TYPE_CHECKING:
    from rlvr.config import EvaluationConfig
    from rlvr.evaluation.price import Price
    from rlvr.evaluation.run import Evaluation
    from rlvr.files import JsonObject
    from rlvr.records.evaluated_row import CallVerdict, EvaluatedRow

MOST_FAILURES = 3
"""Failures of environments that are told, the most common first."""

MOST_INVENTED_NAMES = 50
"""Names of hallucinated tools that are kept, the most common first."""

_OUTCOMES = ("right", "wrong_arguments", "missed", "unexpected")
_ARGUMENT_OUTCOMES = ("right", "wrong", "missing", "extra")


@dataclass(frozen=True)
class _Means:
    """Means over rows, each with its interval, as plain data; None where there is no row."""

    config: EvaluationConfig

    def interval(self, values: Iterable[float]) -> JsonObject | None:
        numbers = list(map(float, values))
        if not numbers:
            return None
        return asdict(bootstrap(numbers, n_bootstrap=self.config.n_bootstrap, confidence=self.config.confidence))

    def of(self, rows: Iterable[EvaluatedRow], value: Callable[[EvaluatedRow], float]) -> JsonObject | None:
        return self.interval(map(value, rows))

    def group(self, rows: Iterable[EvaluatedRow]) -> JsonObject | None:
        inside = list(rows)
        if not inside:
            return None
        return {"reward": self.of(inside, lambda row: row.reward), "exact": self.of(inside, lambda row: row.is_exact)}


def breakdown(
    evaluation: Evaluation,
    config: EvaluationConfig,
    *,
    trained_tools: frozenset[str] | None = None,
    price: Price | None = None,
) -> JsonObject:
    """Return everything but the means of the table, as plain data.

    Args:
        evaluation: the scored rows.
        config: of the intervals.
        trained_tools: the `tool_key`s of all tools that training rows offer; None where they are not known.
        price: of the model's tokens or of the machine's hours; None leaves the cost out.
    """
    rows, means = evaluation.results, _Means(config)
    counted: JsonObject = {
        "exact": means.of(rows, lambda row: row.is_exact),
        "functional": means.of(rows, lambda row: row.verdict.is_functional),
        "fuzzy": means.of(rows, lambda row: row.verdict.is_fuzzy),
        "tiers": tiers(rows),
        "confusion": confusion(rows),
        "errors": errors(rows),
        "tools": by_tool(rows),
        "arguments": by_argument(rows),
        "later_steps": means.group(filter(is_later_step, rows)),
        "several_calls": means.group(row for row in rows if len(row.ground_truth.calls) > 1),
        "latency_s": latency(rows),
        "rows_per_s": len(rows) / evaluation.greedy_seconds if evaluation.greedy_seconds else None,
        "tokens": tokens(rows),
        "failed_requests": evaluation.failed,
    }
    conversations = [row for row in rows if row.episode]
    if conversations:
        counted["episodes"] = _episodes(conversations, means)
    if trained_tools is not None:
        by_seen: dict[bool, list[EvaluatedRow]] = defaultdict(list)
        for row in rows:
            by_seen[is_seen(row, trained_tools)].append(row)
        counted["seen_tools"], counted["unseen_tools"] = means.group(by_seen[True]), means.group(by_seen[False])
    if price is not None:
        counted["cost_per_1000"] = price.per_1000(rows, evaluation.greedy_seconds)
    if config.samples > 1:
        counted["sampled"] = _sampled(rows, means)
    return counted


def _episodes(rows: Sequence[EvaluatedRow], means: _Means) -> JsonObject:
    """Return how conversations went: goals reached by kind of task, mean counts, and what ended them."""
    by_kind: dict[str, list[EvaluatedRow]] = defaultdict(list)
    for row in rows:
        by_kind[row.episode["kind"]].append(row)
    failures = [row.episode.get("failure", "") for row in rows]
    return {
        "reached": {kind: means.group(of_kind) for kind, of_kind in by_kind.items()},
        "mean": {name: fmean(row.episode[name] for row in rows) for name in COUNTED},
        "ended_by": dict(Counter(row.episode["end"] for row in rows)),
        "failures": dict(Counter(filter(None, failures)).most_common(MOST_FAILURES)),
    }


def tiers(rows: Sequence[EvaluatedRow]) -> dict[str, float]:
    """Return the mean of each tier over the rows where it applies."""
    shares: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for name, share in row.components.items():
            shares[name].append(share)
    return {name: fmean(values) for name, values in shares.items()}


def confusion(rows: Iterable[EvaluatedRow]) -> dict[str, dict[str, int]]:
    """Count rows by the expected behavior, then by what was done."""
    counts: dict[str, dict[str, int]] = {expected: dict.fromkeys((*Behavior, NOTHING), 0) for expected in Behavior}
    for row in rows:
        counts[row.expected][row.predicted or NOTHING] += 1
    return counts


def errors(rows: Sequence[EvaluatedRow]) -> JsonObject:
    """Return how many calls and arguments went wrong in which way, and in how many rows."""
    counted: JsonObject = {name: _count(rows, of_row) for name, of_row in _ERRORS.items()}
    invented = Counter(call.tool for call in _calls(rows) if call.verdict == "hallucinated")
    counted["hallucinated_tools"]["names"] = dict(invented.most_common(MOST_INVENTED_NAMES))
    return counted


_ERRORS: dict[str, Callable[[EvaluatedRow], int]] = {
    "malformed_calls": lambda row: row.verdict.malformed,
    "unread_calls": lambda row: row.verdict.unread,
    "hallucinated_tools": lambda row: row.verdict.count("hallucinated"),
    "missed_calls": lambda row: row.verdict.count("missed"),
    "unexpected_calls": lambda row: row.verdict.count("unexpected"),
    "missing_arguments": lambda row: row.verdict.arguments("missing"),
    "extra_arguments": lambda row: row.verdict.arguments("extra"),
    "wrong_values": lambda row: row.verdict.arguments("wrong"),
    "truncated": lambda row: row.is_truncated,
}


def _count(rows: Sequence[EvaluatedRow], of_row: Callable[[EvaluatedRow], int]) -> dict[str, int]:
    per_row = list(map(of_row, rows))
    return {"count": sum(per_row), "rows": len(per_row) - per_row.count(0)}


def by_tool(rows: Sequence[EvaluatedRow]) -> dict[str, dict[str, int]]:
    """Return by tool what became of the calls that were expected of it, and calls that were not; the worst first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for call in _calls(rows):
        if call.verdict in _OUTCOMES:
            counts[call.tool][call.verdict] += 1
    return _worst_first(counts, _OUTCOMES)


def by_argument(rows: Sequence[EvaluatedRow]) -> dict[str, dict[str, int]]:
    """Return by `tool.argument` what became of it in calls that answer an expected one; the worst first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for call in _calls(rows):
        for name, verdict in call.arguments.items():
            counts[f"{call.tool}.{name}"][verdict] += 1
    return _worst_first(counts, _ARGUMENT_OUTCOMES)


def _calls(rows: Sequence[EvaluatedRow]) -> Iterator[CallVerdict]:
    return chain.from_iterable(row.verdict.calls for row in rows)


def _worst_first(counts: Mapping[str, Counter[str]], outcomes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the counts of each name, those with the most errors first and then by name."""
    names = sorted(counts, key=lambda name: (counts[name]["right"] - counts[name].total(), name))
    return {name: {outcome: counts[name][outcome] for outcome in outcomes} for name in names}


def is_later_step(row: EvaluatedRow) -> bool:
    """Tell whether the row goes on with a task: a tool has already answered in its prompt."""
    return any(message.get("role") == "tool" for message in row.prompt)


def latency(rows: Sequence[EvaluatedRow]) -> dict[str, float] | None:
    """Return median and 95th percentile of a request's seconds; None where rows were completed in batches."""
    seconds = [row.latency_s for row in rows if row.latency_s is not None]
    if not seconds:
        return None
    p50, p95 = np.percentile(seconds, [50, 95])
    return {"p50": float(p50), "p95": float(p95)}


def tokens(rows: Sequence[EvaluatedRow]) -> dict[str, float]:
    """Return the mean tokens of a prompt and of its greedy completion."""
    n_read = sum(row.n_prompt_tokens for row in rows)
    n_written = sum(row.n_tokens for row in rows)
    return {"prompt": n_read / max(1, len(rows)), "completion": n_written / max(1, len(rows))}


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Return the chance that at least one of `k` of `n` samples is right, given how many of them are.

    pass@k = 1 - C(n - c, k) / C(n, k), unbiased where the n samples are independent.

    Raises:
        ValueError: not 1 <= k <= n, or not 0 <= correct <= n.

    Source: Chen et al. 2021, arXiv:2107.03374, equation 1.
    """
    if not 1 <= k <= n or not 0 <= correct <= n:
        raise ValueError(f"pass@{k} of {n} samples, {correct} of them right: needs 1 <= k <= n and 0 <= right <= n")
    return 1.0 - math.comb(n - correct, k) / math.comb(n, k)


def pass_all_k(n: int, correct: int, k: int) -> float:
    """Return the chance that all of `k` of `n` samples are right, which the literature writes pass^k.

    pass^k = C(c, k) / C(n, k), unbiased where the n samples are independent. Raises as `pass_at_k` does.

    Source: Yao et al. 2024, tau-bench, arXiv:2406.12045, section 2.
    """
    return 1.0 - pass_at_k(n, n - correct, k)


def _sampled(rows: Sequence[EvaluatedRow], means: _Means) -> JsonObject:
    """Return avg@n of reward and exact matches, and pass@k and pass^k for each power of two up to n, and n itself."""
    n = means.config.samples
    rewards: list[float] = []
    n_right: list[int] = []
    for row in rows:
        if len(row.samples) == n:
            rewards.append(fmean(sample.reward for sample in row.samples))
            n_right.append(sum(sample.is_exact for sample in row.samples))
    ks = sorted({2**i for i in range(n.bit_length())} | {n})

    def chances(chance: Callable[[int, int, int], float]) -> JsonObject:
        return {str(k): means.interval(chance(n, right, k) for right in n_right) for k in ks}

    return {
        "n": n,
        "temperature": means.config.temperature,
        "top_p": means.config.top_p,
        "avg_reward": means.interval(rewards),
        "avg_exact": means.interval(right / n for right in n_right),
        "pass": chances(pass_at_k),
        "pass_all": chances(pass_all_k),
    }
