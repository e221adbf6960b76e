"""The mistakes a user can make: each is one line that says what was found, what is allowed and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

MOST_NAMES_LISTED = 25
"""A longer list of allowed names is cut to the nearest, so that an error stays one readable line."""


class UserError(Exception):
    """A user's mistake: its text is one line for a person. The command line prints it and exits with code 2."""

    exit_code = 2


class RunError(UserError):
    """What stops a run and is nobody's mistake in the options, such as a full disk: one line too, exit code 1."""

    exit_code = 1


class RowError(UserError):
    """A row of a data file that cannot be used.

    Reads as `file.jsonl:12: reward_model.behavior: 'exec' is not one of execute, clarify, refuse, answer`.

    Args:
        path: the file.
        line: line number, from 1; None where the whole file is at fault.
        field: dotted path of the field inside the row; None where the whole row is at fault.
        message: what was found and what is allowed.
    """

    def __init__(self, path: str | Path, line: int | None, field: str | None, message: str) -> None:
        super().__init__(path, line, field, message)
        self.path = Path(path)
        self.line = line
        self.field = field
        self.message = message

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return ": ".join([place, self.message] if self.field is None else [place, self.field, self.message])


RAISED_BY_OTHERS = (Exception, SystemExit)
"""What somebody else's code may raise, an exit too; Ctrl-C is not its own."""


def unknown(what: str, found: str, allowed: Iterable[str], *, place: str = "allowed") -> str:
    """Return the line for a name that does not exist: the nearest that does first, then the list (of the nearest, if
    long).

    Reads as `reward 'tierd' not found; did you mean 'tiered'? conf/reward has: binary, tiered`.

    Args:
        what: the kind of thing that was named, e.g. `reward` or `option`.
        found: the name as the user wrote it.
        allowed: every name that would have been right.
        place: what introduces the list.
    """
    names = sorted(allowed)
    near = difflib.get_close_matches(found, names, n=MOST_NAMES_LISTED, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    if len(names) > MOST_NAMES_LISTED:
        names = near or names[:MOST_NAMES_LISTED]
        place += " (nearest)" if near else f" (first {MOST_NAMES_LISTED})"
    return f"{what} {found!r} not found{hint} {place}: {', '.join(names) or 'nothing'}"


def one_line(error: object) -> str:
    """Return the first line of a message; what comes below it is for programmers."""
    return str(error).strip().split("\n", 1)[0]
