"""Predicted calls held against expected ones: when values are equal, and which call answers which."""

from rewards.matching.arrow_padding import without_padding
from rewards.matching.assignment import (
    Pair,
    agreement,
    argument_reasons,
    assign,
    best_assignment,
    parameter_of,
)
from rewards.matching.equality import Parameter, is_identical, values_equal

__all__ = [
    "Pair",
    "Parameter",
    "agreement",
    "argument_reasons",
    "assign",
    "best_assignment",
    "is_identical",
    "parameter_of",
    "values_equal",
    "without_padding",
]
