"""Files as they come: compressed, damaged, cut off, and far too long. Each gives its records, or one clear line."""

import gzip
import json
import os
from pathlib import Path

import pytest

from rlvr.data.formats import records
from rlvr.data.formats.records import read_records
from rlvr.errors import RowError, UserError
from rlvr.files import MAX_LINE_BYTES


def written(tmp_path: Path, content: bytes, name: str = "data.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def values(path: Path) -> list[object]:
    return [value for _, value in read_records(path)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b'{"a": 1}\n{"a": 2}\n', [1, 2]),
        (b'{"a": 1}\n\n{"a": 2}', [1, 3]),
        (b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n', [1, 2]),
        (gzip.compress(b'{"a": 1}\n{"a": 2}\n'), [1, 2]),
        (b'[{"a": 1},\n {"a": 2}]', [1, 2]),
        (b'\xef\xbb\xbf[\n {"a":\n 1},\n {"a": 2}\n]\n', [2, 4]),
        (b'{\n "a": 1\n}\n{\n "a": 2\n}\n', [1, 4]),
        (b'{"a": 1}{"a": 2}', [1, 1]),
    ],
    ids=["lines", "blank line", "BOM and CRLF", "gzip", "array", "spread-out array", "spread-out objects", "Firehose"],
)
def test_every_layout_gives_records_and_the_lines_they_begin_at(
    tmp_path: Path, content: bytes, lines: list[int]
) -> None:
    found = list(read_records(written(tmp_path, content)))
    assert [value for _, value in found] == [{"a": 1}, {"a": 2}]
    assert [where.line for where, _ in found] == lines


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"a": 1', "not JSON"),
        (b'{"a": "caf\xe9"}', "not UTF-8 at byte 11 of the line"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        (b'{"a": {"b": 1, "b": 1}}', "the key 'b' stands twice in one object"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": 1e999}', "too large for a float"),
        (b'{"a": "\\ud800"}', "a lone surrogate"),
        (b'{"a":' + b"[" * 100_000, "nested too deep"),
    ],
    ids=["half", "latin-1", "duplicate key", "inner duplicate key", "NaN", "infinite", "surrogate", "deep"],
)
def test_a_line_that_is_no_record_is_an_error_of_its_own(tmp_path: Path, line: bytes, message: str) -> None:
    first, broken, last = values(written(tmp_path, b'{"a": 1}\n' + line + b'\n{"a": 3}\n'))
    assert (first, last) == ({"a": 1}, {"a": 3})
    assert isinstance(broken, RowError)
    assert broken.line == 2
    assert message in broken.message
    assert "\n" not in str(broken)


def test_half_a_last_line_says_that_it_is_cut_off(tmp_path: Path) -> None:
    *_, broken = values(written(tmp_path, b'{"a": 1}\n{"a": "tr'))
    assert isinstance(broken, RowError)
    assert "(the last line is cut off)" in broken.message


def test_a_line_of_50_mb_is_skipped_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    with path.open("wb") as stream:
        stream.write(b'{"a": "')
        for _ in range(50):
            stream.write(b"x" * 1_000_000)
        stream.write(b'"}\n{"a": 2}\n')
    broken, after = values(path)
    assert isinstance(broken, RowError)
    assert broken.message == f"a line of 50 MB; at most {MAX_LINE_BYTES / 1e6:.0f} MB"
    assert after == {"a": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "holds no records"),
        ('{"a": 1}\n'.encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
        (b"PK\x03\x04....", "zip archive"),
        (gzip.compress(b'{"a": 1}\n' * 1000)[:-20], "the gzip is broken or cut off"),
        (b"PAR1....", "the parquet is broken or cut off"),
        (b'[{"a": 1}, {"a"', "not JSON, or cut off"),
        (b'[{"a": 1}', "the array is not closed"),
    ],
    ids=["empty", "blank", "UTF-16", "zip", "half a gzip", "half a parquet", "half an item", "half an array"],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(RowError, match=message) as raised:
        values(written(tmp_path, content))
    assert "\n" not in str(raised.value)


def test_an_absent_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(RowError, match="no such file"):
        values(tmp_path / "absent.jsonl")
    with pytest.raises(RowError, match="is a folder"):
        values(tmp_path)


def test_a_duplicate_key_in_an_array_spoils_its_item_alone(tmp_path: Path) -> None:
    first, broken, last = values(written(tmp_path, b'[{"a": 1}, {"a": 1, "a": 2}, {"a": 3}]'))
    assert (first, last) == ({"a": 1}, {"a": 3})
    assert isinstance(broken, RowError)


def test_items_may_be_cut_anywhere_by_the_chunks_they_are_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"text": "é€" * n, "n": n, "list": [1, {"k": None}]} for n in range(40)]
    path = written(tmp_path, json.dumps(items, ensure_ascii=False, indent=1).encode())
    for chunk in (1, 3, 7, 64):
        monkeypatch.setattr(records, "_CHUNK", chunk)
        assert values(path) == items


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a": 1}\n' * 500_000)
    found = read_records(path)
    next(found)
    os.truncate(path, 9 * 300_000)
    with pytest.raises(UserError, match=r"shrank from 4,500,000 to 2,700,000 bytes while it was read; try again"):
        list(found)


def test_nulls_of_parquet_are_members_that_a_record_does_not_have(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    items = [{"a": {"x": 1}}, {"a": {"y": [None, {"z": "t"}]}}]
    path = tmp_path / "data.parquet"
    parquet.write_table(pa.Table.from_pylist(items), path)
    assert values(path) == items


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv", b"a,b\n1,x\n"),
        ("table.tsv", b"a\tb\n1\tx\n"),
        ("table.csv.gz", gzip.compress(b"a,b\n1,x\n")),
        ("document.yaml", b"a: '1'\nb: x\n"),
        ("documents.yml", b"- {a: '1', b: x}\n"),
    ],
)
def test_tables_and_yaml_give_records_too(tmp_path: Path, name: str, content: bytes) -> None:
    assert values(written(tmp_path, content, name)) == [{"a": "1", "b": "x"}]


def test_yaml_that_is_gzipped_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.yaml\.gz: is compressed with gzip; unpack it first: gunzip"):
        values(written(tmp_path, gzip.compress(b"a: 1"), "x.yaml.gz"))
