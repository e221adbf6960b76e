"""Values as people write them."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Container, Mapping
from random import Random
from typing import Any

from rewards.names import name_words
from rlvr.data.synth.any_tools.parameters import ENVELOPES, Parameter
from rlvr.data.synth.lexicon import IDS, lexicon
from rlvr.data.synth.nouns import plural, singular, with_articles
from rlvr.data.synth.phrasing import listed

_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00)?(Z?)")
_SPOKEN_DATE_SHARE = 0.6
_IN_ONE_WORD = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+|[A-Z]+(?:_[A-Z]+)+")
"""Values such as `needsAction` and `HOME_LOAN`, which people say in words."""

_SEVERAL_WORDS = re.compile(r"[a-z]{2,}(?:_[a-z]{2,})+")


def said(parameter: Parameter, value: Any, rng: Random) -> str:
    """Return a value in words: several with commas, an object by its members."""
    if isinstance(value, str):
        return _string(parameter, value, rng)
    if isinstance(value, list):
        items = [said(parameter, item, rng) for item in value]
        if parameter.meaning.name == "shell":
            return " ".join(items)
        if parameter.meaning.quoted:
            return '" and "'.join(items)
        return listed(items, "; " if parameter.members and any("," in item for item in items) else ", ")
    if isinstance(value, dict):
        return _members(parameter, value, rng)
    return written(value)


def written(value: Any) -> str:
    """Return a value as it is written where nothing is known of it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed([written(item) for item in value])
    if isinstance(value, dict):
        return ", ".join(f"{' '.join(name_words(name)) or name} {written(item)}" for name, item in value.items())
    return str(value)


def _string(parameter: Parameter, value: str, rng: Random) -> str:
    meaning = parameter.meaning.name
    if meaning in ("date", "birth", "datetime") and rng.random() < _SPOKEN_DATE_SHARE:
        return spoken_time(value, rng)
    if meaning == "choice":
        return " ".join(name_words(value)) if _IN_ONE_WORD.fullmatch(value) else value.replace("_", " ")
    if meaning == "unknown" and _SEVERAL_WORDS.fullmatch(value):
        return value.replace("_", " ")
    if "," in value and meaning in _IN_COMMAS:
        return listed([item.strip() for item in value.split(",")])
    return value


_IN_COMMAS = ("id", "uuid", "url", "ticker", "email", "country_code", "language_code")
"""Meanings of which one string may hold several values, parted by commas."""


def spoken_time(value: str, rng: Random) -> str:
    """Return a date, or a date with a time of day, as people write it; what is neither as it is."""
    if match := _DATETIME.fullmatch(value):
        return f"{spoken_date(match[1], rng)} at {match[2]}{match[3].replace('Z', ' UTC')}"
    return spoken_date(value, rng)


def spoken_date(value: str, rng: Random) -> str:
    """Return a date of YYYY-MM-DD with its month in words; what is no date as it is."""
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        return value
    return rng.choice(_DATE_FORMS)(day)


_DATE_FORMS: tuple[Callable[[datetime.date], str], ...] = (
    lambda day: f"{day:%B} {day.day}, {day.year}",
    lambda day: f"{day.day} {day:%B} {day.year}",
    lambda day: f"{day:%b} {day.day}, {day.year}",
)


_PAIRS: Mapping[frozenset[str], str] = {
    frozenset(("first_name", "last_name")): " ",
    frozenset(("latitude", "longitude")): ", ",
}
"""Members that an object is said by, and what stands between them."""


def _members(parameter: Parameter, value: Mapping[str, Any], rng: Random) -> str:
    """An object: what names it first, the rest with their clauses; old text and new text as what is replaced."""
    if not parameter.members:
        return written(value)
    texts = {member.meaning.name: value[member.name] for member in parameter.members if member.name in value}
    if {"old_text", "new_text"} <= texts.keys():
        return f'"{texts["old_text"]}" with "{texts["new_text"]}"'
    pair = next(filter(texts.keys().__ge__, _PAIRS), None)
    if pair is not None:
        head = _PAIRS[pair].join(str(texts[part]) for part in sorted(pair))
        rest = [member for member in parameter.members if member.meaning.name not in pair]
    else:
        present = [m for m in parameter.members if m.name in value and not m.goes_unsaid(value)]
        present.sort(
            key=lambda member: (bool(member.members), member.meaning.name != "title", not member.meaning.is_topic)
        )
        first = next(iter(present), None)
        if first is None:
            return written(value)
        head = _head(parameter, first, value[first.name], rng)
        rest = [member for member in present if member is not first]
    parts = [clause(member, value[member.name], rng) for member in rest if member.name in value]
    return with_clauses(head, parts)


_SAID_BARE = frozenset("title person city place product ticker song food old_text".split())
"""Meanings whose values need no name where an object begins with them."""


def _head(parameter: Parameter, first: Parameter, value: Any, rng: Random) -> str:
    """Return what an object begins with: an id behind what it names, parent page P-1; others behind their names."""
    if first.is_flag:
        return f"{first.words} {'on' if value else 'off'}"
    if first.role is not None:
        return clause(first, value, rng).removeprefix(", ")
    text = first.quoted(said(first, value, rng))
    if first.meaning.name not in IDS:
        is_bare = first.members or first.meaning.name in _SAID_BARE or (parameter.is_list and first.meaning.is_topic)
        return text if is_bare else f"{first.words} {text}"
    is_named = not parameter.is_list and parameter.name not in ENVELOPES
    owner = parameter.words.split() if is_named else ()
    return " ".join(dict.fromkeys([*owner, *first.noun.split(), text]))


