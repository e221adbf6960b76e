"""Data in a format of your own: one function from a record to a row, then the checks that every file gets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.data.lint import lint
from rlvr.errors import RowError
from rlvr.files import Where, read_objects
from rlvr.records.row import Row, write_rows

TOOL = {
    "type": "function",
    "function": {
        "name": "route_ticket",
        "description": "Send a ticket to a team.",
        "parameters": {
            "type": "object",
            "properties": {"team": {"type": "string", "enum": ["billing", "network"]}, "urgent": {"type": "boolean"}},
            "required": ["team"],
        },
    },
}
TICKETS = [
    {"text": "My invoice of May is wrong, please have billing look at it.", "team": "billing"},
    {"text": "The network in building 3 is down, this is urgent!", "team": "network", "urgent": True},
    {"text": "It does not work.", "question": "Which team should look at it?", "missing": ["team"]},
]


def row_of(ticket: Mapping[str, Any], where: Where) -> Row:
    """Return a ticket as a row, or raise the RowError that names the file, the line and the field."""
    if "question" in ticket:
        truth = GroundTruth(Behavior.CLARIFY, text=ticket["question"], missing=tuple(ticket["missing"]))
    else:
        arguments = {name: ticket[name] for name in ("team", "urgent") if name in ticket}
        truth = GroundTruth(Behavior.EXECUTE, calls=(ToolCall("route_ticket", arguments),))
    return Row.checked([{"role": "user", "content": ticket["text"]}], [TOOL], truth, {"source": "tickets"}, where)


def rows_of(path: Path) -> Iterator[Row]:
    for where, ticket in read_objects(path):
        try:
            yield row_of(ticket, where)
        except RowError as error:
            print(error)


if __name__ == "__main__":
    source, out = Path("tickets.jsonl"), Path(sys.argv[1] if len(sys.argv) > 1 else "rows.jsonl")
    source.write_text("".join(json.dumps(ticket) + "\n" for ticket in TICKETS), encoding="utf-8")
    write_rows(out, rows_of(source))
    report = lint(out)
    print(f"{out}: {report.n_lines} rows, {report.findings.n_errors()} defects")
