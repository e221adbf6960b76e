"""A sweep's folder as one table: what was varied, means over seeds, and settings that make runs incomparable."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from rewards import Behavior
from rlvr import config
from rlvr.cli import main
from rlvr.evaluation import sweep
from rlvr.evaluation.metrics import Interval, Summary


def run_of(folder: Path, overrides: list[str], reward: float, base: float = 0.1) -> Path:
    """A run folder as training leaves it: its config and the summaries of base and GRPO."""
    folder.mkdir(parents=True)
    config.save(dataclasses.replace(config.compose(overrides), run_dir=str(folder)), folder / "config.yaml")

    def summary(mean: float) -> dict[str, object]:
        interval = Interval(mean, mean - 0.05, mean + 0.05, 100)
        by_behavior = {Behavior.EXECUTE: interval}
        return Summary(interval, interval, by_behavior, unscored=0, truncated=0, seconds=1.0).to_json()

    by_stage = {"base": summary(base), "grpo": summary(reward)}
    (folder / "evaluation.json").write_text(json.dumps({"mine": by_stage}))
    return folder


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Two learning rates, three seeds each."""
    number = 0
    for rate, rewards in (("1e-5", (0.30, 0.32, 0.34)), ("1e-4", (0.50, 0.60, 0.70))):
        for seed, reward in enumerate(rewards):
            run_of(tmp_path / "s" / str(number), [f"seed={seed}", f"training.args.learning_rate={rate}"], reward)
            number += 1
    return tmp_path / "s"


def test_runs_are_named_by_what_was_varied(seeds: Path) -> None:
    runs = sweep.runs_of(seeds)
    assert [run.name for run in runs] == ["0", "1", "2", "3", "4", "5"]
    assert sweep.differences(runs)[4] == {"seed": "1", "learning_rate": "0.0001"}


def test_means_over_seeds_have_students_interval(seeds: Path) -> None:
    base, high, low = sweep.outcomes(sweep.runs_of(seeds), 0.95)["mine"]
    assert (base.options, base.runs, base.reward.mean) == ("base", 6, 0.1)
    assert (low.options, low.runs, low.stage) == ("learning_rate=1e-05", 3, "grpo")
    assert low.reward.mean == pytest.approx(0.32)
    # s = 0.02 and t(0.975, 2) = 4.303, so that the margin is 4.303 * 0.02 / sqrt(3) = 0.0497
    assert low.reward.high - low.reward.mean == pytest.approx(0.0497, abs=1e-4)
    assert high.reward.mean == pytest.approx(0.6)
    # s = 0.1: 4.303 * 0.1 / sqrt(3) = 0.2484
    assert high.reward.mean - high.reward.low == pytest.approx(0.2484, abs=1e-4)


def test_compare_of_a_sweep_prints_its_table(seeds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(seeds)]) == 0
    printed = capsys.readouterr().out
    assert "mine: 6 runs, means with 95% intervals" in printed
    assert "learning_rate=0.0001" in printed
    assert "highest: learning_rate=0.0001, but its interval and that of learning_rate=1e-05 overlap" in " ".join(
        printed.split()
    )
    assert "note:" not in printed
    assert main(["compare", str(seeds), "--json"]) == 0
    assert [row["runs"] for row in json.loads(capsys.readouterr().out)["mine"]] == [6, 3, 3]


def test_other_evaluation_settings_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, tokens in enumerate((64, 48)):
        run_of(tmp_path / "s" / str(number), [f"evaluation.max_new_tokens={tokens}"], 0.5)
    assert main(["compare", str(tmp_path / "s")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "note: evaluated differently: evaluation.max_new_tokens is 64 in 0, 48 in 1" in said


def test_rewards_are_named_by_their_class(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / "s" / str(n), [f"reward={name}"], 0.5) for n, name in enumerate(("tiered", "binary"))]
    assert [options["reward"] for options in sweep.differences(runs)] == ["Tiered", "Binary"]


def test_a_number_that_a_search_has_drawn_is_short(tmp_path: Path) -> None:
    drawn = ("5.5332536888805154e-05", "7.180374727086954e-05", "0.00012345678901", "1e-05", "0.001")
    runs = [
        run_of(tmp_path / "s" / str(n), [f"training.args.learning_rate={rate}"], 0.5) for n, rate in enumerate(drawn)
    ]
    shown = [options["learning_rate"] for options in sweep.differences(runs)]
    assert shown == ["5.53325e-05", "7.18037e-05", "0.000123457", "1e-05", "0.001"]


def test_runs_that_all_earn_the_same_have_no_best(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2):
        run_of(tmp_path / "s" / str(number), [f"training.rows={number + 1}"], 0.0, base=0.0)
    assert main(["compare", str(tmp_path / "s")]) == 0
    assert "no best: all earn the same" in capsys.readouterr().out


def test_a_sweep_without_an_evaluation_is_a_users_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run_of(tmp_path / "s" / "0", [], 0.5) / "evaluation.json").unlink()
    assert main(["compare", str(tmp_path / "s")]) == 2
    assert "1 runs, none with an evaluation" in capsys.readouterr().err
