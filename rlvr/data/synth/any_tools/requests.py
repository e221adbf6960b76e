"""Requests in words: what is wanted with its values, as a person of a style would say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from rewards import GroundTruth
from rlvr.data.described import tool_words
from rlvr.data.synth.any_tools.about import Slot
from rlvr.data.synth.any_tools.object_said import becoming, filled_in, is_renamed, values_changed, with_kinds
from rlvr.data.synth.any_tools.parameters import Parameter
from rlvr.data.synth.any_tools.scenes import Scene
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.tool_task import SEEKING
from rlvr.data.synth.any_tools.units import Unit
from rlvr.data.synth.any_tools.values_said import clause, filled, said, with_clauses, with_name, without_twice
from rlvr.data.synth.lexicon import IDS, lexicon
from rlvr.data.synth.nouns import plural, with_articles
from rlvr.files import JsonMapping, JsonObject

_FORMS: Mapping[str, tuple[str, ...]] = {
    "formal": ("do", "do", "do", "say", "ask"),
    "casual": ("do", "do", "say", "say", "ask"),
    "terse": ("terse", "terse", "terse", "do"),
}
_TASK_FORMS = {"formal": "do", "casual": "do", "terse": "terse"}
"""The form of what stands behind an opening of a style."""

_NAMING_ALONE = frozenset("id uuid path directory email expression repository url product city place ticker".split())
"""Meanings whose values stand for a whole second wish: "and the same for #W2"."""

_LABELS = {"id": " ID", "ids": " ID", "number": " number", "code": " code"}
_LABEL_SHARE = 0.2  # how often an id is called one
_INDEFINITE = re.compile(r"^an? ")
_FRAME_SHARE = 0.8
_ATTEMPTS = 4  # sentences that are tried until one does without the words of the tool's name


class Wish(NamedTuple):
    """One call that a request asks for."""

    tool: SpokenTool
    stated: JsonMapping  # the arguments that the request states
    link: Parameter | None = None  # a parameter whose value comes from the result of the wish before
    linked: str = "it"  # the words that stand for that value
    described: Mapping[str, str] = {}  # words for values that are not stated but have to be looked up, by parameter


class Task(NamedTuple):
    """What a row is made of, apart from its words."""

    scene: Scene  # the tools that are offered
    truth: GroundTruth  # what is right
    wishes: tuple[Wish, ...] = ()  # what the request asks for, in its order
    topic: str = ""  # what it asks for instead: a verb phrase, or with `is_whole` a whole sentence
    is_whole: bool = False  # whether the topic is a sentence that takes no opening
    history: tuple[JsonObject, ...] = ()  # what has happened since the request
    given: JsonMapping | None = None  # the arguments that it states, where no call is right
    between: tuple[str, ...] = ()  # the tools of which a question asks which is meant


def write_request(task: Task, style: str, rng: Random) -> str:
    """Return the request of a task in words of a style."""
    if task.is_whole:
        return task.topic if style == "terse" else task.topic[:1].upper() + task.topic[1:]
    if not task.wishes:
        return opened(task.topic, style, rng)
    text = ""
    for _ in range(_ATTEMPTS):
        text = _attempt(task.wishes, style, rng)
        lowered = text.lower()
        if not any(_holds_words(wish.tool.name, lowered) for wish in task.wishes):
            break
    return text


def _holds_words(name: str, text: str) -> bool:
    words = tool_words(name)
    return bool(words) and all(word in text for word in words)


def _attempt(wishes: Sequence[Wish], style: str, rng: Random) -> str:
    if len(wishes) == 1:
        form = rng.choice(_FORMS[style])
        if form == "ask" and not wishes[0].tool.doing(wishes[0].stated).does.verb_class.forms["ask"]:
            form = "do"
        return _finished(sentence(wishes[0], form, rng), form, style, rng)
    form = _TASK_FORMS[style]
    if wishes[-1].link is not None:
        first, second = _placed_once([sentence(wish, "do", rng) for wish in wishes])
        return opened(rng.choice((f"{first}, then {second}", f"{first} and {second}")), style, rng)
    again = _same_again(wishes, form, style, rng)
    tasks = _placed_once([sentence(wish, form, rng) for wish in wishes])
    return opened(again or together(tasks, style, rng), style, rng)


def _placed_once(tasks: Sequence[str]) -> list[str]:
    """Return tasks of which only the first says in which application all of them are: "in Sentry"."""
    places = _APPLICATION.findall(tasks[0])
    plain = re.compile("|".join(map(re.escape, places)) or "$^")
    return [tasks[0], *(plain.sub("", task) for task in tasks[1:])]


_APPLICATION = re.compile(r" (?:in|from|on|to) [A-Z][a-z]+(?= |$)")


def _same_again(wishes: Sequence[Wish], form: str, style: str, rng: Random) -> str | None:
    """Calls of one tool that differ in one thing: said once, with the others' values behind it."""
    tool = wishes[0].tool
    if any(wish.tool is not tool or len(wish.stated) != 1 for wish in wishes):
        return None
    names = {name for wish in wishes for name in wish.stated}
    parameter = next(p for p in tool.parameters if p.name in names)
    if len(names) > 1 or parameter.meaning.name not in _NAMING_ALONE:
        return None
    rest = [said(parameter, wish.stated[parameter.name], rng) for wish in wishes[1:]]
    return sentence(wishes[0], form, rng) + rng.choice(lexicon().same_again[style]) + " and ".join(rest)


