"""The one place that reads and writes files of JSON and text: lines end at line feeds only, and writes are atomic."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import math
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from rlvr.errors import RowError, RunError, UserError

Json = Any
"""A JSON value as read: nothing of it is checked. The types of `rewards.strict_json`, without loading the rewards."""

JsonObject = dict[str, Any]
"""A JSON object, or the options of a YAML file, as read: nothing of it is checked but the type of its keys."""

JsonMapping = Mapping[str, Any]
"""The same, to be read only."""

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is not read as a record."""

MAX_SKIPPED_BYTES = 2**30
"""A line this much longer has no end that is worth looking for: a disk image, a device."""

MAX_BLANK_LINES = 1_000_000
"""Blank lines one after the other: no data file has more, and a gigabyte of them takes minutes."""

EMPTY = "the file is empty; a data file has one JSON object per line"

DISK_ERRORS = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
"""What the system says of a disk that is full, read-only, broken or not ours."""

_FULL_OR_BROKEN = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
_NOT_A_FOLDER = "a file stands where a folder of its path should be"
_NO_FOLDER: Mapping[int | None, str | None] = {errno.EEXIST: _NOT_A_FOLDER, errno.ENOTDIR: _NOT_A_FOLDER}
_BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
_CHUNK = 2**20
_OTHER_KINDS = {
    b"\xff\xfe": "is UTF-16; convert it: iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": "is UTF-16; convert it: iconv -f UTF-16 -t UTF-8",
    b"PK\x03\x04": "is a zip archive; unpack it first (a log of Inspect: inspect log dump FILE > FILE.json)",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; unpack it first: zstd -d",
    b"BZh": "is compressed with bzip2; unpack it first: bunzip2",
    b"\xfd7zXZ": "is compressed with xz; unpack it first: unxz",
    b"SQLite f": "is an SQLite database; export the table that holds the log as JSON lines",
    b"ARROW1": "is an Arrow file; write it as parquet",
    b"{\x00": "is UTF-16; convert it: iconv -f UTF-16LE -t UTF-8",
    b"version ": "is a pointer that Git LFS left; fetch the file: git lfs pull",
    b"data: {": "is a response as it was streamed; it gives rows with the request that it answers",
    b"httprr t": "is a recording of httprr; of recordings, cassettes of VCR and HAR files are read",
    b"#%RAML": "is a RAML document; convert it to OpenAPI",
    b"event: ": "is a response as it was streamed; it gives rows with the request that it answers",
}


@dataclass(frozen=True)
class Where:
    """A place in a file, for errors that name it."""

    path: Path
    line: int | None = None

    def error(self, field: str | None, message: str) -> RowError:
        """Return the error that names this place and a field."""
        return RowError(self.path, self.line, field, message)

    def expect(self, value: Json, kind: type, field: str | None, what: str) -> None:
        """Raise the error that names this place, a field and what it must be, unless its value is of a type."""
        if not isinstance(value, kind):
            raise self.error(field, f"must be {what}, not {kind_of(value)}")


def kind_of(value: Json) -> str:
    """Return what an error calls a JSON value."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    if isinstance(value, list) and not value:
        return "an empty list"
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


class Line(NamedTuple):
    """One line of a file.

    Args:
        number: from 1; blank lines count.
        content: its bytes with the line break; None where it is longer than allowed.
        n_bytes: its length.
    """

    number: int
    content: bytes | None
    n_bytes: int


def lines_of(stream: IO[bytes], most_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines of a stream that are not blank, one at a time, without a byte-order mark.

    Raises:
        OSError: more than `MAX_BLANK_LINES` follow each other, or a line does not end within `MAX_SKIPPED_BYTES`.
    """
    number = last = 0
    while content := stream.readline(most_bytes + 1):
        number += 1
        if number == 1:
            content = content.removeprefix(_BOM)
        if len(content) > most_bytes:
            last = number
            yield Line(number, None, len(content) + _skipped_rest(stream, content))
        elif content and not content.isspace():
            last = number
            yield Line(number, content, len(content))
        elif number - last > MAX_BLANK_LINES:
            raise OSError(f"more than {MAX_BLANK_LINES:,} blank lines after line {last:,}")


