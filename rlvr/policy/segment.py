"""Where a group of candidates lies in a flat row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """The place of one group in the flat row: P prefix tokens, then G branches of C tokens, if any."""

    start: int
    prefix: int
    branches: int
    length: int

    @property
    def end(self) -> int:
        """One past its last token."""
        return self.start + self.prefix + self.branches * self.length
