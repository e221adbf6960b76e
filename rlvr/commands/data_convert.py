"""`rlvr data convert`: asking and declining as text, or as calls of two tools."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlvr.commands.arguments import free_out, read_words
from rlvr.commands.data_import import counted_rows, say_left_out
from rlvr.data.behavior_form import CALLS, converted
from rlvr.data.formats import AUTO
from rlvr.files import writing_lines

HELP = """\
usage: rlvr data convert FILE [behavior=calls|text] [out=FILE] [format=NAME]

Turn rows from one form of asking and declining into the other.

  behavior=calls  each row also offers ask_user(parameters, question) and decline(reason); asking and declining are
                  calls of these, and the reward compares the parameters asked for with the missing ones
  behavior=text   the two tools are taken away, and asking and declining are text that the reward reads
"""


@dataclass(frozen=True)
class ConvertOptions:
    """The options of `rlvr data convert`."""

    behavior: str = CALLS
    """The form to turn rows into: calls or text."""
    out: str | None = None
    """The JSONL file of the converted rows; null is FILE's name with .calls.jsonl or .text.jsonl."""
    format: str = AUTO
    """The format of FILE, as `rlvr data import` has it."""


OPTIONS = ConvertOptions


def run(arguments: list[str]) -> None:
    """Write the converted rows and print how many there are."""
    (path,), options = read_words(ConvertOptions, arguments, "FILE")
    out = free_out(options.out, str(Path(path).with_suffix(f".{options.behavior}.jsonl")))
    count = 0
    summary, rows = counted_rows(path, options.format)
    rows = converted(rows, options.behavior)
    with writing_lines(out, path) as write:
        for row in rows:
            write(row.to_json())
            count += 1
    say_left_out(summary)
    print(f"wrote {out}: {count:,} rows, behavior as {options.behavior}")
