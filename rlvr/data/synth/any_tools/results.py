"""What tools answer: results that fit the call, hold what a next call needs, and can be told in a sentence."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from rewards.names import name_words
from rlvr.data.json_values import parts_of
from rlvr.data.synth.any_tools.about import LINKING
from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.tasks import DETERMINERS
from rlvr.data.synth.lexicon import lexicon
from rlvr.files import JsonMapping, JsonObject

_IDS = ("id", "uuid")
_FINDING = ("find", "list", "look")
_LINKED = ("id", "uuid", "path", "directory", "email", "url", "branch", "revision", "files", "payment")
_MOST_SHOWN = 2
_COUNTED = frozenset(("total", "matches"))
_LONGEST_FACT = 40
_UNTOLD = frozenset("id ids uuid url uri href link token hash etag cursor object type at from to by".split())
"""Words of members that nobody is told of."""


def links(tool: SpokenTool, others: Sequence[SpokenTool]) -> list[tuple[SpokenTool, Parameter]]:
    """Return tools whose results could hold a value that this one requires, each with the parameter.

    One that finds or lists what the parameter names, or makes it, can: its words hold the noun.
    """
    able = []
    for parameter in tool.required:
        is_one = parameter.noun and not parameter.role and not parameter.name.endswith("s")
        if parameter.meaning.name not in _LINKED or not is_one:
            continue
        noun = parameter.noun.split()[-1]
        if tool.does.verb_class.name == "make" and noun in tool.does.words:  # what it makes is not there before
            continue
        if noun == "user":  # "user" stands in many descriptions, as who the tool serves
            continue
        for giver in others:
            gives = giver.does.verb_class.name in (*_FINDING, "make")
            if gives and _speaks_of(giver, noun) and not _takes(giver, noun) and _is_of_one_kind(tool, giver, noun):
                able.append((giver, parameter))
    return able


def _speaks_of(tool: SpokenTool, noun: str) -> bool:
    """Tell whether what a tool does is about such things, or its description mentions several of them."""
    words = tool.does.words
    mentions = tool.does.verb_class.name == "look" and _mentions(tool.compiled.description, noun)
    served = words[: words.index("for")] if "for" in words else words
    return mentions or _is_head(noun, served) or _is_head(noun, name_words(tool.name))


def _mentions(description: str, noun: str) -> bool:
    """Tell whether a description says that such things are in the answer: a user, including their orders."""
    return re.search(rf"\b(?:including|includes|with|and) (?:[a-z]+ ){{,2}}{noun}s\b", description, re.I) is not None


def _is_of_one_kind(tool: SpokenTool, giver: SpokenTool, noun: str) -> bool:
    """Tell whether two tools speak of the same kind of things: code alerts are no secret alerts."""
    kinds = [_before(noun, each.does.words) for each in (tool, giver)]
    return kinds[0] <= kinds[1] or kinds[1] <= kinds[0]


def _before(noun: str, words: Sequence[str]) -> set[str]:
    match = re.search(rf"((?:\S+ ){{,2}}){noun}s?\b", " ".join(words))
    return set(match[1].split()) - LINKING - DETERMINERS if match else set()


def _is_head(noun: str, words: Sequence[str]) -> bool:
    """Tell whether the words are about such things: orders, or the details of an order, but not order items."""
    pairs = list(itertools.pairwise((*words, "of")))  # the last word is about nothing more
    end = next((at for at, (word, behind) in enumerate(pairs) if behind in LINKING and word not in _LIGHT), len(pairs))
    return any(word in (noun, f"{noun}s") and behind in _BEHIND_A_HEAD for word, behind in pairs[: end + 1])


_LIGHT = frozenset("list lists details detail info information data overview history summary of".split())
_BEHIND_A_HEAD = frozenset("of in by with from on that and at about to details detail info information data".split())


def _takes(tool: SpokenTool, noun: str) -> bool:
    return any(parameter.noun.split()[-1:] == [noun] for parameter in tool.required)


def holding(tool: SpokenTool, arguments: JsonMapping, link: Parameter, value: Any, rng: Random) -> Any:
    """Return a result of a call that holds the value of a link."""
    result = _drawn(tool, arguments, rng)
    if result is not None and _put(result, link, value):
        return result
    verb = tool.does.verb_class.name
    if verb == "make":
        return {**_echoed(arguments), link.key: value, **_facts(verb, rng)}
    return {f"{link.noun.replace(' ', '_')}s": [{link.key: value, **_facts("look", rng)}], "total": 1}


class Report(NamedTuple):
    """A result and what there is to say about it."""

    result: Any
    text: str  # the result in words
    form: str  # the text with other values, the same for all results of its kind: both earn the same


def reported(tool: SpokenTool, arguments: JsonMapping, rng: Random) -> Report:
    """Return a result of a call, and what there is to say about it."""
    result = _drawn(tool, arguments, rng)
    facts = _told(result, list(arguments.values()))
    if result is None or not facts:
        facts = _computed(tool, arguments) or _facts(_kind_of_facts(tool), rng)
        result = {**_echoed(arguments), **facts}
    is_counted = facts.keys() <= _COUNTED
    text = form = rng.choice(lexicon().report_sentences[_kind_of_facts(tool) if is_counted else str(len(facts))])
    for number, (key, value) in enumerate(facts.items()):
        words = " ".join(name_words(key))
        text = text.replace(f"{{k{number}}}", words).replace(f"{{v{number}}}", str(value).replace("_", " "))
        form = form.replace(f"{{k{number}}}", words).replace(f"{{v{number}}}", "100")
    return Report(result, text, form)


def _drawn(tool: SpokenTool, arguments: JsonMapping, rng: Random) -> Any:
    """Return a result as the tool's maker describes it, about what the call names; None where there is none."""
    result: Any = None if tool.answers is None else _with_single_items(tool.answers(rng))
    records = list(_records(result))
    stated = {parameter.key: arguments[parameter.name] for parameter in tool.parameters if parameter.name in arguments}
    for record in records:
        record.update({key: value for key, value in stated.items() if _is_of_kind(record.get(key), value)})
    identities = [stated[p.key] for p in tool.parameters if p.key in stated and p.meaning.name in _IDS]
    is_about_one = isinstance(result, dict) and len(identities) == 1 and tool.does.verb_class.name not in _FINDING[:2]
    if is_about_one and _is_of_kind(result.get("id"), identities[0]):
        result["id"] = identities[0]
    return result if records else None


