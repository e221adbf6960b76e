"""How the code reads may get better; what is counted here does not get worse."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CEILINGS = {
    "branches per 1,000 code lines": 288.5,
    "comprehensions per 1,000": 55,
    "conditional expressions per 1,000": 33.3,
    "`Any` per 1,000": 14,
    "filler names among locals, %": 1,
    "docstrings that begin with what, whether, how, where, %": 2.5,
    "packed statements per 1,000 statements": 2,
}
"""The goals are 180, 25, 5, 20, 2 and 1."""


@pytest.fixture(scope="module")
def counts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        import code_figures

        yield code_figures
    sys.modules.pop("code_figures", None)


@pytest.fixture(scope="module")
def whole(counts):
    return counts.count(ROOT)


def test_no_figure_rises_above_its_ceiling(whole) -> None:
    figures = whole.figures()
    assert {name: round(figures[name], 1) for name in CEILINGS if figures[name] > CEILINGS[name]} == {}


def test_a_packed_statement_is_one_of_four_branches(counts) -> None:
    """Two generators and a condition are three branches, and an `or` makes four."""
    tree = counts.Counts()
    tree.add("a = [x for y in b for x in y if x]\nc = [x for y in b for x in y if x] or d\n")
    assert (tree.statements, tree.packed) == (2, 1)


def test_each_kind_is_counted(counts) -> None:
    """Two ifs, an `and` of three, a conditional expression and a list comprehension are six branches."""
    tree = counts.Counts()
    tree.add(
        'def f(found: Any, row: int) -> list[int]:\n    """What comes."""\n    # no code\n'
        "    if found and row and 1:\n        return []\n    if row:\n        return [1 if x else 2 for x in found]\n"
        "    return []\n"
    )
    assert (tree.code, tree.nodes["branch"], tree.nodes["comprehension"], tree.nodes["Any"]) == (6, 6, 1, 1)
    assert (tree.fillers, tree.locals, tree.docstrings, tree.without_verb) == (1, 3, 1, 1)


def test_a_condition_in_disguise_counts_as_what_it_is(counts) -> None:
    """`all` and `any` of three hide two operands each; products and a mapping hide a conditional expression each."""
    tree = counts.Counts()
    tree.add("a = all((b, c, d))\na = any([b, c, d])\na = b * (c in d)\na = b * bool(c)\na = {True: b, False: c}[d]\n")
    tree.add("a = all(b)\na = any(())\na = 2 * (b + 1)\na = {1: b, 0: c}[d]\n")
    assert (tree.nodes["branch"], tree.nodes["conditional"], tree.nodes["comprehension"]) == (7, 3, 0)


def test_each_branch_is_of_one_kind_in_one_area(counts, whole) -> None:
    """What `--by-kind` adds up is what all figures count, but for conditions in disguise."""
    by_area = counts.count_kinds(ROOT)
    assert sum(part.code for part, _ in by_area.values()) == whole.code
    kinds = sum((kinds for _, kinds in by_area.values()), Counter())
    assert whole.nodes["branch"] - kinds.total() < 100
    assert "" not in kinds
