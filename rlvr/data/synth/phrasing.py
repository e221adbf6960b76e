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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random
from typing import Any

STYLES = ("formal", "casual", "terse")

Values = Mapping[str, Any]

_MARK = re.compile(
    r"\{\?(?P<clause>\w+)\}|\{(?P<rest>\*)\}|\[(?P<group>[^\]|{]*\{(?P<name>\w+)[^\]|]*)(?P<otherwise>[^\]]*)\]"
)
_SLOT = re.compile(r"\{(?P<name>\w+)(?::(?P<noun>\w+))?\}")
_REFUSED = re.compile(r"\{!(\w+)\}")


@dataclass(frozen=True)
class Phrasing:
    """One way to ask: the line it was written as (its opening included) and the style it belongs to."""

    source: str
    style: str

    @cached_property
    def text(self) -> str:
        """The line without its refused values, with a place for optional clauses in any case."""
        text = _REFUSED.sub("", self.source)
        body = text.rstrip(".?!")
        return text if "{*}" in text else f"{body}{{*}}{text[len(body) :]}"

    @cached_property
    def slots(self) -> frozenset[str]:
        """Names of the required values that the line carries."""
        return frozenset(slot["name"] for slot in _SLOT.finditer(self.text))

    @cached_property
    def droppable(self) -> frozenset[str]:
        """Names of the values that the line can do without."""
        return self._named("name")

    @cached_property
    def refused(self) -> frozenset[str]:
        """Names of the optional values that do not go with this line."""
        return frozenset(_REFUSED.findall(self.source))

    @cached_property
    def clause_places(self) -> frozenset[str]:
        """Names of the optional values that have a place of their own in the line."""
        return self._named("clause")

    def _named(self, part: str) -> frozenset[str]:
        return frozenset(mark[part] for mark in _MARK.finditer(self.text) if mark[part])


@lru_cache(maxsize=16384)
def phrasing(source: str, style: str) -> Phrasing:
    """Return a whole line taken apart, once for all requests."""
    return Phrasing(source, style)


def lines(text: str) -> tuple[str, ...]:
    """The non-empty lines of a block, without their indentation."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def words(text: str) -> tuple[str, ...]:
    """The entries of a list with commas, over as many lines as it takes."""
    return tuple(" ".join(entry.split()) for entry in text.split(","))


def listed(items: Sequence[str], separator: str = ", ") -> str:
    """Return items as a list in words: a, b and c."""
    *front, last = items or ["none"]
    return f"{separator.join(front)} and {last}" if front else last


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

    def choose(self, rng: Random, style: str, keys: Iterable[str]) -> dict[str, str]:
        """One clause for each given value or combination, in the order of the table, keyed by its first value."""
        open_names = set(keys)
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
        names = tuple(slot["name"] for slot in _SLOT.finditer(line))
        joined = line if line.startswith(",") else " " + line
        table.setdefault(names, []).append(joined)
    return tuple((names, tuple(table[names])) for names in sorted(table, key=len, reverse=True))


def render(phrasing: Phrasing, values: Values, missing: frozenset[str], chosen_clauses: Mapping[str, str]) -> str:
    """Return the request in words: without the missing values, and with a clause for each optional one."""
    others = [clause for name, clause in chosen_clauses.items() if name not in phrasing.clause_places]

    def unfolded(mark: re.Match[str]) -> str:
        if mark["rest"]:
            return "".join(others)
        if mark["clause"]:
            return chosen_clauses.get(mark["clause"], "")
        return mark["otherwise"].removeprefix("|") if mark["name"] in missing else mark["group"]

    def filled(slot: re.Match[str]) -> str:
        value = str(values[slot["name"]])
        plural = "" if value == "1" else "s"
        return value if slot["noun"] is None else f"{value} {slot['noun']}{plural}"

    sentence = _SLOT.sub(filled, _MARK.sub(unfolded, phrasing.text)).strip()
    return sentence if phrasing.style == "terse" else sentence[:1].upper() + sentence[1:]
