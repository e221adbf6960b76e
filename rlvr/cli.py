"""The command line: `rlvr COMMAND [option=value ...]`. What is slow to import waits for the command that needs it.

Exit codes: 0 done, 1 failed (with a traceback), 2 a user's mistake (one line on standard error), 130 interrupted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rlvr
from rlvr.errors import UserError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from omegaconf import DictConfig

    from rlvr.config import Config

HELP_FLAGS = ("-h", "--help")

SYNTH_HELP = """\
usage: rlvr data synth [out=FOLDER] [seed=N]

Write the generated data set: train.jsonl, and the held-out same_tools.jsonl and unseen_tools.jsonl.
The same seed gives the same files, byte for byte.

  out    where to write  (default: {out})
  seed   which rows      (default: {seed})
"""

TRY_HELP = """\
usage: rlvr reward try --completion TEXT --ground-truth TRUTH [--tools TOOLS]
       rlvr reward try --rows FILE [--row LINE [--completion TEXT]]
       rlvr reward try --run FOLDER

Score completions that exist already, and say why, tier by tier.

  --completion TEXT      what the model wrote; - reads it from standard input
  --ground-truth TRUTH   a JSON list of calls, a text, or the JSON of a reward_model
  --tools TOOLS          the JSON of a list of tools
  --rows FILE            a JSONL file of rows, each with a "completion", or of saved rollouts
  --row LINE             one line of that file, from 1
  --run FOLDER           a run, whose saved rollouts are scored again
  --json                 print JSON
  reward=CHOICE reward.OPTION=VALUE   the reward, as every command takes it (default: reward=tiered)
