"""The combinations of tiers that are rewards in their own right."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import mul

from rewards import wire
from rewards.reading import Judge, read
from rewards.tiers import result_of, shares
from rewards.types import RewardResult


@dataclass(frozen=True)
class Tiered:
    """1.0 for exactly right; anything less earns at most `partial_cap`, by the weighted share of each tier.

    value = 1                                               where the completion is exactly right
    value = partial_cap * sum_i w_i c_i / sum_i w_i         otherwise, over the tiers i that apply

    Where no call was expected only the behavior applies: abstaining rightly pays as much as calling rightly.

    Args:
        partial_cap: the most that a completion earns that is not exactly right, in [0, 1]. 0 gives a binary reward.
        behavior_weight: of the tier `behavior`; weights are not negative, and not all zero.
        tool_name_weight: of `tool_name`.
        arguments_weight: of `arguments`.
        schema_weight: of `schema`.
        wire_format_weight: of `wire_format`.
        wire: the format that calls are written in, or `auto`.
        judge: any callable of a text and its ground truth, asked what the text does where the rules do not settle it.

    Raises:
        ValueError: an option outside its range; names it.
    """

    partial_cap: float = 0.6
    behavior_weight: float = 0.1
    tool_name_weight: float = 0.25
    arguments_weight: float = 0.45
    schema_weight: float = 0.1
    wire_format_weight: float = 0.1
    wire: str = wire.AUTO
    judge: Judge | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.partial_cap <= 1.0:
            raise ValueError(f"partial_cap {self.partial_cap!r} is not in [0, 1]")
        for name, weight in self.weights.items():
            if not (math.isfinite(weight) and weight >= 0.0):
                raise ValueError(f"{name}_weight {weight!r} is not a non-negative number")
        if not any(self.weights.values()):
            raise ValueError("the weights are all 0; give at least one tier a positive weight")
        wire.check(self.wire)

    @cached_property
    def weights(self) -> dict[str, float]:
        """Each tier's weight, by the name of its component, in the order of the components."""
        return {
            "behavior": self.behavior_weight,
            "tool_name": self.tool_name_weight,
            "arguments": self.arguments_weight,
            "schema": self.schema_weight,
            "wire_format": self.wire_format_weight,
        }

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion.

        Args:
            completion: raw text, or chat messages with or without parsed `tool_calls`.
            ground_truth: a GroundTruth, or any JSON form that `GroundTruth.parse` reads.
            tools: the tools that were offered: tool dicts, their JSON, or a Toolset; None where unknown.

        Returns:
            The result, or None where the ground truth cannot be scored.

        Raises:
            ValueError: the tools are not tools.
        """
        reading = read(completion, ground_truth, tools, self.wire, self.judge)
        if reading is None:
            return None
        components = shares(reading)
        return result_of(reading, self._value(components), components)

    def _value(self, components: Mapping[str, float]) -> float:
        if min(components.values()) == 1.0:
            return 1.0
        if len(components) == 1:  # no call was expected
            return self.partial_cap * components["behavior"]
        weighted: float = sum(map(mul, self.weights.values(), components.values()))
        return self.partial_cap * (weighted / self._total_weight)

    @cached_property
    def _total_weight(self) -> float:
        return sum(self.weights.values())


@dataclass(frozen=True)
class Binary:
    """1.0 for exactly right, 0.0 for anything else, by the same rules as `Tiered`.

    Args:
        wire: the format that calls are written in, or `auto`.
        judge: as `Tiered` takes it.
    """

    wire: str = wire.AUTO
    judge: Judge | None = None

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion; None where the ground truth cannot be scored."""
        return Tiered(partial_cap=0.0, wire=self.wire, judge=self.judge)(
            completion, ground_truth=ground_truth, tools=tools
        )
