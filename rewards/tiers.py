"""The single tiers of the reward. Each is a reward of its own; `presets` combines them."""

import marshal
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from rewards import wire
from rewards.limits import MAX_REASONS
from rewards.matching import Pair, argument_reasons, assign, brief
from rewards.text import TextActs, answer_credit, question_credit, read_text, settled
from rewards.toolset import Toolset
from rewards.types import Behavior, GroundTruth, GroundTruthError, RewardResult
from rewards.wire import ParsedCompletion

HEDGE_CREDIT = 0.5
"""Share of a behavior's credit for a completion that does the right thing and contradicts it in the same breath."""

Judge = Callable[[str, GroundTruth], Behavior | None]
"""Says what a text without calls does, where the rules do not settle it; None where it cannot tell either."""

_KNOWN_TRUTHS = 4096
_SILENCE = TextActs()
_EXECUTE = Behavior.EXECUTE  # an enum's member is looked up more slowly


class Reading(NamedTuple):
    """A completion held against its ground truth: everything that the tiers look at.

    Args:
        parsed: the completion's calls and text.
        heard: what its text does.
        truth: what was expected.
        tools: what was offered; None where unknown.
        pairs: which call answers which, only where names are equal.
        larger: expected calls or attempts, whichever are more; the divisor of every share.
        is_shared: whether a caller may hold, and change, what it was made of.
    """

    parsed: ParsedCompletion
    heard: TextActs
    truth: GroundTruth
    tools: Toolset | None
    pairs: Sequence[Pair]
    larger: int
    is_shared: bool

    @property
    def behavior(self) -> Behavior | None:
        """What the completion did; None where it did nothing."""
        parsed = self.parsed
        return _EXECUTE if parsed.calls or parsed.malformed else behavior_of(parsed, self.heard)


class Task(NamedTuple):
    """What a completion is held against, ready to be used many times.

    Args:
        truth: what was expected.
        tools: what was offered; None where unknown.
        is_shared: whether a caller may hold, and change, what it was made of.
        verbatim: the completion that a trained policy gives most: the expected calls as chat templates write them.
        reading: that completion, read; None where no call was expected.
        shares: and its shares of the tiers.
    """

    truth: GroundTruth
    tools: Toolset | None
    is_shared: bool
    verbatim: str = ""
    reading: Reading | None = None
    shares: Mapping[str, float] = MappingProxyType({})


class Credit(NamedTuple):
    """A tier's share in [0, 1], and why it is not whole."""

    share: float
    reasons: tuple[str, ...] = ()


def prepare(ground_truth: Any, tools: Any) -> Task | None:
    """The ground truth with its tools, from a cache by content; None where it cannot be scored with these tools.

    A training step scores each ground truth several times, and a run many more.

    Raises:
        ValueError: the tools are not tools.
    """
    if tools is not None and not isinstance(tools, str):
        tools = Toolset.of(tools)
    if isinstance(ground_truth, str):
        latest = _latest(ground_truth)
        known, task = latest[0]
        if known is tools or (isinstance(tools, str) and known == tools):
            return task
        task = _prepared_text(ground_truth, tools)
        latest[0] = tools, task
        return task
    if isinstance(ground_truth, dict):
        try:
            return _prepared_bytes(marshal.dumps(ground_truth, 2), tools)
        except ValueError:
            pass  # it holds Python's own values, such as a ToolCall
    return _prepared(ground_truth, tools, is_shared=True)


@lru_cache(maxsize=_KNOWN_TRUTHS)
def _latest(ground_truth: str) -> list[tuple[Any, Task | None]]:
    """Where to keep the tools that a ground truth was last used with, and what it was then.

    To compare tools takes a tenth of the time that looking them up does, which reads them as a new string each time.
    """
    return [(_latest, None)]  # no tools at all


@lru_cache(maxsize=_KNOWN_TRUTHS)
def _prepared_text(ground_truth: str, tools: str | Toolset | None) -> Task | None:
    return _prepared(ground_truth, tools, is_shared=False)


