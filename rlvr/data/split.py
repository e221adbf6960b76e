"""Rows divided into train, validation and test, so that what is tested was not trained on.

by=random    conversations and equal requests stay together
by=phrasing  so do requests that are worded nearly alike, values aside
by=tool      what is tested calls tools that training has never seen, not even among those offered

A tool under a masked name (`extra_info.masked`, as `rlvr data synth` writes it) is the tool of the same description.
Where so many tools are called together that whole groups of them cannot be held out, single tools are, and the rows
that call both kinds are left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rewards import Behavior
from rlvr.data.similar import Clusters, request_of, wording_of
from rlvr.errors import UserError, unknown
from rlvr.files import JsonMapping
from rlvr.records.message import calls_of, function_of
from rlvr.records.row import Row

TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass
class Plan:
    """Where each row goes.

    Args:
        places: a split's name for each row in order; None leaves the row out.
        held_out_tools: by=tool: tools that no row for training may offer.
        names: by=tool: the name of a tool by its description, for rows with masked names.
        left_out: why rows are left out, and how many.
        groups: how many groups of rows that must stay together there are in each split.
    """

    places: list[str | None]
    held_out_tools: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)

    def placed(self, index: int, row: Row) -> tuple[str, Row] | None:
        """Return the split of a row, and the row as it stands there: in training without the tools that are held
        out."""
        place = self.places[index]
        if place is None:
            return None
        if place != TRAIN or not self.held_out_tools:
            return place, row
        real = _real_names(row, self.names)
        tools = [tool for tool in row.tools if real.get(_name(tool), _name(tool)) not in self.held_out_tools]
        return place, row if len(tools) == len(row.tools) else replace(row, tools=tools)


def plan(rows: Iterable[Row], by: str, shares: Mapping[str, float], seed: int = 0) -> Plan:
    """Return where each row goes, by behavior in the same shares; the same for the same rows and seed.

    Args:
        rows: in any order; only a few numbers of each are kept.
        by: random, phrasing or tool.
        shares: split to its share of the rows; they sum to 1.
        seed: any integer.

    Raises:
        UserError: no such way to split, shares that make no sense, or rows that cannot be divided so.
    """
    check(by, shares)
    split = _WAYS[by](rows, {name: share for name, share in shares.items() if share > 0}, seed)
    empty = [name for name, share in shares.items() if share > 0 and name not in split.places]
    if empty:
        groups = "1 group" if split.groups.total() == 1 else f"{split.groups.total()} groups"
        raise UserError(
            f"by={by} leaves {', '.join(empty)} without rows: {groups} of rows that must stay together; "
            "give a larger share, more rows or another by"
        )
    return split


def check(by: str, shares: Mapping[str, float]) -> None:
    """Check that rows can be asked to be split so.

    Raises:
        UserError: no such way to split, or shares that make no sense.
    """
    if by not in _WAYS:
        raise UserError(unknown("by", by, _WAYS))
    if any(not 0 <= share < 1 for share in shares.values()) or abs(sum(shares.values()) - 1) > 1e-9:
        shown = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise UserError(f"shares must each be at least 0, less than 1, and sum to 1; got {shown}")


def leaks(rows_by_split: Mapping[str, Iterable[Row]]) -> dict[str, int]:
    """Return what training shares with the other splits, looked for in the rows themselves.

    Args:
        rows_by_split: the rows as they were written.

    Returns:
        `requests`: rows outside training whose request is also in training, word by word; `wordings`: the same with
        values and numbers aside; `tools_called`: tools called outside training that are offered in it.
    """
    requests: set[str] = set()
    wordings: set[str] = set()
    offered: set[str] = set()
    for row in rows_by_split.get(TRAIN, ()):
        requests.add(request_of(row))
        wordings.add(wording_of(row))
        offered.update(map(_name, row.tools))
    counts = dict.fromkeys(("requests", "wordings", "tools_called"), 0)
    called: set[str] = set()
    for name, rows in rows_by_split.items():
        if name == TRAIN:
            continue
        for row in rows:
            counts["requests"] += request_of(row) in requests
            counts["wordings"] += wording_of(row) in wordings
            called.update(call.name for call in row.ground_truth.calls)
    counts["tools_called"] = len(called & offered)
    return counts


def _by_groups(rows: Iterable[Row], shares: Mapping[str, float], seed: int, *, is_by_wording: bool = False) -> Plan:
    clusters = Clusters()
    behaviors: list[Behavior] = []
    members: list[int] = []
    for row in rows:
        members.append(clusters.add(_keys(row), wording_of(row) if is_by_wording else None))
        behaviors.append(row.ground_truth.behavior)
    groups: dict[int, Counter[Behavior]] = defaultdict(Counter)
    roots = [clusters.root(member) for member in members]
    for root, behavior in zip(roots, behaviors, strict=True):
        groups[root][behavior] += 1
    assigned = _assigned(groups, shares, seed, Counter(behaviors))
    return Plan([assigned[root] for root in roots], groups=Counter(assigned.values()))


def _keys(row: Row) -> list[Hashable]:
    """Return what rows of one conversation, or with one request, have in common."""
    keys: list[Hashable] = [request_of(row)]
    info = row.extra_info
    identity = info.get("id", info.get("line"))
    if isinstance(info.get("source"), str) and isinstance(identity, str | int):
        keys.append((info["source"], identity))
    return keys


def _assigned(
    groups: Mapping[Any, Counter[Behavior]], shares: Mapping[str, float], seed: int, totals: Counter[Behavior]
) -> dict[Any, str]:
    """Return each group in the split that lacks its behaviors most; the largest groups choose first, equals by seed."""
    have: dict[str, Counter[Behavior]] = {name: Counter() for name in shares}
    order = sorted(groups, key=lambda key: (-groups[key].total(), _draw(seed, key)))
    places: dict[Any, str] = {}
    for key in order:

        def lack(name: str, counts: Counter[Behavior] = groups[key]) -> float:
            target = shares[name]
            return sum(n * (1 - have[name][b] / (target * totals[b])) for b, n in counts.items())

        places[key] = max(shares, key=lack)
        have[places[key]].update(groups[key])
    return places


def _draw(seed: int, key: Any) -> bytes:
    return hashlib.blake2b(f"{seed}/{key}".encode(), digest_size=8).digest()


@dataclass(frozen=True)
class _Facts:
    """What a split by tool needs of a row."""

    behavior: Behavior
    called: frozenset[str]
    used: frozenset[str]
    """Tools that earlier turns call."""
    offered: frozenset[str]
    asked: frozenset[str]
    """Offered tools that a clarification may be about: those with every parameter that is missing."""
    request: bytes
    masked: Mapping[str, str] = field(default_factory=dict)
    """Masked name -> description, where the row's names are masked."""

    def named(self, names: Mapping[str, str]) -> _Facts:
        """Return the same with the names that masked tools have in other rows, by their descriptions."""
        if not self.masked:
            return self
        real = {name: names.get(description, name) for name, description in self.masked.items()}

        def own(masked: frozenset[str]) -> frozenset[str]:
            return frozenset(real.get(name, name) for name in masked)

        return replace(
            self,
            called=own(self.called),
            used=own(self.used),
            offered=own(self.offered),
            asked=own(self.asked),
            masked={},
        )


