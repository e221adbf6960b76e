"""The mistakes a user can make: each is one line that says what was found, what is allowed and what to do next."""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """A user's mistake: its text is one line for a person. The command line prints it and exits with code 2."""


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
        place = str(path) if line is None else f"{path}:{line}"
        parts = [place, message] if field is None else [place, field, message]
        super().__init__(": ".join(parts))
        self.path = Path(path)
        self.line = line
        self.field = field
        self.message = message
