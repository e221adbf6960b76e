"""The parameters that a tool takes, as its task and its other parameters show them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import description_of, served
from rlvr.data.synth.any_tools.parameters import OF_ACTIONS, OF_THE_SERVER, Parameter, parameter_of
from rlvr.data.synth.any_tools.strings import of_meaning
from rlvr.data.synth.any_tools.tool_task import SEEKING, WRITING, ToolTask
from rlvr.data.synth.any_tools.units import owner_of
from rlvr.data.synth.drawing import one_of
from rlvr.data.synth.lexicon import CONSTANT, IDS, UNKNOWN, lexicon
from rlvr.data.synth.nouns import singular
from rlvr.files import JsonMapping

_INSTEAD = re.compile(r"\bif `?(\w+)`? is(?: not|n't) (?:passed|given|provided|set|specified)\b")
"""Says that a value stands in place of another one."""

_ON_CONDITION = re.compile(
    r"\b(?:only|required|used|valid|applies|applicable|allowed|ignored|needed|rejected|meaningful|relevant|effective) "
    r"(?:only )?(?:if|when|with|for|together|alongside)\b|\b(?:has )?no effect\b|"
    r"\bonly (?:available|supported|works?|allowed) (?:for|with|when|in)\b|\bwhen [`'\"]?\w+[`'\"]? (?:is|=)",
    re.I,
)
"""Says that a value makes sense beside others only."""

_CONDITIONAL = "no values: it makes sense beside other values only, and its schema does not say which"

_MOVING = frozenset(("move", "transfer"))
_ID_NAMES = frozenset("id ids iid sid uid uuid gid oid number no key slug identifier identifiers".split())
_OF_SEVERAL = frozenset("make add book write list find".split())  # whose things have no id yet, or many
OF_PAGES = frozenset(("limit", "offset", "page", "position"))


def thing_of(tool: Tool, does: ToolTask) -> str:
    """Return what a bare id is of where a name says it and its sentence does not: the account of `process_account`."""
    words = name_words(tool.name)
    is_said = does.noun in map(singular, words)
    return "" if is_said or words[-1] not in lexicon().countable else words[-1]


def of_task(
    parameter: Parameter, schema: JsonMapping, does: ToolTask, about: frozenset[str], thing: str = ""
) -> Parameter:
    """Return a bare id as one of what the task is about, and a choice of that without a choice.

    What deletes a project takes the type "project". `about` are the words of the tool's name and task; the thing is
    what its name says that a bare id is of.
    """
    is_new = description_of(schema).lower().startswith(("new ", "the new "))
    is_own = parameter.words in _ID_NAMES and not parameter.noun and does.verb_class.name not in _OF_SEVERAL
    if is_new and parameter.meaning.says_which:
        return replace(parameter, meaning=UNKNOWN, noun="", clauses=(", {w} {v}",))
    if parameter.is_flag and does.is_either:
        return replace(parameter, draw=one_of([True]), meaning=CONSTANT, is_flag=False)
    if parameter.is_flag and parameter.words in (f"un{does.verb}", f"dis{does.verb}", f"de{does.verb}"):
        return replace(parameter, draw=one_of([False]), meaning=CONSTANT, is_flag=False)  # who locks does not unlock
    if _says_where(parameter, does) or _NAMES_WHICH.match(description_of(schema)):
        return replace(parameter, meaning=replace(parameter.meaning, says_which=True, changed=()))
    if _says_whose(parameter, does):
        whose = replace(parameter.meaning, says_which=True, changed=(), clauses=("for {v}",))
        return replace(parameter, meaning=whose, clauses=("for {v}",))
    if owner := owner_of(parameter, does):
        return replace(parameter, noun=owner)
    if parameter.meaning.name in IDS and is_own:
        return replace(parameter, noun=_noun_of_id(description_of(schema), about) or thing or does.noun)
    if parameter.meaning.name != "choice" or not set(does.words[-1:]) & set(map(str, schema.get("enum") or ())):
        return parameter
    return replace(parameter, draw=one_of(does.words[-1:]), meaning=CONSTANT)


def _noun_of_id(description: str, about: frozenset[str]) -> str:
    """Return what an id is of where its description begins with that, "Tag ID to delete", and the tool is about it."""
    nouns = _BEFORE_ID.findall(description.lower())
    things = about.union(lexicon().countable, lexicon().titled, lexicon().people, lexicon().tool_nouns)
    return "".join(noun for noun in nouns if noun.split()[-1] in things)


_BEFORE_ID = re.compile(r"^(?:the |an? )?((?:[a-z]+ )?[a-z]+) (?:id|uuid)\b")


def _says_where(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a value says where something is changed, and not what it becomes."""
    return (
        parameter.is_required
        and does.verb_class.name == "change"
        and set(parameter.words.split()) <= _OF_PLACES.difference(does.words)
    )


_GOING = frozenset(
    """
    flight flights train trains bus buses ferry ride rides trip trips journey route routes directions transfer ticket
    tickets fare fares travel way
    """.split()
)
"""What goes to a destination, where other things are in one."""


