"""`rlvr compare`: runs and saved evaluations side by side."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr.errors import UserError, unknown
from rlvr.evaluation import compare
from rlvr.progress import standard_console
from rlvr.wrapping import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = """\
usage: rlvr compare RUN [RUN ...] [--flips N] [--confidence C] [--json]

Policies side by side on the rows that all of them were evaluated on. The first is the base.

  RUN              a run folder, or the folder that rlvr evaluate wrote (run_dir=FOLDER).
                   One run alone: its base and every stage. Several: the first run's base, and each run's last stage.
  --flips N        rows that flipped to show of each policy, each way  (default: 5)
  --confidence C   of the intervals  (default: 0.95)
  --json           print JSON, with every row that flipped
"""


def run(arguments: list[str]) -> None:
    """Compare what the arguments name, and print it."""
    if {"-h", "--help"} & set(arguments):
        print(fitted(HELP), end="")
        return
    parsed = _parsed(arguments)
    options = compare.Options(confidence=parsed.confidence, flips=parsed.flips)
    comparisons = compare.compare(variants([Path(folder) for folder in parsed.folders]), options)
    console = standard_console()
    if parsed.json:
        data = {comparison.name: comparison.to_json() for comparison in comparisons}
        console.print(json.dumps(data, ensure_ascii=False, indent=2), soft_wrap=True, markup=False, highlight=False)
    else:
        console.print(compare.view(comparisons, options))


def variants(folders: Sequence[Path]) -> list[compare.Variant]:
    """The policies that run folders and evaluation folders hold, the base first.

    Raises:
        UserError: a folder holds no evaluation.
    """
    if len(folders) == 1:
        stages = _stages(folders[0])
        if stages is None:
            raise UserError(f"{folders[0]} holds one evaluation; name another folder to compare it with")
        return [compare.read_variant(stage, _files(folders[0] / "evaluations" / stage)) for stage in stages]
    found = []
    names = _names(folders)
    for index, (folder, name) in enumerate(zip(folders, names, strict=True)):
        stages = _stages(folder)
        if stages is None:
            found.append(compare.read_variant(name, _files(folder)))
            continue
        if index == 0 and len(stages) > 1:
            found.append(compare.read_variant("base", _files(folder / "evaluations" / stages[0])))
        found.append(compare.read_variant(name, _files(folder / "evaluations" / stages[-1])))
    return found


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--flips", type=int, default=compare.Options.flips)
    parser.add_argument("--confidence", type=float, default=compare.Options.confidence)
    parser.add_argument("--json", action="store_true")
    try:
        parsed, folders = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise UserError(str(error).replace("argument ", "", 1)) from None
    flags = [flag for action in parser._actions for flag in action.option_strings]
    for folder in folders:
        if folder.startswith("-"):
            raise UserError(unknown("flag", folder.partition("=")[0], flags))
    if not folders:
        raise UserError("nothing to compare: name a run folder, as in rlvr compare runs/mine")
    if not 0 < parsed.confidence < 1:
        raise UserError(f"--confidence: {parsed.confidence} is not between 0 and 1")
    parsed.folders = folders
    return parsed


def _stages(folder: Path) -> list[str] | None:
    """A run's evaluated stages in the order in which it made them; None for a folder of one evaluation."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name a run folder, or one that rlvr evaluate wrote")
    summaries = folder / "evaluation.json"
    if not (folder / "evaluations").is_dir():
        return None
    stages: dict[str, None] = {}
    if summaries.is_file():
        for by_stage in json.loads(summaries.read_text(encoding="utf-8")).values():
            stages |= dict.fromkeys(by_stage)
    present = [stage for stage in stages if (folder / "evaluations" / stage).is_dir()]
    if not present:
        raise UserError(f"{folder} has no finished evaluation; go on with: rlvr train resume={folder}")
    return present


def _files(folder: Path) -> dict[str, Path]:
    files = {path.stem: path for path in sorted(folder.glob("*.jsonl")) if path.name != "metrics.jsonl"}
    if not files:
        raise UserError(f"{folder} holds no evaluation; rlvr evaluate run_dir={folder} ... writes one")
    return files


def _names(folders: Sequence[Path]) -> list[str]:
    """Each folder by its own name, or by its path where two share one."""
    own = [folder.resolve().name for folder in folders]
    return [name if own.count(name) == 1 else str(folder) for name, folder in zip(own, folders, strict=True)]
