"""What the completion that a row expects earns: everything, or why it does not."""

from __future__ import annotations

from collections.abc import Sequence

from rewards import GroundTruth, Reward, Toolset, behavior_calls, wire
from rlvr.files import JsonMapping


def shortfall(truth: GroundTruth, tools: Toolset | Sequence[JsonMapping], reward: Reward) -> str | None:
    """Return why the expected calls or text earn less than 1.0; None where they earn it, or where any text is right."""
    calls = behavior_calls.target_calls(truth, tools)
    if not calls and not truth.text:
        return None
    completion = wire.render(calls, wire="hermes") if calls else truth.text
    result = reward(completion, ground_truth=truth, tools=tools)
    if result is None:
        return "the reward cannot score this ground truth with these tools"
    if result.value == 1.0:
        return None
    why = "; ".join(map(str, result.reasons[:2])) or "no reason given"
    return f"the ground truth earns {result.value:.2f}: {why}"
