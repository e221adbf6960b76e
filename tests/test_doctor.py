"""What `rlvr doctor` and `rlvr train --estimate` print for a newcomer."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlvr.cli import main
from rlvr.commands import doctor


def test_the_doctor_names_versions_the_machine_and_what_the_template_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok  ", "!   "))]
    found = {line[4:].rsplit("  ", 1)[0].strip(): line.rsplit("  ", 1)[1] for line in lines}
    assert found["wire format"] == "hermes"
    assert found["marks of calls"] == "single tokens: <tool_call>, </tool_call>"
    assert found["memory"].endswith("GiB free")
    assert {"GPU", "disk", "processor", *doctor.OPTIONAL} <= set(found)


def test_the_doctor_ends_with_what_is_wrong_with_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"model.path={tmp_path}"]) == 2
    printed = capsys.readouterr()
    assert "python" in printed.out
    assert "cannot be loaded" in printed.err


def test_an_estimate_is_printed_and_nothing_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--estimate", "data.train.five_tools.rows=20", "hardware.device=l4", "sft.rows=null"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3.5M parameters, 3.5M trained; a row has")
    assert "fits in 22.4 GiB" in out
    assert "sft: " in out
    assert list(tmp_path.iterdir()) == []


def test_an_estimate_needs_no_rows_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--estimate", "data=files", "hardware.device=l4"]) == 0
    absent = capsys.readouterr().out.splitlines()
    assert absent[0] == "data/train.jsonl: no such file yet; 1,500 rows of five_tools stand in for it"
    assert main(["train", "--estimate", "data.train.five_tools.rows=1500", "hardware.device=l4"]) == 0
    assert capsys.readouterr().out.splitlines() == absent[1:]
