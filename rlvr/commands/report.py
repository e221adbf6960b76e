"""`rlvr report`: a run as one HTML file."""

from __future__ import annotations

from pathlib import Path

from rlvr.errors import UserError
from rlvr.wrapping import fitted

HELP = """\
usage: rlvr report RUN [out=FILE]

Write a run as one HTML file that opens offline: what improved and what broke, the training's curves, and every
group of candidates with its rewards and reasons. A run that still trains is reported as far as it has come.

  RUN   the run folder, or the folder that rlvr evaluate wrote (run_dir=FOLDER)
  out   the file to write  (default: RUN/report.html)
"""


def run(arguments: list[str]) -> None:
    """Write the report that the arguments ask for, and name it."""
    if {"-h", "--help"} & set(arguments):
        print(fitted(HELP), end="")
        return
    out = [argument.removeprefix("out=") for argument in arguments if argument.startswith("out=")]
    runs = [argument for argument in arguments if not argument.startswith("out=")]
    if len(runs) != 1 or runs[0].startswith("-") or len(out) > 1 or "" in out:
        raise UserError(f"expected one run folder, as in rlvr report runs/mine [out=FILE]; got {' '.join(arguments)!r}")
    from rlvr.report import page

    path = page.write(Path(runs[0]), Path(out[0]) if out else None)
    print(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")