def _with_single_items(value: Any) -> Any:
    """Return the value with the first item of each list, so that "that order" is one."""
    if isinstance(value, list):
        return [_with_single_items(item) for item in value[:1]]
    if isinstance(value, dict):
        return {name: _with_single_items(item) for name, item in value.items()}
    return value


def _records(value: Any) -> Iterator[JsonObject]:
    """Yield every object of a result, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for part in parts_of(value):
        yield from _records(part)


def _is_of_kind(old: Any, value: Any) -> bool:
    return isinstance(old, str | int | float) and type(old) is type(value)


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
    return len(str(value)) <= _LONGEST_FACT and _UNTOLD.isdisjoint(name_words(name))


def _put(result: Any, link: Parameter, value: Any) -> bool:
    """Put the value of a link where a result holds one of its kind; return whether there is such a place."""
    noun = link.noun.split()[-1]
    for record in _records(result):
        for name, old in record.items():
            words = name_words(name)
            is_place = name in (link.key, link.meaning.name) or (noun in words and link.meaning.name in words)
            if is_place and _is_of_kind(old, value):
                record[name] = value
                return True
    return False


def _computed(tool: SpokenTool, arguments: JsonMapping) -> JsonObject:
    """The value of a sum or product, where a call asks for one."""
    for parameter in tool.parameters:
        match = _SUM.fullmatch(str(arguments.get(parameter.name)))
        if parameter.meaning.name == "expression" and match:
            return {"result": _OPERATIONS[match[2]](float(match[1]), float(match[3]))}
    return {}


_SUM = re.compile(r"(\d+(?:\.\d+)?) ?([-+*]) ?(\d+(?:\.\d+)?)")
_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _echoed(arguments: JsonMapping) -> JsonObject:
    """Return what a server repeats of a call: its plain values, the first two."""
    plain = {name: value for name, value in arguments.items() if isinstance(value, str | int) and len(str(value)) < 60}
    return dict(list(plain.items())[:_MOST_SHOWN])


def _kind_of_facts(tool: SpokenTool) -> str:
    """Return the class of verbs whose facts a tool tells: what finds one thing does not count."""
    verb = tool.does.verb_class.name
    is_one = verb in _FINDING[:2] and not any(word.endswith("s") for word in tool.does.words)
    return "look" if is_one else verb


def _facts(verb: str, rng: Random) -> JsonObject:
    """One or two facts of the kind that a tool of a class of verbs tells."""
    pool = lexicon().facts.get(verb) or lexicon().facts["look"]
    facts: JsonObject = {}
    for fact in rng.sample(pool, min(len(pool), rng.choice((1, 2)))):
        key, _, values = fact.partition("=")
        facts[key] = _fact(rng.choice(values.split("/")), rng)
    return facts


def _fact(value: str, rng: Random) -> Any:
    if value == "#":
        return rng.randint(2, 240)
    if value == "#.#":
        return round(rng.uniform(5, 900), 2)
    if value == "@day":
        return f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return value
