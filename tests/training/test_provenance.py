"""Where a run comes from is written at each start, and names the same data by the same hash."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

import rlvr
from rlvr.config import Config, DataConfig, Source
from rlvr.data.synth import synthesize
from rlvr.training import provenance

ROWS = synthesize("five_tools", rows=5, seed=0)


def test_a_start_says_what_a_second_person_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows.jsonl").write_text("{}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/rlvr", "train", "name=a b"])
    config = Config(data=DataConfig(train={"mine": Source(path="rows.jsonl")}))
    provenance.write(tmp_path, config, {"train/mine": ROWS})
    (start,) = provenance.read(tmp_path)
    assert start["command"] == "rlvr train 'name=a b'"
    assert start["rlvr"] == rlvr.__version__
    assert start["packages"].keys() >= {"torch", "transformers", "trl"}
    assert start["commit"] is None  # an empty folder is outside of git
    assert start["files"] == {"rows.jsonl": hashlib.sha256(b"{}\n").hexdigest()}
    assert start["data"]["train/mine"]["rows"] == 5
    assert start["machine"]["cores"] >= 1


def test_the_hash_is_of_the_rows_and_nothing_else(tmp_path: Path) -> None:
    for rows in (ROWS, list(ROWS), ROWS[:4]):
        provenance.write(tmp_path, Config(), {"train/mine": rows})
    first, second, third = (start["data"]["train/mine"]["sha256"] for start in provenance.read(tmp_path))
    assert first == second != third


def test_a_resumed_run_has_a_start_for_each_and_shows_the_last(tmp_path: Path) -> None:
    assert provenance.facts(tmp_path) == []
    for _ in range(2):
        provenance.write(tmp_path, Config(), {"evaluation/mine": ROWS})
    facts = dict(provenance.facts(tmp_path))
    assert facts["started"].endswith("(start 2 of this run)")
    assert facts["evaluation/mine"].startswith("5 rows, SHA-256 ")
    assert f"rlvr {rlvr.__version__}, python " in facts["versions"]


def test_a_checkout_is_named_by_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(provenance, "_git", lambda *arguments: "abc123" if arguments[0] == "rev-parse" else " M x.py")
    provenance.write(tmp_path, Config(), {})
    assert dict(provenance.facts(tmp_path))["commit"] == "abc123 with changes"
