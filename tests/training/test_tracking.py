"""Tracking with the real MLflow, into a store of its own."""

from __future__ import annotations

import gc
import importlib.util
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from forked import forked
from rich.console import Console
from small_run import run_tracked, small_run

from rlvr.config import Config, TrackingConfig, check
from rlvr.errors import UserError
from rlvr.files import read_log
from rlvr.training import pipeline, tracking
from rlvr.training.run_folder import RunFolder


@pytest.mark.slow
def test_mlflow_gets_the_run_its_stages_and_its_files(
    random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="mlflow is installed without what its sqlite store needs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    process = forked(tmp_path, run_tracked, "mlflow", random_policy)  # MLflow keeps a store while a process lives
    assert process.end() == 0, process.errors[-3000:]
    said = process.output
    assert "tracking has failed" not in said, said
    store = f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}"
    assert f"mlflow ui --backend-store-uri {store}" in said, said
    assert (tmp_path / "runs" / "mlflow.db").is_file()
    config = replace(small_run(random_policy, tmp_path / "run"), tracking=TrackingConfig(to="mlflow"))
    folder = RunFolder(tmp_path / "run")

    client = mlflow.MlflowClient(store)
    experiment = client.get_experiment_by_name("rlvr")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"run", "run-sft", "run-grpo"}
    assert {run.info.status for run in runs.values()} == {"FINISHED"}
    parent = runs["run"]
    assert runs["run-grpo"].data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert parent.data.params["training.args.max_steps"] == str(config.training.args["max_steps"])
    assert "learning_rate" in runs["run-grpo"].data.params

    logged = [r for r in read_log(folder.metrics) if r["stage"] == "grpo" and "reward" in r and "evaluation" not in r]
    history = client.get_metric_history(runs["run-grpo"].info.run_id, "reward")
    assert [(m.step, m.value) for m in history] == [(r["step"], pytest.approx(r["reward"])) for r in logged]
    assert runs["run-grpo"].data.metrics.keys() >= {
        "behavior/answer",
        "reward_components/share",
        "frac_reward_zero_std",
    }
    evaluated = [r["reward"]["mean"] for r in read_log(folder.metrics) if "evaluation" in r]
    history = client.get_metric_history(parent.info.run_id, "unseen/reward")
    assert [(m.step, m.value) for m in history] == list(enumerate(evaluated))
    names = {item.path for item in client.list_artifacts(parent.info.run_id)}
    assert names >= {"config.yaml", "metrics.jsonl", "evaluation.json", "table.txt", "evaluations", "rollouts"}

    folder.report.write_text("<html></html>")
    tracking.keep_report(config, folder, Console(file=io.StringIO(), width=200))
    assert "report.html" in {item.path for item in client.list_artifacts(parent.info.run_id)}


def test_a_store_that_another_process_holds_is_one_line_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow asks for it ten times, ever longer: 160 s."""
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(tracking, "LONGEST_LOCK_S", 0.1)
    store = tmp_path / "runs" / "mlflow.db"
    store.parent.mkdir()
    console = Console(file=io.StringIO(), width=200)
    config = Config(tracking=TrackingConfig(to="mlflow"))
    with closing(sqlite3.connect(store)) as holder:
        holder.execute("CREATE TABLE runs (id)")
        holder.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with tracking.tracked(config, RunFolder(tmp_path), console):
            pass
        assert time.monotonic() - began < 60
    (line,) = console.file.getvalue().splitlines()
    assert "tracking has failed and is left out from here on: OperationalError: database is locked" in line


def test_a_run_that_goes_on_is_tracked_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow refuses another value of a parameter, and `resume` has one."""
    pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="mlflow is installed without what its sqlite store needs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder, console = RunFolder(tmp_path), Console(file=io.StringIO(), width=200)
    folder.config.write_text("{}")
    config = Config(tracking=TrackingConfig(to="mlflow"))
    for resumed in (config, replace(config, resume=str(tmp_path))):
        with tracking.tracked(resumed, folder, console):
            pass
    assert "tracking has failed" not in console.file.getvalue()


@pytest.mark.parametrize(
    ("installed", "on_path", "said"),
    [
        (["flask", "mlflow.server"], [], "to look at it: mlflow ui --backend-store-uri sqlite:///x.db"),
        ([], ["pipx"], "to look at it: pipx run mlflow ui --backend-store-uri sqlite:///x.db"),
        ([], ["pipx", "uvx"], "to look at it: uvx mlflow ui --backend-store-uri sqlite:///x.db"),
        ([], [], "to look at it: pip install mlflow, then mlflow ui --backend-store-uri sqlite:///x.db"),
    ],
)
def test_how_to_look_at_a_store_is_a_command_that_is_there(
    installed: list[str], on_path: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: object() if name in installed else None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name in on_path else None)
    assert tracking.how_to_look("sqlite:///x.db") == said


