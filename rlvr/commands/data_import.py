"""`rlvr data import`: rows from files of any known format."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from rewards import Behavior
from rlvr.commands.arguments import read_words
from rlvr.commands.data_tools import left_out
from rlvr.data.formats import AUTO, FORMATS, ReadOptions
from rlvr.data.formats.importing import Reason, Summary, files_below, import_files, read_file
from rlvr.data.formats.redaction import KINDS, check_kinds
from rlvr.data.toolsets import load_tools
from rlvr.errors import UserError
from rlvr.progress import standard_console
from rlvr.records.row import Row
from rlvr.tables import FittedTable

HELP = """\
usage: rlvr data import FILE... [format=NAME] [out=FILE] [option=value]

Read files of any of these formats and write their rows as JSONL, with a table of what was kept and why not the rest.
FILE may be JSON lines, a JSON array, YAML, CSV or parquet; JSON may be gzipped; a folder is all files in it;
bfcl:CATEGORY is a file of bfcl-eval.
"""

MOST_TOOLS = 1_000
"""Tools that are offered where records name none; no prompt holds more."""

_REASON_WIDTH = 200


@dataclass(frozen=True)
class ImportOptions:
    """The options of `rlvr data import`."""

    format: str = AUTO
    """One of the formats below, or auto, which goes by the first records."""
    out: str = "rows.jsonl"
    """The rows."""
    preferences: str | None = None
    """Write the preference pairs that a format gives here."""
    tools: str | None = None
    """Offered where a record names no tools: a file, or what `rlvr data tools` takes."""
    min_score: float = ReadOptions.min_score
    """Logs: outcome from which a conversation was successful."""
    error: str | None = None
    """Logs: a regular expression; a tool result that it finds is a failure too."""
    redact: list[str] = field(default_factory=list)
    """Logs: kinds of personal data to replace, as [email,phone], all, or re:PATTERN."""
    limit: int | None = None
    """Read at most this many records."""
    strict: bool = False
    """End at the first record that gives no row."""


def help_lists() -> list[str]:
    """Return the formats, and the kinds of personal data."""
    width = max(map(len, FORMATS))
    formats = [f"  {name:<{width}}  {each.summary}" for name, each in FORMATS.items()]
    return ["Formats:", *formats, "", f"Kinds of personal data: {', '.join(KINDS)}"]


OPTIONS = ImportOptions


def run(arguments: list[str]) -> None:
    """Write the rows where `out` says and print the summary."""
    words, options = read_words(ImportOptions, arguments, many=True)
    if not words:
        raise UserError("expected FILE, then option=value; got nothing; --help shows the options")
    _check(options)
    tools = _tools(options.tools)
    reading = ReadOptions(tools, options.min_score, check_kinds(options.redact), options.error)
    paths = [file for word in words for file in files_below(word)]
    summary = import_files(
        paths,
        options.out,
        name=options.format,
        options=reading,
        preferences=options.preferences,
        limit=options.limit,
        is_strict=options.strict,
    )
    _show(summary, words, options, standard_console())


def counted_rows(path: str, name: str) -> tuple[Summary, Iterator[Row]]:
    """Return the rows of a file, and the summary that is complete when all have been taken."""
    summary, outcomes = read_file(path, name)
    return summary, (outcome for outcome in outcomes if isinstance(outcome, Row))


def say_left_out(summary: Summary) -> None:
    """Print how many parts of a file gave no row, and the first of them."""
    if summary.rejected:
        first = next(iter(summary.rejected.values()))
        line = " ".join(first.lines[:1])
        print(f"left out {summary.n_rejected:,} that give no row, such as line {line}: {first.example:.200}")


def _tools(source: str | None) -> list[dict[str, Any]]:
    if source is None:
        return []
    loaded = load_tools(source)
    for line in left_out(loaded):
        print(line)
    tools = loaded.tools
    if len(tools) > MOST_TOOLS:
        raise UserError(
            f"tools: {source} has {len(tools):,} tools, and every row would offer them all; write at most "
            f"{MOST_TOOLS:,} with rlvr data tools {source} include=[...] out=tools.json"
        )
    return tools


def _check(options: ImportOptions) -> None:
    if options.preferences is not None and os.path.abspath(options.preferences) == os.path.abspath(options.out):
        raise UserError(f"preferences: {options.preferences} is where the rows go; name another file")
    if options.limit is not None and options.limit < 1:
        raise UserError(f"limit: {options.limit} is less than 1; leave it out for all records")
    try:
        re.compile(options.error or "")
    except re.error as error:
        raise UserError(f"error: {options.error!r} is not a regular expression: {error}") from None


def _show(summary: Summary, words: Sequence[str], options: ImportOptions, console: Console) -> None:
    """Print what was kept, by behavior, and what was not, by reason."""
    n_rows = summary.kept.total()
    title = f"{' '.join(words)}: {summary.records:,} records of format {summary.format}, {n_rows:,} rows"
    console.print(title, style="bold", highlight=False, markup=False, soft_wrap=True)
    kept = FittedTable(["kept", "rows"])
    for behavior in Behavior:
        if summary.kept[behavior.value]:
            kept.add_row(behavior.value, f"{summary.kept[behavior.value]:,}")
    for kind, count in summary.kinds.items():
        kept.add_row(f"  of these {kind}", f"{count:,}")
    console.print(kept)
    if summary.rejected:
        titles = ["rejected, an example of each reason", f"{summary.n_rejected:,} times", "first lines"]
        console.print(_reasons(titles, summary.rejected))
    if summary.unreachable:
        console.print(_reasons(["kept, but no completion earns 1.0", "rows", "first lines"], summary.unreachable))
    if not summary.offering:
        print("no row offers a tool; where these conversations had tools, give them with tools=FILE")
    for reason in summary.unread:
        print(f"not read: {reason}")
    if summary.repeated:
        print(f"passed over {summary.repeated:,} turns that an earlier record holds already")
    _show_preferences(summary, console)
    print(f"wrote {options.out}")
    if options.preferences:
        print(f"wrote {options.preferences}" if summary.preferences else "the file gives no preferences; none written")
    elif summary.preferences:
        print("preferences=FILE writes the preference pairs too")


def _show_preferences(summary: Summary, console: Console) -> None:
    if not summary.preferences:
        return
    pairs = FittedTable(["preferences", "pairs"])
    for kind, count in summary.preferences.most_common():
        if count:
            pairs.add_row(kind, f"{count:,}")
    console.print(pairs)


def _reasons(titles: list[str], reasons: Mapping[str, Reason]) -> FittedTable:
    """Return a table of reasons, the most frequent first."""
    shown = FittedTable(titles, sentences=titles[0])
    for reason in sorted(reasons.values(), key=lambda reason: -reason.count):
        lines = ", ".join(reason.lines) + (", …" if reason.count > len(reason.lines) else "")
        shown.add_row(reason.example[:_REASON_WIDTH], f"{reason.count:,}", lines)
    return shown