def task_with(wish: Wish, style: str, rng: Random) -> str:
    """Return what is wanted with its values, for an opening of a style."""
    return sentence(wish, _TASK_FORMS[style], rng)


def together(tasks: Sequence[str], style: str, rng: Random) -> str:
    """Return several tasks as one."""
    return rng.choice(lexicon().also[style]).join(task.removesuffix("?") for task in tasks)


def sentence(wish: Wish, form: str, rng: Random) -> str:
    """Return what is wanted with its values, in a form of the verb (do, say, ask or terse) and without an opening."""
    tool = wish.tool.doing(wish.stated)
    wish = wish._replace(tool=tool)
    texts = {index: text for index, unit in enumerate(tool.units) if (text := _text(wish, unit, rng)) is not None}
    frames = [fitted for fitted in tool.frames if texts.keys() >= fitted.needed and fitted.frame.forms[form]]
    if frames and rng.random() < _FRAME_SHARE:
        fitted = max(frames, key=lambda each: len(each.units)) if rng.random() < 0.7 else rng.choice(frames)
        text = rng.choice(fitted.frame.forms[form])
        for key, index in fitted.units.items():
            text = text.replace(f"{{{key}}}", texts[index])
        text = text.replace("the all ", "all the ")
        return with_clauses(text, _clauses(wish, texts.keys() - fitted.needed, texts, rng))
    templates = tool.does.verb_class.forms[form] or tool.does.verb_class.forms["do"]
    about, spoken = _about(tool, texts, wish, rng)
    if "create" in tool.does.verb_class.words and form != "do":
        about = with_articles(_WITHOUT_DETERMINER.sub(r"\1new ", about))  # a new monitor: there may be others
    about = with_kinds(tool, about, texts, spoken)
    template = rng.choice(templates)
    if "{o}" not in template:
        spoken = set()
    becomes = ""
    if changed := values_changed(tool, texts.keys() - spoken):
        owners = {index for index in texts.keys() - spoken if tool.units[index].meaning in IDS}
        about = with_clauses(about, _clauses(wish, owners, texts, rng))
        spoken |= {*changed, *owners}
        about, becomes = becoming(tool, changed, about, texts)
        if is_renamed(tool, changed):
            forms = lexicon().verbs["rename"].forms
            template = rng.choice(forms[form] or forms["do"])
    if template.startswith("what are") and about.startswith("all "):
        about = about.replace("all ", "the ", 1)
    if not tool.does.several:
        template = template.replace("what are", "what is")
    text = filled_in(template, about or "it").replace("all of all ", "all ") + becomes
    return with_clauses(text, _clauses(wish, texts.keys() - spoken, texts, rng))


_WITHOUT_DETERMINER = re.compile(r"\A(an? )?(?!(?:an?|new|the|my|your|our|some|all|another|it)\b)(?=\w)")


