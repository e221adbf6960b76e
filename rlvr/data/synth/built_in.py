"""The tools that were worded by hand: five that training knows, and ten that no training row knows.

`five_tools.toml` and `unseen_tools.toml` have their schemas and phrasings, apart for training and for held-out rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from rlvr.data.synth import refusals, values
from rlvr.data.synth.assembly import Family
from rlvr.data.synth.phrasing import OptionalClauses, clauses, lines
from rlvr.data.synth.worded import Ask, Lines, Openings, WordedTool, alone, lines_by_style, opened

SPLITS = {"five_tools": ("train", "held_out"), "unseen_tools": ("held_out",)}
"""By the name of a toolset: whose phrasings and values there are."""


@cache
def family(name: str, split: str) -> Family:
    """Return the tools of a toolset with the phrasings, values and refused requests of a split.

    The unseen tools' openings and refused requests are the five tools' held-out ones.
    """
    tools = tuple(_tool(entry, split) for entry in _listed(name)["tools"])
    return Family(name, split, tools, refusals.REQUESTS[split], openings(split))


def schemas(name: str) -> tuple[dict[str, Any], ...]:
    """Return the tools of a toolset in OpenAI's form."""
    return tuple(tool.schema for tool in family(name, SPLITS[name][-1]).tools)


def openings(split: str) -> Openings:
    """Return what makes a verb phrase of a split a sentence."""
    return {style: tuple(texts) for style, texts in _listed("five_tools")["openings"][split].items()}


@cache
def _listed(name: str) -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


def _tool(entry: Mapping[str, Any], split: str) -> WordedTool:
    parameters = {"type": "object", "properties": entry["parameters"], "required": entry["required"]}
    function = {"name": entry["name"], "description": entry["description"], "parameters": parameters}
    asks = {name: Ask(ask["noun"], tuple(ask["questions"])) for name, ask in entry["asks"].items()}
    return WordedTool(
        {"type": "function", "function": function},
        task=entry["task"],
        sample=partial(values.BY_SPLIT[split].sample, entry["values"]),
        lines=_lines(entry["wordings"][split], openings(split)),
        clauses=OptionalClauses(full=clauses(entry["clauses_full"]), terse=clauses(entry["clauses_terse"])),
        ask=asks.__getitem__,
        usual=tuple(entry["usual"]) if "usual" in entry else None,
    )


def _lines(wording: Mapping[str, str], starts: Openings) -> Lines:
    formal, casual = (
        opened(lines(wording[f"{style}_requests"]), starts[style]) + alone(lines(wording[f"{style}_sentences"]))
        for style in ("formal", "casual")
    )
    return lines_by_style(formal, casual, alone(lines(wording["terse"])))
