"""Where a group of candidates lies in a flat row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Segment:
    """The place of one group in the flat row: P prefix tokens, then G branches of C tokens, or a tree of C tokens.

    Attributes:
        start: of its first token.
        prefix: P, possibly 0.
        branches: G; 1 for a tree, 0 for a prefix alone.
        length: C.
        seen: of a tree, which of its tokens each one sees, shape (C, C): itself and those on its way from the prefix.
    """

    start: int
    prefix: int
    branches: int
    length: int
    seen: Tensor | None = field(default=None, compare=False)

    @property
    def end(self) -> int:
        """One past its last token."""
        return self.start + self.prefix + self.branches * self.length
