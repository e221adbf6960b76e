"""What the evaluations of a run say: each policy's numbers, what changed and how surely, and where it went wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict
from statistics import fmean
from typing import TYPE_CHECKING

from rlvr.evaluation.breakdown import confusion
from rlvr.evaluation.metrics import Summary, bootstrap
from rlvr.evaluation.table import stage_name
from rlvr.files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rlvr.files import JsonMapping, JsonObject
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


def sections(folder: RunFolder, rows: Mapping[str, Mapping[str, Rows]], evaluation: JsonMapping) -> list[JsonObject]:
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
            "confusion": {stage: confusion(rows[name][stage].values()) for stage in by_stage},
            "tools": _tools(rows[name]),
            "reasons": _reasons(rows[name]),
        }
        for name, by_stage in _summaries(folder).items()
    ]


def _summaries(folder: RunFolder) -> dict[str, JsonObject]:
    if not folder.summaries.exists():
        return {}
    stored: dict[str, JsonObject] = read_json(folder.summaries)
    for by_stage in stored.values():
        for summary in by_stage.values():
            Summary.from_json(summary)  # what it lacks shows here, not in the page
    return stored


def _changes(by_stage: Mapping[str, Rows], evaluation: JsonMapping) -> JsonObject:
    """Last policy less first, over the rows that both have, each with the interval of a paired bootstrap."""
    first, last = by_stage[next(iter(by_stage))], by_stage[list(by_stage)[-1]]
    if first is last:
        return {}
    measured: dict[str, list[float]] = defaultdict(list)
    for index, before in first.items():
        if index in last:
            gain = last[index].reward - before.reward
            measured["reward"].append(gain)
            measured["exact"].append(last[index].is_exact - before.is_exact)
            measured[before.expected.value].append(gain)
    options = {"n_bootstrap": evaluation["n_bootstrap"], "confidence": evaluation["confidence"]}
    return {name: _verdict(differences, options) for name, differences in measured.items()}


def _verdict(differences: Sequence[float], options: JsonMapping) -> JsonObject:
    interval = bootstrap(differences, **options)
    verdict = "improved" if interval.low > 0 else "worse" if interval.high < 0 else "unclear"
    return {**asdict(interval), "verdict": verdict}


def _tools(by_stage: Mapping[str, Rows]) -> list[JsonObject]:
    """For each tool the rows that expect a call of it: how many, and the share of exact ones under each policy."""
    by_tool: dict[str, dict[str, list[EvaluatedRow]]] = defaultdict(lambda: defaultdict(list))
    for stage, rows in by_stage.items():
        for row in rows.values():
            for name in dict.fromkeys(call.name for call in row.ground_truth.calls):
                by_tool[name][stage].append(row)
    tools = [_tool(name, of_tool) for name, of_tool in by_tool.items()]
    return sorted(tools, key=lambda tool: (-tool["n"], tool["name"]))


def _tool(name: str, by_stage: Mapping[str, Sequence[EvaluatedRow]]) -> JsonObject:
    tool: JsonObject = {"name": name, "n": max(map(len, by_stage.values())), "exact": {}, "reward": {}}
    for stage, rows in by_stage.items():
        tool["exact"][stage] = fmean(row.is_exact for row in rows)
        tool["reward"][stage] = fmean(row.reward for row in rows)
    return tool


def _reasons(by_stage: Mapping[str, Rows]) -> list[JsonObject]:
    """Return the most common reasons for lost reward, with the rows that have each under every policy."""
    counts: dict[str, Counter[str]] = {stage: Counter() for stage in by_stage}
    most: Counter[str] = Counter()
    for stage, rows in by_stage.items():
        for row in rows.values():
            counts[stage].update({reason.without_values for reason in row.reasons})
        most |= counts[stage]
    common = sorted(most, key=lambda kind: (-most[kind], kind))[:MOST_REASONS]
    return [{"kind": kind, "rows": {stage: count[kind] for stage, count in counts.items()}} for kind in common]
