"""`rlvr report`: a run as one HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlvr.commands.arguments import read_words
from rlvr.errors import UserError

HELP = """\
usage: rlvr report RUN [out=FILE]

Write a run as one HTML file that opens offline: what improved and what broke, the training's curves, and every
group of candidates with its rewards and reasons. A run that still trains is reported as far as it has come.

  RUN  the run folder, or the folder that rlvr evaluate wrote (run_dir=FOLDER)
"""


@dataclass(frozen=True)
class ReportOptions:
    """The options of `rlvr report`."""

    out: str | None = None
    """The file to write; null is RUN/report.html."""


OPTIONS = ReportOptions


def run(arguments: list[str]) -> None:
    """Write the report that the arguments ask for, and name it."""
    runs, options = read_words(ReportOptions, arguments, many=True)
    if len(runs) != 1 or runs[0].startswith("-"):
        raise UserError(f"expected one run folder, as in rlvr report runs/mine [out=FILE]; got {' '.join(arguments)!r}")
    from rlvr.report import page

    path = page.write(Path(runs[0]), Path(options.out) if options.out else None)
    print(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")
