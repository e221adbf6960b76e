"""What tools answer: results that fit the call, hold what a next call needs, and can be told in a sentence."""

from __future__ import annotations

import itertools
import operator
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from rewards.names import name_words
from rlvr.data.json_values import list_of, object_of, parts_of, without
from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.strings import string_source
from rlvr.data.synth.any_tools.tool_task import DETERMINERS, JOINING, LINKING
from rlvr.data.synth.drawing import Draw, one_of
from rlvr.data.synth.lexicon import IDS, lexicon
from rlvr.data.synth.nouns import plural, singular
from rlvr.data.synth.phrasing import listed
from rlvr.files import JsonMapping, JsonObject

_FINDING = ("find", "list", "look")
_TO_NEW = frozenset(
    "look add assign attach invite label notify play publish send share start subscribe tag upload".split()
)
"""Classes of verbs that ask for something to be done with what was just made."""

_MAKING = (*_FINDING, "make")
_TELLING = (*_MAKING, "book", "compute", "convert", "check", "check_if")  # verbs of what has something to tell
_LINKED = ("id", "uuid", "path", "directory", "branch", "revision", "files", "payment")
_MOST_SHOWN = 2
_LONGEST_FACT = 40
_UNTOLD = frozenset(
    """
    id ids uuid url uri href link token hash etag cursor marker object type at from to by limit offset page pages per
    order sort direction next previous prev warning warnings msg error errors code sequence sha version gid self max
    """.split()
)
"""Words of members that nobody is told of."""


def links(tool: SpokenTool, others: Sequence[SpokenTool]) -> list[tuple[SpokenTool, Parameter]]:
    """Return tools whose results could hold a value that this one requires, each with the parameter.

    One that finds or lists what the parameter names, or makes it, can: its words hold the noun.
    """
    able = []
    for parameter in tool.demanded:
        is_one = parameter.noun and not parameter.role and not parameter.name.endswith("s")
        if parameter.meaning.name not in _LINKED or not is_one:
            continue
        noun = parameter.noun.split()[-1]
        is_new = noun in tool.does.words or parameter.meaning.name not in IDS  # what it makes is not there before
        if tool.does.verb_class.name == "make" and is_new:
            continue
        if noun == "user":  # "user" stands in many descriptions, as who the tool serves
            continue
        givers = _MAKING if tool.does.verb_class.name in _TO_NEW else _FINDING
        for giver in others:
            gives = giver.does.verb_class.name in givers and _speaks_of(giver, noun) and not _takes(giver, noun)
            if gives and _is_unknown(tool, giver, parameter) and _is_of_one_kind(tool, giver, parameter):
                able.append((giver, parameter))
    return able


def _speaks_of(tool: SpokenTool, noun: str) -> bool:
    """Tell whether what a tool does is about such things."""
    words = tool.does.words
    return _is_head(noun, words[: (*words, "for").index("for")])


def _is_of_one_kind(tool: SpokenTool, giver: SpokenTool, link: Parameter) -> bool:
    """Tell whether two tools speak of the same kind of things: code alerts are no secret alerts."""
    *kind, noun = link.noun.split()
    mine, theirs = _before(noun, tool.does.words), _before(noun, giver.does.words)
    spoken_of = set(map(singular, (*giver.does.words, *name_words(giver.name))))
    # Of terminal sessions no search is one.
    return spoken_of.issuperset(kind) and mine & theirs in (mine, theirs) and theirs <= mine | _ANY_KIND


def _is_unknown(tool: SpokenTool, giver: SpokenTool, link: Parameter) -> bool:
    """Tell whether a value has to be looked up: who names a card by its id knows the board that it is on."""
    known = {parameter.key for parameter in giver.demanded} | {link.key}
    named = {parameter.key for parameter in tool.demanded if parameter.meaning.name in IDS}
    return named <= known or tool.does.verb_class.name in JOINING


def _before(noun: str, words: Sequence[str]) -> set[str]:
    match = re.search(rf"((?:\S+ ){{,3}}){noun}(?:e?s)?\b", " ".join(words))
    return set(match[1].split()) - LINKING - DETERMINERS if match else set()


def _is_head(noun: str, words: Sequence[str]) -> bool:
    """Tell whether the words are about such things: orders, or the details of an order, but not order items."""
    pairs = list(itertools.pairwise((*words, "of")))  # the last word is about nothing more
    end = next((at for at, (word, behind) in enumerate(pairs) if behind in LINKING and word not in _LIGHT), len(pairs))
    return any(noun in (word, singular(word)) and behind in _BEHIND_A_HEAD for word, behind in pairs[: end + 1])


