"""A configured source as rows: a file's, or a generator's."""

import logging

from rlvr.config import Source
from rlvr.data.formats.importing import read_any, read_file
from rlvr.data.synth import DEFAULT_ROWS, synthesize
from rlvr.errors import RowError, UserError
from rlvr.records.row import Row, read_rows

logger = logging.getLogger(__name__)


def load(source: Source) -> list[Row]:
    """Return the rows that a source names.

    Raises:
        UserError: not exactly one of `path` and `synth` is set, or the file or the generator cannot give the rows.
    """
    if source.path is not None and source.synth is None:
        if source.format == "rows":
            return _rows_of(source.path)[: source.rows]
        rows, summary = read_any(source.path, source.format, source.rows)
        if summary.rejected:
            logger.warning("%s: %d parts give no row; rlvr data import says why", source.path, summary.n_rejected)
        return rows
    if source.synth is not None and source.path is None:
        n = DEFAULT_ROWS.get(source.split, DEFAULT_ROWS["train"]) if source.rows is None else source.rows
        return synthesize(
            source.synth, rows=n, seed=source.seed, split=source.split, rows_per_toolset=source.rows_per_toolset
        )
    problem = "neither is set" if source.path is None else f"both are: {source.path!r} and {source.synth!r}"
    raise UserError(f"a data source sets one of path and synth; {problem}")


def _rows_of(path: str) -> list[Row]:
    """Return a file's rows; the error at one of another format names that format."""
    try:
        return read_rows(path)
    except RowError as error:
        if error.line == 1 and (name := _format_of(path)) not in ("", "rows"):
            message = f"{error.message}; the file is of the format {name}: set format={name} beside path"
            raise RowError(path, error.line, error.field, message) from error
        raise


def _format_of(path: str) -> str:
    """Return the format of a file; empty where none is recognised."""
    try:
        return read_file(path)[0].format
    except UserError:
        return ""
