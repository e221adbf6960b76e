"""What parameters mean, what tools do, and how people say both, as `lexicon.toml` lists it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rewards.names import name_words
from rlvr.data.described import plain_text

FORMS = ("do", "say", "ask", "terse")
"""What takes an opening, what stands alone, what asks, and what is said in few words."""

_FILE = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True)
class Meaning:
    """What the values of a parameter are.

    Args:
        name: of the meaning.
        clauses: how a value is said beside what a task is about.
        values: patterns or generators to draw strings from.
        names: words of parameter names, each entry those that must all stand there.
        context: words one of which must stand in the tool; empty asks for none.
        formats: JSON Schema formats.
        described: a pattern of descriptions; meeting it is enough.
        must_say: a pattern that the description must meet.
        noun: what a value names, where the parameter does not say.
        vague: what stands for a value that a request leaves out.
        is_topic: whether a task can be about it.
        quoted: whether it is said in quotes.
        is_technical: whether people hardly ever give it unasked.
        range: of numbers.
        unit: of numbers.
    """

    name: str
    clauses: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    names: tuple[frozenset[str], ...] = ()
    context: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    described: re.Pattern[str] | None = None
    must_say: re.Pattern[str] | None = None
    noun: str = ""
    vague: str = ""
    is_topic: bool = False
    quoted: bool = False
    is_technical: bool = False
    range: tuple[int, int] = (2, 100)
    unit: str = ""


@dataclass(frozen=True)
class Role:
    """Words of a parameter's name that say how its value stands to the task."""

    name: str
    words: frozenset[str]
    meanings: frozenset[str]
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class VerbClass:
    """Verbs that ask for the same: their words, and sentences about `{o}` by form."""

    name: str
    words: frozenset[str]
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Frame:
    """Sentences for what several values mean together: `slots` maps a key in braces to (meaning, role)."""

    verbs: frozenset[str]
    context: frozenset[str]
    slots: Mapping[str, tuple[str, str]]
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """A place with its parts: state and code are empty outside the United States."""

    city: str
    state_code: str
    state: str
    zip: str
    country: str
    country_code: str


@dataclass(frozen=True)
class CodePool:
    """Codes that stand in a list: those of parameters whose names hold one of the words and whose examples the form."""

    form: re.Pattern[str]
    names: frozenset[str]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """Everything that the file lists."""

    meanings: tuple[Meaning, ...]
    numbers: tuple[Meaning, ...]
    choices: tuple[Meaning, ...]
    roles: tuple[Role, ...]
    verbs: Mapping[str, VerbClass]
    frames: tuple[Frame, ...]
    places: tuple[Place, ...]
    foreign_places: tuple[Place, ...]
    streets: tuple[str, ...]
    street_kinds: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]]
    report_sentences: Mapping[int, tuple[str, ...]]
    codes: tuple[CodePool, ...]
    qualities: tuple[str, ...]
    nouns: tuple[str, ...]
    tool_nouns: tuple[str, ...]
    syllables: tuple[str, ...]
    small_talk: tuple[tuple[str, str], ...]

    def verb_class(self, word: str) -> VerbClass | None:
        """Return the class of a verb; None for a word that is none."""
        return self.verbs.get(word)


UNKNOWN = Meaning("unknown")
FLAG = Meaning("flag")
CHOICE = Meaning("choice")
EDITS = Meaning("edits", ("replacing {v}",))


@cache
def lexicon() -> Lexicon:
    """Return the lexicon, read once."""
    listed = tomllib.loads(_FILE.read_text("utf-8"))
    classes = [VerbClass(entry["name"], frozenset(entry["words"].split()), _forms(entry)) for entry in listed["verbs"]]
    verbs: dict[str, VerbClass] = {}
    for each in classes:
        for word in each.words:
            verbs.setdefault(word, each)
    places = listed["places"]
    return Lexicon(
        meanings=tuple(map(_meaning, listed["meanings"])),
        numbers=tuple(map(_meaning, listed["numbers"])),
        choices=tuple(_meaning({"name": "choice", **entry}) for entry in listed["choices"]),
        roles=tuple(map(_role, listed["roles"])),
        verbs=verbs,
        frames=tuple(map(_frame, listed["frames"])),
        places=tuple(Place(*row.split("|")) for row in places["rows"]),
        foreign_places=tuple(Place(*row.split("|")) for row in places["foreign"]),
        streets=tuple(places["streets"]),
        street_kinds=tuple(places["kinds"]),
        facts={name: tuple(pool) for name, pool in listed["facts"].items()},
        report_sentences={int(number): tuple(lines) for number, lines in listed["reports"].items()},
        codes=tuple(map(_codes, listed["codes"])),
        qualities=tuple(listed["plain"]["qualities"].split()),
        nouns=tuple(listed["plain"]["nouns"].split()),
        tool_nouns=tuple(listed["plain"]["tool_nouns"].split()),
        syllables=tuple(listed["plain"]["syllables"].split()),
        small_talk=tuple((question, answer) for question, answer in listed["small_talk"]["answers"]),
    )