_ANY_KIND = frozenset(
    "active available recent latest open saved stored existing configured accessible scheduled".split()
)
"""Words before things that do not say of which kind they are."""

_LIGHT = frozenset("list lists details detail info information data overview history summary of".split())
_BEHIND_A_HEAD = frozenset("of in by with from on that and at about to details detail info information data".split())


def _takes(tool: SpokenTool, noun: str) -> bool:
    return any(parameter.noun.split()[-1:] == [noun] for parameter in tool.required)


def referred(giver: SpokenTool, link: Parameter) -> str:
    """Return the words for what a request takes from the result of a call: one of many, the new one, the only one."""
    verb = giver.does.verb_class.name
    is_one = verb != "list" and link.noun.split()[-1] in giver.does.words
    which = {"make": "the new"}.get(verb, "that" if is_one else "the first")
    return f"{which} {link.noun}"


def holding(tool: SpokenTool, arguments: JsonMapping, link: Parameter, value: Any, rng: Random) -> tuple[Any, Any]:
    """Return a result of a call that holds the value of a link, as that of the first of several, and the value.

    A tool's maker may say that the value is a number where the next call takes it as a text.
    """
    result = _drawn(tool, arguments, rng)
    for record, name in _places_of(result, link, tool):
        old = record[name]
        if isinstance(old, int) and isinstance(value, str):
            return result, str(old)
        record[name] = type(old)(value)
        return result, value
    verb, key = tool.does.verb_class.name, _EITHER.sub("", link.key)
    if not referred(tool, link).startswith("the first"):
        return {**_echoed(arguments), key: value, **_fact(rng.choice(lexicon().facts[verb]), rng).record}, value
    values = dict.fromkeys((value, *(link.draw(rng) for _ in range(rng.randint(0, 2)))))
    told = rng.choice(lexicon().facts["look"])
    records = [{key: each, **_fact(told, rng).record} for each in values]
    return {plural(link.noun.replace(" ", "_")): records, "total": len(records)}, value


_EITHER = re.compile(r"(?<=id)_?or_?(?:key|slug|name|number|iid|uuid|path)$", re.I)
"""How the name of a parameter that takes an id ends where it takes something else as well."""


def tells(tool: SpokenTool) -> bool:
    """Tell whether a result says what is asked for: that it is done, names, what its maker describes, a known fact."""
    verb = tool.does.verb_class.name
    if verb in _WANTING_WORDS:
        return False
    if verb not in _SAYING_NOTHING or tool.answers is not None or _known(tool):
        return True
    return verb in _FINDING and _listing(tool, Random(tool.name)) is not None


_WANTING_WORDS = frozenset(
    """
    query think aggregate analyze analyse evaluate assess compare explain summarize extract suggest recommend predict
    detect diagnose preview investigate research transcribe parse decode test monitor
    """.split()
)
"""Verbs of what is worth words that nobody can draw."""

_SAYING_NOTHING = (*_FINDING, "check")
"""Verbs of which nothing but the tool tells what there is to say."""


class Fact(NamedTuple):
    """A member of a result, and the sentence that tells it."""

    record: JsonObject
    sentence: str


class Report(NamedTuple):
    """A result and what there is to say about it."""

    result: Any
    text: str  # the result in words
    form: str  # the text with other values, the same for all results of its kind: both earn the same


def reported(tool: SpokenTool, arguments: JsonMapping, rng: Random) -> Report:
    """Return a result of a call, and what there is to say about it: names, values, a fact, or that it is done."""
    result, kind, values = _said_of(tool, arguments, rng)
    form = rng.choice(lexicon().reports[kind])
    others = {place: "100" for place in values if place.startswith("v")}
    return Report(result, form.format(**values), form.format(**values | others))


def _said_of(tool: SpokenTool, arguments: JsonMapping, rng: Random) -> tuple[Any, str, dict[str, str]]:
    """Return a result of a call, how it is told, and the words that fill this."""
    verb = tool.does.verb_class.name
    result, known = _drawn(tool, arguments, rng), () if verb == "make" else _known(tool)
    if verb not in _TELLING:
        return (result or {**_echoed(arguments), "status": "done"}), "done", {}
    if result is None and not known and verb in _FINDING:
        result = _listing(tool, rng)
    if verb in _FINDING and (names := _names(result, tool.does.words)):
        return result, "single" if len(names) == 1 else "named", {"n": str(len(names)), "v": listed(names)}
    if told := _told(result, list(arguments.values())):
        return result, ("described", "both")[len(told) - 1], _places(told)
    fact = _computed(arguments) or _fact(rng.choice(known or lexicon().facts[verb]), rng)
    return {**_echoed(arguments), **fact.record}, "fact", {"v": fact.sentence}


