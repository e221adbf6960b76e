"""The evaluations of a run: each policy's numbers, what changed and how surely, and where it went wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean

from rlvr.evaluation.breakdown import confusion
from rlvr.evaluation.metrics import Summary, bootstrap
from rlvr.evaluation.table import stage_name
from rlvr.files import JsonMapping, JsonObject, read_json
from rlvr.records.evaluated_row import EvaluatedRow
from rlvr.training.run_folder import RunFolder

Rows = dict[int, EvaluatedRow]
"""What one policy did, by the row's position in its set."""


MOST_REASONS = 12


def evaluated(folder: RunFolder) -> dict[str, dict[str, Rows]]:
    """Return by evaluation set and stage what the stage's policy did on each row, in the order of the summaries."""
    rows: dict[str, dict[str, Rows]] = defaultdict(dict)
    for name, by_stage in _summaries(folder).items():
        for stage in by_stage:
            rows[name][stage] = {row.index: row for row in folder.evaluated(stage, name)}
    return rows


def sections(folder: RunFolder, rows: Mapping[str, Mapping[str, Rows]], options: JsonMapping) -> list[JsonObject]:
    """Return one section for each evaluation set, as plain data.

    Args:
        folder: the run.
        rows: what `evaluated` gives.
        options: `n_bootstrap` and `confidence` of the intervals.
    """
    return [_section(name, stages, rows[name], options) for name, stages in _summaries(folder).items()]


def _section(name: str, summaries: JsonObject, rows: Mapping[str, Rows], options: JsonMapping) -> JsonObject:
    last_two = dict(list(rows.items())[-2:])
    return {
        "name": name,
        "stages": [{"id": stage, "name": stage_name(stage)} for stage in summaries],
        "summaries": summaries,
        "changes": _changes(rows, options),
        "by_last_stage": _changes(last_two, options).get("reward"),
        "confusion": {stage: confusion(of_stage.values()) for stage, of_stage in rows.items()},
        "tools": _tools(rows),
        "reasons": _reasons(rows),
    }


def _summaries(folder: RunFolder) -> dict[str, JsonObject]:
    if not folder.summaries.exists():
        return {}
    stored: dict[str, JsonObject] = read_json(folder.summaries)
    for by_stage in stored.values():
        for summary in by_stage.values():
            Summary.from_json(summary)  # what it lacks shows here, not in the page
    return stored


def _changes(by_stage: Mapping[str, Rows], options: JsonMapping) -> JsonObject:
    """Return last policy less first, over the rows that both have, each with the interval of a paired bootstrap."""
    if len(by_stage) == 1:
        return {}
    first, *_, last = by_stage.values()
    measured: dict[str, list[float]] = defaultdict(list)
    for index, before in first.items():
        if index in last:
            gain = last[index].reward - before.reward
            measured["reward"].append(gain)
            measured["exact"].append(last[index].is_exact - before.is_exact)
            measured[before.expected.value].append(gain)
    return {name: _verdict(differences, options) for name, differences in measured.items()}


def _verdict(differences: Sequence[float], options: JsonMapping) -> JsonObject:
    interval = bootstrap(differences, **options)
    verdict = "unclear"
    if interval.low > 0:
        verdict = "improved"
    elif interval.high < 0:
        verdict = "worse"
    return {**asdict(interval), "verdict": verdict}


def _tools(by_stage: Mapping[str, Rows]) -> list[JsonObject]:
    """Return for each tool how many rows expect a call of it, and the share of exact ones under each policy."""
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
    """Return the most common reasons for lost reward of the first and the last policy, with the rows that have each
    under every policy."""
    counts: dict[str, Counter[str]] = {stage: Counter() for stage in by_stage}
    for stage, rows in by_stage.items():
        for row in rows.values():
            counts[stage].update({reason.without_values for reason in row.reasons})
    of_stages = list(counts.values())
    most = of_stages[0] | of_stages[-1]
    common = sorted(most, key=lambda kind: (-most[kind], kind))[:MOST_REASONS]
    return [{"kind": kind, "rows": {stage: count[kind] for stage, count in counts.items()}} for kind in common]
