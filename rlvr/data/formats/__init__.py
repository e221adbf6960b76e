"""Rows from what teams and data sets already have: one module for each format, `FORMATS` lists them."""

from __future__ import annotations

from collections.abc import Mapping

from rlvr.data.formats import (
    assistants,
    bfcl,
    chatgpt,
    dialogues,
    documents,
    evaluations,
    exchanges,
    logs,
    openai,
    realtime,
    recordings,
    rendered,
    rows,
    saved,
    sgd,
    toolrl,
    traces,
    trl,
    vscode,
    when2call,
    xlam,
)
from rlvr.data.formats.outcome import Format, ReadOptions
from rlvr.errors import UserError, unknown
from rlvr.files import Json

__all__ = ["AUTO", "FORMATS", "Format", "ReadOptions", "find_format", "recognised"]

AUTO = "auto"
_ALL = (
    toolrl.FORMAT,
    trl.FORMAT,
    rendered.FORMAT,
    rows.FORMAT,
    when2call.FORMAT,
    xlam.FORMAT,
    bfcl.FORMAT,
    sgd.FORMAT,
    *dialogues.FORMATS,
    logs.FORMAT,
    chatgpt.FORMAT,
    vscode.FORMAT,
    *saved.FORMATS,
    *evaluations.FORMATS,
    realtime.FORMAT,
    recordings.FORMAT,
    assistants.FORMAT,
    traces.FORMAT,
    exchanges.FORMAT,
    openai.FORMAT,
    documents.FORMAT,
)
FORMATS: Mapping[str, Format] = {each.name: each for each in _ALL}
"""Every format. `auto` takes the first that recognises a file's first record."""


def find_format(name: str) -> Format:
    """Return the format of this name.

    Raises:
        UserError: there is none.
    """
    if name not in FORMATS:
        raise UserError(unknown("format", name, [AUTO, *FORMATS]))
    return FORMATS[name]


def recognised(record: Json) -> Format | None:
    """Return the first format that a record looks like; None where it looks like none."""
    if not isinstance(record, Mapping):
        return None
    return next((candidate for candidate in FORMATS.values() if candidate.recognises(record)), None)
