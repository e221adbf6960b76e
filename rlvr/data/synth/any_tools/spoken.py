"""How people speak of a tool that nobody has worded by hand: what it does, what its values mean, how each is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rewards.names import name_words
from rlvr.data.described import is_authentication, listed_values, plain_text
from rlvr.data.synth.any_tools.agreement import Agree, agreeing
from rlvr.data.synth.any_tools.lexicon import (
    CHOICE,
    EDITS,
    FLAG,
    UNKNOWN,
    Frame,
    Meaning,
    Role,
    choice_meaning,
    lexicon,
    meaning_of,
    number_meaning,
    role_of,
)
from rlvr.data.synth.any_tools.resolving import resolved, type_of
from rlvr.data.synth.any_tools.schema_values import Draw, value_source
from rlvr.data.synth.any_tools.tasks import ToolTask, is_determiner, task_of, with_determiner

if TYPE_CHECKING:
    from rewards import Tool

_FLAG_WORDS = frozenset("is has include includes with should use enable allow show do can".split())
_ID_WORDS = frozenset("id ids identifier number code key uid uuid name names path paths url uri".split())
_ID_OF = re.compile(
    r"\b(?:ids?|identifiers?|numbers?|names?|keys?|codes?|slugs?)\)?\s+(?:of|for)\s+(?:the|a|an|this)\s+(\w+)", re.I
)
_FIRST_OF = re.compile(r"\b(first|last) N (\w+)", re.I)
_SPOKEN_ALONE = frozenset(("path", "directory", "email", "url", "query", "expression", "files", "phone"))
"""Meanings whose values need no noun before them."""

_NEW_VALUES = frozenset(("payment", "choice", "email", "phone", "milliseconds", "percent"))
"""Meanings of what something is changed to."""

_NOUNS_OF_PATHS = ("path", "file", "files", "directory", "directories", "folder")
_ENVELOPES = frozenset("body data payload options metadata params config extra".split())
_SHARE_OF_TECHNICAL = 0.12
_SHARE_OF_UNKNOWN = 0.06


@dataclass(frozen=True)
class Parameter:
    """One parameter as people speak of it.

    Args:
        name: as calls give it.
        key: its name under which values agree, which masking leaves alone.
        words: as people say it.
        draw: its values.
        meaning: what its values are.
        role: how they stand to the task.
        noun: what a value names: `order` of `order_id`.
        is_required: whether a call must give it.
        is_flag: whether it is true or false.
        is_secret: whether it says who calls, which no user should be asked for.
        is_list: whether it takes several values.
        members: of an object, or of each object of a list.
        clauses: how a value is said beside what the task is about; `{v}` is the value, `{w}` the words.
    """

    name: str
    key: str
    words: str
    draw: Draw
    meaning: Meaning
    role: Role | None
    noun: str
    is_required: bool
    is_flag: bool = False
    is_secret: bool = False
    is_list: bool = False
    members: tuple[Parameter, ...] = ()
    clauses: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """How often people give it unasked, where others are as much to the point."""
        if self.name in _ENVELOPES:
            return _SHARE_OF_UNKNOWN
        if self.meaning.is_technical or self.meaning is CHOICE or self.members:
            return _SHARE_OF_TECHNICAL
        return _SHARE_OF_UNKNOWN if self.meaning is UNKNOWN else 1.0


@dataclass(frozen=True)
class Unit:
    """A value, or several that are said together, such as the lines of an address.

    Args:
        places: of its parameters.
        meaning: what it is.
        role: the name of its role; empty where it has none.
        clauses: how it is said beside what the task is about.
        is_topic: whether a task can be about it.
    """

    places: tuple[int, ...]
    meaning: str
    role: str
    clauses: tuple[str, ...]
    is_topic: bool


@dataclass(frozen=True)
class Slot:
    """A place in what a task is about where a value goes.

    Args:
        unit: whose value.
        noun: what stands before it; empty where it stands alone.
        plain: what stands there without the value.
    """

    unit: int
    noun: str
    plain: str


@dataclass(frozen=True)
class FittedFrame:
    """A frame with the units that fill it."""

    frame: Frame
    units: Mapping[str, int]

    @cached_property
    def needed(self) -> frozenset[int]:
        """The units without which it cannot be said."""
        return frozenset(self.units.values())


@dataclass(frozen=True)
class SpokenTool:
    """One tool as people speak of it.

    Args:
        schema: the tool in OpenAI's form, as rows offer it.
        name: as calls give it.
        does: its verb, and what that is done to.
        parameters: those that values can be drawn for.
        compiled: the tool as rewards read it.
        agree: makes values that belong together agree, by the keys of their parameters.
        context: the words of its name, description and parameters.
    """

    schema: dict[str, Any]
    name: str
    does: ToolTask
    parameters: tuple[Parameter, ...]
    compiled: Tool
    agree: Agree
    context: frozenset[str]
    required: tuple[Parameter, ...] = field(init=False)
    optional: tuple[Parameter, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "required", tuple(p for p in self.parameters if p.is_required))
        object.__setattr__(self, "optional", tuple(p for p in self.parameters if not p.is_required))

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """What is said, value by value."""
        return tuple(_units(self.parameters, self.does))

    @cached_property
    def object(self) -> tuple[str | Slot, ...]:
        """What the task is about, in parts."""
        return _object_phrase(self.does, self.parameters, self.units)

    @cached_property
    def frames(self) -> tuple[FittedFrame, ...]:
        """Sentences that fit what this tool does and takes."""
        return tuple(_fitting(self.does, self.units, self.context))

    @cached_property
    def task(self) -> str:
        """What it does, without values: "get the details of an order"."""
        phrase = "".join(part if isinstance(part, str) else part.plain for part in self.object)
        return f"{self.does.verb} {phrase}".strip()


def spoken(schema: Mapping[str, Any], tool: Tool, namespace: str = "") -> SpokenTool:
    """Return a tool as people speak of it.

    Args:
        schema: in OpenAI's form, or a bare function dict.
        tool: the same, compiled.
        namespace: a first word that the names of its toolset share.

    Raises:
        ValueError: no value is found for a parameter that is required.
    """
    whole = {"type": "function", "function": dict(schema.get("function", schema))}
    context = _words_of(tool)
    parameters = [_parameter(name, given, tool, context) for name, given in tool.properties.items()]
    kept = tuple(parameter for parameter in parameters if parameter is not None)
    schemas = {p.name: resolved(tool.properties[p.name], tool.parameters) for p in kept}
    agree = agreeing(schemas, {p.name: p.draw for p in kept}, context)
    return SpokenTool(whole, tool.name, task_of(tool, namespace), kept, tool, agree, context)


def _words_of(tool: Tool) -> frozenset[str]:
    """The words of its name, also with @ before them, and those of its description and parameters."""
    named = name_words(tool.name)
    words = {*named, *(f"@{word}" for word in named), *re.findall(r"[a-z]{2,}", tool.description.lower())}
    for name in tool.properties:
        words.update(name_words(name))
    return frozenset(words)


def _parameter(name: str, given: Mapping[str, Any], tool: Tool, context: frozenset[str]) -> Parameter | None:
    """The parameter in words; None for an optional one that no value is found for, or that says who calls.

    Raises:
        ValueError: no value is found for one that is required.
    """
    is_required = name in tool.required
    is_secret = is_authentication(name, given.get("description"))
    if is_secret and not is_required:
        return None
    try:
        draw = value_source(name, given, tool.parameters, context)
    except ValueError:
        if is_required:
            raise
        return None
    schema = resolved(given, tool.parameters)
    return _worded(name, schema, tool.parameters, draw, context, is_required=is_required, is_secret=is_secret)


def _worded(
    name: str,
    schema: Mapping[str, Any],
    root: Mapping[str, Any],
    draw: Draw,
    context: frozenset[str],
    *,
    is_required: bool = True,
    is_secret: bool = False,
    depth: int = 0,
) -> Parameter:
    kind, is_list = type_of(schema), False
    description = plain_text(schema["description"]) if isinstance(schema.get("description"), str) else ""
    if kind == "array" and isinstance(schema.get("items"), Mapping):
        is_list, items = True, resolved(schema["items"], root)
        schema, kind = {"description": description, **items}, type_of(items)
    words = " ".join(name_words(name)) or name
    meaning = _meaning(name, schema, kind, context, description)
    role = role_of(name_words(name), "number" if kind in ("integer", "number") else meaning.name)
    noun = _noun(name, meaning, description)
    members: tuple[Parameter, ...] = ()
    if kind == "object" and depth < 3:
        properties = schema.get("properties") or {}
        members = tuple(
            _worded(key, resolved(member, root), root, draw, context, depth=depth + 1)
            for key, member in properties.items()
            if isinstance(member, Mapping)
        )
    if {"old_text", "new_text"} <= {member.meaning.name for member in members}:
        meaning = EDITS
    is_open = bool(members) and meaning is not EDITS
    clauses = ("with {v}", ": {v}") if is_open else _clauses(words, meaning, role, kind, description)
    return Parameter(
        name,
        name,
        words,
        draw,
        meaning,
        role,
        noun,
        is_required,
        kind == "boolean",
        is_secret,
        is_list,
        members,
        clauses,
    )


def _meaning(name: str, schema: Mapping[str, Any], kind: str, context: frozenset[str], description: str) -> Meaning:
    if kind == "boolean":
        return FLAG
    if "enum" in schema or "const" in schema or (kind == "string" and listed_values(description)):
        return choice_meaning(name)
    if kind in ("integer", "number"):
        return number_meaning(name)
    return meaning_of(name, schema, context) if kind == "string" else UNKNOWN


def _noun(name: str, meaning: Meaning, description: str) -> str:
    """What a value names: by the name's words before `id`, by the description, else by the meaning."""
    words = name_words(name)
    bare = [word for word in words if word not in _ID_WORDS and word != "new" and not word.isdigit()]
    if meaning.name in ("id", "uuid", "unknown", "device") and bare and len(bare) < len(words):
        return " ".join(bare)
    if match := _ID_OF.search(description):
        noun = match[1].lower()
        return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    return meaning.noun


