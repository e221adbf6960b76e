"""`rlvr completion SHELL`: what lets bash or zsh complete commands, options and choices."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlvr.commands.arguments import options_of
from rlvr.errors import UserError

WORDS = "--words"

_BASH = """\
_rlvr() {
  local words=${COMP_LINE:0:COMP_POINT}
  compopt -o nospace
  COMPREPLY=($(compgen -W "$(rlvr completion --words $words 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _rlvr rlvr
"""
SCRIPTS = {"bash": _BASH, "zsh": f"autoload -U +X bashcompinit && bashcompinit\n{_BASH}"}


HELP = """\
usage: rlvr completion bash|zsh

Print what lets the shell complete commands, options and choices. Put this into ~/.bashrc, or with zsh into ~/.zshrc:

  eval "$(rlvr completion bash)"
"""


@dataclasses.dataclass(frozen=True)
class CompletionOptions:
    """The options of `rlvr completion`."""


OPTIONS = CompletionOptions


def run(arguments: Sequence[str]) -> None:
    """Print a shell's script, or the words that may come next."""
    if arguments[:1] == [WORDS]:
        print("\n".join(candidates(list(arguments[2:]))))
        return
    if len(arguments) != 1 or arguments[0] not in SCRIPTS:
        raise UserError(f'name a shell, {" or ".join(SCRIPTS)}: put eval "$(rlvr completion bash)" into your ~/.bashrc')
    print(SCRIPTS[arguments[0]], end="")


def candidates(words: Sequence[str]) -> list[str]:
    """Return what may come next after some words of a command line, the last of which may be unfinished."""
    commands: Mapping[str, Any] = importlib.import_module("rlvr.cli").COMMANDS  # the layer above, which runs this
    for length in (2, 1):
        command = commands.get(" ".join(words[:length]))
        if command is not None:
            return list(_options_of(importlib.import_module(f"rlvr.commands.{command.module}")))
    begin = words[0] if words else ""
    fitting = [name.split() for name in commands if begin in name.split()[0]]
    return sorted({word for name in fitting for word in name})


def _options_of(module: Any) -> Iterator[str]:
    if hasattr(module, "OPTIONS"):
        options = module.OPTIONS()
    else:
        from rlvr import config

        options = config.Config()
        for group, choices in config.groups().items():
            yield from (f"{group}={choice}" for choice in choices)
    for name, _, _ in options_of(options):
        yield f"{name}="
