"""What is said of a call, value by value: several that are said together, and the sentences that fit them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.tool_task import LINKING, MAKING, WRITING, ToolTask
from rlvr.data.synth.lexicon import Frame, lexicon
from rlvr.data.synth.nouns import singular

_TITLES = frozenset(("title", "playlist_name"))
_NUMBERED = {"0": ("from {v}",), "1": ("to {v}",), "2": ("to {v}",)}
"""How the first and the second of two places are said whose names only number them."""

_NAMING = WRITING | frozenset("rename copy book save publish".split())  # verbs that may give things their names
_OF_ITSELF = frozenset(
    ("", "display", "full", "short", "new", "friendly", "custom", "search", "filter")
)  # words before "name"
_NO_THINGS = frozenset(
    "a an the for on in my all item items information web internet results content data query".split()
)
_CHANGED = {"person_group": (", name to {v}",), "spot_group": (", place to {v}",)}
_OF_A_PERSON = ("named {v}", "called {v}")  # how names are said of what a task is about itself
_PAIRS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("person_group", ("first_name", "last_name"), ("for {v}", ", the name is {v}")),
    ("spot_group", ("latitude", "longitude"), ("at {v}", "around {v}")),
    ("pixels_group", ("pixel_width", "pixel_height"), (", {v} pixels",)),
    ("repo_group", ("repo_owner", "repo_name"), ("in {v}", "for {v}", "over in {v}")),
)
TOGETHER = (*(meanings for _, meanings, _ in _PAIRS), ("old_text", "new_text"))
"""Meanings of values of which none says anything without the other."""


_OF_ONE_ADDRESS = ("street", "street2")  # whose numbers count the lines
_LINES = {"change": ("to {v}", ": {v}"), **dict.fromkeys(("send", "move", "transfer", "ship"), ("to {v}",))}
"""How the lines of an address are said, by classes of verbs."""


@dataclass(frozen=True)
class Unit:
    """A value, or several that are said together, such as the lines of an address."""

    places: tuple[int, ...]  # of its parameters
    meaning: str  # what it is
    role: str  # the name of its role; empty where it has none
    clauses: tuple[str, ...]  # how it is said beside what the task is about
    is_topic: bool  # whether a task can be about it


@dataclass(frozen=True)
class FittedFrame:
    """A frame with the units that fill it."""

    frame: Frame
    units: Mapping[str, int]

    @cached_property
    def needed(self) -> frozenset[int]:
        """The units without which it cannot be said."""
        return frozenset(self.units.values())


def units_of(parameters: Sequence[Parameter], does: ToolTask) -> Iterable[Unit]:
    """Yield what is said, value by value; what is one place, person or picture is said together."""
    taken: set[int] = set()
    by_role: dict[str, dict[str, int]] = {}
    for place, parameter in enumerate(parameters):
        role = parameter.role_name
        if not role and parameter.meaning.name not in _OF_ONE_ADDRESS:
            role = "".join(re.findall(r"\d$", parameter.words))
        by_role.setdefault(role, {}).setdefault(parameter.meaning.name, place)
    for role, places in by_role.items():
        address = [places[m] for m in ("street", "street2", "city", "state", "zip", "country") if m in places]
        if len(address) > 2 or ({"city", "state"} <= places.keys()):
            taken.update(address)
            lines = _LINES.get(does.verb_class.name, ("at {v}",))
            yield Unit(tuple(address), "address_group", role, lines, is_topic=False)
        for name, meanings, clauses in _PAIRS:
            if places.keys() >= set(meanings):
                changed = _CHANGED if does.verb_class.name == "change" else {}
                of_people = dict.fromkeys(("person_group",) * (does.noun in lexicon().people), _OF_A_PERSON)
                clauses = _NUMBERED.get(role, (of_people | changed).get(name, clauses))
                pair = tuple(places[meaning] for meaning in meanings)
                taken.update(pair)
                yield Unit(pair, name, role, clauses, is_topic=True)
    words = frozenset(parameter.words for parameter in parameters)
    is_one_object = sum(bool(parameter.members) for parameter in parameters) < _SEVERAL
    for place, parameter in enumerate(parameters):
        if place in taken:
            continue
        role, clauses = _said_beside(parameter, does, words)
        if parameter.members and not is_one_object:
            clauses = (", {w} {v}",)
        owner = owner_of(parameter, does)
        if owner:
            role, clauses = "owner", _OF_OWNERS if parameter.is_list else _OF_AN_OWNER
            clauses = tuple(clause.replace("{n}", owner) for clause in clauses)
        yield Unit((place,), parameter.meaning.name, role, clauses, parameter.meaning.is_topic or owner != "")


_SEVERAL = 2


def _said_beside(parameter: Parameter, does: ToolTask, words: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Return the role of a value and how it is said, in a call that may take a new one of it as well."""
    if f"new {parameter.words}" in words:
        clauses = ('called "{v}"',) if parameter.meaning.quoted else ("{v}",)
        return parameter.role_name, clauses
    if _is_own_name(parameter, does):
        return parameter.role_name, _OF_A_PERSON
    is_old = parameter.is_required and not parameter.words.startswith("new ")
    if does.verb_class.name == "change" and is_old and any(word.startswith("new ") for word in words):
        return parameter.role_name, parameter.clauses
    if not parameter.role_name and _is_new_value(parameter, does):
        return "to", (f"to {parameter.quoted('{v}')}",)
    return parameter.role_name, parameter.clauses_beside(does.verb_class.name, does.words)


