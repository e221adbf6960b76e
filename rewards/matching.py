"""Which predicted call answers which expected call, and how much of its arguments agrees."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rewards.equality import differ_always, values_equal
from rewards.toolset import Tool, Toolset
from rewards.types import Alternative, ToolCall

_ABSENT: Any = object()
_PLAIN = frozenset({str, int, bool, float})
_NUMBERS = frozenset({int, float})
_VALIDITY_GAIN = 1e-6  # decides only between assignments whose arguments agree equally much
_NO_ALTERNATIVES: Mapping[str, Alternative] = {}


class Pair(NamedTuple):
    """A predicted call and the expected call that it answers, by index.

    Args:
        arguments: how much of the union of both calls' keys agrees, in [0, 1].
        is_valid: whether the tool's schema admits the predicted arguments. Where they are all as expected, what the
            schema has against the ground truth's own values is not held against them.
    """

    expected: int
    predicted: int
    arguments: float
    is_valid: bool

    @property
    def is_exact(self) -> bool:
        """Whether the call is the expected one."""
        return self.arguments == 1.0 and self.is_valid


def is_identical(a: Any, b: Any) -> bool:
    """Whether two JSON values are the same without any schema's help: `1`, `1.0` and `true` are three values."""
    return a is b or (bool(a == b) and _has_same_types(a, b))


def _has_same_types(a: Any, b: Any) -> bool:
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is dict:
        # A list, as it is twice as fast as a generator on the few arguments of a call.
        return all([_has_same_types(item, b[key]) for key, item in a.items() if type(item) is not str])  # noqa: C419
    return kind is not list or all(map(_has_same_types, a, b))


def argument_share(
    expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternatives: Mapping[str, Alternative]
) -> float:
    """How much of the union of both calls' argument names agrees, in [0, 1]; 1.0 where neither gives any."""
    return _agreement(expected, predicted, tool, alternatives)[0]


def _agreement(
    expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternatives: Mapping[str, Alternative]
) -> tuple[float, bool]:
    """The share of arguments that agree, and whether all are identical."""
    wanted, got = expected.arguments, predicted.arguments
    identical = agreeing = shared = 0
    for name, value in got.items():
        other = wanted.get(name, _ABSENT)
        if other is not _ABSENT:
            shared += 1
            kind = type(value)
            if kind is type(other):
                if value == other and (kind in _PLAIN or _has_same_types(value, other)):
                    identical += 1
                    continue
                if kind in _PLAIN and name not in alternatives and differ_always(other, value):
                    continue
        if _argument_equal(name, wanted, got, tool, alternatives.get(name)):
            agreeing += 1
    names = len(wanted) + len(got) - shared
    if identical == names:
        return 1.0, True
    if shared < len(wanted):
        for name in wanted:
            if name not in got and _argument_equal(name, wanted, got, tool, alternatives.get(name)):
                agreeing += 1
    return (identical + agreeing) / names, False


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
    if len(expected) == 1 and len(predicted) == 1:
        wanted, got = expected[0], predicted[0]
        if wanted.name != got.name:
            return []
        others = alternatives[0] if alternatives else _NO_ALTERNATIVES
        return [_pair(wanted, got, others, tools.get(got.name) if tools is not None else None, 0, 0, None)]
    pairs: list[Pair] = []
    columns_of = _by_name(predicted)
    for name, rows in _by_name(expected).items():
        columns = columns_of.get(name)
        if columns is None:
            continue
        tool = tools.get(name) if tools is not None else None
        if exact := _exact_pairs(expected, predicted, alternatives, tool, rows, columns):
            pairs.extend(exact)
            continue
        admitted: dict[int, bool] = {}
        scored = [
            [_pair(expected[row], predicted[column], others, tool, row, column, admitted) for column in columns]
            for row in rows
            for others in [alternatives[row] if alternatives else _NO_ALTERNATIVES]
        ]
        kept = _without_copies(scored, [predicted[column] for column in columns], tool)
        gains = [[row[column].arguments + _VALIDITY_GAIN * row[column].is_valid for column in kept] for row in scored]
        pairs.extend(scored[row][kept[column]] for row, column in best_assignment(gains))
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


def _by_name(calls: Sequence[ToolCall]) -> dict[str, list[int]]:
    indices: dict[str, list[int]] = {}
    for index, call in enumerate(calls):
        indices.setdefault(call.name, []).append(index)
    return indices


def _exact_pairs(
    expected: Sequence[ToolCall],
    predicted: Sequence[ToolCall],
    alternatives: Sequence[Mapping[str, Alternative]],
    tool: Tool | None,
    rows: Sequence[int],
    columns: Sequence[int],
) -> list[Pair]:
    """Pairs that take up all rows and columns, all exact or the only ones there are; nothing where there are none.

    No assignment agrees more than one in which every call is identical to the expected one.
    """
    if len(rows) != len(columns):
        return []
    if len(rows) == 1:
        row, column = rows[0], columns[0]
        others = alternatives[row] if alternatives else _NO_ALTERNATIVES
        return [_pair(expected[row], predicted[column], others, tool, row, column, None)]
    pairs = []
    free = list(columns)
    for row in rows:
        arguments = expected[row].arguments
        for column in free:
            if is_identical(arguments, predicted[column].arguments):
                pairs.append(Pair(row, column, 1.0, True))
                free.remove(column)
                break
        else:
            return []
    return pairs


