"""A lint report for a terminal, for programs, and as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from rewards import Behavior
from rlvr.data.lint.findings import KINDS
from rlvr.data.lint.run import LintReport
from rlvr.files import JsonObject
from rlvr.tables import FittedTable

MOST_TOOLS_SHOWN = 30  # tools in the table of a terminal; JSON and HTML have them all
_STYLE = Path(__file__).with_name("show.css").read_text("utf-8")


def summary(report: LintReport) -> str:
    """Return the report in one line."""
    errors, advice = report.findings.n_errors(), report.findings.n_advice()
    verdict = "no findings" if not errors else f"{errors:,} finding{'s' * (errors != 1)}"
    return f"{report.path}: {report.n_lines:,} rows, {verdict}, {advice:,} advice"


def to_json(report: LintReport) -> JsonObject:
    """Plain data: counts, the first offenders of each kind with their lines, behaviors and tools."""
    return {
        "file": str(report.path),
        "rows": report.n_lines,
        "usable_rows": report.statistics.n_rows,
        "is_clean": report.is_clean,
        "rows_without_error": report.n_without_error,
        "rows_with_error": dict(report.findings.lines_with_error().most_common()),
        "findings": [
            {
                "kind": kind,
                "title": KINDS[kind].title,
                "is_advice": KINDS[kind].is_advice,
                "count": report.findings.counts[kind],
                "first": [
                    {"line": line, "message": finding.message, "tool": finding.tool}
                    for line, finding in report.findings.offenders[kind]
                ],
            }
            for kind in _kinds(report)
        ],
        "behaviors": {behavior.value: report.statistics.behaviors[behavior] for behavior in Behavior},
        "tools": {
            name: {
                "offered": counts.offered,
                "called": counts.called,
                "no_call": counts.negative,
                "findings": dict(report.findings.by_tool.get(name, {})),
            }
            for name, counts in report.statistics.tools.items()
        },
    }


def renderable(report: LintReport) -> Group:
    """Return the report for a terminal."""
    parts: list[RenderableType] = []
    if report.findings.counts:
        parts += [_findings_table(report), Text("")]
        parts += [*_offender_lines(report), Text("")]
    if report.statistics.n_rows:
        parts += [_behavior_line(report), _tools_table(report), Text("")]
    parts.append(Text(summary(report), style="bold" if report.is_clean else "bold red"))
    return Group(*parts)


def to_html(report: LintReport) -> str:
    """Return the report as one page that needs nothing else."""
    errors = report.findings.n_errors()
    body = [
        f"<h1>Lint of <code>{escape(str(report.path))}</code></h1>",
        f'<p class="{"error" if errors else "ok"}">{escape(summary(report))}</p>',
    ]
    if report.findings.counts:
        body += ["<h2>Findings</h2>", _html_table(["kind", "count", "what it is"], _finding_cells(report))]
        body += ["<h2>First offenders</h2>", _html_table(["kind", "line", "what was found"], _offender_cells(report))]
    if report.statistics.n_rows:
        rows = ([_breakable(name), *map(escape, counts)] for name, *counts in _tool_cells(report))
        body += ["<h2>Behaviors</h2><p>", escape(_behavior_line(report).plain), "</p>"]
        body += ["<h2>Tools</h2>", _html_table(["tool", "offered", "called", "no call", "findings"], rows)]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>Lint of {escape(report.path.name)}</title><style>\n{_STYLE}</style>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _kinds(report: LintReport) -> list[str]:
    """Findings before advice, the most frequent first."""
    counts = report.findings.counts
    return sorted(counts, key=lambda kind: (KINDS[kind].is_advice, -counts[kind], kind))


def _title(kind: str) -> str:
    return KINDS[kind].title + (" (advice)" if KINDS[kind].is_advice else "")


def _findings_table(report: LintReport) -> FittedTable:
    table = FittedTable(["kind", "count", "what it is"], sentences="what it is")
    for kind in _kinds(report):
        style = "yellow" if KINDS[kind].is_advice else "red"
        table.add_row(Text(kind, style=style), f"{report.findings.counts[kind]:,}", Text(_title(kind)))
    return table


def _offender_lines(report: LintReport) -> Iterator[Text]:
    for kind in _kinds(report):
        for line, finding in report.findings.offenders[kind]:
            place = "file" if line is None else f"line {line}"
            yield Text(f"{place}: {kind}: {finding.message}")


def _behavior_line(report: LintReport) -> Text:
    counts, n = report.statistics.behaviors, report.statistics.n_rows
    parts = [f"{behavior.value} {counts[behavior]:,} ({counts[behavior] / n:.0%})" for behavior in Behavior]
    return Text("behaviors: " + ", ".join(parts))


def _tools_table(report: LintReport) -> FittedTable:
    table = FittedTable(["tool", "offered", "called", "no call", "findings"], sentences="findings")
    rows = list(_tool_cells(report))
    for cells in rows[:MOST_TOOLS_SHOWN]:
        table.add_row(*cells)
    if len(rows) > MOST_TOOLS_SHOWN:
        table.add_row(f"and {len(rows) - MOST_TOOLS_SHOWN:,} more")
    return table


def _tool_cells(report: LintReport) -> Iterator[list[str]]:
    by_tool = report.findings.by_tool
    ranked = sorted(report.statistics.tools.items(), key=lambda item: (-item[1].offered, item[0]))
    for name, counts in ranked:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in by_tool.get(name, {}).items())
        yield [name, f"{counts.offered:,}", f"{counts.called:,}", f"{counts.negative:,}", kinds]


def _finding_cells(report: LintReport) -> Iterator[list[str]]:
    for kind in _kinds(report):
        level = "advice" if KINDS[kind].is_advice else "error"
        name = f'<span class="{level}">{_breakable(kind)}</span>'
        yield [name, f"{report.findings.counts[kind]:,}", escape(_title(kind))]


def _offender_cells(report: LintReport) -> Iterator[list[str]]:
    for kind in _kinds(report):
        for line, finding in report.findings.offenders[kind]:
            yield [_breakable(kind), "" if line is None else str(line), escape(finding.message)]


def _breakable(name: str) -> str:
    """Return a name as HTML that may break behind its underscores."""
    return escape(name).replace("_", "_<wbr>")


def _html_table(columns: list[str], rows: Iterable[list[str]]) -> str:
    """Return a table of cells that are HTML already."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    numeric = {"count", "line", "offered", "called", "no call"}
    lines = []
    for cells in rows:
        marks = [' class="n"' if column in numeric else "" for column in columns]
        lines.append("".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, cells, strict=True)))
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
