"""When two argument values are equal, and which predicted call answers which expected call."""

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.limits import MAX_NORMALISED_CHARS, MAX_SCHEMA_STEPS, MAX_UNORDERED_ITEMS, NUMBER_TOLERANCE
from rewards.toolset import Tool, Toolset
from rewards.types import Alternative, ToolCall

_ABSENT: Any = object()
_PLAIN = frozenset({str, int, bool, float})
_COMBINATORS = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_VERBATIM_KEYWORDS = frozenset({"enum", "const", "pattern", "format", "contentEncoding", "contentMediaType"})
_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ID_WORDS = frozenset(
    "id ids uid uuid guid key token code codes hash sku isbn iban vin ticker symbol email mail url uri link path file "
    "filename folder dir directory username user login password passwd secret number regex pattern query sql "
    "expression branch commit version checksum slug handle hostname domain".split()
)
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
    "null": (type(None),),
}


@dataclass(frozen=True)
class Pair:
    """A predicted call and the expected call that it answers, by index.

    Args:
        arguments: how much of the union of both calls' keys agrees, in [0, 1].
        is_valid: whether the tool's schema admits the predicted arguments (or, where they are all as expected, does
            not admit the expected ones either).
    """

    expected: int
    predicted: int
    arguments: float
    is_valid: bool

    @property
    def is_exact(self) -> bool:
        """Whether the call is the expected one."""
        return self.arguments == 1.0 and self.is_valid


def values_equal(expected: Any, predicted: Any, schema: Mapping[str, Any], root: Mapping[str, Any], name: str) -> bool:
    """Whether two JSON values mean the same under a parameter's schema.

    Args:
        expected: the ground truth's value.
        predicted: the completion's value.
        schema: of the parameter; `{}` where unknown, which folds no case.
        root: the schema that local `$ref`s point into.
        name: of the parameter; ids and codes are told by it.
    """
    if expected is None or predicted is None or isinstance(expected, bool) or isinstance(predicted, bool):
        return expected is predicted
    if isinstance(expected, str):
        return isinstance(predicted, str) and (
            expected == predicted or _texts_equal(expected, predicted, _resolved(schema, root, expected), name)
        )
    if isinstance(expected, int | float):
        return isinstance(predicted, int | float) and (
            expected == predicted or _numbers_close(expected, predicted, _resolved(schema, root, expected))
        )
    if isinstance(expected, dict):
        return isinstance(predicted, dict) and _objects_equal(
            expected, predicted, _resolved(schema, root, expected), root
        )
    return (
        isinstance(predicted, list)
        and len(expected) == len(predicted)
        and _lists_equal(expected, predicted, _resolved(schema, root, expected), root, name)
    )


def argument_share(
    expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternatives: Mapping[str, Alternative]
) -> float:
    """How much of the union of both calls' argument names agrees, in [0, 1]; 1.0 where neither gives any."""
    wanted, got = expected.arguments, predicted.arguments
    names = wanted.keys() | got.keys()
    if not names:
        return 1.0
    agreeing = 0
    for name in names:
        value = got.get(name, _ABSENT)
        if type(value) in _PLAIN and type(wanted.get(name)) is type(value) and wanted[name] == value:
            agreeing += 1  # the common case: no schema is needed to tell
        elif _argument_equal(name, wanted, got, tool, alternatives.get(name)):
            agreeing += 1
    return agreeing / len(names)


def argument_reasons(
    expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternatives: Mapping[str, Alternative]
) -> list[str]:
    """What is wrong with each argument that does not agree, for a person."""
    reasons = []
    for name in [*expected.arguments, *(name for name in predicted.arguments if name not in expected.arguments)]:
        if _argument_equal(name, expected.arguments, predicted.arguments, tool, alternatives.get(name)):
            continue
        if name not in expected.arguments:
            reasons.append(f"argument {brief(name)}: not expected, got {brief(predicted.arguments[name])}")
        elif name not in predicted.arguments:
            reasons.append(f"argument {brief(name)}: expected {brief(expected.arguments[name])}, not given")
        else:
            values = f"expected {brief(expected.arguments[name])}, got {brief(predicted.arguments[name])}"
            reasons.append(f"argument {brief(name)}: {values}")
    return reasons


