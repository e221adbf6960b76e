"""`rlvr data split`: rows into train, validation and test."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards import Behavior
from rlvr.commands.arguments import read_words
from rlvr.commands.data_import import counted_rows, say_left_out
from rlvr.data.formats import AUTO
from rlvr.data.formats.importing import rows_in
from rlvr.data.split import TEST, TRAIN, VALIDATION, Plan, check, leaks, plan
from rlvr.files import writing_lines
from rlvr.progress import standard_console
from rlvr.records.row import Row
from rlvr.tables import FittedTable
from rlvr.wrapping import first_names

HELP = """\
usage: rlvr data split FILE [by=random|phrasing|tool] [out=FOLDER] [test=SHARE] [option=value]

Divide rows into train.jsonl, test.jsonl and, on request, validation.jsonl, with each behavior in the same share, and
look for leaks in what was written.

  by=random    conversations and equal requests stay together
  by=phrasing  so do requests that are worded nearly alike, values aside
  by=tool      what is tested calls tools that training never sees; rows for training lose them from their lists
"""


@dataclass(frozen=True)
class SplitOptions:
    """The options of `rlvr data split`."""

    by: str = "random"
    """What stays together: random, phrasing or tool."""
    out: str = "split"
    """The folder."""
    test: float = 0.2
    """Share of the rows to test on."""
    validation: float = 0.0
    """Share of the rows to validate on."""
    seed: int = 0
    """Which rows go where."""
    format: str = AUTO
    """The format of FILE, as `rlvr data import` has it."""


OPTIONS = SplitOptions


def run(arguments: list[str]) -> None:
    """Write the splits into the folder and print what is in each."""
    (path,), options = read_words(SplitOptions, arguments, "FILE")
    shares = {TRAIN: 1 - options.test - options.validation, VALIDATION: options.validation, TEST: options.test}
    check(options.by, shares)
    division = plan(rows_in(path, options.format), options.by, shares, options.seed)
    files = {name: Path(options.out) / f"{name}.jsonl" for name, share in shares.items() if share > 0}
    counts = {name: Counter[str]() for name in files}
    with contextlib.ExitStack() as stack:
        write = {name: stack.enter_context(writing_lines(file, path)) for name, file in files.items()}
        summary, rows = counted_rows(path, options.format)
        _write(rows, division, write, counts)
    _show(counts, division)
    say_left_out(summary)
    shared = leaks({name: rows_in(file, "rows") for name, file in files.items()})
    print(
        f"shared with training: {shared['requests']:,} rows by their request, {shared['wordings']:,} by their wording, "
        f"{shared['tools_called']:,} tools by their name"
    )
    for file in files.values():
        print(f"wrote {file}")


def _write(
    rows: Iterator[Row], division: Plan, write: dict[str, Callable[[Any], None]], counts: dict[str, Counter[str]]
) -> None:
    for index, row in enumerate(rows):
        placed = division.placed(index, row)
        if placed is not None:
            name, kept = placed
            write[name](kept.to_json())
            counts[name][kept.ground_truth.behavior.value] += 1


def _show(counts: dict[str, Counter[str]], division: Plan) -> None:
    behaviors = [each.value for each in Behavior if any(count[each.value] for count in counts.values())]
    shown = FittedTable(["split", "rows", "groups", *behaviors])
    for name, kept in counts.items():
        numbers = (kept.total(), division.groups[name], *(kept[behavior] for behavior in behaviors))
        shown.add_row(name, *(f"{number:,}" for number in numbers))
    standard_console().print(shown)
    if division.held_out_tools:
        print(f"held-out tools: {first_names(sorted(division.held_out_tools), most=10)}")
    for reason, count in division.left_out.items():
        print(f"left out {count:,}: {reason}")
