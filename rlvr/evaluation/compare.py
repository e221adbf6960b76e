"""Policies side by side on the same rows: paired differences, rows that flipped, and what specializing has cost."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from operator import attrgetter, itemgetter
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.text import Text

from rewards import Behavior
from rlvr.environments.scoring import COUNTED
from rlvr.errors import UserError
from rlvr.evaluation.metrics import Interval, bootstrap, difference
from rlvr.evaluation.table import one_line
from rlvr.files import Json, JsonMapping, JsonObject, read_objects
from rlvr.records.evaluated_row import EvaluatedRow
from rlvr.records.message import calls_of, function_of, last_request, text_of
from rlvr.tables import FittedTable

T = TypeVar("T")

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

    def interval(self, rows: Iterable[T], value: Callable[[T], float]) -> Interval:
        """Return the mean of a value over rows with its interval."""
        return bootstrap(map(value, rows), n_bootstrap=self.n_bootstrap, confidence=self.confidence)

    def gap(self, before: Iterable[T], after: Iterable[T], value: Callable[[T], float]) -> Interval:
        """Return the difference of two means, paired by rows, with its interval."""
        first, last = map(value, before), map(value, after)
        return difference(first, last, n_bootstrap=self.n_bootstrap, confidence=self.confidence)

    def paired(self, before: Sequence[T], after: Sequence[T], value: Callable[[T], float]) -> Paired:
        """Return the means before and after, and their difference."""
        return self.interval(before, value), self.interval(after, value), self.gap(before, after, value)


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
    """One variant on one set; the base itself has no differences, and no row that flipped.

    Attributes:
        sampled: of rows that both were sampled on equally often, the means over all samples (avg@n), and the chance
            that all n are right (pass^n); empty for others and for the base.
        conversations: of rows that are conversations, what is counted of them; empty for others and for the base.
    """

    name: str
    reward: Interval
    exact: Interval
    reward_difference: Interval | None = None
    exact_difference: Interval | None = None
    gained: tuple[Flip, ...] = ()
    lost: tuple[Flip, ...] = ()
    tax: Tax | None = None
    sampled: Mapping[str, Paired] = field(default_factory=dict)
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
        """Return plain data."""
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
    names = _in_all([variant.sets for variant in variants])
    comparisons = list(filter(None, (_compare_set(name, variants, options) for name in names)))
    if not comparisons:
        listed = "; ".join(f"{variant.name}: {', '.join(variant.sets)}" for variant in variants)
        raise UserError(f"nothing to compare: no row that all were evaluated on ({listed})")
    return comparisons


def view(comparisons: Sequence[Comparison], options: Options) -> RenderableType:
    """Return all comparisons as tables, each with its verdict, the specialization tax and rows that flipped."""
    return Group(*chain.from_iterable(_view_set(comparison, options) for comparison in comparisons))


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


def _in_all(mappings: Sequence[JsonMapping]) -> list[str]:
    """Return the keys that all mappings have, in the order of the first."""
    shared = set(mappings[0]).intersection(*mappings[1:])
    return [key for key in mappings[0] if key in shared]


def _compare_set(name: str, variants: Sequence[Variant], options: Options) -> Comparison | None:
    sets = {variant.name: variant.sets[name] for variant in variants}
    keys = _in_all(list(sets.values()))
    if not keys:
        return None
    rows = {variant: [by_key[key] for key in keys] for variant, by_key in sets.items()}
    base, *others = rows
    standings = [_standing(base, rows[base], options)]
    standings += [_standing_against(rows[base], variant, rows[variant], options) for variant in others]
    leader = max(standings, key=lambda standing: standing.reward.mean).name
    left_out = max(map(len, sets.values())) - len(keys)
    return Comparison(name, len(keys), left_out, tuple(standings), _best(leader, rows, options), leader)


def _best(leader: str, rows: Mapping[str, Sequence[EvaluatedRow]], options: Options) -> str | None:
    behind = [name for name in rows if name != leader]
    shared = replace(options, confidence=1 - (1 - options.confidence) / len(behind))
    lowest = min(shared.gap(rows[name], rows[leader], _reward).low for name in behind)
    return leader if lowest > 0 else None


def _standing(name: str, rows: Sequence[EvaluatedRow], options: Options) -> Standing:
    return Standing(name, reward=options.interval(rows, _reward), exact=options.interval(rows, _is_exact))


def _standing_against(
    before: Sequence[EvaluatedRow], name: str, after: Sequence[EvaluatedRow], options: Options
) -> Standing:
    """Return a variant's standing with what sets it apart from the base, whose rows come before."""
    gained, lost = [], []
    for first, last in zip(before, after, strict=True):
        if last.is_exact and not first.is_exact:
            gained.append(_flip(first, last, wrong=first))
        elif first.is_exact and not last.is_exact:
            lost.append(_flip(first, last, wrong=last))
    return replace(
        _standing(name, after, options),
        reward_difference=options.gap(before, after, _reward),
        exact_difference=options.gap(before, after, _is_exact),
        gained=tuple(gained),
        lost=tuple(lost),
        tax=_tax(before, after, options),
        sampled=_sampled(before, after, options),
        conversations=_conversations(before, after, options),
    )


def _sampled(before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options) -> dict[str, Paired]:
    """Return what the samples of the rows earn, where every row was sampled equally often under both."""
    n_samples = {len(row.samples) for row in (*before, *after)}
    if len(n_samples) > 1 or 0 in n_samples:
        return {}
    n = n_samples.pop()
    return {
        f"avg@{n} reward": options.paired(before, after, _mean_reward),
        f"avg@{n} exact": options.paired(before, after, _exact_share),
        f"pass^{n}": options.paired(before, after, _all_exact),
    }


