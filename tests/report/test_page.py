"""What a report's page carries: the run's own numbers, and nothing that can run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from report_run import HOSTILE, write_run
from talks_run import write_talks

from rlvr.cli import main
from rlvr.data import saved_rollouts
from rlvr.errors import UserError
from rlvr.files import read_log
from rlvr.report import page
from rlvr.report.groups import advantages
from rlvr.training.run_folder import RunFolder


def carried(html: str, name: str) -> str:
    """What a block of the page holds, unpacked."""
    (packed,) = re.findall(rf'<script type="application/gzip" id="{name}">([^<]*)</script>', html)
    return gzip.decompress(base64.b64decode(packed)).decode()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("runs") / "a <b> & run", hostile=HOSTILE)


@pytest.fixture(scope="module")
def html(run: RunFolder) -> str:
    return page.write(run.path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def overview(html: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(carried(html, "data-overview"))
    return data


@pytest.fixture(scope="module")
def groups(html: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(carried(html, "data-groups"))
    return data


def candidates_of(groups: dict[str, Any], source: str) -> list[dict[str, Any]]:
    """Each group of a source with its candidates' columns as lists."""
    wanted, start, found = [one["name"] for one in groups["sources"]].index(source), 0, []
    for number, n in enumerate(groups["group"]["n"]):
        if groups["group"]["source"][number] == wanted:
            columns = {name: column[start : start + n] for name, column in groups["candidate"].items()}
            found.append({**columns, "step": groups["group"]["step"][number]})
        start += n
    return found


def test_every_curve_is_what_metrics_jsonl_has(run: RunFolder, overview: dict[str, Any]) -> None:
    records = [record for record in read_log(run.metrics) if "step" in record]
    assert len(records) == 6
    names = set().union(*records) - {"stage", "step", "epoch"}
    assert set(overview["logged"]["grpo"]) == names
    for name, series in overview["logged"]["grpo"].items():
        assert series == {"steps": [r["step"] for r in records], "values": [r[name] for r in records]}


def test_the_reward_of_a_run_on_rows_is_the_one_of_its_configuration(overview: dict[str, Any]) -> None:
    assert dict(overview["facts"])["reward"] == "Tiered"


def test_the_reward_of_a_run_on_rows_and_conversations_is_both(run: RunFolder, tmp_path: Path) -> None:
    mixed = shutil.copytree(run.path, tmp_path / "mixed")
    (conversations,) = saved_rollouts.files(write_talks(tmp_path / "talks").path)
    shutil.copy(conversations, mixed / "rollouts" / "second.parquet")
    overview, _ = page.read(RunFolder(mixed))
    assert dict(overview["facts"])["reward"] == "Tiered; EpisodeReward of conversations"


def test_every_interval_is_what_metrics_jsonl_has(run: RunFolder, overview: dict[str, Any]) -> None:
    shown = {(s["name"], stage): summary for s in overview["sections"] for stage, summary in s["summaries"].items()}
    logged = {(r["evaluation"], r["stage"]): r for r in read_log(run.metrics) if "evaluation" in r}
    assert len(logged) == 6
    assert {at: {"stage": at[1], "evaluation": at[0], **summary} for at, summary in shown.items()} == logged


def test_groups_and_curves_agree(run: RunFolder, overview: dict[str, Any], groups: dict[str, Any]) -> None:
    steps = [record for record in read_log(run.metrics) if "step" in record]
    rolled = overview["rollouts"]
    for at, record in enumerate(steps):
        of_step = [group for group in candidates_of(groups, "grpo") if group["step"] == record["step"]]
        rewards = [reward for group in of_step for reward in group["reward"]]
        assert statistics.fmean(rewards) == pytest.approx(record["reward"], abs=1e-12)
        assert rolled["all_right"][at] + rolled["all_alike"][at] == pytest.approx(record["frac_reward_zero_std"])
        assert rolled["teaches"][at] == pytest.approx(1 - record["frac_reward_zero_std"])
        assert rolled["n_tokens"][at] == pytest.approx(record["completions/mean_length"])
        assert rolled["longest"][at] == record["completions/max_length"]
        for tier, name in enumerate(groups["tiers"]):
            shares = [row[tier] for group in of_step for row in group["shares"] if tier < len(row)]
            given = [share for share in shares if share is not None]
            assert statistics.fmean(given) == pytest.approx(record[f"reward_components/{name}"])


