"""Requests in words: a task, its values and a style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rlvr.data.synth.any_tools.behaviors import Task
    from rlvr.data.synth.any_tools.spoken import Parameter, SpokenTool

STYLES = ("formal", "casual", "terse")

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


class Wish(NamedTuple):
    """One call that a request asks for.

    Args:
        tool: of the call.
        stated: the arguments that the request states.
        link: a parameter whose value comes from the result of the wish before.
    """

    tool: SpokenTool
    stated: Mapping[str, Any]
    link: Parameter | None = None


def write_request(task: Task, style: str, rng: Random) -> str:
    """Return the request of a task in words of a style."""
    if task.is_whole:
        return task.topic if style == "terse" else task.topic[:1].upper() + task.topic[1:]
    if not task.wishes:
        return opened(task.topic, style, rng)
    tasks = [task_with(wish.tool, wish.stated, style, rng) for wish in task.wishes]
    link = task.wishes[-1].link
    if link is not None:
        return opened(f"{tasks[0]}, then {tasks[1]} with the {link.words} from the result", style, rng)
    return opened(together(tasks, style, rng) if len(tasks) > 1 else tasks[0], style, rng)


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
