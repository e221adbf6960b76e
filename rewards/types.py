"""The library's vocabulary: what was expected, what a reward says of a completion and why, and what a reward is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from rewards.brief import MAX_PROSE, MAX_TEXT, brief, printable, shortened
from rewards.limits import MAX_EXPECTED_CALLS
from rewards.strict_json import Json, JsonObject, encode, why_not_json


class Behavior(StrEnum):
    """What a completion does with a request."""

    EXECUTE = "execute"
    CLARIFY = "clarify"
    REFUSE = "refuse"
    ANSWER = "answer"


class GroundTruthError(ValueError):
    """A ground truth that cannot be scored. `field` names the member of `reward_model` that is at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message

    def __reduce__(self) -> tuple[type["GroundTruthError"], tuple[str, str]]:
        return type(self), (self.field, self.message)


@dataclass(frozen=True)
class ToolCall:
    """One call of one tool.

    Args:
        name: of the tool.
        arguments: as parsed JSON.
        untold: names of arguments that were written as plain text, of which nothing tells the type: is `3` a number?
    """

    name: str
    arguments: JsonObject = field(default_factory=dict)
    untold: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


@dataclass(frozen=True)
class Alternative:
    """What else an argument may be besides its expected value."""

    values: tuple[Json, ...] = ()
    may_omit: bool = False


