"""Requests in words: a task, its values and a style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlvr.data.synth.any_tools.spoken import Parameter, SpokenTool

STYLES = ("formal", "casual", "terse")
OPTIONAL_SHARE = 0.5

OPENINGS: Mapping[str, tuple[str, ...]] = {
    "formal": (
        "Could you please ~?", "Please ~.", "I would like you to ~.", "Would you kindly ~?", "I need you to ~, please.",
        "I would appreciate it if you could ~.", "May I ask you to ~?", "Kindly ~.",
    ),
    "casual": (
        "can you ~?", "hey, ~", "I need to ~", "~ for me, thanks", "gotta ~", "help me ~", "could you ~ real quick?",
        "I want to ~", "hi! please ~", "let's ~", "can u ~ please", "mind helping me ~?", "so I have to ~",
    ),
    "terse": ("~", "~", "~", "~.", "~ now", "need: ~"),
}  # fmt: skip
"""What a task becomes a request with; `~` is the task with its values."""

_ALSO = {
    "formal": (", and then also ", ", and in addition ", " and afterwards "),
    "casual": (", and also ", " and ", ", then "),
    "terse": (" + ", "; ", " and "),
}


def drawn(tool: SpokenTool, rng: Random) -> dict[str, Any]:
    """Arguments of one call: all that are required, and some that are not, valid under the tool's schema."""
    for _ in range(30):
        arguments = {parameter.name: parameter.draw(rng) for parameter in _chosen(tool, rng)}
        if tool.compiled.admits(arguments):
            return arguments
    raise LookupError(tool.name)


def _chosen(tool: SpokenTool, rng: Random) -> list[Parameter]:
    optional = tool.optional
    if not optional or rng.random() >= OPTIONAL_SHARE:
        return list(tool.required)
    some = rng.sample(optional, min(len(optional), rng.choice((1, 1, 2, 3))))
    return [parameter for parameter in tool.parameters if parameter.is_required or parameter in some]


def task_with(tool: SpokenTool, given: Mapping[str, Any], style: str, rng: Random) -> str:
    """What is wanted with its values, without an opening: "book the room in Oslo for 3 nights"."""
    said = [
        parameter.said(given[parameter.name], style, rng) for parameter in tool.parameters if parameter.name in given
    ]
    if len(said) > 1:
        rng.shuffle(said)
    task = rng.choice(tool.tasks)
    if not said:
        return task
    if style == "terse":
        return f"{task}, {', '.join(said)}" if rng.random() < 0.5 else f"{task} {', '.join(said)}"
    return f"{task} {_joined(said, rng)}"


def _joined(said: Sequence[str], rng: Random) -> str:
    if len(said) < 3 or rng.random() < 0.5:
        return (" " if len(said) < 3 and rng.random() < 0.6 else ", ").join(said)
    return f"{', '.join(said[:-1])} and {said[-1]}"


def opened(text: str, style: str, rng: Random) -> str:
    """A task as a whole request of a style."""
    sentence = rng.choice(OPENINGS[style]).replace("~", text)
    if style == "formal" or (style == "casual" and rng.random() < 0.4):
        sentence = sentence[:1].upper() + sentence[1:]
    return sentence


def together(tasks: Sequence[str], style: str, rng: Random) -> str:
    """Several tasks in one breath."""
    return rng.choice(_ALSO[style]).join(tasks)


def listed(names: Sequence[str]) -> str:
    """Names as a list in words: a, b and c."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
