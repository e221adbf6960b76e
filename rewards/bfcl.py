"""The rules by which the Berkeley Function Calling Leaderboard calls an answer right, and the reward that they make.

Source: the AST checker of `bfcl-eval` (Patil et al., ICML 2025; github.com/ShishirPatil/gorilla), for its Python
categories. Types are told by JSON types and strings lose case and some punctuation; `rewards.matching` is stricter in
one thing (punctuation) and more forgiving in others (defaults, integral floats).
"""

import itertools
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from rewards import wire
from rewards.matching import best_assignment
from rewards.reading import acts_of, behavior_of, prepare
from rewards.strict_json import Json, JsonMapping
from rewards.tiers import at_most
from rewards.toolset import UNKNOWN_TOOL, Tool, Toolset, tool_of
from rewards.types import Alternative, GroundTruth, Reason, RewardResult, ToolCall

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

    def __call__(self, completion: object, *, ground_truth: object, tools: object = None) -> RewardResult | None:
        """Score one completion; None where the ground truth cannot be scored. The component is `ast`."""
        task = prepare(ground_truth, tools)
        if task is None:
            return None
        parsed = wire.parse(completion, self.wire, task.tools)
        if not task.truth.calls:
            reasons = [Reason("ast", "unexpected_call", call.name) for call in parsed.calls]
        elif parsed.malformed:
            reasons = [Reason("ast", "malformed", got=reason) for reason in parsed.reasons or ("cannot be read",)]
        else:
            reasons = objections(parsed.calls, task.truth, task.tools)
        value = 0.0 if reasons else 1.0
        behavior = behavior_of(parsed, acts_of(parsed, completion, task.truth))
        return RewardResult(value, {"ast": value}, at_most(reasons), behavior)


def objections(calls: Sequence[ToolCall], truth: GroundTruth, tools: Toolset | None) -> list[Reason]:
    """Return what the checker has against the calls; empty where they are right."""
    if len(calls) != len(truth.calls):
        return [Reason("ast", "text", got=f"expected {len(truth.calls)} calls, got {len(calls)}")]
    verdicts = [[_objection(call, truth, index, tools) for call in calls] for index in range(len(truth.calls))]
    fits = [[float(objection is None) for objection in row] for row in verdicts]
    for row, column in sorted(best_assignment(fits)):
        if not fits[row][column]:
            objection = verdicts[row][0] if len(verdicts) == 1 else None
            return [objection or Reason("ast", "no_call", truth.calls[row].name)]
    return []


def _objection(call: ToolCall, truth: GroundTruth, index: int, tools: Toolset | None) -> Reason | None:
    expected = truth.calls[index]
    if call.name != expected.name:
        return Reason("ast", "no_call", expected.name)
    alternatives = truth.alternatives_of(index)
    tool = tool_of(tools, call.name)
    for name in sorted(tool.required):
        if name not in call.arguments:
            return Reason("ast", "no_argument", call.name, name, expected=expected.arguments.get(name))
    for name, value in call.arguments.items():
        is_listed = name in expected.arguments or name in alternatives
        if not is_listed or (tool is not UNKNOWN_TOOL and name not in tool.properties):
            return Reason("ast", "unexpected_argument", call.name, name, got=value)
        alternative = alternatives.get(name, _NO_ALTERNATIVE)
        admissible = [expected.arguments[name]] if name in expected.arguments else []
        admissible.extend(alternative.values)
        if not _is_admissible(value, admissible, alternative.may_omit, *_kinds(tool, name)):
            wanted = admissible[0] if len(admissible) == 1 else admissible
            return Reason("ast", "value", call.name, name, expected=wanted, got=value)
    for name in (*expected.arguments, *alternatives):
        if name not in call.arguments and not alternatives.get(name, _NO_ALTERNATIVE).may_omit:
            return Reason("ast", "no_argument", call.name, name, expected=expected.arguments.get(name))
    return None


