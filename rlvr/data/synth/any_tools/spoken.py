"""How people speak of a tool that nobody has worded by hand: what it does, and what is said of its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from rewards import Tool
from rewards.names import name_words
from rlvr.data.returned import returned_schema
from rlvr.data.synth.any_tools.about import Slot, Unit, object_phrase
from rlvr.data.synth.any_tools.agreement import Agree, agreeing
from rlvr.data.synth.any_tools.parameters import Parameter, parameter_of
from rlvr.data.synth.any_tools.resolving import resolved
from rlvr.data.synth.any_tools.schema_values import value_source
from rlvr.data.synth.any_tools.tasks import ToolTask, task_of
from rlvr.data.synth.drawing import Draw
from rlvr.data.synth.lexicon import Frame, lexicon
from rlvr.files import JsonMapping, JsonObject

OPTIONAL_SHARE = 0.5  # how many calls give optional values, of the tools that take any
_SAYING_MORE = ("change", "add", "make")  # what nobody asks for without saying what to
_ATTEMPTS = 30
_PAIRS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("person_group", ("first_name", "last_name"), ("for {v}", ", the name is {v}")),
    ("spot_group", ("latitude", "longitude"), ("at {v}", "around {v}")),
)

_NEW_VALUES = frozenset(("payment", "choice", "email", "phone", "milliseconds", "percent"))
"""Meanings of what something is changed to."""


@dataclass(frozen=True)
class FittedFrame:
    """A frame with the units that fill it."""

    frame: Frame
    units: Mapping[str, int]

    @cached_property
    def needed(self) -> frozenset[int]:
        """The units without which it cannot be said."""
        return frozenset(self.units.values())


@dataclass(frozen=True)
class SpokenTool:
    """One tool as people speak of it."""

    schema: JsonObject  # the tool in OpenAI's form, as rows offer it
    name: str  # as calls give it
    does: ToolTask  # its verb, and what that is done to
    parameters: tuple[Parameter, ...]  # those that values can be drawn for
    compiled: Tool  # the tool as rewards read it
    agree: Agree  # makes values that belong together agree, by the keys of their parameters
    context: frozenset[str]  # the words of its name, description and parameters

    @cached_property
    def required(self) -> tuple[Parameter, ...]:
        """Return the parameters that a call must give."""
        return tuple(parameter for parameter in self.parameters if parameter.is_required)

    @cached_property
    def optional(self) -> tuple[Parameter, ...]:
        """Return the parameters that it may leave out."""
        return tuple(parameter for parameter in self.parameters if not parameter.is_required)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Return what is said, value by value."""
        return tuple(_units(self.parameters, self.does))

    @cached_property
    def object(self) -> tuple[str | Slot, ...]:
        """Return what the task is about, in parts."""
        return object_phrase(self.does, self.parameters, self.units)

    @cached_property
    def answers(self) -> Draw | None:
        """Return what draws results as its maker describes them; None where nobody does."""
        schema = returned_schema(self.schema["function"])
        try:
            return None if schema is None else value_source("result", schema, schema, self.context)
        except ValueError:
            return None

    @cached_property
    def frames(self) -> tuple[FittedFrame, ...]:
        """Sentences that fit what this tool does and takes."""
        return tuple(_fitting(self.does, self.units, self.context))

    @cached_property
    def task(self) -> str:
        """Return what it does, without values: "get the details of an order"."""
        phrase = "".join(part if isinstance(part, str) else part.plain for part in self.object)
        return f"{self.does.verb} {phrase}".strip()


def spoken(schema: JsonMapping, tool: Tool, namespace: str = "") -> SpokenTool:
    """Return a tool as people speak of it, without the first word that all names of its toolset share.

    Raises:
        ValueError: no value is found for a parameter that is required.
    """
    whole = {"type": "function", "function": dict(schema.get("function", schema))}
    context = context_of(tool)
    parameters = [parameter_of(name, member, tool, context) for name, member in tool.properties.items()]
    kept = tuple(parameter for parameter in parameters if parameter is not None)
    schemas = {p.name: resolved(tool.properties[p.name], tool.parameters) for p in kept}
    agree = agreeing(schemas, {p.name: p.draw for p in kept}, context)
    return SpokenTool(whole, tool.name, task_of(tool, namespace), kept, tool, agree, context)


