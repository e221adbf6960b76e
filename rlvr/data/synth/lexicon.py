"""What parameters mean, what tools do, and how people say both, as `lexicon.toml` lists it."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from rewards.names import name_words
from rlvr.data.described import description_of
from rlvr.data.json_values import text_in
from rlvr.files import Json, JsonMapping

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
    trades: Mapping[str, re.Pattern[str]]  # what a whole toolset may work on, by words that tell it
    tool_nouns: tuple[str, ...]
    countable: tuple[str, ...]
    people: tuple[str, ...]
    doers: tuple[str, ...]
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
_OF_THINGS = ("for {v}", ", {w} {v}")
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
    texts["trades"] = {trade: re.compile(pattern) for trade, pattern in listed["trades"].items()}
    whole_words = {short: word for word, forms in listed["whole_words"].items() for short in forms.split()}
    return Lexicon(
        meanings=(
            *_records(Meaning, listed["meanings"]),
            *_known_by_examples(listed["things"], _OF_THINGS),
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


def meaning_of(name: str, schema: JsonMapping, context: frozenset[str] = frozenset()) -> Meaning:
    """Return what a string parameter means: by its format, its name, or its description; `UNKNOWN` where none says.

    The words of its tool, the context, tell a git branch from a bank's.
    """
    return _meaning_of(name, description_of(schema), text_in(schema, "format"), context)


@lru_cache(maxsize=4096)  # objects in objects in lists have the same members over and over
def _meaning_of(name: str, description: str, form: str | None, context: frozenset[str]) -> Meaning:
    parts = [*itertools.takewhile(lambda word: word != "or", _parts(name))]  # a `symbol_or_id` is given as a symbol
    able = [meaning for meaning in lexicon().meanings if _is_able(meaning, context, description)]
    for meaning in able:
        if form is not None and (form in meaning.formats or _narrows(meaning, form, parts, description)):
            return meaning
    kind = _kind_named(parts, context)
    if kind and kind != _NAMELESS:
        return _named(able, [kind]) or UNKNOWN
    shown = (meaning for meaning in lexicon().meanings if meaning.shown and meaning.shown.search(description))
    if named := next(shown, None) or _named(able, parts):
        is_nameless = named.name == "title" and kind == _NAMELESS
        return _named(able, parts[-2:-1]) or UNKNOWN if is_nameless else named  # the city of a `city_name`
    return next((m for m in able if m.described is not None and m.described.search(description)), UNKNOWN)


_NAMELESS = "nameless"  # of which nothing tells what its names are like


def _kind_named(parts: list[str], context: frozenset[str]) -> str:
    """Return of what kind a name is: a food of `food_name`, and of the `name` that adds a food; else nothing."""
    *owners, last = ("", *parts)
    if last not in ("name", "title"):
        return ""
    kinds = lexicon().named_kinds
    if owners[-1]:
        return next(filter(kinds.__contains__, owners[-1:]), "" if owners[-1] in lexicon().titled else _NAMELESS)
    if not _ABOUT_OTHERS.isdisjoint(context):
        return ""
    return next((kind for kind in kinds if f"@{kind}" in context), "")


_ABOUT_OTHERS = frozenset(
    "@destination @destinations @category @categories @order @orders @user @users @list @lists".split()
)
"""Words of the names of tools whose names are no names of what else they speak of."""


def _narrows(meaning: Meaning, form: str, parts: list[str], description: str) -> bool:
    if form != meaning.narrows:
        return False
    is_described = meaning.described is not None and meaning.described.search(description) is not None
    return is_described or _named((meaning,), parts) is not None


def is_named_by(meaning: Meaning, name: str, schema: JsonMapping) -> bool:
    """Tell whether a meaning is sure: by a format, the description, or the end of the name and not any word in it."""
    description, form = description_of(schema), text_in(schema, "format")
    patterns = filter(None, (meaning.described, meaning.shown))
    if form in {meaning.narrows, *meaning.formats} or any(pattern.search(description) for pattern in patterns):
        return True
    whole = " ".join(_parts(name)).partition(" or ")[0]
    words = whole.split()
    heads = (*words[-1:], *_BEHIND_WHAT_IS_NAMED.sub("", whole).split()[-1:])
    ends = {*heads, *map(singular, heads)}
    return not ends.isdisjoint(frozenset[str]().union(*filter(ends.union(words).issuperset, meaning.names)))


def number_meaning(name: str, description: str = "") -> Meaning:
    """Return what a number means; `UNKNOWN` where its name does not say, nor the description beside it."""
    if _OF_RESULTS.search(description):
        return _named(lexicon().numbers, ["limit"]) or UNKNOWN
    parts = ["quantity"] if _OF_A_QUANTITY.search(description) else counted(_parts(name), description)
    # A total alone is of money, a total of pages counts them.
    if len(parts) > 1 and parts[0] == "total":
        parts = parts[1:]
    if parts == ["number"]:
        return UNKNOWN
    able = [meaning for meaning in lexicon().numbers if _is_able(meaning, frozenset(), description)]
    return _named(able, parts) or UNKNOWN


def says_its_number(description: str) -> bool:
    """Tell whether a description says what a number counts: how many results, a quantity."""
    return bool(_OF_RESULTS.search(description) or _OF_A_QUANTITY.search(description))


_OF_RESULTS = re.compile(r"(?i)\b(?:how many|number of) (?:\w+ ){1,3}(?:to (?:return|show|list|include)|returned)\b")
_OF_A_QUANTITY = re.compile(r"(?i)^(?:the )?(?:quantity|number of (?:units|pieces|copies)|how many (?:units|pieces))\b")
_OF_A_COUNT = re.compile(r"(?i)^(?:the )?(?:total )?(?:number|count) of|^how many")


def counted(parts: list[str], description: str) -> list[str]:
    """Return the words of what a number counts: `adults_number`, and a `room_number` that is the number of rooms."""
    *things, last = ("", *parts)
    if last != "number" or not things[-1]:
        return parts
    if things[-1].endswith("s"):
        return things[1:]
    if _OF_A_COUNT.search(description):
        return [*things[1:-1], f"{things[-1]}s"]
    return parts


def choice_meaning(name: str, values: Iterable[Json]) -> Meaning:
    """Return how a value of a closed list is said: by what it lists, else by its name."""
    listed = set(map(str.lower, map(str, values)))
    told = next((choice for choice in lexicon().choices if choice.among >= listed), None)
    return told or _named(lexicon().choices, _parts(name)) or CHOICE


_TO_DO = re.compile(
    r"(?<=\w) to (?=(?:find|search|replace|add|remove|delete|pay|send|read|write|keep|show|use|wait|skip)\b).*"
)
"""What is done with a value, and not where it goes: of a `text_to_find`."""

_DAYS = {
    frozenset(("first", "day")): frozenset(("start",)),
    frozenset(("first", "date")): frozenset(("start",)),
    frozenset(("last", "day")): frozenset(("end",)),
    frozenset(("last", "date")): frozenset(("end",)),
}
"""What a first and a last day are, while a first name and a last login are nothing of the kind."""


def edge_words(words: Iterable[str]) -> list[str]:
    """Return the words of a name with those of arriving and leaving as one each: `check_in`, `check_out`."""
    return " ".join(words).replace("check in", "checkin").replace("check out", "checkout").split()


def role_of(words: Iterable[str], meaning: str) -> Role | None:
    """Return the role that the words of a name give to a value of a meaning."""
    parts = set(edge_words(_TO_DO.sub("", " ".join(words)).split()))
    parts |= _DAYS.get(frozenset(parts), frozenset())
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
        if any(map(words.issuperset, meaning.phrases)):
            return meaning
    if len(parts) > 1 and parts[-1] in _WRITTEN_AS and (written := _named(meanings, parts[:-1])):
        return written
    head, inner = set(parts[-1:]), words - _ONLY_ALONE
    head -= _ONLY_ALONE if len(parts) > 1 else set()
    inner = set() if head <= _KINDS else inner
    for asked in (head, set(map(singular, head)), inner, set(map(singular, inner))):
        for meaning in meanings:
            if not meaning.words.isdisjoint(asked):
                return meaning
    return None


_KINDS = frozenset(
    "type kind mode format filter order sort level field fields style scope template version prefix suffix strategy "
    "class option options range window period "
    "config expression pattern function method action operation schema policy rule".split()
)
"""Words at the end of a name that say what it is, whatever stands before them: a `query_type` is no query."""

_WRITTEN_AS = frozenset("text str string value param parameter input arg".split())
"""Words at the end of a name that only say that a value is written: the date of `date_text`."""

_BEHIND_WHAT_IS_NAMED = re.compile(
    rf"(?<=\w)(?: (?:{'|'.join(_WRITTEN_AS)}|names?|title|list|filter|of|for|at|in|max|min|maximum|minimum|number|"
    r"usd|eur|gbp|aed|inr|[a-z]))+$"
)
"""Words at the end of a name behind the one that says what a value is: the city of `city_name`."""

_ONLY_ALONE = frozenset(("from", "to"))
"""Words that mean a place only alone: not in `calendars_to_check` and `route_to`."""


def without_its_form(words: str) -> str:
    """Return the words of a name without one at their end that only says that a value is written."""
    front, _, last = words.rpartition(" ")
    if last in _WRITTEN_AS:
        return front or words
    return words


def _parts(name: str) -> list[str]:
    parts = name_words(name)
    return parts[:-1] if len(parts) > 1 and parts[-1].isdigit() and parts[-2] not in ("address", "line") else parts


def singular(word: str) -> str:
    """Return a noun without the s of its plural; `status` and `address` have none."""
    if ending := _PLURAL.search(word):
        return word[: ending.start()] + "y" * (ending[0] == "ies")
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def takes_article(noun: str) -> bool:
    """Return whether a noun needs "a" or "the" before it: no plural does, and nothing that is not counted."""
    return _UNCOUNTED.search(noun) is None


_UNCOUNTED = re.compile(
    r"[^s]s$|\b(?:children|people|media|data|metadata|content|evidence|feedback|information|info|access|software|traffic|text|roaming|usage|weather|storage)$",
    re.I,
)
_PLURAL = re.compile(r"(?<=[^a]ch|.sh|.ss|..x)es$|(?<=[^aeiou])ies$(?<!movies|series|pecies|ookies)")
_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w+))")
_SOUNDS_AS_VOWEL = re.compile(
    r"[aio]|e(?!u)|u(?!ni(?!n|m)|se|sa|su|ti|r[il]|uid|u\b|i\b|sb|tc|ro|k\b)|hours?\b|hono|honest|heir|"
    r"(?:sms|html|https?|mp\d|ssh|ssl|xml|xls|rss|llm|sla|sku|sdk|svg|sql|nda|nft|fbi|faq|hr|mri|mcp|npc|rpc|rfc|x)\b",
    re.I,
)


def with_articles(text: str) -> str:
    """Return a text whose every "a" and "an" goes with the sound of the next word: an invoice, a user, an SMS."""
    return _ARTICLE.sub(lambda at: f"{at[1]}{'n' if _has_vowel_sound(at[2]) else ''} ", text)


def _has_vowel_sound(word: str) -> bool:
    return _SOUNDS_AS_VOWEL.match(word) is not None and not re.match(r"one|once", word, re.I)
