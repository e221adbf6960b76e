"""The numbers of a run over its steps: what the trainers logged, as it is, and what the rollouts add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from rlvr.files import read_log
from rlvr.records.rollout import Outcome, Rollout, outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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


def rolled_out(rollouts: Iterable[Rollout]) -> dict[str, Any]:
    """Return what each step's groups were like: `steps`, and parallel to it shares, mean rewards and lengths.

    Returns:
        `teaches`, `all_right`, `all_alike`: shares of the step's groups (a group teaches where rewards differ);
        `reward` by expected behavior, `did_expected` by it: the share of candidates that did what was expected;
        `n_tokens`: mean length of a candidate, `longest`: the longest. None where a step has nothing to average.
    """
    by_step: dict[int, list[Rollout]] = {}
    for rollout in rollouts:
        by_step.setdefault(rollout.step, []).append(rollout)
    steps = sorted(by_step)
    measured = [_step(by_step[step]) for step in steps]
    behaviors = list(dict.fromkeys(name for each in measured for name in each["reward"]))
    plain = (*get_args(Outcome), "n_tokens", "longest")
    return {
        "steps": steps,
        **{name: [each[name] for each in measured] for name in plain},
        **{
            name: {behavior: [each[name].get(behavior) for each in measured] for behavior in behaviors}
            for name in ("reward", "did_expected")
        },
    }


def _step(rollouts: Sequence[Rollout]) -> dict[str, Any]:
    rewards: dict[str, list[float]] = {}
    matches: dict[str, list[bool]] = {}
    outcomes: list[str] = []
    for rollout in rollouts:
        expected = rollout.ground_truth.behavior
        if rollout.rewards:
            outcomes.append(outcome(rollout.rewards))
        rewards.setdefault(expected.value, []).extend(rollout.rewards)
        matches.setdefault(expected.value, []).extend(c.behavior is expected for c in rollout.scored)
    lengths = [candidate.n_tokens for rollout in rollouts for candidate in rollout.candidates]
    shares = {name: _mean([each == name for each in outcomes]) for name in get_args(Outcome)}
    return {
        **shares,
        "reward": {expected: _mean(values) for expected, values in rewards.items()},
        "did_expected": {expected: _mean(values) for expected, values in matches.items()},
        "n_tokens": _mean(lengths),
        "longest": max(lengths, default=None),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