def _clauses(words: str, meaning: Meaning, role: Role | None, kind: str, description: str) -> tuple[str, ...]:
    if kind in ("integer", "number"):
        return _number_clauses(words, meaning, role, description)
    if role is not None:
        return role.clauses
    if meaning.clauses:
        return meaning.clauses
    if meaning.name == "choice":
        return (", {v}", "({v})", "with {v} as {w}")
    return ("with {w} {v}", "{w} {v}")


def _number_clauses(words: str, meaning: Meaning, role: Role | None, description: str) -> tuple[str, ...]:
    if match := _FIRST_OF.search(description):
        return (
            f"just the {match[1].lower()} {{v}} {match[2].lower()}",
            f"only the {match[1].lower()} {{v}} {match[2].lower()}",
        )
    if role is not None and role.name in ("min", "max") and meaning.name != "limit":
        rest = " ".join(word for word in words.split() if word not in role.words)
        return tuple(clause.replace("{u}", rest).replace("  ", " ") for clause in role.clauses)
    if meaning.clauses:
        return meaning.clauses
    front, _, last = words.rpartition(" ")
    if front and last.endswith("s"):
        return (f"with {{v}} {last} of {front}", f"{{v}} {last} of {front}")
    return ("with {w} {v}", "{w} {v}")


