"""The library's vocabulary: what was expected, what a reward says, and what a reward is."""

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from rewards.limits import MAX_ADMISSIBLE_OBJECTS, MAX_EXPECTED_CALLS
from rewards.strict_json import MalformedJsonError, decode, why_not_json
from rewards.text import read_text


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


@dataclass(frozen=True, init=False)
class ToolCall:
    """One call of one tool, with its arguments as parsed JSON."""

    name: str
    arguments: dict[str, Any]

    def __init__(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        # One is made for every call that is read, and this is twice as fast as what dataclass writes.
        members = self.__dict__
        members["name"] = name
        members["arguments"] = {} if arguments is None else arguments


@dataclass(frozen=True)
class Alternative:
    """What else an argument may be besides its expected value."""

    values: tuple[Any, ...] = ()
    may_omit: bool = False


@dataclass(frozen=True)
class GroundTruth:
    """What a completion should have done.

    Args:
        behavior: the expected behavior.
        calls: the expected calls, in any order; only and always under `execute`.
        text: a reference text, for the other behaviors.
        missing: names of the parameters that a clarification should ask for; empty where unknown.
        alternatives: parallel to `calls`, by argument name; empty where no argument has any.
        also: further behaviors that are as right; none of them `execute`.

    Raises:
        GroundTruthError: the fields contradict each other, or hold what is not JSON.
    """

    behavior: Behavior
    calls: tuple[ToolCall, ...] = ()
    text: str | None = None
    missing: tuple[str, ...] = ()
    alternatives: tuple[Mapping[str, Alternative], ...] = ()
    also: tuple[Behavior, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "behavior", _behavior(self.behavior))
        object.__setattr__(self, "also", tuple(_behavior(behavior) for behavior in self.also))
        for name in ("calls", "missing", "alternatives"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _check(self)

    @classmethod
    def parse(cls, value: Any, behavior: str | None = None) -> "GroundTruth":
        """Any JSON form of a ground truth.

        Args:
            value: a GroundTruth; a list of calls; a string that holds one, or a text; a `reward_model` mapping
                (`ground_truth`, `behavior`, `missing`, `alternatives`), or the JSON of one.
            behavior: the expected behavior, where the value does not carry one. Without either it is inferred:
                calls are `execute`, missing parameters or a question `clarify`, a refusal `refuse`, any other
                text `answer`.

        Raises:
            GroundTruthError: it cannot be scored; names the field and what it may be.
        """
        if isinstance(value, cls):
            if behavior is not None and _behavior(behavior) is not value.behavior:
                raise GroundTruthError("behavior", f"{behavior!r} contradicts {value.behavior.value!r}")
            return value
        if isinstance(value, str) and value.lstrip()[:1] == "{":
            value = _mapping_or_text(value)
        if isinstance(value, Mapping) and "ground_truth" in value:
            return _from_reward_model(value, behavior)
        return _from_parts(value, behavior)

    @classmethod
    def from_bfcl(cls, possible_answer: Any) -> "GroundTruth":
        """The ground truth that a `possible_answer` of the Berkeley Function Calling Leaderboard means.

        Args:
            possible_answer: a list of `{function: {argument: [admissible, ...]}}`, where `""` among an argument's
                values says that it may be left out, and an object's members have lists of their own; or the JSON of
                one. None for the irrelevance categories: any call is wrong, and any answer without one is right.

        Raises:
            GroundTruthError: it is not of that form.
        """
        if isinstance(possible_answer, str):
            try:
                possible_answer = decode(possible_answer)
            except MalformedJsonError as error:
                raise GroundTruthError("possible_answer", f"not a JSON list of calls ({error})") from None
        if possible_answer is None:
            return cls(Behavior.REFUSE, also=(Behavior.ANSWER, Behavior.CLARIFY))
        calls, alternatives = _read_possible_answer(possible_answer)
        return cls(Behavior.EXECUTE, calls, alternatives=alternatives if any(alternatives) else ())

    def to_json(self) -> dict[str, Any]:
        """The `reward_model` mapping that `parse` reads back into an equal value."""
        calls = [{"name": call.name, "arguments": call.arguments} for call in self.calls]
        truth: dict[str, Any] = {
            "ground_truth": json.dumps(calls, ensure_ascii=False) if calls else self.text or "",
            "behavior": self.behavior.value,
        }
        if self.missing:
            truth["missing"] = list(self.missing)
        if self.also:
            truth["also"] = [behavior.value for behavior in self.also]
        if self.alternatives:
            truth["alternatives"] = [
                {name: {"values": list(other.values), "may_omit": other.may_omit} for name, other in by_name.items()}
                for by_name in self.alternatives
            ]
        return truth


@dataclass(frozen=True, init=False)
class RewardResult:
    """What a reward says of one completion.

    Args:
        value: the reward, in [0, 1].
        components: each tier that applies, unweighted, in [0, 1]. Where no call was expected only `behavior` does.
        reasons: what was wrong, for a person; empty where nothing was.
        behavior: what the completion did; None where it did nothing, such as an empty one.
    """

    value: float
    components: Mapping[str, float]
    reasons: tuple[str, ...]
    behavior: Behavior | None

    def __init__(
        self,
        value: float,
        components: Mapping[str, float],
        reasons: tuple[str, ...] = (),
        behavior: Behavior | None = None,
    ) -> None:
        members = self.__dict__  # see ToolCall
        members["value"] = value
        members["components"] = components
        members["reasons"] = reasons
        members["behavior"] = behavior

    @classmethod
    def lazy(
        cls,
        value: float,
        components: Mapping[str, float],
        reasons: Callable[[], tuple[str, ...]],
        behavior: Behavior | None,
    ) -> "RewardResult":
        """A result whose reasons are found when they are first looked at; equal to one that was given them."""
        result = object.__new__(cls)
        members = result.__dict__
        members["value"] = value
        members["components"] = components
        members["behavior"] = behavior
        members["_find_reasons"] = reasons
        return result

    def __getattr__(self, name: str) -> Any:
        if name != "reasons" or "_find_reasons" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.__dict__["reasons"] = self.__dict__.pop("_find_reasons")()
        return self.__dict__["reasons"]

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@runtime_checkable
class Reward(Protocol):
    """Anything that scores one completion. None means that the ground truth cannot be scored."""

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion against a ground truth, given the tools that were offered."""
        ...


def _behavior(name: Any) -> Behavior:
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
    if truth.missing and truth.behavior is not Behavior.CLARIFY:
        raise GroundTruthError("missing", f"goes with behavior 'clarify', not {truth.behavior.value!r}")
    if not all(isinstance(name, str) and name for name in truth.missing):
        raise GroundTruthError("missing", "must be a list of parameter names")
    if truth.alternatives and len(truth.alternatives) != len(truth.calls):
        raise GroundTruthError(
            "alternatives", f"{len(truth.alternatives)} entries for {len(truth.calls)} calls; they must be parallel"
        )


def _mapping_or_text(text: str) -> Any:
    try:
        decoded = decode(text)
    except MalformedJsonError:
        return text
    return decoded if "ground_truth" in decoded else text


def _from_reward_model(value: Mapping[str, Any], behavior: str | None) -> GroundTruth:
    own = value.get("behavior")
    if own is not None and behavior is not None and _behavior(own) is not _behavior(behavior):
        raise GroundTruthError("behavior", f"{behavior!r} contradicts {own!r}")
    missing = value.get("missing") or ()
    alternatives = value.get("alternatives") or ()
    also = value.get("also") or ()
    if isinstance(also, str) or not isinstance(also, Sequence):
        raise GroundTruthError("also", "must be a list of behaviors")
    if isinstance(missing, str) or not isinstance(missing, Sequence):
        raise GroundTruthError("missing", "must be a list of parameter names")
    if isinstance(alternatives, str) or not isinstance(alternatives, Sequence):
        raise GroundTruthError("alternatives", "must be a list parallel to the expected calls")
    if own is None and behavior is None and missing:
        own = Behavior.CLARIFY
    expected = own if own is not None else behavior
    return _from_parts(value["ground_truth"], expected, tuple(missing), _alternatives(alternatives), tuple(also))


def _from_parts(
    value: Any,
    behavior: str | None,
    missing: tuple[str, ...] = (),
    alternatives: tuple[Mapping[str, Alternative], ...] = (),
    also: tuple[Behavior, ...] = (),
) -> "GroundTruth":
    expected = _behavior(behavior) if behavior is not None else None
    calls, text = _calls_or_text(value, expected)
    if expected is None:
        expected = Behavior.EXECUTE if calls else _inferred(text)
    return GroundTruth(expected, calls, text or None, missing, alternatives, also)


def _calls_or_text(value: Any, expected: Behavior | None) -> tuple[tuple[ToolCall, ...], str | None]:
    if isinstance(value, str):
        if expected is Behavior.EXECUTE and not _looks_like_json(value):
            raise GroundTruthError("ground_truth", "behavior 'execute' needs a JSON list of calls, not a text")
        try:
            decoded = decode(value) if _looks_like_json(value) else None
        except MalformedJsonError as error:
            if expected in (None, Behavior.EXECUTE):
                raise GroundTruthError("ground_truth", f"neither a JSON list of calls nor a text ({error})") from None
            decoded = None
        if expected not in (None, Behavior.EXECUTE) and not _holds_calls(decoded):
            return (), value
        if decoded is None:
            return (), value
        value = decoded
    if isinstance(value, Mapping):
        value = [value]
    if value is None:
        return (), None
    if not isinstance(value, Sequence):
        raise GroundTruthError("ground_truth", f"a {type(value).__name__} is neither a list of calls nor a text")
    return tuple(_call(item) for item in value), None


def _looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("[", "{")


def _holds_calls(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(isinstance(item, dict) and "name" in item and "arguments" in item for item in items)


def _call(item: Any) -> ToolCall:
    if isinstance(item, ToolCall):
        return item
    if isinstance(item, Mapping) and isinstance(item.get("function"), Mapping):
        item = item["function"]
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        raise GroundTruthError("ground_truth", 'a call must be {"name": ..., "arguments": {...}}')
    arguments = item.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments)
        except MalformedJsonError as error:
            raise GroundTruthError("ground_truth", f"arguments of call {item['name']!r}: {error}") from None
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        raise GroundTruthError("ground_truth", f"arguments of call {item['name']!r} must be an object")
    return ToolCall(item["name"], dict(arguments))


def _alternatives(value: Sequence[Any]) -> tuple[Mapping[str, Alternative], ...]:
    return tuple(_alternatives_of_call(by_name) for by_name in value)


def _alternatives_of_call(by_name: Any) -> dict[str, Alternative]:
    shape = '{argument: {"values": [...], "may_omit": true or false}}'
    if by_name is None:
        return {}
    if not isinstance(by_name, Mapping):
        raise GroundTruthError("alternatives", f"each entry must be {shape}")
    parsed = {}
    for name, other in by_name.items():
        if isinstance(other, Alternative):
            parsed[name] = other
            continue
        if not isinstance(other, Mapping) or not set(other) <= {"values", "may_omit"}:
            raise GroundTruthError("alternatives", f"argument {name!r} must be given as in {shape}")
        values, may_omit = other.get("values") or (), other.get("may_omit", False)
        if isinstance(values, str) or not isinstance(values, Sequence) or not isinstance(may_omit, bool):
            raise GroundTruthError("alternatives", f"argument {name!r} must be given as in {shape}")
        if reason := why_not_json(list(values)):
            raise GroundTruthError("alternatives", f"argument {name!r} holds {reason}")
        parsed[name] = Alternative(tuple(values), may_omit)
    return parsed


def _inferred(text: str | None) -> Behavior:
    if not text or not text.strip():
        raise GroundTruthError("ground_truth", "is empty; give calls, a text, or a behavior")
    heard = read_text(text)
    if heard.asks and heard.refuses:
        raise GroundTruthError("behavior", "the text both asks and refuses; give 'clarify' or 'refuse'")
    if heard.asks:
        return Behavior.CLARIFY
    return Behavior.REFUSE if heard.refuses else Behavior.ANSWER


def _read_possible_answer(
    possible_answer: Any,
) -> tuple[tuple[ToolCall, ...], tuple[Mapping[str, Alternative], ...]]:
    shape = "[{function: {argument: [admissible, ...]}}, ...]"
    if reason := why_not_json(possible_answer):
        raise GroundTruthError("possible_answer", f"holds {reason}")
    if not isinstance(possible_answer, list) or not possible_answer:
        raise GroundTruthError("possible_answer", f"must be {shape}, or None where any call is wrong")
    calls, alternatives = [], []
    for item in possible_answer:
        if not isinstance(item, dict) or len(item) != 1 or not isinstance(given := next(iter(item.values())), dict):
            raise GroundTruthError("possible_answer", f"must be {shape}; {item!s:.80} is no call of that form")
        arguments: dict[str, Any] = {}
        others: dict[str, Alternative] = {}
        for name, listed in given.items():
            if not isinstance(listed, list):
                raise GroundTruthError("possible_answer", f"argument {name!r} must be a list of admissible values")
            values = [value for each in listed if each != "" for value in _admissible(each, name)]
            if values:
                arguments[name] = values[0]
            if len(values) != 1 or "" in listed:
                others[name] = Alternative(tuple(values[1:]), may_omit="" in listed)
        calls.append(ToolCall(next(iter(item)), arguments))
        alternatives.append(others)
    return tuple(calls), tuple(alternatives)


def _admissible(value: Any, name: str) -> list[Any]:
    """Every value that a listed one stands for: the members of objects are lists of alternatives themselves."""
    if isinstance(value, dict):
        members = []
        for key, listed in value.items():
            if not isinstance(listed, list):
                raise GroundTruthError("possible_answer", f"argument {name!r}: {key!r} must be a list of values")
            members.append([{key: item} for item in listed if item != ""] + [{}] * ("" in listed))
        return [_joined(chosen) for chosen in _choices(members, name)]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [list(chosen) for chosen in _choices([_admissible(item, name) for item in value], name)]
    return [value]


def _joined(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: item for member in members for key, item in member.items()}


def _choices(options: Sequence[Sequence[Any]], name: str) -> "itertools.product[tuple[Any, ...]]":
    if math.prod(map(len, options)) > MAX_ADMISSIBLE_OBJECTS:
        raise GroundTruthError("possible_answer", f"argument {name!r} has more than {MAX_ADMISSIBLE_OBJECTS} values")
    return itertools.product(*options)
