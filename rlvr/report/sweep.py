"""The page of a sweep: its runs ranked with intervals, and each option that was varied against the reward."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rlvr.errors import UserError
from rlvr.evaluation import sweep
from rlvr.evaluation.metrics import read_summaries
from rlvr.evaluation.table import stage_name
from rlvr.files import JsonObject, write_text
from rlvr.report.page import assemble
from rlvr.training.run_folder import SWEEP_LOG, check_links, sweep_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rlvr.evaluation.sweep import Outcome

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
    failed = [f"{run} ({last[run]['name']}): {last[run]['error']}" for run in last if last[run]["error"]]
    return {
        "confidence": confidence,
        "facts": [("runs", str(len(runs))), ("failed", str(len(failed))), ("folder", str(folder))],
        "notes": sweep.settings_that_differ({run.name: run for run in runs}),
        "failed": failed,
        "sets": [
            {
                "name": name,
                "verdict": sweep.verdict(rows),
                "ranking": _ranking(rows),
                "parameters": _parameters(runs, name),
            }
            for name, rows in outcomes.items()
        ],
    }


def _ranking(rows: Sequence[Outcome]) -> list[JsonObject]:
    places = {row.options: place for place, row in enumerate((r for r in rows if r.options != sweep.BASE), start=1)}
    return [{**asdict(row), "place": places.get(row.options), "stage": stage_name(row.stage)} for row in rows]


def _parameters(runs: Sequence[Path], name: str) -> list[JsonObject]:
    """Return each option that was varied with a point for each run that was evaluated on a set."""
    varied = sweep.differences(runs)
    measured = []
    for run, options in zip(runs, varied, strict=True):
        by_stage = read_summaries(run / "evaluation.json").get(name)
        if by_stage:
            measured.append((run.name, options, list(by_stage.values())[-1].reward))
    parameters = []
    for option in varied[0] if varied else ():
        values = [_number(options[option]) for _, options, _ in measured]
        points = {
            "steps": values,
            "values": [reward.mean for _, _, reward in measured],
            "low": [reward.low for _, _, reward in measured],
            "high": [reward.high for _, _, reward in measured],
            "names": [f"run {run}" for run, _, _ in measured],
        }
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
