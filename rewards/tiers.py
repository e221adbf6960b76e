"""The single tiers of the reward. Each is a reward of its own; `presets` combines them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from rewards import speech, wire
from rewards.answers import answer_credit
from rewards.limits import MAX_REASONS
from rewards.matching import Pair, argument_reasons, assign, brief
from rewards.questions import question_credit
from rewards.toolset import Toolset
from rewards.types import Behavior, GroundTruth, GroundTruthError, RewardResult
from rewards.wire import ParsedCompletion

HEDGE_CREDIT = 0.5
"""Share of a behavior's credit for a completion that does the right thing and contradicts it in the same breath."""

Judge = Callable[[str, GroundTruth], Behavior | None]
"""Says what a text without calls does, where the rules do not settle it; None where it cannot tell either."""


@dataclass(frozen=True)
class Reading:
    """A completion held against its ground truth: everything that the tiers look at.

    Args:
        parsed: the completion's calls and text.
        heard: what its text does.
        truth: what was expected.
        tools: what was offered; None where unknown.
        pairs: which call answers which, only where names are equal.
        larger: expected calls or attempts, whichever are more; the divisor of every share.
    """

    parsed: ParsedCompletion
    heard: speech.Heard
    truth: GroundTruth
    tools: Toolset | None
    pairs: tuple[Pair, ...]
    larger: int

    @property
    def behavior(self) -> Behavior | None:
        """What the completion did; None where it did nothing."""
        if self.parsed.attempts:
            return Behavior.EXECUTE
        if not self.heard.words:
            return None
        if self.heard.asks:
            return Behavior.CLARIFY
        return Behavior.REFUSE if self.heard.refuses and not self.heard.complies else Behavior.ANSWER


@lru_cache(maxsize=4096)
def _parsed(ground_truth: str) -> GroundTruth:
    return GroundTruth.parse(ground_truth)


class Credit(NamedTuple):
    """A tier's share in [0, 1], and why it is not whole."""

    share: float
    reasons: tuple[str, ...] = ()


def read(
    completion: Any, ground_truth: Any, tools: Any, wire_format: str, judge: Judge | None = None
) -> Reading | None:
    """Hold a completion against a ground truth; None where the ground truth cannot be scored with these tools."""
    toolset = Toolset.of(tools)
    try:
        truth = _parsed(ground_truth) if isinstance(ground_truth, str) else GroundTruth.parse(ground_truth)
    except GroundTruthError:
        return None
    if toolset is not None and any(call.name not in toolset for call in truth.calls):
        return None
    parsed = wire.parse(completion, wire_format)
    pairs = assign(truth.calls, parsed.calls, truth.alternatives, toolset) if parsed.calls else []
    heard = speech.listen(parsed.text) if parsed.text else speech.Heard()
    if judge is not None and heard.is_doubtful and not parsed.attempts:
        heard = _judged(heard, judge(parsed.text, truth))
    return Reading(parsed, heard, truth, toolset, tuple(pairs), max(len(truth.calls), parsed.attempts))


def _judged(heard: speech.Heard, verdict: Behavior | None) -> speech.Heard:
    if verdict is None:
        return heard
    if verdict not in (Behavior.CLARIFY, Behavior.REFUSE, Behavior.ANSWER):
        raise ValueError(f"judge: {verdict!r} is not what a text does; return clarify, refuse, answer or None")
    return speech.settled(heard, verdict)


def behavior_credit(reading: Reading) -> Credit:
    """Whether the completion did the kind of thing that was expected."""
    expected, got = reading.truth.behavior, reading.behavior
    if got is None:
        return Credit(0.0, (f"behavior: expected {expected.value}, got nothing",))
    credit = _BEHAVIOR_CREDITS[expected](reading)
    if credit.share == 0.0 and not credit.reasons:
        return Credit(0.0, (f"behavior: expected {expected.value}, got {got.value}",))
    return credit


