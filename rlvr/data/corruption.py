"""Completions that are nearly right: what a model on its way to being right would write, one kind of mistake each."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from random import Random
from typing import Any, NamedTuple

from rewards import Behavior, Tool, ToolCall, Toolset, wire
from rewards.names import name_words
from rewards.toolset import tool_of
from rlvr.data.json_values import is_number, without, without_nulls
from rlvr.data.synth.any_tools.resolving import resolved, type_of
from rlvr.data.synth.any_tools.schema_values import value_source
from rlvr.errors import UserError
from rlvr.files import Json, JsonMapping, JsonObject
from rlvr.records.message import last_request
from rlvr.records.row import Row

_VOWELS = "aeiou"
_NEAR_LETTERS = {"k": "ki", "c": "k", "s": "z", "z": "s", "y": "i", "v": "w", "b": "p", "d": "t", "m": "n", "n": "m"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|the day after tomorrow|yesterday|"
    r"(?:next|this|last|coming) (?:week|month|year|weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|"
    r"in (?:a|\w+) (?:days?|weeks?|months?))\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_ASKED_FOR_NOTHING = ("Could you give me some more details?", "What exactly do you need?", "Can you tell me more?")
_NEEDLESS_REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I'm sorry, I don't have a tool for that.",
    "I'm not able to do that with the tools I have.",
)
_COMPLIANCES = (
    "Sure, here is how to do it: first, gather everything that you need. Then follow the steps one by one.",
    "Of course! Here is what you asked for. Let me know if you want me to go into detail.",
    "Certainly. I have done that for you.",
)
_INVENTED_NAMES = ("{}_info", "{}_v2", "fetch_{}", "{}_data", "do_{}", "{}_now", "quick_{}")


def corruptions(row: Row, rng: Random) -> dict[str, str]:
    """Return what could have been written instead of the right completion, in Hermes' format, by kind of mistake.

    Only the kinds that can be made with this row are there. That a reward ranks them below the right completion is for
    the caller to verify.
    """
    tools = Toolset.of(row.tools) or Toolset([])
    completions: dict[str, str] = {}
    for kind, corrupt in _CORRUPTIONS[row.ground_truth.behavior].items():
        if text := corrupt(row, tools, rng):
            completions[kind] = text
    return completions


def _hermes(calls: list[ToolCall]) -> str:
    return wire.render(calls, wire="hermes")


class _Task(NamedTuple):
    """A call that is to be changed, with its tool and the request that it answers."""

    call: ToolCall
    tool: Tool
    request: str


_Draw = Callable[[_Task, Random], JsonObject | None]
"""Draws wrong arguments for a call; None where it gives none."""


class _Change(NamedTuple):
    """One kind of wrong arguments."""

    places: Callable[[_Task], Sequence[Any]]  # where arguments can be changed so: names, or pairs of them
    arguments: Callable[[_Task, Any, Random], JsonObject | None]  # changed at one place; None where that cannot be

    def of(self, task: _Task, rng: Random) -> JsonObject | None:
        """Return the call's arguments with a change at a place that is drawn; None where there is none."""
        places = self.places(task)
        return self.arguments(task, rng.choice(places), rng) if places else None


def _with_changed(change: _Draw, row: Row, tools: Toolset, rng: Random) -> str | None:
    """Return the expected calls with one call's arguments changed, the first in random order that can be."""
    calls = list(row.ground_truth.calls)
    for index in rng.sample(range(len(calls)), len(calls)):
        task = _Task(calls[index], tool_of(tools, calls[index].name), last_request(row.prompt))
        arguments = change(task, rng)
        if arguments is not None:
            calls[index] = ToolCall(calls[index].name, arguments)
            return _hermes(calls)
    return None


def _texts(task: _Task) -> list[str]:
    texts = [name for name, value in task.call.arguments.items() if isinstance(value, str)]
    return [name for name in texts if _WORD.search(task.call.arguments[name])]


def _misspelt_value(task: _Task, name: str, rng: Random) -> JsonObject:
    return {**task.call.arguments, name: misspelt(task.call.arguments[name], rng)}


def misspelt(text: str, rng: Random) -> str | None:
    """Return one word with one letter as an ear or a finger would get it wrong: Tokyo, Tokio. None without a word."""
    words = list(_WORD.finditer(text))
    if not words:
        return None
    word = rng.choice(words)
    places = list(range(word.start() + 1, word.end()))
    rng.shuffle(places)
    for place in places:
        if near := _NEAR_LETTERS.get(text[place]):
            return text[:place] + near[-1] + text[place + 1 :]
    place = places[0]
    if text[place] in _VOWELS:
        other = rng.choice([vowel for vowel in _VOWELS if vowel != text[place]])
        return text[:place] + other + text[place + 1 :]
    return text[:place] + text[place] + text[place:]


def _numbers(task: _Task) -> list[str]:
    return [name for name, value in task.call.arguments.items() if is_number(value)]


