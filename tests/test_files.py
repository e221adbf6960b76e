"""Files are written whole or not at all, never in the place of what is no file of ours, and lines end at line feeds."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rlvr.errors import RowError, RunError, UserError
from rlvr.files import (
    MAX_LINE_BYTES,
    append_log,
    check_writable,
    read_json,
    read_lines,
    read_log,
    read_objects,
    replacing,
    trim_log,
    write_lines,
    write_text,
    writing_lines,
)


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with writing_lines(pipe) as write:
        write({"a": 1})
    assert os.read(reader, 100) == b'{"a": 1}\n'
    os.close(reader)
    assert pipe.is_fifo()


def test_a_device_is_written_to_and_stays_one() -> None:
    with replacing("/dev/null") as path:
        path.write_text("text")
    assert Path("/dev/null").is_char_device()


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with replacing(tmp_path / "link") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_what_is_read_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("text")
    with (
        pytest.raises(UserError, match="is the file that is read; write to another"),
        replacing(tmp_path / "rows", tmp_path / "." / "rows"),
    ):
        pass
    with pytest.raises(UserError, match="it is a folder"), replacing(tmp_path):
        pass
    assert (tmp_path / "rows").read_text() == "text"


def test_a_file_that_fails_half_way_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_lines(path, [{"a": 1}])
    with pytest.raises(TypeError):
        write_lines(path, [{"a": 2}, {"a": object()}])
    assert list(tmp_path.iterdir()) == [path]
    assert [value for _, value in read_objects(path)] == [{"a": 1}]


def test_a_full_disk_is_a_failure_and_a_folder_that_cannot_be_made_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot write /dev/full: No space left on device") as full:
        write_text("/dev/full", "text")
    assert full.value.exit_code == 1
    (tmp_path / "file").write_text("")
    for below in ("rows", "folder/rows"):
        with pytest.raises(UserError, match=r"rows: a file stands where a folder of its path should be$") as wrong:
            write_text(tmp_path / "file" / below, "text")
    assert wrong.value.exit_code == 2


@pytest.mark.parametrize("separator", "\u2028\u2029\x85\x0b\x0c\x1c\x1e\r", ids=ascii)
def test_only_a_line_feed_ends_a_line(tmp_path: Path, separator: str) -> None:
    """Python's splitlines also ends one at U+2028, U+2029, U+0085 and more, which JSON may hold as they are."""
    values = [{"step": 1, "text": f"a{separator}b"}, {"step": 2, "text": separator}]
    path = tmp_path / "rows.jsonl"
    write_lines(path, values)
    assert [value for _, value in read_objects(path)] == values
    assert [line.number for line in read_lines(path)] == [1, 2]
    trim_log(path, lambda record: True)
    assert read_log(path) == values


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_of_blank_lines_is_not_read_to_its_end(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlvr.files.MAX_BLANK_LINES", 1000)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(b'{"a": 1}\n' + b"\n" * 1000 + b'{"a": 2}\n'))
    assert [value for _, value in read_objects(path)] == [{"a": 1}, {"a": 2}]
    path.write_bytes(pack(b'{"a": 1}\n' + b"\n" * 1001 + b'{"a": 2}\n'))
    with pytest.raises(RowError, match=r"rows\.jsonl: cannot be read: more than 1,000 blank lines after line 1"):
        list(read_objects(path))


def test_a_line_without_an_end_is_not_read_for_ever() -> None:
    with pytest.raises(RowError, match=r"/dev/zero: cannot be read: a line that does not end within 1,074 MB"):
        list(read_objects("/dev/zero"))


def test_a_line_that_is_too_long_is_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n["' + b"a" * (MAX_LINE_BYTES - 5) + b'"]\n')
    assert len(list(read_objects(path))) == 2
    path.write_bytes(b'{"a": 1}\n["' + b"a" * MAX_LINE_BYTES + b'"]\n')
    with pytest.raises(RowError, match=r"rows\.jsonl:2: a line of 17 MB; at most 17 MB"):
        list(read_objects(path))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "deep")
    assert not list(tmp_path.iterdir()), "looking makes nothing"
    with pytest.raises(UserError, match=r"run_dir: /proc/x/y cannot be written"):
        check_writable(Path("/proc/x/y"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\n\n{"a": }\n', "rows.jsonl:3: not JSON: Expecting value at column 7"),
        (b'{"a": 1}\n{"a": NaN}\n', "rows.jsonl:2: not JSON: NaN is not a JSON number"),
        (b'{"a": "caf\xe9"}\n', "rows.jsonl:1: not UTF-8 at byte 10"),
        (b"\n \n", "rows.jsonl: the file is empty"),
        (gzip.compress(b'{"a": 1}\n' * 1000)[:-20], "rows.jsonl: the gzip is broken or cut off"),
    ],
    ids=["half", "NaN", "Latin-1", "blank", "half a gzip"],
)
def test_an_error_names_file_and_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(RowError) as raised:
        list(read_objects(path))
    assert f"{tmp_path}/{message}" in str(raised.value)


def test_a_log_that_is_damaged_before_its_end_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"step": 1}\n{"step":\n{"step": 3}\n')
    with pytest.raises(RowError, match=r"m\.jsonl:2: not JSON"):
        read_log(path)


def test_a_folder_is_no_json_file(tmp_path: Path) -> None:
    with pytest.raises(RowError, match="is a folder"):
        read_json(tmp_path)


def test_numbers_that_json_cannot_write_become_null(tmp_path: Path) -> None:
    append_log(tmp_path / "a" / "m.jsonl", [{"loss": float("nan"), "all": [float("inf"), 1.5], "in": {"x": 2}}])
    assert read_log(tmp_path / "a" / "m.jsonl") == [{"loss": None, "all": [None, 1.5], "in": {"x": 2}}]


def test_records_past_a_step_go_and_half_a_line_with_them(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    append_log(path, [{"step": step} for step in (1, 2, 3)])
    with path.open("a") as file:
        file.write('{"step": 2, "los')
    trim_log(path, lambda record: record["step"] <= 2)
    assert read_log(path) == [{"step": 1}, {"step": 2}]


def test_half_a_last_line_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    append_log(path, [{"step": 1}])
    with path.open("ab") as file:
        file.write('{"text": "é'.encode()[:-1])
    assert read_log(path) == [{"step": 1}]


def test_half_a_surrogate_is_written_as_json_can(tmp_path: Path) -> None:
    append_log(tmp_path / "m.jsonl", [{"text": "\ud800"}])
    assert read_log(tmp_path / "m.jsonl") == [{"text": "\ud800"}]


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.jsonl.gz"])
def test_lines_go_to_no_file_of_another_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"what is written are JSON lines; name it .*/rows\.jsonl$"):
        write_lines(tmp_path / name, [1])
    with pytest.raises(UserError, match="JSON lines"), writing_lines(tmp_path / name) as write:
        write(1)
    assert list(tmp_path.iterdir()) == []


def test_lines_of_an_archive_are_none(tmp_path: Path) -> None:
    """Lint called them damaged texts."""
    path = tmp_path / "rows.zip"
    path.write_bytes(b"PK\x03\x04\x00\n\x00\n")
    with pytest.raises(RowError, match=r"rows\.zip: is a zip archive; unpack it first"):
        list(read_lines(path))