def assign(
    expected: Sequence[ToolCall],
    predicted: Sequence[ToolCall],
    alternatives: Sequence[Mapping[str, Alternative]],
    tools: Toolset | None,
) -> list[Pair]:
    """The one-to-one assignment of predicted to expected calls of the same tool that agrees most.

    Of equal predicted calls only as many take part as expected calls ask for: saying a call twice earns nothing.
    """
    pairs: list[Pair] = []
    for name in dict.fromkeys(call.name for call in expected):
        rows = [index for index, call in enumerate(expected) if call.name == name]
        columns = [index for index, call in enumerate(predicted) if call.name == name]
        if not columns:
            continue
        tool = tools.get(name) if tools is not None else None
        exact = _exact_pairs(expected, predicted, alternatives, tool, rows, columns)
        if len(exact) == len(rows) == len(columns):
            pairs.extend(exact)
            continue
        scored = [[_pair(expected, predicted, alternatives, tool, row, column) for column in columns] for row in rows]
        kept = _without_copies(scored, [predicted[column] for column in columns], tool)
        gains = [[1.0 + row[column].arguments + row[column].is_valid for column in kept] for row in scored]
        pairs.extend(scored[row][kept[column]] for row, column in _best_assignment(gains))
    return sorted(pairs, key=lambda pair: pair.expected)


def brief(value: Any, depth: int = 0) -> str:
    """A value in a few words, whatever it is: bounded, printable."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if value.bit_length() <= 256 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict):
        if depth == 2 or len(value) > 5:
            return f"an object of {len(value)}"
        return "{" + ", ".join(f"{brief(key)}: {brief(item, depth + 1)}" for key, item in value.items()) + "}"
    if depth == 2 or len(value) > 5:
        return f"a list of {len(value)}"
    return "[" + ", ".join(brief(item, depth + 1) for item in value) + "]"


def name_words(name: str) -> list[str]:
    """The lower-case words of an identifier: `targetLanguage` and `target_language` are target, language."""
    return [word.lower() for word in _NAME_WORD.findall(name)]


def _exact_pairs(
    expected: Sequence[ToolCall],
    predicted: Sequence[ToolCall],
    alternatives: Sequence[Mapping[str, Alternative]],
    tool: Tool | None,
    rows: Sequence[int],
    columns: Sequence[int],
) -> list[Pair]:
    """Each row's first free column of equal arguments. Where that takes up all, no assignment agrees more."""
    free = list(columns)
    pairs = []
    for row in rows:
        for column in free:
            if expected[row].arguments == predicted[column].arguments or len(rows) == 1:
                pair = _pair(expected, predicted, alternatives, tool, row, column)
                if pair.is_exact or len(rows) == len(columns) == 1:
                    free.remove(column)
                    pairs.append(pair)
                    break
    return pairs


def _pair(
    expected: Sequence[ToolCall],
    predicted: Sequence[ToolCall],
    alternatives: Sequence[Mapping[str, Alternative]],
    tool: Tool | None,
    row: int,
    column: int,
) -> Pair:
    share = argument_share(expected[row], predicted[column], tool, alternatives[row] if alternatives else {})
    is_valid = (
        tool is None
        or tool.admits(predicted[column].arguments)
        or (share == 1.0 and not tool.admits(expected[row].arguments))
    )
    return Pair(row, column, share, is_valid)


