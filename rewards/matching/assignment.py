"""Which predicted call answers which expected call, by how much of their arguments agrees."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rewards.matching.equality import ABSENT, Parameter, filled, is_identical, values_equal, written_alike
from rewards.strict_json import JsonObject
from rewards.toolset import UNKNOWN_TOOL, Tool, Toolset, tool_of
from rewards.types import Alternative, GroundTruth, Reason, ToolCall

_VALIDITY_GAIN = 1e-6  # decides only between assignments whose arguments agree equally much


class Pair(NamedTuple):
    """A predicted call and the expected call that it answers, by index.

    Args:
        arguments: how much of the union of both calls' argument names agrees, in [0, 1].
        is_valid: whether the tool's schema admits the predicted arguments. Where they are all as expected, what the
            schema has against the ground truth's own values is not held against them.
        wrong: the names of the arguments that do not agree.
    """

    expected: int
    predicted: int
    arguments: float
    is_valid: bool
    wrong: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Tell whether the call is the expected one."""
        return self.arguments == 1.0 and self.is_valid


class Agreement(NamedTuple):
    """A predicted call's arguments held against an expected call's.

    Args:
        share: how much of the union of both calls' argument names agrees, in [0, 1]; 1.0 where neither gives any.
        wrong: the names of the arguments that do not agree, the expected ones first.
    """

    share: float
    wrong: tuple[str, ...] = ()


def assign(truth: GroundTruth, predicted: Sequence[ToolCall], tools: Toolset | None) -> list[Pair]:
    """Pair each expected call with at most one predicted call of the same tool, so that the arguments agree most.

    Of equal predicted calls only as many take part as expected calls ask for: saying a call twice earns nothing. Where
    the ground truth is `ordered`, the pairs keep its order.
    """
    if len(predicted) == len(truth.calls) and all(map(_is_expected, predicted, truth.calls)):
        return [Pair(place, place, 1.0, True) for place in range(len(predicted))]  # whatever a schema has against it
    if len(predicted) == len(truth.calls) == 1:
        return _only_pair(truth, predicted[0], tools)
    candidates: list[Pair] = []
    chosen: list[Pair] = []
    for name in dict.fromkeys(call.name for call in truth.calls):
        columns = [column for column, call in enumerate(predicted) if call.name == name]
        if not columns:
            continue
        rows = [row for row, call in enumerate(truth.calls) if call.name == name]
        tool = tool_of(tools, name)
        admitted = [tool.admits(predicted[column].arguments) for column in columns]
        pairs = [
            [
                _pair(truth, row, predicted[column], column, tool, is_valid)
                for column, is_valid in zip(columns, admitted, strict=True)
            ]
            for row in rows
        ]
        kept = _without_copies(pairs, [predicted[column] for column in columns], tool)
        if truth.ordered:
            candidates.extend(row[place] for row in pairs for place in kept)
            continue
        gains = [[_gain(row[place]) for place in kept] for row in pairs]
        chosen.extend(pairs[row][kept[place]] for row, place in best_assignment(gains))
    return _best_in_order(candidates) if truth.ordered else sorted(chosen)


def _is_expected(predicted: ToolCall, expected: ToolCall) -> bool:
    return predicted.name == expected.name and is_identical(predicted.arguments, expected.arguments)


def _only_pair(truth: GroundTruth, predicted: ToolCall, tools: Toolset | None) -> list[Pair]:
    if predicted.name != truth.calls[0].name:
        return []
    tool = tool_of(tools, predicted.name)
    return [_pair(truth, 0, predicted, 0, tool, tool.admits(predicted.arguments))]


def _pair(truth: GroundTruth, row: int, predicted: ToolCall, column: int, tool: Tool, is_valid: bool) -> Pair:
    expected, alternatives = truth.calls[row], truth.alternatives_of(row)
    share, wrong = agreement(expected, predicted, tool, alternatives)
    if not is_valid and share == 1.0:
        is_valid = not tool.admits(meant_by(expected, predicted, tool, alternatives))
    return Pair(row, column, share, is_valid, wrong)


def _gain(pair: Pair) -> float:
    return pair.arguments + _VALIDITY_GAIN * pair.is_valid


def _without_copies(pairs: Sequence[Sequence[Pair]], calls: Sequence[ToolCall], tool: Tool) -> list[int]:
    """Return the places of the calls that may answer: of equal ones, as many as expected calls are like them."""
    if len(calls) == 1:
        return [0]
    kept: list[int] = []
    room: dict[int, int] = {}
    for place, call in enumerate(calls):
        first = next((first for first in room if _are_equal(calls[first], call, tool)), place)
        if first == place:
            room[place] = max(1, sum(row[place].is_exact for row in pairs))
        if room[first] > 0:
            room[first] -= 1
            kept.append(place)
    return kept


def _are_equal(call: ToolCall, copy: ToolCall, tool: Tool) -> bool:
    names = dict.fromkeys((*call.arguments, *copy.arguments))
    return all(argument_agrees(name, call, copy, tool) for name in names)


