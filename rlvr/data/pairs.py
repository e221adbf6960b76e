"""Preference pairs: the right completion of a row against one that is nearly right, verified by the reward.

corruptions(row, rng)      what could have been written instead, one completion for each kind of mistake
pairs(rows, seed, weights) one pair for each row, the kinds mixed by weight
mined(rollouts, reward)    the best against the worst of each group that a run has saved
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from rewards import GroundTruth, Tiered
from rlvr.data import saved_rollouts
from rlvr.data.confusable import confusable_rows
from rlvr.data.corruption import KINDS, corruptions
from rlvr.data.synth.reasoning import mistaken
from rlvr.errors import UserError, unknown
from rlvr.records.preference import Preference

if TYPE_CHECKING:
    import datasets

    from rewards import Reward
    from rlvr.files import Json, JsonMapping
    from rlvr.records.rollout import Rollout
    from rlvr.records.row import Row

__all__ = ["KINDS", "MINED", "corruptions", "mined", "mix", "pairs", "to_preference_dataset"]

_TIERED = Tiered()
MINED = "mined"  # the kind of a pair that a model wrote itself


def pairs(
    rows: Iterable[Row],
    seed: int = 0,
    weights: Mapping[str, float] | None = None,
    *,
    per_row: int = 1,
    confusable: float = 0.0,
    reward: Reward = _TIERED,
) -> Iterator[Preference]:
    """Pairs from rows, in their order; a row gives fewer where too few mistakes can be made with it.

    Which mistakes a row gets depends on `seed` and its place alone, and with `confusable` on the other rows too.

    Args:
        rows: their ground truth is the better completion.
        seed: any integer.
        weights: kind to its weight, 1 where not named; 0 leaves a kind out. How often a kind is drawn also depends on
            how many rows it can be made with.
        per_row: at most this many pairs of different kinds from each row.
        confusable: the share of the rows that get two values nearly equal first, of those that can; in [0, 1].
        reward: what must rank `chosen` strictly above `rejected`.

    Raises:
        UserError: weights that name no kind or are negative, or a share of confusable rows that is none.
    """
    if not 0 <= confusable <= 1:
        raise UserError(f"confusable: {confusable} is not from 0 to 1; it is the share of the rows")
    chances = _checked(weights or {})
    if confusable:
        rows = _with_confusable(list(rows), confusable, Random(f"confusable/{seed}"))
    for index, row in enumerate(rows):
        rng = Random(f"pairs/{seed}/{index}")
        chosen = row.completion()
        best = _score(reward, chosen, row.ground_truth, row.tools)
        if best is None:
            continue
        texts = {kind: text for kind, text in corruptions(row, rng).items() if chances[kind] > 0}
        n_pairs = 0
        for kind in _shuffled(rng, texts, chances):
            worse = _score(reward, texts[kind], row.ground_truth, row.tools)
            if worse is None or worse >= best:
                continue
            extra_info = _with_mistaken_reasoning(row, texts[kind])
            yield replace(Preference.of_row(row, chosen, texts[kind], kind, (best, worse)), extra_info=extra_info)
            n_pairs += 1
            if n_pairs == per_row:
                break


def _with_confusable(rows: list[Row], share: float, rng: Random) -> list[Row]:
    """Return the rows, the share of them with two values nearly equal, each in its place."""
    order = list(enumerate(rows))
    rng.shuffle(order)
    changed = confusable_rows(order, round(share * len(rows)), rng)
    return [changed.get(place, row) for place, row in enumerate(rows)]


def mined(rollouts: Iterable[Rollout], reward: Reward = _TIERED) -> Iterator[Preference]:
    """Pairs from saved rollouts: of each prompt's candidates the best against the worst, scored anew.

    Conversations give none: what differs in them is not the answer to one prompt.
    """
    for rollout in rollouts:
        tools, truth = rollout.tools, rollout.ground_truth
        texts = dict.fromkeys(c.completion for c in rollout.candidates if c.transcript_json is None)
        scored = [(value, text) for text in texts if (value := _score(reward, text, truth, tools)) is not None]
        if not scored:
            continue
        best, worst = max(scored, key=itemgetter(0)), min(scored, key=itemgetter(0))
        if best[0] > worst[0]:
            yield Preference(rollout.prompt, tools, truth, best[1], worst[1], MINED, (best[0], worst[0]))


def mix(made: Iterable[Preference]) -> dict[str, int]:
    """Return how many pairs there are of each kind, most first."""
    return dict(Counter(pair.kind for pair in made).most_common())


def to_preference_dataset(made: Sequence[Preference]) -> datasets.Dataset:
    """Return the pairs as a dataset for TRL's `DPOTrainer`. Rows' pairs are conversations, mined ones texts: never
    both."""
    import datasets

    return datasets.Dataset.from_list([pair.to_arrow() for pair in made])


def read_rollouts(path: str | Path) -> Iterator[Rollout]:
    """Yield the records of a run folder's rollouts, or of one such file.

    Raises:
        UserError: there are none, or one is not a record of rollouts; names file and line.
    """
    path = Path(path)
    files = [path] if path.is_file() else saved_rollouts.files(path)
    if not files:
        raise UserError(
            f"{path}: no rollouts/*.parquet or *.jsonl; name the folder of a run that has trained with GRPO"
        )
    for file in files:
        yield from saved_rollouts.read(file)


def _with_mistaken_reasoning(row: Row, rejected: str) -> JsonMapping:
    """Return a policy that reasons makes its mistakes there: a wrong call after right reasoning would show it
    nothing."""
    reasoning = row.extra_info.get("reasoning")
    if not isinstance(reasoning, str):
        return row.extra_info
    return {**row.extra_info, "rejected_reasoning": mistaken(reasoning, rejected, row.tools)}


def _checked(weights: Mapping[str, float]) -> dict[str, float]:
    for kind, weight in weights.items():
        if kind not in KINDS:
            raise UserError(unknown("kind of mistake", kind, KINDS, place="kinds"))
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight >= 0:
            raise UserError(f"weights.{kind}: {weight!r} is not a number of at least 0")
    return {kind: float(weights.get(kind, 1.0)) for kind in KINDS}


def _shuffled(rng: Random, texts: Mapping[str, str], chances: Mapping[str, float]) -> list[str]:
    """Kinds in an order drawn by weight, without replacement (Efraimidis and Spirakis 2006)."""
    return sorted(texts, key=lambda kind: rng.random() ** (1.0 / chances[kind]), reverse=True)


def _score(reward: Reward, completion: str, truth: GroundTruth, tools: Json) -> float | None:
    result = reward(completion, ground_truth=truth, tools=tools)
    return None if result is None else result.value
