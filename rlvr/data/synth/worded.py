"""A tool with the lines that people wrote for it: its schema, its values, how to ask for it, and how to ask back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

from rlvr.data.synth.phrasing import STYLES, OptionalClauses, Phrasing, phrasing

ALONE = ("~",)  # the opening of a line that is a sentence by itself
Openings = Mapping[str, tuple[str, ...]]  # by style: what makes a verb phrase a sentence; `~` is the verb phrase


class Ask(NamedTuple):
    """How to ask for one required value: as a noun phrase, and as whole questions."""

    noun_phrase: str
    questions: tuple[str, ...]


class Line(NamedTuple):
    """One line that asks for a tool, and the openings that it takes."""

    text: str
    openings: tuple[str, ...]

    @property
    def taken_apart(self) -> Phrasing:
        """The line with the values that it carries and those that it can do without."""
        return phrasing(self.text, "terse")


Lines = Mapping[str, tuple[Line, ...]]  # by style: the lines that ask for one tool


def opened(verb_phrases: Iterable[str], openings: tuple[str, ...]) -> tuple[Line, ...]:
    """Return verb phrases as lines, with a place for optional clauses in each."""
    return tuple(Line(text if "{*}" in text else text + "{*}", openings) for text in verb_phrases)


def alone(sentences: Iterable[str]) -> tuple[Line, ...]:
    """Return sentences as lines."""
    return tuple(Line(text, ALONE) for text in sentences)


@dataclass(frozen=True, eq=False)
class WordedTool:
    """One tool. Lines and clauses call its values by keys."""

    schema: dict[str, Any]  # the tool in OpenAI's form
    task: str  # what it does, as a verb phrase: "check the weather"
    sample: Callable[[Random], dict[str, Any]]  # draws all of its values for one request, by key
    lines: Lines  # how people ask for it
    clauses: OptionalClauses  # how values are said that a line has no place for
    ask: Callable[[str], Ask]  # how to ask for the required value of a key
    names: Mapping[str, str] | None = None  # the parameter of each key; None where they are the same
    usual: tuple[str, float] | None = None  # an optional value that most requests give, and the share of those that do

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.schema["function"]["name"])

    @cached_property
    def parameter_of(self) -> Mapping[str, str]:
        """The parameter of each key."""
        return self.names or {name: name for name in self._properties}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The keys of the required values, in the order of the schema."""
        names = self.schema["function"]["parameters"]["required"]
        keys = {name: key for key, name in self.parameter_of.items()}
        return tuple(keys[name] for name in names)

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """The keys of the other values."""
        return tuple(key for key in self.parameter_of if key not in self.required)

    @cached_property
    def enums(self) -> frozenset[str]:
        """The keys of values from a closed list."""
        return frozenset(key for key, name in self.parameter_of.items() if "enum" in self._properties[name])

    @cached_property
    def n_chars(self) -> int:
        """The length of the schema as JSON."""
        return len(json.dumps(self.schema))

    @property
    def _properties(self) -> Mapping[str, Any]:
        return dict(self.schema["function"]["parameters"]["properties"])

    def lines_without(self, missing: frozenset[str], style: str) -> list[Line]:
        """Return the lines of a style that can leave these values out."""
        wholes = [(line, line.taken_apart) for line in self.lines[style]]
        return [line for line, whole in wholes if missing.isdisjoint(whole.slots - whole.droppable)]

    def draw(self, rng: Random) -> dict[str, Any]:
        """Return all values for one request by key, in the order of the schema."""
        drawn = self.sample(rng)
        return {key: drawn[key] for key in self.parameter_of}


def lines_by_style(
    formal: tuple[Line, ...], casual: tuple[Line, ...], terse: tuple[Line, ...]
) -> dict[str, tuple[Line, ...]]:
    """Return lines under their styles."""
    return dict(zip(STYLES, (formal, casual, terse), strict=True))
