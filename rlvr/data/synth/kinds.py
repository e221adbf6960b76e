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
    """What a parameter of a made-up tool holds, what it may be called, and how people say it.

    Args:
        schema: of its values, without a description.
        draw: draws one.
        names: parameter names; most tools put a word of their own before the last part.
        descriptions: what a schema may say about it.
        shape: what values look like.
        phrases: {v} is the value, {f} the parameter's name in words, {u} the unit of a count.
        is_bare: whether the value may stand alone where no other parameter has its shape.
        renamed: names around a word {w}, for kinds whose names lose their sense with the first part ("end_date").
        unit: of a count, in the plural.
    """

    schema: Mapping[str, Any]
    draw: Draw
    names: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    shape: str = ""
    phrases: tuple[str, ...] = ()
    is_bare: bool = False
    renamed: tuple[str, ...] = ()
    unit: str = ""


def _kind(entry: Mapping[str, Any]) -> Kind:
    return Kind(
        entry["schema"],
        by_patterns(entry["values"]),
        tuple(entry["names"].split()),
        tuple(entry["descriptions"]),
        entry["shape"],
        tuple(entry["phrases"]),
        entry.get("is_bare", False),
        tuple(entry.get("renamed", ())),
    )


def _plain(entry: Mapping[str, Any]) -> Kind:
    form = {"format": entry["format"]} if "format" in entry else {}
    return Kind({"type": "string", **form}, by_patterns(entry["values"]), descriptions=(entry["description"],))


KINDS = {name: _kind(entry) for name, entry in LISTED["kinds"].items()}
"""What parameters of tools made of any words hold."""

PLAIN = {name: _plain(entry) for name, entry in LISTED["plain"].items()}
"""What the lines of a domain hold, where the domain does not list it."""