def _kinds(tool: Tool, name: str) -> tuple[type, type | None]:
    """Return the Python type of a parameter, and that of an array's items."""
    schema = tool.properties.get(name, {})
    kind = _kind(schema)
    return kind, _kind(schema.get("items")) if kind is list else None


def _kind(schema: Json) -> type:
    type_name = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(type_name, list):
        type_name = next((name for name in type_name if name != "null"), None)
    return _TYPES.get(type_name, _ANY) if isinstance(type_name, str) else _ANY


def _is_admissible(value: Json, admissible: Sequence[Json], may_omit: bool, kind: type, item_kind: type | None) -> bool:
    """Tell whether a value is admissible; `may_omit` stands for `""`, which is among the checker's values too."""
    if kind is float and type(value) is int:
        if value.bit_length() > 1000:
            return False  # beyond any float
        value = float(value)
    written = type(admissible[0]) if admissible else kind  # values of another type than the parameter's are names
    if type(value) not in (kind, written):
        return False
    is_checked = may_omit or item_kind is None or type(value) is not kind
    if not is_checked and not _has_admissible_items(value, admissible, item_kind):
        return False
    if written is kind and kind in _COMPARED:
        return _COMPARED[kind](value, admissible, may_omit, item_kind)
    return value in admissible or (may_omit and value == "")


def _is_admissible_text(value: str, admissible: Sequence[Json], may_omit: bool, item_kind: type | None) -> bool:
    plain = _plain(value)
    return (may_omit and not plain) or any(type(item) is str and _plain(item) == plain for item in admissible)


def _is_admissible_dict(value: JsonMapping, admissible: Sequence[Json], may_omit: bool, item_kind: type | None) -> bool:
    return _is_admissible_object(value, [item for item in admissible if isinstance(item, dict)])


def _is_admissible_list(value: list[Json], admissible: Sequence[Json], may_omit: bool, item_kind: type | None) -> bool:
    lists = [item for item in admissible if isinstance(item, list) and len(item) == len(value)]
    if not value:
        return bool(lists) or may_omit
    if item_kind is dict:
        return any(_are_admissible_objects(value, item) for item in lists)
    return list(map(_standard, value)) in [list(map(_standard, admitted)) for admitted in lists]


_COMPARED: Mapping[type, Callable[..., bool]] = {
    str: _is_admissible_text,
    dict: _is_admissible_dict,
    list: _is_admissible_list,
}
"""Types whose values are not compared as they are."""


def _has_admissible_items(value: Json, admissible: Sequence[Json], item_kind: type | None) -> bool:
    for admitted in admissible:
        if not isinstance(admitted, list):
            return True
        written = next((type(item) for item in admitted if item != ""), None)
        if all(type(item) is item_kind or (written is not None and type(item) is written) for item in value):
            return True
    return False


def _are_admissible_objects(value: Sequence[Json], admitted: Sequence[Json]) -> bool:
    pairs = zip(value, admitted, strict=True)
    return all(isinstance(a, dict) and isinstance(b, dict) and _is_admissible_object(a, [b]) for a, b in pairs)


def _is_admissible_object(value: JsonMapping, objects: Sequence[JsonMapping]) -> bool:
    keys = set(itertools.chain.from_iterable(objects))
    return any(admitted.keys() <= value.keys() and _has_values(value, admitted, keys) for admitted in objects)


def _has_values(value: JsonMapping, admitted: JsonMapping, keys: Set[str]) -> bool:
    """Tell whether members are as admitted.

    One that may be left out has "" among its values: given as an empty text, it is as good as left out.
    """
    empty = dict.fromkeys(keys, "")
    wanted = {**empty, **admitted}
    return all(key in wanted and _standard(item) == _standard(wanted[key]) for key, item in value.items())


def _standard(value: Json) -> Json:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    return text.translate(_IGNORED).lower()
