"""A sweep on the command line: no run stops the others, none is run twice, and what they share is computed once."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from forked import forked

from rlvr.cli import main
from rlvr.commands import train
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import read_log
from rlvr.training import pruning


@pytest.fixture
def seeds_that_ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Stands in for training: seed 0 is stopped by a gate, seed 1 has a bug, others are done."""
    ran: list[int] = []

    def stand_in(config: Config) -> float:
        ran.append(config.seed)
        if config.seed == 0:
            raise UserError("stopped after grpo: it costs abstention")
        if config.seed == 1:
            raise ZeroDivisionError("a bug of one's own")
        return 0.5

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(train, "_train", stand_in)
    monkeypatch.setattr("rlvr.commands.sweep_report.report", lambda *_: sys.stdout.write("the table\n"))
    return ran


def test_a_sweep_goes_on_after_runs_that_failed(seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", "seed=0,1,2"]) == 1
    printed = capsys.readouterr()
    assert seeds_that_ran == [0, 1, 2]
    assert "run 0 (seed=0): stopped after grpo" in printed.err
    assert "ZeroDivisionError: a bug of one's own" in printed.err
    assert printed.err.splitlines()[-1] == "rlvr: error: 2 of 3 runs failed: 0 (seed=0), 1 (seed=1)"
    assert printed.out.splitlines()[-1] == "the table"


def test_a_sweep_of_runs_without_an_evaluation_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(train, "_train", lambda config: 0.0)
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 0
    assert "note: no report: runs/mine: 0 runs, none with an evaluation" in capsys.readouterr().out


def test_a_sweep_that_is_started_again_runs_what_failed_and_nothing_else(
    seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "-m", "seed=2,1,3", "run_dir=runs/a b"]) == 1
    assert main(["train", "-m", "seed=2,1,3", "run_dir=runs/a b"]) == 1
    assert seeds_that_ran == [2, 1, 3, 1]
    assert "sweep: run 2 with seed=3 is done" in capsys.readouterr().out
    rewards = {record["run"]: record["reward"] for record in read_log(Path("runs/a b/sweep.jsonl"))}
    assert rewards == {0: 0.5, 1: 0.0, 2: 0.5}


