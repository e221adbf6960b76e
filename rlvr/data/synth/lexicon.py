"""The vocabulary: what parameters mean, what tools do and how people say both, as `lexicon.toml` lists it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from rlvr.files import JsonMapping

FORMS = ("do", "say", "ask", "terse")
"""What takes an opening, what stands alone, what asks, and what is said in few words."""

Record = TypeVar("Record")

_FILE = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True)
class Meaning:
    """What the values of a parameter are."""

    name: str
    clauses: tuple[str, ...] = ()  # how a value is said beside what a task is about
    sought: tuple[str, ...] = ()  # how it is said of what is looked for; empty where that is no different
    changed: tuple[str, ...] = ()  # how it is said of what is changed to it; empty where that is no different
    values: tuple[str, ...] = ()  # patterns or generators to draw strings from
    names: tuple[frozenset[str], ...] = ()  # words of parameter names, each entry those that must all stand there
    context: frozenset[str] = frozenset()  # words one of which must stand in the tool; empty asks for none
    formats: frozenset[str] = frozenset()  # JSON Schema formats
    among: frozenset[str] = frozenset()  # values of a closed list, whatever its name, that say what it lists
    narrows: str = ""  # a format whose values are these where the parameter's name or description says so
    described: re.Pattern[str] | None = None  # a pattern of descriptions; meeting it is enough
    shown: re.Pattern[str] | None = None  # a pattern of descriptions that says more than any name
    must_say: re.Pattern[str] | None = None  # a pattern that the description must meet
    noun: str = ""  # what a value names, where the parameter does not say
    vague: str = ""  # what stands for a value that a request leaves out
    is_topic: bool = False  # whether a task can be about it
    quoted: bool = False  # whether it is said in quotes
    share: float = 1.0  # how often people give it unasked, where others are as much to the point
    is_whole: bool = False  # whether a number of it has no decimals, whatever its schema allows
    says_which: bool = False  # whether it tells which thing is meant, and nothing of what becomes of it
    range: tuple[int, int] = (2, 100)  # of numbers
    is_code: bool = False  # whether a value is code of a language, which none but the schema's examples can stand for

    @cached_property
    def words(self) -> frozenset[str]:
        """The names of one word."""
        return frozenset().union(*(name for name in self.names if len(name) == 1))

    @cached_property
    def phrases(self) -> tuple[frozenset[str], ...]:
        """The names of several words."""
        return tuple(name for name in self.names if len(name) > 1)


@dataclass(frozen=True)
class Role:
    """Words of a parameter's name that say how its value stands to the task."""

    name: str
    words: frozenset[str]
    clauses: tuple[str, ...]
    meanings: frozenset[str] = frozenset()
    sought: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    asked: str = ""  # what such a date or time is asked for as, where its name is no word of people's


@dataclass(frozen=True)
class VerbClass:
    """Verbs that ask for the same: what they do, their words, and sentences about `{o}` by form."""

    name: str
    words: frozenset[str]
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Frame:
    """Sentences for what several values mean together: `slots` maps a key in braces to (meaning, role)."""

    verbs: frozenset[str]
    slots: Mapping[str, tuple[str, str]]
    forms: Mapping[str, tuple[str, ...]]
    context: frozenset[str] = frozenset()
    is_bare: bool = False  # whether it is for tools whose words name no thing, since it names none


@dataclass(frozen=True)
class Place:
    """A place with its parts: state and code are empty outside the United States."""

    city: str
    state_code: str
    state: str
    zip: str
    country: str
    country_code: str

    @property
    def country_in_capitals(self) -> str:
        """Return the country where that is three capitals; else nothing."""
        return self.country * self.country.isupper()


