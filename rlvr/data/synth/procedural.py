"""Rows over made-up tools: every row invents its own, so that nothing can be learned but how to use one.

A share of them in the SFT and GRPO prompts keeps a policy from specializing to a handful of names; the embedded
policy is pretrained on conversations about such tools.
"""

from __future__ import annotations

from itertools import chain, count, repeat
from random import Random

from rewards import Tiered
from rlvr.data.shortfall import shortfall
from rlvr.data.synth import refusals
from rlvr.data.synth.assembly import SYSTEM_MESSAGES, Family, rows_of
from rlvr.data.synth.kinds import KINDS, OPENINGS
from rlvr.data.synth.made_up import toolset, unavailable_tool
from rlvr.records.row import Row

N_REFUSED = 8  # refused requests of each sort that one family knows


def rows(n: int, seed: int, rows_per_toolset: int = 1) -> list[Row]:
    """Return `n` rows over made-up tools, of which no two ask the same: 60% execute, 25% clarify, 15% refuse.

    So many rows in a row share tools and system message as `rows_per_toolset` says.
    """
    rng = Random(f"procedural-{seed}")
    families = chain.from_iterable(repeat(family(rng), rows_per_toolset) for _ in count())
    return list(rows_of(families, n, rng, is_right))


def family(rng: Random, n_tools: int | None = None) -> Family:
    """Return tools made for it, one to three unless told, all of which are offered, one that is not, and a system
    message.
    """
    offered = tuple(toolset(rng, n_tools))
    return Family(
        name="procedural",
        split="train",
        tools=(*offered, unavailable_tool(rng, offered)),
        refused=_refused(rng),
        openings=OPENINGS,
        offered=offered,
        systems=(rng.choice(SYSTEM_MESSAGES),),
    )


def _refused(rng: Random) -> refusals.Refused:
    """Some of the refused requests, about a thing {t} and a person {p} of their own."""

    def some(patterns: tuple[str, ...]) -> tuple[str, ...]:
        thing, person = KINDS["thing"].draw(rng), KINDS["person"].draw(rng)
        return tuple(line.replace("{t}", thing).replace("{p}", person) for line in rng.sample(patterns, N_REFUSED))

    return {kind: some(patterns) for kind, patterns in refusals.REQUESTS["procedural"].items()}


def is_right(row: Row) -> bool:
    """Return whether the ground truth earns 1.0: a name drawn at random may turn the question for it into another."""
    return shortfall(row.ground_truth, row.tools, Tiered()) is None