_OF_AN_OWNER = ('for the {n} "{v}"', 'in the {n} "{v}"')
_OF_OWNERS = ('with the {n}s "{v}"',)
"""How the names of things are said that a task is not about itself: of one thing, and of several."""


def owner_of(parameter: Parameter, does: ToolTask) -> str:
    """Return what a name is of, where that is another thing than the task is about: the project of `project_name`."""
    owner, _, last = parameter.words.rpartition(" ")
    is_title = parameter.meaning.name in _TITLES and singular(last) in ("name", "title")
    if not is_title or " or " in parameter.words:
        return ""
    if not (owner or does.verb_class.name in _NAMING):
        owner = parameter.noun
    made = does.words[-1:] * (does.verb_class.name in MAKING or does.verb_class.name == "rename")
    return "" if owner.rpartition(" ")[2] in (*_OF_ITSELF, *map(singular, made)) else owner


def _is_own_name(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a name is that of somebody who is made known: the name of "add a contact"."""
    things = singular(does.several) or does.noun
    is_whole = parameter.words in ("name", "full name", "display name", f"{things} name")
    is_new = things in lexicon().people and does.verb_class.name in (*MAKING, "find", "list")
    return is_new and is_whole and parameter.meaning.name == "person"


_BEINGS = ("person", "character", "username")


def _is_new_value(parameter: Parameter, does: ToolTask) -> bool:
    """Tell whether a task changes something to a value: the title of "update the title of an issue"."""
    if does.verb == "set" and does.words[-1:] == (parameter.meaning.name,):
        return True
    if does.verb_class.name == "rename" or parameter.meaning.says_which or parameter.members:
        return parameter.meaning.quoted or (does.verb_class.name == "rename" and parameter.words.startswith("new "))
    is_which = parameter.is_required and parameter.meaning.name in _BEINGS and parameter.noun == does.noun
    if is_which or does.verb_class.name != "change":
        return False
    changed = itertools.takewhile(lambda word: word not in LINKING, does.words)
    named = {parameter.meaning.name, *parameter.words.split()} - {does.noun} | {parameter.words}
    return not named.isdisjoint(changed)


def fitting_frames(does: ToolTask, units: Sequence[Unit], context: frozenset[str]) -> Iterable[FittedFrame]:
    """Yield the sentences that fit what a tool does and takes."""
    for frame in lexicon().frames:
        if does.verb_class.name not in frame.verbs or (frame.context and frame.context.isdisjoint(context)):
            continue
        if frame.is_bare and not _NO_THINGS.issuperset(does.words):
            continue
        filled: dict[str, int] = {}
        for key, (meaning, role) in frame.slots.items():
            fitting = [
                index
                for index, unit in enumerate(units)
                if unit.meaning == meaning and (not role or unit.role == role) and index not in filled.values()
            ]
            if not fitting:
                break
            filled[key] = fitting[0]
        else:
            yield FittedFrame(frame, filled)