@dataclass(frozen=True)
class GroundTruth:
    """What a completion should have done.

    Args:
        behavior: the expected behavior.
        calls: the expected calls; only and always under `execute`.
        text: a reference text, for the other behaviors.
        missing: names of the parameters that a clarification should ask for; empty where unknown.
        alternatives: parallel to `calls`, by argument name; empty where no argument has any.
        also: further behaviors that are as right; none of them `execute`.
        ordered: whether the calls must come in this order.

    Raises:
        GroundTruthError: the fields contradict each other, or hold what is not JSON.
    """

    behavior: Behavior
    calls: tuple[ToolCall, ...] = ()
    text: str | None = None
    missing: tuple[str, ...] = ()
    alternatives: tuple[Mapping[str, Alternative], ...] = ()
    also: tuple[Behavior, ...] = ()
    ordered: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "behavior", behavior_named(self.behavior))
        object.__setattr__(self, "also", tuple(map(behavior_named, self.also)))
        for name in ("calls", "missing", "alternatives"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _check(self)

    @classmethod
    def parse(cls, value: object, behavior: str | None = None) -> "GroundTruth":
        """Read any JSON form of a ground truth.

        Args:
            value: a GroundTruth; a list of calls, or of the leaderboard's possible answers; a string that holds one, as
                JSON or as Python writes calls, or a text; an assistant's message; a `reward_model` mapping
                (`ground_truth`, `behavior`, `missing`, `alternatives`, `also`, `ordered`), or the JSON of one; a
                mapping of a GroundTruth's own fields.
            behavior: the expected behavior, where the value does not carry one. Without either it is inferred:
                calls are `execute`, missing parameters or a question `clarify`, a refusal `refuse`, any other
                text `answer`.

        Raises:
            GroundTruthError: it cannot be scored; names the field and what it may be.
        """
        from rewards import ground_truth  # it needs the vocabulary, and reads texts to infer a behavior

        return ground_truth.parse(value, behavior)

    @classmethod
    def from_bfcl(cls, possible_answer: object) -> "GroundTruth":
        """Read a `possible_answer` of the Berkeley Function Calling Leaderboard.

        Args:
            possible_answer: a list of `{function: {argument: [admissible, ...]}}`, where `""` among an argument's
                values says that it may be left out, and an object's members have lists of their own; or the JSON of
                one. None for the irrelevance categories: any call is wrong, and any answer without one is right.

        Raises:
            GroundTruthError: it is not of that form.
        """
        from rewards import ground_truth

        return ground_truth.from_bfcl(possible_answer)

    def alternatives_of(self, call: int) -> Mapping[str, Alternative]:
        """Return what else the arguments of an expected call, given by its index, may be."""
        return self.alternatives[call] if self.alternatives else {}

    def to_json(self) -> JsonObject:
        """Return the `reward_model` mapping that `parse` reads back into an equal value."""
        calls = [{"name": call.name, "arguments": call.arguments} for call in self.calls]
        truth: JsonObject = {
            "ground_truth": encode(calls) if calls else self.text or "",
            "behavior": self.behavior.value,
        }
        if self.missing:
            truth["missing"] = list(self.missing)
        if self.also:
            truth["also"] = [behavior.value for behavior in self.also]
        if self.alternatives:
            truth["alternatives"] = [
                {name: {"values": list(item.values), "may_omit": item.may_omit} for name, item in by_name.items()}
                for by_name in self.alternatives
            ]
        if self.ordered:
            truth["ordered"] = True
        return truth


REASONS: Mapping[str, str] = {
    "nothing": "{tier}: expected {expected}, got nothing",
    "behavior": "{tier}: expected {expected}, got {got}",
    "text": "{tier}: {got}",
    "no_call": "{tier}: no call of {tool}",
    "unexpected_call": "{tier}: unexpected call of {tool}",
    "order": "{tier}: {tool} is called out of order",
    "no_argument": "argument {parameter}: expected {expected}, not given",
    "unexpected_argument": "argument {parameter}: not expected, got {got}",
    "value": "argument {parameter}: expected {expected}, got {got}",
    "schema": "schema of {tool}: {got}",
    "malformed": "malformed call: {got}",
    "other": "{got}",
}
"""Every kind of reason, with what it says to a person."""

_WITHOUT_VALUES: Mapping[str, str] = {
    "no_argument": "argument {parameter}: not given",
    "unexpected_argument": "argument {parameter}: not expected",
    "value": "argument {parameter}: another value",
    "schema": "schema of {tool}",
}
_MEMBERS_OF_REASON = ("tier", "kind", "tool", "parameter", "expected", "got")
_PROSE = frozenset({"behavior", "text", "schema", "malformed", "other", "nothing"})


_VALUES_IN_WORDS = re.compile(r"(?<!\w)'[^']*'(?!\w)|(?<!\w)\d+(?!\w)")
"""Values and numbers in the words of an environment or of a user's own reward: `order 'O-22139' changed`."""


@dataclass(frozen=True)
class Reason:
    """Why a completion earned less than it might; `str` says it to a person.

    Args:
        tier: the component that lost by it; "" for none of them.
        kind: what is wrong: a key of `REASONS`.
        tool: the tool that was called, or should have been.
        parameter: of the tool.
        expected: a value, kept short by `shortened`; for some kinds the words of a rule.
        got: the same of what the completion has.
    """

    tier: str
    kind: str
    tool: str | None = None
    parameter: str | None = None
    expected: Json = None
    got: Json = None

    def __post_init__(self) -> None:
        if self.kind not in REASONS:
            raise ValueError(f"a reason of kind {self.kind!r}; there are: {', '.join(REASONS)}")
        limit = MAX_PROSE if self.is_prose else MAX_TEXT
        for name, value in (("expected", self.expected), ("got", self.got)):
            if (short := shortened(value, limit)) is not value:
                object.__setattr__(self, name, short)

    @property
    def is_prose(self) -> bool:
        """Tell whether `expected` and `got` are words for a person, and no values."""
        return self.kind in _PROSE

    def __str__(self) -> str:
        return self._said(REASONS[self.kind])

    @property
    def without_values(self) -> str:
        """The reason without the values that only one completion has: what many completions have in common."""
        said = self._said(_WITHOUT_VALUES.get(self.kind, REASONS[self.kind]))
        return _VALUES_IN_WORDS.sub("\u2026", said) if self.kind == "other" else said

    def _said(self, text: str) -> str:
        shown = (lambda value: printable(str(value))) if self.is_prose else repr
        return text.format(
            tier=self.tier,
            tool=brief(self.tool),
            parameter=brief(self.parameter),
            expected=shown(self.expected),
            got=shown(self.got),
        )

    def to_json(self) -> JsonObject:
        """Return the members that are set, and `text` for a person."""
        members = {name: getattr(self, name) for name in _MEMBERS_OF_REASON}
        return {**{name: value for name, value in members.items() if value is not None}, "text": str(self)}

    @classmethod
    def from_json(cls, value: object) -> "Reason":
        """Read what `to_json` wrote; a text becomes a reason of the kind `other`."""
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping) and value.get("kind") in REASONS:
            return cls(**{name: value[name] for name in _MEMBERS_OF_REASON if value.get(name) is not None})
        return cls("", "other", got=value["text"] if isinstance(value, Mapping) and "text" in value else value)