def _best_in_order(candidates: Sequence[Pair]) -> list[Pair]:
    """Choose pairs, each after the one before it on both sides, whose gains sum up to the most."""
    scored = {(pair.expected, pair.predicted): pair for pair in candidates}
    columns = sorted({pair.predicted for pair in candidates})
    above: list[tuple[float, tuple[Pair, ...]]] = [(0.0, ())] * (len(columns) + 1)
    for row in sorted({pair.expected for pair in candidates}):
        best = [above[0]]
        for place, column in enumerate(columns):
            options = [above[place + 1], best[place]]
            if (pair := scored.get((row, column))) is not None:
                gain, before = above[place]
                options.append((gain + _gain(pair), (*before, pair)))
            best.append(max(options, key=lambda option: (option[0], len(option[1]))))
        above = best
    return list(above[-1][1])


def best_assignment(gains: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Assign rows to columns so that the sum of gains is largest.

    Source: Kuhn 1955, with potentials, in O(rows^2 columns).
    """
    if len(gains) == 1:
        return [(0, max(range(len(gains[0])), key=lambda column: gains[0][column]))]
    if len(gains) > len(gains[0]):
        transposed = list(map(list, zip(*gains, strict=True)))
        return [(row, column) for column, row in best_assignment(transposed)]
    n_rows, n_columns = len(gains), len(gains[0])
    row_potential = [0.0] * (n_rows + 1)
    column_potential = [0.0] * (n_columns + 1)
    row_of = [0] * (n_columns + 1)  # rows and columns count from 1; 0 is none
    for row in range(1, n_rows + 1):
        row_of[0] = row
        column = 0
        slack = [math.inf] * (n_columns + 1)
        came_from = [0] * (n_columns + 1)
        left = set(range(1, n_columns + 1))
        while row_of[column]:
            current = row_of[column]
            for free in left:
                cost = -gains[current - 1][free - 1] - row_potential[current] - column_potential[free]
                if cost < slack[free]:
                    slack[free], came_from[free] = cost, column
            nearest = min(left, key=slack.__getitem__)
            step = slack[nearest]
            for place in range(n_columns + 1):
                if place in left:
                    slack[place] -= step
                else:
                    row_potential[row_of[place]] += step
                    column_potential[place] -= step
            column = nearest
            left.discard(column)
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return [(row_of[column] - 1, column - 1) for column in range(1, n_columns + 1) if row_of[column]]


def agreement(
    expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternatives: Mapping[str, Alternative]
) -> Agreement:
    """Compare two calls of one tool, argument by argument; None is a tool of which nothing is known."""
    tool = tool or UNKNOWN_TOOL
    names = {**expected.arguments, **predicted.arguments}
    wrong = [name for name in names if not argument_agrees(name, expected, predicted, tool, alternatives.get(name))]
    return Agreement((len(names) - len(wrong)) / len(names) if wrong else 1.0, tuple(wrong))


def argument_agrees(
    name: str, expected: ToolCall, predicted: ToolCall, tool: Tool, alternative: Alternative | None = None
) -> bool:
    """Tell whether one argument is as expected, defaults filled in, or an admissible alternative."""
    wanted, got = expected.arguments.get(name, ABSENT), predicted.arguments.get(name, ABSENT)
    if is_identical(wanted, got):
        return True
    if alternative is not None and alternative.may_omit and got is ABSENT:
        return True
    parameter, is_required = parameter_of(tool, name), name in tool.required
    wanted, got = filled(wanted, parameter, is_required), filled(got, parameter, is_required)
    if got is ABSENT:
        return wanted is ABSENT
    admissible = (wanted, *alternative.values) if alternative is not None else (wanted,)
    are_equal = written_alike if name in predicted.untold else values_equal
    return any(value is not ABSENT and are_equal(value, got, parameter) for value in admissible)


def parameter_of(tool: Tool, name: str) -> Parameter:
    """Describe a parameter of a tool, as far as anything is known of it."""
    if name not in tool.properties:
        return Parameter(name)
    return Parameter.of(name, tool.properties[name], tool.parameters)


def argument_reasons(expected: ToolCall, predicted: ToolCall, wrong: tuple[str, ...]) -> list[Reason]:
    """Say what is wrong with each argument that does not agree."""
    reasons = []
    for name in wrong:
        wanted, got = expected.arguments.get(name, ABSENT), predicted.arguments.get(name, ABSENT)
        if wanted is ABSENT:
            reason = Reason("arguments", "unexpected_argument", expected.name, name, got=got)
        elif got is ABSENT:
            reason = Reason("arguments", "no_argument", expected.name, name, expected=wanted)
        else:
            reason = Reason("arguments", "value", expected.name, name, expected=wanted, got=got)
        reasons.append(reason)
    return reasons


def meant_by(
    expected: ToolCall, predicted: ToolCall, tool: Tool, alternatives: Mapping[str, Alternative]
) -> JsonObject:
    """Return the arguments of a call that is as expected, in the ground truth's own words."""
    meant: JsonObject = {}
    for name, got in predicted.arguments.items():
        admissible = [expected.arguments[name]] if name in expected.arguments else []
        if name in alternatives:
            admissible.extend(alternatives[name].values)
        for value in admissible:
            if values_equal(value, got, parameter_of(tool, name)):
                meant[name] = value
                break
    for name in tool.required:
        if name in expected.arguments and name not in predicted.arguments:
            meant[name] = expected.arguments[name]
    return meant
