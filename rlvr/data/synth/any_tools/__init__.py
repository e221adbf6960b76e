"""Rows for any toolset, made from its schemas by rule, without a model."""

from rlvr.data.synth.any_tools.behaviors import BEHAVIORS
from rlvr.data.synth.any_tools.examples import read_examples, write_template
from rlvr.data.synth.any_tools.generate import Made, Recipe, generate, rows

__all__ = ["BEHAVIORS", "Made", "Recipe", "generate", "read_examples", "rows", "write_template"]
