"""Policies side by side on the same rows: paired differences, rows that flipped, and what specializing has cost."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

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

    from rlvr.files import Json, JsonMapping, JsonObject

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
    """The options of a comparison.

    Args:
        n_bootstrap: resamples of each interval.
        confidence: of each interval.
        flips: rows that flipped which are shown of each variant and direction.
    """

    n_bootstrap: int = 2000
    confidence: float = 0.95
    flips: int = 5

    def interval(self, values: Iterable[float]) -> Interval:
        """Return the mean with its interval."""
        return bootstrap(values, n_bootstrap=self.n_bootstrap, confidence=self.confidence)

    def paired(self, before: Iterable[float], after: Iterable[float]) -> Paired:
        """Return the means of two columns, before and after, and of their difference."""
        first, last = list(before), list(after)
        return self.interval(first), self.interval(last), self.gap(first, last)

    def gap(self, before: Iterable[float], after: Iterable[float]) -> Interval:
        """Return the paired difference with its interval."""
        return difference(before, after, n_bootstrap=self.n_bootstrap, confidence=self.confidence)


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
    """The behavior of a policy on rows where no call was expected: the price of specializing in calls.

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

    def to_json(self) -> JsonObject:
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
    comparisons = [_compare_set(name, variants, options) for name in names]
    if not any(comparisons):
        listed = "; ".join(f"{variant.name}: {', '.join(variant.sets)}" for variant in variants)
        raise UserError(f"nothing to compare: no row that all were evaluated on ({listed})")
    return [comparison for comparison in comparisons if comparison is not None]


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
    rows: dict[str, EvaluatedRow] = {}
    for where, value in read_objects(path):
        row = EvaluatedRow.from_json(value, where)
        episode = row.episode.get("of")  # the same request may be made in two worlds
        content = json.dumps([row.prompt, row.tools, row.ground_truth.to_json(), episode], sort_keys=True)
        key = hashlib.sha256(content.encode()).hexdigest()
        counts[key] += 1
        rows[f"{key} {counts[key]}"] = row  # the same row may stand in a set twice
    return rows


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
    behind = [name for name in records if name != leader]
    shared = replace(options, confidence=1 - (1 - options.confidence) / len(behind))
    gaps = [shared.gap(map(_reward, records[name]), map(_reward, records[leader])) for name in behind]
    return leader if min(gap.low for gap in gaps) > 0 else None


def _standing(
    name: str, before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options, *, is_base: bool
) -> Standing:
    gained, lost = [], []
    for first, last in zip(before, after, strict=True):
        if last.is_exact and not first.is_exact:
            gained.append(_flip(first, last, right=last, wrong=first))
        elif first.is_exact and not last.is_exact:
            lost.append(_flip(first, last, right=first, wrong=last))
    return Standing(
        name=name,
        reward=options.interval(map(_reward, after)),
        exact=options.interval(map(_is_exact, after)),
        reward_difference=None if is_base else options.gap(map(_reward, before), map(_reward, after)),
        exact_difference=None if is_base else options.gap(map(_is_exact, before), map(_is_exact, after)),
        gained=tuple(gained),
        lost=tuple(lost),
        tax=None if is_base else _tax(before, after, options),
        conversations={} if is_base else _conversations(before, after, options),
    )


def _conversations(
    before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options
) -> dict[str, Paired]:
    """Return what is counted of the rows that are conversations under both, and pass^n where both were sampled."""
    first, last = [], []
    for row, same in zip(before, after, strict=True):
        if row.episode and same.episode:
            first.append(row)
            last.append(same)
    if not first:
        return {}
    counted: dict[str, Paired] = {}
    for name in COUNTED:
        counted[name.replace("_", " ")] = options.paired(
            [row.episode[name] for row in first], [row.episode[name] for row in last]
        )
    n_samples = {len(row.samples) for row in (*first, *last)}
    if n_samples != {0} and len(n_samples) == 1:
        counted[f"pass^{n_samples.pop()}"] = options.paired(map(_all_exact, first), map(_all_exact, last))
    return counted


def _all_exact(row: EvaluatedRow) -> float:
    return float(all(sample.is_exact for sample in row.samples))


def _reward(row: EvaluatedRow) -> float:
    return row.reward


def _is_exact(row: EvaluatedRow) -> float:
    return float(row.is_exact)


def _calls(row: EvaluatedRow) -> float:
    return float(row.predicted is Behavior.EXECUTE)


def _tax(before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options) -> Tax:
    def paired(behaviors: Sequence[Behavior], value: Callable[[EvaluatedRow], float]) -> Paired | None:
        first = [value(row) for row in before if row.expected in behaviors]
        last = [value(row) for row, same in zip(after, before, strict=True) if same.expected in behaviors]
        return options.paired(first, last) if first else None

    return Tax(
        abstention=paired(ABSTAINING, _is_exact),
        answers=paired((Behavior.ANSWER,), _is_exact),
        calls=paired((*ABSTAINING, Behavior.ANSWER), _calls),
    )


def _flip(before: EvaluatedRow, after: EvaluatedRow, *, right: EvaluatedRow, wrong: EvaluatedRow) -> Flip:
    request = ""
    for message in before.prompt:
        if isinstance(message, dict) and message.get("role") == "user":
            request = str(message.get("content"))
    return Flip(
        request=request,
        expected=str(right.ground_truth.to_json()["ground_truth"]),
        before=_text(before.completion),
        after=_text(after.completion),
        reasons=tuple(map(str, wrong.reasons)),
    )


def _text(completion: Json) -> str:
    """Return a completion as a text; of messages what the policy did, turn by turn."""
    if isinstance(completion, str):
        return completion
    return "; ".join(_turn(message) for message in completion if message.get("role") == "assistant")


def _turn(message: JsonMapping) -> str:
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


_TAXES = {"right abstention": "abstention", "right plain answer": "answers", "called instead": "calls"}


def _tax_table(base: str, standings: Sequence[Standing]) -> FittedTable:
    title = "specialization tax: rows where no call was expected"
    table = _table(title, "policy", "what it did", base, "after", "difference")
    for standing in standings:
        for kind, values in _TAXES.items():
            paired = getattr(standing.tax, values)
            if paired is not None:
                before, after, gap = paired
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
