"""The page of a sweep: its runs ranked with intervals, and each option that was varied against the reward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path

from rlvr.errors import UserError
from rlvr.evaluation import sweep
from rlvr.evaluation.metrics import read_summaries
from rlvr.evaluation.sweep import Outcome
from rlvr.evaluation.table import stage_name
from rlvr.files import JsonObject, write_text
from rlvr.report.page import assemble
from rlvr.training.run_folder import SWEEP_LOG, check_links, sweep_records

_SCRIPTS = ("store.js", "overview.js", "training.js", "theme.js", "sweep.js")
_WIDE = 20.0
"""A number whose largest value is so many times its smallest is drawn on a logarithmic axis."""


def write(folder: Path, out: Path | None, confidence: float) -> Path:
    """Write the report of a sweep's folder; `out` None is `report.html` in it.

    Raises:
        UserError: no sweep, or none of its runs has been evaluated.
    """
    check_links(folder)
    out = out or folder / "report.html"
    write_text(out, assemble(folder.resolve().name, ["sweep"], _SCRIPTS, {"sweep": read(folder, confidence)}))
    return out


def read(folder: Path, confidence: float) -> JsonObject:
    """Return what the page shows, as plain data.

    Raises:
        UserError: as `write`.
    """
    runs = sweep.runs_of(folder)
    outcomes = sweep.outcomes(runs, confidence)
    if not outcomes:
        raise UserError(f"{folder}: {len(runs)} runs, none with an evaluation; name a sweep's folder")
    last = {record["run"]: record for record in sweep_records(folder / SWEEP_LOG)}
    failed = []
    for run, record in last.items():
        if record["error"]:
            failed.append(f"{run} ({record['name']}): {record['error']}")
    return {
        "confidence": confidence,
        "facts": [("runs", str(len(runs))), ("failed", str(len(failed))), ("folder", str(folder))],
        "notes": sweep.settings_that_differ({run.name: run for run in runs}),
        "failed": failed,
        "sets": [_of_set(name, rows, runs) for name, rows in outcomes.items()],
    }


def _of_set(name: str, rows: Sequence[Outcome], runs: Sequence[Path]) -> JsonObject:
    ranking = []
    places = count(1)
    for row in rows:
        place = None if row.options == sweep.BASE else next(places)
        ranking.append({**asdict(row), "place": place, "stage": stage_name(row.stage)})
    return {"name": name, "verdict": sweep.verdict(rows), "ranking": ranking, "parameters": _parameters(runs, name)}


def _parameters(runs: Sequence[Path], name: str) -> list[JsonObject]:
    """Return each option that was varied with a point for each run that was evaluated on a set."""
    measured = []
    rewards: dict[str, list[float | str]] = {"values": [], "low": [], "high": [], "names": []}
    for run, options in zip(runs, sweep.differences(runs), strict=True):
        by_stage = read_summaries(run / "evaluation.json").get(name)
        if by_stage:
            *_, last = by_stage.values()
            measured.append(options)
            row: list[float | str] = [last.reward.mean, last.reward.low, last.reward.high, f"run {run.name}"]
            for column, value in zip(rewards.values(), row, strict=True):
                column.append(value)
    parameters = []
    for option in measured[0]:
        values = [_number(options[option]) for options in measured]
        points = {"steps": values, **rewards}
        parameters.append({"name": option, "scale": _scale(values), "points": points})
    return parameters


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _scale(values: Sequence[float | str]) -> str:
    """Return the kind of axis that plotly draws the values on."""
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) < len(values) or not numbers:
        return "category"
    return "log" if min(numbers) > 0 and max(numbers) / min(numbers) >= _WIDE else "linear"
