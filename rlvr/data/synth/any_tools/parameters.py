"""Parameters as people speak of them: what their values mean, what they name, and how they are said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rewards import Tool
from rewards.names import name_words
from rlvr.data.described import description_of, is_authentication, listed_values
from rlvr.data.synth.any_tools.resolving import resolved, type_of
from rlvr.data.synth.any_tools.schema_values import value_source
from rlvr.data.synth.drawing import Draw
from rlvr.data.synth.lexicon import (
    CONSTANT,
    EDITS,
    FLAG,
    SHARE_OF_TECHNICAL,
    UNKNOWN,
    Meaning,
    Role,
    choice_meaning,
    lexicon,
    meaning_of,
    number_meaning,
    role_of,
    singular,
)
from rlvr.files import JsonMapping

_THING_FLAGS = frozenset("has include includes with use enable allow show".split())
_STATE_FLAGS = frozenset("is should do can".split())
"""Words before what a flag says: before a thing that is there or not, and before what something is."""

TIME_UNITS = ("days", "nights", "weeks", "months", "hours", "minutes", "seconds", "years")
_A_TIME_UNIT = re.compile(rf"\b({'|'.join(TIME_UNITS)})\b")
SEEKING = frozenset(("find", "list", "look"))  # verbs whose values say which things are wanted
_ID_WORDS = frozenset("id ids identifier number code key uid uuid name names path paths url uri".split())
_ID_OF = re.compile(
    r"\b(?:ids?|identifiers?|numbers?|names?|keys?|codes?|slugs?)\)?\s+(?:of|for)\s+(?:the|a|an|this)\s+(\w+)", re.I
)
_FIRST_OF = re.compile(r"\b(first|last) N (\w+)", re.I)
_ENVELOPES = frozenset("body data payload options metadata params config extra".split())
UNITS = frozenset("mg kg lb oz ml cm mm km ft kb mb gb kw kwh px hz".split())
_IN_A_UNIT = re.compile(r"(?:\bin\s+|\((?:in\s+)?)((?:degrees\s+)?[a-z/]+)", re.I)
_OF_ACTIONS = frozenset("action method operation op command".split())


@dataclass(frozen=True)
class Parameter:
    """One parameter as people speak of it."""

    name: str  # as calls give it
    key: str  # its name under which values agree, which masking leaves alone
    words: str  # as people say it
    draw: Draw
    meaning: Meaning  # what its values are
    role: Role | None  # how they stand to the task
    noun: str  # what a value names: `order` of `order_id`
    is_required: bool  # whether a call must give it
    is_flag: bool = False  # whether it is true or false
    is_secret: bool = False  # whether it says who calls, which no user should be asked for
    is_list: bool = False  # whether it takes several values
    members: tuple[Parameter, ...] = ()  # of an object, or of each object of a list
    clauses: tuple[str, ...] = ()  # how `{v}` is said beside what the task is about; `{w}` are the words
    unit: str = ""  # the time that a number counts, where it counts one
    does: tuple[str, ...] = ()  # its values, where each of them is what the tool does

    def clauses_beside(self, verb: str) -> tuple[str, ...]:
        """Return how a value is said beside what a task of a class of verbs is about."""
        source = self.role or self.meaning
        clauses: tuple[str, ...] = ()
        if verb in SEEKING:
            clauses = source.sought
        elif verb == "change" and (self.meaning is not UNKNOWN or not self.is_required):
            clauses = source.changed
        if not clauses or (self.meaning.name == "span" and not self.unit):
            return self.clauses
        return tuple(clause.replace("{u}", self.unit) for clause in clauses)

    @property
    def share(self) -> float:
        """Return how often people give it unasked, where others are as much to the point."""
        if self.name in _ENVELOPES:
            return UNKNOWN.share
        return SHARE_OF_TECHNICAL if self.members else self.meaning.share


def parameter_of(name: str, unresolved: JsonMapping, tool: Tool, context: frozenset[str]) -> Parameter | None:
    """Return the parameter in words; None for an optional one that no value is found for, or that says who calls.

    Raises:
        ValueError: no value is found for one that is required.
    """
    is_required = name in tool.required
    is_secret = is_authentication(name, unresolved.get("description"))
    if is_secret and not is_required:
        return None
    try:
        draw = value_source(name, unresolved, tool.parameters, context)
    except ValueError:
        if is_required:
            raise
        return None
    schema = resolved(unresolved, tool.parameters)
    return _worded(name, schema, tool.parameters, draw, context, is_required=is_required, is_secret=is_secret)


def _worded(
    name: str,
    schema: JsonMapping,
    root: JsonMapping,
    draw: Draw,
    context: frozenset[str],
    *,
    is_required: bool = True,
    is_secret: bool = False,
    depth: int = 0,
) -> Parameter:
    kind, is_list = type_of(schema), False
    description = description_of(schema)
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
    unit = match[1] if (match := _A_TIME_UNIT.search(f"{words} {description}")) else ""
    clauses = ("with {v}", ": {v}") if is_open else _clauses(words, meaning, role, kind, description, unit)
    return Parameter(
        name,
        key=name,
        words=words,
        draw=draw,
        meaning=meaning,
        role=role,
        noun=noun,
        is_required=is_required,
        is_flag=kind == "boolean",
        is_secret=is_secret,
        is_list=is_list,
        members=members,
        clauses=clauses,
        unit=unit,
        does=_done(name, schema),
    )


def _done(name: str, schema: JsonMapping) -> tuple[str, ...]:
    """Return those values of an action that say what the tool does; none where most of them are no verbs."""
    values = tuple(map(str, schema.get("enum") or ())) if name.lower() in _OF_ACTIONS else ()
    done = tuple(value for value in values if name_words(value)[0] in lexicon().verbs)
    return done if 2 * len(done) > len(values) else ()


def _meaning(name: str, schema: JsonMapping, kind: str, context: frozenset[str], description: str) -> Meaning:
    if kind == "boolean":
        return FLAG
    listed = listed_values(description) if kind == "string" else ()
    if "const" in schema or len(schema.get("enum") or listed) == 1:
        return CONSTANT
    if "enum" in schema or listed:
        return choice_meaning(name)
    if kind in ("integer", "number"):
        return number_meaning(name)
    return meaning_of(name, schema, context) if kind == "string" else UNKNOWN


def _noun(name: str, meaning: Meaning, description: str) -> str:
    """Return what a value names: by the name's words before `id`, by the description, else by the meaning."""
    words = name_words(name)
    bare = [word for word in words if word not in _ID_WORDS and word != "new" and not word.isdigit()]
    if meaning.name in ("id", "uuid", "unknown", "device") and bare and len(bare) < len(words):
        whole = re.match(rf"(?:the |an? )?({bare[0]} [a-z]+) (?:id|number|identifier)\b", description, re.I)
        return whole[1].lower() if whole else " ".join(bare)
    if match := _ID_OF.search(description):
        noun = match[1].lower()
        return singular(noun)
    return meaning.noun


