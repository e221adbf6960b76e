"""What a parameter means, by the words of its name, its description and its tool."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache

from rewards.names import name_words
from rlvr.data.described import description_of
from rlvr.data.json_values import text_in
from rlvr.data.synth.lexicon import CHOICE, UNKNOWN, Meaning, Role, lexicon
from rlvr.data.synth.nouns import singular
from rlvr.files import Json, JsonMapping


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
        is_nameless = "name" in named.words and kind == _NAMELESS
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

_MOMENTS = ("date", "datetime", "time")
_SHIFTING = frozenset("future actual previous prior planned proposed expected estimated projected".split())
"""Words of names that say of a start or an end that it is another one."""

_DAYS = {
    frozenset(("first", "day")): frozenset(("start",)),
    frozenset(("first", "date")): frozenset(("start",)),
    frozenset(("last", "day")): frozenset(("end",)),
    frozenset(("last", "date")): frozenset(("end",)),
}
"""What a first and a last day are, while a first name and a last login are nothing of the kind."""


def edge_words(words: Iterable[str]) -> list[str]:
    """Return the words of a name, `check_in` and `check_out` as one each and those of `fromdate` as two."""
    apart = _GLUED_EDGE.sub(r"\1 ", " ".join(words))
    return apart.replace("check in", "checkin").replace("check out", "checkout").split()


_GLUED_EDGE = re.compile(r"\b(from|to|start|end|begin)(?=(?:date|time|day)s?\b)")


def role_of(words: Iterable[str], meaning: str) -> Role | None:
    """Return the role that the words of a name give to a value of a meaning."""
    parts = set(edge_words(_TO_DO.sub("", " ".join(words)).split()))
    if meaning in _MOMENTS and not parts.isdisjoint(_SHIFTING):
        return None
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