def _meaning(entry: Mapping[str, Any]) -> Meaning:
    values = entry.get("values", ())
    return Meaning(
        name=entry["name"],
        clauses=tuple(entry.get("clauses", ())),
        values=(values,) if isinstance(values, str) else tuple(values),
        names=tuple(frozenset(name.split("+")) for name in entry.get("names", "").split()),
        context=frozenset(entry.get("context", "").split()),
        formats=frozenset(entry.get("formats", "").split()),
        described=re.compile(entry["described"], re.I) if "described" in entry else None,
        must_say=re.compile(entry["must_say"]) if "must_say" in entry else None,
        noun=entry.get("noun", ""),
        vague=entry.get("vague", ""),
        is_topic=entry.get("is_topic", False),
        quoted=entry.get("quoted", False),
        is_technical=entry.get("is_technical", False),
        range=tuple(entry.get("range", (2, 100))),
        unit=entry.get("unit", ""),
    )


def _codes(entry: Mapping[str, Any]) -> CodePool:
    return CodePool(re.compile(entry["form"]), frozenset(entry["names"].split()), tuple(entry["values"].split()))


def _role(entry: Mapping[str, Any]) -> Role:
    words = entry["words"]
    meanings = frozenset(entry.get("meanings", "").split())
    return Role(entry.get("name", words.split()[0]), frozenset(words.split()), meanings, tuple(entry["clauses"]))


def _forms(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {form: tuple(entry[form]) for form in FORMS}


def _frame(entry: Mapping[str, Any]) -> Frame:
    slots = {}
    for key, what in entry["values"].items():
        meaning, _, role = what.partition(":")
        slots[key] = meaning, role
    return Frame(frozenset(entry["verbs"].split()), frozenset(entry.get("context", "").split()), slots, _forms(entry))


def meaning_of(name: str, schema: Mapping[str, Any], context: frozenset[str] = frozenset()) -> Meaning:
    """Return what a string parameter means: by its format, its name, or its description; `UNKNOWN` where none says.

    Args:
        name: of the parameter.
        schema: of the parameter, resolved.
        context: words of its tool.
    """
    parts = _parts(name)
    description = plain_text(schema["description"]) if isinstance(schema.get("description"), str) else ""
    form = schema.get("format")
    able = [meaning for meaning in lexicon().meanings if _is_able(meaning, context, description)]
    for meaning in able:
        if isinstance(form, str) and form in meaning.formats:
            return meaning
    if found := _named(able, parts):
        return found
    return next((m for m in able if m.described is not None and m.described.search(description)), UNKNOWN)


def number_meaning(name: str) -> Meaning:
    """Return what a number means; `UNKNOWN` where its name does not say."""
    return _named(lexicon().numbers, _parts(name)) or UNKNOWN


def choice_meaning(name: str) -> Meaning:
    """Return how a value of a closed list is said."""
    return _named(lexicon().choices, _parts(name)) or CHOICE


def role_of(words: Iterable[str], meaning: str) -> Role | None:
    """Return the role that the words of a name give to a value of a meaning."""
    parts = set(words)
    for role in lexicon().roles:
        if role.words & parts and (not role.meanings or meaning in role.meanings):
            return role
    return None


def _is_able(meaning: Meaning, context: frozenset[str], description: str) -> bool:
    if meaning.context and meaning.context.isdisjoint(context):
        return False
    return meaning.must_say is None or meaning.must_say.search(description) is not None


def _named(meanings: Iterable[Meaning], parts: list[str]) -> Meaning | None:
    """The meaning of several words of a name, else of its last, else of any."""
    words = set(parts)
    meanings = tuple(meanings)
    for meaning in meanings:
        if any(len(name) > 1 and name <= words for name in meaning.names):
            return meaning
    heads = set(parts[-1:]) | {_singular(part) for part in parts[-1:]}
    for asked in (heads, words | set(map(_singular, parts))):
        for meaning in meanings:
            if any(len(name) == 1 and name <= asked for name in meaning.names):
                return meaning
    return None


def _parts(name: str) -> list[str]:
    parts = name_words(name)
    return parts[:-1] if len(parts) > 1 and parts[-1].isdigit() and parts[-2] not in ("address", "line") else parts


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
