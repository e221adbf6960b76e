"""A search over options with Optuna: `rlvr train sweep=search`, a sweeper of Hydra's.

Hydra's own plugin asks for Optuna below 3 in its stable release, and for a Hydra that is not released in its next one.
What has been tried is kept in the sweep's folder, so that a search that was killed goes on: trials under way are gone
on with, and none is run twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from rlvr.commands.sweeping import Sweep
from rlvr.config import SEARCH
from rlvr.errors import UserError
from rlvr.training import pruning


def register() -> None:
    """Let Hydra find the search."""
    Plugins.instance().class_name_to_class[SEARCH["_target_"]] = Search


class Search(Sweeper):
    """Asks Optuna for options, runs them, and tells it what they earned; as many as `n_trials`.

    Args:
        max_batch_size: trials at once, for launchers that run several; None is 1.
        params: option -> what to search: `tag(log,interval(1e-6,1e-4))`, `choice(4,8)`, `range(1,5)`.
        n_trials: in all, those of an earlier start in this folder counted.
        seed: of the search.
    """

    def __init__(self, max_batch_size: int | None, params: dict[str, str] | None, n_trials: int, seed: int) -> None:
        self.at_once = max_batch_size or 1
        self.params = dict(params or {})
        self.n_trials = n_trials
        self.seed = seed

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what Hydra hands to a sweeper."""
        self.job_launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )
        self.parser = OverridesParser.create(config_loader=hydra_context.config_loader)
        self.folder = Path(str(config.hydra.sweep.dir))

    def sweep(self, arguments: list[str]) -> None:
        """Search.

        Raises:
            UserError: Optuna is not installed, nothing is to be searched, or the folder holds another search.
        """
        if self.n_trials < 1:
            raise UserError(f"hydra.sweeper.n_trials: {self.n_trials} is less than 1")
        texts = [f"{name}={value}" for name, value in self.params.items()]
        overrides = {each.get_key_element(): each for each in self.parser.parse_overrides([*texts, *arguments])}
        searched = {name: _distribution(each) for name, each in overrides.items() if each.is_sweep_override()}
        if not searched:
            raise UserError("sweep=search: nothing to search; give an option as option=interval(1e-6,1e-4) or a,b,c")
        fixed = [str(each.input_line) for each in overrides.values() if not each.is_sweep_override()]
        study = pruning.open_study(self.folder, seed=self.seed)
        for trial in study.get_trials():
            if not trial.state.is_finished():
                self._check_drawn(trial, searched)
                self._run(study, [(trial.number, trial.params)], fixed)
        while (n_left := self.n_trials - len(study.trials)) > 0:
            asked = [study.ask(searched) for _ in range(min(self.at_once, n_left))]
            self._run(study, [(trial.number, trial.params) for trial in asked], fixed)

    def _check_drawn(self, trial: Any, searched: dict[str, Any]) -> None:
        """Raise UserError where this search would not draw what a stored trial sets: the folder may be a stranger's."""
        for name, value in trial.params.items():
            kind = searched.get(name)
            if kind is None or not _is_drawn(kind, value):
                raise UserError(
                    f"{self.folder / pruning.STUDY}: trial {trial.number} sets {name}={value!r:.80}, which this search "
                    "does not draw; give it a folder of its own with run_dir"
                )

    def _run(self, study: Any, trials: Sequence[tuple[int, dict[str, Any]]], fixed: list[str]) -> None:
        """Run trials that follow each other, and tell the study what they earned."""
        jobs = [[*fixed, *(f"{name}={value}" for name, value in params.items())] for _, params in trials]
        self.job_launcher.launch(jobs, initial_job_idx=trials[0][0])
        outcomes = Sweep(self.folder, resumes=True).outcomes()
        for number, _ in trials:
            outcome = outcomes[number]
            if outcome["is_pruned"]:
                study.tell(number, state=pruning.state("PRUNED"))
            elif outcome["error"] is not None:
                study.tell(number, state=pruning.state("FAIL"))
            else:
                study.tell(number, outcome["reward"])


def _is_drawn(distribution: Any, value: Any) -> bool:
    try:
        return bool(distribution._contains(distribution.to_internal_repr(value)))
    except (TypeError, ValueError):
        return False


def _distribution(override: Override) -> Any:
    """Return what Optuna draws an option from.

    Raises:
        UserError: a form that is not searched, or Optuna is not installed.
    """
    optuna = pruning.optuna()
    value = override.value()
    if isinstance(value, IntervalSweep):
        is_whole = isinstance(value.start, int) and isinstance(value.end, int)
        kind = optuna.distributions.IntDistribution if is_whole else optuna.distributions.FloatDistribution
        return kind(value.start, value.end, log="log" in value.tags)
    if isinstance(value, RangeSweep) and isinstance(value.start, int) and isinstance(value.step, int):
        return optuna.distributions.IntDistribution(value.start, int(value.stop or 0) - 1, step=value.step)
    if isinstance(value, ChoiceSweep):
        return optuna.distributions.CategoricalDistribution(list(override.sweep_string_iterator()))
    raise UserError(f"{override.input_line}: a search draws from interval(a,b), range(a,b) or choice(a,b,c)")
