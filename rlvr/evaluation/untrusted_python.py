"""Calls in Python's syntax that a model wrote, before a decoder reads them that evaluates what it finds in them."""

from __future__ import annotations

import ast

MAX_EXPONENT = 64
"""Largest exponent that arithmetic in an argument may have."""

MAX_CHARS = 2**17
_ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)


def check_harmless(text: str) -> None:
    """Let through what is no Python at all, and arguments whose arithmetic is of plain numbers and texts.

    The leaderboard's decoder evaluates binary operators, so that `f(x=g() + 1)` would run `g` here.

    Raises:
        ValueError: something in the text would run code, or compute without bound.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"longer than {MAX_CHARS} characters")
    stripped = text.strip("`\n ")
    wrapped = f"{'' if stripped.startswith('[') else '['}{stripped}{'' if stripped.endswith(']') else ']'}"
    try:
        tree = ast.parse(wrapped.strip().strip("'"), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return  # the decoder fails on it in the same way
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            _check_arithmetic(node)


def _check_arithmetic(operation: ast.BinOp) -> None:
    for node in ast.walk(operation):
        if not isinstance(node, _ARITHMETIC):
            raise ValueError(f"arithmetic with {type(node).__name__}, which would run code")
        if isinstance(node, ast.BinOp) and not _is_bounded(node):
            raise ValueError(f"arithmetic with {type(node.op).__name__} that may have no bound")


def _is_bounded(node: ast.BinOp) -> bool:
    if isinstance(node.op, ast.Pow | ast.LShift):
        right = node.right
        is_small = isinstance(right, ast.Constant) and isinstance(right.value, int) and right.value <= MAX_EXPONENT
        return is_small and isinstance(node.left, ast.Constant)
    if isinstance(node.op, ast.Mult | ast.Mod):
        sides = [part for side in (node.left, node.right) for part in ast.walk(side)]
        return not any(isinstance(part, ast.Constant) and isinstance(part.value, str | bytes) for part in sides)
    return True