@lru_cache(maxsize=_KNOWN_TRUTHS)
def _prepared_bytes(ground_truth: bytes, tools: str | Toolset | None) -> Task | None:
    return _prepared(marshal.loads(ground_truth), tools, is_shared=False)  # noqa: S302 - what `prepare` wrote


def _prepared(ground_truth: Any, tools: Any, is_shared: bool) -> Task | None:
    toolset = Toolset.of(tools)
    try:
        truth = GroundTruth.parse(ground_truth)
    except GroundTruthError:
        return None
    if toolset is not None and any(call.name not in toolset for call in truth.calls):
        return None
    task = Task(truth, toolset, is_shared)
    if is_shared or not truth.calls:
        return task
    try:
        verbatim = wire.render(truth.calls)
    except ValueError:  # an integer of more digits than the process allows to be written
        return task
    reading = _read(verbatim, task, wire.AUTO)
    return task._replace(verbatim=verbatim, reading=reading, shares=shares(reading))


def hear(parsed: ParsedCompletion) -> TextActs:
    """What the text of a completion does."""
    return read_text(parsed.text) if parsed.text else _SILENCE


def behavior_of(parsed: ParsedCompletion, heard: TextActs) -> Behavior | None:
    """What a completion did; None where it did nothing."""
    if parsed.calls or parsed.malformed:
        return _EXECUTE
    if not heard.words:
        return None
    if heard.asks:
        return Behavior.CLARIFY
    return Behavior.REFUSE if heard.refuses and not heard.complies else Behavior.ANSWER


def read(
    completion: Any, ground_truth: Any, tools: Any, wire_format: str, judge: Judge | None = None
) -> Reading | None:
    """Hold a completion against a ground truth; None where the ground truth cannot be scored with these tools."""
    task = prepare(ground_truth, tools)
    if task is None:
        return None
    return _read_before(completion, task, wire_format) or _read(completion, task, wire_format, judge)


def read_and_share(
    completion: Any, ground_truth: Any, tools: Any, wire_format: str, judge: Judge | None = None
) -> tuple[Reading, dict[str, float]] | None:
    """A reading with its shares, as `read` and `shares` give them."""
    task = prepare(ground_truth, tools)
    if task is None:
        return None
    if (reading := _read_before(completion, task, wire_format)) is not None:
        return reading, {**task.shares}
    reading = _read(completion, task, wire_format, judge)
    return reading, shares(reading)


def _read_before(completion: Any, task: Task, wire_format: str) -> Reading | None:
    # No judge would be asked of it: it has calls.
    return task.reading if wire_format == wire.AUTO and completion == task.verbatim else None


def _read(completion: Any, task: Task, wire_format: str, judge: Judge | None = None) -> Reading:
    truth = task.truth
    parsed = wire.parse(completion, wire_format, task.tools)
    calls = parsed.calls
    pairs = assign(truth.calls, calls, truth.alternatives, task.tools) if calls else []
    larger = max(len(truth.calls), len(calls) + parsed.malformed)
    is_shared = task.is_shared or not isinstance(completion, str)
    heard = read_text(parsed.text) if parsed.text else _SILENCE
    if judge is not None and heard.is_doubtful and not parsed.attempts:
        heard = _judged(heard, judge(parsed.text, truth))
    return Reading(parsed, heard, truth, task.tools, pairs, larger, is_shared)


def _judged(heard: TextActs, verdict: Behavior | None) -> TextActs:
    if verdict is None:
        return heard
    if verdict not in (Behavior.CLARIFY, Behavior.REFUSE, Behavior.ANSWER):
        raise ValueError(f"judge: {verdict!r} is not what a text does; return clarify, refuse, answer or None")
    return settled(heard, verdict)