def _places(told: JsonMapping) -> dict[str, str]:
    places = dict[str, str]()
    for number, (key, value) in enumerate(told.items()):
        text = str(value).replace("_", " ")
        text = text.lower() if " " in text and text.isupper() else text
        places |= {f"k{number}": " ".join(name_words(key)), f"v{number}": text}
    return places


def _listing(tool: SpokenTool, rng: Random) -> Any:
    """Return what a tool lists, with names where something tells those; None where it does not list things."""
    several = tool.does.several
    if several in ("", "ids", "identifiers", "places", "locations"):
        return None
    draw = _names_of(singular(several), tool.context)
    if draw is None:
        return None
    names = dict.fromkeys(str(draw(rng)) for _ in range(rng.randint(1, 3)))
    return {several: [{"id": rng.randint(100, 9999), "name": name} for name in names]}


@lru_cache(maxsize=1024)
def _names_of(noun: str, context: frozenset[str]) -> Draw | None:
    """Return what draws the names of things; None where nothing tells what they are called."""
    try:
        return string_source(noun, {}, context, is_told=True)
    except ValueError:
        return string_source("name", {}, context) if noun in lexicon().known["title"] else None


def _drawn(tool: SpokenTool, arguments: JsonMapping, rng: Random) -> Any:
    """Return a result as the tool's maker describes it, about what the call names; None where there is none."""
    result: Any = None if tool.answers is None else tool.answers(rng)
    records = list(_records(result))
    stated = {parameter.key: arguments[parameter.name] for parameter in tool.parameters if parameter.name in arguments}
    echoed = without({**_inner(arguments), **stated}, *_BARE_IDS)
    for record in records:
        record.update(_on_first_page(record) | _in_time(record))
        record.update({key: value for key, value in echoed.items() if _is_of_kind(record.get(key), value)})
    _count_all(records)
    if tool.does.verb_class.name not in _FINDING[:2]:
        _identify(result, tool, stated)
    return result if records else None


def _identify(result: Any, tool: SpokenTool, stated: JsonMapping) -> None:
    """Give what a result is about the id that the call names it by."""
    ids = {
        p.noun.rpartition(" ")[2]: stated[p.key] for p in tool.parameters if p.key in stated and p.meaning.name in IDS
    }
    noun = singular(tool.does.noun)
    identity = ids.get(noun, ids.get(""))
    for record in (result, *map(object_of(result).get, (*_HOLDERS, noun))):
        if isinstance(record, dict):
            record.update({name: identity for name in _BARE_IDS if _is_of_kind(record.get(name), identity)})


_COUNTS = frozenset("count total size totalcount totalresults totalitems numresults resultcount".split())
_OF_FIRST_PAGES = {
    **dict.fromkeys(("startat", "offset", "skip", "startindex"), 0),
    **dict.fromkeys(("page", "currentpage", "pagenumber", "numpages", "totalpages", "pages"), 1),
    **{"islast": True, "hasmore": False},
}
_TIMES = ("created", "createdat", "createdtime", "updated", "updatedat", "modified", "modifiedat", "lastmodified")
"""Names of times, the earlier first."""


def _in_time(record: JsonObject) -> JsonObject:
    """Return when something was made and changed, in this order."""
    by_letters = {"".join(name_words(name)): name for name, value in record.items() if isinstance(value, str)}
    names = [by_letters[letters] for letters in _TIMES if letters in by_letters]
    return dict(zip(names, sorted(map(record.__getitem__, names)), strict=True))


def _on_first_page(record: JsonObject) -> JsonObject:
    """Return a record whose members that say which part of a list it is say that it is the first and only one."""
    firsts = {name: _OF_FIRST_PAGES.get("".join(name_words(name)), value) for name, value in record.items()}
    return {name: first for name, first in firsts.items() if _is_of_kind(record[name], first)}


def _inner(arguments: JsonMapping) -> JsonObject:
    """Return the plain members of a call's objects, but for ids and what stands in several."""
    members = [member for record in _records(arguments) for member in record.items()]
    counts = Counter(name for name, _ in members)
    return {name: value for name, value in members if counts[name] == 1}


def _count_all(records: Iterable[JsonObject]) -> None:
    """Let what counts a list say how many it holds."""
    for record in records:
        lists = list(filter(_is_list, record.values()))
        for name in record:
            if len(lists) == 1 and isinstance(record[name], int) and "".join(name_words(name)) in _COUNTS:
                record[name] = len(lists[0])


