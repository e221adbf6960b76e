"""The rules by which the Berkeley Function Calling Leaderboard calls an answer right, and the reward that they make.

Source: the AST checker of `bfcl-eval` (Patil et al., ICML 2025; github.com/ShishirPatil/gorilla), for its Python
categories. Types are told by JSON types and strings lose case and some punctuation; `rewards.matching` is stricter in
one thing (punctuation) and more forgiving in others (defaults, integral floats).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards import wire
from rewards.limits import MAX_REASONS
from rewards.matching import brief
from rewards.tiers import behavior_of, hear, prepare
from rewards.toolset import Tool, Toolset
from rewards.types import Alternative, GroundTruth, RewardResult, ToolCall

_IGNORED = str.maketrans("'", '"', " ,./-_*^")
_TYPES: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_ANY = str  # what the checker takes a parameter of type `any` to be, unless its admissible values say otherwise
_NO_ALTERNATIVE = Alternative()


@dataclass(frozen=True)
class BFCL:
    """1.0 where the leaderboard's AST checker calls the answer right, else 0.0.

    Every required parameter is given and no unexpected one; each value has the parameter's type (an integer will do
    for a float, nothing else for anything else) and is one of the admissible ones, strings without regard to case,
    spaces and any of `, . / - _ * ^`; as many calls as expected, in any order. Where no call was expected, any call
    is wrong and anything else is right, a broken call too: it decodes to none.

    Two differences, both where the checker's answer depends on chance: parallel calls are matched so that all find
    their place where that is possible, while the checker takes the first that fits; and what makes the checker raise
    an exception is wrong here.

    Args:
        wire: the format that calls are written in, or `auto`.

    Raises:
        ValueError: no such wire format.
    """

    wire: str = wire.AUTO

    def __post_init__(self) -> None:
        wire.check(self.wire)

    def __call__(self, completion: Any, *, ground_truth: Any, tools: Any = None) -> RewardResult | None:
        """Score one completion; None where the ground truth cannot be scored. The component is `ast`."""
        task = prepare(ground_truth, tools)
        if task is None:
            return None
        parsed = wire.parse(completion, self.wire, task.tools)
        if not task.truth.calls:
            reasons = ["a call where none was expected"] if parsed.calls else []
        elif parsed.malformed:
            reasons = [f"malformed call: {reason}" for reason in parsed.reasons] or ["a malformed call"]
        else:
            reasons = objections(parsed.calls, task.truth, task.tools)
        value = 0.0 if reasons else 1.0
        behavior = behavior_of(parsed, hear(parsed))
        return RewardResult(value, {"ast": value}, tuple(reasons[:MAX_REASONS]), behavior)


def objections(calls: Sequence[ToolCall], truth: GroundTruth, tools: Toolset | None) -> list[str]:
    """What the checker has against the calls, for a person; empty where they are right."""
    if len(calls) != len(truth.calls):
        return [f"calls: expected {len(truth.calls)}, got {len(calls)}"]
    found = [[_objection(call, truth, index, tools) for call in calls] for index in range(len(truth.calls))]
    seats: dict[int, int] = {}
    for index in range(len(found)):
        if not _is_seated(index, found, seats, set()):
            reason = found[index][0] if len(found) == 1 else "no call left that answers it"
            return [f"call of {brief(truth.calls[index].name)}: {reason}"]
    return []


def _is_seated(index: int, found: Sequence[Sequence[str | None]], seats: dict[int, int], tried: set[int]) -> bool:
    for place, objection in enumerate(found[index]):
        if objection is None and place not in tried:
            tried.add(place)
            if place not in seats or _is_seated(seats[place], found, seats, tried):
                seats[place] = index
                return True
    return False


def _objection(call: ToolCall, truth: GroundTruth, index: int, tools: Toolset | None) -> str | None:
    expected = truth.calls[index]
    if call.name != expected.name:
        return f"got a call of {brief(call.name)}"
    others = truth.alternatives[index] if truth.alternatives else {}
    tool = tools.get(call.name) if tools is not None else None
    for name in tool.required if tool is not None else ():
        if name not in call.arguments:
            return f"argument {brief(name)}: required, not given"
    for name, value in call.arguments.items():
        if name not in expected.arguments and name not in others:
            return f"argument {brief(name)}: not expected, got {brief(value)}"
        other = others.get(name, _NO_ALTERNATIVE)
        admissible = [expected.arguments[name], *other.values] if name in expected.arguments else list(other.values)
        if tool is not None and name not in tool.properties:
            return f"argument {brief(name)}: no parameter of the tool"
        if not _is_admissible(value, admissible, other.may_omit, *_kinds(tool, name)):
            return f"argument {brief(name)}: {brief(value)} is not admissible; expected {brief(admissible[:5])}"
    for name in (*expected.arguments, *others):
        if name not in call.arguments and not others.get(name, _NO_ALTERNATIVE).may_omit:
            return f"argument {brief(name)}: not given"
    return None


def _kinds(tool: Tool | None, name: str) -> tuple[type, type | None]:
    """The Python type of a parameter, and that of an array's items."""
    schema = tool.properties.get(name, {}) if tool is not None else {}
    kind = _kind(schema)
    return kind, _kind(schema.get("items")) if kind is list else None


