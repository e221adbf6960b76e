"""How the rows of a file are spread over behaviors and tools, and what of it will show in the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rewards import Behavior
from rlvr.data.lint.findings import MOST_TOOLS, Finding
from rlvr.data.lint.reading import Read

FEWEST_NEGATIVES = 0.05  # share of rows that expect no call, below which a model learns to call always
LARGEST_SHARE = 0.9
"""Share of one behavior, or of the called tool's first place in the list, above which a model learns that alone."""

UNEVEN = 20  # a tool called this many times as often as another is advice
MASKED_NAMES = "(masked names)"
"""All tools of rows whose names are masked (`extra_info.masked`): each row has names of its own, used nowhere else."""

_MOST_PENDING = 4096

FEWEST_ROWS = 50  # with fewer rows nothing is said about shares


@dataclass
class ToolCounts:
    """One tool: the rows that offer it, those that call it, and those that offer it and call nothing."""

    offered: int = 0
    called: int = 0
    negative: int = 0


@dataclass
class Statistics:
    """Counts over all usable rows."""

    n_rows: int = 0
    behaviors: Counter[Behavior] = field(default_factory=Counter)
    tools: dict[str, ToolCounts] = field(default_factory=dict)
    several_offered: int = 0
    first_called: int = 0
    without_missing: int = 0
    pending: Counter[tuple[tuple[str, ...], tuple[str, ...], Behavior]] = field(default_factory=Counter)

    def add(self, row: Read) -> None:
        """Count one row."""
        called = tuple(dict.fromkeys(call.name for call in row.truth.calls))
        if row.truth.behavior is Behavior.CLARIFY and not row.truth.missing:
            self.without_missing += 1
        names = row.offered.names
        if isinstance(row.extra_info, dict) and row.extra_info.get("masked"):
            names, called = (MASKED_NAMES,), called and (MASKED_NAMES,)
        alike = (names, called, row.truth.behavior)
        self.pending[alike] += 1
        if len(self.pending) >= _MOST_PENDING:
            self.settle()

    def settle(self) -> None:
        """Spread what is pending over tools and behaviors: rows of the same tools are counted at once."""
        for (names, called, behavior), n in self.pending.items():
            self.n_rows += n
            self.behaviors[behavior] += n
            for name in names:
                counts = self.tools.get(name)
                if counts is None:
                    if len(self.tools) >= MOST_TOOLS:
                        continue
                    counts = self.tools[name] = ToolCounts()
                counts.offered += n
                counts.called += n * (name in called)
                counts.negative += n * (not called)
            if len(called) == 1 and len(names) > 1:
                self.several_offered += n
                self.first_called += n * (names[0] in called)
        self.pending.clear()

    def advice(self) -> Iterator[Finding]:
        """Yield what the shares will teach besides the task."""
        self.settle()
        if self.n_rows < FEWEST_ROWS:
            return
        calling = self.behaviors[Behavior.EXECUTE]
        negatives = self.n_rows - calling
        if negatives < FEWEST_NEGATIVES * self.n_rows:
            yield Finding(
                "no_negatives",
                f"{negatives:,} of {self.n_rows:,} rows expect no call: this model will call tools on everything; add "
                "rows to clarify, refuse and answer",
            )
        for behavior, count in self.behaviors.items():
            if count > LARGEST_SHARE * self.n_rows and behavior is not Behavior.EXECUTE:
                yield Finding("unbalanced", f"{count / self.n_rows:.0%} of rows expect {behavior.value}")
        if self.several_offered >= FEWEST_ROWS and self.first_called > LARGEST_SHARE * self.several_offered:
            share = self.first_called / self.several_offered
            yield Finding("unbalanced", f"the called tool stands first in {share:.0%} of rows: shuffle the tools")
        asking = self.behaviors[Behavior.CLARIFY]
        if 2 * self.without_missing > asking:
            yield Finding("no_missing", f"'missing' is empty in {self.without_missing:,} of {asking:,} clarify rows")
        yield from self._tool_advice()

    def _tool_advice(self) -> Iterator[Finding]:
        often = {name: counts for name, counts in self.tools.items() if counts.offered >= FEWEST_ROWS}
        often.pop(MASKED_NAMES, None)
        most = max((counts.called for counts in often.values()), default=0)
        for name, counts in often.items():
            if counts.called == counts.offered:
                message = f"{name!r} is called whenever it is offered ({counts.offered:,} rows)"
                yield Finding("no_negatives", message, name)
            elif counts.called == 0 and self.behaviors[Behavior.EXECUTE]:
                yield Finding("unbalanced", f"{name!r} is offered in {counts.offered:,} rows and never called", name)
            elif counts.called * UNEVEN < most:
                yield Finding("unbalanced", f"{name!r} is called {counts.called:,} times, another tool {most:,}", name)
