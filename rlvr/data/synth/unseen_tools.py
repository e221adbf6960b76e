"""Ten tools that no training row knows; `unseen_tools.toml` has their schemas and phrasings."""

from functools import cache

from rlvr.data.synth import refusals
from rlvr.data.synth.assembly import Family
from rlvr.data.synth.tool import cores
from rlvr.data.synth.worded import openings, worded_tools

WORDED_TOOLS = worded_tools("unseen_tools.toml")
TOOLS = tuple(tool.schema for tool, _ in WORDED_TOOLS)
"""The ten schemas, in OpenAI's form."""


@cache
def family() -> Family:
    """Return the ten tools; their openings and refused requests are the five tools' held-out ones."""
    starts = openings("held_out")
    return Family(
        name="unseen_tools",
        split="held_out",
        tools=tuple((tool, cores(wordings["held_out"], starts)) for tool, wordings in WORDED_TOOLS),
        refused=refusals.REQUESTS["held_out"],
        openings=starts,
    )
