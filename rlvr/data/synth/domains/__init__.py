"""Everyday domains: tools and requests as people know them, under names that are drawn at random.

The text files beside this one hold them, a block each:

    # book reserve ; table dinner_table ; Reserve a table      verbs, nouns, description
    ! venue word(Blue Door/Old Mill) : restaurant eatery ; Where   a required value: kind, parameter names, description
    ~ area choice(bar/terrace) : area                          an optional one
    r reserve a table[ at {venue}]                             a verb phrase, which takes an opening
    s Is a table free[ at {venue}| tonight]?                   a sentence
    t table[ {venue}]                                          a terse request
    + in the {area} area                                       how an optional value is said

The marks inside lines are those of `phrasing`. No domain is about what the five tools or the unseen tools do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rlvr.data.synth.drawing import Draw, between
from rlvr.data.synth.kinds import KINDS, OPENINGS, PLAIN, Kind
from rlvr.data.synth.phrasing import OptionalClauses, clauses
from rlvr.data.synth.worded import Lines, alone, lines_by_style, opened

FOREIGN_VALUE_SHARE = 0.4
"""The share of open values that are not from a domain's own list, which could be learnt by heart."""


class Parameter(NamedTuple):
    """One value that a domain's requests carry, under the key that its lines use."""

    key: str
    is_required: bool
    kind: Kind


class Domain(NamedTuple):
    """One thing that people ask for: how tools for it are named, and the lines that ask for it."""

    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    description: str
    parameters: tuple[Parameter, ...]
    lines: Lines
    clauses: OptionalClauses


@cache
def domains() -> tuple[Domain, ...]:
    """Return every domain, in the order of the files."""
    texts = (path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.txt")))
    return tuple(_domain(block) for text in texts for block in _blocks(text))


def _blocks(text: str) -> Iterator[list[str]]:
    for block in re.split(r"^(?=# )", text, flags=re.MULTILINE):
        if block.strip():
            yield block.strip().splitlines()


def _domain(block: list[str]) -> Domain:
    verbs, nouns, description = block[0].removeprefix("# ").split(" ; ")
    by_mark: dict[str, list[str]] = {mark: [] for mark in "!~rst+"}
    for line in block[1:]:
        by_mark[line[0]].append(line[2:])
    sentences = alone(by_mark["s"])
    formal, casual = (opened(by_mark["r"], OPENINGS[style]) + sentences for style in ("formal", "casual"))
    table = clauses("\n".join(by_mark["+"]))
    return Domain(
        verbs=tuple(verbs.split()),
        nouns=tuple(nouns.split()),
        description=description,
        parameters=tuple(_parameter(line, mark == "!") for mark in "!~" for line in by_mark[mark]),
        lines=lines_by_style(formal, casual, alone(by_mark["t"] * 2 + by_mark["r"])),
        clauses=OptionalClauses(full=table, terse=table),
    )


_PARAMETER = re.compile(
    r"(?P<key>\w+) (?P<kind>\w+)(?:\((?P<of>.*?)\))? : (?P<names>[\w ]+?)(?: ; (?P<description>.*))?$"
)


def _parameter(line: str, is_required: bool) -> Parameter:
    match = _PARAMETER.match(line)
    if match is None:
        raise ValueError(f"not a parameter: {line!r}")
    kind = _kind(match["kind"], match["of"] or "")
    descriptions = (match["description"],) if match["description"] else kind.descriptions
    named = kind._replace(names=tuple(match["names"].split()), descriptions=descriptions)
    return Parameter(match["key"], is_required, named)


def _kind(name: str, values: str) -> Kind:
    if name in PLAIN:
        return PLAIN[name]
    listed: tuple[Any, ...] = tuple(values.split("/"))
    if name == "choice":
        return Kind({"type": "string", "enum": list(listed)}, lambda rng: rng.choice(listed))
    if name == "word":
        return Kind({"type": "string"}, _open_value(listed))
    low, high = map(int, values.split("-"))
    is_integer = name == "int"
    return Kind({"type": "integer" if is_integer else "number"}, between(low, high, is_integer=is_integer))


def _open_value(listed: tuple[str, ...]) -> Draw:
    foreign = KINDS["title" if listed[0][0].isupper() else "thing"].draw

    def draw(rng: Random) -> Any:
        return foreign(rng) if rng.random() < FOREIGN_VALUE_SHARE else rng.choice(listed)

    return draw