def tool_name_credit(reading: Reading) -> Credit | None:
    """How many calls name the right tool, exactly; None where no call was expected."""
    if not reading.truth.calls:
        return None
    return Credit(len(reading.pairs) / reading.larger, tuple(_name_reasons(reading)))


def argument_credit(reading: Reading) -> Credit | None:
    """How much of the arguments agrees, over all calls; None where no call was expected."""
    if not reading.truth.calls:
        return None
    share = sum(pair.arguments for pair in reading.pairs) / reading.larger
    return Credit(share, tuple(_argument_reasons(reading)))


def schema_credit(reading: Reading) -> Credit | None:
    """How many of the calls that answer an expected one are valid under the tool's schema; None where none was."""
    if not reading.truth.calls:
        return None
    reasons = []
    for pair in reading.pairs:
        call = reading.parsed.calls[pair.predicted]
        tool = reading.tools.get(call.name) if reading.tools is not None else None
        if not pair.is_valid and tool is not None:
            reasons.append(f"schema of {brief(call.name)}: {tool.objection(call.arguments)}")
    return Credit(sum(pair.is_valid for pair in reading.pairs) / reading.larger, tuple(reasons))


def wire_format_credit(reading: Reading) -> Credit | None:
    """1 where calls were made and all are well-formed; None where no call was expected."""
    if not reading.truth.calls:
        return None
    is_sound = bool(reading.parsed.calls) and not reading.parsed.malformed
    return Credit(float(is_sound), tuple(f"malformed call: {reason}" for reason in reading.parsed.reasons))


TIERS: Mapping[str, Callable[[Reading], Credit | None]] = {
    "behavior": behavior_credit,
    "tool_name": tool_name_credit,
    "arguments": argument_credit,
    "schema": schema_credit,
    "wire_format": wire_format_credit,
}
"""Every tier by the name of its component, in the order in which reasons are given."""


def is_exact(reading: Reading) -> bool:
    """Whether the completion is exactly right: every expected call and no other, or the expected kind of text."""
    if behavior_credit(reading).share < 1.0:
        return False
    if not reading.truth.calls:
        return True
    is_complete = len(reading.pairs) == reading.larger and not reading.parsed.malformed
    return is_complete and all(pair.is_exact for pair in reading.pairs)


@dataclass(frozen=True)
class BehaviorMatch:
    """1 for the expected behavior, part for a question that asks for the wrong thing, 0 for any other.

    Args:
        wire: the format that calls are written in, or `auto`.
        judge: asked about texts that the rules do not settle, and about no others.
    """

    wire: str = wire.AUTO
    judge: Judge | None = None

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion."""
        return _alone("behavior", read(completion, ground_truth, tools, self.wire, self.judge))


@dataclass(frozen=True)
class ToolName:
    """The share of calls that name the right tool. Where no call was expected: 1 for making none."""

    wire: str = wire.AUTO

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion."""
        return _alone("tool_name", read(completion, ground_truth, tools, self.wire))


@dataclass(frozen=True)
class ArgumentMatch:
    """The share of arguments that agree, over all calls. Where no call was expected: 1 for making none."""

    wire: str = wire.AUTO

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion."""
        return _alone("arguments", read(completion, ground_truth, tools, self.wire))


@dataclass(frozen=True)
class SchemaValid:
    """The share of answering calls that are valid under their schema. Where no call was expected: 1 for none."""

    wire: str = wire.AUTO

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion."""
        return _alone("schema", read(completion, ground_truth, tools, self.wire))


