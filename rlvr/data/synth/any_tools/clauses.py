"""How a value is said beside what a task is about: by what it means, by its role, with its unit."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping

from rlvr.data.synth.lexicon import UNKNOWN, Meaning, Role, lexicon
from rlvr.data.synth.meanings import counted
from rlvr.data.synth.nouns import with_articles

_FIRST_OF = re.compile(r"\b(first|last) N (\w+)", re.I)
UNITS = frozenset("mg kg lb oz ml cm mm km ft kb mb gb kw kwh px hz".split())
_IN_A_UNIT = re.compile(r"(?:\bin\s+|\((?:in\s+)?)((?:degrees\s+)?[a-z/]+)", re.I)
_URL_WORDS = frozenset("url urls uri uris link links website webpage web page homepage href source image file".split())
BY_NAME = ("with {w} {v}", ", {w} {v}")
_PATH_WORDS = frozenset("path paths file files filename filenames filepath full local input target source name".split())
_TEXT_WORDS = frozenset(
    "message text texts body content contents comment note notes reply html plain markdown msg description".split()
)
_SUMS = frozenset(
    """
    amount sum total money price cost payment fee budget balance value principal salary usd eur gbp dollars transfer new
    max min maximum minimum of the in cents unit
    """.split()
)
"""Words of names of what something costs; a `tip_amount` is said with its name."""

_PLAIN_NUMBERS = {
    "money": _SUMS,
    "pieces": frozenset(
        "number quantity qty count total of the max units pieces copies items portions tickets seats rooms".split()
    ),
    "rating": frozenset("rating stars star score overall min max minimum maximum".split()),
}
"""Words of names of numbers that go without saying; a leaf count and a health rating are said with their name."""

_DATE_WORDS = frozenset(
    """
    date day time datetime timestamp when at on for the due deadline scheduled appointment booking reservation event
    meeting visit travel trip flight hour slot clock new of target preferred desired requested
    """.split()
)
_NAMED_APART: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    **dict.fromkeys(("date", "datetime", "time"), (_DATE_WORDS, (", {w} {v}",))),
    "url": (_URL_WORDS, ("with {w} {v}",)),
    "path": (_PATH_WORDS, ("with {w} {v}",)),
    "text": (_TEXT_WORDS, ('with the {w} "{v}"',)),
}
"""Meanings whose values are said with the parameter's name where that holds other words than these."""


def clauses_of(
    words: str, meaning: Meaning, role: Role | None, kind: str, description: str, unit: str, context: frozenset[str]
) -> tuple[str, ...]:
    """Return how `{v}`, a value of a kind of JSON, is said of what its name and description call it."""
    own = frozenset(
        word for word in words.split() if f"@{word}" in context
    )  # the date of an expense is when it is spent
    if kind in ("integer", "number"):
        return _number_clauses(words, meaning, role, description, unit, own)
    if role is not None:
        return role.clauses
    if meaning.name == "code" and words.startswith(("sort", "order")):
        return ("sorted by {v}", "ordered by {v}")
    if words.endswith(" at") and meaning.name in ("date", "datetime"):
        return (", {w} {v}",)
    if meaning.name == "person" and words.endswith(" name") and "with {v}" not in meaning.clauses:
        return ("under the name {v}", "under the name of {v}")
    if meaning is UNKNOWN and words.endswith(" name"):
        return (f"for the {words.removesuffix(' name')} {{v}}",)
    plain, named = _NAMED_APART.get(meaning.name, (None, BY_NAME))
    is_plain = plain is None or plain.issuperset(own.symmetric_difference(words.split()))
    return meaning.clauses if is_plain and meaning.clauses else named


def _number_clauses(
    words: str, meaning: Meaning, role: Role | None, description: str, unit: str, own: frozenset[str]
) -> tuple[str, ...]:
    if match := _FIRST_OF.search(description):
        shown = f"the {match[1].lower()} {{v}} {match[2].lower()}"
        return (f"just {shown}", f"only {shown}")
    if role is not None and role.name in ("min", "max") and meaning.name != "limit":
        rest = " ".join(itertools.filterfalse({*role.words, "price", "amount"}.__contains__, words.split()))
        return _bounded(rest, meaning, role)
    if meaning.name == "span":
        return replaced(meaning.clauses, "{u}", unit) if unit else ("with a {w} of {v}",)
    if measure := _measure(description):
        front, _, last = words.rpartition(" ")
        named = front if front and last in lexicon().measures else "{w}"  # the dose of dose_mg
        is_apart = meaning.name == "value" and " " in words  # an insured value is not what a thing costs
        plain = _measured(named, measure)
        usual = plain[:1] if is_apart else replaced(meaning.clauses, "{w}", named) or plain
        return replaced(usual, "{v}", f"{{v}} {measure}")
    if not _PLAIN_NUMBERS.get(meaning.name, own.union(words.split())).issuperset(
        own.symmetric_difference(words.split())
    ):
        return ("with a {w} of {v}", ", {w} {v}")
    if meaning.clauses:
        things = " ".join(counted(_COUNTED.sub("", words).split(), description))
        return replaced(meaning.clauses, "{w}", things or words)
    if len(words) == 1:  # a number of a formula
        return ("with {w} = {v}", ", {w} = {v}")
    front, _, last = words.rpartition(" ")
    if front and last.endswith("s"):
        return (f"with {{v}} {last} of {front}", f"{{v}} {last} of {front}")
    if front and last in UNITS:
        return (f"with a {front} of {{v}} {last}", f"{front} {{v}} {last}")
    return ("with {w} {v}", "{w} {v}")


def replaced(clauses: Iterable[str], mark: str, text: str) -> tuple[str, ...]:
    """Return clauses with a text in the place of a mark."""
    return tuple(clause.replace(mark, text) for clause in clauses)


def _measured(named: str, measure: str) -> tuple[str, ...]:
    """Return how a number with its unit is said: a mass of something, a size, or what it stands at."""
    if measure not in _OF_A_MASS:
        return (f"with a {named} of {{v}}", f"{named} {{v}}", "at {v}")
    if _AMOUNTS.search(named):
        return (", {v}",)
    if _SIZES.search(named):
        return (f"with a {named} of {{v}}", f", {named} {{v}}")
    return (f"with {{v}} of {named}",)


_OF_A_MASS = frozenset("grams g mg milligrams kilograms kg ml milliliters liters litres lb lbs pounds".split())
_AMOUNTS = re.compile(r"\b(?:quantity|amount|portion)\b")
_SIZES = re.compile(r"\b(?:weight|mass|dose|dosage|volume|capacity|load|size|limit|goal|target|max|min)\b|^.$")


def _bounded(rest: str, meaning: Meaning, role: Role) -> tuple[str, ...]:
    """Return how the least or the most of something is said: stars, rooms that are counted, a size of at least that."""
    bound = _BOUNDS[role.name]
    if meaning.name == "rating":
        return (f"with {bound} {{v}} stars",)
    if rest and not rest.endswith("s"):
        return (with_articles(f"with a {rest} of {bound} {{v}}"),)
    return tuple(clause.replace("{u}", rest).replace("  ", " ").strip() for clause in role.clauses)


_BOUNDS = {"min": "at least", "max": "at most"}
_COUNTED = re.compile(r"^(?:(?:total|number|count|of) )+| index$")
"""Words around what a number counts: the guests of "number of guests", the row of a "row index"."""


def _measure(description: str) -> str:
    """Return the unit in which a description wants a number; empty where it names none."""
    named = (match[1] for match in _IN_A_UNIT.finditer(description))
    return next((unit for unit in named if unit.split()[-1].lower() in lexicon().measures), "")
