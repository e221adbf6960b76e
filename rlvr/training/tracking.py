"""Experiment tracking: the trainers report through their own callbacks, and the run adds what they do not know.

Of a run, MLflow gets a parent with the whole configuration, every evaluation and the files, and below it a child for
each stage, which the trainer's callback fills. trackio and W&B get one run for each stage, TensorBoard a folder.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import io
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from rlvr.config import flat
from rlvr.errors import UserError
from rlvr.files import read_json, write_json
from rlvr.progress import say
from rlvr.secret_values import masked
from rlvr.training.run_folder import BASE

if TYPE_CHECKING:
    from rich.console import Console
    from transformers import Trainer, TrainerCallback

    from rlvr.config import Config
    from rlvr.evaluation.metrics import Summary
    from rlvr.training.run_folder import RunFolder

LOCAL_STORE = Path("runs") / "mlflow.db"
"""Where MLflow keeps runs unless `tracking.uri` or MLFLOW_TRACKING_URI says otherwise."""

IDS = "tracking.json"
"""Where a run folder keeps MLflow's ids of its runs."""

LONGEST_LOCK_S = 10.0
"""How long another process may hold MLflow's local store before a run goes on without it."""

MOST_PARAM_CHARS = 500
LONGEST_REASON = 300
_IMPATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""Unless the person has set them: MLflow would wait minutes for a server that is gone, at every step."""

_STOCK = "_stock_log_metrics"

T = TypeVar("T")
_ARTIFACTS = ("metrics.jsonl", "evaluation.json", "table.txt")
_ARTIFACT_FOLDERS = ("evaluations", "rollouts")


def report_to(config: Config) -> str:
    """Return what the trainers report to: the chosen tracker where it is installed, else "none"."""
    return config.tracking.to if is_installed(config.tracking.to) else "none"


def check_installed(config: Config) -> None:
    """Raise UserError where a tracker other than the default one is not installed."""
    to = config.tracking.to
    if to not in ("none", "mlflow") and not is_installed(to):
        raise UserError(f"tracking: {to} is not installed; pip install {to}, or choose tracking=none")


@contextmanager
def tracked(config: Config, folder: RunFolder, console: Console) -> Iterator[Tracker]:
    """Track what runs inside the block; without the default tracker, say so in one line."""
    to = config.tracking.to
    if to == "mlflow" and not is_installed(to):
        say(
            console,
            "tracking: mlflow is not installed, so metrics.jsonl is all there is (pip install 'rlvr[mlflow]', "
            "or tracking=none)",
        )
    guard = Guard(console)
    tracker = guard.call(_TRACKERS[report_to(config)], config, folder, console)
    guarded = GuardedTracker(tracker or Tracker(config, folder, console), guard)
    status = "FAILED"
    try:
        yield guarded
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        guarded.finish(status)


class Guard:
    """Keeps a tracker from ending a run: its first failure is one line, and after that it is left alone."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.has_failed = False

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T | None:
        """Call a function of the tracker's; None where it fails, or an earlier one has failed."""
        if self.has_failed:
            return None
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever a store, a server or a library raises
            self.has_failed = True
            reason = masked(" ".join(str(error).split()))[:LONGEST_REASON]
            say(
                self.console,
                f"note: tracking has failed and is left out from here on: {type(error).__name__}: {reason}; the run "
                "goes on, and metrics.jsonl has everything",
            )
            return None


class Tracker:
    """Tracks nothing; the others override what they keep."""

    def __init__(self, config: Config, folder: RunFolder, console: Console) -> None:
        pass

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """Around the training of one stage."""
        yield

    def evaluation(self, stage: str, evaluation_set: str, summary: Summary) -> None:
        """Keep what a stage's policy reached on a set."""

    def while_training(self, metrics: dict[str, float], step: int) -> None:
        """Keep what an evaluation in the middle of a stage has found."""

    def finish(self, status: str) -> None:
        """The run is over; `status` is FINISHED, FAILED or KILLED."""

    def guard(self, trainer: Trainer) -> None:
        """Keep a tracker's own callback in a trainer from ending the training."""