@dataclass(frozen=True)
class CodePool:
    """Codes that stand in a list: those of parameters whose names hold one of the words and whose examples the form."""

    form: re.Pattern[str]
    words: frozenset[str]
    pool: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """Everything that the file lists."""

    meanings: tuple[Meaning, ...]
    numbers: tuple[Meaning, ...]
    choices: tuple[Meaning, ...]
    roles: tuple[Role, ...]
    verbs: Mapping[str, VerbClass]
    verb_nouns: frozenset[str]
    frames: tuple[Frame, ...]
    places: tuple[Place, ...]
    foreign_places: tuple[Place, ...]
    streets: tuple[str, ...]
    street_kinds: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]]
    facts_of: Mapping[str, tuple[str, ...]]
    reports: Mapping[str, tuple[str, ...]]
    codes: tuple[CodePool, ...]
    flags: Mapping[str, Mapping[str, tuple[str, ...]]]
    qualities: tuple[str, ...]
    measures: tuple[str, ...]
    whole_words: dict[str, str]
    nouns: tuple[str, ...]
    places_searched: tuple[str, ...]
    known: Mapping[
        str, frozenset[str]
    ]  # words near which values of a meaning that fits some trades only are no guesses
    belied: Mapping[str, re.Pattern[str]]  # what descriptions say that values of a meaning are not
    trades: Mapping[str, re.Pattern[str]]  # what a whole toolset may work on, by words that tell it
    tool_nouns: tuple[str, ...]
    countable: tuple[str, ...]
    people: tuple[str, ...]
    doers: tuple[str, ...]
    loose: tuple[str, ...]
    adjectives: tuple[str, ...]
    forms_of_values: tuple[str, ...]
    kinds_of_files: tuple[str, ...]
    named_kinds: tuple[str, ...]
    titled: tuple[str, ...]
    syllables: tuple[str, ...]
    small_talk: tuple[tuple[str, str], ...]
    openings: Mapping[str, tuple[str, ...]]
    also: Mapping[str, tuple[str, ...]]
    same_again: Mapping[str, tuple[str, ...]]
    questions: tuple[str, ...]
    abilities: tuple[str, ...]
    vague_needs: tuple[str, ...]
    clauses_of_ids: Mapping[str, tuple[str, ...]]
    same_things: Mapping[str, tuple[str, ...]]
    beside: Mapping[tuple[str, str], tuple[str, ...]]
    leads: tuple[str, ...]


SHARE_OF_TECHNICAL = 0.12
IDS = ("id", "uuid")  # meanings of what only says which thing is meant
OF_THINGS = ("for {v}", ", {w} {v}")
_OF_ATTRIBUTES = ("with {w} {v}", ", {w} {v}")
CHANGED_BY_NAME = ", {w} to {v}"  # how a value is said that something becomes
_BY_NAME = (CHANGED_BY_NAME,)

UNKNOWN = Meaning("unknown", share=0.06)
FLAG = Meaning("flag", share=0.3)
CONSTANT = Meaning("constant", share=SHARE_OF_TECHNICAL)  # the only value there is, which nobody states
CHOICE = Meaning("choice", (", {w} {v}", "with a {v} {w}", ", {w}: {v}"), changed=_BY_NAME, share=SHARE_OF_TECHNICAL)
EDITS = Meaning("edits", ("replacing {v}",))


