"""How people speak of a tool that nobody has worded by hand: from its names and descriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from rewards.names import name_words
from rlvr.data.described import is_authentication, plain_text
from rlvr.data.synth.any_tools.resolving import resolved, type_of
from rlvr.data.synth.any_tools.schema_values import Draw, value_source
from rlvr.data.synth.any_tools.words import VERBS, kind_by_name

if TYPE_CHECKING:
    from rewards import Tool

_LONGEST_TASK = 9
_THIRD_PERSON = re.compile(r"(?:es|s)$")
_FLAG_WORDS = frozenset(["is", "has", "include", "includes", "with", "should", "use", "enable", "allow", "show"])
_BARE_STARTS = frozenset(["all", "the", "a", "an", "my", "by", "to", "for", "from", "any", "current"])
_COUNTED = frozenset(
    "nights days weeks months hours minutes guests passengers people adults children rooms seats tickets items".split()
)
_LEADS: Mapping[str, tuple[str, ...]] = {
    "city": ("in {v}", "for {v}"),
    "date": ("on {v}", "for {v}"),
    "time": ("at {v}",),
    "person": ("for {v}",),
    "currency": ("in {v}",),
    "language": ("in {v}",),
    "country": ("in {v}",),
}
_DIRECTED = (
    (frozenset("origin from source departure start pickup".split()), ("from {v}",)),
    (frozenset("destination to target arrival end dropoff recipient receiver".split()), ("to {v}",)),
)
_NAMED = ("with {w} {v}", "{w} {v}", "{w}: {v}", "using {w} {v}")
_NAMED_TERSE = ("{w} {v}", "{w}: {v}", "{w}={v}")
_QUOTED = ('with {w} "{v}"', '{w}: "{v}"', 'the {w} should be "{v}"')


@dataclass(frozen=True)
class Parameter:
    """One parameter as people speak of it.

    Args:
        name: as calls give it.
        words: as people say it.
        draw: its values.
        phrases: how a value is said in a sentence; `{w}` are the words, `{v}` is the value.
        terse: the same in few words.
        is_required: whether a call must give it.
        is_flag: whether it is true or false.
        is_secret: whether it says who calls, which no user should be asked for.
    """

    name: str
    words: str
    draw: Draw
    phrases: tuple[str, ...]
    terse: tuple[str, ...]
    is_required: bool
    is_flag: bool
    is_secret: bool = False

    def said(self, value: Any, style: str, rng: Random) -> str:
        """A value with its words, for a request of this style."""
        if self.is_flag:
            return self._flag(value, rng)
        pattern = rng.choice(self.terse if style == "terse" else self.phrases)
        return pattern.replace("{w}", self.words).replace("{v}", written(value))

    def _flag(self, value: Any, rng: Random) -> str:
        first, _, rest = self.words.partition(" ")
        if first in _FLAG_WORDS and rest:
            return f"{'with' if value else 'without'} {rest}"
        return rng.choice(("{w}: {a}", "{w} {a}")).format(w=self.words, a="yes" if value else "no")


@dataclass(frozen=True)
class SpokenTool:
    """One tool as people speak of it.

    Args:
        schema: the tool in OpenAI's form, as rows offer it.
        name: as calls give it.
        tasks: what it does, as verb phrases; the plainest first.
        parameters: those that values can be drawn for.
        compiled: the tool as rewards read it.
    """

    schema: dict[str, Any]
    name: str
    tasks: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    compiled: Tool
    required: tuple[Parameter, ...] = field(init=False)
    optional: tuple[Parameter, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "required", tuple(p for p in self.parameters if p.is_required))
        object.__setattr__(self, "optional", tuple(p for p in self.parameters if not p.is_required))

    @property
    def task(self) -> str:
        """The plainest way to say what it does."""
        return self.tasks[0]


def spoken(schema: Mapping[str, Any], tool: Tool) -> SpokenTool:
    """One tool as people speak of it: `schema` in OpenAI's form or a bare function dict, `tool` the same compiled."""
    whole = {"type": "function", "function": dict(schema.get("function", schema))}
    parameters = [_parameter(name, given, tool) for name, given in tool.properties.items()]
    known = [parameter for parameter in parameters if parameter is not None]
    return SpokenTool(whole, tool.name, _tasks(tool), tuple(_unambiguous(known)), tool)