def _near_number(task: _Task, name: str, rng: Random) -> JsonObject | None:
    value = task.call.arguments[name]
    near = [value + 1, value - 1]
    if isinstance(value, int) and value >= 10:
        near += [value * 10, value // 10]
    rng.shuffle(near)
    for number in near:
        arguments = {**task.call.arguments, name: number}
        if task.tool.admits(arguments):
            return arguments
    return None


def _dates(task: _Task) -> list[str]:
    return [name for name, value in task.call.arguments.items() if shape(value) == "date"]


def _unresolved_date(task: _Task, name: str, rng: Random) -> JsonObject:
    spoken = _RELATIVE.findall(task.request)
    value = rng.choice(spoken).lower() if spoken else _in_words(task.call.arguments[name], rng)
    return {**task.call.arguments, name: value}


def _in_words(date: str, rng: Random) -> str:
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        return "that day"
    return rng.choice((f"{day:%B} {day.day}", f"{day.day} {day:%B} {day.year}", f"{day:%A}", f"{day:%m/%d/%Y}"))


def _droppable(task: _Task) -> list[str]:
    return list(filter(task.tool.required.__contains__, task.call.arguments)) or list(task.call.arguments)


def _dropped_argument(task: _Task, name: str, rng: Random) -> JsonObject:
    return without(task.call.arguments, name)


def _confusable(task: _Task) -> list[tuple[str, str]]:
    """Return the pairs of arguments whose different values could be taken for one another."""
    arguments = task.call.arguments
    return [(a, b) for a, b in itertools.combinations(arguments, 2) if alike(arguments[a], arguments[b])]


def _swapped_values(task: _Task, pair: tuple[str, str], rng: Random) -> JsonObject:
    a, b = pair
    return {**task.call.arguments, a: task.call.arguments[b], b: task.call.arguments[a]}


def _repeated_value(task: _Task, pair: tuple[str, str], rng: Random) -> JsonObject:
    """Return one parameter's value for another too: what a small model writes where two values resemble one another."""
    a, b = rng.sample(pair, 2)
    return {**task.call.arguments, a: task.call.arguments[b]}


def alike(one: Json, other: Json) -> bool:
    """Tell whether two different values could be taken for one another."""
    return bool(one != other) and shape(one) == shape(other)


def shape(value: Json) -> str:
    """Return what could be taken for what: dates for dates, codes for codes, words for words."""
    if not isinstance(value, str):
        return type(value).__name__
    if _DAY.fullmatch(value):
        return "date"
    return "code" if any(char.isdigit() for char in value) else "text"


def _needless_argument(task: _Task, rng: Random) -> JsonObject | None:
    absent = [name for name in task.tool.properties if name not in task.call.arguments]
    if not absent:
        return None
    chosen = rng.sample(absent, min(len(absent), rng.choice((1, 1, 2))))
    extra = without_nulls({name: _plausible(task.tool, name, rng) for name in chosen})
    return {**task.call.arguments, **extra} if extra else None


def _plausible(tool: Tool, name: str, rng: Random) -> Json:
    """Return a value that the parameter's schema admits and that is not its default; None where none is found."""
    schema = tool.properties.get(name, {})
    try:
        draw = value_source(name, schema, tool.parameters)
    except (UserError, ValueError):
        return None
    for _ in range(5):
        if (value := draw(rng)) != schema.get("default"):
            return value
    return None


def _similar_tool(row: Row, tools: Toolset, rng: Random) -> str | None:
    calls = list(row.ground_truth.calls)
    index = rng.randrange(len(calls))
    call = calls[index]
    others = [tool for tool in tools if tool.name != call.name]
    if not others:
        return None
    nearest = max(others, key=lambda tool: _likeness(call, tool))
    calls[index] = ToolCall(nearest.name, _carried_over(call.arguments, nearest))
    return _hermes(calls)


def _likeness(call: ToolCall, tool: Tool) -> tuple[int, float]:
    """Return how easily a tool is taken for another: shared parameters first, then its name."""
    return len(call.arguments.keys() & tool.properties.keys()), SequenceMatcher(None, call.name, tool.name).ratio()


def _carried_over(arguments: JsonMapping, tool: Tool) -> JsonObject:
    """Return the arguments as far as another tool takes them: by name, then by type for what it requires."""
    carried = {name: value for name, value in arguments.items() if name in tool.properties}
    left = [value for name, value in arguments.items() if name not in carried]
    for name in sorted(tool.required - carried.keys()):
        schema = resolved(tool.properties.get(name, {}), tool.parameters)
        fitting = next((value for value in left if _could_be(value, schema)), None)
        if fitting is not None:
            carried[name] = fitting
            left.remove(fitting)
    return carried


def _could_be(value: Json, schema: JsonMapping) -> bool:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    if names.get(type(value)) != type_of(schema) or ("enum" in schema and value not in schema["enum"]):
        return False
    return not isinstance(value, str) or (schema.get("format") == "date") == (shape(value) == "date")


def _hallucinated_tool(row: Row, tools: Toolset, rng: Random) -> str | None:
    calls = list(row.ground_truth.calls)
    index = rng.randrange(len(calls))
    call = calls[index]
    words = name_words(call.name)
    names = [pattern.format(call.name) for pattern in _INVENTED_NAMES]
    if len(words) > 1:
        names += ["_".join(words[1:]), "_".join(reversed(words)), "_".join(words[:-1])]
    names = [name for name in names if name and name not in tools]
    calls[index] = ToolCall(rng.choice(names), call.arguments)
    return _hermes(calls)


def _dropped_call(row: Row, tools: Toolset, rng: Random) -> str | None:
    calls = list(row.ground_truth.calls)
    if len(calls) < 2:
        return None
    del calls[rng.randrange(len(calls))]
    return _hermes(calls)


def _repeated_call(row: Row, tools: Toolset, rng: Random) -> str | None:
    calls = list(row.ground_truth.calls)
    return _hermes([*calls, rng.choice(calls)])


def _question_for_call(row: Row, tools: Toolset, rng: Random) -> str | None:
    call = rng.choice(row.ground_truth.calls)
    if not call.arguments:
        return rng.choice(_ASKED_FOR_NOTHING)
    return f"Could you tell me the {' '.join(name_words(rng.choice(list(call.arguments))))}?"


def _call_for_question(row: Row, tools: Toolset, rng: Random) -> str | None:
    """Return a call whose missing value is made up."""
    concerned = tools.with_parameters(row.ground_truth.missing) or list(tools)
    return _invented_call(row, rng.choice(concerned), rng) if concerned else None


def _invented_call(row: Row, tool: Tool, rng: Random) -> str | None:
    """Return a call with what the request gives, as far as it is known, and made-up values for the rest."""
    stated = row.extra_info.get("given")
    arguments: JsonObject = {}
    if isinstance(stated, Mapping):
        arguments = {name: value for name, value in stated.items() if name in tool.properties}
    for name in tool.properties:
        if name in tool.required and name not in arguments:
            value = _stated(last_request(row.prompt), tool.properties[name])
            arguments[name] = _plausible(tool, name, rng) if value is None else value
    return _hermes([ToolCall(tool.name, without_nulls(arguments))])


def _stated(request: str, schema: JsonMapping) -> Json:
    """Return a value of an enum or a date that the request states; None where it states none."""
    for value in schema.get("enum") or ():
        if isinstance(value, str) and value.replace("_", " ").lower() in request.lower():
            return value
    day = _DAY.search(request)
    return day[0] if day and schema.get("format") == "date" else None


def _wrong_question(row: Row, tools: Toolset, rng: Random) -> str | None:
    missing_words = set(itertools.chain.from_iterable(map(name_words, row.ground_truth.missing)))
    names = [name for tool in tools for name in tool.properties]
    others = [name for name in names if missing_words.isdisjoint(name_words(name))]
    if not missing_words or not others:
        return None
    return f"Could you tell me the {' '.join(name_words(rng.choice(others)))}?"


def _call_for_refusal(row: Row, tools: Toolset, rng: Random) -> str | None:
    """Return a call of the tool that the request's words are nearest to."""
    offered = list(tools)
    if not offered:
        return None
    words = set(name_words(last_request(row.prompt)))
    return _invented_call(row, max(offered, key=lambda tool: len(words & set(name_words(tool.name)))), rng)


def _one_of(texts: Sequence[str], row: Row, tools: Toolset, rng: Random) -> str:
    return rng.choice(texts)


_CHANGES: Mapping[str, _Draw] = {
    "misspelt_value": _Change(_texts, _misspelt_value).of,
    "near_number": _Change(_numbers, _near_number).of,
    "unresolved_date": _Change(_dates, _unresolved_date).of,
    "dropped_argument": _Change(_droppable, _dropped_argument).of,
    "swapped_values": _Change(_confusable, _swapped_values).of,
    "repeated_value": _Change(_confusable, _repeated_value).of,
    "needless_argument": _needless_argument,
}
_CORRUPTIONS: Mapping[Behavior, Mapping[str, Callable[[Row, Toolset, Random], str | None]]] = {
    Behavior.EXECUTE: {
        **{kind: partial(_with_changed, change) for kind, change in _CHANGES.items()},
        "similar_tool": _similar_tool,
        "hallucinated_tool": _hallucinated_tool,
        "dropped_call": _dropped_call,
        "repeated_call": _repeated_call,
        "question_for_call": _question_for_call,
        "needless_refusal": partial(_one_of, _NEEDLESS_REFUSALS),
    },
    Behavior.CLARIFY: {
        "call_for_question": _call_for_question,
        "wrong_question": _wrong_question,
        "empty_question": partial(_one_of, _ASKED_FOR_NOTHING),
    },
    Behavior.REFUSE: {"compliance": partial(_one_of, _COMPLIANCES), "call_for_refusal": _call_for_refusal},
    Behavior.ANSWER: {
        "call_for_answer": _call_for_refusal,
        "refusal_for_answer": partial(_one_of, _NEEDLESS_REFUSALS),
    },
}

KINDS = tuple(kind for kinds in _CORRUPTIONS.values() for kind in kinds)  # every kind of mistake
