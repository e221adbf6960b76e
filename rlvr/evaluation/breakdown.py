"""What an evaluation counts beyond its means: confusions, calls, arguments, tools, time, tokens and cost."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from rewards import Behavior
from rlvr.evaluation.metrics import bootstrap
from rlvr.evaluation.seen import is_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rlvr.config import EvaluationConfig
    from rlvr.evaluation.price import Price
    from rlvr.evaluation.run import Evaluation, RowResult
    from rlvr.records.row import Row

NOTHING = "nothing"
"""How the confusion matrix names a completion that did nothing, such as an empty one."""

MOST_INVENTED_NAMES = 50
"""Names of hallucinated tools that are kept, the most common first."""

COUNTED = ("turns", "calls", "errors", "recovered", "malformed", "questions", "repeated_questions")
"""What is counted of a conversation, beside why it ended."""

_OUTCOMES = ("right", "wrong_arguments", "missed", "unexpected")
_ARGUMENT_OUTCOMES = ("right", "wrong", "missing", "extra")


def breakdown(
    evaluation: Evaluation,
    rows: Sequence[Row],
    config: EvaluationConfig,
    *,
    trained_tools: frozenset[str] | None = None,
    price: Price | None = None,
) -> dict[str, Any]:
    """Return everything but the means of the table, as plain data.

    Args:
        evaluation: the scored rows.
        rows: the evaluation set.
        config: of the intervals.
        trained_tools: the `tool_key`s of all tools that training rows offer; None where they are not known.
        price: of the model's tokens or of the machine's hours; None leaves the cost out.
    """
    results = evaluation.results

    def interval(values: Iterable[float]) -> dict[str, Any] | None:
        listed = [float(value) for value in values]
        if not listed:
            return None
        return asdict(bootstrap(listed, n_bootstrap=config.n_bootstrap, confidence=config.confidence))

    def group(chosen: Callable[[RowResult], bool]) -> dict[str, Any] | None:
        inside = [result for result in results if chosen(result)]
        if not inside:
            return None
        return {"reward": interval(r.reward for r in inside), "exact": interval(r.is_exact for r in inside)}

    found: dict[str, Any] = {
        "exact": interval(r.is_exact for r in results),
        "functional": interval(r.verdict.is_functional for r in results),
        "fuzzy": interval(r.verdict.is_fuzzy for r in results),
        "tiers": tiers(results),
        "confusion": confusion((r.expected, r.predicted) for r in results),
        "errors": errors(results),
        "tools": by_tool(results),
        "arguments": by_argument(results),
        "later_steps": group(lambda r: is_later_step(rows[r.index])),
        "several_calls": group(lambda r: len(rows[r.index].ground_truth.calls) > 1),
        "latency_s": latency(results),
        "rows_per_s": len(results) / evaluation.greedy_seconds if evaluation.greedy_seconds else None,
        "tokens": tokens(results),
        "failed_requests": evaluation.failed,
    }
    if held := [result for result in results if result.episode]:
        kinds = dict.fromkeys(result.episode["kind"] for result in held)

        def of_kind(kind: str) -> dict[str, Any] | None:
            return group(lambda result: result.episode.get("kind") == kind)

        found["episodes"] = {
            "reached": {kind: of_kind(kind) for kind in kinds},
            "mean": {name: sum(r.episode[name] for r in held) / len(held) for name in COUNTED},
            "ended_by": dict(Counter(result.episode["end"] for result in held)),
        }
    if trained_tools is not None:
        known = {r.index: is_seen(rows[r.index], trained_tools) for r in results}
        found["seen_tools"] = group(lambda r: known[r.index])
        found["unseen_tools"] = group(lambda r: not known[r.index])
    if price is not None:
        found["cost_per_1000"] = price.per_1000(results, evaluation.greedy_seconds)
    if config.samples > 1:
        found["sampled"] = sampled(results, config, interval)
    return found


def tiers(results: Sequence[RowResult]) -> dict[str, float]:
    """Return the mean of each tier over the rows where it applies."""
    shares: dict[str, list[float]] = defaultdict(list)
    for result in results:
        for name, share in result.components.items():
            shares[name].append(share)
    return {name: sum(values) / len(values) for name, values in shares.items()}


def confusion(behaviors: Iterable[tuple[Behavior, Behavior | None]]) -> dict[str, dict[str, int]]:
    """Count rows by the expected behavior, then by what was done."""
    counts = Counter(behaviors)
    done = (*Behavior, None)
    return {expected: {behavior or NOTHING: counts[expected, behavior] for behavior in done} for expected in Behavior}


def errors(results: Sequence[RowResult]) -> dict[str, Any]:
    """Return how many calls and arguments went wrong in which way, and in how many rows."""

    def count(of_row: Callable[[RowResult], int]) -> dict[str, int]:
        per_row = [of_row(result) for result in results]
        return {"count": sum(per_row), "rows": sum(n > 0 for n in per_row)}

    invented = Counter(
        call.tool for result in results for call in result.verdict.calls if call.verdict == "hallucinated"
    )
    return {
        "malformed_calls": count(lambda r: r.verdict.malformed),
        "unread_calls": count(lambda r: r.verdict.unread),
        "hallucinated_tools": {
            **count(lambda r: r.verdict.count("hallucinated")),
            "names": dict(invented.most_common(MOST_INVENTED_NAMES)),
        },
        "missed_calls": count(lambda r: r.verdict.count("missed")),
        "unexpected_calls": count(lambda r: r.verdict.count("unexpected")),
        "missing_arguments": count(lambda r: r.verdict.arguments("missing")),
        "extra_arguments": count(lambda r: r.verdict.arguments("extra")),
        "wrong_values": count(lambda r: r.verdict.arguments("wrong")),
        "truncated": count(lambda r: r.is_truncated),
    }


def by_tool(results: Sequence[RowResult]) -> dict[str, dict[str, int]]:
    """Tool -> what became of the calls that were expected of it, and calls that were not; the worst first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for call in result.verdict.calls:
            if call.verdict in _OUTCOMES:
                counts[call.tool][call.verdict] += 1
    found = {tool: {outcome: count[outcome] for outcome in _OUTCOMES} for tool, count in counts.items()}
    return dict(sorted(found.items(), key=lambda item: (item[1]["right"] - sum(item[1].values()), item[0])))