def _skipped_rest(stream: IO[bytes], content: bytes) -> int:
    """Read to the end of a line that has begun, and return how many bytes that took."""
    n_bytes = 0
    while content and not content.endswith(b"\n"):
        content = stream.readline(_CHUNK)
        n_bytes += len(content)
        if n_bytes > MAX_SKIPPED_BYTES:
            raise OSError(f"a line that does not end within {MAX_SKIPPED_BYTES / 1e6:,.0f} MB")
    return n_bytes


def read_lines(path: Path, most_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines of a file that are not blank; gzip is unpacked.

    Raises:
        RowError: the file cannot be read.
    """
    with named_read_errors(path), path.open("rb") as file, _unpacked(file) as unpacked:
        if (complaint := other_kind(file.peek(8))) is not None:
            raise RowError(path, None, None, complaint)
        yield from lines_of(unpacked, most_bytes)


def other_kind(head: bytes) -> str | None:
    """Return what to do with a file that begins so and is of a kind that nothing here reads; None for any other."""
    return next((complaint for magic, complaint in _OTHER_KINDS.items() if head.startswith(magic)), None)


def _unpacked(file: io.BufferedReader) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if file.peek(2).startswith(GZIP) else file


def read_objects(path: str | Path, *, may_be_empty: bool = False) -> Iterator[tuple[Where, Json]]:
    """Yield the JSON value of each line of a file with its place; blank lines are skipped.

    Raises:
        RowError: the file cannot be read or is empty, or names the first line that is not JSON or too long.
    """
    path = Path(path)
    is_empty = not may_be_empty
    for number, content, n_bytes in read_lines(path):
        is_empty = False
        where = Where(path, number)
        if content is None:
            raise where.error(None, too_long(n_bytes))
        yield where, decode(content, None, where)
    if is_empty:
        raise RowError(path, None, None, EMPTY)


def too_long(n_bytes: int) -> str:
    """Return what an error says of a line of this many bytes."""
    return f"a line of {n_bytes / 1e6:.0f} MB; at most {MAX_LINE_BYTES / 1e6:.0f} MB"


def decode(text: str | bytes, field: str | None, where: Where) -> Json:
    """Return the JSON value of a text.

    Raises:
        RowError: it is not UTF-8 or not JSON, at `where`.
    """
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        return json.loads(decoded, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise where.error(field, f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise where.error(field, f"not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise where.error(field, f"not JSON: {error}") from None


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def read_json(path: Path) -> Json:
    """Return the value of a JSON file.

    Raises:
        RowError: it cannot be read, or is not JSON.
    """
    with named_read_errors(path):
        content = path.read_bytes()
    return decode(content, None, Where(path))


def split_lines(text: str) -> list[str]:
    """Return the lines of a text that are not blank, split at line feeds only: JSON may hold every other line break."""
    return [line for line in text.split("\n") if line.strip()]


def read_log(path: Path) -> list[JsonObject]:
    """Return the records that `append_log` has added.

    There are none where there is no such file, and a crash may have cut off the last one, which is left out.

    Raises:
        RowError: the file cannot be read, or names the first line before the last that is not JSON.
    """
    if not path.exists():
        return []
    *whole, last = path.read_text(encoding="utf-8", errors="replace").split("\n")
    numbered = enumerate(whole, start=1)
    records = [decode(line, None, Where(path, number)) for number, line in numbered if line.strip()]
    return [*records, *_whole_records(last)]


def append_log(path: Path, records: Iterable[JsonObject]) -> None:
    """Add one line of JSON for each record. Numbers that JSON cannot write become null, half a surrogate an escape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(json.dumps(_finite(record), ensure_ascii=False, allow_nan=False) + "\n" for record in records)


def trim_log(path: Path, keep: Callable[[JsonObject], bool]) -> None:
    """Rewrite a log without the records that an interrupted run wrote past its last checkpoint."""
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    write_text(path, "".join(line + "\n" for line in lines if any(map(keep, _whole_records(line)))))


def _whole_records(line: str) -> list[JsonObject]:
    """Return the record in a line; none where it is empty, or was being written when the run was killed."""
    try:
        return [json.loads(line)]
    except json.JSONDecodeError:
        return []


def _finite(value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_finite, value))
    return value


def check_not_read(path: str | Path, source: str | Path) -> None:
    """Raise UserError where what is to be written is the file that is read."""
    if _is_same_file(Path(path), Path(source)):
        raise UserError(f"{path}: is the file that is read; write to another")


