"""What a task is about once its values are known: kinds before it, what it becomes, and its end behind the verb."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rlvr.data.synth.any_tools.about import Slot
from rlvr.data.synth.any_tools.parameters import Parameter, new_name
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.tool_task import SEEKING
from rlvr.data.synth.lexicon import CHANGED_BY_NAME
from rlvr.data.synth.nouns import singular, with_articles
from rlvr.data.synth.phrasing import listed

_BY_NAME = frozenset((CHANGED_BY_NAME, ', new {w} "{v}"', ', {w} "{v}"'))
"""How a value is said that something is changed to, where that needs its name."""

_OF_STATES = ("status", "state", "type", "genre")
_IN_LETTERS = re.compile(r"(?!(?:in|not|on|at|to|no|by) )[A-Za-z]+(?:[ -][A-Za-z]+)?")
_INFORMATION = re.compile(r"^(?:the )?(?:[a-z]+ )?(?:information|info) (?:about|on|of|for) (?=\w)")
_END = re.compile(r"""([^"]*?)( (?:to|into|as) (?:(?:the|an?|my) |').*)""")


def filled_in(template: str, about: str) -> str:
    """Return a sentence about something whose end stands behind it: "task 5 has to be moved to the inbox"."""
    before, mark, behind = template.partition("{o}")
    if not mark:
        return template
    if before.endswith("about "):
        about = _INFORMATION.sub("", about)
    end = _END.match(about)
    if end is None or not behind.startswith(" "):
        return f"{before}{about}{behind}"
    thing, rest = end.groups()
    return f"{before}{thing}{behind}{rest}"


def with_kinds(tool: SpokenTool, about: str, texts: Mapping[int, str], spoken: set[int]) -> str:
    """Return what a task is about with the value that says of which kind it is before it: "a double room"."""
    for index in sorted(texts.keys() - spoken):
        parameter = _parameter(tool, index)
        if parameter.meaning.name not in ("choice", "genre"):
            continue
        noun = _kinds_of(tool).get(parameter.words, "")
        front, thing, rest = about.partition(noun or "\n")
        if thing and _IN_LETTERS.fullmatch(texts[index]):
            spoken.add(index)
            about = f"{with_articles(f'{front}{texts[index]}')} {thing}{rest}".replace("the all ", "all ")
    return about


def _kinds_of(tool: SpokenTool) -> Mapping[str, str]:
    """Return the things that a task is about by the names of values that stand before them."""
    verb, noun, several = tool.does.verb_class.name, tool.does.noun, tool.does.several
    if verb == "change":
        return {}
    kinds = {f"{noun} type": noun, f"{noun} kind": noun}
    if verb in SEEKING:
        kinds |= dict.fromkeys((*_OF_STATES, f"{singular(several)} status"), several)
    return kinds


def values_changed(tool: SpokenTool, indices: Iterable[int]) -> list[int]:
    """Return the values that what a task changes is named by: the color of "change the color of event 5 to red"."""
    if tool.does.verb_class.name != "change":
        return []
    able = [index for index in sorted(indices) if _is_by_name(tool, index)]
    if _is_of_something(tool):
        return able * (len(able) == 1 and sum(not parameter.only_says_which for parameter in tool.parameters) == 1)
    return able * (len(tool.object) == 1)


def _is_by_name(tool: SpokenTool, index: int) -> bool:
    return not (_parameter(tool, index).is_flag or _BY_NAME.isdisjoint(tool.units[index].clauses))


def _is_of_something(tool: SpokenTool) -> bool:
    """Tell whether a task changes one thing of another: the budget of campaign 5."""
    first, *rest = tool.object
    return any(isinstance(part, Slot) for part in rest) and str(first).endswith(" of")


def becoming(tool: SpokenTool, changed: Sequence[int], about: str, texts: Mapping[int, str]) -> tuple[str, str]:
    """Return what a task changes of something, and what that becomes: "the date of trip 5", " to May 4"."""
    values = [_parameter(tool, index).quoted(texts[index]) for index in changed]
    if is_renamed(tool, changed) or _is_of_something(tool):
        return about, f" to {values[0]}"
    names = [new_name(_parameter(tool, index).words, tool.does.noun) for index in changed]
    others = [f"the {name} to {value}" for name, value in zip(names[1:], values[1:], strict=True)]
    return f"the {names[0]} of {about}", listed([f" to {values[0]}", *others])


def is_renamed(tool: SpokenTool, changed: Sequence[int]) -> bool:
    """Return whether all that a task changes is a name."""
    return [tool.units[index].meaning for index in changed] == ["title"]


def _parameter(tool: SpokenTool, index: int) -> Parameter:
    return tool.parameters[tool.units[index].places[0]]