def _records(value: Any) -> Iterator[JsonObject]:
    """Yield every object of a result, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for part in parts_of(value):
        yield from _records(part)


def _is_of_kind(old: Any, value: Any) -> bool:
    return isinstance(old, str | int | float) and type(old) is type(value)


def _names(result: Any, words: Sequence[str]) -> list[str]:
    """Return what the things are called that a result lists, those of the words first; nothing where it lists none."""
    asked_for = map(object_of(result).get, words)
    lists = filter(_is_list, (*asked_for, result, *parts_of(result)))
    return list(filter(None, map(_name, map(object_of, next(lists, ())))))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


_ENDS_OF_TITLES = ("name", "title", "subject", "description")


def _name(record: JsonMapping) -> str:
    titles = (key for end in _ENDS_OF_TITLES for key in record if key.lower().endswith(end))
    name = str(next(filter(None, map(record.get, (*titles, "key", "id", "number"))), ""))
    return name if len(name) <= _LONGEST_FACT else ""


def _told(result: Any, stated: Collection[Any]) -> JsonObject:
    """Return one or two facts of a result that the call does not say itself."""
    for record in _records(result):
        facts = {name: value for name, value in record.items() if value not in stated and _can_be_told(name, value)}
        if facts:
            return dict(list(facts.items())[:_MOST_SHOWN])
    return {}


def _can_be_told(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    return len(str(value)) <= _LONGEST_FACT and "://" not in str(value) and _UNTOLD.isdisjoint(name_words(name))


def _places_of(result: Any, link: Parameter, tool: SpokenTool) -> Iterator[tuple[JsonObject, str]]:
    """Yield the objects of a result that hold what a link is, each with the name of the member.

    A bare id is that of the things whose list it stands in: what a list includes beside them has other ids.
    """
    noun = link.noun.split()[-1]
    bare = _BARE_IDS if link.meaning.name in IDS else (link.meaning.name,)
    is_of_one = singular(tool.does.noun) == noun and tool.does.verb_class.name not in _FINDING[:2]
    for place, record in _placed(result, noun if is_of_one or isinstance(result, list) else ""):
        holder = " ".join(name_words(place)).rpartition(" ")[2]
        names = {link.key, *bare} if holder in _HOLDERS or singular(holder) == noun else {link.key}
        for name, old in record.items():
            is_place = name in names or {noun, link.meaning.name} <= set(name_words(name))
            if is_place and type(old) in (str, int):
                yield record, name


def _placed(value: Any, place: str) -> Iterator[tuple[str, JsonObject]]:
    """Yield every object of a result with the name of the member that holds it or its list, the outer ones first."""
    if isinstance(value, dict):
        yield place, value
        for name, part in value.items():
            yield from _placed(part, name)
    for part in list_of(value):
        yield from _placed(part, place)


_BARE_IDS = ("id", "gid", "sid", "uid", "uuid", "iid")
_HOLDERS = frozenset(
    """
    data items results result values records content contents list entries value rows objects elements edges node nodes
    collection resources response
    """.split()
)
"""Names of members that hold the things that a result is about, of whatever kind."""


def _computed(arguments: JsonMapping) -> Fact | None:
    """The value of a sum or product, where a call asks for one."""
    match = next(filter(None, map(_SUM.fullmatch, map(str, arguments.values()))), None)
    if match is None:
        return None
    result = _OPERATIONS[match[2]](float(match[1]), float(match[3]))
    return Fact({"result": result}, f"It comes to {result}")


_SUM = re.compile(r"(\d+(?:\.\d+)?) ?([-+*]) ?(\d+(?:\.\d+)?)")
_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _echoed(arguments: JsonMapping) -> JsonObject:
    """Return what a server repeats of a call: its plain values, the first two."""
    plain = {name: value for name, value in arguments.items() if type(value) in (str, int) and len(str(value)) < 60}
    return dict(list(plain.items())[:_MOST_SHOWN])


def _known(tool: SpokenTool) -> Sequence[str]:
    """Return what there is to tell of the things that a tool is about: the price of a quote."""
    return next(filter(None, map(lexicon().facts_of.get, tool.does.words)), ())


def _fact(entry: str, rng: Random) -> Fact:
    key, _, rest = entry.partition("=")
    values, _, told = rest.partition("|")
    value = rng.choice(values.split("/"))
    draw = _DRAWN.get(value, one_of([value]))
    drawn = draw(rng)
    return Fact({key: drawn}, told.format(v=drawn))


_DRAWN: Mapping[str, Draw] = {
    "#": lambda rng: rng.randint(2, 240),
    "#.#": lambda rng: round(rng.uniform(5, 900), 2),
    "@day": lambda rng: f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
}
