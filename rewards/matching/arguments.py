"""How much of a call's arguments agrees with the expected call's."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from rewards.matching.equality import ABSENT, Parameter, filled, is_identical, is_nullable, values_equal, written_alike
from rewards.toolset import Tool
from rewards.types import Alternative, Reason, ToolCall


class Agreement(NamedTuple):
    """A predicted call's arguments held against an expected call's.

    Args:
        share: how much of the union of both calls' argument names agrees, in [0, 1]; 1.0 where neither gives any.
        wrong: the names of the arguments that do not agree, the expected ones first.
    """

    share: float
    wrong: tuple[str, ...] = ()


_WHOLE = Agreement(1.0)


def agreement(
    expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternatives: Mapping[str, Alternative]
) -> Agreement:
    """Compare two calls of one tool, argument by argument."""
    names = {**expected.arguments, **predicted.arguments}
    wrong: list[str] = []
    for name in names:
        if not argument_agrees(name, expected, predicted, tool, alternatives.get(name)):
            wrong.append(name)
    return Agreement((len(names) - len(wrong)) / len(names), tuple(wrong)) if wrong else _WHOLE


def argument_agrees(
    name: str, expected: ToolCall, predicted: ToolCall, tool: Tool | None, alternative: Alternative | None = None
) -> bool:
    """Tell whether one argument is as expected, defaults filled in, or an admissible alternative."""
    wanted, got = expected.arguments.get(name, ABSENT), predicted.arguments.get(name, ABSENT)
    if is_identical(wanted, got):
        return True
    if alternative is not None and alternative.may_omit and got is ABSENT:
        return True
    parameter, is_required = parameter_of(tool, name), tool is not None and name in tool.required
    wanted, got = filled(wanted, parameter, is_required), filled(got, parameter, is_required)
    if got is ABSENT:
        return wanted is ABSENT
    admissible = (wanted, *alternative.values) if alternative is not None else (wanted,)
    are_equal = written_alike if name in predicted.untold else values_equal
    return any(value is not ABSENT and are_equal(value, got, parameter) for value in admissible)


def parameter_of(tool: Tool | None, name: str) -> Parameter:
    """Describe a parameter of a tool, as far as anything is known of it."""
    if tool is None or name not in tool.properties:
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
) -> dict[str, Any]:
    """Return the arguments of a call that is as expected, in the ground truth's own words."""
    meant: dict[str, Any] = {}
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


def without_padding(arguments: Mapping[str, Any], tool: Tool) -> dict[str, Any]:
    """Return the arguments without the nulls that Arrow invents: those that their schema does not know or admit."""
    root = Parameter("", tool.parameters, tool.parameters)
    return cast("dict[str, Any]", _without_padding(dict(arguments), root))


def _without_padding(value: object, parameter: Parameter) -> Any:
    schema = parameter.under(value)
    if isinstance(value, list):
        item = parameter.part(parameter.name, schema.get("items"))
        return [_without_padding(entry, item) for entry in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    members = {key: parameter.part(key, properties.get(key)) for key in value}
    return {
        key: _without_padding(entry, members[key])
        for key, entry in value.items()
        if entry is not None or is_nullable(members[key]) or (key in properties and "type" not in members[key].schema)
    }