def by_argument(results: Sequence[RowResult]) -> dict[str, dict[str, int]]:
    """`tool.argument` -> what became of it in calls that answer an expected one; the worst first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for call in result.verdict.calls:
            for name, verdict in call.arguments.items():
                counts[f"{call.tool}.{name}"][verdict] += 1
    found = {name: {verdict: count[verdict] for verdict in _ARGUMENT_OUTCOMES} for name, count in counts.items()}
    return dict(sorted(found.items(), key=lambda item: (item[1]["right"] - sum(item[1].values()), item[0])))


def is_later_step(row: Row) -> bool:
    """Tell whether the row goes on with a task: a tool has already answered in its prompt."""
    return any(message.get("role") == "tool" for message in row.prompt)


def latency(results: Sequence[RowResult]) -> dict[str, float] | None:
    """Median and 95th percentile of the seconds that a request took; None where rows were completed in batches."""
    seconds = [r.latency_s for r in results if r.latency_s is not None]
    if not seconds:
        return None
    p50, p95 = np.percentile(seconds, [50, 95])
    return {"p50": float(p50), "p95": float(p95)}


def tokens(results: Sequence[RowResult]) -> dict[str, float]:
    """Mean tokens of a prompt and of its greedy completion."""
    n = max(1, len(results))
    return {"prompt": sum(r.n_prompt_tokens for r in results) / n, "completion": sum(r.n_tokens for r in results) / n}


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


def sampled(
    results: Sequence[RowResult], config: EvaluationConfig, interval: Callable[[Iterable[float]], Any]
) -> dict[str, Any]:
    """avg@n of reward and of exact matches, and pass@k and pass^k for each power of two up to n, and n itself."""
    n = config.samples
    inside = [r for r in results if len(r.samples) == n]
    right = [sum(sample.is_exact for sample in r.samples) for r in inside]
    ks = sorted({2**i for i in range(n.bit_length()) if 2**i <= n} | {n})
    return {
        "n": n,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "avg_reward": interval(sum(sample.reward for sample in r.samples) / n for r in inside),
        "avg_exact": interval(c / n for c in right),
        "pass": {str(k): interval(pass_at_k(n, c, k) for c in right) for k in ks},
        "pass_all": {str(k): interval(pass_all_k(n, c, k) for c in right) for k in ks},
    }