class GuardedTracker(Tracker):
    """Another tracker, whose failures end nothing."""

    def __init__(self, tracker: Tracker, guard: Guard) -> None:
        self.tracker = tracker
        self.calls = guard

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """Around the training of one stage."""
        inner = self.tracker.stage(stage)
        self.calls.call(inner.__enter__)
        try:
            yield
        except BaseException as error:
            self.calls.call(inner.__exit__, type(error), error, error.__traceback__)
            raise
        self.calls.call(inner.__exit__, None, None, None)

    def evaluation(self, stage: str, evaluation_set: str, summary: Summary) -> None:
        """Keep what a stage's policy reached on a set."""
        self.calls.call(self.tracker.evaluation, stage, evaluation_set, summary)

    def while_training(self, metrics: dict[str, float], step: int) -> None:
        """Keep what an evaluation in the middle of a stage has found."""
        self.calls.call(self.tracker.while_training, metrics, step)

    def finish(self, status: str) -> None:
        """The run is over."""
        self.calls.call(self.tracker.finish, status)

    def guard(self, trainer: Trainer) -> None:
        """Call the trainer's callbacks of trackers through the guard."""
        callbacks = trainer.callback_handler.callbacks
        for place, callback in enumerate(callbacks):
            if type(callback).__module__.startswith("transformers.integrations"):
                callbacks[place] = _GuardedCallback(callback, self.calls)
        # TRL writes how long its parts take past all callbacks.
        from trl.extras.profiling import ProfilingContext

        stock = getattr(ProfilingContext, _STOCK, ProfilingContext._log_metrics)
        setattr(ProfilingContext, _STOCK, stock)
        ProfilingContext._log_metrics = lambda context, seconds: self.calls.call(stock, context, seconds)


class _GuardedCallback:
    """A tracker's callback in a trainer, whose failures end nothing."""

    def __init__(self, callback: TrainerCallback, guard: Guard) -> None:
        self.callback = callback
        self.calls = guard

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.callback, name)
        return partial(self.calls.call, value) if name.startswith("on_") else value


class MLflowTracker(Tracker):
    """One MLflow run for the whole, with a child for each stage; a resumed run goes on in the same ones."""

    def __init__(self, config: Config, folder: RunFolder, console: Console) -> None:
        for name, value in _IMPATIENCE.items():
            os.environ.setdefault(name, value)
        self.mlflow: Any = importlib.import_module("mlflow")
        quiet_mlflow()
        self.config = config
        self.folder = folder
        self.ids_path = folder.path / IDS
        self.ids: dict[str, str] = {}
        if self.ids_path.exists():
            self.ids = read_json(self.ids_path)
        uri = store_of(config)
        _check_unlocked(uri)
        self.mlflow.set_tracking_uri(uri)
        self.experiment = experiment_of(self.mlflow, config.tracking.project, uri)
        self.parent = self._start("run", folder.path.name, nested=False)
        quiet_mlflow()  # making a store sets the levels anew
        params = {key: value[:MOST_PARAM_CHARS] for key, value in flat(dataclasses.asdict(config)).items()}
        logged = self.mlflow.get_run(self.parent).data.params  # MLflow refuses others for a run that goes on
        self.mlflow.log_params(
            {**params, "run_folder": str(folder.path)[:MOST_PARAM_CHARS], **logged}, run_id=self.parent
        )
        self.mlflow.log_artifact(str(folder.config))
        say(console, f"tracking: mlflow, {masked(uri)} ({how_to_look(masked(uri))})")

    def _start(self, key: str, name: str, *, nested: bool) -> str:
        earlier = self.ids.get(key)
        if earlier is not None:
            try:
                self.mlflow.start_run(run_id=earlier, nested=nested)
                return earlier
            except self.mlflow.exceptions.MlflowException:
                pass  # the store of the interrupted run is gone
        active = self.mlflow.start_run(experiment_id=self.experiment, run_name=name, nested=nested)
        self.ids[key] = str(active.info.run_id)
        write_json(self.ids_path, self.ids)
        return self.ids[key]

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """A child run, into which the trainer's callback reports."""
        self._start(stage, f"{self.folder.path.name}-{stage}", nested=True)
        try:
            yield
        except GeneratorExit:  # the store has failed meanwhile, and is left alone
            raise
        except BaseException:
            self._end("FAILED")
            raise
        self._end("FINISHED")

    def _end(self, status: str) -> None:
        self.mlflow.flush_async_logging()
        self.mlflow.end_run(status)

    def evaluation(self, stage: str, evaluation_set: str, summary: Summary) -> None:
        """Metrics of the parent; the step is the stage's place in the pipeline, 0 for the base."""
        step = [BASE, *self.config.pipeline].index(stage)
        self.mlflow.log_metrics(metrics_of(evaluation_set, summary), step=step, run_id=self.parent)

    def while_training(self, metrics: dict[str, float], step: int) -> None:
        """Metrics of the stage's own run."""
        self.mlflow.log_metrics(metrics, step=step)

    def finish(self, status: str) -> None:
        """Add the files and end the parent."""
        for name in _ARTIFACTS:
            if (self.folder.path / name).is_file():
                self.mlflow.log_artifact(str(self.folder.path / name), run_id=self.parent)
        for name in _ARTIFACT_FOLDERS:
            if (self.folder.path / name).is_dir():
                self.mlflow.log_artifacts(str(self.folder.path / name), name, run_id=self.parent)
        self.mlflow.end_run(status)


