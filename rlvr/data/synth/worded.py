"""Tools that were worded by hand, from the data files beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rlvr.data.synth.phrasing import OptionalClauses, clauses
from rlvr.data.synth.tool import Ask, Openings, SynthTool, Wording
from rlvr.data.synth.worded_values import SAMPLES

_FOLDER = Path(__file__).parent


class WordedTool(NamedTuple):
    """A tool with its wordings by split."""

    tool: SynthTool
    wordings: Mapping[str, Wording]


@cache
def listed(file: str) -> Mapping[str, Any]:
    """Return what a data file of this folder lists."""
    return tomllib.loads((_FOLDER / file).read_text("utf-8"))


def worded_tools(file: str) -> tuple[WordedTool, ...]:
    """Return the tools of a data file, in its order."""
    return tuple(map(_worded, listed(file)["tools"]))


def openings(split: str) -> Openings:
    """Return what makes a verb phrase of a split a sentence."""
    return Openings(**{style: tuple(lines) for style, lines in listed("five_tools.toml")["openings"][split].items()})


def _worded(entry: Mapping[str, Any]) -> WordedTool:
    usual = entry.get("usual")
    parameters = {"type": "object", "properties": entry["parameters"], "required": entry["required"]}
    function = {"name": entry["name"], "description": entry["description"], "parameters": parameters}
    tool = SynthTool(
        {"type": "function", "function": function},
        task=entry["task"],
        sample=SAMPLES[entry["name"]],
        clauses=OptionalClauses(full=clauses(entry["clauses_full"]), terse=clauses(entry["clauses_terse"])),
        asks={name: Ask(ask["noun"], tuple(ask["questions"])) for name, ask in entry["asks"].items()},
        usual=None if usual is None else (usual[0], usual[1]),
    )
    return WordedTool(tool, {split: Wording(**wording) for split, wording in entry["wordings"].items()})
