"""Files that are written whole or not at all, and never in the place of what is no file of ours."""

import os
from pathlib import Path

import pytest

from rlvr.data.files import replacing, writing_lines
from rlvr.errors import UserError


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