class StageTracker(Tracker):
    """trackio or W&B: the trainer's callback opens a run for each stage; this adds the evaluation and closes it."""

    def __init__(self, config: Config, folder: RunFolder, console: Console) -> None:
        self.library: Any = importlib.import_module(config.tracking.to)
        self.is_open = False
        os.environ.setdefault("WANDB_PROJECT", config.tracking.project)
        os.environ.setdefault("WANDB_DIR", str(folder.path))

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """The callback opens the run; it stays open for the stage's evaluation."""
        self.finish("FINISHED")
        self.is_open = True
        yield

    def evaluation(self, stage: str, evaluation_set: str, summary: Summary) -> None:
        """Metrics of the stage's run; the base, which no trainer makes, has none."""
        if self.is_open:
            self.library.log(metrics_of(evaluation_set, summary))

    def while_training(self, metrics: dict[str, float], step: int) -> None:
        """Metrics of the stage's own run, beside what the trainer logs."""
        if self.is_open:
            self.library.log(metrics)

    def finish(self, status: str) -> None:
        """Close the run that is open."""
        if self.is_open:
            self.library.finish()
            self.is_open = False


class TrackioTracker(StageTracker):
    """trackio, whose callback closes the run when the training ends: it is opened once more for the evaluation."""

    def __init__(self, config: Config, folder: RunFolder, console: Console) -> None:
        super().__init__(config, folder, console)
        self.project, self.run = config.tracking.project, folder.path.name

    def evaluation(self, stage: str, evaluation_set: str, summary: Summary) -> None:
        """Metrics of the stage's run; the base, which no trainer makes, has none."""
        if not self.is_open:
            return
        with redirect_stdout(io.StringIO()):  # trackio greets each time
            self.library.init(project=self.project, name=f"{self.run}-{stage}", resume="allow")
            self.library.log(metrics_of(evaluation_set, summary))
            self.library.finish()

    def finish(self, status: str) -> None:
        """Close the run where a training has not come to its end."""
        if self.is_open and self.library.context_vars.current_run.get() is not None:
            self.library.finish()
        self.is_open = False


class TensorBoardTracker(Tracker):
    """TensorBoard: the trainer's callback writes a folder for each stage, and this one beside them for evaluations."""

    def __init__(self, config: Config, folder: RunFolder, console: Console) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.folder = folder.path / "tensorboard"
        self.places = [BASE, *config.pipeline]
        self.stage_in_training = BASE
        self.writer = SummaryWriter(str(self.folder / "evaluation"))
        say(console, f"tracking: tensorboard (to look at it: tensorboard --logdir {self.folder})")

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """Around the training of one stage, whose trainer is made within."""
        self.stage_in_training = stage
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(self.folder / stage)
        yield

    def evaluation(self, stage: str, evaluation_set: str, summary: Summary) -> None:
        """Metrics by the stage's place in the pipeline, 0 for the base."""
        self._write(metrics_of(evaluation_set, summary), self.places.index(stage))

    def while_training(self, metrics: dict[str, float], step: int) -> None:
        """Metrics by the stage's steps."""
        self._write({f"{self.stage_in_training}/{name}": value for name, value in metrics.items()}, step)

    def finish(self, status: str) -> None:
        """Close the logs."""
        self.writer.close()

    def _write(self, metrics: dict[str, float], step: int) -> None:
        for name, value in metrics.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()


