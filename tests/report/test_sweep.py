"""The page of a sweep: what it ranks and plots is what the runs' files say."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from report_sweep import write_sweep

from rlvr.cli import main


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    return write_sweep(tmp_path / "rates <b>")


def carried(html: str) -> dict[str, Any]:
    (packed,) = re.findall(r'<script type="application/gzip" id="data-sweep">([^<]*)</script>', html)
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return data


def test_runs_are_ranked_and_each_option_is_plotted(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "report", str(sweep)]) == 0
    # The intervals of two runs each are 0.71 and 0.51, give or take 0.127: they overlap.
    said = "highest: learning_rate=0.0001, but its interval and that of learning_rate=1e-06 overlap"
    assert said in " ".join(capsys.readouterr().out.split())
    html = (sweep / "report.html").read_text(encoding="utf-8")
    assert "rates <b>" not in html
    assert "rates &lt;b&gt;" in html
    data = carried(html)
    (unseen,) = data["sets"]
    ranking = [
        (row["place"], row["options"], row["runs"], round(row["reward"]["mean"], 2)) for row in unseen["ranking"]
    ]
    assert ranking == [
        (None, "base", 4, 0.3),
        (1, "learning_rate=0.0001", 2, 0.71),
        (2, "learning_rate=1e-06", 2, 0.51),
    ]
    # Two runs of 0.70 and 0.72: t(0.975, 1) = 12.706, standard error 0.01.
    assert unseen["ranking"][1]["reward"]["low"] == pytest.approx(0.71 - 0.12706, abs=1e-4)
    by_name = {option["name"]: option for option in unseen["parameters"]}
    rates = by_name["learning_rate"]
    assert rates["scale"] == "log"
    assert rates["points"]["steps"] == [1e-6, 1e-6, 1e-4, 1e-4]
    assert rates["points"]["values"] == [0.5, 0.52, 0.7, 0.72]
    assert rates["points"]["low"][0] == pytest.approx(0.4)
    assert by_name["seed"]["scale"] == "linear"
    assert data["failed"] == ["4 (seed=2): no <i>memory</i>"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: 0 runs, none with an evaluation"),
        ([], "expected one folder, as in rlvr sweep report runs/mine"),
        (["{sweep}", "confidence=2"], "confidence: 2.0 is not between 0 and 1"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], said: str, sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "report", *(text.format(sweep=sweep) for text in arguments)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_table_says_which_runs_are_not_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sweep(tmp_path / "rates")
    (folder / "5").mkdir()
    assert main(["sweep", "report", str(folder)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "note: run 4 (seed=2) failed: no <i>memory</i>" in printed
    assert f"note: run 5 is not done: the sweep's own command with run_dir={folder} goes on with it" in printed
    assert main(["compare", str(folder)]) == 0
    assert "run 5 is not done" in " ".join(capsys.readouterr().out.split())
