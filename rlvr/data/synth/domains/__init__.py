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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from rlvr.data.synth import procedural_words as words
from rlvr.data.synth.phrasing import OptionalClauses, Phrasing, clauses, lines, render, with_openings

FOLDER = Path(__file__).parent

OPENINGS = {
    "formal": lines("""
        Please ~.
        Could you please ~?
        I would like you to ~.
        I'd appreciate your help: ~.
        Can I ask you to ~?
        Kindly ~.
        I want you to ~.
        You are asked to ~.
    """),
    "casual": lines("""
        Can you ~?
        Could you ~?
        Hey, ~.
        Hi, please ~.
        ~ please.
        ~, thanks.
        I need you to ~.
        Will you ~?
        Help me ~.
        Now ~.
        Ok, ~.
        ~!
        I'd like to ~.
        I need to ~.
        I want to ~.
        Let's ~.
        We have to ~.
        It's time to ~.
    """),
}
STYLES = ("formal", "casual", "casual", "terse", "terse")
# The share of open values that are not from a domain's own list, which could be learnt by heart.
FOREIGN_VALUE_SHARE = 0.4


@dataclass(frozen=True)
class Parameter:
    """One value that a domain's requests carry, under the key that its lines use."""

    key: str
    is_required: bool
    names: tuple[str, ...]
    description: str
    kind: words.Kind
    choices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Domain:
    """One thing that people ask for: how tools for it are named, and the lines that ask for it."""

    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    description: str
    parameters: tuple[Parameter, ...]
    phrasings: Mapping[str, tuple[Phrasing, ...]]
    clauses: OptionalClauses

    def said(self, rng: Random, values: Mapping[str, Any], missing: frozenset[str]) -> str | None:
        """A request that states `values` and leaves out `missing`; None where no line of the drawn style can.

        Args:
            rng: where the line is drawn from.
            values: by key, as a person writes them.
            missing: keys of required values.
        """
        style = rng.choice(STYLES)
        able = [line for line in self.phrasings[style] if line.droppable >= missing]
        if not able:
            return None
        line = rng.choice(able)
        required = {parameter.key for parameter in self.parameters if parameter.is_required}
        chosen = self.clauses.choose(rng, style, [key for key in values if key not in required])
        return render(line, values, missing, chosen)


@cache
def domains() -> tuple[Domain, ...]:
    """Every domain, in the order of the files."""
    return tuple(_domain(block) for path in sorted(FOLDER.glob("*.txt")) for block in _blocks(path.read_text("utf-8")))


def _blocks(text: str) -> Iterator[list[str]]:
    for block in re.split(r"^(?=# )", text, flags=re.MULTILINE):
        if block.strip():
            yield block.strip().splitlines()


def _domain(block: list[str]) -> Domain:
    verbs, nouns, description = block[0].removeprefix("# ").split(" ; ")
    by_mark: dict[str, list[str]] = {mark: [] for mark in "!~rst+"}
    for line in block[1:]:
        by_mark[line[0]].append(line[2:])
    requests, sentences = by_mark["r"], by_mark["s"]
    phrasings = {
        style: tuple(Phrasing(line, style) for line in (*with_openings(OPENINGS[style], requests), *sentences * 4))
        for style in OPENINGS
    }
    phrasings["terse"] = tuple(Phrasing(line, "terse") for line in (*by_mark["t"] * 2, *requests))
    said = clauses("\n".join(by_mark["+"]))
    return Domain(
        verbs=tuple(verbs.split()),
        nouns=tuple(nouns.split()),
        description=description,
        parameters=tuple(_parameter(line, mark == "!") for mark in "!~" for line in by_mark[mark]),
        phrasings=phrasings,
        clauses=OptionalClauses(full=said, terse=said),
    )


_PARAMETER = re.compile(
    r"(?P<key>\w+) (?P<kind>\w+)(?:\((?P<of>.*?)\))? : (?P<names>[\w ]+?)(?: ; (?P<description>.*))?$"
)
_STRING = {"type": "string"}
_PLAIN_KINDS: dict[str, tuple[dict[str, Any], Callable[[Random], Any], str]] = {
    "city": (_STRING, words.KINDS["place"].value, "Name of a town"),
    "spot": (_STRING, lambda rng: _spot(rng), "Street and number"),
    "person": (_STRING, words.KINDS["person"].value, "Name of a person"),
    "date": ({"type": "string", "format": "date"}, words.KINDS["date"].value, "Date, YYYY-MM-DD"),
    "time": (_STRING, words.KINDS["time"].value, "Time of day, HH:MM"),
    "text": (_STRING, words.KINDS["text"].value, "The text"),
    "task": (_STRING, words.KINDS["task"].value, "What is to be done"),
    "id": (_STRING, words.KINDS["code"].value, "The number or code"),
    "url": (
        _STRING,
        lambda rng: f"{words.invented_word(rng)}.{rng.choice(('com', 'org', 'net', 'io'))}",
        "A web address",
    ),
    "email": (_STRING, lambda rng: f"{words.invented_word(rng)}@{words.invented_word(rng)}.com", "An email address"),
    "handle": (_STRING, lambda rng: f"@{words.invented_word(rng)}{rng.randint(1, 99)}", "Name of the account"),
}


def _spot(rng: Random) -> str:
    street = (
        rng.choice(words.NOUNS).replace("_", " ").title() if rng.random() < 0.6 else words.invented_word(rng).title()
    )
    return f"{rng.randint(1, 250)} {street} {rng.choice(('Street', 'Road', 'Lane', 'Avenue', 'Square', 'Way'))}"


def _open_value(rng: Random, listed: tuple[str, ...]) -> str:
    if rng.random() > FOREIGN_VALUE_SHARE:
        return rng.choice(listed)
    kind = words.KINDS["title" if listed[0][0].isupper() else "thing"]
    return str(kind.value(rng))


def _in_range(bounds: str, *, is_integer: bool) -> Callable[[Random], Any]:
    low, high = map(int, bounds.split("-"))

    def draw(rng: Random) -> Any:
        if is_integer or rng.random() < 0.6:
            return rng.randint(low, high)
        value = round(rng.uniform(low, high), rng.choice((1, 2)))
        return int(value) if value.is_integer() else value

    return draw


def _parameter(line: str, is_required: bool) -> Parameter:
    match = _PARAMETER.match(line)
    if match is None:
        raise ValueError(f"not a parameter: {line!r}")
    kind, of = match["kind"], match["of"]
    choices: tuple[str, ...] = ()
    schema: dict[str, Any] = _STRING
    described = ""
    if kind == "choice":
        choices = tuple(of.split("/"))
        value: Callable[[Random], Any] = lambda rng: rng.choice(choices)  # noqa: E731
    elif kind == "word":
        listed = tuple(of.split("/"))
        value = lambda rng: _open_value(rng, listed)  # noqa: E731
    elif kind in ("int", "num"):
        schema = {"type": "integer" if kind == "int" else "number"}
        value = _in_range(of, is_integer=kind == "int")
    else:
        schema, value, described = _PLAIN_KINDS[kind]
    names = tuple(match["names"].split())
    shape = kind if kind != "word" else "words"
    return Parameter(
        key=match["key"],
        is_required=is_required,
        names=names,
        description=match["description"] or described,
        kind=words.Kind(schema, names, value, shape, (), (match["description"] or described,)),
        choices=choices,
    )
