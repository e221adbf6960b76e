"""The numbers of a run over its steps: what the trainers logged, as it is, and what the rollouts add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlvr.files import read_log
from rlvr.report.evaluations import truth_of
from rlvr.training.diagnosis import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_NOT_MEASURED = ("stage", "step", "epoch")


def logged(metrics: Path) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Stage -> metric -> its `steps` and `values`, each number as metrics.jsonl has it.

    What a trainer says once at its end is left out, as are evaluations, which have no step.
    """
    series: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for record in read_log(metrics):
        if "step" not in record or "train_runtime" in record:
            continue
        for name, value in record.items():
            if name not in _NOT_MEASURED and isinstance(value, int | float) and not isinstance(value, bool):
                column = series.setdefault(record["stage"], {}).setdefault(name, {"steps": [], "values": []})
                column["steps"].append(record["step"])
                column["values"].append(value)
    return series


def rolled_out(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What each step's groups were like: `steps`, and parallel to it shares, mean rewards and lengths.

    Returns:
        `teaches`, `all_right`, `all_alike`: shares of the step's groups (a group teaches where rewards differ);
        `reward` by expected behavior, `did_expected` by it: the share of candidates that did what was expected;
        `n_tokens`: mean length of a candidate, `longest`: the longest. None where a step has nothing to average.
    """
    by_step: dict[int, list[Mapping[str, Any]]] = {}
    for record in records:
        by_step.setdefault(record["step"], []).append(record)
    steps = sorted(by_step)
    measured = [_step(by_step[step]) for step in steps]
    behaviors = list(dict.fromkeys(name for each in measured for name in each["reward"]))
    plain = ("teaches", "all_right", "all_alike", "n_tokens", "longest")
    return {
        "steps": steps,
        **{name: [each[name] for each in measured] for name in plain},
        **{
            name: {behavior: [each[name].get(behavior) for each in measured] for behavior in behaviors}
            for name in ("reward", "did_expected")
        },
    }


def outcome(rewards: Sequence[float]) -> str:
    """Whether a group's rewards differ (`teaches`), or are all 1 (`all_right`), or all the same and less."""
    if max(rewards) - min(rewards) >= TOLERANCE:
        return "teaches"
    return "all_right" if max(rewards) > 1 - TOLERANCE else "all_alike"


def _step(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rewards: dict[str, list[float]] = {}
    matches: dict[str, list[bool]] = {}
    outcomes: list[str] = []
    for record in records:
        expected = truth_of(record).behavior.value
        scored = [candidate for candidate in record["candidates"] if candidate["reward"] is not None]
        if scored:
            outcomes.append(outcome([candidate["reward"] for candidate in scored]))
        rewards.setdefault(expected, []).extend(candidate["reward"] for candidate in scored)
        matches.setdefault(expected, []).extend(candidate["behavior"] == expected for candidate in scored)
    lengths = [candidate["n_tokens"] for record in records for candidate in record["candidates"]]
    shares = {name: _mean([found == name for found in outcomes]) for name in ("teaches", "all_right", "all_alike")}
    return {
        **shares,
        "reward": {expected: _mean(values) for expected, values in rewards.items()},
        "did_expected": {expected: _mean(values) for expected, values in matches.items()},
        "n_tokens": _mean(lengths),
        "longest": max(lengths, default=None),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
