"""The tiers of the reward, in one table. Each can be a reward of its own; `presets` combines them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

from rewards import wire
from rewards.behavior import behavior_reasons, behavior_share
from rewards.limits import MAX_REASONS
from rewards.matching import argument_reasons
from rewards.reading import Judge, Reading, read
from rewards.types import Reason, RewardResult


class Tier(NamedTuple):
    """One thing that a completion gets right or wrong.

    Args:
        share: how much of it is right, in [0, 1]. All shares are 1.0 where, and only where, all is exactly right.
        reasons: what is wrong.
    """

    share: Callable[[Reading], float]
    reasons: Callable[[Reading], list[Reason]]


def _name_share(reading: Reading) -> float:
    return len(reading.pairs) / reading.divisor


def _name_reasons(reading: Reading) -> list[Reason]:
    answered = {pair.expected for pair in reading.pairs}
    answering = {pair.predicted for pair in reading.pairs}
    expected, predicted = enumerate(reading.truth.calls), enumerate(reading.parsed.calls)
    lacking = [Reason("tool_name", "no_call", call.name) for place, call in expected if place not in answered]
    surplus = [Reason("tool_name", "unexpected_call", call.name) for place, call in predicted if place not in answering]
    return [*lacking, *surplus]


def _argument_share(reading: Reading) -> float:
    return math.fsum([pair.arguments for pair in reading.pairs]) / reading.divisor


def _argument_reasons(reading: Reading) -> list[Reason]:
    reasons: list[Reason] = []
    for pair in reading.pairs:
        expected, predicted = reading.truth.calls[pair.expected], reading.parsed.calls[pair.predicted]
        reasons.extend(argument_reasons(expected, predicted, pair.wrong))
    return reasons


def _schema_share(reading: Reading) -> float:
    return sum([pair.is_valid for pair in reading.pairs]) / reading.divisor


def _schema_reasons(reading: Reading) -> list[Reason]:
    reasons = []
    for pair in reading.pairs:
        call = reading.parsed.calls[pair.predicted]
        if reading.tools is not None and not pair.is_valid:
            parameter, message = reading.tools[call.name].objection(call.arguments)
            reasons.append(Reason("schema", "schema", call.name, parameter, got=message))
    return reasons


def _format_share(reading: Reading) -> float:
    return float(bool(reading.parsed.calls) and not reading.parsed.malformed)


def _format_reasons(reading: Reading) -> list[Reason]:
    return [Reason("wire_format", "malformed", got=reason) for reason in reading.parsed.reasons]


TIERS: Mapping[str, Tier] = {
    "behavior": Tier(behavior_share, behavior_reasons),
    "tool_name": Tier(_name_share, _name_reasons),
    "arguments": Tier(_argument_share, _argument_reasons),
    "schema": Tier(_schema_share, _schema_reasons),
    "wire_format": Tier(_format_share, _format_reasons),
}
"""Every tier by the name of its component. Where no call was expected, only `behavior` applies."""


def shares(reading: Reading) -> dict[str, float]:
    """Return the share of every tier that applies."""
    if reading.shares is None:
        names = TIERS if reading.truth.calls else ("behavior",)
        reading.shares = {name: TIERS[name].share(reading) for name in names}
    return dict(reading.shares)


def result_of(reading: Reading, value: float, components: Mapping[str, float]) -> RewardResult:
    """Return the result with this value, and the reasons of every component that is not whole."""
    if min(components.values()) == 1.0:
        return RewardResult(value, components, (), reading.behavior)
    explain = partial(_reasons, reading, tuple(components))
    if not reading.is_of_texts:
        return RewardResult(value, components, explain(), reading.behavior)
    return RewardResult.explained_by(explain, value, components, reading.behavior)


def _reasons(reading: Reading, names: Sequence[str]) -> tuple[Reason, ...]:
    share_of = shares(reading)
    lacking = [name for name in names if share_of[name] < 1.0]
    return at_most(reason for name in lacking for reason in TIERS[name].reasons(reading))


def at_most(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the first `MAX_REASONS` reasons, and how many more there are."""
    listed = tuple(reasons)
    if len(listed) <= MAX_REASONS:
        return listed
    return (*listed[:MAX_REASONS], Reason("", "other", got=f"and {len(listed) - MAX_REASONS} more"))


@dataclass(frozen=True)
class SingleTier:
    """One tier as a reward. Where no call was expected, all but `behavior` are 1 for making none.

    Args:
        wire: the format that calls are written in, or `auto`.
        judge: asked about texts that the rules do not settle, and about no others.

    Raises:
        ValueError: no such wire format.
    """

    wire: str = wire.AUTO
    judge: Judge | None = None
    tier: ClassVar[str]

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion; None where the ground truth cannot be scored."""
        reading = read(completion, ground_truth, tools, self.wire, self.judge)
        if reading is None:
            return None
        if reading.truth.calls or self.tier == "behavior":
            share = TIERS[self.tier].share(reading)
            return result_of(reading, share, {self.tier: share})
        abstains = float(reading.behavior is not None and not reading.parsed.attempts)
        return RewardResult(abstains, {self.tier: abstains}, (), reading.behavior)


class BehaviorMatch(SingleTier):
    """1 for the expected behavior, part for a question that asks for the wrong thing, 0 for any other."""

    tier = "behavior"


class ToolName(SingleTier):
    """The share of calls that name the right tool."""

    tier = "tool_name"


class ArgumentMatch(SingleTier):
    """The share of arguments that agree, over all calls."""

    tier = "arguments"


class SchemaValid(SingleTier):
    """The share of answering calls that are valid under their schema."""

    tier = "schema"


class WireFormat(SingleTier):
    """1 where all calls are well-formed."""

    tier = "wire_format"