"""


@dataclass(frozen=True)
class SynthOptions:
    """What `rlvr data synth` takes."""

    out: str = "data"
    seed: int = 0


@dataclass(frozen=True)
class Command:
    """One command: the line that `rlvr --help` shows, and what runs with the arguments after its name."""

    summary: str
    run: Callable[[list[str]], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows `rlvr` on the command line; None takes them from the process.

    Returns:
        The exit code: 0, 2 for a user's mistake, 130 after Ctrl-C. Any other exception propagates.
    """
    try:
        _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except UserError as error:
        print(f"rlvr: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more as it exits
        return 1
    return 0


def _reader_is_gone() -> bool:
    """Whether what read standard output has ended, as after `rlvr train --help | head`."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _dispatch(arguments: list[str]) -> None:
    """Find the command at the front of the arguments: one word, or two where commands share a first word."""
    if not arguments or arguments[0] in HELP_FLAGS:
        print(_help(COMMANDS))
        return
    if arguments[0] == "--version":
        print(f"rlvr {rlvr.__version__}")
        return
    for words in (2, 1):
        command = COMMANDS.get(" ".join(arguments[:words]))
        if command is not None:
            command.run(arguments[words:])
            return
    group = {name: command for name, command in COMMANDS.items() if name.startswith(f"{arguments[0]} ")}
    if group and (len(arguments) == 1 or arguments[1] in HELP_FLAGS):
        print(_help(group))
        return
    raise UserError(unknown("command", " ".join(arguments[: 2 if group else 1]), COMMANDS, place="commands"))


def _help(commands: dict[str, Command]) -> str:
    width = max(map(len, commands))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in commands.items()]
    return "\n".join(
        [
            "usage: rlvr COMMAND [group=choice] [option=value]",
            "",
            *lines,
            "",
            "rlvr COMMAND --help lists a command's options; rlvr --version prints the version.",
        ]
    )


def _demo(arguments: list[str]) -> None:
    _train(["experiment=demo", *arguments])


def _train(arguments: list[str]) -> None:
    def train(config: Config) -> None:
        # oneDNN keeps a kernel with its buffers for each of the last 1,024 shapes; batches of language come in more
        # shapes than that, and few come again. Read when torch is loaded.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

        from rlvr.training import pipeline

        pipeline.run(config)

    _with_hydra(train, "config", arguments)


def _evaluate(arguments: list[str]) -> None:
    def evaluate(config: Config) -> None:
        if not config.data.evaluation:
            remedy = "name a file, data.evaluation.mine.path=rows.jsonl, or a choice, data=five_tools"
            raise UserError(f"nothing to evaluate on: {remedy}")
        from rlvr.evaluation import run

        run.command(config)

    _with_hydra(evaluate, "evaluate", arguments)


def _data_synth(arguments: list[str]) -> None:
    from pathlib import Path

    from rlvr import config

    if any(flag in arguments for flag in HELP_FLAGS):
        print(SYNTH_HELP.format(**dataclasses.asdict(SynthOptions())), end="")
        return
    options = config.from_arguments(SynthOptions, arguments)

    from rlvr.data.synth import write_datasets

    for path in write_datasets(Path(options.out), options.seed).values():
        print(f"wrote {path}")


def _reward_try(arguments: list[str]) -> None:
    if any(flag in arguments for flag in HELP_FLAGS):
        print(TRY_HELP, end="")
        return
    options, overrides = _try_arguments(arguments)

    from rlvr import config
    from rlvr.evaluation import reward_try

    if options.get("completion") == "-":
        options["completion"] = sys.stdin.read()
    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data
    reward_try.command(reward_try.Options(**options), config.compose(overrides).reward)


def _try_arguments(arguments: list[str]) -> tuple[dict[str, Any], list[str]]:
    """What `rlvr reward try` was given, as (flags that were set, overrides of the reward).

    Raises:
        UserError: a flag that does not exist or lacks its value, or an override of anything but the reward.
    """
    import argparse

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for flag in ("--completion", "--ground-truth", "--tools", "--rows", "--run"):
        parser.add_argument(flag, default=argparse.SUPPRESS)
    parser.add_argument("--row", type=int, default=argparse.SUPPRESS)
    parser.add_argument("--json", dest="as_json", action="store_true", default=argparse.SUPPRESS)
    try:
        options, rest = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise UserError(str(error).replace("argument ", "", 1)) from None
    flags = [flag for action in parser._actions for flag in action.option_strings]
    for argument in rest:
        if argument.startswith("-"):
            raise UserError(unknown("flag", argument.partition("=")[0], flags))
        if not argument.startswith(("reward=", "reward.", "+reward.")):
            raise UserError(f"{argument!r} is neither a flag nor a reward option; flags: {', '.join(flags)}")
    return vars(options), rest


def _with_hydra(task: Callable[[Config], None], config_name: str, arguments: list[str]) -> None:
    """Run a task on the config that Hydra composes: once, or once for each combination of a sweep.

    Raises:
        UserError: also for whatever Hydra could not compose; nothing has run then. A sweep ends at its first.
    """
    import hydra

    from rlvr import config

    mistakes: list[UserError] = []
    has_started = False

    def run(composed: DictConfig) -> None:
        nonlocal has_started
        has_started = True
        if mistakes:
            return
        try:
            task(_in_its_folder(config.from_hydra(composed)))
        except UserError as error:  # kept back, since Hydra would add lines of its own
            mistakes.append(error)

    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data
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
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra._internal.utils import get_args_parser
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from rlvr import config

    parser = get_args_parser()
    parsed, left_over = parser.parse_known_args(arguments)
    for argument in left_over:
        if argument.startswith("-"):
            flags = [flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")]
            raise UserError(unknown("flag", argument, flags))
    overrides = [*parsed.overrides, *left_over]
    if parsed.multirun and not any(override.startswith("hydra/") for override in overrides):
        search = [f"hydra.searchpath=[{os.path.abspath(parsed.config_dir)}]"] if parsed.config_dir else []
        for batch in BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(overrides), None):
            for combination in batch:
                config.compose([*search, *combination], config_name=config_name)
    return [argument for argument in arguments if argument not in overrides] + overrides


def _in_its_folder(config: Config) -> Config:
    """In a sweep, the config with a run folder of its own inside the sweep's."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

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


COMMANDS = {
    "demo": Command(
        "train and evaluate the embedded tiny policy, in minutes on a CPU (= train experiment=demo)", _demo
    ),
    "train": Command("SFT, then GRPO, then evaluation; -m sweeps over comma-separated values", _train),
    "evaluate": Command("score a model on rows: model.path=MODEL data.evaluation.mine.path=ROWS.jsonl", _evaluate),
    "reward try": Command(
        "score completions or saved rollouts with any reward, and say why, tier by tier", _reward_try
    ),
    "data synth": Command("write the generated data set as JSONL: out=data seed=0", _data_synth),
}