def test_a_folder_of_another_sweep_is_refused(seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 0
    assert main(["train", "-m", "seed=3,4", "run_dir=runs/mine"]) == 1
    said = "runs/mine/0 was run with seed=2 or other options; give this sweep a folder of its own with run_dir"
    assert said in capsys.readouterr().err
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 0
    assert seeds_that_ran == [2, 3]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('["run"]', "not what a sweep writes"),
        ('{"run": 0}', "not what a sweep writes"),
        (
            '{"run": {}, "name": 1, "options": 2, "reward": 3, "error": 4, "is_pruned": 5, "is_refused": 6}',
            "not what a",
        ),
        ("{]\n{}", "not JSON"),
    ],
)
def test_a_log_of_another_kind_is_said(
    line: str, said: str, seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("runs/mine").mkdir(parents=True)
    Path("runs/mine/sweep.jsonl").write_text(f"{line}\n")
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 2
    assert said in capsys.readouterr().err
    assert seeds_that_ran == []


def test_a_sweep_writes_nothing_through_a_link(
    seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    Path("runs/mine").mkdir(parents=True)
    Path("runs/mine/sweep.jsonl").symlink_to(victim)
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 2
    assert "sweep.jsonl: leads out of the folder" in capsys.readouterr().err
    assert victim.read_text() == "mine\n"


def test_a_reward_that_was_no_number_counts_as_nothing(seeds_that_ran: list[int]) -> None:
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 0
    log = Path("runs/mine/sweep.jsonl")
    log.write_text(log.read_text().replace('"reward": 0.5', '"reward": null'))
    assert main(["train", "-m", "seed=2,3", "run_dir=runs/mine"]) == 0
    assert seeds_that_ran == [2, 3]


@pytest.mark.parametrize("name", ["reward._target_", "seed"])
def test_a_search_runs_no_trial_that_it_would_not_draw(
    name: str, seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    optuna = pytest.importorskip("optuna")
    Path("runs/mine").mkdir(parents=True)
    pruning.open_study(Path("runs/mine")).ask({name: optuna.distributions.CategoricalDistribution(["os.system"])})
    search = ["train", "-m", "seed=choice(2,3)", "sweep=search", "run_dir=runs/mine", "hydra.sweeper.n_trials=1"]
    assert main(search) == 2
    assert f"trial 0 sets {name}='os.system', which this search does not draw" in capsys.readouterr().err
    Path("runs/mine/search.db").write_bytes(b"garbage " * 500)
    assert main(search) == 2
    assert "is not the study of a search" in capsys.readouterr().err
    assert seeds_that_ran == []


@pytest.mark.parametrize("option", ["+model.request.api_key=hunter2", "+model.request.user=sk-hunter2hunter2hunter2"])
@pytest.mark.parametrize(
    "sweep", [["-m", "seed=2,3"], ["seed=choice(2,3)", "sweep=search", "hydra.sweeper.n_trials=1"]]
)
def test_a_secret_among_a_sweep_s_options_is_not_stored(
    option: str, sweep: list[str], seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    if "sweep=search" in sweep:
        pytest.importorskip("optuna")
    assert main(["train", *sweep, option, "run_dir=runs/mine"]) in (1, 2)
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err
    stored = [path.read_bytes() for path in Path().rglob("*") if path.is_file()]
    assert not any(b"hunter2" in content for content in stored)
    assert seeds_that_ran == []


def test_a_key_that_does_not_exist_is_said_before_anything_runs(
    seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["train", "-m", "sed=2,3"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert seeds_that_ran == []
    assert list(tmp_path.iterdir()) == []


def small_sweep(policy: Path, folder: Path, *more: str) -> list[str]:
    """The options of runs of a second or two each."""
    return [
        *("train", "-m", f"run_dir={folder}", f"model.path={policy}", "tracking=none", "hardware=cpu", "gate=off"),
        *("reward={_target_: small_run.LetterE}", "pipeline=[sft]", "data=none", "hardware.threads=1"),
        *("data.train.five.synth=five_tools", "data.train.five.rows=8", "data.evaluation.unseen.synth=unseen_tools"),
        *("data.evaluation.unseen.split=held_out", "data.evaluation.unseen.rows=4", "evaluation.max_new_tokens=4"),
        *("evaluation.n_bootstrap=20", "sft.args={per_device_train_batch_size: 4, max_steps: 1}", *more),
    ]


def written_at(folder: Path, run: int) -> int:
    return (folder / str(run) / "metrics.jsonl").stat().st_mtime_ns


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_sweep_that_was_killed_goes_on_and_does_no_run_twice(
    launcher: str, random_policy: Path, tmp_path: Path
) -> None:
    n_runs = 4
    if launcher == "joblib":
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    folder = tmp_path / "sweep"
    choice = [] if launcher == "basic" else ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    arguments = small_sweep(random_policy, folder, f"seed={','.join(map(str, range(n_runs)))}", *choice)
    process = forked(tmp_path, main, arguments)
    while len(read_log(folder / "sweep.jsonl")) < 2:
        assert process.is_alive(), process.errors[-3000:]
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.end() == -signal.SIGKILL
    done = {record["run"]: written_at(folder, record["run"]) for record in read_log(folder / "sweep.jsonl")}
    again = forked(tmp_path, main, arguments)
    assert again.end() == 0, again.errors[-3000:]
    records = read_log(folder / "sweep.jsonl")
    assert sorted(record["run"] for record in records) == list(range(n_runs))
    assert {record["error"] for record in records} == {None}
    for number, before in done.items():
        assert written_at(folder, number) == before
    for number in range(n_runs):
        steps = [record["step"] for record in read_log(folder / str(number) / "metrics.jsonl") if "loss" in record]
        assert steps == [1]
    assert (folder / "report.html").is_file()


@pytest.mark.slow
def test_what_runs_have_in_common_is_computed_once(
    random_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "sweep"
    grpo = "training.args={max_steps: 1, per_device_train_batch_size: 4, num_generations: 4, max_completion_length: 4}"
    sweep = ["pipeline=[sft,grpo]", grpo, "training.args.learning_rate=1e-4,1e-3"]
    assert main(small_sweep(random_policy, folder, *sweep)) == 0
    printed = capsys.readouterr().out
    assert printed.count("training sft: 1/1") == 1
    assert printed.count("evaluating base on unseen: 4/4") == 1
    assert printed.count("evaluating grpo on unseen: 4/4") == 2
    assert f"taken from {folder / '0'}, whose options agree: the base's evaluation, SFT, its evaluation" in printed
    of_first, of_second = ((folder / str(n) / "evaluation.json").read_text() for n in range(2))
    assert json.loads(of_first)["unseen"]["sft"] == json.loads(of_second)["unseen"]["sft"]
    logged = [[r for r in read_log(folder / str(n) / "metrics.jsonl") if r["stage"] == "sft"] for n in range(2)]
    assert logged[0] == logged[1]
    assert (folder / "1" / "sft" / "final" / "model.safetensors").is_file()


def study_of(folder: Path) -> Any:
    optuna = pytest.importorskip("optuna")
    return optuna.load_study(study_name=pruning.NAME, storage=f"sqlite:///{folder / pruning.STUDY}")


@pytest.mark.slow
def test_a_search_tells_its_study_what_runs_earned_and_goes_on(random_policy: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    folder = tmp_path / "search"
    searched = ["seed=choice(1,2)", "sft.args.learning_rate=tag(log,interval(1e-5,1e-2))"]
    arguments = [*small_sweep(random_policy, folder, *searched), "sweep=search"]
    assert main([*arguments, "hydra.sweeper.n_trials=2"]) == 0
    study = study_of(folder)
    assert [trial.value for trial in study.trials] == [record["reward"] for record in read_log(folder / "sweep.jsonl")]
    study.ask(study.trials[0].distributions)  # a trial that a kill has left under way
    assert main([*arguments, "hydra.sweeper.n_trials=4"]) == 0
    study = study_of(folder)
    assert {trial.state.name for trial in study.trials} == {"COMPLETE"}
    assert [record["run"] for record in read_log(folder / "sweep.jsonl")] == [0, 1, 2, 3]
    rates = [trial.params["sft.args.learning_rate"] for trial in study.trials]
    assert len(set(rates)) == 4
    assert all(1e-5 <= rate <= 1e-2 for rate in rates)


def test_a_trial_below_the_median_of_the_others_ends_early(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    study = pruning.open_study(tmp_path)
    for _ in range(5):
        trial = study.ask()
        trial.report(0.5, 10)
        trial.report(0.5, 20)
        study.tell(trial, 0.6)
    study.ask()
    study.ask()
    pruning.report(tmp_path / "5", 10, 0.7)
    pruning.report(tmp_path / "5", 20, 0.4)  # its best counts
    with pytest.raises(pruning.PrunedError, match=r"pruned at step 10: the best that it has earned, 0\.400 now, is"):
        pruning.report(tmp_path / "6", 10, 0.4)
    pruning.report(tmp_path / "elsewhere" / "5", 20, 0.0)  # no search, nothing to end