def clause(parameter: Parameter, value: Any, rng: Random, *, is_sought: bool = False) -> str:
    """Return a value with the words that tie it to what the task is about, which may be things that are looked for."""
    if parameter.is_flag:
        return _flag(parameter, bool(value), rng, is_sought=is_sought)
    pattern, text = rng.choice(parameter.clauses), said(parameter, value, rng)
    if parameter.noun and parameter.meaning.name in ("id", "uuid", "device"):
        is_several = isinstance(value, list) and len(value) > 1
        noun = plural(parameter.noun) if is_several else parameter.noun
        text, pattern = f"{noun} {text}", pattern.replace("{w} ", "")
    return filled(with_name(without_twice(pattern, parameter, text), parameter), text)


_RELATIVE = re.compile(r"(?:next|this|last|today|tomorrow|yesterday|tonight|in \d|every) ?\b", re.I)
_BECAUSE = ("because {v}", "since {v}")
_IS_CLAUSE = re.compile(
    r"\d|\b(?:next|last|this|is|are|was|were|am|has|have|had|do|does|did|will|can|could|would|should|it|i|we|they|he|she|you|somebody|"
    r"nobody|something|\w+ed|came|got|went|keeps?|fell|broke|fail|fails|\w+n't)\b",
    re.I,
)
"""Finds what stands behind "because" as a sentence, and not as a thing."""


def filled(pattern: str, text: str) -> str:
    """Return a pattern with a value in it, and the article before it that goes with its sound."""
    if pattern == "on {v}" and _RELATIVE.match(text):
        return text
    if pattern in _BECAUSE and not _IS_CLAUSE.search(text):
        pattern = "because of {v}"
    return pattern.replace("a {v}", with_articles(f"a {text}")).replace("{v}", text)


def without_twice(pattern: str, parameter: Parameter, text: str) -> str:
    """Return a pattern without the parameter's name where its text begins with that: bill 5 of `bills`."""
    first = text.partition(" ")[0].lower()
    is_twice = first in (parameter.words, singular(parameter.words)) or first in parameter.words.split()[:-1]
    return pattern.replace("{w} ", "") if is_twice else pattern


def with_name(pattern: str, parameter: Parameter, about: Container[str] = ()) -> str:
    """Return a pattern with the parameter's name in it, without words that are said anyway: "with an angle of {v}"."""
    named = parameter.words.removeprefix("new ")
    thing, _, last = named.rpartition(" ")
    if last == "name" and thing in lexicon().countable:  # warehouse Northgate
        named = thing
    words = " ".join(itertools.filterfalse(about.__contains__, named.split())) or named
    return with_articles(pattern.replace("{w}", words)) if "{w}" in pattern else pattern


_PLACED = re.compile(r"(?:in|on|at|as) |\w+ing\b")
_THING_FLAGS = frozenset("has include includes with use enable allow show".split())
_STATE_FLAGS = frozenset("is should do can".split())
"""Words before what a flag says: before a thing that is there or not, and before what something is."""


_SWITCHES = frozenset(("state", "enabled", "on", "value", "status"))


def _flag(parameter: Parameter, value: bool, rng: Random, *, is_sought: bool) -> str:
    words, is_thing = _flag_words(parameter)
    if words.startswith("no "):
        words, is_thing, value = words.removeprefix("no "), True, not value
    if words in lexicon().verbs.keys() - lexicon().verb_nouns:
        words = f"{words} it"
    patterns = lexicon().flags[_kind_of_flag(words, is_thing=is_thing, is_sought=is_sought)]
    pattern = rng.choice(patterns["yes" if value else "no"])
    return pattern.replace("{w}", re.sub(r"^only | only$", "", words)).replace(
        "{not}", words.replace(" can ", " cannot ")
    )


def _flag_words(parameter: Parameter) -> tuple[str, bool]:
    """Return the words of a flag without those that only say that it is one, and whether they name a thing."""
    first, _, rest = parameter.words.partition(" ")
    if rest and first in _STATE_FLAGS:
        return rest, False
    if rest and first in _THING_FLAGS and not _PLACED.match(rest):
        return rest, True
    return parameter.words, bool(rest) and not _PLACED.match(parameter.words)


def _kind_of_flag(words: str, *, is_thing: bool, is_sought: bool) -> str:
    if words in _SWITCHES:
        return "switch"
    if "only" in (words.partition(" ")[0], words.rpartition(" ")[2]):
        return "only"
    if " can " in words:
        return "ability"
    if " " in words and words.partition(" ")[0] in lexicon().verbs:
        return "deed"
    if is_thing:
        return "thing"
    return "sought" if is_sought else "state"


def with_clauses(text: str, clauses: list[str]) -> str:
    """Return a text with clauses behind it: an amount of the thing first, asides and reasons last."""
    mark = next((mark for mark in (" = ?", "?") if clauses and text.endswith(mark)), "")
    text = text.removesuffix(mark)
    for part in sorted(clauses, key=_place):
        text += part if part[0] in ",:" else f" {part}"
    return text + mark


_LAST = (",", ":", "(", "\u2014", "-", "because ", "since ", "so that ")


def _place(clause: str) -> tuple[bool, bool]:
    return not clause.startswith("of "), clause.startswith(_LAST)
