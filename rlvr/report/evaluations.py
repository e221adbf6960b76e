"""What the evaluations of a run say: each policy's numbers, what changed and how surely, and where it went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from statistics import fmean
from typing import TYPE_CHECKING, Any

from rlvr.evaluation.breakdown import confusion
from rlvr.evaluation.metrics import Summary, bootstrap
from rlvr.evaluation.table import stage_name
from rlvr.files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rewards import Behavior, Reason
    from rlvr.records.evaluated_row import EvaluatedRow
    from rlvr.training.run_folder import RunFolder

    Rows = dict[int, EvaluatedRow]
    """What one policy did, by the row's position in its set."""

MOST_REASONS = 12


def evaluated(folder: RunFolder) -> dict[str, dict[str, Rows]]:
    """Evaluation set -> stage -> what the stage's policy did on each row, in the order of the summaries."""
    summaries = _summaries(folder)
    return {
        name: {stage: {row.index: row for row in folder.evaluated(stage, name)} for stage in by_stage}
        for name, by_stage in summaries.items()
    }


def sections(
    folder: RunFolder, rows: Mapping[str, Mapping[str, Rows]], evaluation: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return one section for each evaluation set, as plain data.

    Args:
        folder: the run.
        rows: what `evaluated` gives.
        evaluation: the run's `evaluation` options; `n_bootstrap` and `confidence` are read.
    """
    return [
        {
            "name": name,
            "stages": [{"id": stage, "name": stage_name(stage)} for stage in by_stage],
            "summaries": by_stage,
            "changes": _changes(rows[name], evaluation),
            "confusion": {stage: confusion(_behaviors(rows[name][stage])) for stage in by_stage},
            "tools": _tools(rows[name]),
            "reasons": _reasons(rows[name]),
        }
        for name, by_stage in _summaries(folder).items()
    ]


def _summaries(folder: RunFolder) -> dict[str, dict[str, Any]]:
    if not folder.summaries.exists():
        return {}
    stored: dict[str, dict[str, Any]] = read_json(folder.summaries)
    for by_stage in stored.values():
        for summary in by_stage.values():
            Summary.from_json(summary)  # what it lacks shows here, not in the page
    return stored


def _changes(by_stage: Mapping[str, Rows], evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Last policy less first, over the rows that both have, each with the interval of a paired bootstrap."""
    first, last = by_stage[next(iter(by_stage))], by_stage[list(by_stage)[-1]]
    both = [index for index in first if index in last]
    if first is last or not both:
        return {}
    expected = {index: first[index].ground_truth.behavior for index in both}
    measured = {
        "reward": [last[i].reward - first[i].reward for i in both],
        "exact": [float(last[i].is_exact) - float(first[i].is_exact) for i in both],
        **{
            behavior.value: [last[i].reward - first[i].reward for i in both if expected[i] is behavior]
            for behavior in dict.fromkeys(expected.values())
        },
    }
    options = {"n_bootstrap": evaluation["n_bootstrap"], "confidence": evaluation["confidence"]}
    return {name: _verdict(differences, options) for name, differences in measured.items()}


def _verdict(differences: Sequence[float], options: Mapping[str, Any]) -> dict[str, Any]:
    interval = bootstrap(differences, **options)
    verdict = "improved" if interval.low > 0 else "worse" if interval.high < 0 else "unclear"
    return {**asdict(interval), "verdict": verdict}


def _behaviors(rows: Rows) -> Iterator[tuple[Behavior, Behavior | None]]:
    """Yield of each row the behavior that was expected, and the one that came."""
    return ((row.ground_truth.behavior, row.predicted) for row in rows.values())


def _tools(by_stage: Mapping[str, Rows]) -> list[dict[str, Any]]:
    """For each tool the rows that expect a call of it: how many, and the share of exact ones under each policy."""
    by_tool: dict[str, dict[str, list[EvaluatedRow]]] = {}
    for stage, rows in by_stage.items():
        for row in rows.values():
            for name in dict.fromkeys(call.name for call in row.ground_truth.calls):
                by_tool.setdefault(name, {}).setdefault(stage, []).append(row)
    return [
        {
            "name": name,
            "n": max(map(len, stages.values())),
            "exact": {stage: fmean(row.is_exact for row in rows) for stage, rows in stages.items()},
            "reward": {stage: fmean(row.reward for row in rows) for stage, rows in stages.items()},
        }
        for name, stages in sorted(by_tool.items(), key=lambda item: (-max(map(len, item[1].values())), item[0]))
    ]


def _reasons(by_stage: Mapping[str, Rows]) -> list[dict[str, Any]]:
    """Return the most common reasons for lost reward, with the rows that have each under every policy."""
    counts = {
        stage: Counter(kind for row in rows.values() for kind in _kinds(row.reasons))
        for stage, rows in by_stage.items()
    }
    most = Counter({kind: max(count[kind] for count in counts.values()) for kind in set().union(*counts.values())})
    ordered = sorted(most, key=lambda kind: (-most[kind], kind))[:MOST_REASONS]
    return [{"kind": kind, "rows": {stage: count[kind] for stage, count in counts.items()}} for kind in ordered]


def _kinds(reasons: Sequence[Reason]) -> set[str]:
    return {reason.without_values for reason in reasons}