def _conversations(
    before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options
) -> dict[str, Paired]:
    """Return what is counted of the rows that are conversations under both."""
    first_counts, last_counts = [], []
    for row_before, row_after in zip(before, after, strict=True):
        if row_before.episode and row_after.episode:
            first_counts.append(row_before.episode)
            last_counts.append(row_after.episode)
    if not first_counts:
        return {}
    return {name.replace("_", " "): options.paired(first_counts, last_counts, itemgetter(name)) for name in COUNTED}


def _mean_reward(row: EvaluatedRow) -> float:
    return fmean(sample.reward for sample in row.samples)


def _exact_share(row: EvaluatedRow) -> float:
    return fmean(sample.is_exact for sample in row.samples)


def _all_exact(row: EvaluatedRow) -> float:
    return float(all(sample.is_exact for sample in row.samples))


def _reward(row: EvaluatedRow) -> float:
    return row.reward


def _is_exact(row: EvaluatedRow) -> float:
    return float(row.is_exact)


def _calls(row: EvaluatedRow) -> float:
    return float(row.predicted is Behavior.EXECUTE)


def _tax(before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], options: Options) -> Tax:
    def paired(value: Callable[[EvaluatedRow], float], *behaviors: Behavior) -> Paired | None:
        first, last = _expecting(behaviors, before), _expecting(behaviors, after)
        return options.paired(first, last, value) if first else None

    return Tax(
        abstention=paired(_is_exact, *ABSTAINING),
        answers=paired(_is_exact, Behavior.ANSWER),
        calls=paired(_calls, *ABSTAINING, Behavior.ANSWER),
    )


def _expecting(behaviors: Sequence[Behavior], rows: Sequence[EvaluatedRow]) -> list[EvaluatedRow]:
    return [row for row in rows if row.expected in behaviors]


def _flip(before: EvaluatedRow, after: EvaluatedRow, *, wrong: EvaluatedRow) -> Flip:
    return Flip(
        request=last_request(before.prompt),
        expected=str(before.ground_truth.to_json()["ground_truth"]),
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
    parts = [str(message.get("raw") or text_of(message))]
    for function in map(function_of, calls_of(message)):
        parts.append(f"{function.get('name')} {function.get('arguments')}")
    return " ".join(filter(None, parts))


def _view_set(comparison: Comparison, options: Options) -> Iterator[RenderableType]:
    left_out = f" ({comparison.left_out} that some lack are left out)" if comparison.left_out else ""
    base = comparison.standings[0].name
    title = f"{comparison.name}: {comparison.n} rows{left_out}, differences to {base} paired by row"
    table = _table(title, "policy", "reward", "exact", "reward, difference", "exact, difference", "gained", "lost")
    for standing in comparison.standings:
        cells = [standing.name, str(standing.reward), str(standing.exact)]
        if standing.reward_difference is not None and standing.exact_difference is not None:
            cells += [_signed(standing.reward_difference), _signed(standing.exact_difference)]
            cells += [str(len(standing.gained)), str(len(standing.lost))]
        table.add_row(*cells)
    yield table
    yield Text(verdict(comparison, options.confidence), style="bold")
    yield Text("")
    for title, what, paired_of in _PAIRED_TABLES:
        table = _table(title, "policy", what, base, "after", "difference")
        for standing in comparison.standings:
            for name, (before, after, gap) in paired_of(standing).items():
                table.add_row(standing.name, name, str(before), str(after), _signed(gap))
        if table.row_count:
            yield table
            yield Text("")
    for standing in comparison.standings[1:]:
        yield from _flips(f"{standing.name} gained", standing.gained, options.flips)
        yield from _flips(f"{standing.name} lost", standing.lost, options.flips)


def _taxes(standing: Standing) -> dict[str, Paired]:
    tax = standing.tax or Tax(None, None, None)
    by_kind = {"right abstention": tax.abstention, "right plain answer": tax.answers, "called instead": tax.calls}
    return {f"{kind} ({paired[0].n})": paired for kind, paired in by_kind.items() if paired is not None}


_PAIRED_TABLES: tuple[tuple[str, str, Callable[[Standing], Mapping[str, Paired]]], ...] = (
    ("specialization tax: rows where no call was expected", "what it did", _taxes),
    ("sampled completions", "over all samples", attrgetter("sampled")),
    ("a conversation", "what is counted", attrgetter("conversations")),
)
"""Tables of a set below the first: the title, what is measured, and each variant's means before and after."""


def _flips(title: str, flips: Sequence[Flip], most: int) -> Iterator[Text]:
    if not flips or not most:
        return
    of_them = f", the first {most}" if len(flips) > most else ""
    lines = Text()
    lines.append(f"{title} {len(flips)} rows{of_them}\n", style="bold")
    for flip in flips[:most]:
        lines.append(f"  {_short(flip.request)}\n")
        for name, text in (("expected", flip.expected), ("before", flip.before), ("after", flip.after)):
            lines.append(f"    {name:<9}{_short(text)}\n")
        for reason in flip.reasons[:2]:
            lines.append(f"    why      {_short(reason)}\n", style="dim")
    yield lines


def _short(text: str) -> str:
    plain = one_line(text)
    return plain if len(plain) <= MOST_CHARS else plain[: MOST_CHARS - 3] + "..."


def _signed(gap: Interval) -> str:
    return f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"


def _table(title: str, *columns: str) -> FittedTable:
    return FittedTable(columns, title, left=[column for column in columns if column not in ("gained", "lost")])
