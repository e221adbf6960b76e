"""The records of a file, one at a time: JSON lines, a JSON array, YAML, CSV, parquet; the first two also gzipped.

Memory stays flat in the number of records. A record that cannot be read comes as the error that says why, and reading
goes on with the next; a file that cannot be read further raises.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from rewards.strict_json import finite_float, is_unencodable, strings
from rlvr.data.document import is_yaml, read_document
from rlvr.data.json_values import items_of, json_in
from rlvr.errors import RowError
from rlvr.files import (
    EMPTY,
    GZIP,
    MAX_LINE_BYTES,
    Json,
    JsonObject,
    Where,
    lines_of,
    named_read_errors,
    other_kind,
    too_long,
)

_BUFFER = 2**20
_CHUNK = 2**20  # what is decoded at once
_MOST_CHUNKS = 64  # that are looked at for the end of a first line
_PARQUET_BATCH = 256
_TABLES = (".csv", ".tsv")
_SPACE = " \t\r\n"
_BOM = b"\xef\xbb\xbf"

Record = tuple[Where, Json]  # where a record stands, and its JSON value, or the RowError that says why it has none


def read_records(path: str | Path) -> Iterator[Record]:
    """Yield every record of a file with its place: the line it begins at, or its number in a parquet file.

    Raises:
        RowError: the file is absent, empty, of a kind that is not read, cut off, or shrinks while it is read.
    """
    path = Path(path)
    with named_read_errors(path), io.BufferedReader(io.FileIO(path), _BUFFER) as raw:
        head = raw.peek(8)[:8]
        if not head:
            raise RowError(path, None, None, EMPTY)
        if (complaint := other_kind(head)) is not None:
            raise RowError(path, None, None, complaint)
        is_empty = True
        for record in _records_of(raw, path, head):
            is_empty = False
            yield record
        if is_empty:
            raise RowError(path, None, None, "the file holds no records; a data file has one JSON object per line")


def _records_of(raw: io.BufferedReader[Any], path: Path, head: bytes) -> Iterator[Record]:
    """Return the records of a file by its name, without `.gz`, and the bytes that it begins with."""
    name = path.with_suffix("") if head.startswith(GZIP) and path.suffix.lower() == ".gz" else path
    if is_yaml(name):
        return ((Where(path), record) for record in items_of(read_document(path)))
    if head.startswith(b"PAR1"):
        return _parquet(path)
    return _unpacked_records(raw, path, head, _csv if name.suffix.lower() in _TABLES else _json_records)


def _unpacked_records(
    raw: io.BufferedReader[Any],
    path: Path,
    head: bytes,
    read: Callable[[io.BufferedReader[Any], Path], Iterator[Record]],
) -> Iterator[Record]:
    """Yield the records of a file that may be gzipped, and see that it was read to its end."""
    size = os.fstat(raw.fileno()).st_size
    if head.startswith(GZIP):
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield from read(io.BufferedReader(unpacked, _BUFFER), path)
    else:
        yield from read(raw, path)
    if raw.seekable() and (left := min(os.fstat(raw.fileno()).st_size, raw.tell())) < size:
        raise RowError(path, None, None, f"shrank from {size:,} to {left:,} bytes while it was read; try again")


def decoded(text: str, field: str | None, where: Where) -> Json:
    """Return the JSON value of a text, no key twice in an object.

    Raises:
        RowError: the text is not JSON, or holds what JSON does not have: NaN, a lone surrogate.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise where.error(field, f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise where.error(field, "not JSON: nested too deep") from None
    except ValueError as error:
        raise where.error(field, f"not JSON: {error}") from None
    if "\\u" in text and any(map(is_unencodable, strings(value))):
        raise where.error(field, "not JSON: a lone surrogate in a string")
    return value


def opened(value: Json, field: str | None, where: Where) -> Json:
    """Return a value, and of a text the JSON value that it holds.

    Raises:
        RowError: as `decoded` does.
    """
    return decoded(value, field, where) if isinstance(value, str) else value


def _json_records(stream: io.BufferedReader[Any], path: Path) -> Iterator[Record]:
    head = stream.peek(_BUFFER)
    if head.startswith(_BOM):
        stream.read(len(_BOM))
    head = head.removeprefix(_BOM).lstrip()
    is_spread_out = head.startswith(b"{") and head[1:].lstrip(b" \t\r").startswith(b"\n")
    is_document = is_spread_out or head.startswith(b"[") or _follow_directly(head) or _is_one_line(stream, head)
    return _values(stream, path) if is_document else _lines(stream, path)


def _follow_directly(head: bytes) -> bool:
    """Tell whether values stand on one line without a break between them, as Amazon's Firehose delivers records."""
    line = head.partition(b"\n")[0].decode(errors="ignore")
    try:
        _, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        return False
    return line[end:].lstrip().startswith("{")


def _is_one_line(stream: io.BufferedReader[Any], head: bytes) -> bool:
    """Tell whether a long line is all that a file holds, as a document that was written without breaks."""
    if b"\n" in head or not stream.seekable():
        return False
    begin = stream.tell()
    for _ in range(_MOST_CHUNKS):
        if stream.readline(_CHUNK)[-1:] in (b"\n", b""):
            break
    is_last = not stream.read(1)
    stream.seek(begin)
    return is_last


def _lines(stream: IO[bytes], path: Path) -> Iterator[Record]:
    for line in lines_of(stream):
        where = Where(path, line.number)
        if line.content is None:
            yield where, where.error(None, too_long(line.n_bytes))
            continue
        try:
            value = decoded(line.content.decode(), None, where)
            yield where, json_in(value) if isinstance(value, str) else value  # a logger that writes texts alone
        except UnicodeDecodeError as error:
            yield where, where.error(None, f"not UTF-8 at byte {error.start + 1} of the line")
        except RowError as error:
            is_cut_off = not line.content.endswith(b"\n")
            yield where, where.error(None, f"{error.message} (the last line is cut off)") if is_cut_off else error


def _values(stream: IO[bytes], path: Path) -> Iterator[Record]:
    """Yield the items of one JSON array, or JSON values that follow each other, however they are laid out."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    buffer, position, line, size = "", 0, 1, _CHUNK
    is_open = is_array = False
    while True:
        try:
            more = stream.read(size)
            text = decoder.decode(more, final=not more)
        except UnicodeDecodeError as error:
            raise RowError(path, line, None, f"not UTF-8: {error.reason}") from None
        buffer, position = buffer[position:] + text, 0
        while True:
            begin = _next_value(buffer, position)
            line += buffer.count("\n", position, begin)
            position = begin
            if not is_open and buffer.startswith("[", position):
                is_open = is_array = True
                position += 1
                continue
            is_open = True
            if position >= len(buffer):
                break
            if is_array and buffer[position] == "]":
                return
            where = Where(path, line)
            try:
                value, end = _value_at(buffer, position, where)
            except json.JSONDecodeError as error:
                left = len(buffer) - position
                if left > MAX_LINE_BYTES:
                    size_limit = f"{MAX_LINE_BYTES / 1e6:.0f} MB"
                    advice = f"an item of more than {size_limit}; jq -c '.[]' FILE makes lines of a list"
                    raise where.error(None, f"{advice}, or no JSON: {error.msg}") from None
                if not more:
                    raise where.error(None, f"not JSON, or cut off: {error.msg}") from None
                size = max(_CHUNK, left)
                break
            yield where, value
            line += buffer.count("\n", position, end)
            position, size = end, _CHUNK
        if not more:
            if is_array:
                raise RowError(path, line, None, "the array is not closed; the file is cut off")
            return


def _next_value(buffer: str, position: int) -> int:
    while position < len(buffer) and (buffer[position] in _SPACE or buffer[position] == ","):
        position += 1
    return position


def _value_at(buffer: str, position: int, where: Where) -> tuple[Json, int]:
    """Return the value that begins at `position`, or the RowError that says what is wrong with it, and where it ends.

    Raises:
        json.JSONDecodeError: it is not JSON, or not all of it is in the buffer.
    """
    try:
        return _DECODER.raw_decode(buffer, position)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise where.error(None, "not JSON: nested too deep") from None
    except ValueError as error:
        _, end = json.JSONDecoder().raw_decode(buffer, position)
        return where.error(None, f"not JSON: {error}"), end


def _csv(raw: io.BufferedReader[Any], path: Path) -> Iterator[Record]:
    """Yield a record for each row of a table, empty cells left out; cells that hold JSON are texts to their readers."""
    csv.field_size_limit(MAX_LINE_BYTES)
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    rows = csv.DictReader(text, delimiter=delimiter)
    try:
        line = len(rows.fieldnames or ()) and rows.line_num + 1  # the names are read before the line is asked for
        for row in rows:
            yield Where(path, line), {name: cell for name, cell in row.items() if name and cell}
            line = rows.line_num + 1
    except (UnicodeDecodeError, csv.Error) as error:
        raise RowError(path, rows.line_num + 1, None, f"not CSV in UTF-8: {error}") from None
    finally:
        text.detach()


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow
    from pyarrow import parquet

    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_PARQUET_BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield Where(path, number), _without_nulls(record)
    except (pyarrow.ArrowException, OSError) as error:
        after = f" after row {number}" if number else ""
        raise RowError(path, None, None, f"the parquet is broken or cut off{after}: {str(error)[:160]}") from None


def _without_nulls(value: Json) -> Json:
    """Arrow gives every struct of a column the same keys: a null member is one that the record does not have."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _members(pairs: list[tuple[str, Json]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return members


def _constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_float=finite_float, parse_constant=_constant)
