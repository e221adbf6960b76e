"""Values of one call that belong together: a town with its state, a person with their mail, a start before its end."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import PurePosixPath
from random import Random
from typing import Any

from rewards.names import name_words
from rlvr.data.described import description_of
from rlvr.data.json_values import list_of
from rlvr.data.synth.lexicon import Place, lexicon
from rlvr.data.synth.meanings import edge_words, meaning_of, role_of

Values = dict[str, Any]
Agree = Callable[[Values, Random], Values]
Rule = Callable[[Values, Random], None]
"""Changes the values of a call, drawn by the names of their parameters, so that some of them agree."""

_OF_PLACES = frozenset(("city", "state", "state_code", "zip", "country", "country_code", "street", "street2", "place"))
_OF_PEOPLE = frozenset(("first_name", "last_name", "person", "email"))
_NEVER_ALIKE = frozenset(
    """
    path city place currency language language_code country country_code timezone airport revision branch text title
    glob query
    """.split()
)
_ATTEMPTS = 5
_ORDERED = frozenset(("date", "datetime", "time"))
_STARTS = frozenset("start starting from begin beginning since after departure checkin min minimum first".split())
_ENDS = frozenset("end ending to until before return till max maximum checkout last".split())
_FIRST_OF_TWO = _STARTS | {"source", "reference", "base", "old"}
_SECOND_OF_TWO = _ENDS | {"target", "alternate", "new"}


def agreeing(
    properties: Mapping[str, Mapping[str, Any]], draws: Mapping[str, Callable[[Random], Any]], context: frozenset[str]
) -> Agree:
    """Return what makes drawn values agree: those of parameters whose meanings belong together.

    `draws` draws another value where two must differ; `context` holds the words of the tool.
    """
    strings = [name for name, schema in properties.items() if schema.get("type", "string") == "string"]
    lists = [name for name, schema in properties.items() if schema.get("type") == "array"]
    meanings = {name: meaning_of(name, properties[name], context).name for name in strings}
    rules = [
        *_chosen_members(properties, draws),
        *_grouped(meanings, _OF_PLACES, _same_place),
        *_grouped(meanings, _OF_PEOPLE, _same_person),
        *_ordered(meanings, properties),
        *_distinct(meanings, draws),
        *_apart(meanings, {name: meaning_of(name, properties[name], context).name for name in lists}),
        *_as_long(properties),
        *_divided(properties, draws),
    ]

    def agree(values: Values, rng: Random) -> Values:
        for rule in rules:
            rule(values, rng)
        return values

    return agree


def _chosen_members(
    properties: Mapping[str, Mapping[str, Any]], draws: Mapping[str, Callable[[Random], Any]]
) -> Iterable[Rule]:
    """Yield a rule for each choice between other members: the one whose name is chosen is there, the others are not."""
    for name, schema in properties.items():
        members = properties.keys() & set(map(str, list_of(schema.get("enum"))))
        drawable = sorted(members & draws.keys())
        if len(members) > 1 and drawable:
            yield partial(_of_chosen, name, members, {member: draws[member] for member in drawable})


def _of_chosen(
    name: str, members: set[str], draws: Mapping[str, Callable[[Random], Any]], values: Values, rng: Random
) -> None:
    given = sorted(values.keys() & draws.keys())
    if given or values.get(name) in members:
        chosen = rng.choice(given or list(draws))
        for member in members:
            values.pop(member, None)
        values |= {chosen: draws[chosen](rng), **dict.fromkeys(values.keys() & {name}, chosen)}


def _grouped(
    meanings: Mapping[str, str], members: frozenset[str], agree: Callable[[Mapping[str, str], Values, Random], None]
) -> Iterable[Rule]:
    """Yield a rule for each group of two or more parameters of these meanings that share the words before them."""
    groups: dict[str, dict[str, str]] = {}
    for name, meaning in meanings.items():
        if meaning in members:
            role = role_of(name_words(name)[:-1], meaning)
            groups.setdefault(role.name if role else "", {})[name] = meaning
    return [partial(agree, group) for group in groups.values() if len(group) > 1]


def _same_place(group: Mapping[str, str], values: Values, rng: Random) -> None:
    is_american = not {"state", "state_code"}.isdisjoint(group.values())
    pool = lexicon().places if is_american or rng.random() < 0.5 else lexicon().foreign_places
    place = rng.choice(pool)
    for name, meaning in group.items():
        if name in values and (value := _part_of(place, meaning, str(values[name]))):
            values[name] = value


def _part_of(place: Place, meaning: str, drawn: str) -> str:
    """The part of a place that a parameter asks for, in the form in which its value was drawn."""
    n_capitals = len(drawn) * drawn.isupper()
    part = _PARTS.get((meaning, n_capitals)) or _PARTS.get((meaning, min(n_capitals, 1)), "")
    return str(getattr(place, part, ""))


_PARTS = {
    **{(part, 0): part for part in ("city", "state", "zip", "country")},
    ("place", 0): "city",
    ("state", 2): "state_code",
    ("state_code", 2): "state_code",
    ("country_code", 2): "country_code",
    ("country", 2): "country_code",
    ("country", 3): "country_in_capitals",
}
"""Parts of a place by the meaning of a parameter and by how many capitals its values are, where they are capitals."""


def _same_person(group: Mapping[str, str], values: Values, rng: Random) -> None:
    by_meaning = {meaning: name for name, meaning in group.items()}
    drawn = {meaning: name for meaning, name in by_meaning.items() if name in values}
    whole, mail = drawn.get("person"), drawn.get("email")
    names = [str(values[drawn[part]]) for part in ("first_name", "last_name") if part in drawn]
    if whole:
        if len(names) == 2:
            values[whole] = " ".join(names)
        names = str(values[whole]).split()
    if mail and names and "@" in str(values[mail]):
        values[mail] = f"{'.'.join(names).lower()}@{str(values[mail]).rpartition('@')[2]}"


def _ordered(meanings: Mapping[str, str], properties: Mapping[str, Mapping[str, Any]]) -> Iterable[Rule]:
    """Starts before ends, least before most."""
    sizes = [name for name, schema in properties.items() if schema.get("type") in ("integer", "number")]
    days = [name for name in meanings if meanings[name] in _ORDERED or _IS_DAY.search(description_of(properties[name]))]
    names = [*days, *sizes]
    ends = dict(_edges(names, _ENDS))
    for words, start in _edges(names, _STARTS):
        if ends.get(words, start) != start:
            yield partial(_in_order, start, ends[words])


_IS_DAY = re.compile(r"\bYYYY|\bISO (?:8601|date)", re.I)


def _edges(names: Iterable[str], edge: frozenset[str]) -> Iterable[tuple[tuple[str, ...], str]]:
    """Yield the names that hold words of an edge, each behind its other words."""
    for name in names:
        words = edge_words(name_words(name))
        if not edge.isdisjoint(words):
            yield tuple(itertools.filterfalse(edge.__contains__, words)), name


def _in_order(start: str, end: str, values: Values, rng: Random) -> None:
    if start in values and end in values and isinstance(values[start], str) is isinstance(values[end], str):
        values[start], values[end] = sorted((values[start], values[end]), key=_when)
        values[end] = _soon_after(values[start], values[end], rng)


def _when(value: Any) -> Any:
    """Return what a start or an end is sorted by: the half of the day, the hour and minutes of 7:30 PM."""
    if parts := _DAY_FIRST.fullmatch(str(value)):
        return parts[3], parts[2], parts[1]
    match = _HALF_DAY.fullmatch(str(value))
    if match is None:
        return value
    hour, minutes, half = match.groups("00")
    return f"{int(hour) % 12 + 12 * (half in 'Pp'):02}:{minutes}"


_DAY_FIRST = re.compile(r"(\d\d)[.-](\d\d)[.-](\d{4})")
_HALF_DAY = re.compile(r"(1?\d)(?::(\d\d))? ?([AaPp])[Mm]")


def _soon_after(start: Any, end: Any, rng: Random) -> Any:
    """Return a time some hours or days after a start, in its form; the end as it is where that is no time."""
    match = _ISO.fullmatch(str(start))
    if match is None:
        return end
    moment = datetime.datetime.fromisoformat(match[1])
    later = rng.choice(_SPANS[bool(match[2])])
    return f"{(moment + later).isoformat()[: len(match[1])]}{match[3]}"


_ISO = re.compile(r"(\d{4}-\d\d-\d\d(T\d\d:\d\d(?::\d\d)?)?)(Z?)")
_SPANS = {
    False: [datetime.timedelta(days=n) for n in (1, 2, 3, 5, 7, 14, 30)],
    True: [datetime.timedelta(hours=n) for n in (1, 1, 2, 3, 24, 48, 168)],
}
"""How long what begins at a date or at a time goes on."""


def _distinct(meanings: Mapping[str, str], draws: Mapping[str, Callable[[Random], Any]]) -> Iterable[Rule]:
    """Two parameters of one meaning do not say the same; of two paths the second lies elsewhere under the same name."""
    for index, (name, meaning) in enumerate(meanings.items()):
        for second in list(meanings)[index + 1 :]:
            is_never_alike = meaning in _NEVER_ALIKE or _are_ends(name, second)
            if meanings[second] != meaning or not is_never_alike or second not in draws:
                continue
            yield partial(_unlike, name, second, draws[second])
            if meaning == "path":
                yield partial(_moved, name, second)


def _apart(meanings: Mapping[str, str], lists: Mapping[str, str]) -> Iterable[Rule]:
    """Yield a rule for each list that leaves out what a value beside it asks for: patterns, and those to ignore."""
    for name, meaning in meanings.items():
        for several, kind in lists.items():
            if kind == meaning in _NEVER_ALIKE:
                yield partial(_without, name, several)


def _without(name: str, several: str, values: Values, rng: Random) -> None:
    listed = values.get(several)
    if isinstance(listed, list) and values.get(name) in listed:
        rest = list(filter(values[name].__ne__, listed))
        values[several] = rest
        if not rest:
            del values[several]


def _are_ends(name: str, second: str) -> bool:
    """Tell whether one thing goes from one parameter to the other: from a `from_shop` to a `to_shop`."""
    starts, ends = dict(_edges([name], _FIRST_OF_TWO)), dict(_edges([second], _SECOND_OF_TWO))
    return bool(starts) and starts.keys() == ends.keys()


def _moved(source: str, target: str, values: Values, rng: Random) -> None:
    if source not in values or target not in values or "/" not in str(values[target]):
        return
    folder, _, name = str(values[source]).rpartition("/")
    elsewhere, _, other = str(values[target]).rpartition("/")
    if elsewhere != folder and rng.random() < 0.6:
        values[target] = f"{elsewhere}/{name}"
    else:  # what is moved stays of its kind
        values[target] = f"{elsewhere}/{PurePosixPath(other).with_suffix(PurePosixPath(name).suffix)}"


def _unlike(name: str, second: str, draw: Callable[[Random], Any], values: Values, rng: Random) -> None:
    for _ in range(_ATTEMPTS):
        if name not in values or values.get(second) != values[name]:
            return
        values[second] = draw(rng)


def _divided(
    properties: Mapping[str, Mapping[str, Any]], draws: Mapping[str, Callable[[Random], Any]]
) -> Iterable[Rule]:
    """Yield a rule for each step that divides a period: an hour of five days, and no month of them."""
    last = {name: (name_words(name) or [""])[-1] for name in properties}
    steps = [name for name in properties if last[name] in _STEPS and name in draws]
    periods = [name for name in properties if last[name] in _PERIODS]
    return [partial(_shorter, step, period, draws[step]) for step, period in itertools.product(steps, periods)]


_STEPS = frozenset("interval granularity resolution step".split())
_PERIODS = frozenset("period range span window lookback".split())
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10080, "mo": 43200, "q": 129600, "y": 525600}
_SPAN = re.compile(r"(\d+) ?(mo|[mhdwqy])[a-z]*", re.I)


def _shorter(step: str, period: str, draw: Callable[[Random], Any], values: Values, rng: Random) -> None:
    for _ in range(10 * _ATTEMPTS):
        short, long = _SPAN.fullmatch(str(values.get(step))), _SPAN.fullmatch(str(values.get(period)))
        if short is None or long is None or _minutes(short) < _minutes(long):
            return
        values[step] = draw(rng)


def _minutes(span: re.Match[str]) -> int:
    return int(span[1]) * _MINUTES[span[2].lower()]


def _as_long(properties: Mapping[str, Mapping[str, Any]]) -> Iterable[Rule]:
    """Lists of the old and of the new are of one length."""
    lists = {tuple(name_words(name)): name for name, schema in properties.items() if schema.get("type") == "array"}
    for words, name in lists.items():
        if ("new", *words) in lists:
            yield partial(_equally_long, name, lists["new", *words])


def _equally_long(name: str, new: str, values: Values, rng: Random) -> None:
    if isinstance(values.get(name), list) and isinstance(values.get(new), list):
        n = min(len(values[name]), len(values[new]))
        values[name], values[new] = values[name][:n], values[new][:n]