@dataclass
class RewardResult:
    """What a reward says of one completion.

    Each call makes its own, by the thousand: a record whose members can be set is made in half the time.

    Args:
        value: the reward, in [0, 1].
        components: each tier that applies, unweighted, in [0, 1]. Where no call was expected only `behavior` does.
        reasons: what was wrong, as Reasons; empty where nothing was. A text is taken as one of the kind `other`.
        behavior: what the completion did; None where it did nothing, such as an empty one.
    """

    value: float
    components: Mapping[str, float]
    reasons: tuple[Reason, ...] = field(default_factory=tuple)
    behavior: Behavior | None = None

    def __post_init__(self) -> None:
        if isinstance(self.reasons, str):
            raise TypeError(f"reasons must be a list, not the text {self.reasons[:80]!r}")
        if self.reasons:
            self.reasons = tuple(map(Reason.from_json, self.reasons))

    @classmethod
    def explained_by(
        cls,
        explain: Callable[[], tuple[Reason, ...]],
        value: float,
        components: Mapping[str, float],
        behavior: Behavior | None,
    ) -> "RewardResult":
        """Return a result whose reasons are written when they are first read, which a trainer may never do."""
        result = cls.__new__(cls)  # without reasons, so that `__getattr__` is asked for them
        result.__dict__.update(value=value, components=components, behavior=behavior, _explain=explain)
        return result

    def __getattr__(self, name: str) -> tuple[Reason, ...]:
        if name != "reasons" or "_explain" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        reasons: tuple[Reason, ...] = self.__dict__.pop("_explain")()
        self.__dict__["reasons"] = reasons
        return reasons

    def __getstate__(self) -> JsonObject:
        return {name: getattr(self, name) for name in ("value", "components", "reasons", "behavior")}


@runtime_checkable
class Reward(Protocol):
    """Anything that scores one completion. None means that the ground truth cannot be scored."""

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion against a ground truth, given the tools that were offered."""
        ...


def behavior_named(name: Json) -> Behavior:
    """Return the behavior of this name.

    Raises:
        GroundTruthError: there is none; says which there are.
    """
    try:
        return Behavior(name)
    except ValueError:
        allowed = ", ".join(behavior.value for behavior in Behavior)
        raise GroundTruthError("behavior", f"{name!r} is not one of {allowed}") from None


def _check(truth: GroundTruth) -> None:
    if (truth.behavior is Behavior.EXECUTE) != bool(truth.calls):
        needs = "needs at least one call" if truth.behavior is Behavior.EXECUTE else "takes no calls"
        raise GroundTruthError("ground_truth", f"behavior {truth.behavior.value!r} {needs}")
    if len(truth.calls) > MAX_EXPECTED_CALLS:
        raise GroundTruthError("ground_truth", f"{len(truth.calls)} calls; at most {MAX_EXPECTED_CALLS} can be scored")
    for call in truth.calls:
        if not isinstance(call, ToolCall) or not isinstance(call.name, str) or not isinstance(call.arguments, dict):
            raise GroundTruthError("ground_truth", f"{call!r:.80} is not a ToolCall of a name and an arguments dict")
        if reason := why_not_json([call.name, call.arguments]):
            raise GroundTruthError("ground_truth", f"call {call.name!r} holds {reason}")
    if truth.also and (truth.calls or Behavior.EXECUTE in truth.also):
        raise GroundTruthError("also", "goes with behaviors that make no call")
    if truth.text is not None and not isinstance(truth.text, str):
        raise GroundTruthError("ground_truth", f"a {type(truth.text).__name__} is not a text")
    if truth.ordered not in (True, False):
        raise GroundTruthError("ordered", f"{truth.ordered!r} is not true or false")
    if truth.missing and truth.behavior is not Behavior.CLARIFY:
        raise GroundTruthError("missing", f"goes with behavior 'clarify', not {truth.behavior.value!r}")
    if not all(isinstance(name, str) and name for name in truth.missing):
        raise GroundTruthError("missing", "must be a list of parameter names")
    if truth.alternatives and len(truth.alternatives) != len(truth.calls):
        raise GroundTruthError(
            "alternatives", f"{len(truth.alternatives)} entries for {len(truth.calls)} calls; they must be parallel"
        )
