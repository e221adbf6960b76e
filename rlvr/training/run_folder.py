"""What a run leaves on disk, and what of it a resumed run can build on.

config.yaml              the resolved configuration
provenance.json          for each start: command line, versions, commit, machine, hashes of the data
metrics.jsonl            every logged training metric and each evaluation
rollouts/grpo.jsonl      each prompt with its candidates and their rewards; grpo.parquet once the stage is done
evaluations/STAGE/SET.jsonl   what each policy did on each evaluation row
evaluation.json, table.txt    the summaries
report.html              all of it as one page
inputs.json              the sums of the rows and the versions that the run began with
trained_tools.json, tracking.json   which tools training rows offer; the tracker's ids of the run
STAGE/checkpoint-N/, STAGE/final/   checkpoints; the stage's policy, there once the stage is done. Each is whole: it got
                         its name when its manifest.json had been written, with the SHA-256 sums of its files
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rlvr.errors import UserError
from rlvr.files import JsonObject, Where, read_json, read_log
from rlvr.records.evaluated_row import EvaluatedRow

BASE = "base"
LOCK = ".lock"
SWEEP_LOG = "sweep.jsonl"
"""What came of each run of a sweep, beside the run folders."""

_SWEEP_FIELDS = {"run", "name", "options", "reward", "error", "is_pruned", "is_refused"}


@dataclass(frozen=True)
class RunFolder:
    """The places in a run's folder."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def inputs(self) -> Path:
        """The inputs that the run began with: the sums of its rows, and the versions of the libraries."""
        return self.path / "inputs.json"

    @property
    def metrics(self) -> Path:
        """Training metrics and evaluations, one JSON object a line."""
        return self.path / "metrics.jsonl"

    @property
    def summaries(self) -> Path:
        """Evaluation set -> stage -> summary."""
        return self.path / "evaluation.json"

    @property
    def table(self) -> Path:
        """The tables as they are printed."""
        return self.path / "table.txt"

    @property
    def report(self) -> Path:
        """The run as one page."""
        return self.path / "report.html"

    def rollouts(self, stage: str) -> Path:
        """Return a stage's prompts with their candidates, while it trains; `saved_rollouts.pack` is for when it is
        done."""
        return self.path / "rollouts" / f"{stage}.jsonl"

    def evaluation(self, stage: str, evaluation_set: str) -> Path:
        """Return what a stage's policy did on each row of a set; in a folder of `rlvr evaluate` there is one policy
        only.

        Raises:
            UserError: the names, which a file of the run may hold, lead out of the folder.
        """
        alone = self.path / f"{evaluation_set}.jsonl"
        is_alone = alone.is_file() and not (self.path / "evaluations").is_dir()
        path = alone if is_alone else self.path / "evaluations" / stage / f"{evaluation_set}.jsonl"
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise UserError(f"{self.summaries}: {evaluation_set!r:.80} of {stage!r:.80} leads out of the run folder")
        return path

    def stage(self, stage: str) -> Path:
        """Return a stage's checkpoints and final policy."""
        return self.path / stage

    def final(self, stage: str) -> Path:
        """Return a stage's policy; it exists once the stage is done."""
        return self.stage(stage) / "final"

    def mean_reward(self) -> float:
        """Return the last policy's mean reward, over the evaluation sets; 0 where nothing was evaluated."""
        if not self.summaries.is_file():
            return 0.0
        by_set = read_json(self.summaries).values()
        return fmean(list(by_stage.values())[-1]["reward"]["mean"] for by_stage in by_set)

    def rewards(self, stage: str, evaluation_set: str) -> dict[int, float]:
        """Return the rewards that a stage's policy earned on the rows of a set that could be scored, by their
        places."""
        return {row.index: row.reward for row in self.evaluated(stage, evaluation_set)}

    def evaluated(self, stage: str, evaluation_set: str) -> list[EvaluatedRow]:
        """Return what a stage's policy did on the rows of a set that could be scored."""
        path = self.evaluation(stage, evaluation_set)
        return [EvaluatedRow.from_json(record, Where(path)) for record in read_log(path)]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder where there is none, and hold it: within this no other process runs in it.

        Raises:
            UserError: another process holds it, or it cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise UserError(f"{self.path}: the run folder cannot be written: {error.strerror}") from None
        with os.fdopen(descriptor, "a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read(200).strip() or "another process"
                raise UserError(
                    f"{self.path}: {holder} is running in it; wait until it ends, or stop it first"
                ) from None
            except OSError:
                pass  # a file system without locks
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
            yield


_WANDB = "wandb"
_WANDB_RUNS = ("run-", "offline-run-")
"""Folders that W&B makes anew for each of its runs, with a link to its log below ~/.cache; nothing here uses them."""


def check_links(folder: Path) -> None:
    """Raise UserError where a link in a run's or a sweep's folder leads out of it: what is written would go there."""
    root = folder.resolve()
    for parent, folders, names in os.walk(folder):
        for path in (Path(parent, name) for name in (*folders, *names)):
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                raise UserError(
                    f"{path}: leads out of the folder, to {os.readlink(path)!r:.200}, and what is written to it would "
                    "go there; put what it leads to in its place"
                )
        if Path(parent).name == _WANDB:
            folders[:] = [name for name in folders if not name.startswith(_WANDB_RUNS)]


def sweep_records(log: Path) -> list[JsonObject]:
    """Return the records of a sweep's log, a run each; none where there is no such file.

    Raises:
        UserError: a line is none of a sweep's.
    """
    records = read_log(log)
    for record in records:
        if not isinstance(record, dict) or not record.keys() >= _SWEEP_FIELDS or not isinstance(record["run"], int):
            raise UserError(
                f"{log}: not what a sweep writes: {str(record)[:80]!r}; give this sweep a folder of its own"
            )
    return records
