"""Ending a trial of a search early, where its best so far is less than half of the others had at the same step.

The runs of a search have its study beside them. Each reports the mean reward of the evaluations while it trains
(`evaluation.every`); Optuna's median rule, after five finished trials, says which go on.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from rlvr.errors import RunError, UserError

STUDY = "search.db"
NAME = "rlvr"


class PrunedError(RunError):
    """A trial that is not worth its time any more."""

    def __init__(self, step: int, reward: float) -> None:
        super().__init__(step, reward)
        self.step = step
        self.reward = reward

    def __str__(self) -> str:
        now = f"{self.reward:.3f} now"
        return f"pruned at step {self.step}: the best that it has earned, {now}, is below the median of those before"


def optuna() -> Any:
    """Return the library.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module("optuna")
    except ModuleNotFoundError:
        raise UserError("sweep=search needs optuna, which is not installed: pip install 'rlvr[sweep]'") from None


def state(name: str) -> Any:
    """Return how a trial ended, as Optuna has it."""
    return optuna().trial.TrialState[name]


def open_study(folder: Path, seed: int | None = None) -> Any:
    """Return the study of a sweep's folder; it is made where there is none.

    Raises:
        UserError: Optuna is not installed, or the file is none of its.
    """
    library = optuna()
    library.logging.set_verbosity(library.logging.WARNING)
    try:
        study = library.create_study(
            study_name=NAME,
            storage=f"sqlite:///{folder.resolve() / STUDY}",
            direction="maximize",
            pruner=library.pruners.MedianPruner(),
            load_if_exists=True,
        )
    except importlib.import_module("sqlalchemy.exc").SQLAlchemyError as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(f"{folder / STUDY}: is not the study of a search, or cannot be read: {reason}") from None
    # With the seed alone, a search that goes on would draw its first trials once more.
    study.sampler = library.samplers.TPESampler(seed=None if seed is None else seed + len(study.trials))
    return study


def report(run: Path, step: int, reward: float) -> None:
    """Report what a run has earned so far; nothing where it is no trial of a search.

    Raises:
        PrunedError: it is to end here.
    """
    if not (run.parent / STUDY).is_file() or not run.name.isdigit():
        return
    study = open_study(run.parent)
    of_run = study.get_trials(deepcopy=False)[int(run.name)]
    trial = optuna().trial.Trial(study, of_run._trial_id)
    trial.report(reward, step)
    if trial.should_prune():
        raise PrunedError(step, reward)
