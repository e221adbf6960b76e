"""The five tools that the method was published with; `five_tools.toml` has their schemas and phrasings."""

from functools import cache

from rlvr.data.synth import refusals
from rlvr.data.synth.assembly import Family
from rlvr.data.synth.tool import cores
from rlvr.data.synth.worded import openings, worded_tools

WORDED_TOOLS = worded_tools("five_tools.toml")
SYNTH_TOOLS = tuple(tool for tool, _ in WORDED_TOOLS)
TOOLS = tuple(tool.schema for tool in SYNTH_TOOLS)
"""The five schemas, in OpenAI's form."""


@cache
def family(split: str) -> Family:
    """Return the five tools with the phrasings, values and refused requests of a split: train or held_out."""
    starts = openings(split)
    return Family(
        name="five_tools",
        split=split,
        tools=tuple((tool, cores(wordings[split], starts)) for tool, wordings in WORDED_TOOLS),
        refused=refusals.REQUESTS[split],
        openings=starts,
    )
