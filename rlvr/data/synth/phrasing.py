"""The small language in which requests are written, and its rendering to a user's sentence.

A phrasing is one line of text with marks:

    {city}             a required value, as the call will carry it
    {nights:night}     a count with its noun: "1 night", "3 nights"
    [ in {city}]       a group that goes away when its value is missing (clarify rows)
    [{text}|this]      the same, with what stands there instead
    {?column}          where the clause of one optional value goes
    {!units}           this optional value is never said here
    {*}                where all other optional clauses go; without it, before the closing mark

A verb phrase ("check the weather in {city}") becomes a sentence through an opening ("Could you please ...?"). What is
written by hand here stays countable: `Phrasing.source` names the line that a request came from.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

STYLES = ("formal", "casual", "terse")

Values = Mapping[str, Any]

_MARK = re.compile(r"\{\?(?P<clause>\w+)\}|\{(?P<rest>\*)\}|\{(?P<name>\w+)(?::(?P<noun>\w+))?\}|\[(?P<group>[^\]]*)\]")
_REFUSED = re.compile(r"\{!(\w+)\}")


class Slot(NamedTuple):
    """A value, followed by its noun in the right number where it has one."""

    name: str
    noun: str | None


class Group(NamedTuple):
    """What goes away with its one value, and what stands there then."""

    name: str
    parts: tuple[str | Slot, ...]
    otherwise: str


class Clauses(NamedTuple):
    """The place of one optional value's clause, or of all that have no place of their own (name None)."""

    name: str | None


Part = str | Slot | Group | Clauses  # a part of a line; a text stands as it is


@dataclass(frozen=True)
class Phrasing:
    """One way to ask: the line it was written as (its opening included) and the style it belongs to."""

    source: str
    style: str

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The line taken apart, with a place for optional clauses in any case."""
        source = _REFUSED.sub("", self.source)
        if "{*}" not in source:
            body = source.rstrip(".?!")
            source = f"{body}{{*}}{source[len(body) :]}"
        return tuple(_parts(source))

    @cached_property
    def slots(self) -> frozenset[str]:
        """Names of the required values that the line carries."""
        groups = {part.name for part in self.parts if isinstance(part, Group)}
        return frozenset(groups | {part.name for part in self.parts if isinstance(part, Slot)})

    @cached_property
    def droppable(self) -> frozenset[str]:
        """Names of the values that the line can do without."""
        return frozenset(part.name for part in self.parts if isinstance(part, Group))

    @cached_property
    def refused(self) -> frozenset[str]:
        """Names of the optional values that do not go with this line."""
        return frozenset(_REFUSED.findall(self.source))

    @cached_property
    def clause_places(self) -> frozenset[str]:
        """Names of the optional values that have a place of their own in the line."""
        return frozenset(part.name for part in self.parts if isinstance(part, Clauses) and part.name is not None)


def _parts(source: str) -> Iterable[Part]:
    end = 0
    for mark in _MARK.finditer(source):
        if mark.start() > end:
            yield source[end : mark.start()]
        end = mark.end()
        if mark["group"] is not None:
            present, _, otherwise = mark["group"].partition("|")
            parts = tuple(part for part in _parts(present) if isinstance(part, str | Slot))
            (slot,) = (part for part in parts if isinstance(part, Slot))
            yield Group(slot.name, parts, otherwise)
        elif mark["name"] is not None:
            yield Slot(mark["name"], mark["noun"])
        else:
            yield Clauses(mark["clause"])
    if end < len(source):
        yield source[end:]


def lines(text: str) -> tuple[str, ...]:
    """The non-empty lines of a block, without their indentation."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def words(text: str) -> tuple[str, ...]:
    """The entries of a list with commas, over as many lines as it takes."""
    return tuple(" ".join(entry.split()) for entry in text.split(","))


def written(value: Any, is_enum: bool) -> str:
    """A value as a person writes it: an enum's underscores are spaces, everything else is as the call carries it."""
    return str(value).replace("_", " ") if is_enum else str(value)


@dataclass(frozen=True)
class OptionalClauses:
    """How optional values are said: clauses by the values that they carry, longer combinations first.

    `full` serves formal and casual requests, `terse` the terse ones; each clause brings its leading space.
    """

    full: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    terse: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def choose(self, rng: Random, style: str, given: Iterable[str]) -> dict[str, str]:
        """One clause for each given value or combination, in the order of the table, keyed by its first value."""
        open_names = set(given)
        chosen = {}
        for names, clauses in self.terse if style == "terse" else self.full:
            if open_names.issuperset(names):
                chosen[names[0]] = rng.choice(clauses)
                open_names.difference_update(names)
        if open_names:
            raise ValueError(f"no clause says {sorted(open_names)}")
        return chosen


def clauses(block: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """A table of clauses from lines, grouped by the values that they carry; more values first, else in given order."""
    table: dict[tuple[str, ...], list[str]] = {}
    for line in lines(block):
        names = tuple(mark["name"] for mark in _MARK.finditer(line))
        joined = line if line.startswith(",") else " " + line
        table.setdefault(names, []).append(joined)
    return tuple((names, tuple(table[names])) for names in sorted(table, key=len, reverse=True))


def render(phrasing: Phrasing, said: Values, missing: frozenset[str], chosen_clauses: Mapping[str, str]) -> str:
    """Return the request in words: without the missing values, and with a clause for each optional one."""
    texts: list[str] = []
    for part in phrasing.parts:
        if isinstance(part, Group):
            texts.append(part.otherwise if part.name in missing else _filled(part.parts, said))
        elif isinstance(part, Clauses):
            others = [name for name in chosen_clauses if name not in phrasing.clause_places]
            names = others if part.name is None else [part.name]
            texts += [_filled(_parts(chosen_clauses.get(name, "")), said) for name in names]
        else:
            texts.append(_filled([part], said))
    sentence = "".join(texts).strip()
    return sentence if phrasing.style == "terse" else sentence[:1].upper() + sentence[1:]


def _filled(parts: Iterable[Part], said: Values) -> str:
    """Return the texts and the values of parts, a noun behind its number in the plural but for 1."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Slot):
            value = str(said[part.name])
            plural = "" if value == "1" else "s"
            texts.append(value if part.noun is None else f"{value} {part.noun}{plural}")
        elif isinstance(part, str):
            texts.append(part)
    return "".join(texts)
