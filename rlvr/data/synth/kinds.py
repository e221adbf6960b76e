"""What made-up tools are made of, as `made_up.toml` lists it: lines that ask for any tool, and kinds of parameters."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rlvr.data.synth.drawing import Draw, by_patterns

LISTED: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("made_up.toml").read_text("utf-8"))
OPENINGS: Mapping[str, tuple[str, ...]] = {style: tuple(texts) for style, texts in LISTED["openings"].items()}


class Kind(NamedTuple):
    """What a parameter of a made-up tool holds, what it may be called, and how people say it."""

    schema: Mapping[str, Any]  # of its values, without a description
    draw: Draw  # draws one
    names: tuple[str, ...] = ()  # parameter names; most tools put a word of their own before the last part
    descriptions: tuple[str, ...] = ()  # what a schema may say about it
    shape: str = ""  # what values look like
    phrases: tuple[str, ...] = ()  # {v} is the value, {f} the parameter's name in words, {u} the unit of a count
    is_bare: bool = False  # whether the value may stand alone where no other parameter has its shape
    renamed: tuple[str, ...] = ()  # names around a word {w}, where a name's first part is its sense: "end_date"
    unit: str = ""  # of a count, in the plural


def _kind(entry: Mapping[str, Any]) -> Kind:
    return Kind(
        entry.get("schema", {"type": "string"}),
        by_patterns(entry["values"]),
        tuple(entry.get("names", "").split()),
        tuple(entry["descriptions"]),
        entry.get("shape", ""),
        tuple(entry.get("phrases", ())),
        entry.get("is_bare", False),
        tuple(entry.get("renamed", ())),
    )


KINDS = {name: _kind(entry) for name, entry in LISTED["kinds"].items()}
"""What parameters of tools made of any words hold."""

PLAIN = {name: _kind(entry) for name, entry in LISTED["plain"].items()}
"""What the lines of a domain hold, where the domain does not list it."""