@cache
def lexicon() -> Lexicon:
    """Return the lexicon, read once."""
    listed = tomllib.loads(_FILE.read_text("utf-8"))
    verbs: dict[str, VerbClass] = {}
    for entry in listed["verbs"]:
        verb_class = VerbClass(entry["name"], _words(entry["words"]), _forms(entry))
        verbs.update({word: verb_class for word in verb_class.words if word not in verbs})
    verbs |= {word: said_as_it_is(word) for word in listed["literal"]["verbs"].split()}
    places = listed["places"]
    texts: dict[str, Any] = {name: tuple(words.split()) for name, words in listed["plain"].items()}
    texts |= {name: _tuples(listed[name]) for name in ("facts", "reports", "openings", "also", "same_again")}
    texts["flags"] = {kind: _tuples(patterns) for kind, patterns in listed["flags"].items()}
    texts["facts_of"] = {word: facts for words, facts in listed["facts_of"].items() for word in words.split()}
    texts |= _tuples(listed["asking"])
    texts["clauses_of_ids"] = {noun: (clause,) for clause, nouns in listed["ids"].items() for noun in nouns.split()}
    texts["same_things"] = {word: tuple(words.split()) for words in listed["same"]["things"] for word in words.split()}
    texts["beside"] = {
        (verb, meaning): tuple(entry["clauses"])
        for entry in listed["beside"]
        for verb in entry["verbs"].split()
        for meaning in entry["meanings"].split()
    }
    texts["known"] = {meaning: _words(words) for meaning, words in listed["known"].items()}
    for table in ("belied", "trades"):
        texts[table] = {name: re.compile(pattern) for name, pattern in listed[table].items()}
    whole_words = {short: word for word, forms in listed["whole_words"].items() for short in forms.split()}
    return Lexicon(
        meanings=(
            *_records(Meaning, listed["meanings"]),
            *_known_by_examples(listed["things"], OF_THINGS),
            *_known_by_examples(listed["attributes"], _OF_ATTRIBUTES),
        ),
        numbers=_records(Meaning, listed["numbers"]),
        choices=_records(Meaning, listed["choices"], name="choice"),
        roles=tuple(_record(Role, {"name": entry["words"].split()[0], **entry}) for entry in listed["roles"]),
        verbs=verbs,
        verb_nouns=_words(listed["literal"]["nouns"]),
        whole_words=whole_words,
        frames=tuple(map(_frame, listed["frames"])),
        places=tuple(Place(*row.split("|")) for row in places["rows"]),
        foreign_places=tuple(Place(*row.split("|")) for row in places["foreign"]),
        streets=tuple(places["streets"]),
        street_kinds=tuple(places["kinds"]),
        codes=_records(CodePool, listed["codes"]),
        small_talk=tuple((question, answer) for question, answer in listed["small_talk"]["answers"]),
        **texts,
    )


def _known_by_examples(listed: Mapping[str, str], clauses: tuple[str, ...]) -> Iterator[Meaning]:
    """Yield a meaning for each entry of names and examples."""
    for names, examples in listed.items():
        entry = {"name": names.split()[0], "names": names, "values": f"{{{examples}}}", "clauses": clauses}
        yield replace(_record(Meaning, entry), changed=_BY_NAME, is_topic=True)


def _tuples(listed: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    return {name: tuple(entries) for name, entries in listed.items()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READ: Mapping[str, Callable[[Any], Any]] = {
    "among": _words,
    "changed": tuple,
    "clauses": tuple,
    "context": _words,
    "described": lambda text: re.compile(text, re.I),
    "form": re.compile,
    "formats": _words,
    "meanings": _words,
    "must_say": re.compile,
    "shown": lambda text: re.compile(text, re.I),
    "names": lambda text: tuple(frozenset(name.split("+")) for name in text.split()),
    "pool": lambda text: tuple(text.split()),
    "range": tuple,
    "sought": tuple,
    "values": lambda listed: (listed,) if isinstance(listed, str) else tuple(listed),
    "words": _words,
}
"""How the file's entries become fields; the others stay as they are."""


def _record(kind: type[Record], entry: Mapping[str, Any]) -> Record:
    return kind(**{name: _READ[name](value) if name in _READ else value for name, value in entry.items()})


def _records(kind: type[Record], entries: Iterable[Mapping[str, Any]], **usual: Any) -> tuple[Record, ...]:
    return tuple(_record(kind, {**usual, **entry}) for entry in entries)


def _forms(entry: JsonMapping) -> dict[str, tuple[str, ...]]:
    return {form: tuple(entry[form]) for form in FORMS}


def said_as_it_is(verb: str) -> VerbClass:
    """Return the class of a verb that has no other words for what it does."""
    forms = {
        "do": (f"{verb} {{o}}",),
        "say": (f"I need to {verb} {{o}}", f"I want to {verb} {{o}}"),
        "ask": (),
        "terse": (f"{verb} {{o}}",),
    }
    return VerbClass(verb, frozenset((verb,)), forms)


def _frame(entry: JsonMapping) -> Frame:
    slots = {key: what.partition(":")[::2] for key, what in entry["values"].items()}
    return Frame(_words(entry["verbs"]), slots, _forms(entry), _words(entry.get("context", "")), "is_bare" in entry)