def _without_copies(scored: Sequence[Sequence[Pair]], calls: Sequence[ToolCall], tool: Tool | None) -> list[int]:
    kept: list[int] = []
    room: dict[int, int] = {}
    for column, call in enumerate(calls):
        original = next((first for first in room if argument_share(calls[first], call, tool, {}) == 1.0), None)
        if original is None:
            room[column] = max(1, sum(row[column].is_exact for row in scored))
            original = column
        if room[original] > 0:
            room[original] -= 1
            kept.append(column)
    return kept


def _argument_equal(
    name: str,
    expected: Mapping[str, Any],
    predicted: Mapping[str, Any],
    tool: Tool | None,
    alternative: Alternative | None,
) -> bool:
    schema: Mapping[str, Any] = tool.properties.get(name, {}) if tool is not None else {}
    root: Mapping[str, Any] = tool.parameters if tool is not None else {}
    default = schema.get("default", _ABSENT)
    wanted = expected.get(name, default)
    got = predicted.get(name, default)
    if got is _ABSENT or wanted is _ABSENT:
        if got is wanted or (got is _ABSENT and alternative is not None and alternative.may_omit):
            return True
    elif values_equal(wanted, got, schema, root, name):
        return True
    if alternative is None:
        return False
    if name not in predicted and alternative.may_omit:
        return True
    return got is not _ABSENT and any(values_equal(value, got, schema, root, name) for value in alternative.values)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """The schema with references followed, `allOf` merged and the alternative taken that admits the value."""
    if _COMBINATORS.isdisjoint(schema):
        return schema
    return _resolved_within(schema, root, value, itertools.count())


def _resolved_within(
    schema: Mapping[str, Any], root: Mapping[str, Any], value: Any, steps: "itertools.count[int]"
) -> Mapping[str, Any]:
    if _COMBINATORS.isdisjoint(schema):
        return schema
    if next(steps) >= MAX_SCHEMA_STEPS:  # shared by all branches: schemas may refer to themselves many times over
        return {}
    merged: dict[str, Any] = {}
    if isinstance(target := _at(root, schema.get("$ref")), dict):
        merged.update(_resolved_within(target, root, value, steps))
    for part in schema.get("allOf", ()):
        if isinstance(part, dict):
            merged.update(_resolved_within(part, root, value, steps))
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if isinstance(branch, dict) and _admits(chosen := _resolved_within(branch, root, value, steps), value):
            merged.update(chosen)
            break
    return {**merged, **{key: item for key, item in schema.items() if key not in _COMBINATORS}}


def _at(root: Mapping[str, Any], reference: Any) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    place: Any = root
    for step in reference[1:].strip("/").split("/") if len(reference) > 2 else ():
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, dict) or step not in place:
            return None
        place = place[step]
    return place


def _admits(schema: Mapping[str, Any], value: Any) -> bool:
    if "const" in schema:
        return _is_same(schema["const"], value)
    if "enum" in schema:
        return any(_is_same(item, value) for item in schema["enum"])
    types = _types(schema)
    if not types:
        return True
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return True
    return any(isinstance(value, _JSON_TYPES.get(kind, ())) for kind in types)


def _is_same(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    given = schema.get("type", ())
    return (given,) if isinstance(given, str) else given


def _texts_equal(expected: str, predicted: str, schema: Mapping[str, Any], name: str) -> bool:
    if max(len(expected), len(predicted)) > MAX_NORMALISED_CHARS:
        return expected.split() == predicted.split()
    expected, predicted = _normalised(expected), _normalised(predicted)
    if expected == predicted:
        return True
    return expected.casefold() == predicted.casefold() and _is_free_text(schema, name)


def _normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _is_free_text(schema: Mapping[str, Any], name: str) -> bool:
    return (
        "string" in _types(schema) and _VERBATIM_KEYWORDS.isdisjoint(schema) and _ID_WORDS.isdisjoint(name_words(name))
    )


def _numbers_close(expected: float, predicted: float, schema: Mapping[str, Any]) -> bool:
    if _is_integral(expected) and _is_integral(predicted):
        return False  # exact comparison has already told them apart
    types = _types(schema)
    if "integer" in types and "number" not in types:
        return False
    if any(isinstance(number, int) and number.bit_length() > 1000 for number in (expected, predicted)):
        return False  # beyond any float
    return math.isclose(expected, predicted, rel_tol=NUMBER_TOLERANCE, abs_tol=1e-12)


def _is_integral(number: float) -> bool:
    return isinstance(number, int) or number.is_integer()


def _objects_equal(
    expected: Mapping[str, Any], predicted: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any]
) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for key in expected.keys() | predicted.keys():
        member = properties.get(key, others)
        member = member if isinstance(member, dict) else {}
        default = member.get("default", _ABSENT)
        wanted, got = expected.get(key, default), predicted.get(key, default)
        if wanted is _ABSENT or got is _ABSENT or not values_equal(wanted, got, member, root, key):
            return False
    return True