def context_of(tool: Tool) -> frozenset[str]:
    """Return the words of a tool: its name's, also with @ before them, its description's and its parameters'."""
    named = name_words(tool.name)
    words = {*named, *(f"@{word}" for word in named), *re.findall(r"[a-z]{2,}", tool.description.lower())}
    for name in tool.properties:
        words.update(name_words(name))
    return frozenset(words)


def _units(parameters: Sequence[Parameter], does: ToolTask) -> Iterable[Unit]:
    taken: set[int] = set()
    by_role: dict[str, dict[str, int]] = {}
    for place, parameter in enumerate(parameters):
        role = parameter.role.name if parameter.role else ""
        by_role.setdefault(role, {}).setdefault(parameter.meaning.name, place)
    for role, places in by_role.items():
        address = [places[m] for m in ("street", "street2", "city", "state", "zip", "country") if m in places]
        if len(address) > 2 or ({"city", "state"} <= places.keys()):
            taken.update(address)
            lines = ("to {v}", ": {v}") if does.verb_class.name == "change" else ("at {v}", "to {v}")
            yield Unit(tuple(address), "address_group", role, lines, is_topic=False)
        for name, meanings, clauses in _PAIRS:
            if places.keys() >= set(meanings):
                pair = tuple(places[meaning] for meaning in meanings)
                taken.update(pair)
                yield Unit(pair, name, role, clauses, is_topic=name == "person_group")
    for place, parameter in enumerate(parameters):
        if place in taken:
            continue
        role = parameter.role.name if parameter.role else ""
        is_new_value = does.verb_class.name == "change" and parameter.meaning.name in _NEW_VALUES
        is_new_value = is_new_value and not {parameter.meaning.name, *parameter.words.split()}.isdisjoint(does.words)
        is_to = is_new_value and not role
        clauses = ("to {v}",) if is_to else parameter.clauses_beside(does.verb_class.name)
        yield Unit((place,), parameter.meaning.name, role, clauses, parameter.meaning.is_topic)


def _fitting(does: ToolTask, units: Sequence[Unit], context: frozenset[str]) -> Iterable[FittedFrame]:
    for frame in lexicon().frames:
        if does.verb_class.name not in frame.verbs or (frame.context and frame.context.isdisjoint(context)):
            continue
        filled: dict[str, int] = {}
        for key, (meaning, role) in frame.slots.items():
            fitting = [
                index
                for index, unit in enumerate(units)
                if unit.meaning == meaning and (not role or unit.role == role) and index not in filled.values()
            ]
            if not fitting:
                break
            filled[key] = fitting[0]
        else:
            yield FittedFrame(frame, filled)


def draw_arguments(tool: SpokenTool, rng: Random) -> JsonObject:
    """Return arguments of one call: all that are required, and some that are not, valid under the tool's schema.

    Raises:
        LookupError: none were found.
    """
    for _ in range(_ATTEMPTS):
        chosen = _chosen(tool, rng)
        values = tool.agree({parameter.key: parameter.draw(rng) for parameter in chosen}, rng)
        arguments = {parameter.name: values[parameter.key] for parameter in chosen}
        if tool.compiled.admits(arguments):
            return arguments
    raise LookupError(tool.name)


def _chosen(tool: SpokenTool, rng: Random) -> list[Parameter]:
    is_empty = len(tool.required) < 2 and tool.does.verb_class.name in _SAYING_MORE
    if not tool.optional or (not is_empty and rng.random() >= OPTIONAL_SHARE):
        return list(tool.required)
    likely = [parameter for parameter in tool.optional if rng.random() < parameter.share]
    some = rng.sample(likely, min(len(likely), rng.choice((1, 1, 2, 3))))
    return [parameter for parameter in tool.parameters if parameter.is_required or parameter in some]
