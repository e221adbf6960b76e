"""The arguments of commands that compose no config, and the help that the dataclass of their options gives.

One syntax for all: `option=value`. `--option value` and `--option=value` say the same, and `--option` sets a switch.
"""

from __future__ import annotations

import dataclasses
import os
import re
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rlvr.commands.option_docs import documentation, option_lines
from rlvr.errors import UserError, unknown
from rlvr.wrapping import fitted

T = TypeVar("T")

_TEXT = (str, str | None)
_HEAD = "Options, set with option=value; what stands here is the default:"
_OPTION = re.compile(r"\+{0,2}[A-Za-z_][\w.]*=")
_FLAG = re.compile(r"--|-[a-z]\b")
_NAMES_OUT = re.compile(r"(--)?out(=|$)")
_READ_AS_YAML = re.compile(r"""(?:|null|~|'.*'|".*"|.*\$\{.*)\Z""", re.DOTALL)
"""What an option that takes text reads otherwise than as it stands: nothing, null, quoted text, a reference."""


def help_text(module: Any) -> str:
    """Return a command's help: its `HELP`, each of its `OPTIONS` with its default, and what its `help_lists` gives."""
    lines = list(option_lines(options_of(module.OPTIONS())))
    options = ["", _HEAD, "", *lines] if lines else []
    lists = ["", *module.help_lists()] if hasattr(module, "help_lists") else []
    return fitted("\n".join([_joined_paragraphs(module.HELP.rstrip("\n")), *options, *lists])) + "\n"


def _joined_paragraphs(text: str) -> str:
    """Return the text with each paragraph on one line, so that its lines break at the terminal's width alone."""
    return re.sub(r"(?m)^(\S.*)\n(?=\S)", r"\1 ", text)


def options_of(options: Any, place: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield the dotted name of each option, its value, and its sentence."""
    docs = documentation(type(options))
    for field in dataclasses.fields(options):
        value, name = getattr(options, field.name), f"{place}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from options_of(value, f"{name}.")
        else:
            yield name, value, docs[field.name]


def read(options: type[T], arguments: Sequence[str]) -> T:
    """Return `option=value` arguments and flags as an instance of a dataclass.

    Raises:
        UserError: an argument of another form, an option that does not exist, a value of the wrong type, or `out` is
            left to its default and something is there.
    """
    from rlvr import config  # which imports Hydra and the rewards: help does without

    plain, texts = _without_flags(options, arguments)
    return _with_free_out(config.from_arguments(options, plain, texts), arguments)


def read_words(options: type[T], arguments: Sequence[str], *names: str, many: bool = False) -> tuple[list[str], T]:
    """Return the words without a name, such as files, and the options as an instance of a dataclass.

    Args:
        options: the dataclass.
        arguments: what follows the command's name.
        names: of the words, each of which has to be there.
        many: take any number of words.

    Raises:
        UserError: fewer or more words than names, or what `read` refuses.
    """
    from rlvr import config

    plain, texts = _without_flags(options, arguments)
    words = [text for text in plain if not _is_option(text)]
    if not many and len(words) != len(names):
        got = " ".join(words) or "nothing"
        raise UserError(
            f"expected {' '.join(names) or 'no words'}, then option=value; got {got}; --help shows the options"
        )
    return words, _with_free_out(config.from_arguments(options, filter(_is_option, plain), texts), arguments)


def check_free(path: str | Path) -> None:
    """Raise UserError where a command would replace a file or a folder that nobody named."""
    if Path(path).exists():
        raise UserError(f"{path}: is there already; out={path} replaces it, out=NAME writes elsewhere")


def free_out(out: str | None, usual: str) -> str:
    """Return where a command writes: where it was told to, or at its usual place if nothing is there.

    Raises:
        UserError: it was told no place, and something is at the usual one.
    """
    if out is None:
        check_free(usual)
    return usual if out is None else out


def _with_free_out(options: T, arguments: Sequence[str]) -> T:
    """Return the options, whose `out` is free if it is only the default."""
    out = getattr(options, "out", None)
    if out and not any(map(_NAMES_OUT.match, arguments)):
        check_free(out)
    return options


def _is_option(text: str) -> bool:
    """Tell whether this is `option=value`, and no file of such a name."""
    return _OPTION.match(text) is not None and not os.path.exists(text)


def _without_flags(options: type, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments with each flag as `option=value`, and the options whose values are texts, as they are.

    A text is no YAML, or the JSON of calls would be a list, and `mcp:` a mapping.

    Raises:
        UserError: a flag that names no option, or lacks its value.
    """
    types = typing.get_type_hints(options)
    plain: list[str] = []
    texts: dict[str, str] = {}
    pending = iter(arguments)
    for argument in pending:
        flag, sign, value = argument.partition("=")
        if not _FLAG.match(argument):
            is_listless = types.get(flag) == list[str] and not value.startswith("[")
            is_text = sign and (types.get(flag) in _TEXT or is_listless) and not _READ_AS_YAML.match(value)
            if is_text and not os.path.exists(argument):
                texts[flag] = value
            else:
                plain.append(argument)
            continue
        name = flag.lstrip("-").replace("-", "_")
        if name not in types:
            raise UserError(unknown("flag", flag, [f"--{option.replace('_', '-')}" for option in types]))
        if not sign:
            value = "true" if types[name] is bool else _next_value(flag, pending)
        if types[name] in _TEXT:
            texts[name] = value
        else:
            plain.append(f"{name}={value}")
    return plain, texts


def _next_value(flag: str, pending: Iterator[str]) -> str:
    value = next(pending, None)
    if value is None:
        raise UserError(f"{flag}: expected a value")
    return value
