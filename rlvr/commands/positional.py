"""What stands before the `option=value` arguments of a command: files, sources."""

from __future__ import annotations

import os
import re

from rlvr.errors import UserError

_OPTION = re.compile(r"\+{0,2}[A-Za-z_][\w.]*=")


def positional(arguments: list[str], *names: str) -> tuple[list[str], list[str]]:
    """The arguments that are no options, one for each name, and those that are.

    Raises:
        UserError: there are fewer or more of them than names.
    """
    found = [text for text in arguments if not _is_option(text)]
    if len(found) != len(names):
        wanted = " ".join(names)
        given = " ".join(found) or "nothing"
        raise UserError(f"expected {wanted}, then option=value; got {given}; --help shows the options")
    return found, [text for text in arguments if _is_option(text)]


def _is_option(text: str) -> bool:
    return _OPTION.match(text) is not None and not os.path.exists(text)
