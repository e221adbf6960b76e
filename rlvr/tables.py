"""Tables that fit their terminal at any width: cells break before their interval, it gets short, columns move below.

Nothing is ever cut: a number stays whole, a long name or text goes on in the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_GAP = 2
"""Columns of a terminal between two columns of a table."""
_FEWEST_FOR_TEXT = 24
"""What a column of sentences is given at least, where the terminal has it."""
_FEWEST_FOR_NAME = 12
_INTERVAL = " ["
_PART_OF_NAME = re.compile(r"[^-\s/._,=]+[-/._,=]*|[-/._,=]+")
_OF_INTERVAL = re.compile(r" \[([-+\d.%]+), ([-+\d.%]+)\]")


@dataclass
class FittedTable:
    """A table whose first column names the rows, and whose other columns hold numbers or, at the end, sentences.

    Args:
        columns: the titles.
        title: a line above the table.
        left: titles of columns whose cells begin at the left, the first aside; all others end at the right.
        sentences: the title of a column that holds sentences, which may wrap anywhere between words.
    """

    columns: Sequence[str]
    title: str = ""
    left: Sequence[str] = ()
    sentences: str | None = None
    rows: list[tuple[Text, ...]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    def add_row(self, *cells: str | Text, style: str = "") -> None:
        """Add a row of names, numbers (with or without an interval) and sentences; missing cells are empty."""
        padded = [*cells, *[""] * (len(self.columns) - len(cells))]
        self.rows.append(tuple(cell if isinstance(cell, Text) else Text(cell) for cell in padded))
        self.styles.append(style)

    @property
    def row_count(self) -> int:
        """Return how many rows have been added."""
        return len(self.rows)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width of the table on one line a row, as far as there is room."""
        natural = sum(self._natural(index) + _GAP for index in range(len(self.columns)))
        width = min(max(natural, cell_len(self.title)), options.max_width)
        return Measurement(width, width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the table, or several below each other with the names repeated, as the width asks for."""
        if self.title:
            yield Text(self.title, style="bold", overflow="fold")
        width = options.max_width
        one_line = self._one_line()
        if _total(one_line.values()) <= width:
            yield self._part(list(one_line), one_line)
            return
        table = min(self, self._with_short_intervals(), key=lambda table: len(table._packing(width)[1]))
        widths, parts = table._packing(width)
        for number, part in enumerate(parts):
            if number:
                yield Text("")
            yield table._part(part, table._with_room(part, widths, table._one_line(), width))

    def _with_short_intervals(self) -> FittedTable:
        """Return the table with each interval on a line of its own and as short as it can be told: 0.32–0.47."""
        rows = [tuple(Text(_OF_INTERVAL.sub("\n\\1–\\2", cell.plain), cell.style) for cell in row) for row in self.rows]
        return replace(self, rows=rows)

    def _one_line(self) -> dict[int, int]:
        """Return the widths of the columns on one line a row."""
        return {index: self._natural(index) for index in range(len(self.columns))}

    def _packing(self, width: int) -> tuple[dict[int, int], list[list[int]]]:
        """Return the widths of the columns and which go below each other, in as few parts as a width allows."""
        one_line = self._one_line()
        broken = {index: min(self._broken(index), width) for index in one_line}
        # The widest room for names with which the columns need the fewest parts.
        rooms = [min(one_line[0], room) for room in (one_line[0], width // 3, width // 5, _FEWEST_FOR_NAME)]
        most = width - 2 * _GAP - max((broken[index] for index in one_line if index), default=0)
        fitting = [room for room in rooms if room <= most] or [max(most, 1)]
        packings = [(broken | {0: room}, list(_packed(broken | {0: room}, width))) for room in fitting]
        return min(packings, key=lambda packing: len(packing[1]))

    def _part(self, indices: Sequence[int], widths: dict[int, int]) -> Table:
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
        for index in indices:
            name, width = self.columns[index], max(widths[index], 1)
            is_left = index == 0 or name in self.left or name == self.sentences
            title = _folded(Text(name), width)
            table.add_column(title, justify="left" if is_left else "right", width=width, overflow="fold")
        for row, style in zip(self.rows, self.styles, strict=True):
            numbers = [row[index] for index in indices[1:]]
            cells = [_unbroken(cell, widths[index]) for index, cell in zip(indices[1:], numbers, strict=True)]
            table.add_row(_folded(row[0], widths[0]), *cells, style=style)
        return table

    def _with_room(
        self, indices: Sequence[int], broken: dict[int, int], one_line: dict[int, int], width: int
    ) -> dict[int, int]:
        """Return the widths of one part, its cells unbroken where it has room for that, sentences as wide as there is
        room."""
        widths = {index: broken[index] for index in indices}
        unbroken = {index: broken[index] if self._wraps(index) else one_line[index] for index in indices}
        for wider in (unbroken, unbroken | {0: broken[0]}, widths | {0: one_line[0]}):
            if _total(wider.values()) <= width:
                widths = wider
                break
        for index in filter(self._wraps, indices):
            widths[index] = min(one_line[index], widths[index] + width - _total(widths.values()))
        return widths

    def _wraps(self, index: int) -> bool:
        return self.columns[index] == self.sentences

    def _natural(self, index: int) -> int:
        lines = (line for row in self.rows for line in row[index].plain.split("\n"))
        return max(cell_len(self.columns[index]), *map(cell_len, lines), 1)

    def _broken(self, index: int) -> int:
        """Return the narrowest width at which no number and no part of a word of the title is broken."""
        title = max(map(cell_len, _PART_OF_NAME.findall(self.columns[index])), default=1)
        if self._wraps(index):
            return max(title, min(_FEWEST_FOR_TEXT, self._natural(index)))
        parts = (part for row in self.rows for line in row[index].plain.split("\n") for part in _parts(line))
        return max(title, *map(cell_len, parts), 1)


def _parts(cell: str) -> list[str]:
    number, mark, interval = cell.partition(_INTERVAL)
    return [number, mark.strip() + interval]


def _unbroken(cell: Text, width: int) -> Text:
    """Return a cell that breaks before its interval where it is too wide, and nowhere else inside the interval."""
    if _INTERVAL not in cell.plain or cell_len(cell.plain) <= width:
        return cell
    return Text(cell.plain.replace(_INTERVAL, "\n" + _INTERVAL.strip(), 1), style=cell.style)


def _folded(name: Text, width: int) -> Text:
    """Return a name that goes on in the next line after one of its own marks, where it has one."""
    if cell_len(name.plain) <= width or " " in name.plain:
        return name
    lines = [""]
    for part in _PART_OF_NAME.findall(name.plain):
        if cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return Text("\n".join(filter(None, lines)), style=name.style)


def _total(widths: Iterable[int]) -> int:
    return sum(width + _GAP for width in widths)


def _packed(widths: dict[int, int], width: int) -> Iterator[list[int]]:
    """Yield the columns in as few parts as fit, each with the first column."""
    part = [0]
    for index in list(widths)[1:]:
        if len(part) > 1 and _total([widths[each] for each in [*part, index]]) > width:
            yield part
            part = [0]
        part.append(index)
    yield part