def _text(wish: Wish, unit: Unit, rng: Random) -> str | None:
    """The values of a unit in words; None where none of them is stated."""
    parameters = [wish.tool.parameters[place] for place in unit.places]
    if len(parameters) == 1:
        (parameter,) = parameters
        if parameter.name in wish.described:
            return wish.described[parameter.name]
        if wish.link is not None and wish.link.name == parameter.name:
            return wish.linked
        if parameter.name not in wish.stated or parameter.goes_unsaid(wish.stated):
            return None
        return said(parameter, wish.stated[parameter.name], rng)
    stated = [parameter for parameter in parameters if parameter.name in wish.stated]
    parts = [str(wish.stated[parameter.name]) for parameter in stated]
    if not parts:
        return None
    if unit.meaning == "pixels_group" and len(parts) == 1:
        return f"{stated[0].words} {parts[0]}"
    if unit.meaning == "address_group":
        return _address(parameters, wish.stated)
    return _BETWEEN[unit.meaning].join(parts)


_TAKEN_FOR_ANOTHER = frozenset("title text description url path directory person place city email query phone".split())
"""Meanings of which a call's second value is said with its parameter's name."""

_FAMILIES = dict.fromkeys(("song", "playlist_name", "resource_name"), "title")
"""Meanings that are said as others are."""

_USUAL_PLACES = {"title": -1, "resource_name": -1, "repo_name": -1, "to": -1, "end": 1, "description": 1, "text": 2}
"""Where values stand that are said before all others, after a start, or at the end, by their role or meaning."""

_TOLD_APART = ("money", "time", "date")  # meanings of which each of several values is said with its name


def _usual_place(unit: Unit) -> tuple[int, int]:
    """Return where a value stands: what is named by its id stands in what is named before it."""
    return _USUAL_PLACES.get(unit.role or unit.meaning, 0), -unit.places[0] * (unit.meaning in IDS)


_BETWEEN = {"person_group": " ", "spot_group": ", ", "repo_group": "/", "pixels_group": " by "}
"""What stands between the parts of values that are said together."""


def _address(parameters: Sequence[Parameter], stated: JsonMapping) -> str:
    """The lines of an address: state and zip stand together."""
    by_meaning = {p.meaning.name: str(stated[p.name]) for p in parameters if stated.get(p.name)}
    region = " ".join(by_meaning[part] for part in ("state", "zip") if part in by_meaning)
    lines = [by_meaning.get(part, "") for part in ("street", "street2", "city")]
    return ", ".join(line for line in (*lines, region, by_meaning.get("country", "")) if line)


def _about(tool: SpokenTool, texts: Mapping[int, str], wish: Wish, rng: Random) -> tuple[str, set[int]]:
    """Return what the task is about with the values that stand in it, and which those are."""
    out: list[str] = []
    spoken: set[int] = set()
    for part in tool.object:
        if isinstance(part, str):
            out.append(part)
        elif (unit := _filling(part, tool, texts)) is not None:
            spoken.add(unit)
            parameter = tool.parameters[tool.units[unit].places[0]]
            out.append(_with_noun(part.noun, parameter, parameter.quoted(texts[unit]), wish, rng))
        else:  # what a second wish leaves out, the first one says
            out.append(part.plain if wish.link is None else _INDEFINITE.sub("that ", part.plain))
    return "".join(out), spoken


def _filling(slot: Slot, tool: SpokenTool, texts: Mapping[int, str]) -> int | None:
    """Return whose value goes into a slot: its own, or what else says which thing is meant, its name or its id."""
    by_unit = {index: tool.parameters[tool.units[index].places[0]] for index in texts}
    owners = (index for index, parameter in by_unit.items() if slot.noun and parameter.noun == slot.noun)
    alike = [
        at for at in owners if tool.units[at].role == "owner" * (not by_unit[at].meaning.says_which)
    ]  # no label added
    return next(filter(texts.__contains__, (slot.unit, *alike)), None)