def _kind(schema: Any) -> type:
    given = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(given, list):
        given = next((name for name in given if name != "null"), None)
    return _TYPES.get(given, _ANY) if isinstance(given, str) else _ANY


def _is_admissible(value: Any, admissible: Sequence[Any], may_omit: bool, kind: type, item_kind: type | None) -> bool:
    """Whether a value is one of the admissible ones; `may_omit` stands for `""`, which is among the checker's too."""
    if kind is float and type(value) is int:
        if value.bit_length() > 1000:
            return False  # beyond any float
        value = float(value)
    written = type(admissible[0]) if admissible else None  # values of another type than the parameter's are names
    if type(value) is kind:
        if item_kind is not None and not may_omit and not _has_admissible_items(value, admissible, item_kind):
            return False
        is_verbatim = written is not None and written is not kind
    elif written is None or type(value) is not written:
        return False
    else:
        is_verbatim = True
    if is_verbatim or kind not in (str, list, dict):
        return value in admissible or (may_omit and value == "")
    if kind is str:
        plain = _plain(value)
        return (may_omit and not plain) or any(type(item) is str and _plain(item) == plain for item in admissible)
    if kind is dict:
        return _is_admissible_object(value, [item for item in admissible if isinstance(item, dict)])
    lists = [item for item in admissible if isinstance(item, list) and len(item) == len(value)]
    if not value:
        return bool(lists) or may_omit
    if item_kind is dict:
        return any(_are_admissible_objects(value, item) for item in lists)
    standard = [_standard(item) for item in value]
    return any(standard == [_standard(item) for item in one] for one in lists)


def _has_admissible_items(value: Any, admissible: Sequence[Any], item_kind: type) -> bool:
    for other in admissible:
        if not isinstance(other, list):
            return True
        written = next((type(item) for item in other if item != ""), None)
        if all(type(item) is item_kind or (written is not None and type(item) is written) for item in value):
            return True
    return False


def _are_admissible_objects(value: Sequence[Any], other: Sequence[Any]) -> bool:
    pairs = zip(value, other, strict=True)
    return all(isinstance(a, dict) and isinstance(b, dict) and _is_admissible_object(a, [b]) for a, b in pairs)


def _is_admissible_object(value: Mapping[str, Any], objects: Sequence[Mapping[str, Any]]) -> bool:
    known = {key for one in objects for key in one}
    for one in objects:
        if any(key not in value for key in one):
            continue
        # A member that may be left out has "" among its values: given as an empty text, it is as good as left out.
        if all(
            _standard(item) == _standard(one[key]) if key in one else key in known and _standard(item) == ""
            for key, item in value.items()
        ):
            return True
    return False


def _standard(value: Any) -> Any:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    return text.translate(_IGNORED).lower()
