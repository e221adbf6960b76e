"""`rlvr compare`: runs and saved evaluations side by side."""

from __future__ import annotations

from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr.commands.arguments import read_words
from rlvr.errors import UserError
from rlvr.files import read_json
from rlvr.progress import say, standard_console
from rlvr.training.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from rlvr.evaluation import compare

_BASE = "base"
_MOST_NAME_CHARS = 60
"""Runs that differ in more are named by their folders."""

HELP = """\
usage: rlvr compare RUN [RUN ...] [flips=N] [confidence=C] [--json]
       rlvr compare SWEEP [confidence=C] [--json]

Policies side by side on the rows that all of them were evaluated on. The first is the base. Of a sweep's folder, a
table of what was varied and what came of it, as means over seeds.

  RUN  a run folder, or the folder that rlvr evaluate wrote (run_dir=FOLDER).
       One run alone: its base and every stage. Several: the first run's base, and each run's last stage.
"""


@dataclass(frozen=True)
class CompareOptions:
    """The options of `rlvr compare`."""

    flips: int = 5
    """Rows that flipped to show of each policy, each way."""
    confidence: float = 0.95
    """Of the intervals."""
    json: bool = False
    """Print JSON, with every row that flipped."""


OPTIONS = CompareOptions


def run(arguments: list[str]) -> None:
    """Compare what the arguments name, and print it."""
    from rlvr.evaluation import compare, sweep

    folders, parsed = _parsed(arguments)
    options = compare.Options(confidence=parsed.confidence, flips=parsed.flips)
    console = standard_console()
    if len(folders) == 1 and sweep.runs_of(folders[0]):
        show_sweep(folders[0], parsed.confidence, console, as_json=parsed.json)
        return
    policies = variants(folders)
    comparisons = compare.compare(policies, options)
    named = {variant.name: folder for variant, folder in zip(policies[-len(folders) :], folders, strict=False)}
    if parsed.json:
        data = {comparison.name: comparison.to_json() for comparison in comparisons}
        console.print(dumps(data, ensure_ascii=False, indent=2), soft_wrap=True, markup=False, highlight=False)
    else:
        for line in (*_unfinished(folders), *sweep.settings_that_differ(named)):
            say(console, f"note: {line}")
        console.print(compare.view(comparisons, options))


def _unfinished(folders: Sequence[Path]) -> Iterator[str]:
    """Yield a line for each run that has not come to its end: its last evaluated stage stands for it."""
    for folder in folders:
        stages = _stages(folder)
        if stages and not RunFolder(folder).table.is_file():
            yield f"{folder} is not done, {stages[-1]} stands for it; go on with: rlvr train resume={folder}"


def show_sweep(folder: Path, confidence: float, console: Console, *, as_json: bool = False) -> None:
    """Print the table of a sweep's folder.

    Raises:
        UserError: none of its runs has been evaluated.
    """
    from rlvr.evaluation import sweep

    runs = sweep.runs_of(folder)
    outcomes = sweep.outcomes(runs, confidence)
    if not outcomes:
        raise UserError(f"{folder}: {len(runs)} runs, none with an evaluation")
    if as_json:
        data = dumps(sweep.to_json(outcomes), ensure_ascii=False, indent=2)
        console.print(data, soft_wrap=True, markup=False, highlight=False)
        return
    for line in (*_absent_runs(folder), *sweep.settings_that_differ({run.name: run for run in runs})):
        say(console, f"note: {line}")
    console.print(sweep.view(outcomes, len(runs), confidence))
    say(console, f"Two of them row by row: rlvr compare {runs[0]} {runs[-1]}")


def _absent_runs(folder: Path) -> Iterator[str]:
    """Yield a line for each run of a sweep that failed, or has not come to its end."""
    from rlvr.training.run_folder import SWEEP_LOG, sweep_records

    if not (folder / SWEEP_LOG).is_file():
        return
    last = {record["run"]: record for record in sweep_records(folder / SWEEP_LOG)}
    begun = {int(path.name) for path in folder.iterdir() if path.is_dir() and path.name.isdigit()}
    for run in sorted(begun | last.keys()):
        if run not in last:
            yield f"run {run} is not done: the sweep's own command with run_dir={folder} goes on with it"
        elif last[run]["error"]:
            yield f"run {run} ({last[run]['name']}) failed: {last[run]['error']}"