def _units(parameters: Sequence[Parameter], does: ToolTask) -> Iterable[Unit]:
    taken: set[int] = set()
    by_role: dict[str, dict[str, int]] = {}
    for place, parameter in enumerate(parameters):
        role = parameter.role.name if parameter.role else ""
        by_role.setdefault(role, {}).setdefault(parameter.meaning.name, place)
    for role, places in by_role.items():
        address = [places[m] for m in ("street", "street2", "city", "state", "zip", "country") if m in places]
        if len(address) > 2 or ({"city", "state"} <= places.keys()):
            taken.update(address)
            lines = ("to {v}", ": {v}") if does.verb_class.name == "change" else ("at {v}", "to {v}")
            yield Unit(tuple(address), "address_group", role, lines, is_topic=False)
        if {"first_name", "last_name"} <= places.keys():
            person = (places["first_name"], places["last_name"])
            taken.update(person)
            yield Unit(person, "person_group", role, ("for {v}", "the name is {v}"), is_topic=True)
        if {"latitude", "longitude"} <= places.keys():
            spot = (places["latitude"], places["longitude"])
            taken.update(spot)
            yield Unit(spot, "spot_group", role, ("at {v}", "around {v}"), is_topic=False)
    for place, parameter in enumerate(parameters):
        if place in taken:
            continue
        role = parameter.role.name if parameter.role else ""
        is_new_value = does.verb_class.name == "change" and parameter.meaning.name in _NEW_VALUES
        is_new_value = is_new_value and not {parameter.meaning.name, *parameter.words.split()}.isdisjoint(does.words)
        clauses = ("to {v}",) if is_new_value and not role else parameter.clauses
        yield Unit((place,), parameter.meaning.name, role, clauses, parameter.meaning.is_topic)


