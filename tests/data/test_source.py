"""A configured source gives the rows of its file or of its generator."""

from pathlib import Path

import pytest

from rlvr.config import Source
from rlvr.data.source import load
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.records.row import write_rows


def test_a_file_gives_its_first_rows(tmp_path: Path) -> None:
    rows = synthesize("five_tools", rows=10, seed=0)
    path = write_rows(tmp_path / "rows.jsonl", rows)
    assert load(Source(path=str(path))) == rows
    assert load(Source(path=str(path), rows=3)) == rows[:3]


def test_a_generator_gives_as_many_rows_as_asked() -> None:
    source = Source(synth="unseen_tools", split="held_out", rows=20, seed=4)
    assert load(source) == synthesize("unseen_tools", rows=20, seed=4, split="held_out")


@pytest.mark.parametrize(("split", "n_rows"), [("train", 1500), ("held_out", 300)])
def test_a_split_has_its_own_number_of_rows(split: str, n_rows: int) -> None:
    assert len(load(Source(synth="five_tools", split=split))) == n_rows


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Source(), "neither is set"),
        (Source(path="a.jsonl", synth="five_tools"), "both are"),
        (Source(synth="six_tools"), "five_tools, unseen_tools, procedural"),
        (Source(synth="unseen_tools"), "it has: held_out"),
        (Source(synth="five_tools", rows=0), "at least 1"),
        (Source(path="absent.jsonl"), "no such file"),
    ],
    ids=["nothing", "both", "unknown generator", "unknown split", "no rows", "absent file"],
)
def test_a_source_that_gives_nothing_says_what_it_may_be(source: Source, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(source)


def test_a_file_of_another_format_is_answered_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]}\n')
    with pytest.raises(UserError, match="the file is of the format openai: set format=openai"):
        load(Source(path=str(path)))
    assert len(load(Source(path=str(path), format="openai"))) == 1


def test_a_row_that_is_broken_is_not_taken_for_another_format(tmp_path: Path) -> None:
    (path := write_rows(tmp_path / "rows.jsonl", synthesize("five_tools", rows=2, seed=0))).write_text(
        '{"prompt": 7}\n'
    )
    with pytest.raises(UserError) as caught:
        load(Source(path=str(path)))
    assert "format" not in str(caught.value)
