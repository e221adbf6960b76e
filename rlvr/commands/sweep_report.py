"""`rlvr sweep report`: the runs of a sweep, ranked, as a table and one HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlvr.commands.arguments import read_words
from rlvr.commands.compare import show_sweep
from rlvr.errors import UserError
from rlvr.progress import say, standard_console

HELP = """\
usage: rlvr sweep report SWEEP [out=FILE] [confidence=C]

Rank the runs of a sweep: what was varied, what it earned, with intervals over seeds where there are several, and
each option against the reward. Printed, and written as one HTML file that opens offline.

  SWEEP  the folder of a sweep: rlvr train -m run_dir=SWEEP ...
"""


@dataclass(frozen=True)
class SweepReportOptions:
    """What `rlvr sweep report` takes."""

    out: str | None = None
    """The file to write; null is SWEEP/report.html."""
    confidence: float = 0.95
    """Of the intervals."""


OPTIONS = SweepReportOptions


def run(arguments: list[str]) -> None:
    """Print and write the report that the arguments ask for."""
    folders, options = read_words(SweepReportOptions, arguments, many=True)
    if len(folders) != 1 or folders[0].startswith("-"):
        raise UserError(f"expected one folder, as in rlvr sweep report runs/mine; got {' '.join(arguments)!r}")
    if not 0 < options.confidence < 1:
        raise UserError(f"confidence: {options.confidence} is not between 0 and 1")
    report(Path(folders[0]), Path(options.out) if options.out else None, options.confidence)


def report(folder: Path, out: Path | None, confidence: float) -> None:
    """Print a sweep's table and write its page.

    Raises:
        UserError: none of its runs has been evaluated.
    """
    console = standard_console()
    show_sweep(folder, confidence, console)
    from rlvr.report import sweep

    say(console, f"Report: {sweep.write(folder, out, confidence)}")