@dataclass(frozen=True)
class WireFormat:
    """1 where all calls are well-formed. Where no call was expected: 1 for making none."""

    wire: str = wire.AUTO

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion."""
        return _alone("wire_format", read(completion, ground_truth, tools, self.wire))


def limited(reasons: list[str]) -> tuple[str, ...]:
    """The first reasons, and how many there were besides."""
    if len(reasons) <= MAX_REASONS:
        return tuple(reasons)
    return (*reasons[:MAX_REASONS], f"and {len(reasons) - MAX_REASONS} more")


def _alone(name: str, reading: Reading | None) -> RewardResult | None:
    if reading is None:
        return None
    credit = TIERS[name](reading)
    if credit is None:
        credit = Credit(float(bool(reading.behavior) and not reading.parsed.attempts))
    return RewardResult(credit.share, {name: credit.share}, limited(list(credit.reasons)), reading.behavior)


def _executed(reading: Reading) -> Credit:
    if not reading.parsed.attempts:
        return Credit(0.0)
    if reading.heard.refuses:
        return Credit(HEDGE_CREDIT, ("behavior: calls and refuses in one breath",))
    return Credit(1.0)


def _clarified(reading: Reading) -> Credit:
    heard = reading.heard
    if reading.behavior is not Behavior.CLARIFY:
        return Credit(0.0)
    share, reason = question_credit(heard.questions, reading.truth.missing, reading.truth.text, reading.tools)
    reasons = [reason] if reason else []
    if heard.refuses:
        reasons.append("behavior: asks and refuses in one breath")
    if heard.claims:
        reasons.append("behavior: asks, and claims to have acted")
    return Credit(share * (HEDGE_CREDIT if heard.refuses or heard.claims else 1.0), tuple(reasons))


def _refused(reading: Reading) -> Credit:
    heard = reading.heard
    if reading.parsed.attempts or not heard.refuses:
        return Credit(0.0)
    if heard.complies:
        return Credit(0.0, ("behavior: refuses, and complies in the next breath",))
    if heard.asks:
        return Credit(HEDGE_CREDIT, ("behavior: refuses and asks in one breath",))
    return Credit(1.0)


def _answered(reading: Reading) -> Credit:
    heard = reading.heard
    if reading.parsed.attempts or (heard.refuses and not heard.complies):
        return Credit(0.0)
    if not heard.statements and not heard.complies:
        return Credit(0.0)
    share, reason = answer_credit(reading.parsed.text, reading.truth.text)
    reasons = [reason] if reason else []
    if heard.asks or heard.refuses:
        reasons.append(f"behavior: answers, and {'asks' if heard.asks else 'refuses'}")
    elif heard.claims and not speech.listen(reading.truth.text or "").claims:
        reasons.append("behavior: answers, and claims to have acted")
    else:
        return Credit(share, tuple(reasons))
    return Credit(share * HEDGE_CREDIT, tuple(reasons))


_BEHAVIOR_CREDITS: Mapping[Behavior, Callable[[Reading], Credit]] = {
    Behavior.EXECUTE: _executed,
    Behavior.CLARIFY: _clarified,
    Behavior.REFUSE: _refused,
    Behavior.ANSWER: _answered,
}


def _name_reasons(reading: Reading) -> list[str]:
    answered = {pair.expected for pair in reading.pairs}
    answering = {pair.predicted for pair in reading.pairs}
    lacking = [brief(call.name) for index, call in enumerate(reading.truth.calls) if index not in answered]
    surplus = [brief(call.name) for index, call in enumerate(reading.parsed.calls) if index not in answering]
    reasons = []
    if lacking:
        reasons.append(f"tool_name: no call of {', '.join(lacking[:MAX_REASONS])}")
    if surplus:
        reasons.append(f"tool_name: unexpected call of {', '.join(surplus[:MAX_REASONS])}")
    return reasons


def _argument_reasons(reading: Reading) -> list[str]:
    reasons: list[str] = []
    for pair in reading.pairs:
        if pair.arguments == 1.0:
            continue
        expected, predicted = reading.truth.calls[pair.expected], reading.parsed.calls[pair.predicted]
        tool = reading.tools.get(expected.name) if reading.tools is not None else None
        alternatives = reading.truth.alternatives[pair.expected] if reading.truth.alternatives else {}
        reasons.extend(argument_reasons(expected, predicted, tool, alternatives))
    return reasons