def _pair(
    wanted: ToolCall,
    got: ToolCall,
    alternatives: Mapping[str, Alternative],
    tool: Tool | None,
    row: int,
    column: int,
    admitted: dict[int, bool] | None,
) -> Pair:
    share, is_same = _agreement(wanted, got, tool, alternatives)
    if is_same or tool is None:  # of identical arguments, the schema has no say
        return Pair(row, column, share, True)
    is_valid = admitted.get(column) if admitted is not None else None
    if is_valid is None:
        is_valid = tool.admits(got.arguments)
        if admitted is not None:
            admitted[column] = is_valid
    if not is_valid and share == 1.0:
        is_valid = not tool.admits(_meant(wanted.arguments, got.arguments, tool, alternatives))
    return Pair(row, column, share, is_valid)


def _meant(
    expected: Mapping[str, Any], predicted: Mapping[str, Any], tool: Tool, alternatives: Mapping[str, Alternative]
) -> dict[str, Any]:
    """The arguments of a call that is as expected, in the ground truth's own words."""
    meant = {}
    for name in predicted:
        admissible = alternatives[name].values if name in alternatives else ()
        schema = tool.properties.get(name, {})
        for value in (*([expected[name]] if name in expected else []), *admissible):
            if values_equal(value, predicted[name], schema, tool.parameters, name):
                meant[name] = value
                break
    lacking = {name: expected[name] for name in tool.required if name in expected and name not in predicted}
    return {**meant, **lacking}


def _without_copies(scored: Sequence[Sequence[Pair]], calls: Sequence[ToolCall], tool: Tool | None) -> list[int]:
    kept: list[int] = []
    room: dict[int, int] = {}
    for column, call in enumerate(calls):
        original = next((first for first in room if _arguments_equal(calls[first], call, tool)), None)
        if original is None:
            room[column] = max(1, sum(row[column].is_exact for row in scored))
            original = column
        if room[original] > 0:
            room[original] -= 1
            kept.append(column)
    return kept


def _arguments_equal(call: ToolCall, other: ToolCall, tool: Tool | None) -> bool:
    for arguments in (call.arguments, other.arguments):
        for name in arguments:
            if not _argument_equal(name, call.arguments, other.arguments, tool, None):
                return False
    return True


def _argument_equal(
    name: str,
    expected: Mapping[str, Any],
    predicted: Mapping[str, Any],
    tool: Tool | None,
    alternative: Alternative | None,
) -> bool:
    given, value = predicted.get(name, _ABSENT), expected.get(name, _ABSENT)
    if alternative is not None and given is _ABSENT and alternative.may_omit:
        return True
    if type(given) in _PLAIN and value is not _ABSENT:
        admissible = (value,) if alternative is None else (value, *alternative.values)
        if (known := _is_plainly_one_of(given, admissible)) is not None:
            return known
    schema: Mapping[str, Any] = tool.properties.get(name, {}) if tool is not None else {}
    root: Mapping[str, Any] = tool.parameters if tool is not None else {}
    default = schema.get("default", _ABSENT)
    wanted = value if value is not _ABSENT else default
    got = given if given is not _ABSENT else default
    if got is _ABSENT or wanted is _ABSENT:
        if got is wanted:
            return True
    elif values_equal(wanted, got, schema, root, name):
        return True
    if alternative is None:
        return False
    return got is not _ABSENT and any(values_equal(value, got, schema, root, name) for value in alternative.values)


def _is_plainly_one_of(given: Any, admissible: Sequence[Any]) -> bool | None:
    """Whether a scalar is one of the admissible values; None where only the schema can tell."""
    kind = type(given)
    is_open = False
    for value in admissible:
        if type(value) is kind:
            if value == given:
                return True
            is_open = is_open or not differ_always(value, given)
        elif kind in _NUMBERS and type(value) in _NUMBERS:
            is_open = True
    return None if is_open else False


def best_assignment(gains: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Rows to columns so that the sum of gains is largest (Kuhn 1955, with potentials; O(rows^2 columns))."""
    if len(gains) > len(gains[0]):
        transposed = [list(column) for column in zip(*gains, strict=True)]
        return [(row, column) for column, row in best_assignment(transposed)]
    if (found := _all_at_their_best(gains)) is not None:
        return found
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


def _all_at_their_best(gains: Sequence[Sequence[float]]) -> list[tuple[int, int]] | None:
    """The assignment that gives each row its largest gain, where one exists: nothing can be better than that."""
    wishes = [[column for column, gain in enumerate(row) if gain == best] for row in gains for best in [max(row)]]
    row_of: dict[int, int] = {}
    for row in range(len(gains)):
        if not _is_seated(row, wishes, row_of, set()):
            return None
    return [(row, column) for column, row in row_of.items()]


def _is_seated(row: int, wishes: Sequence[Sequence[int]], row_of: dict[int, int], tried: set[int]) -> bool:
    for column in wishes[row]:
        if column not in row_of:
            row_of[column] = row
            return True
    for column in wishes[row]:
        if column not in tried:
            tried.add(column)
            if _is_seated(row_of[column], wishes, row_of, tried):
                row_of[column] = row
                return True
    return False