def _object_phrase(does: ToolTask, parameters: Sequence[Parameter], units: Sequence[Unit]) -> tuple[str | Slot, ...]:
    """What the task is done to, with places for the values of the parameters that it names."""
    parts: list[str | Slot] = list(does.words)
    for index, unit in enumerate(units):
        parameter = parameters[unit.places[0]]
        if not unit.is_topic or not parameter.is_required or (unit.role and unit.role != "from"):
            continue
        _set_slot(parts, index, parameter, does)
    _add_slot(parts, parameters, units)
    return _joined(parts, does)


def _set_slot(parts: list[str | Slot], index: int, parameter: Parameter, does: ToolTask) -> None:
    """Put a value where the words name it."""
    nouns = _nouns(parameter)
    exact = parameter.words.split()[-1]
    at = next((i for i in reversed(range(len(parts))) if parts[i] == exact), None)
    at = (
        next((i for i, part in enumerate(parts) if isinstance(part, str) and part in nouns), None) if at is None else at
    )
    if at is None or (does.verb_class.name == "find" and parameter.meaning.name in ("path", "directory")):
        return
    start = at - 2 if at > 1 and parts[at - 1] == "and" and parts[at - 2] in nouns else at
    at += 2 if parts[at + 1 : at + 2] == ["and"] and at + 2 < len(parts) and parts[at + 2] in nouns else 0
    farthest = start if does.verb_class.name == "check_if" else 0
    for back in range(start - 1, max(farthest, start - 3) - 1, -1):
        if not isinstance(parts[back], str) or parts[back] in _LINKING:
            break
        start = back
        if is_determiner(str(parts[back])):
            break
    while start > 0 and isinstance(parts[start - 1], str) and is_determiner(str(parts[start - 1])):
        start -= 1
    plain = re.sub(r"['\u2019]s?$", "", " ".join(map(str, parts[start : at + 1])))
    if not is_determiner(plain.split()[0]) and not plain.endswith("s"):
        plain = f"{'an' if plain[0] in 'aeio' else 'a'} {plain}"
    noun = "" if parameter.meaning.name in _SPOKEN_ALONE else parameter.noun
    if noun and parts[start] == "my":
        noun = " ".join([*map(str, parts[start:at]), noun])
    slot = Slot(index, noun, plain)
    rest = parts[at + 1 :]
    is_modifier = bool(rest) and not is_determiner(str(rest[0])) and str(rest[0]) not in _LINKING
    if is_modifier and start == 0:
        cut = next((i for i, part in enumerate(rest) if part in _LINKING), len(rest))
        parts[start:] = [*_headed(rest[:cut]), slot, *rest[cut:]]
    else:
        parts[start:] = [slot, *rest]


_LINKING = frozenset("of in for from to on at by about between and that as under".split())


def _headed(rest: Sequence[str | Slot]) -> list[str | Slot]:
    """ "order details" about an order are the details of the order."""
    return ["the", *rest, "of"]


