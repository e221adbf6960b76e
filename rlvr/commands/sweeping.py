"""The runs of a sweep: each in a folder of its own, none stops those after it, and none is run twice.

What came of each run is a line of `sweep.jsonl` in the sweep's folder, since launchers run them in other processes.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from rlvr import config as configuration
from rlvr.config import Config, EvaluationConfig
from rlvr.errors import RunError, UserError
from rlvr.files import append_log, trim_log
from rlvr.progress import say, standard_console
from rlvr.secret_values import MASK, is_secret_name, masked
from rlvr.training.pruning import PrunedError
from rlvr.training.run_folder import SWEEP_LOG, check_links, sweep_records

_WHERE = ("run_dir", "hydra.sweep.dir")
"""Options that say where a run writes, not what it is."""


@dataclass(frozen=True)
class Sweep:
    """The folder of a sweep, whose runs are numbered folders in it.

    Args:
        folder: where.
        resumes: whether a run that was begun is gone on with, as a training is; else it is run anew.
        varied: options that are not the same in all runs, which name a run.
    """

    folder: Path
    resumes: bool
    varied: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """Return what came of the runs, a line for each try."""
        return self.folder / SWEEP_LOG

    def begin(self) -> None:
        """Make the folder, and say how to go on with it.

        Raises:
            UserError: it cannot be made, leads elsewhere, or holds another kind of log.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            check_links(self.folder)
            self.log.touch()
            sweep_records(self.log)
            trim_log(self.log, lambda record: not record["is_refused"])
        except OSError as error:
            raise UserError(f"{self.folder}: the sweep's folder cannot be written: {error.strerror}") from None
        line = f"sweep: {self.folder}; stopped, it goes on with the same command and run_dir={self.folder}"
        say(standard_console(), line)

    def outcomes(self) -> dict[int, dict[str, Any]]:
        """Return the last line of each run: what it was, its `reward`, its `error` or None, whether it `is_pruned`."""
        return {record["run"]: record for record in sweep_records(self.log) if not record["is_refused"]}

    def run(self, task: Callable[[Config], float | None], composed: DictConfig) -> float:
        """Run one, or take what an earlier sweep in this folder made of it; 0 for one that failed."""
        job = HydraConfig.get()
        number = int(job.job.num)
        options = [_shown(override) for override in job.overrides.task if _key(override) not in _WHERE]
        name = " ".join(override for override in options if _key(override) in self.varied) or "the defaults"
        note = functools.partial(self._note, number, name, options)
        earlier = self.outcomes().get(number)
        if earlier is not None and earlier["options"] != options:
            return note(
                error=f"{self.folder / str(number)} was run with {earlier['name']} or other options; give this sweep a "
                "folder of its own with run_dir",
                is_refused=True,
            )
        if earlier is not None and earlier["error"] is None:
            print(f"sweep: run {number} with {name} is done")
            return float(earlier["reward"] or 0.0)
        print(f"sweep: run {number} with {name}")
        try:
            reward = task(self._config(number, composed))
        except PrunedError as pruned:
            print(f"sweep: run {number} ({name}): {pruned}")
            return note(reward=pruned.reward, is_pruned=True)
        except (UserError, ModuleNotFoundError) as error:
            return note(error=str(error))
        except Exception:  # noqa: BLE001 - a bug in one run must not cost the others
            return note(error=f"failed:\n{traceback.format_exc()}")
        return note(reward=float(reward or 0.0))

    def _config(self, number: int, composed: DictConfig) -> Config:
        folder = self.folder / str(number)
        config = configuration.from_hydra(composed)
        if self.resumes and (folder / "config.yaml").is_file():
            return dataclasses.replace(config, run_dir=None, resume=str(folder))
        return dataclasses.replace(config, run_dir=str(folder))

    def _note(
        self,
        number: int,
        name: str,
        options: list[str],
        *,
        reward: float = 0.0,
        error: str | None = None,
        is_pruned: bool = False,
        is_refused: bool = False,
    ) -> float:
        """Write down what came of a run, say why where it failed, and return its reward."""
        if error is not None:
            print(f"rlvr: error: run {number} ({name}): {error}", file=sys.stderr)
        record = {"run": number, "name": name, "options": options, "reward": reward, "error": error}
        append_log(self.log, [{**record, "is_pruned": is_pruned, "is_refused": is_refused}])
        return reward

    def finish(self) -> None:
        """Show what came of all runs.

        Raises:
            RunError: some of them failed.
        """
        last = {record["run"]: record for record in sweep_records(self.log)}
        failed = [record for record in last.values() if record["error"] is not None]
        if len(failed) < len(last):
            from rlvr.commands import sweep_report

            try:
                sweep_report.report(self.folder, None, EvaluationConfig.confidence)
            except UserError as error:  # runs without an evaluation are runs all the same
                say(standard_console(), f"note: no report: {error}")
        if failed:
            said = ", ".join(f"{record['run']} ({record['name']})" for record in failed)
            raise RunError(f"{len(failed)} of {len(last)} runs failed: {said}")


def _shown(override: str) -> str:
    """Return an override without the secret that a person may have put there: it will be refused, and is logged."""
    name = override.partition("=")[0]
    return f"{name}={MASK}" if is_secret_name(name) else masked(override)


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")
