"""From a file to rows: what is written, what is counted, and that nothing is half-written."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rewards.behavior_calls import BEHAVIOR_TOOLS
from rlvr.config import Source
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.importing import files_below, import_files, read_any, read_files
from rlvr.data.source import load
from rlvr.data.synth import synthesize
from rlvr.errors import RowError, UserError
from rlvr.records.row import read_rows, write_rows

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the trial data is not beside the repository")
GOOD = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello, Ann."}]}
THANKED = {"messages": [{"role": "user", "content": "Thanks"}, {"role": "assistant", "content": "You are welcome."}]}
BAD = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]}


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def test_reasons_are_counted_with_the_first_lines(tmp_path: Path) -> None:
    bad = [
        {"messages": [{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": ""}]} for n in "abcde"
    ]
    path = written(tmp_path / "data.jsonl", GOOD, bad[0], THANKED, *bad[1:], {"messages": 3})
    summary = import_files([path], tmp_path / "rows.jsonl")
    assert (summary.format, summary.records, dict(summary.kept)) == ("openai", 8, {"answer": 2})
    silent, shapeless = summary.rejected.values()
    assert (silent.count, silent.lines) == (5, ["2", "4", "5"])
    assert "neither calls nor says anything" in silent.example
    assert (shapeless.count, shapeless.lines) == (1, ["8"])
    assert len(read_rows(tmp_path / "rows.jsonl")) == 2


def test_reasons_that_differ_in_their_values_are_one(tmp_path: Path) -> None:
    def calling(name: str) -> dict[str, Any]:
        calls = [{"function": {"name": name, "arguments": "{}"}}]
        return {"messages": [GOOD["messages"][0], {"role": "assistant", "tool_calls": calls}]}

    summary = import_files([written(tmp_path / "d.jsonl", GOOD, calling("f"), calling("g"))], tmp_path / "rows.jsonl")
    (reason,) = summary.rejected.values()
    assert (reason.count, reason.lines) == (2, ["2", "3"])


@pytest.mark.parametrize("is_strict", [False, True])
def test_a_file_without_a_row_and_a_strict_import_write_nothing(tmp_path: Path, is_strict: bool) -> None:
    records = [GOOD, BAD] if is_strict else [BAD, BAD]
    path = written(tmp_path / "data.jsonl", *records)
    with pytest.raises(UserError, match="neither calls nor says anything"):
        import_files([path], tmp_path / "rows.jsonl", is_strict=is_strict)
    assert list(tmp_path.iterdir()) == [path]


def test_an_earlier_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    out.write_text("earlier")
    broken = tmp_path / "data.jsonl.gz"
    broken.write_bytes(gzip.compress(f"{json.dumps(GOOD)}\n".encode() * 1000)[:-9])
    with pytest.raises(RowError, match="the gzip is broken or cut off"):
        import_files([broken], out)
    assert out.read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.jsonl.gz", "rows.jsonl"]


def test_a_format_is_recognised_behind_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(f'{{"half\n[1]\n{json.dumps(GOOD)}\n')
    rows, summary = read_any(path)
    assert (len(rows), summary.format, summary.n_rejected) == (1, "openai", 2)


def test_a_file_of_no_known_format_says_what_it_holds(tmp_path: Path) -> None:
    path = written(tmp_path / "data.jsonl", {"text": "prose", "label": 1})
    with pytest.raises(UserError, match=r"with text, label; a record holds messages with roles, or .*; formats: tool"):
        read_any(path)
    with pytest.raises(UserError, match="format 'opnai' not found; did you mean 'openai'"):
        read_any(path, "opnai")


def test_rows_are_read_back_as_they_are(tmp_path: Path) -> None:
    rows = synthesize("five_tools", rows=60, seed=1)
    path = write_rows(tmp_path / "rows.jsonl", rows)
    assert read_any(path)[0] == rows
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert load(Source(path=str(packed), format="auto", rows=50)) == rows[:50]


@needs_shared_data
def test_the_airline_logs_import_whole(tmp_path: Path) -> None:
    tools = json.loads((SHARED / "tau_airline_tools.json").read_text())
    options = ReadOptions(tools=tools)
    pairs = tmp_path / "pairs.jsonl"
    summary = import_files(
        [SHARED / "tau_airline_logs.jsonl"], tmp_path / "rows.jsonl", options=options, preferences=pairs
    )
    assert summary.format == "logs"
    assert summary.records == 60
    # 23 of 60 conversations ended with 1.0; they hold every decision that is kept, and every other reason.
    failed = next(reason for reason in summary.rejected.values() if "below min_score" in reason.example)
    assert failed.count == 37
    turns = sum(
        message["role"] == "assistant"
        for line in (SHARED / "tau_airline_logs.jsonl").read_text().splitlines()
        if (record := json.loads(line))["reward"] == 1.0
        for message in record["messages"]
    )
    assert summary.kept.total() + summary.n_rejected - failed.count == turns
    assert summary.kinds["error_recovery"] == summary.preferences.total() == len(pairs.read_text().splitlines()) == 2
    assert len(read_rows(tmp_path / "rows.jsonl")) == summary.kept.total()


@needs_shared_data
@pytest.mark.parametrize(("file", "records"), [("when2call_dev", 160), ("toolrl_sft", 200)])
def test_every_row_of_the_trial_data_is_kept_or_has_its_reason(tmp_path: Path, file: str, records: int) -> None:
    summary = import_files([SHARED / f"{file}.jsonl"], tmp_path / "rows.jsonl")
    assert summary.records == records == summary.kept.total() + summary.n_rejected
    assert summary.n_rejected <= 2
    assert len(read_rows(tmp_path / "rows.jsonl")) == summary.kept.total()


def test_a_question_that_is_to_be_asked_by_a_call_can_be_reached(tmp_path: Path) -> None:
    tool = {"name": "book", "parameters": {"type": "object", "properties": {"day": {}}, "required": ["day"]}}
    truth = {"behavior": "clarify", "missing": ["day"], "ground_truth": "Which day?"}
    row = {"prompt": [{"role": "user", "content": "Book it"}], "tools": [tool, *BEHAVIOR_TOOLS], "reward_model": truth}
    out = tmp_path / "rows.jsonl"
    summary = import_files([written(tmp_path / "in.jsonl", row)], out)
    assert summary.kept == {"clarify": 1}
    assert summary.unreachable == {}


def test_several_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    """A place is named with its file, and so is a file that no reader takes."""
    written(tmp_path / "1.jsonl", GOOD)
    written(tmp_path / "2.jsonl", BAD, THANKED, GOOD)
    (tmp_path / "notes.json").write_text('{"x": 1}')
    out = tmp_path / "out" / "rows.jsonl"
    summary = import_files(files_below(str(tmp_path)), out)
    assert (summary.records, summary.kept.total(), summary.repeated) == (4, 2, 1)
    assert [reason.lines for reason in summary.rejected.values()] == [["2.jsonl:1"]]
    assert [text.partition(": ")[0] for text in summary.unread] == [str(tmp_path / "notes.json")]


def test_a_limit_is_of_all_files(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.jsonl", GOOD, GOOD) for name in range(3)]
    assert import_files(paths, tmp_path / "rows.jsonl", limit=3).records == 3


def test_files_of_which_none_can_be_read(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.json").write_text('{"x": 1}')
    with pytest.raises(UserError, match=r"none of 2 files can be read; the first: .*a\.json: no format"):
        import_files(files_below(str(tmp_path)), tmp_path / "out" / "rows.jsonl")
    with pytest.raises(UserError, match=r"https://x\.org/a\.jsonl: an address on the web; fetch the file first: curl"):
        files_below("https://x.org/a.jsonl")
    with pytest.raises(UserError, match="nothere: no such file or folder"):
        files_below(str(tmp_path / "nothere"))
    assert files_below("-") == ["/dev/stdin"]
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    with pytest.raises(UserError, match="a folder without files"):
        files_below(str(tmp_path / "empty"))


def test_what_is_written_is_none_of_the_files(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.jsonl", GOOD) for name in "ab"]
    with pytest.raises(UserError, match="is the file that is read"):
        import_files(paths, paths[1])


@pytest.mark.parametrize(
    ("record", "advice"),
    [
        ({"nbformat": 4, "cells": []}, "a notebook holds no log of a model"),
        ({"type": "function", "function": {"name": "f"}}, "these are tools, which rlvr data tools reads"),
        ({"ts": 1, "type": "say", "say": "text", "text": "Hi"}, "api_conversation_history.json"),
        ({"version": "3.1", "stories": []}, "stories of Rasa"),
        ({"input": "1 + 1?", "target": "2"}, "a text and its answer, without tools or calls"),
        (
            {"object": "response", "output_text": "2", "incomplete_details": None},
            "a response gives rows with the messages",
        ),
    ],
    ids=["notebook", "tools", "Cline", "Rasa", "question", "response"],
)
def test_records_of_other_things_are_said_to_be_that(tmp_path: Path, record: dict[str, Any], advice: str) -> None:
    with pytest.raises(UserError, match=advice):
        read_any(written(tmp_path / "data.jsonl", record))


def test_no_files_are_a_mistake() -> None:
    with pytest.raises(UserError, match="no file to read"):
        read_files([])
