"""A command on the config that Hydra composes from `conf/` and the shell: once, or once for each run of a sweep."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode

from rlvr import config
from rlvr.commands import options_help
from rlvr.config import EvaluationConfig
from rlvr.errors import RunError, UserError, unknown
from rlvr.progress import standard_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omegaconf import DictConfig

    from rlvr.config import Config


def with_config(
    task: Callable[[Config], float | None], config_name: str, arguments: list[str], *, command: str = "train"
) -> None:
    """Run a task on the config that Hydra composes: once, or once for each combination of a sweep.

    Args:
        task: what to do with it; what it returns is what a search, such as Optuna's, makes as large as it can.
        config_name: the file of `conf/` that it is composed from.
        arguments: overrides and Hydra's flags; with --help the options are shown instead.
        command: whose help that is: train, evaluate or doctor.

    Raises:
        UserError: also for whatever Hydra could not compose; nothing has run then. A sweep goes on after a run that
            failed, and ends with how many did.
    """
    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data
    if {"-h", "--help"} & set(arguments):
        print(options_help.show(command, config.compose(_overrides(arguments), config_name=config_name)), end="")
        return
    mistakes: list[UserError | ModuleNotFoundError] = []
    sweep = _Sweep()
    has_started = False

    def run(composed: DictConfig) -> float | None:
        nonlocal has_started
        has_started = True
        if HydraConfig.get().mode is RunMode.MULTIRUN:
            return sweep.run(task, composed)
        try:
            return task(config.from_hydra(composed))
        except (UserError, ModuleNotFoundError) as error:  # kept back, since Hydra would add lines of its own
            mistakes.append(error)
            return None

    config.register()
    main_of = hydra.main(
        version_base=config.HYDRA_VERSION, config_path=str(config.config_folder()), config_name=config_name
    )
    try:
        with _as_process_arguments(["rlvr", *_checked(arguments, config_name)]):
            main_of(run)()
    except config.COMPOSITION_ERRORS as error:
        if has_started:
            raise
        raise config.explain(error) from error
    if mistakes:
        raise mistakes[0]
    sweep.finish()


@dataclass
class _Sweep:
    """The runs of a sweep: each in a folder of its own, and none of them stops those after it."""

    n_runs: int = 0
    failed: list[str] = field(default_factory=list)
    folder: Path | None = None

    def run(self, task: Callable[[Config], float | None], composed: DictConfig) -> float | None:
        """Run one; 0 for one that failed, so that a search goes on."""
        job = HydraConfig.get()
        name = " ".join(job.overrides.task) or "the defaults"
        print(f"sweep: run {job.job.num} with {name}")
        self.n_runs += 1
        try:
            one = config.from_hydra(composed)
            if not one.run_dir:
                self.folder = Path(job.runtime.output_dir).parent
                one = dataclasses.replace(one, run_dir=job.runtime.output_dir)
            return task(one)
        except (UserError, ModuleNotFoundError) as error:
            print(f"rlvr: error: run {job.job.num} ({name}): {error}", file=sys.stderr)
        except Exception:  # noqa: BLE001 - a bug in one run must not cost the others
            print(f"rlvr: error: run {job.job.num} ({name}) failed:\n{traceback.format_exc()}", file=sys.stderr)
        self.failed.append(f"{job.job.num} ({name})")
        return 0.0

    def finish(self) -> None:
        """Show what came of all runs.

        Raises:
            RunError: some of them failed.
        """
        if self.folder is not None and self.n_runs > len(self.failed):
            from rlvr.commands import compare

            compare.show_sweep(self.folder, EvaluationConfig.confidence, standard_console())
        if self.failed:
            raise RunError(f"{len(self.failed)} of {self.n_runs} runs failed: {', '.join(self.failed)}")


def _checked(arguments: list[str], config_name: str) -> list[str]:
    """Return the arguments in the order that Hydra's parser takes: every flag before the first override.

    Of a sweep, every combination is composed here, so that a mistake in the last shows before the first has run.

    Raises:
        UserError: a flag that does not exist, a combination that does not compose.
    """
    parser = get_args_parser()
    parsed, left_over = parser.parse_known_args(arguments)
    for argument in left_over:
        if argument.startswith("-"):
            name, _, value = argument.lstrip("-").partition("=")
            if argument.startswith("--") and (place := config.option_of(name)) is not None:
                after = arguments[arguments.index(argument) + 1 :]
                shown = value or next((text for text in after if not text.startswith("-")), "VALUE")
                raise UserError(f"flag {argument!r} not found; options are written without dashes: {place}={shown}")
            flags = [flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")]
            raise UserError(unknown("flag", argument, flags))
    overrides = [*parsed.overrides, *left_over]
    if parsed.multirun and not any(override.startswith("hydra/") for override in overrides):
        search = [f"hydra.searchpath=[{os.path.abspath(parsed.config_dir)}]"] if parsed.config_dir else []
        for batch in BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(overrides), None):
            for combination in batch:
                config.compose([*search, *combination], config_name=config_name)
    return [argument for argument in arguments if argument not in overrides] + overrides


def _overrides(arguments: list[str]) -> list[str]:
    parsed, left_over = get_args_parser().parse_known_args(arguments)
    return [*parsed.overrides, *(argument for argument in left_over if not argument.startswith("-"))]


def named_options() -> list[str]:
    """Return the dotted options that stand on the command line of the run under way, and its groups."""
    overrides = HydraConfig.get().overrides.task
    return [override.partition("=")[0].lstrip("+~") for override in overrides]


@contextlib.contextmanager
def _as_process_arguments(arguments: list[str]) -> Iterator[None]:
    """Hydra reads its arguments from the process, and exits on any exception unless told to let it through."""
    before, sys.argv = sys.argv, arguments
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = before
