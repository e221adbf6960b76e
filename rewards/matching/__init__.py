"""Predicted calls held against expected ones: when values are equal, and which call answers which."""

from rewards.matching.arguments import agreement, argument_reasons, without_padding
from rewards.matching.assignment import Pair, assign, best_assignment
from rewards.matching.equality import Parameter, is_identical, values_equal

__all__ = [
    "Pair",
    "Parameter",
    "agreement",
    "argument_reasons",
    "assign",
    "best_assignment",
    "is_identical",
    "values_equal",
    "without_padding",
]
