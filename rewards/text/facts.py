"""Facts of texts, and when two are the same: dates, hours, amounts, identifiers, words that exclude each other.

A fact that can be read in several ways, such as 9:15 or 3/4/2026, keeps them all. `reading_facts.py` reads them.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from operator import attrgetter
from typing import NamedTuple

from rewards.text.vocabulary import FILLER

_ROUNDED = 0.02  # share by which an amount may differ from one in another unit: 5 miles are 8 km

_PLAIN_KINDS = frozenset({"number", "loose", "ordinal", "year"})
"""Kinds of numbers that may be of any other kind: `at 9`, `9 a.m.`."""
NUMBER = "number"
LOOSE = "loose"
"""The kind of `one`, a pronoun more often than a number: it may be the fact that was expected, and is no other."""
WORDS_APART = "opposites"
_UNCOUNTED = ("ordinal", "month", "weekday", WORDS_APART, LOOSE)
_NO_AMOUNTS = ("year", "day", "time", *_UNCOUNTED)


class Unit(NamedTuple):
    """What amounts are counted in.

    Args:
        kind: what it measures.
        name: tells it from others of its kind.
        rate: how many of the first of its kind it is worth; 0 where that cannot be told.
    """

    kind: str
    name: str = ""
    rate: float = 1.0


class Fact(NamedTuple):
    """One fact.

    Args:
        kind: year, month, day, weekday, time, number, ordinal, identifier, what a unit measures, or a group of words
            that exclude each other.
        values: what it may be: minutes for a time, for an amount how many of the first unit of its kind.
        written: what a plain number that means it may be.
        unit: of an amount.
        label: the word before it.
    """

    kind: str
    values: frozenset[float | str]
    written: frozenset[float | str]
    unit: Unit | None = None
    label: str = ""

    @property
    def is_counted(self) -> bool:
        """Whether it is a number or an identifier, of which an answer has one if the reference has any."""
        return not self.kind.startswith(_UNCOUNTED)

    @property
    def is_told(self) -> bool:
        """Whether it is told by words that stand for nothing else."""
        return self.kind != LOOSE and not self.kind.startswith(WORDS_APART)

    def may_be_of(self, kinds: Set[str]) -> bool:
        """Tell whether it is of one of these kinds, or a plain number where one of them is an amount."""
        return self.kind in kinds or (self.kind == NUMBER and any(kind not in _NO_AMOUNTS for kind in kinds))

    def agrees(self, other: "Fact") -> bool:
        """Tell whether both may be the same."""
        if self.kind != other.kind:
            is_plain = self.kind in _PLAIN_KINDS or other.kind in _PLAIN_KINDS
            return is_plain and not self.written.isdisjoint(other.written)
        if self.unit == other.unit or self.unit is None or other.unit is None:
            return not self.values.isdisjoint(other.values)
        return bool(self.unit.rate and other.unit.rate) and any(map(_is_near, self.values, other.values))


def _is_near(value: float | str, other: float | str) -> bool:
    return abs(float(value) - float(other)) <= _ROUNDED * abs(float(value))


def missing(facts: Iterable[Fact], others: Sequence[Fact]) -> list[Fact]:
    """Return the facts that agree with none of the others."""
    return [fact for fact in facts if fact.kind != LOOSE and not any(map(fact.agrees, others))]


def differ(expected: Sequence[Fact], said: Sequence[Fact]) -> bool:
    """Tell whether a fact that was expected is not said, and another of its kind is, or stands behind the same word."""
    lacking = {fact.kind for fact in missing(expected, said)}
    others = {fact.kind for fact in missing(said, expected)}
    return not lacking.isdisjoint(others) or _differ_behind_words(expected, said)


def _differ_behind_words(expected: Sequence[Fact], said: Sequence[Fact]) -> bool:
    """Tell whether another fact of the same kind stands behind a word, beside or instead of the expected one.

    Who gives the departure's time as the arrival's says all times that were expected. Behind words such as `at`, which
    tell nothing of what a fact is for, any that was expected may stand, and others beside it.
    """
    by_label, said_by_label = _by_label(expected), _by_label(said)
    for kind, label in by_label.keys() & said_by_label.keys():
        facts, facts_said = by_label[kind, label], said_by_label[kind, label]
        if label not in FILLER and missing(facts_said, facts):
            return True
        if missing(facts_said, expected) and missing(facts, facts_said):
            return True
    return False


def _by_label(facts: Iterable[Fact]) -> Mapping[tuple[str, str], list[Fact]]:
    """Return the facts of each kind behind each word."""
    labelled: dict[tuple[str, str], list[Fact]] = {}
    for fact in filter(attrgetter("label"), facts):
        labelled.setdefault((fact.kind, fact.label), []).append(fact)
    return labelled
