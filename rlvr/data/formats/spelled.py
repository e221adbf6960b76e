"""How providers, frameworks and data sets spell what a conversation holds: the names of `spelled.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from rlvr.files import Json

_SECTIONS: Mapping[str, Mapping[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def names_of(section: str) -> Mapping[str, tuple[str, ...]]:
    """Return the names under each word of a section, in the order in which they are looked for."""
    return {word: tuple(names.split()) for word, names in _SECTIONS[section].items()}


def _section(name: str) -> SimpleNamespace:
    return SimpleNamespace(**names_of(name))


ROLES = {name: role for role, names in names_of("role").items() for name in names}
MESSAGE, PART, CALL, RESULT, ITEM = map(_section, ("message", "part", "call", "result", "item"))
OTHER_RECORDS = names_of("other")
TOOL, RECORD, SET, SPAN = map(_section, ("tool", "record", "set", "span"))


def letters(name: Json) -> str:
    """Return the letters of a name, small; empty for what is no text."""
    return re.sub(r"[^a-z]", "", name.lower()) if isinstance(name, str) else ""


def role_named(name: Json) -> str | None:
    """Return the role that a name of anyone's means, in OpenAI's words, or `call` for nothing but calls."""
    return ROLES.get(letters(name))
