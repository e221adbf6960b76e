"""Calls in Python's syntax that a model wrote, before a decoder reads them that evaluates what it finds in them."""

from __future__ import annotations

import ast
from itertools import chain

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
    calls = text.strip("`\n ").removeprefix("[").removesuffix("]")
    try:
        tree = ast.parse(f"[{calls}]", mode="eval")
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
        return isinstance(node.left, ast.Constant) and _is_small(node.right)
    if isinstance(node.op, ast.Mult | ast.Mod):
        return not any(map(_is_text, chain(ast.walk(node.left), ast.walk(node.right))))
    return True


def _is_small(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value <= MAX_EXPONENT


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
