"""The synthesized sets that several tests look at, made once each."""

import re
from functools import cache
from typing import Any

from rlvr.data.synth import built_in, synthesize, values
from rlvr.records.row import Row

SETS = {
    "train": ("five_tools", "train"),
    "same tools": ("five_tools", "held_out"),
    "unseen": ("unseen_tools", "held_out"),
}
SIZES = {"train": 1500, "same tools": 300, "unseen": 300}
TOOLS = {tool.name: tool for name, splits in built_in.SPLITS.items() for tool in built_in.family(name, splits[0]).tools}

NAMES = {
    "city": values.TRAIN.cities + values.HELD_OUT.cities,
    "language": values.TRAIN.languages + values.HELD_OUT.languages,
    "currency": values.TRAIN.currencies + values.HELD_OUT.currencies,
    "metric": values.LISTS["metrics"],
    "dish": values.LISTS["dishes"],
    "street": values.LISTS["streets"],
    "ingredient": values.LISTS["ingredients"],
    "person": values.LISTS["people"],
}
"""Values that are known one by one."""


@cache
def rows_of(which: str, seed: int = 0) -> list[Row]:
    """The set of this name, in its own size."""
    name, split = SETS[which]
    return synthesize(name, rows=SIZES[which], seed=seed, split=split)


def request(row: Row) -> str:
    """The user's words."""
    return str(row.prompt[-1]["content"])


def arguments(row: Row) -> dict[str, Any]:
    """The arguments of the row's one call."""
    return dict(row.ground_truth.calls[0].arguments)


def any_of(names: tuple[str, ...]) -> str:
    """A pattern that finds any of the names as whole words, the longest where several begin alike."""
    return r"\b(?:" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")\b"


def masked(row: Row) -> str:
    """The request without its values: what stays is how it was said."""
    text = re.sub(r'"[^"]*"', "_", request(row))
    for names in NAMES.values():
        text = re.sub(any_of(names), "_", text)
    return re.sub(r"\b\w*[\d_]\w*(?:-\d+)*(?:\.\d+)?\b", "_", text)