@contextlib.contextmanager
def replacing(path: str | Path, source: str | Path | None = None) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; it takes the place of `path` if the block ends without an error.

    The content is on the disk before the name changes, so a reader sees the old file or the new one, also after a
    crash. A device or a pipe is written to as it is. A link stays, and what it leads to is replaced.

    Args:
        path: where the file shall be.
        source: the file that is read meanwhile, which is never replaced.

    Raises:
        UserError: the folder cannot be written to, or `path` is a folder, or the file that is read.
        RunError: the disk is full or broken.
    """
    path = Path(path)
    if source is not None:
        check_not_read(path, source)
    if path.is_dir():
        raise UserError(f"cannot write {path}: it is a folder")
    if _is_special(path):
        with _named_write_errors(path):
            yield path
        return
    path = path.resolve() if path.is_symlink() else path
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with _named_write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            if temporary.exists():
                sync(temporary)
                temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_text(path: str | Path, text: str, source: str | Path | None = None) -> None:
    """Write a file whole or not at all; `source` and errors are as for `replacing`."""
    with replacing(path, source) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value: Json, indent: int | None = None) -> None:
    """Write a value as a JSON file, whole or not at all; errors are as for `replacing`."""
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def writing_lines(path: str | Path, source: str | Path | None = None) -> Iterator[Callable[[Json], None]]:
    """Give a function that writes one JSON value as one line; the file appears if the block ends without an error.

    Where nothing is written there is no file. `source` is as for `replacing`.
    """
    check_is_lines(path)
    with replacing(path, source) as temporary, contextlib.ExitStack() as stack:
        streams: list[IO[str]] = []

        def write(value: Json) -> None:
            if not streams:
                streams.append(stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n")))
            streams[0].write(json.dumps(value, ensure_ascii=False) + "\n")

        yield write


def write_lines(path: str | Path, values: Iterable[Json], source: str | Path | None = None) -> None:
    """Write each value as one line of JSON, the file whole or not at all; there is one also where there are none.

    `source` is as for `replacing`.
    """
    check_is_lines(path)
    with replacing(path, source) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def copy_lines(source: Path, path: str | Path, is_kept: Callable[[int], bool]) -> None:
    """Write those lines of a file whose number is kept, as they are but for gzip; the file whole or not at all."""
    check_is_lines(path)
    with replacing(path, source) as temporary, temporary.open("wb") as file:
        for number, content, _ in read_lines(source):
            if content is not None and is_kept(number):
                file.write(content.rstrip(b"\r\n") + b"\n")


_OTHER_FORMATS = frozenset(".arrow .csv .feather .gz .parquet .tsv .xlsx .xz .yaml .yml .zip .zst".split())


def check_is_lines(path: str | Path) -> None:
    """Raise UserError where a file's name promises another format than lines of JSON."""
    if Path(path).suffix.lower() in _OTHER_FORMATS:
        name = Path(path).stem.removesuffix(".jsonl")
        raise UserError(f"{path}: what is written are JSON lines; name it {Path(path).with_name(name)}.jsonl")


def check_writable(path: Path) -> None:
    """Raise UserError where nothing can be written to a folder, or where it cannot be made."""
    nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise UserError(f"run_dir: {path} cannot be a folder: {nearest} is a file")
    try:
        with tempfile.TemporaryDirectory(dir=nearest):
            pass
    except OSError as error:
        raise UserError(f"run_dir: {path} cannot be written: {error.strerror}") from None


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def named_read_errors(path: Path) -> Iterator[None]:
    """Turn what may go wrong with reading a file into a RowError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise RowError(path, None, None, "no such file") from None
    except IsADirectoryError:
        raise RowError(path, None, None, "is a folder; name a file in it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RowError(path, None, None, f"the gzip is broken or cut off: {error}") from None
    except OSError as error:
        raise RowError(path, None, None, f"cannot be read: {error.strerror or error}") from None


@contextlib.contextmanager
def _named_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = RunError if error.errno in _FULL_OR_BROKEN else UserError
        raise kind(f"cannot write {path}: {_NO_FOLDER.get(error.errno, error.strerror) or error}") from None


def _is_special(path: Path) -> bool:
    """Tell whether this is a device, a pipe or a socket; `/dev/stdout` is one, also where it leads to a file."""
    return path.absolute().parts[1:2] in (("dev",), ("proc",)) or (path.exists() and not path.is_file())


def _is_same_file(path: Path, source: Path) -> bool:
    return path.exists() and source.exists() and path.samefile(source)