def test_counts_are_those_of_the_evaluated_rows(run: RunFolder, overview: dict[str, Any]) -> None:
    section = overview["sections"][0]
    rows = read_log(run.evaluation("grpo", section["name"]))
    did = Counter((row["expected"]["behavior"], row["predicted_behavior"] or "nothing") for row in rows)
    shown = section["confusion"]["grpo"]
    assert {(of, name): n for of, row in shown.items() for name, n in row.items() if n} == did
    for tool in section["tools"]:
        own = [row for row in rows if json.dumps(tool["name"]) in row["expected"]["ground_truth"]]
        assert tool["n"] == len(own)
        assert tool["exact"]["grpo"] == pytest.approx(statistics.fmean(row["is_exact"] for row in own))
    base = read_log(run.evaluation("base", section["name"]))
    gains = [last["reward"] - first["reward"] for first, last in zip(base, rows, strict=True)]
    change = section["changes"]["reward"]
    assert change["mean"] == pytest.approx(statistics.fmean(gains))
    assert change["low"] < change["mean"] < change["high"]
    assert change["verdict"] == "improved"
    *_, before, last = section["summaries"].values()
    alone = last["reward"]["mean"] - before["reward"]["mean"]
    assert section["by_last_stage"]["mean"] == pytest.approx(alone), "what the last stage adds is not the whole gain"
    assert all(reason["rows"]["base"] or reason["rows"]["grpo"] for reason in section["reasons"])


def test_a_group_has_its_texts(run: RunFolder, groups: dict[str, Any]) -> None:
    first = candidates_of(groups, "grpo")[0]
    texts = [groups["strings"][number] for number in first["completion"]]
    assert texts[:4] == list(HOSTILE[:4])
    assert texts[4] == "\ufffd half a pair \ufffd"
    assert [groups["labels"][label] for label in first["label"]] == [f"#{n}" for n in range(1, 9)]
    row = candidates_of(groups, "unseen_tools")[3]
    assert [groups["labels"][label] for label in row["label"]] == ["base", "SFT", "GRPO"]
    saved_rows = [read_log(run.evaluation(stage, "unseen_tools"))[3] for stage in ("base", "sft", "grpo")]
    assert [groups["strings"][number] for number in row["completion"]] == [r["completion"] for r in saved_rows]
    assert row["reward"] == [r["reward"] for r in saved_rows]


def test_nothing_of_a_run_is_markup(html: str) -> None:
    assert "hacked" not in html
    assert "<title>a &lt;b&gt; &amp; run</title>" in html
    assert html.count("<script") == html.count("</script") == 4


def test_only_the_page_s_own_scripts_may_run_and_nothing_is_fetched(html: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (script, carried(html, "library-plotly"))
    ]
    assert f"script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy
    assert re.findall(r'(?:src|href)="(?!#|data:,)', html.split("<script>")[0]) == []
    assert carried(html, "library-plotly").lstrip().startswith("/**\n* plotly.js")


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        # mean 0.25, deviation sqrt((0.75² + 3 · 0.25²) / 3) = 0.5
        ("group", [[0.75 / 0.5001, *[-0.25 / 0.5001] * 3], [0.0] * 4]),
        ("none", [[0.75, -0.25, -0.25, -0.25], [0.0] * 4]),
        # of 1, 0, 0, 0, 1, 1, 1, 1: mean 5/8, deviation sqrt((5 · (3/8)² + 3 · (5/8)²) / 7) = 0.51755
        ("batch", [[0.75 / 0.51765, *[-0.25 / 0.51765] * 3], [0.0] * 4]),
    ],
)
def test_advantages_by_hand(scale: str, expected: list[list[float]]) -> None:
    found = advantages([[1.0, 0.0, 0.0, 0.0], [1.0] * 4], [3, 3], scale)
    assert found == [pytest.approx(group, abs=1e-5) for group in expected]


def test_what_cannot_be_scored_has_no_advantage() -> None:
    assert advantages([[1.0, None, 0.0], [None, None]], [1, 1], "none") == [[0.5, 0.0, -0.5], [0.0, 0.0]]


def test_a_run_that_has_only_begun_has_a_report(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", steps=0, rows=5)
    folder.summaries.unlink()
    html = page.write(folder.path, tmp_path / "early.html").read_text()
    assert json.loads(carried(html, "data-overview"))["sections"] == []
    assert json.loads(carried(html, "data-groups"))["group"]["n"] == []


def test_the_command_writes_and_names_the_file(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(run.path), "out=mine.html"]) == 0
    assert re.fullmatch(r"wrote mine\.html \(\d\.\d MB\)\n", capsys.readouterr().out)
    assert Path("mine.html").stat().st_size < 10e6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent"], "absent: no config.yaml in it; name the folder of a run"),
        ([], "expected one run folder"),
        (["one", "two"], "expected one run folder"),
        (["--fast"], "flag '--fast' not found; did you mean '--out'?"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_the_folder_of_a_stage_is_answered_with_its_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", steps=1, rows=5)
    with pytest.raises(UserError, match=f"as in rlvr report {folder.path}$"):
        page.write(folder.path / "sft")


def test_a_file_of_another_kind_is_said_so(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", steps=1, rows=5)
    folder.summaries.write_text('{"same_tools": {"base": {}, "absent": {}}}')
    with pytest.raises(UserError, match="not what a run of this version writes"):
        page.write(folder.path)
    assert not folder.report.exists()
