"""The numbers of a run over its steps: what the trainers logged, as it is, and what the rollouts add to it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import get_args

from rlvr.files import Json, JsonObject, read_log
from rlvr.records.rollout import Outcome, Rollout, outcome

_NOT_MEASURED = ("stage", "step", "epoch")


def logged(metrics: Path) -> dict[str, dict[str, dict[str, list[Json]]]]:
    """Stage -> metric -> its `steps` and `values`, each number as metrics.jsonl has it.

    What a trainer says once at its end is left out, as are evaluations, which have no step.
    """
    series: dict[str, dict[str, dict[str, list[Json]]]] = {}
    for record in read_log(metrics):
        if "step" not in record or "train_runtime" in record:
            continue
        stage = series.setdefault(record["stage"], {})
        for name, value in record.items():
            if name not in _NOT_MEASURED and type(value) in (int, float):
                column = stage.setdefault(name, {"steps": [], "values": []})
                column["steps"].append(record["step"])
                column["values"].append(value)
    return series


def rolled_out(rollouts: Iterable[Rollout]) -> JsonObject:
    """Return what each step's groups were like: `steps`, and parallel to it shares, mean rewards and lengths.

    Returns:
        `teaches`, `all_right`, `all_alike`: shares of the step's groups (a group teaches where rewards differ);
        `reward` by expected behavior, `did_expected` by it: the share of candidates that did what was expected;
        `n_tokens`: mean length of a candidate, `longest`: the longest. None where a step has nothing to average.
    """
    by_step: dict[int, list[Rollout]] = defaultdict(list)
    for rollout in rollouts:
        by_step[rollout.step].append(rollout)
    steps = sorted(by_step)
    measured = [_step(by_step[step]) for step in steps]
    columns: JsonObject = {"steps": steps}
    for name in (*get_args(Outcome), "n_tokens", "longest"):
        columns[name] = [of_step[name] for of_step in measured]
    for name in ("reward", "did_expected"):
        columns[name] = _by_behavior([of_step[name] for of_step in measured])
    return columns


def _by_behavior(steps: Sequence[JsonObject]) -> JsonObject:
    """Return for each behavior its value at every step; None at steps that do not expect it."""
    behaviors = dict.fromkeys(chain.from_iterable(steps))
    return {behavior: [of_step.get(behavior) for of_step in steps] for behavior in behaviors}


def _step(rollouts: Sequence[Rollout]) -> JsonObject:
    rewards: dict[str, list[float]] = defaultdict(list)
    matches: dict[str, list[bool]] = defaultdict(list)
    lengths: list[int] = []
    outcomes: Counter[str] = Counter()
    for rollout in rollouts:
        expected = rollout.ground_truth.behavior
        if rollout.rewards:
            outcomes[outcome(rollout.rewards)] += 1
        rewards[expected.value].extend(rollout.rewards)
        matches[expected.value].extend(candidate.behavior is expected for candidate in rollout.scored)
        lengths.extend(candidate.n_tokens for candidate in rollout.candidates)
    measured: JsonObject = {
        "reward": _means(rewards),
        "did_expected": _means(matches),
        "n_tokens": _mean(lengths),
        "longest": max(lengths, default=None),
    }
    for name in get_args(Outcome):
        measured[name] = outcomes[name] / outcomes.total() if outcomes else None
    return measured


def _means(by_behavior: Mapping[str, Sequence[float]]) -> JsonObject:
    return {behavior: _mean(values) for behavior, values in by_behavior.items()}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
