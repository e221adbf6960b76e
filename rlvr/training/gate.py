"""Between stages: has the policy lost abstention? SFT on calls alone teaches a model to call whatever is asked.

A stage is stopped at where, of the rows that expect a question, a refusal or an answer, the share that get it fell by
more than a margin, beyond what so few rows can do by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

from rewards import Behavior
from rlvr.config import GateConfig
from rlvr.errors import UserError
from rlvr.records.evaluated_row import EvaluatedRow
from rlvr.training.run_folder import RunFolder

FEWEST_ROWS = 10
"""Fewer rows of a behavior say nothing about it."""


class GateError(UserError):
    """A stage cost more abstention than the run allows."""


@dataclass(frozen=True)
class Fall:
    """The fall in how often a behavior is right after a stage.

    Args:
        evaluation_set: where.
        behavior: what was expected.
        before, after: shares of the rows, in [0, 1].
        least: the lower end of the confidence interval of the fall.
        n: rows.
    """

    evaluation_set: str
    behavior: Behavior
    before: float
    after: float
    least: float
    n: int


def check(folder: RunFolder, before: str, after: str, gate: GateConfig, confidence: float, sets: Sequence[str]) -> None:
    """Compare a stage's evaluation with the one before it, row by row.

    Raises:
        GateError: a behavior fell by more than the margin; names what to do.
    """
    if gate.max_abstention_fall is None:
        return
    fallen = [
        fall
        for name in sets
        for fall in falls(folder.evaluated(before, name), folder.evaluated(after, name), name, confidence)
        if fall.least > gate.max_abstention_fall
    ]
    if not fallen:
        return
    described = "; ".join(
        f"{fall.behavior} on {fall.evaluation_set} from {fall.before:.2f} to {fall.after:.2f} "
        f"({fall.n} rows, a fall of at least {fall.least:.2f})"
        for fall in fallen
    )
    behaviors = ", ".join(sorted({fall.behavior for fall in fallen}))
    raise GateError(
        f"stopped after {after}: it costs abstention: {described}; allowed is {gate.max_abstention_fall}. Add rows "
        f"that expect {behaviors} to the training data; or go on all the same: "
        f"rlvr train resume={folder.path} gate.max_abstention_fall=null"
    )


def falls(
    before: Sequence[EvaluatedRow], after: Sequence[EvaluatedRow], evaluation_set: str, confidence: float
) -> list[Fall]:
    """Return the fall of each behavior that is no call, over the rows that both evaluations scored.

    Args:
        before, after: an evaluation each.
        evaluation_set: its name.
        confidence: of the interval, in (0, 1); by the normal approximation to the mean of paired differences.
    """
    earlier = {row.index: row for row in before}
    fallen = []
    for behavior in (Behavior.CLARIFY, Behavior.REFUSE, Behavior.ANSWER):
        both = [
            (earlier[row.index].is_right_behavior, row.is_right_behavior)
            for row in after
            if row.index in earlier and row.ground_truth.behavior is behavior
        ]
        if len(both) < FEWEST_ROWS:
            continue
        differences = [float(was) - float(now) for was, now in both]
        error = stdev(differences) / len(both) ** 0.5
        least = fmean(differences) - NormalDist().inv_cdf(0.5 + confidence / 2) * error
        shares = list(map(fmean, zip(*both, strict=True)))
        fallen.append(Fall(evaluation_set, behavior, shares[0], shares[1], least, len(both)))
    return fallen
