"""Sequences that begin alike as one row of tokens in which their common beginning stands once.

A group is a prefix and branches that follow it; groups lie one after the other:

    p0 p1 … p(P-1) | a0 a1 … | b0 b1 … | q0 q1 … | c0 …        positions restart at P in every branch

A branch attends to its prefix and to itself, through `rlvr.policy.attention`. GRPO's candidates after their prompt, SFT
rows of one toolset, and prompts of one toolset before generation are laid out so. Where branches begin alike too, they
are laid out as a tree instead: each of its tokens stands once, after the one that it follows.

Legend: S tokens of the flat row, C tokens of one branch or tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import torch
from torch import Tensor

from rlvr.policy.segment import Segment

# Rows of ever new lengths fragment the heap of a CPU process, and let its kernels be built again and again.
ROW_MULTIPLE = 64
IGNORED_LABEL = -100


@dataclass(frozen=True)
class Branch:
    """The continuation of a prefix: tokens, and for each the token that it predicts, or IGNORED_LABEL."""

    ids: Sequence[int]
    labels: Sequence[int]


@dataclass(frozen=True)
class Tree:
    """Continuations of a prefix in which a common beginning stands once.

    Attributes:
        ids: C tokens, each after the one that it follows.
        parents: the place in `ids` of the token that each one follows; -1 where that is the prefix.
    """

    ids: Sequence[int]
    parents: Sequence[int]

    def seen(self) -> Tensor:
        """Return which tokens each token sees, shape (C, C): itself and those that lead to it."""
        seen = torch.eye(len(self.ids), dtype=torch.bool)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                seen[place] |= seen[parent]
        return seen


@dataclass(frozen=True)
class Group:
    """A prefix, possibly empty, and what follows it: branches, at least one, or a tree."""

    prefix: Sequence[int]
    branches: Sequence[Branch] | Tree


def places_of_branch(branches: Sequence[Branch]) -> int:
    """Return how many places each branch of a group takes: those of the longest, at least one."""
    return max(1, *(len(branch.ids) for branch in branches))


@dataclass(frozen=True)
class FlatRow:
    """Groups as one row of tokens.

    Attributes:
        input_ids: shape (1, S).
        position_ids: positions within prefix and branch, shape (1, S).
        shift_labels: the token that each place predicts, or IGNORED_LABEL, shape (1, S).
        segments: the groups, in order, and one without branches that fills the row up to a multiple of ROW_MULTIPLE.
        n_tokens: real tokens in the row.
    """

    input_ids: Tensor
    position_ids: Tensor
    shift_labels: Tensor
    segments: tuple[Segment, ...]
    n_tokens: int


@dataclass
class _Places:
    """The flat row while it grows, a list for each of its columns."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    n_padding: int = 0

    def add(self, ids: Sequence[int], labels: Sequence[int], first_position: int, length: int) -> None:
        """Append tokens, and padding up to `length` of them."""
        n_missing = length - len(ids)
        self.ids += [*ids, *[0] * n_missing]
        self.labels += [*labels, *[IGNORED_LABEL] * n_missing]
        self.positions += range(first_position, first_position + length)
        self.n_padding += n_missing

    def add_tree(self, tree: Tree, prefix: int) -> Tensor:
        """Append the tokens of a tree, and return which of them each one sees."""
        seen = tree.seen()
        self.ids += tree.ids
        self.labels += [IGNORED_LABEL] * len(tree.ids)
        self.positions += (prefix + seen.sum(1) - 1).tolist()
        return seen


def lay_out(groups: Sequence[Group], device: torch.device) -> FlatRow:
    """Lay groups out as one row, the branches of each group padded to its longest.

    Args:
        groups: in the order in which they are laid out.
        device: where the tensors are made.
    """
    places, segments = _Places(), []
    for group in groups:
        start, prefix = len(places.ids), len(group.prefix)
        places.add(group.prefix, [IGNORED_LABEL] * prefix, 0, prefix)
        if isinstance(group.branches, Tree):
            seen = places.add_tree(group.branches, prefix)
            segments.append(Segment(start, prefix, 1, len(seen), seen.to(device)))
            continue
        length = places_of_branch(group.branches)
        segments.append(Segment(start, prefix, len(group.branches), length))
        for branch in group.branches:
            places.add(branch.ids, branch.labels, prefix, length)
    n_filling = -len(places.ids) % ROW_MULTIPLE
    segments.append(Segment(len(places.ids), n_filling, 0, 0))
    places.add([], [], 0, n_filling)

    def tensor(values: list[int]) -> Tensor:
        return torch.tensor([values], dtype=torch.long, device=device)

    return FlatRow(
        input_ids=tensor(places.ids),
        position_ids=tensor(places.positions),
        shift_labels=tensor(places.labels),
        segments=tuple(segments),
        n_tokens=len(places.ids) - places.n_padding,
    )


def n_common(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many tokens two sequences have in common at their beginnings."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def runs_of_common_prefix(prompts: Sequence[Sequence[int]], most: int | None = None) -> list[tuple[int, list[int]]]:
    """Divide consecutive prompts into the runs of which as few tokens as possible are computed.

    Args:
        prompts: at least one token each; the last token of each stays out of the prefix, for it predicts a token.
        most: how many prompts a run may hold; None for any number.

    Returns:
        The length of the common prefix and the indices of each run, in order.
    """
    shared = [_n_shared(*pair) for pair in pairwise(prompts)]
    most = len(prompts) if most is None else most
    saved = [0]  # saved[end] by the best division of the prompts before `end`, whose last run is last_run[end]
    last_run = [(0, 0)]
    for end in range(1, len(prompts) + 1):
        length = len(prompts[end - 1]) - 1
        saved.append(saved[end - 1])
        last_run.append((length, end - 1))
        for start in reversed(range(max(end - most, 0), end - 1)):
            length = min(length, shared[start])
            saved_with_run = saved[start] + length * (end - start - 1)
            if saved_with_run > saved[end]:
                saved[end] = saved_with_run
                last_run[end] = (length, start)
            if length == 0:
                break
    runs = []
    end = len(prompts)
    while end:
        length, start = last_run[end]
        runs.append((length, list(range(start, end))))
        end = start
    return runs[::-1]


def _n_shared(first: Sequence[int], second: Sequence[int]) -> int:
    return min(n_common(first, second), len(first) - 1, len(second) - 1)