def _add_slot(parts: list[str | Slot], parameters: Sequence[Parameter], units: Sequence[Unit]) -> None:
    """A task whose words are nothing without a value is about its first one."""
    slotted = {part.unit for part in parts if isinstance(part, Slot)}
    for index, unit in enumerate(units):
        parameter = parameters[unit.places[0]]
        at = next((i for i, part in enumerate(parts) if part in _GENERIC), None)
        is_open = index not in slotted and unit.is_topic and (parameter.is_required or unit.meaning == "url")
        if is_open and at is not None and unit.meaning in ("id", "url", "product", "query"):
            start = at - 1 if at and is_determiner(str(parts[at - 1])) else at
            parts[start : at + 1] = [Slot(index, "", " ".join(map(str, parts[start : at + 1])))]
            return
        if unit.is_topic and parameter.is_required and not unit.role and not parts:
            noun = "" if parameter.meaning.name in _SPOKEN_ALONE else parameter.noun
            parts.append(Slot(index, noun, parameter.meaning.vague or (f"a {noun}" if noun else "something")))
            return
        if not slotted and parts and unit.meaning in ("id", "uuid") and parameter.is_required and not parameter.noun:
            head = str(parts[-1])
            noun = head[:-1] if head.endswith("s") and not head.endswith("ss") else head
            is_clause = parts[0] in ("if", "whether")
            start = (
                0
                if not is_clause and all(isinstance(part, str) and part not in _LINKING for part in parts)
                else len(parts) - 1
            )
            parts[start:] = [Slot(index, noun, " ".join(map(str, parts[start:])))]
            return


_GENERIC = frozenset("item items element elements entry entries object objects record records".split())
"""Words that name anything, so that a value may stand for them."""


def _nouns(parameter: Parameter) -> tuple[str, ...]:
    if parameter.meaning.name in ("path", "directory", "files"):
        return (*parameter.words.split(), *_NOUNS_OF_PATHS)
    noun = parameter.noun.split()[-1:] or parameter.words.split()[-1:]
    return tuple(form for word in noun for form in (word, f"{word}s", f"{word}'s", f"{word}s'", f"{word}\u2019s"))


def _joined(parts: Sequence[str | Slot], does: ToolTask) -> tuple[str | Slot, ...]:
    """The parts as texts and slots, with a determiner in front where one is missing."""
    joined: list[str | Slot] = []
    words: list[str] = []
    for part in parts:
        if isinstance(part, str):
            words.append(part)
            continue
        if words:
            text = with_determiner(tuple(words), does.verb_class.name) if not joined else " ".join(words)
            joined.append(f"{' ' if joined else ''}{text} ")
            words = []
        elif joined:
            joined.append(" ")
        joined.append(part)
    if words:
        text = with_determiner(tuple(words), does.verb_class.name) if not joined else f" {' '.join(words)}"
        joined.append(text)
    return tuple(joined)


def _fitting(does: ToolTask, units: Sequence[Unit], context: frozenset[str]) -> Iterable[FittedFrame]:
    for frame in lexicon().frames:
        if does.verb_class.name not in frame.verbs or (frame.context and frame.context.isdisjoint(context)):
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


def flag_words(parameter: Parameter) -> tuple[str, bool]:
    """Return the words of a flag without those that only say that it is one, and whether they name a thing."""
    first, _, rest = parameter.words.partition(" ")
    return (rest, True) if first in _FLAG_WORDS and rest else (parameter.words, " " in parameter.words)


_ASKED_FOR: Mapping[str, str] = {
    "street": "street address",
    "street2": "second line of the address",
    "zip": "zip code",
    "query": "search query",
    "first_name": "first name",
    "last_name": "last name",
    "birth": "date of birth",
}


def asked_for(parameter: Parameter) -> str:
    """Return how people ask for a value: "order ID", "zip code"."""
    if known := _ASKED_FOR.get(parameter.meaning.name):
        return known
    words = " ".join("ID" if word == "id" else "IDs" if word == "ids" else word for word in parameter.words.split())
    is_bare = parameter.words in ("id", "ids") and parameter.noun
    return f"{parameter.noun} {words}" if is_bare else words
