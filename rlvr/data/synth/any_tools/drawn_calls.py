"""Calls of a tool, drawn: which parameters they give, and values that agree."""

from __future__ import annotations

from random import Random

from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.units import TOGETHER
from rlvr.files import JsonObject

OPTIONAL_SHARE = 0.5  # how many calls give optional values, of the tools that take any
_ATTEMPTS = 30


def draw_arguments(tool: SpokenTool, rng: Random, optional_share: float = OPTIONAL_SHARE) -> JsonObject:
    """Return arguments of one call: all that are required, and some that are not, valid under the tool's schema.

    `optional_share` is how many calls give optional ones, of a tool that can do without.

    Raises:
        LookupError: none were found.
    """
    for _ in range(_ATTEMPTS):
        arguments = _acted(tool, rng, optional_share)
        if tool.compiled.admits(arguments):
            return arguments
    raise LookupError(tool.name)


def draw_stated(tool: SpokenTool, rng: Random, optional_share: float) -> JsonObject:
    """Return what a request says of a call that it leaves something out of: never a value that is not known."""
    return _acted(tool.told, rng, optional_share)


def _acted(tool: SpokenTool, rng: Random, optional_share: float) -> JsonObject:
    """Return drawn arguments, in the order of the schema, of what the drawn action does."""
    order = list(tool.compiled.properties)
    action = {parameter.name: parameter.draw(rng) for parameter in tool.required if parameter.does}
    drawn = {**action, **_drawn(tool.doing(action), rng, optional_share)}
    return dict(sorted(drawn.items(), key=lambda item: order.index(item[0])))


def _drawn(tool: SpokenTool, rng: Random, optional_share: float) -> JsonObject:
    chosen = _chosen(tool, rng, optional_share)
    values = tool.agree({parameter.key: parameter.draw(rng) for parameter in chosen}, rng)
    return {parameter.name: values[parameter.key] for parameter in tool.parameters if parameter.key in values}


def _chosen(tool: SpokenTool, rng: Random, optional_share: float) -> list[Parameter]:
    """Return the parameters that a call gives: what it must, one of alternatives, and perhaps some more."""
    chosen = _some(tool, rng, optional_share)
    names = {parameter.name for parameter in chosen}
    for alternatives in filter(names.isdisjoint, tool.alternatives):
        able = [parameter for parameter in tool.optional if parameter.name in alternatives]
        chosen += rng.sample(able, min(1, len(able)))
    return chosen


def _some(tool: SpokenTool, rng: Random, optional_share: float) -> list[Parameter]:
    if not tool.optional or (not tool.is_empty and rng.random() >= optional_share):
        return list(tool.required)
    likely = [parameter for parameter in tool.optional if rng.random() < parameter.share]
    some = rng.sample(likely, min(len(likely), rng.choice((1, 1, 1, 2))))
    if tool.is_empty and tool.contents and not any(map(tool.contents.__contains__, some)):
        some.append(rng.choice(tool.contents))
    meanings = {parameter.meaning.name for parameter in some}
    for parts in TOGETHER:  # half a place is none
        if not meanings.isdisjoint(parts):
            some += [parameter for parameter in tool.optional if parameter.meaning.name in parts]
    chosen = [parameter for parameter in tool.parameters if parameter.is_required or parameter in some]
    return _without_rivals(chosen, tool)


def _without_rivals(chosen: list[Parameter], tool: SpokenTool) -> list[Parameter]:
    """Return the parameters with one of each set of rivals: the one that the schema demands, else the last."""
    left_out: set[str] = set()
    for names in tool.rivals:
        there = [parameter.name for parameter in chosen if parameter.name in names - left_out]
        there.sort(key=tool.compiled.required.__contains__)
        left_out.update(there[:-1])
    return [parameter for parameter in chosen if parameter.name not in left_out]
