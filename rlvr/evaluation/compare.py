"""Policies side by side on the same rows: paired differences, rows that flipped, and what specialising has cost."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from rewards import Behavior
from rlvr.errors import UserError
from rlvr.evaluation.breakdown import COUNTED
from rlvr.evaluation.metrics import Interval, bootstrap, difference
from rlvr.evaluation.table import printable
from rlvr.files import read_objects
from rlvr.records.evaluated_row import EvaluatedRow
from rlvr.tables import FittedTable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

ABSTAINING = (Behavior.CLARIFY, Behavior.REFUSE)
MOST_CHARS = 160
"""How much of a request or a completion is shown of a row that flipped."""


@dataclass(frozen=True)
class Variant:
    """One policy's saved evaluations: set -> the row's sum -> what it did."""

    name: str
    sets: Mapping[str, Mapping[str, EvaluatedRow]]


@dataclass(frozen=True)
class Options:
    """How the comparison is drawn.

    Args:
        n_bootstrap: resamples of each interval.
        confidence: of each interval.
        flips: rows that flipped which are shown of each variant and direction.
    """

    n_bootstrap: int = 2000
    confidence: float = 0.95
    flips: int = 5


@dataclass(frozen=True)
class Flip:
    """A row that one policy has exactly right and the other does not."""

    request: str
    expected: str
    before: str
    after: str
    reasons: tuple[str, ...]


Paired = tuple[Interval, Interval, Interval]
"""A mean before, after, and the difference paired by rows."""


@dataclass(frozen=True)
class Tax:
    """What a policy does on rows where no call was expected: the price of specialising in calls.

    Attributes:
        abstention: share of the rows that expect a question or a refusal which are exactly right, before and after,
            and the paired difference; None where the set has no such row.
        answers: the same for rows that expect a plain answer.
        calls: share of all these rows on which the policy called a tool.
    """

    abstention: Paired | None
    answers: Paired | None
    calls: Paired | None


@dataclass(frozen=True)
class Standing:
    """One variant on one set; the differences are to the base, paired by rows, None for the base itself.

    Attributes:
        conversations: of rows that are conversations, what is counted of them; empty for others and for the base.
    """

    name: str
    reward: Interval
    exact: Interval
    reward_difference: Interval | None
    exact_difference: Interval | None
    gained: tuple[Flip, ...]
    lost: tuple[Flip, ...]
    tax: Tax | None
    conversations: Mapping[str, Paired] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """All variants on one set.

    Attributes:
        name: the set's.
        n: rows that all variants have.
        left_out: rows that some variant lacks.
        standings: the base first.
        best: the variant whose mean reward is above every other's, by paired intervals at a confidence that holds for
            all of these comparisons together (Bonferroni); None where there is none.
        leader: the variant with the highest mean reward, whatever the intervals say.
    """

    name: str
    n: int
    left_out: int
    standings: tuple[Standing, ...]
    best: str | None
    leader: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def read_variant(name: str, paths: Mapping[str, Path]) -> Variant:
    """Return a policy's evaluations from their files, set -> JSONL.

    Raises:
        UserError: a file cannot be read, or holds no evaluation.
    """
    return Variant(name, {evaluation_set: _records(path) for evaluation_set, path in paths.items()})


def compare(variants: Sequence[Variant], options: Options) -> list[Comparison]:
    """Return every set that all variants were evaluated on; the first variant is the base.

    Raises:
        UserError: fewer than two variants, or no row that all of them have.
    """
    if len(variants) < 2:
        raise UserError("nothing to compare: name a run with several stages, or two runs or more")
    names = [name for name in variants[0].sets if all(name in variant.sets for variant in variants)]
    found = [_compare_set(name, variants, options) for name in names]
    if not any(found):
        listed = "; ".join(f"{variant.name}: {', '.join(variant.sets)}" for variant in variants)
        raise UserError(f"nothing to compare: no row that all were evaluated on ({listed})")
    return [comparison for comparison in found if comparison is not None]


def view(comparisons: Sequence[Comparison], options: Options) -> RenderableType:
    """Return all comparisons as tables, each with its verdict, the specialization tax and rows that flipped."""
    return Group(*(part for comparison in comparisons for part in _view_set(comparison, options)))


def verdict(comparison: Comparison, confidence: float) -> str:
    """Return which variant is best, where that can be said."""
    if comparison.best is not None:
        return f"best: {comparison.best}, above every other at {confidence:.0%} (paired, all comparisons together)"
    if len({standing.reward.mean for standing in comparison.standings}) == 1:
        return "no best: all earn the same"
    return f"no best: {comparison.leader} leads, but not significantly at {confidence:.0%}"


def _records(path: Path) -> dict[str, EvaluatedRow]:
    counts: Counter[str] = Counter()
    found: dict[str, EvaluatedRow] = {}
    for where, value in read_objects(path):
        row = EvaluatedRow.from_json(value, where)
        episode = (row.details.get("episode") or {}).get("of")  # the same request may be made in two worlds
        content = json.dumps([row.prompt, row.tools, row.ground_truth.to_json(), episode], sort_keys=True)
        key = hashlib.sha256(content.encode()).hexdigest()
        counts[key] += 1
        found[f"{key} {counts[key]}"] = row  # the same row may stand in a set twice
    return found


def _compare_set(name: str, variants: Sequence[Variant], options: Options) -> Comparison | None:
    base = variants[0].sets[name]
    keys = [key for key in base if all(key in variant.sets[name] for variant in variants)]
    if not keys:
        return None
    records = {variant.name: [variant.sets[name][key] for key in keys] for variant in variants}
    first = records[variants[0].name]
    standings = tuple(
        _standing(variant.name, first, records[variant.name], options, is_base=variant is variants[0])
        for variant in variants
    )
    leader = max(standings, key=lambda standing: standing.reward.mean).name
    left_out = max(len(variant.sets[name]) for variant in variants) - len(keys)
    return Comparison(name, len(keys), left_out, standings, _best(leader, records, options), leader)


def _best(leader: str, records: Mapping[str, Sequence[EvaluatedRow]], options: Options) -> str | None:
    others = [name for name in records if name != leader]
    shared = 1 - (1 - options.confidence) / len(others)
    for other in others:
        gap = difference(
            _rewards(records[other]), _rewards(records[leader]), n_bootstrap=options.n_bootstrap, confidence=shared
        )
        if gap.low <= 0:
            return None
    return leader


def _standing(
    name: str, before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options, *, is_base: bool
) -> Standing:
    chosen: dict[str, Any] = {"n_bootstrap": options.n_bootstrap, "confidence": options.confidence}
    exact = [float(record.is_exact) for record in after]
    earlier = [float(record.is_exact) for record in before]
    pairs = list(zip(before, after, strict=True))
    return Standing(
        name=name,
        reward=bootstrap(_rewards(after), **chosen),
        exact=bootstrap(exact, **chosen),
        reward_difference=None if is_base else difference(_rewards(before), _rewards(after), **chosen),
        exact_difference=None if is_base else difference(earlier, exact, **chosen),
        gained=tuple(_flip(a, b, b, a) for a, b in pairs if b.is_exact and not a.is_exact),
        lost=tuple(_flip(a, b, a, b) for a, b in pairs if a.is_exact and not b.is_exact),
        tax=None if is_base else _tax(before, after, options),
        conversations={} if is_base else _conversations(before, after, options),
    )


def _conversations(
    before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options
) -> dict[str, Paired]:
    """Return what is counted of the rows that are conversations under both, and pass^n where both were sampled."""
    pairs = [pair for pair in zip(before, after, strict=True) if all("episode" in row.details for row in pair)]
    if not pairs:
        return {}
    counted = {
        name.replace("_", " "): _paired(
            [[row.details["episode"][name] for row in rows] for rows in zip(*pairs, strict=True)], options
        )
        for name in COUNTED
    }
    n_samples = {len(row.details.get("samples", ())) for pair in pairs for row in pair}
    if n_samples != {0} and len(n_samples) == 1:
        right = [
            [all(sample["is_exact"] for sample in row.details["samples"]) for row in rows]
            for rows in zip(*pairs, strict=True)
        ]
        counted[f"pass^{n_samples.pop()}"] = _paired(right, options)
    return counted


def _paired(values: Sequence[Sequence[float]], options: Options) -> Paired:
    """Return the means of two columns, before and after, and of their difference."""
    chosen: dict[str, Any] = {"n_bootstrap": options.n_bootstrap, "confidence": options.confidence}
    before, after = values
    return bootstrap(before, **chosen), bootstrap(after, **chosen), difference(before, after, **chosen)


def _rewards(records: Sequence[EvaluatedRow]) -> list[float]:
    return [record.reward for record in records]


def _tax(before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options) -> Tax:
    def paired(behaviors: Sequence[Behavior], value: Callable[[EvaluatedRow], float]) -> Paired | None:
        pairs = [(a, b) for a, b in zip(before, after, strict=True) if a.ground_truth.behavior in behaviors]
        if not pairs:
            return None
        return _paired([list(map(value, rows)) for rows in zip(*pairs, strict=True)], options)

    def is_exact(record: EvaluatedRow) -> float:
        return float(record.is_exact)

    def calls(record: EvaluatedRow) -> float:
        return float(record.predicted is Behavior.EXECUTE)

    return Tax(
        abstention=paired(ABSTAINING, is_exact),
        answers=paired((Behavior.ANSWER,), is_exact),
        calls=paired((*ABSTAINING, Behavior.ANSWER), calls),
    )


def _flip(before: EvaluatedRow, after: EvaluatedRow, right: EvaluatedRow, wrong: EvaluatedRow) -> Flip:
    asked = [m.get("content") for m in before.prompt if isinstance(m, dict) and m.get("role") == "user"]
    return Flip(
        request=str(asked[-1] if asked else ""),
        expected=str(right.ground_truth.to_json()["ground_truth"]),
        before=_text(before.completion),
        after=_text(after.completion),
        reasons=tuple(map(str, wrong.reasons)),
    )


def _text(completion: Any) -> str:
    """Return a completion as a text; of messages what the policy did, turn by turn."""
    if isinstance(completion, str):
        return completion
    return "; ".join(_turn(message) for message in completion if message.get("role") == "assistant")


def _turn(message: Mapping[str, Any]) -> str:
    functions = [call.get("function") or {} for call in message.get("tool_calls") or ()]
    calls = [f"{function.get('name')} {function.get('arguments')}" for function in functions]
    content = message.get("raw") or message.get("content") or ""
    return " ".join([*([str(content)] if content else []), *calls])


def _view_set(comparison: Comparison, options: Options) -> Iterator[RenderableType]:
    left_out = f" ({comparison.left_out} that some lack are left out)" if comparison.left_out else ""
    base = comparison.standings[0].name
    title = f"{comparison.name}: {comparison.n} rows{left_out}, differences to {base} paired by row"
    table = _table(title, "policy", "reward", "exact", "reward, difference", "exact, difference", "gained", "lost")
    for standing in comparison.standings:
        is_base = standing.reward_difference is None
        gained, lost = ("", "") if is_base else (str(len(standing.gained)), str(len(standing.lost)))
        gaps = (_signed(standing.reward_difference), _signed(standing.exact_difference))
        table.add_row(standing.name, str(standing.reward), str(standing.exact), *gaps, gained, lost)
    yield table
    yield Text(verdict(comparison, options.confidence), style="bold")
    yield Text("")
    taxes = [standing for standing in comparison.standings if standing.tax is not None and standing.tax.calls]
    if taxes:
        yield _tax_table(base, taxes)
        yield Text("")
    conversing = [standing for standing in comparison.standings if standing.conversations]
    if conversing:
        yield _conversations_table(base, conversing)
        yield Text("")
    for standing in comparison.standings[1:]:
        yield from _flips(f"{standing.name} gained", standing.gained, options.flips)
        yield from _flips(f"{standing.name} lost", standing.lost, options.flips)


def _tax_table(base: str, standings: Sequence[Standing]) -> FittedTable:
    title = "specialization tax: rows where no call was expected"
    table = _table(title, "policy", "what it did", base, "after", "difference")
    for standing in standings:
        tax = standing.tax
        if tax is None:
            continue
        for kind, values in (
            ("right abstention", tax.abstention),
            ("right plain answer", tax.answers),
            ("called instead", tax.calls),
        ):
            if values is not None:
                before, after, gap = values
                table.add_row(standing.name, f"{kind} ({before.n})", str(before), str(after), _signed(gap))
    return table


def _conversations_table(base: str, standings: Sequence[Standing]) -> FittedTable:
    table = _table("a conversation", "policy", "what is counted", base, "after", "difference")
    for standing in standings:
        for name, (before, after, gap) in standing.conversations.items():
            table.add_row(standing.name, name, str(before), str(after), _signed(gap))
    return table


def _flips(title: str, flips: Sequence[Flip], most: int) -> Iterator[Text]:
    if not flips or not most:
        return
    shown = f"{title} {len(flips)} rows" + (f", the first {most}" if len(flips) > most else "")
    lines = Text()
    lines.append(f"{shown}\n", style="bold")
    for flip in flips[:most]:
        lines.append(f"  {_short(flip.request)}\n")
        for name, text in (("expected", flip.expected), ("before", flip.before), ("after", flip.after)):
            lines.append(f"    {name:<9}{_short(text)}\n")
        for reason in flip.reasons[:2]:
            lines.append(f"    why      {_short(reason)}\n", style="dim")
    yield lines


def _short(text: str) -> str:
    plain = printable(text)
    return plain if len(plain) <= MOST_CHARS else plain[: MOST_CHARS - 3] + "..."


def _signed(gap: Interval | None) -> str:
    return "" if gap is None else f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"


def _table(title: str, *columns: str) -> FittedTable:
    return FittedTable(columns, title, left=[column for column in columns if column not in ("gained", "lost")])