_TRACKERS: dict[str, type[Tracker]] = {
    "none": Tracker,
    "mlflow": MLflowTracker,
    "trackio": TrackioTracker,
    "wandb": StageTracker,
    "tensorboard": TensorBoardTracker,
}


def keep_report(config: Config, folder: RunFolder, console: Console) -> None:
    """Add the report, which is written when a run has ended, to what MLflow keeps of the run."""
    ids_path = folder.path / IDS
    if report_to(config) != "mlflow" or not ids_path.exists():
        return

    def add() -> None:
        mlflow: Any = importlib.import_module("mlflow")
        _check_unlocked(store_of(config))
        mlflow.MlflowClient(store_of(config)).log_artifact(read_json(ids_path)["run"], str(folder.report))

    Guard(console).call(add)


def metrics_of(evaluation_set: str, summary: Summary) -> dict[str, float]:
    """An evaluation's means by name, such as `same_tools/reward` and `same_tools/behavior/clarify`."""
    metrics = {"reward": summary.reward.mean, "exact": summary.exact.mean, "truncated": float(summary.truncated)}
    for behavior, interval in summary.by_behavior.items():
        metrics[f"behavior/{behavior.value}"] = interval.mean
    for tier, share in summary.details.get("tiers", {}).items():
        metrics[f"tier/{tier}"] = share
    for name in ("functional", "fuzzy"):
        if summary.details.get(name):
            metrics[name] = summary.details[name]["mean"]
    return {f"{evaluation_set}/{name}": value for name, value in metrics.items()}


def how_to_look(uri: str) -> str:
    """Return the command that shows the store: what trains, mlflow-skinny, has no server of its own."""
    ui = f"mlflow ui --backend-store-uri {uri}"
    if importlib.util.find_spec("flask") is not None and importlib.util.find_spec("mlflow.server") is not None:
        return f"to look at it: {ui}"
    runner = next((runner for runner in ("uvx", "pipx run") if shutil.which(runner.split()[0])), None)
    return f"to look at it: {runner} {ui}" if runner else f"to look at it: pip install mlflow, then {ui}"


def _check_unlocked(uri: str) -> None:
    """Raise OperationalError where another process holds a local store: MLflow would ask again for minutes."""
    path = urlsplit(uri).path.removeprefix("/") if uri.startswith("sqlite:") else ""
    if not path or not Path(path).exists():
        return
    with closing(sqlite3.connect(path, timeout=LONGEST_LOCK_S)) as connection:
        connection.execute("BEGIN IMMEDIATE")


def experiment_of(client: Any, project: str, uri: str) -> str:
    """Return the id of a project's experiment in MLflow's store, made where there is none yet.

    Args:
        client: the module `mlflow`, or a client.
        project: its name.
        uri: the store; a local one keeps its files beside it.
    """
    experiment = client.get_experiment_by_name(project)
    if experiment is not None:
        return str(experiment.experiment_id)
    parts = urlsplit(uri)
    location = None
    if parts.scheme == "sqlite":
        location = (Path(parts.path.removeprefix("/")).resolve().parent / "mlartifacts").as_uri()
    return str(client.create_experiment(project, artifact_location=location))


def store_of(config: Config) -> str:
    """Return the address of MLflow's store: the run's, the environment's, or the local one."""
    named = config.tracking.uri or os.environ.get("MLFLOW_TRACKING_URI")
    if named:
        return named
    LOCAL_STORE.parent.mkdir(parents=True, exist_ok=True)
    # Whole, since MLflow keeps a store by its name for as long as the process lives, wherever that goes.
    return f"sqlite:///{LOCAL_STORE.resolve().as_posix()}"


def is_installed(name: str) -> bool:
    """Return whether a tracker can be imported."""
    return name != "none" and importlib.util.find_spec(name) is not None


def quiet_mlflow() -> None:
    """Silence what MLflow and its store log: what they say as they make a store is no news, and failures are raised."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
