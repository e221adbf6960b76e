"""A tool as data synthesis knows it: its schema, its values, how people ask for it, and how to ask back."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from rlvr.data.synth.phrasing import OptionalClauses, Phrasing, lines, with_openings


@dataclass(frozen=True)
class Wording:
    """Lines that ask for one tool, one line each; requests are verb phrases that take an opening."""

    formal_requests: str
    casual_requests: str
    formal_sentences: str
    casual_sentences: str
    terse: str


@dataclass(frozen=True)
class Openings:
    """What a verb phrase becomes a sentence with; `~` is the verb phrase. The terse ones serve refused requests."""

    formal: tuple[str, ...]
    casual: tuple[str, ...]
    terse: tuple[str, ...]


Cores = Mapping[str, tuple[tuple[Phrasing, ...], ...]]
"""By style: the lines written by hand, each with all of its openings."""


def cores(wording: Wording, openings: Openings) -> Cores:
    """Each hand-written line of a wording as the phrasings that it gives."""

    def in_style(
        style: str, opened: Iterable[str], starts: tuple[str, ...], alone: str
    ) -> tuple[tuple[Phrasing, ...], ...]:
        groups = [with_openings(starts, [line]) for line in opened] + [(line,) for line in lines(alone)]
        return tuple(tuple(Phrasing(line, style) for line in group) for group in groups)

    return {
        "formal": in_style("formal", lines(wording.formal_requests), openings.formal, wording.formal_sentences),
        "casual": in_style("casual", lines(wording.casual_requests), openings.casual, wording.casual_sentences),
        "terse": in_style("terse", (), (), wording.terse),
    }


@dataclass(frozen=True)
class Ask:
    """How to ask for one required value: as a noun phrase, and as whole questions."""

    noun_phrase: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class SynthTool:
    """One tool.

    Args:
        schema: the tool in OpenAI's form.
        task: what it does, as a verb phrase: "check the weather".
        sample: all of its values, required and optional, for one request; True draws held-out values.
        clauses: how optional values are said.
        asks: how to ask for each required value.
        usual: an optional value that most requests give, and the share of those that do.
    """

    schema: dict[str, Any]
    task: str
    sample: Callable[[Random, bool], dict[str, Any]]
    clauses: OptionalClauses
    asks: Mapping[str, Ask]
    usual: tuple[str, float] | None = None
    required: tuple[str, ...] = field(init=False)
    optional: tuple[str, ...] = field(init=False)
    enums: frozenset[str] = field(init=False)
    n_chars: int = field(init=False)

    def __post_init__(self) -> None:
        parameters = self.schema["function"]["parameters"]
        required = tuple(parameters["required"])
        object.__setattr__(self, "required", required)
        object.__setattr__(self, "optional", tuple(name for name in parameters["properties"] if name not in required))
        object.__setattr__(
            self, "enums", frozenset(name for name, schema in parameters["properties"].items() if "enum" in schema)
        )

        object.__setattr__(self, "n_chars", len(json.dumps(self.schema)))

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.schema["function"]["name"])
