"""Verifiable rewards for tool calling. Plain values: no torch, no network, no clock, no prints."""

from rewards.bfcl import BFCL
from rewards.presets import Binary, Tiered
from rewards.tiers import ArgumentMatch, BehaviorMatch, SchemaValid, ToolName, WireFormat
from rewards.toolrl import ToolRL
from rewards.toolset import Tool, Toolset
from rewards.types import (
    Alternative,
    Behavior,
    GroundTruth,
    GroundTruthError,
    Reason,
    Reward,
    RewardResult,
    ToolCall,
)
from rewards.weighted import Weighted

__all__ = [
    "BFCL",
    "Alternative",
    "ArgumentMatch",
    "Behavior",
    "BehaviorMatch",
    "Binary",
    "GroundTruth",
    "GroundTruthError",
    "Reason",
    "Reward",
    "RewardResult",
    "SchemaValid",
    "Tiered",
    "Tool",
    "ToolCall",
    "ToolName",
    "ToolRL",
    "Toolset",
    "Weighted",
    "WireFormat",
]