def _lists_equal(
    expected: Sequence[Any], predicted: Sequence[Any], schema: Mapping[str, Any], root: Mapping[str, Any], name: str
) -> bool:
    prefix = schema.get("prefixItems", ())
    items = schema.get("items", {})
    if isinstance(items, list):
        prefix, items = items, schema.get("additionalItems", {})
    rest = items if isinstance(items, dict) else {}
    if schema.get("uniqueItems") is True or schema.get("x-unordered") is True:
        return _bags_equal(expected, predicted, rest, root, name)
    return all(
        values_equal(a, b, prefix[index] if index < len(prefix) else rest, root, name)
        for index, (a, b) in enumerate(zip(expected, predicted, strict=True))
    )


def _bags_equal(
    expected: Sequence[Any], predicted: Sequence[Any], items: Mapping[str, Any], root: Mapping[str, Any], name: str
) -> bool:
    if len(expected) > MAX_UNORDERED_ITEMS:
        ordered = sorted(expected, key=_sort_key), sorted(predicted, key=_sort_key)
        return all(values_equal(a, b, items, root, name) for a, b in zip(*ordered, strict=True))
    left = list(predicted)
    for value in expected:
        found = next((index for index, other in enumerate(left) if values_equal(value, other, items, root, name)), None)
        if found is None:
            return False
        del left[found]
    return True


def _sort_key(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return "text", _normalised(value).casefold()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", hex(int(value)) if _is_integral(value) else float(value).hex()
    if isinstance(value, list):
        return "list", repr([_sort_key(item) for item in value])
    if isinstance(value, dict):
        return "object", repr(sorted((key, _sort_key(item)) for key, item in value.items()))
    return "constant", repr(value)


def _best_assignment(gains: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Rows to columns so that the sum of gains is largest (Kuhn 1955, with potentials; O(rows^2 columns))."""
    if len(gains) > len(gains[0]):
        transposed = [list(column) for column in zip(*gains, strict=True)]
        return [(row, column) for column, row in _best_assignment(transposed)]
    rows, columns = len(gains), len(gains[0])
    row_potential = [0.0] * (rows + 1)
    column_potential = [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0] = row
        column = 0
        slack = [math.inf] * (columns + 1)
        came_from = [0] * (columns + 1)
        is_used = [False] * (columns + 1)
        while row_of[column]:
            is_used[column] = True
            current = row_of[column]
            nearest, step = 0, math.inf
            for other in range(1, columns + 1):
                if is_used[other]:
                    continue
                cost = -gains[current - 1][other - 1] - row_potential[current] - column_potential[other]
                if cost < slack[other]:
                    slack[other], came_from[other] = cost, column
                if slack[other] < step:
                    nearest, step = other, slack[other]
            for other in range(columns + 1):
                if is_used[other]:
                    row_potential[row_of[other]] += step
                    column_potential[other] -= step
                else:
                    slack[other] -= step
            column = nearest
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return [(row_of[column] - 1, column - 1) for column in range(1, columns + 1) if row_of[column]]