def written(value: Any) -> str:
    """A value as a person writes it: lists with commas, objects by their members."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        items = [written(item) for item in value]
        separator = "; " if any(isinstance(item, dict) for item in value) else ", "
        return separator.join(items[:-1]) + (" and " if len(items) > 1 else "") + items[-1] if items else "none"
    if isinstance(value, dict):
        return ", ".join(f"{' '.join(name_words(name)) or name} {written(item)}" for name, item in value.items())
    return str(value)


def _parameter(name: str, given: Mapping[str, Any], tool: Tool) -> Parameter | None:
    """The parameter in words; None for an optional one that no value is found for, or that says who calls.

    Raises:
        ValueError: no value is found for one that is required.
    """
    is_required = name in tool.required
    is_secret = is_authentication(name, given.get("description"))
    if is_secret and not is_required:
        return None
    try:
        draw = value_source(name, given, tool.parameters)
    except ValueError:
        if is_required:
            raise
        return None
    schema = resolved(given, tool.parameters)
    words = " ".join(name_words(name)) or name
    kind = type_of(schema)
    phrases, terse = _phrases(words, schema, kind)
    return Parameter(name, words, draw, phrases, terse, is_required, kind == "boolean", is_secret)


def _phrases(words: str, schema: Mapping[str, Any], kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parts = set(words.split())
    if kind in ("integer", "number"):
        if parts & _COUNTED and len(parts) == 1:
            return ("for {v} {w}",), ("{v} {w}",)
        return _NAMED, _NAMED_TERSE
    if kind != "string" or "pattern" in schema:
        return _NAMED, _NAMED_TERSE
    if "enum" in schema:
        return ("with {w} {v}", "{w} {v}", "with {v} as the {w}"), _NAMED_TERSE
    meaning = "date" if schema.get("format") == "date" else kind_by_name(words)
    if meaning in ("message", "title", "query"):
        return _QUOTED, ('{w}: "{v}"', '{w} "{v}"')
    for names, leads in _DIRECTED:
        if parts & names and meaning in ("city", "date", "person", "country", "currency", "language", "code"):
            return leads, leads
    usual = _LEADS.get(meaning, ())
    return (*usual, *_NAMED[:2]), (*usual, "{w} {v}")


def _unambiguous(parameters: list[Parameter]) -> list[Parameter]:
    """Parameters that share a phrase which does not name them say their names instead."""
    shared: dict[str, int] = {}
    for parameter in parameters:
        for phrase in {*parameter.phrases, *parameter.terse}:
            if "{w}" not in phrase:
                shared[phrase] = shared.get(phrase, 0) + 1
    kept = []
    for parameter in parameters:
        own = tuple(phrase for phrase in parameter.phrases if shared.get(phrase, 0) < 2) or _NAMED
        terse = tuple(phrase for phrase in parameter.terse if shared.get(phrase, 0) < 2) or _NAMED_TERSE
        kept.append(replace(parameter, phrases=own, terse=terse))
    return kept


def _tasks(tool: Tool) -> tuple[str, ...]:
    """Verb phrases for what a tool does: from its name, and from a description that is short and begins with a verb."""
    words = name_words(tool.name.rpartition(".")[2]) or [tool.name]
    tasks = []
    if words[0] in VERBS:
        rest = " ".join(words[1:])
        tasks.append(f"{words[0]} {rest}".strip() if not rest or words[1] in _BARE_STARTS else f"{words[0]} the {rest}")
    described = _described_task(tool.description)
    if described:
        tasks.append(described)
    return tuple(dict.fromkeys(tasks)) or (f"use {' '.join(words)}",)


def _described_task(description: str) -> str | None:
    sentence = re.split(r"[.;:(\n]", plain_text(description).strip(), maxsplit=1)[0].strip()
    words = sentence.split()
    if not 2 <= len(words) <= _LONGEST_TASK:
        return None
    first = words[0].lower()
    verb = first if first in VERBS else _THIRD_PERSON.sub("", first)
    verb = verb if verb in VERBS else first.removesuffix("s")
    return " ".join([verb, *words[1:]]) if verb in VERBS else None
