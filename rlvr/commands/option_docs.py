"""Options as lines of help: each with its default and the docstring that stands below its field."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

_WIDEST = 46
"""An option that is longer with its value has its sentence on the next line."""


def documentation(options: type) -> dict[str, str]:
    """Return the docstring of each field of a class: field -> text on one line."""
    return _by_class(options.__module__)[options.__name__]


@lru_cache
def _by_class(module: str) -> dict[str, dict[str, str]]:
    """Return the same for each class of a module, which is read once: class -> field -> text."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {owner.name: _field_docs(owner) for owner in tree.body if isinstance(owner, ast.ClassDef)}


def _field_docs(owner: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for field, after in itertools.pairwise(owner.body):
        is_documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_documented:
            docs[field.target.id] = " ".join(str(after.value.value).split())  # type: ignore[attr-defined]
    return docs


def option_lines(options: Iterable[tuple[str, Any, str]]) -> Iterator[str]:
    """Yield the lines of options, each a name, a value and a sentence; a value of `...` is not shown."""
    shown = [(name if value is ... else f"{name}={_shown(value)}", sentence) for name, value, sentence in options]
    width = min(_WIDEST, max((len(option) for option, _ in shown), default=0))
    for option, sentence in shown:
        sentence = re.sub(r"\bNone\b", "null", sentence)
        if len(option) > width:
            yield f"  {option}"
            option = ""
        yield f"  {option:<{width}}  {sentence}"


def _shown(value: Any) -> str:
    """Return a value as it is written on the command line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{_shown(item)}" for name, item in value.items()) + "}"
    return str(value)