def _by_tool(rows: Iterable[Row], shares: Mapping[str, float], seed: int) -> Plan:
    facts, names = [], {}
    for row in rows:
        facts.append(_facts(row))
        if not row.extra_info.get("masked"):
            names.update({_description(tool): _name(tool) for tool in row.tools if _description(tool)})
    facts = [fact.named(names) for fact in facts]
    place_of, groups = _places_of_tools(facts, shares, seed)
    held_out = frozenset(name for name, place in place_of.items() if place != TRAIN)
    split = Plan([], held_out, names, groups=groups)
    have: dict[str, Counter[Behavior]] = {name: Counter() for name in shares}
    totals = Counter(fact.behavior for fact in facts)
    tested = {fact.request: place for fact in facts if (place := _place_of_calls(fact, place_of)) not in (None, TRAIN)}
    for fact in facts:
        if len({place_of[name] for name in fact.called}) > 1:
            split.left_out["calls tools that are held out together with others"] += 1
            split.places.append(None)
            continue
        place = _place_of_calls(fact, place_of) or tested.get(fact.request)
        if place is None:
            lacking = {name: 1 - have[name][fact.behavior] / (shares[name] * totals[fact.behavior]) for name in shares}
            place = _place_without_calls(fact, split.held_out_tools, lacking)
        if place is None:
            split.left_out["asks about a held-out tool and a trained one"] += 1
        elif place != TRAIN:
            tested.setdefault(fact.request, place)
        if place is not None:
            have[place][fact.behavior] += 1
        split.places.append(place)
    for index, fact in enumerate(facts):
        if split.places[index] == TRAIN and (fact.request in tested or fact.used & split.held_out_tools):
            split.places[index] = None
            split.left_out["belongs to a conversation that is tested, or whose earlier turns call a held-out tool"] += 1
    return split


