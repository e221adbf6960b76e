"""`rlvr reward try`: score completions that exist already, and say why."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from rlvr import config
from rlvr.commands.arguments import read_words
from rlvr.errors import UserError
from rlvr.evaluation import reward_try
from rlvr.evaluation.reward_try import NOTHING_TO_SCORE, Options

HELP = """\
usage: rlvr reward try completion=TEXT ground_truth=TRUTH [tools=TOOLS]
       rlvr reward try FILE [row=LINE [completion=TEXT]]
       rlvr reward try FOLDER_OF_A_RUN

Score completions that exist already, and say why, tier by tier.
The reward is set as every command takes it: reward=CHOICE reward.OPTION=VALUE (default: reward=tiered)
"""


OPTIONS = Options


def run(arguments: list[str]) -> None:
    """Score what the arguments name, and print it."""
    options, overrides = _parsed(arguments)
    if options.completion == "-":
        options = replace(options, completion=sys.stdin.read())
    sys.path.append(os.getcwd())  # a reward of the user's own, in a file beside the data

    reward_try.command(options, config.compose(overrides).reward)


def _parsed(arguments: list[str]) -> tuple[Options, list[str]]:
    """Return the options, and the overrides of the reward."""
    overrides = [argument for argument in arguments if argument.startswith(("reward=", "reward.", "+reward."))]
    words, options = read_words(Options, [argument for argument in arguments if argument not in overrides], many=True)
    for word in words:
        if os.path.isdir(word):
            options = replace(options, run=word)
        elif os.path.exists(word):
            options = replace(options, rows=word)
        else:
            raise UserError(f"{word!r} is no file and no folder; {NOTHING_TO_SCORE}")
    return options, overrides
