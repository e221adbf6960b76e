"""What the completion that a row expects earns: everything, or why it does not."""

from __future__ import annotations

from collections.abc import Sequence

from rewards import Binary, GroundTruth, Reward, Tiered, ToolCall, Toolset, behavior_calls, wire
from rlvr.files import Json, JsonMapping

_SHORT = 4000  # characters of a text, and items of a list or an object, that are looked through
_FEW = 64


def shortfall(truth: GroundTruth, tools: Toolset | Sequence[JsonMapping], reward: Reward) -> str | None:
    """Return why the expected calls or text earn less than 1.0; None where they earn it, or where any text is right."""
    if truth.calls and is_surely_right(truth, reward) and _are_admitted(truth.calls, Toolset.of(tools)):
        return None
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


def _are_admitted(calls: Sequence[ToolCall], tools: Toolset | None) -> bool:
    """Tell whether the schemas of offered tools admit every call."""
    offered = [(call, tools.get(call.name)) for call in calls] if tools is not None else []
    return bool(offered) and all(tool is not None and tool.admits(call.arguments) for call, tool in offered)


def is_surely_right(truth: GroundTruth, reward: Reward) -> bool:
    """Tell whether calls earn 1.0 without asking the reward.

    The rendered calls are JSON inside tags, so they are read back as they are unless a value could be taken for a tag;
    and `Tiered` and `Binary` give 1.0 to what is read back identical.
    """
    if type(reward) not in (Tiered, Binary) or getattr(reward, "wire", None) not in (wire.AUTO, "hermes"):
        return False
    return all(map(_is_plain, truth.calls))


def _is_plain(call: ToolCall) -> bool:
    return "<" not in call.name and _is_plain_value(call.arguments)


def _is_plain_value(value: Json) -> bool:
    """Tell whether a value is read back as it was written, between tags."""
    kind = type(value)
    if kind is str:
        return len(value) <= _SHORT and "<" not in value
    if kind is int or kind is float:
        return bool(abs(value) <= 2**63)
    if kind is list:
        return len(value) < _FEW and all(map(_is_plain_value, value))
    if kind is dict:
        return len(value) < _FEW and all("<" not in name and _is_plain_value(item) for name, item in value.items())
    return kind is bool