def behavior_credit(reading: Reading) -> Credit:
    """Whether the completion did the kind of thing that was expected."""
    expected, got = reading.truth.behavior, reading.behavior
    if got is None:
        return Credit(0.0, (f"behavior: expected {expected.value}, got nothing",))
    credit = _BEHAVIOR_CREDITS[expected](reading)
    for other in reading.truth.also:
        if credit.share < 1.0:
            credit = max(credit, _BEHAVIOR_CREDITS[other](reading), key=lambda one: one.share)
    if credit.share == 0.0 and not credit.reasons:
        return Credit(0.0, (f"behavior: expected {expected.value}, got {got.value}",))
    return credit


def shares(reading: Reading) -> dict[str, float]:
    """How much of each tier is right, in [0, 1]. All are 1.0 where, and only where, the completion is exactly right.

    Where no call was expected only the behavior applies.
    """
    parsed, truth = reading.parsed, reading.truth
    if not truth.calls:
        return {"behavior": behavior_credit(reading).share}
    pairs, larger = reading.pairs, reading.larger
    arguments: float
    valid: int
    if len(pairs) == 1:
        _, _, arguments, valid = pairs[0]
    else:
        arguments, valid = math.fsum([pair.arguments for pair in pairs]), sum([pair.is_valid for pair in pairs])
    return {
        "behavior": _execution_share(reading),
        "tool_name": len(pairs) / larger,
        "arguments": arguments / larger,
        "schema": valid / larger,
        "wire_format": 1.0 if parsed.calls and not parsed.malformed else 0.0,
    }


def _behavior_reasons(reading: Reading) -> Sequence[str]:
    return behavior_credit(reading).reasons


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


def _schema_reasons(reading: Reading) -> list[str]:
    reasons = []
    for pair in reading.pairs:
        call = reading.parsed.calls[pair.predicted]
        tool = reading.tools.get(call.name) if reading.tools is not None else None
        if not pair.is_valid and tool is not None:
            reasons.append(f"schema of {brief(call.name)}: {tool.objection(call.arguments)}")
    return reasons


def _wire_format_reasons(reading: Reading) -> list[str]:
    return [f"malformed call: {reason}" for reason in reading.parsed.reasons]


TIERS: Mapping[str, Callable[[Reading], Sequence[str]]] = {
    "behavior": _behavior_reasons,
    "tool_name": _name_reasons,
    "arguments": _argument_reasons,
    "schema": _schema_reasons,
    "wire_format": _wire_format_reasons,
}
"""Every tier by the name of its component, with what it has to say to a person, in that order."""


def reasons(reading: Reading, names: Sequence[str]) -> tuple[str, ...]:
    """What is wrong by these tiers, for a person."""
    found = [reason for name in names for reason in TIERS[name](reading)]
    if len(found) <= MAX_REASONS:
        return tuple(found)
    return (*found[:MAX_REASONS], f"and {len(found) - MAX_REASONS} more")


def result_of(reading: Reading, value: float, components: dict[str, float]) -> RewardResult:
    """The result, its reasons found when they are first looked at: most of a training run's never are."""
    if reading.is_shared:
        return RewardResult(value, components, reasons(reading, tuple(components)), reading.behavior)
    return RewardResult.lazy(value, components, lambda: reasons(reading, tuple(components)), reading.behavior)


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


def _alone(name: str, reading: Reading | None) -> RewardResult | None:
    if reading is None:
        return None
    share = shares(reading).get(name)
    if share is not None:
        return result_of(reading, share, {name: share})
    share = float(bool(reading.behavior) and not reading.parsed.attempts)
    return RewardResult(share, {name: share}, (), reading.behavior)


def _execution_share(reading: Reading) -> float:
    if not (reading.parsed.calls or reading.parsed.malformed):
        return 0.0
    return HEDGE_CREDIT if reading.heard.refuses else 1.0


def _executed(reading: Reading) -> Credit:
    reasons = ("behavior: calls and refuses in one breath",) if reading.heard.refuses else ()
    share = _execution_share(reading)
    return Credit(share, reasons if share else ())


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
    elif heard.claims and not read_text(reading.truth.text or "").claims:
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
