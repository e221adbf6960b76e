"""Rows over procedural tools: every row invents its own, so that nothing can be learned but how to use one.

A share of them in the SFT and GRPO prompts keeps a policy from specializing to a handful of names; the embedded
policy is pretrained on conversations about such tools.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from rewards import Tiered, wire
from rlvr.data.synth.procedural_requests import (
    ask_for,
    forbidden_request,
    no_such_tool,
    refusal,
    request,
    system_message,
)
from rlvr.data.synth.procedural_tools import ProceduralTool, random_toolset, unavailable_tool
from rlvr.data.synth.reasoning import NO_SUCH_TOOL, known_arguments
from rlvr.records.row import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

# The share of refuse rows that ask for something which none of the tools on offer does.
UNAVAILABLE_SHARE = 0.35


def _row(
    rng: Random, behavior: str, tools: Sequence[ProceduralTool], system: list[dict[str, str]] | None
) -> dict[str, Any]:
    """One row on these tools; without a system message that is given it draws its own."""
    schemas = [tool.schema() for tool in tools]
    truth: dict[str, Any] = {"behavior": behavior}
    if behavior == "execute":
        asked = request(rng, rng.choice(tools))
        text, reasoning = asked.text, known_arguments([(asked.tool.name, asked.arguments)], schemas)
        truth["ground_truth"] = json.dumps(
            [{"name": asked.tool.name, "arguments": asked.arguments}], ensure_ascii=False
        )
    elif behavior == "clarify":
        asked = request(rng, rng.choice(tools), n_missing=1 if rng.random() < 0.85 else 2)
        text, reasoning = asked.text, known_arguments([(asked.tool.name, asked.arguments)], schemas)
        truth["ground_truth"] = ask_for(rng, asked.missing)
        truth["missing"] = [argument.name for argument in asked.missing]
    elif rng.random() < UNAVAILABLE_SHARE:
        text, reasoning = request(rng, unavailable_tool(rng, tools)).text, NO_SUCH_TOOL
        truth["ground_truth"] = no_such_tool(rng)
    else:
        text, reasoning = forbidden_request(rng)
        truth["ground_truth"] = refusal(rng)
    return {
        "prompt": [*(system_message(rng) if system is None else system), {"role": "user", "content": text}],
        "tools": schemas,
        "reward_model": truth,
        "extra_info": {"source": "procedural", "reasoning": reasoning},
    }


def rows(n: int, seed: int, rows_per_toolset: int = 1) -> list[Row]:
    """`n` rows over procedural tools, each with tools of its own: 60% execute, 25% clarify, 15% refuse.

    Args:
        n: number of rows, >= 0.
        seed: the rows are a function of it; no two share a prompt.
        rows_per_toolset: so many rows in a row share tools and system message.
    """
    rng = Random(f"procedural-{seed}")
    behaviors = ["execute"] * round(n * 0.6) + ["clarify"] * round(n * 0.25)
    behaviors += ["refuse"] * (n - len(behaviors))
    rng.shuffle(behaviors)
    seen: set[str] = set()
    made: list[Row] = []
    tools: list[ProceduralTool] = []
    system: list[dict[str, str]] | None = None
    while len(made) < n:
        if not tools:
            tools, system = random_toolset(rng), None
        row = Row.from_json(_row(rng, behaviors[len(made)], tools, system))
        key = json.dumps([row.prompt, row.tools])
        is_kept = key not in seen and _is_right(row)
        if is_kept:
            seen.add(key)
            made.append(row)
            system = row.prompt[:-1]
        if not is_kept or len(made) % rows_per_toolset == 0:
            tools = []
    return made


def _is_right(row: Row) -> bool:
    """Whether the ground truth earns 1.0: a name drawn at random may turn the question for it into another one."""
    truth = row.ground_truth
    said = truth.text or wire.render(truth.calls, wire="json")
    result = Tiered()(said, ground_truth=truth, tools=row.tools)
    return result is not None and result.value == 1.0
