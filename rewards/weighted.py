"""A combination of one's own: the weighted mean of any rewards, with each one's own value kept beside it."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards import wire
from rewards.bfcl import BFCL
from rewards.presets import Binary, Tiered
from rewards.reading import Judge
from rewards.tiers import ArgumentMatch, BehaviorMatch, SchemaValid, ToolName, WireFormat, at_most
from rewards.toolrl import ToolRL
from rewards.types import Reason, Reward, RewardResult

NAMED: Mapping[str, type[Reward]] = {
    "behavior": BehaviorMatch,
    "tool_name": ToolName,
    "arguments": ArgumentMatch,
    "schema": SchemaValid,
    "wire_format": WireFormat,
    "tiered": Tiered,
    "binary": Binary,
    "toolrl": ToolRL,
    "bfcl": BFCL,
}
"""What a name stands for in `Weighted`: the reward with its default options."""


@dataclass(frozen=True)
class Weighted:
    """The weighted mean of rewards: value = sum_i w_i value_i / sum_i w_i.

    The components are the values of the rewards, unweighted, each by its name or by its class's in lower case.

    Args:
        weights: the weight of each reward, not negative and not all zero. A key is a reward, or one of the names
            behavior, tool_name, arguments, schema, wire_format, tiered, binary, toolrl, bfcl.
        wire: the format that calls are written in, for every reward that has the option; `auto` leaves each its own.
        judge: as `Tiered` takes it, for every reward that has the option; None leaves each its own. `BFCL` and `ToolRL`
            have none: of a text they ask only whether it calls.

    Raises:
        ValueError: no such name, a weight outside its range, or two rewards of one name.
    """

    weights: Mapping[str | Reward, float]
    wire: str = wire.AUTO
    judge: Judge | None = None

    def __post_init__(self) -> None:
        wire.check(self.wire)
        if not isinstance(self.weights, Mapping):
            raise ValueError(f"weights: a {type(self.weights).__name__} is no mapping of rewards to weights")
        names: list[str] = []
        for key, weight in self.weights.items():
            name = _name(key)
            if name in names:
                raise ValueError(f"weights: two rewards are called {name!r}; their components could not be told apart")
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 <= weight < math.inf:
                raise ValueError(f"weights: {weight!r} of {name!r} is not a non-negative number")
            names.append(name)
        if not any(self.weights.values()):
            raise ValueError("weights: all are 0; give at least one reward a positive weight")
        object.__setattr__(self, "weights", dict(self.weights))

    def __hash__(self) -> int:
        return hash((frozenset(self.weights.items()), self.wire, self.judge))

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion; None where any of the rewards cannot score the ground truth."""
        components: dict[str, float] = {}
        reasons: list[Reason] = []
        behavior = None
        for key in self.weights:
            result = _reward(key, self.wire, self.judge)(completion, ground_truth=ground_truth, tools=tools)
            if result is None:
                return None
            components[_name(key)] = result.value
            reasons.extend(reason for reason in result.reasons if reason not in reasons)
            behavior = behavior or result.behavior
        total = math.fsum(
            weight * value for weight, value in zip(self.weights.values(), components.values(), strict=True)
        )
        value = min(1.0, total / math.fsum(self.weights.values()))
        return RewardResult(value, components, at_most(reasons), behavior)


def _name(key: str | Reward) -> str:
    if isinstance(key, str):
        if key not in NAMED:
            raise ValueError(f"weights: reward {key!r} not found; there are: {', '.join(NAMED)}, or give a reward")
        return key
    if not callable(key):
        raise ValueError(f"weights: {key!r:.60} is no reward; give one, or one of the names {', '.join(NAMED)}")
    return str(getattr(key, "__name__", type(key).__name__)).lower()


def _reward(key: str | Reward, wire_format: str, judge: Judge | None) -> Reward:
    reward = NAMED[key]() if isinstance(key, str) else key
    if not dataclasses.is_dataclass(reward):
        return reward
    options = {field.name for field in dataclasses.fields(reward)}
    changes: dict[str, Any] = {}
    if wire_format != wire.AUTO and "wire" in options:
        changes["wire"] = wire_format
    if judge is not None and "judge" in options:
        changes["judge"] = judge
    return dataclasses.replace(reward, **changes) if changes else reward