def variants(folders: Sequence[Path]) -> list[compare.Variant]:
    """Return the policies that run folders and evaluation folders hold, the base first.

    Raises:
        UserError: a folder holds no evaluation.
    """
    from rlvr.evaluation import compare

    if len(folders) == 1:
        stages = _stages(folders[0])
        if stages is None:
            _files(folders[0])  # which says where there is none
            raise UserError(f"{folders[0]} holds one evaluation; name another folder to compare it with")
        return [compare.read_variant(stage, _files(folders[0] / "evaluations" / stage)) for stage in stages]
    policies = []
    names = _names(folders)
    for index, (folder, name) in enumerate(zip(folders, names, strict=True)):
        stages = _stages(folder)
        if stages is None:
            policies.append(compare.read_variant(name, _files(folder)))
            continue
        if index == 0 and len(stages) > 1:
            policies.append(compare.read_variant(_BASE, _files(folder / "evaluations" / stages[0])))
        policies.append(compare.read_variant(name, _files(folder / "evaluations" / stages[-1])))
    return policies


def _parsed(arguments: list[str]) -> tuple[list[Path], CompareOptions]:
    folders, options = read_words(CompareOptions, arguments, many=True)
    if not folders:
        raise UserError("nothing to compare: name a run folder, as in rlvr compare runs/mine")
    if len({Path(folder).resolve() for folder in folders}) < len(folders):
        raise UserError(f"compare: {' '.join(folders)} name a folder twice; name each of them once")
    if not 0 < options.confidence < 1:
        raise UserError(f"confidence: {options.confidence} is not between 0 and 1")
    return list(map(Path, folders)), options


def _stages(folder: Path) -> list[str] | None:
    """Return a run's evaluated stages in the order in which it made them; None for a folder of one evaluation."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name a run folder, or one that rlvr evaluate wrote")
    summaries = folder / "evaluation.json"
    if not (folder / "evaluations").is_dir():
        return None
    stages: dict[str, None] = {}
    if summaries.is_file():
        for by_stage in read_json(summaries).values():
            stages |= dict.fromkeys(by_stage)
    present = [stage for stage in stages if (folder / "evaluations" / stage).is_dir()]
    if not present:
        raise UserError(f"{folder} has no finished evaluation; go on with: rlvr train resume={folder}")
    return present


def _files(folder: Path) -> dict[str, Path]:
    files = {path.stem: path for path in sorted(folder.glob("*.jsonl")) if path.name != "metrics.jsonl"}
    if not files and (folder.parent / "evaluations").is_dir():
        raise UserError(f"{folder} is a stage's folder; name its run, as in rlvr compare {folder.parent}")
    if not files:
        raise UserError(f"{folder} holds no evaluation; rlvr evaluate run_dir={folder} ... writes one")
    return files


def _names(folders: Sequence[Path]) -> list[str]:
    """Return each run by the options that tell it from the others; else by its folder's name, or its path."""
    if all((folder / "config.yaml").is_file() for folder in folders):
        by_options = _names_by_options(folders)
        if by_options is not None:
            return by_options
    names = [folder.resolve().name for folder in folders]
    taken = [_BASE, *names]
    for place, folder in enumerate(folders):
        if taken.count(names[place]) > 1:
            names[place] = str(folder)
    return names


def _names_by_options(folders: Sequence[Path]) -> list[str] | None:
    """Return each run by the options that tell it from the others; None where these do not, or are no short names."""
    from rlvr.evaluation import sweep

    names = []
    for options in sweep.differences(folders):
        # A policy's folder may be named as another one's; the folders of its evaluations are not.
        if any(Path(value).is_absolute() for value in options.values()):
            return None
        names.append(" ".join(f"{name}={value}" for name, value in options.items()))
    is_short = max(map(len, names)) <= _MOST_NAME_CHARS
    return names if is_short and len(set(names)) == len(folders) else None
