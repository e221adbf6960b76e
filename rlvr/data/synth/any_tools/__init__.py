"""Rows for any toolset, made from its schemas by rule, without a model."""

from rlvr.data.synth.any_tools.behaviors import BEHAVIORS
from rlvr.data.synth.any_tools.generate import Made, Recipe, generate, rows
from rlvr.data.synth.any_tools.strings import UNTOLD

__all__ = ["BEHAVIORS", "UNTOLD", "Made", "Recipe", "generate", "rows"]
