"""A command on the config that Hydra composes from `conf/` and the shell: once, or once for each run of a sweep."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from typing import TYPE_CHECKING

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode

from rlvr import config
from rlvr.commands import options_help
from rlvr.errors import UserError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omegaconf import DictConfig

    from rlvr.config import Config


def with_config(
    task: Callable[[Config], None], config_name: str, arguments: list[str], *, command: str = "train"
) -> None:
    """Run a task on the config that Hydra composes: once, or once for each combination of a sweep.

    Args:
        task: what to do with it.
        config_name: the file of `conf/` that it is composed from.
        arguments: overrides and Hydra's flags; with --help the options are shown instead.
        command: whose help that is: train, evaluate or doctor.

    Raises:
        UserError: also for whatever Hydra could not compose; nothing has run then. A sweep ends at its first.
    """
    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data
    if {"-h", "--help"} & set(arguments):
        print(options_help.show(command, config.compose(_overrides(arguments), config_name=config_name)), end="")
        return
    mistakes: list[UserError | ModuleNotFoundError] = []
    has_started = False

    def run(composed: DictConfig) -> None:
        nonlocal has_started
        has_started = True
        if mistakes:
            return
        try:
            task(_in_its_folder(config.from_hydra(composed)))
        except (UserError, ModuleNotFoundError) as error:  # kept back, since Hydra would add lines of its own
            mistakes.append(error)

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


def _checked(arguments: list[str], config_name: str) -> list[str]:
    """The arguments in the order that Hydra's parser takes: every flag before the first override.

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


def _in_its_folder(config: Config) -> Config:
    """In a sweep, the config with a run folder of its own inside the sweep's."""
    job = HydraConfig.get()
    if job.mode is not RunMode.MULTIRUN:
        return config
    print(f"sweep: run {job.job.num} with {' '.join(job.overrides.task) or 'the defaults'}")
    return config if config.run_dir else dataclasses.replace(config, run_dir=job.runtime.output_dir)


@contextlib.contextmanager
def _as_process_arguments(arguments: list[str]) -> Iterator[None]:
    """Hydra reads its arguments from the process, and exits on any exception unless told to let it through."""
    before, sys.argv = sys.argv, arguments
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = before
