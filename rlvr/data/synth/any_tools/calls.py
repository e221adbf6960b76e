"""Values of one call: what is drawn for a tool, before anyone says it in words."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlvr.data.synth.any_tools.parameters import Parameter
    from rlvr.data.synth.any_tools.spoken import SpokenTool

OPTIONAL_SHARE = 0.5
"""How many calls give optional values, of the tools that take any."""

_SAYING_MORE = ("change", "add", "make")
"""What nobody asks for without saying what to."""

_ATTEMPTS = 30


def draw_arguments(tool: SpokenTool, rng: Random) -> dict[str, Any]:
    """Return arguments of one call: all that are required, and some that are not, valid under the tool's schema.

    Raises:
        LookupError: none were found.
    """
    for _ in range(_ATTEMPTS):
        chosen = _chosen(tool, rng)
        values = tool.agree({parameter.key: parameter.draw(rng) for parameter in chosen}, rng)
        arguments = {parameter.name: values[parameter.key] for parameter in chosen}
        if tool.compiled.admits(arguments):
            return arguments
    raise LookupError(tool.name)


def _chosen(tool: SpokenTool, rng: Random) -> list[Parameter]:
    is_empty = len(tool.required) < 2 and tool.does.verb_class.name in _SAYING_MORE
    if not tool.optional or (not is_empty and rng.random() >= OPTIONAL_SHARE):
        return list(tool.required)
    likely = [parameter for parameter in tool.optional if rng.random() < parameter.share]
    some = rng.sample(likely, min(len(likely), rng.choice((1, 1, 2, 3))))
    return [parameter for parameter in tool.parameters if parameter.is_required or parameter in some]