def _says_whose(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether an address says whose thing is changed: the member of a note."""
    is_address = parameter.meaning.name in ("email", "username", "phone") and parameter.role is None
    is_change = does.verb_class.name == "change" and parameter.is_required
    return is_address and is_change and set(does.words).isdisjoint(parameter.words.split())


def beside_others(parameter: Parameter, others: Sequence[Parameter], tool: Tool, does: ToolTask) -> Parameter:
    """Return a parameter as the others of its tool show it.

    Beside a `check_id` the bare `id` is of another thing, and what a table is renamed to is a name as tables have.
    """
    if parameter.words == "destination" and does.verb_class.name in SEEKING and _GOING.isdisjoint(does.words):
        return replace(parameter, role=None, clauses=parameter.meaning.clauses)
    alike = [other for other in others if other is not parameter and other.noun == parameter.noun != ""]
    has_other_id = any(other.meaning.name in IDS for other in alike)
    if parameter.words in _ID_NAMES and parameter.noun == does.noun and has_other_id:
        before = re.findall(rf"(\w+) {does.noun}\b", " ".join(name_words(tool.name)))
        return replace(parameter, noun="".join(before[:1]))
    named = next((other.meaning for other in alike if other.meaning.name not in IDS), None)
    if named is not None and named.values and parameter.words.startswith("new ") and parameter.meaning.quoted:
        return replace(parameter, draw=of_meaning(named, parameter.name))
    return parameter


MANAGING = frozenset("manage administer control handle".split())
"""Verbs that say nothing of what is done, which a value says."""


def managing(parameter: Parameter, tool: Tool, does: ToolTask, left_out: Collection[str]) -> Parameter:
    """Return the action of what manages things as one that a call gives, without those of which too little is known."""
    if not parameter.does or does.verb not in MANAGING:
        return parameter
    unknown = [description_of(tool.properties[name]) for name in left_out if does.noun in name_words(name)]
    lacking = frozenset[str]().union(*(served(description, parameter.does) for description in unknown))
    able = tuple(itertools.filterfalse(lacking.__contains__, parameter.does))
    return replace(parameter, is_required=True, does=able, draw=one_of(able)) if able else parameter


_OF_PLACES = frozenset(
    """
    path directory position sheet cell cells table collection database namespace repository file filename filepath
    folder index row column col document workbook
    """.split()
)
"""Words of names that say where something is changed, and not what it becomes."""

_CHANGING = "update|patch|change|edit|modif|set|configure|restart|scale|resize|replace"
_NAMES_WHICH = re.compile(
    rf"(?:the )?(?:name|type|kind) of (?:the |an? )?(?:[\w-]+ ){{1,3}}(?:to|that is|being) (?:{_CHANGING})", re.I
)
"""Says that a name tells what is changed, and not what its name becomes."""


def drawable(tool: Tool, context: frozenset[str], near: frozenset[str]) -> tuple[tuple[Parameter, ...], dict[str, str]]:
    """Return the parameters that values can be drawn for, and by the names of optional ones why none can.

    Raises:
        ValueError: none can for one that is required.
    """
    parameters: list[Parameter | None] = []
    left_out: dict[str, str] = {}
    is_conditional = OF_ACTIONS.isdisjoint(map(str.lower, tool.properties))
    for name, member in tool.properties.items():
        if (instead := _INSTEAD.search(description_of(member))) and instead[1] in tool.required:
            continue
        if is_conditional and name not in tool.required and _ON_CONDITION.search(description_of(member)):
            left_out[name] = _CONDITIONAL
            continue
        try:
            parameter = parameter_of(name, member, tool, context, near)
        except ValueError as error:
            if name in tool.required:
                raise
            left_out[name] = f"no values: {str(error).removeprefix(f'parameter {name!r}: ')}"
        else:
            parameters.append(parameter)
    return tuple(filter(None, parameters)), left_out


def needed(parameters: Sequence[Parameter], does: ToolTask) -> tuple[Parameter, ...]:
    """Return what a tool takes: what is new needs a title and has no id, what is there needs its id."""
    by_id = [parameter.words.removesuffix(" id") for parameter in parameters]  # and by its name or address once more
    twice = {f"{thing}{other}" for thing in by_id for other in ("name", " name", " title", " url", " link")}
    pages = () if does.several else OF_PAGES
    noted = OF_THE_SERVER if does.verb_class.name in WRITING else frozenset[str]()
    parameters = [p for p in parameters if p.is_required or not (p.words in twice or p.meaning.name in pages)]
    parameters = [p for p in parameters if p.is_required or re.sub("[^a-z]", "", p.name.lower()) not in noted]
    if does.verb_class.name in ("make", "add"):
        kept = [p for p in parameters if p.is_required or not _is_which(p, does)]
        return tuple(replace(p, is_required=p.is_required or p.meaning.name == "title") for p in kept)
    which = [p for p in parameters if _is_which(p, does)]
    ends = [p for p in parameters if p.role_name == "to" and does.verb_class.name in _MOVING]
    # One of those that say which, and of those that say where to; each that the task names.
    told = [max(names, key=lambda p: p.is_required) for names in (which, ends) if names]
    told += [p for p in parameters if _is_named(p, does)]
    return tuple(replace(p, is_required=p.is_required or p in told) for p in parameters)


def _is_named(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a task speaks of one thing and a value says which: the user of "the grades for a user"."""
    if parameter.meaning.name not in IDS or parameter.is_list or not parameter.noun:
        return False
    words = does.words[1:] if does.words[:1] in (("a",), ("an",)) else does.words
    return re.search(rf"\ban? {re.escape(parameter.noun)}\b", " ".join(words)) is not None


def _is_which(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a value says which thing a task is about: the `id` or `issue_number` of "update an issue"."""
    nouns = {
        *parameter.noun.split(),
        *does.words[-1:]
        * (parameter.words in ("id", "iid", "sid", "uid", "uuid") and does.verb_class.name not in SEEKING),
    }
    is_one = parameter.meaning.says_which and not parameter.is_list
    return is_one and not nouns.isdisjoint((does.noun, *does.words[-1:]))
