"""A command on the config that Hydra composes from `conf/` and the shell: once, or once for each run of a sweep."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from rlvr import config
from rlvr.commands import options_help, search
from rlvr.commands.sweeping import Sweep
from rlvr.config import Config
from rlvr.errors import UserError, unknown


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
    arguments = _checked(arguments, config_name)
    overrides, composed = _composition(arguments, config_name)
    if _is_plain_run(arguments, overrides, composed):
        with _as_process_arguments(["rlvr", *arguments]), _as_hydra_s_own(composed):
            task(config.from_hydra(OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])))
        return
    mistakes: list[UserError | ModuleNotFoundError] = []
    has_started = False
    sweep = _sweep_of(arguments, overrides, composed, resumes=command == "train")

    def run(composed: DictConfig) -> float | None:
        nonlocal has_started
        has_started = True
        if sweep is not None:
            # A launcher may run this in another process, where the library is not in the place of a user's rewards.py.
            sys.modules["rewards"] = importlib.import_module("rlvr.rewards")
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
    if sweep is not None:
        search.register()
        sweep.begin()
        arguments = [*arguments, f"hydra.sweep.dir={config.quoted(str(sweep.folder))}"]
    try:
        with _as_process_arguments(["rlvr", *arguments]):
            main_of(run)()
    except config.COMPOSITION_ERRORS as error:
        if has_started:
            raise
        raise config.explain(error) from error
    if mistakes:
        raise mistakes[0]
    if sweep is not None:
        sweep.finish()


def _composition(arguments: list[str], config_name: str) -> tuple[list[Override], DictConfig]:
    """Return the overrides among the arguments, and what those of them compose that vary nothing."""
    parsed, left_over = get_args_parser().parse_known_args(arguments)
    search = [f"hydra.searchpath=[{os.path.abspath(parsed.config_dir)}]"] if parsed.config_dir else []
    try:
        overrides = OverridesParser.create().parse_overrides([*search, *parsed.overrides, *left_over])
        plain = [str(override.input_line) for override in overrides if not override.is_sweep_override()]
        return overrides, config.compose_with_hydra(plain, config_name=config_name)
    except config.COMPOSITION_ERRORS as error:
        raise config.explain(error) from error


def _is_plain_run(arguments: list[str], overrides: list[Override], composed: DictConfig) -> bool:
    """Tell whether there is one run and nothing for Hydra to do, which would compose it twice more."""
    if composed.hydra.mode is RunMode.MULTIRUN or any(argument.startswith("-") for argument in arguments):
        return False
    return not any(
        override.is_sweep_override() or override.get_key_element().lstrip("+~").startswith("hydra")
        for override in overrides
    )


@contextlib.contextmanager
def _as_hydra_s_own(composed: DictConfig) -> Iterator[None]:
    """Let what a run asks Hydra about itself be answered from its config."""
    running = HydraConfig.instance()
    outer = running.cfg
    running.set_config(composed)
    try:
        yield
    finally:
        running.cfg = outer


def _sweep_of(arguments: list[str], overrides: list[Override], composed: DictConfig, *, resumes: bool) -> Sweep | None:
    """Return the sweep that the arguments ask for, with -m or by a choice such as sweep=seeds; None for one run.

    Its folder is `run_dir`, or the one that Hydra would make.
    """
    parsed, _ = get_args_parser().parse_known_args(arguments)
    if not parsed.multirun and composed.hydra.mode is not RunMode.MULTIRUN:
        return None
    varied = [override.get_key_element().lstrip("+~") for override in overrides if override.is_sweep_override()]
    of_choice = composed.hydra.sweeper.get("params") or {}
    return Sweep(Path(composed.run_dir or composed.hydra.sweep.dir), resumes, (*varied, *map(str, of_choice)))


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
            raise _no_such_flag(argument, arguments, parser)
    as_typed = [*parsed.overrides, *left_over]
    overrides = list(map(config.quoted_where_needed, as_typed))
    if parsed.multirun:
        _compose_each(overrides, parsed.config_dir, config_name)
    return [argument for argument in arguments if argument not in as_typed] + overrides


def _no_such_flag(argument: str, arguments: list[str], parser: ArgumentParser) -> UserError:
    """Return the error of a flag that does not exist, which may be an option with dashes before it."""
    name, _, value = argument.lstrip("-").partition("=")
    place = config.option_of(name)
    if place is None or not argument.startswith("--"):
        flags = chain.from_iterable(action.option_strings for action in parser._actions)
        return UserError(unknown("flag", argument, [flag for flag in flags if flag.startswith("--")]))
    after = arguments[arguments.index(argument) + 1 :]
    shown = value or next((text for text in after if not text.startswith("-")), "VALUE")
    return UserError(f"flag {argument!r} not found; options are written without dashes: {place}={shown}")


def _compose_each(overrides: list[str], config_folder: str | None, config_name: str) -> None:
    """Compose every combination of a sweep; what a search draws from has none."""
    parsed = OverridesParser.create().parse_overrides(overrides)
    listed = [each for each in parsed if not each.is_sweep_override() or each.is_discrete_sweep()]
    search_path = []
    if config_folder:
        search_path.append(f"hydra.searchpath=[{os.path.abspath(config_folder)}]")
    for combination in chain.from_iterable(BasicSweeper.split_arguments(listed, None)):
        config.compose([*search_path, *combination], config_name=config_name)


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
