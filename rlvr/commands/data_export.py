"""`rlvr data export`: rows in the form that another trainer reads."""

from __future__ import annotations

from dataclasses import dataclass

from rlvr import config
from rlvr.commands.positional import positional
from rlvr.data.formats import AUTO
from rlvr.data.formats.importing import read_file
from rlvr.data.formats.writing import WRITERS, WriteOptions, write_file
from rlvr.errors import UserError, unknown
from rlvr.wrapping import fitted

HELP = """\
usage: rlvr data export FILE format=NAME [out=FILE] [option=value]

Write rows in the form that another trainer reads. FILE holds rows, or anything that `rlvr data import` reads.

{forms}

  format   one of these
  out      where to write                                    (default: the form's usual name, such as verl.parquet)
  wire     trl, trl_preference: how completions write calls  (default: {options.wire})
  extras   openai: also write reward_model and extra_info, which OpenAI does not read, so that nothing of a row is
           lost                                              (default: {extras})
  input    the format of FILE                                (default: {options.input})
"""


@dataclass(frozen=True)
class ExportOptions:
    """What `rlvr data export` takes."""

    format: str = ""
    out: str | None = None
    wire: str = "hermes"
    extras: bool = False
    input: str = AUTO


def run(arguments: list[str]) -> None:
    """Write the rows where `out` says, and say how many there are."""
    if {"-h", "--help"} & set(arguments):
        width = max(map(len, WRITERS))
        forms = "\n".join(f"  {name:<{width}}  {writer.summary}" for name, writer in WRITERS.items())
        options = ExportOptions()
        print(fitted(HELP.format(options=options, forms=forms, extras=str(options.extras).lower())), end="")
        return
    (path,), rest = positional(arguments, "FILE")
    options = config.from_arguments(ExportOptions, rest)
    if options.format not in WRITERS:
        raise UserError(unknown("format", options.format, WRITERS))
    writer = WRITERS[options.format]
    out = options.out or writer.file
    summary, outcomes = read_file(path, options.input)
    written = write_file(outcomes, out, options.format, WriteOptions(options.wire, options.extras, path))
    for reason, count in written.left_out.most_common():
        print(f"left out {count:,}: {reason}")
    if summary.rejected:
        print(f"left out {summary.n_rejected:,} that give no row; `rlvr data import` says why")
    print(f"wrote {out}: {written.rows:,} records")
