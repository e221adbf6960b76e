"""`rlvr data export`: rows in the form that another trainer reads."""

from __future__ import annotations

from dataclasses import dataclass

from rlvr.commands.arguments import free_out, read_words
from rlvr.commands.data_import import say_left_out
from rlvr.data.formats import AUTO
from rlvr.data.formats.importing import read_file
from rlvr.data.formats.writing import WRITERS, WriteOptions, write_file
from rlvr.errors import UserError, unknown

HELP = """\
usage: rlvr data export FILE format=NAME [out=FILE] [option=value]

Write rows in the form that another trainer reads. FILE holds rows, or anything that `rlvr data import` reads.
"""


@dataclass(frozen=True)
class ExportOptions:
    """The options of `rlvr data export`."""

    format: str = ""
    """One of the forms below."""
    out: str | None = None
    """Where to write; null is the form's usual name, such as verl.parquet."""
    wire: str = WriteOptions.wire
    """trl, trl_preference: how completions write calls."""
    extras: bool = WriteOptions.extras
    """openai: also write reward_model and extra_info, which OpenAI does not read, so that nothing of a row is lost."""
    input: str = AUTO
    """The format of FILE."""


def help_lists() -> list[str]:
    """Return the forms that rows are written in."""
    width = max(map(len, WRITERS))
    return ["Forms:", *(f"  {name:<{width}}  {writer.summary}" for name, writer in WRITERS.items())]


OPTIONS = ExportOptions


def run(arguments: list[str]) -> None:
    """Write the rows where `out` says, and say how many there are."""
    (path,), options = read_words(ExportOptions, arguments, "FILE")
    if options.format not in WRITERS:
        raise UserError(unknown("format", options.format, WRITERS))
    out = free_out(options.out, WRITERS[options.format].file)
    summary, outcomes = read_file(path, options.input)
    written = write_file(outcomes, out, options.format, WriteOptions(options.wire, options.extras, path))
    for reason, count in written.left_out.most_common():
        print(f"left out {count:,}: {reason}")
    say_left_out(summary)
    print(f"wrote {out}: {written.rows:,} records")