def _places_of_tools(
    facts: Sequence[_Facts], shares: Mapping[str, float], seed: int
) -> tuple[dict[str, str | None], Counter[str]]:
    """Return the split of each tool that is called, and how many groups of tools each split has.

    Tools that are called together go to one split, as long as each split then has half of its share of the calls.
    """
    tools = Clusters()
    groups: dict[int, Counter[Behavior]] = defaultdict(Counter)
    calling = [fact for fact in facts if fact.called]
    numbers = [tools.add(sorted(fact.called)) for fact in calling]
    for number in numbers:
        groups[tools.root(number)][Behavior.EXECUTE] += 1
    if len(groups) < len(shares):
        return _places_of_single_tools(calling, shares, seed)
    assigned = _assigned(groups, shares, seed, Counter({Behavior.EXECUTE: len(calling)}))
    calls = Counter(assigned[tools.root(number)] for number in numbers)
    if any(2 * calls[name] < share * len(calling) for name, share in shares.items()):
        return _places_of_single_tools(calling, shares, seed)
    places: dict[str, str | None] = {}
    for number, fact in zip(numbers, calling, strict=True):
        places.update(dict.fromkeys(fact.called, assigned[tools.root(number)]))
    return places, Counter(assigned.values())


def _places_of_single_tools(
    calling: Sequence[_Facts], shares: Mapping[str, float], seed: int
) -> tuple[dict[str, str | None], Counter[str]]:
    """Return the split of each tool by itself, in the shares of the rows that call it."""
    groups: dict[str, Counter[Behavior]] = defaultdict(Counter)
    for fact in calling:
        for name in fact.called:
            groups[name][Behavior.EXECUTE] += 1
    if len(groups) < len(shares):
        raise UserError(f"by=tool needs at least {len(shares)} tools that are called; use by=phrasing")
    totals = Counter({Behavior.EXECUTE: sum(count.total() for count in groups.values())})
    assigned = _assigned(groups, shares, seed, totals)
    return dict(assigned), Counter(assigned.values())


def _place_of_calls(fact: _Facts, place_of: Mapping[str, str | None]) -> str | None:
    return place_of[next(iter(fact.called))] if fact.called else None


def _place_without_calls(fact: _Facts, held_out: frozenset[str], lacking: Mapping[str, float]) -> str | None:
    """Return where a row without calls goes: where its behavior is lacking most, of the splits that its tools allow.

    Without the tools that are held out a refusal or an answer stays right; a question does only where no such tool
    could be what it asks about.
    """
    about = fact.asked if fact.behavior is Behavior.CLARIFY else frozenset()
    if about & held_out and about - held_out:
        return None
    allowed = list(lacking)
    if about & held_out or (fact.offered and fact.offered <= held_out):
        allowed.remove(TRAIN)
    elif fact.offered and (about or not fact.offered & held_out):
        allowed = [TRAIN]
    return max(allowed, key=lambda name: lacking[name])


def _facts(row: Row) -> _Facts:
    missing = set(row.ground_truth.missing)
    calls = [call for message in row.prompt for call in calls_of(message)]
    about = set(row.extra_info.get("between") or [row.extra_info.get("tool")])
    could_ask = {_name(tool) for tool in row.tools if missing <= set(_parameters(tool))}
    masked = {}
    if row.extra_info.get("masked"):
        masked = {_name(tool): _description(tool) for tool in row.tools}
    return _Facts(
        behavior=row.ground_truth.behavior,
        called=frozenset(call.name for call in row.ground_truth.calls),
        used=frozenset(map(_name, calls)),
        offered=frozenset(map(_name, row.tools)),
        asked=frozenset(about if about <= could_ask else could_ask),
        request=hashlib.blake2b(request_of(row).encode(), digest_size=8).digest(),
        masked=masked,
    )


def _real_names(row: Row, names: Mapping[str, str]) -> dict[str, str]:
    """Masked name -> the tool's own, for a row with masked names."""
    if not row.extra_info.get("masked"):
        return {}
    return {_name(tool): names.get(_description(tool), _name(tool)) for tool in row.tools}


def _description(tool: JsonMapping) -> str:
    return str(function_of(tool).get("description") or "")


def _name(tool: JsonMapping) -> str:
    return str(function_of(tool).get("name"))


def _parameters(tool: JsonMapping) -> Sequence[str]:
    return list((function_of(tool).get("parameters") or {}).get("properties") or ())


_WAYS: Mapping[str, Callable[[Iterable[Row], Mapping[str, float], int], Plan]] = {
    "random": _by_groups,
    "phrasing": partial(_by_groups, is_by_wording=True),
    "tool": _by_tool,
}
WAYS = tuple(_WAYS)
