"""Rows for any toolset, made from its schemas by rule, without a model."""

from rlvr.data.synth.any_tools.behaviors import BEHAVIORS
from rlvr.data.synth.any_tools.generate import Made, Recipe, generate, rows

__all__ = ["BEHAVIORS", "Made", "Recipe", "generate", "rows"]