@pytest.mark.slow
def test_tensorboard_gets_a_folder_of_each_stage_and_of_evaluations(
    random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    config = replace(small_run(random_policy, tmp_path / "run"), tracking=TrackingConfig(to="tensorboard"))
    console = Console(file=io.StringIO(), width=200)
    folder = RunFolder(pipeline.run(config, console))
    logs = {}
    for name in ("sft", "grpo", "evaluation"):
        logs[name] = EventAccumulator(str(folder.path / "tensorboard" / name))
        logs[name].Reload()
    assert len(logs["sft"].Scalars("train/loss")) == 2
    assert len(logs["grpo"].Scalars("train/reward")) == 2
    assert [event.step for event in logs["evaluation"].Scalars("unseen/reward")] == [0, 1, 2]
    assert f"tensorboard --logdir {folder.path / 'tensorboard'}" in console.file.getvalue()


@pytest.mark.slow
def test_wandb_gets_each_stage_with_its_evaluation(
    random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.delenv("WANDB_DIR", raising=False)
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    config = replace(small_run(random_policy, tmp_path / "run"), tracking=TrackingConfig(to="wandb"), pipeline=["sft"])
    folder = RunFolder(pipeline.run(config, Console(file=io.StringIO(), width=200)))
    (stored,) = (tmp_path / "run" / "wandb").glob("offline-run-*/run-*.wandb")
    content = stored.read_bytes()
    assert b"unseen/reward" in content
    assert b"run-sft" in content
    assert wandb.run is None
    assert read_log(folder.metrics)


@pytest.mark.slow
def test_trackio_gets_each_stage_with_its_evaluation(random_policy: Path, tmp_path: Path) -> None:
    """Its callback closes a stage's run before the stage is evaluated. Where its store is it reads once, on import."""
    if importlib.util.find_spec("trackio") is None:
        pytest.skip("trackio is not installed")
    tests = Path(__file__).parents[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)]),
        "TRACKIO_DIR": str(tmp_path / "trackio"),
    }
    run = "from pathlib import Path; from small_run import run_tracked; run_tracked('trackio', Path({policy!r}))"
    command = [sys.executable, "-c", run.format(policy=str(random_policy))]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "tracking has failed" not in done.stdout, done.stdout
    with closing(sqlite3.connect(tmp_path / "trackio" / "rlvr.db")) as store:
        logged = [(run, json.loads(metrics)) for run, metrics in store.execute("SELECT run_name, metrics FROM metrics")]
    for stage, trained in (("run-sft", "train/loss"), ("run-grpo", "train/reward")):
        names = {name for run, metrics in logged if run == stage for name in metrics}
        assert names >= {trained, "unseen/reward", "unseen/exact"}


@pytest.mark.parametrize(("to", "raises"), [("mlflow", False), ("wandb", True)])
def test_a_tracker_that_is_not_installed(
    to: str, raises: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == to else find(name, *rest))
    config = Config(tracking=TrackingConfig(to=to))
    assert tracking.report_to(config) == "none"
    console = Console(file=io.StringIO(), width=200)
    if raises:
        with pytest.raises(UserError, match="wandb is not installed; pip install wandb, or choose tracking=none"):
            tracking.check_installed(config)
        return
    tracking.check_installed(config)
    with tracking.tracked(config, RunFolder(tmp_path), console):
        pass
    said = console.file.getvalue()
    assert said.count("\n") == 1
    assert "mlflow is not installed, so metrics.jsonl is all there is (pip install 'rlvr[mlflow]'" in said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            replace(Config(), tracking=TrackingConfig(uri="postgresql://me:secret@host/db")),
            "MLFLOW_TRACKING_URI",
        ),
        (replace(Config(), tracking=TrackingConfig(to="mflow")), "did you mean 'mlflow'"),
        (
            replace(Config(), model=replace(Config().model, request={"api_key": "secret"})),
            "model.request.api_key: a run",
        ),
        (replace(Config(), training=replace(Config().training, args={"hub_token": "secret"})), "such as HF_TOKEN"),
    ],
    ids=["password", "name", "request", "hub"],
)
def test_secrets_and_unknown_trackers_are_refused(config: Config, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        check(config)
    assert "secret@" not in str(error.value)


def test_options_are_flat() -> None:
    nested = {"a": 1, "b": {"c": [1, 2], "d": {}}, "e": {"f": {"g": None}}}
    assert tracking.flat(nested) == {"a": "1", "b.c": "[1, 2]", "b.d": "{}", "e.f.g": "None"}


def test_a_store_that_has_failed_is_left_alone_at_the_end_of_a_stage_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was entered and is never left is closed by Python, which would show a traceback."""

    class Gone:
        def __getattr__(self, name: str) -> None:
            raise OSError("the store is gone")

    inner = object.__new__(tracking.MLflowTracker)
    inner._start = lambda *_, **__: "run"  # type: ignore[method-assign]
    inner.folder, inner.mlflow = RunFolder(Path("run")), Gone()
    shown: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)
    console = Console(file=io.StringIO(), width=400)
    guard = tracking.Guard(console)
    guarded = tracking.GuardedTracker(inner, guard)
    with guarded.stage("sft"):
        guarded.evaluation("sft", "mine", None)  # type: ignore[arg-type]
    gc.collect()
    assert guard.has_failed
    assert console.file.getvalue().count("tracking has failed") == 1
    assert shown == []
