"""`rlvr reward try`: score completions that exist already, and say why."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from rlvr import config
from rlvr.errors import UserError, unknown
from rlvr.evaluation import reward_try
from rlvr.wrapping import fitted

HELP = """\
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


def run(arguments: list[str]) -> None:
    """Score what the arguments name, and print it."""
    if {"-h", "--help"} & set(arguments):
        print(fitted(HELP), end="")
        return
    options, overrides = _parsed(arguments)

    if options.get("completion") == "-":
        options["completion"] = sys.stdin.read()
    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data
    reward_try.command(reward_try.Options(**options), config.compose(overrides).reward)


def _parsed(arguments: list[str]) -> tuple[dict[str, Any], list[str]]:
    """What `rlvr reward try` was given, as (flags that were set, overrides of the reward).

    Raises:
        UserError: a flag that does not exist or lacks its value, or an override of anything but the reward.
    """
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