def _clauses(
    words: str, meaning: Meaning, role: Role | None, kind: str, description: str, unit: str
) -> tuple[str, ...]:
    if kind in ("integer", "number"):
        return _number_clauses(words, meaning, role, description, unit)
    if role is not None:
        return role.clauses
    if meaning.name == "person" and words.endswith("name"):
        return ("under the name {v}", "under the name of {v}")
    if meaning.clauses:
        return meaning.clauses
    if meaning.name == "choice":
        return (", {w} {v}", "with {w} {v}", ", {w}: {v}")
    return ("with {w} {v}", "{w} {v}")


def _number_clauses(words: str, meaning: Meaning, role: Role | None, description: str, unit: str) -> tuple[str, ...]:
    if match := _FIRST_OF.search(description):
        shown = f"the {match[1].lower()} {{v}} {match[2].lower()}"
        return (f"just {shown}", f"only {shown}")
    if role is not None and role.name in ("min", "max") and meaning.name != "limit":
        rest = " ".join(word for word in words.split() if word not in role.words)
        return tuple(clause.replace("{u}", rest).replace("  ", " ") for clause in role.clauses)
    if meaning.name == "span":
        return tuple(clause.replace("{u}", unit) for clause in meaning.clauses) if unit else ("with a {w} of {v}",)
    if measure := _measure(description):
        return (f"with a {{w}} of {{v}} {measure}", f"{{w}} {{v}} {measure}", f"at {{v}} {measure}")
    if meaning.clauses:
        return meaning.clauses
    front, _, last = words.rpartition(" ")
    if front and last.endswith("s"):
        return (f"with {{v}} {last} of {front}", f"{{v}} {last} of {front}")
    if front and last in UNITS:
        return (f"with a {front} of {{v}} {last}", f"{front} {{v}} {last}")
    return ("with {w} {v}", "{w} {v}")


def _measure(description: str) -> str:
    """Return the unit in which a description wants a number; empty where it names none."""
    named = (match[1] for match in _IN_A_UNIT.finditer(description))
    return next((unit for unit in named if unit.split()[-1].lower() in lexicon().measures), "")


def flag_words(parameter: Parameter) -> tuple[str, bool]:
    """Return the words of a flag without those that only say that it is one, and whether they name a thing."""
    first, _, rest = parameter.words.partition(" ")
    if rest and first in _STATE_FLAGS:
        return rest, False
    return (rest, True) if rest and first in _THING_FLAGS else (parameter.words, " " in parameter.words)


_ASKED_FOR: Mapping[str, str] = {
    "street": "street address",
    "street2": "second line of the address",
    "zip": "zip code",
    "query": "search query",
    "first_name": "first name",
    "last_name": "last name",
    "birth": "date of birth",
}


_OF_A_DAY = {"date": "date"}


def asked_for(parameter: Parameter) -> str:
    """Return how people ask for a value: "order ID", "zip code"."""
    if usual := _ASKED_FOR.get(parameter.meaning.name):
        return usual
    if parameter.role is not None and parameter.role.asked:
        return f"{parameter.role.asked} {_OF_A_DAY.get(parameter.meaning.name, 'time')}"
    words = " ".join("ID" if word == "id" else "IDs" if word == "ids" else word for word in parameter.words.split())
    if parameter.meaning.name == "person" and not parameter.is_list and not words.endswith("name"):
        return f"{words}'s name"
    is_bare = parameter.words in ("id", "ids") and parameter.noun
    return f"{parameter.noun} {words}" if is_bare else words
