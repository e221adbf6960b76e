"""Verifiable rewards for tool calling. Plain values: no torch, no network, no clock, no prints."""

from rewards.presets import Binary, Tiered
from rewards.tiers import ArgumentMatch, BehaviorMatch, SchemaValid, ToolName, WireFormat
from rewards.toolset import Tool, Toolset
from rewards.types import (
    Alternative,
    Behavior,
    GroundTruth,
    GroundTruthError,
    Reward,
    RewardResult,
    ToolCall,
)

__all__ = [
    "Alternative",
    "ArgumentMatch",
    "Behavior",
    "BehaviorMatch",
    "Binary",
    "GroundTruth",
    "GroundTruthError",
    "Reward",
    "RewardResult",
    "SchemaValid",
    "Tiered",
    "Tool",
    "ToolCall",
    "ToolName",
    "Toolset",
    "WireFormat",
]