def _with_noun(noun: str, parameter: Parameter, text: str, wish: Wish, rng: Random) -> str:
    """A value behind what it names: order #W1, order ID #W1, items 4 and 7."""
    is_linked = wish.link is not None and wish.link.name == parameter.name
    if not noun or is_linked or parameter.name in wish.described:
        return text
    value = wish.stated.get(parameter.name)
    is_several = len(value) > 1 if isinstance(value, list) else re.search(r",\b", str(value)) is not None  # AB-1,AB-2
    if rng.random() < _LABEL_SHARE:
        labelled = noun + _LABELS.get(parameter.words.split()[-1], "")
        noun = " ".join(dict.fromkeys(labelled.split()))
    return f"{plural(noun) if is_several else noun} {text}"


_BY_NAME = {"money": ", {w} {v}"}
_TAIL = re.compile(r" (?:from|to|for) ")  # behind which "of 50" would be taken for something else's


def _clauses(wish: Wish, indices: set[int], texts: Mapping[int, str], rng: Random) -> list[str]:
    """Return what is said beside what the task is about, each value so that it cannot be taken for another's."""
    tool = wish.tool
    order = sorted(indices)
    rng.shuffle(order)
    order.sort(key=lambda index: _usual_place(tool.units[index]))
    clauses: list[str] = []
    used: set[str] = set()
    first = {
        _FAMILIES.get(tool.units[index].meaning, tool.units[index].meaning): index
        for index in sorted(texts, reverse=True)
    }
    meanings = [tool.units[index].meaning for index in texts]
    roles = {tool.units[index].role for index in texts}
    for index in order:
        unit = tool.units[index]
        parameter = tool.parameters[unit.places[0]]
        if parameter.is_flag:
            is_sought = tool.does.verb_class.name in SEEKING
            clauses.append(clause(parameter, wish.stated[parameter.name], rng, is_sought=is_sought))
            continue
        by_name = _BY_NAME.get(unit.meaning, 'with the {w} "{v}"' if parameter.meaning.quoted else "with {w} {v}")
        free = [pattern for pattern in unit.clauses if pattern not in used or "{w}" in pattern or unit.meaning in IDS]
        if unit.role == "start" and "end" in roles:
            free = [pattern for pattern in free if not pattern.startswith("since")]
        if "of {v}" in free and any(map(_TAIL.search, map(str, tool.object))):
            free.remove("of {v}")
        pattern = rng.choice(free or [by_name])
        family = _FAMILIES.get(unit.meaning, unit.meaning)
        is_second = first[family] != index and family in _TAKEN_FOR_ANOTHER and not unit.role
        is_one_of_several = unit.meaning in _TOLD_APART and not unit.role and meanings.count(unit.meaning) > 1
        pattern = by_name if is_second or is_one_of_several else pattern
        used.add(pattern)
        text = texts[index]
        if parameter.noun and parameter.meaning.name in ("id", "uuid", "device"):
            text, pattern = _with_noun(parameter.noun, parameter, text, wish, rng), pattern.replace("{w} ", "")
        unsaid = tool.does.words * (not is_one_of_several)
        pattern = without_twice(pattern, parameter, text)
        clauses.append(filled(with_name(pattern, parameter, unsaid), text))
    return clauses


def _finished(text: str, form: str, style: str, rng: Random) -> str:
    """A sentence of a form as a whole request."""
    if form in ("do", "terse"):
        return opened(text, style, rng)
    mark = "?" if form == "ask" else "."
    if style == "casual" and rng.random() < 0.5:
        mark = mark if mark == "?" and rng.random() < 0.5 else ""
    else:
        text = _capital(text)
    return text + mark


def opened(text: str, style: str, rng: Random) -> str:
    """Return a task as a whole request of a style."""
    whole = text if text.endswith("?") else rng.choice(lexicon().openings[style]).replace("~", text)
    if style == "formal" or (style == "casual" and rng.random() < 0.4):
        whole = _capital(whole)
    return whole


def _capital(text: str) -> str:
    """The text with a capital, unless it begins with a path, an address or a code."""
    first = text.partition(" ")[0]
    return text if any(mark in first for mark in "/@_:~") else text[:1].upper() + text[1:]
