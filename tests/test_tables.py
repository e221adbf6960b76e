"""Tables and lines fit every width from 60 to 160 columns, and nothing of them is lost."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rlvr.tables import FittedTable
from rlvr.wrapping import fitted

WIDTHS = range(60, 161)


def printed(table: FittedTable, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


@pytest.mark.parametrize("width", WIDTHS)
def test_signed_differences_beside_counts(width: int) -> None:
    columns = ["policy", "reward", "exact", "reward, difference", "exact, difference", "gained", "lost"]
    table = FittedTable(columns, "unseen_tools: 300 rows, differences to base paired by row")
    table.add_row("a/name/of/a/run/that_is_much/longer-than-any-terminal.is=wide," * 3, *["0.25 [0.21, 0.29]"] * 2)
    table.add_row("seed=1", *["0.25 [0.21, 0.29]"] * 2, *["+0.125 [-0.021, +0.290]"] * 2, "123", "4,567")
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("[0.21, 0.29]") + text.count(" 0.21–0.29") == 4
    assert text.count("[-0.021, +0.290]") + text.count("-0.021–+0.290") == 2
    assert text.count("123") == text.count("4,567") == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_a_sentence_wraps_between_words(width: int) -> None:
    words = [f"word{number}" for number in range(40)]
    table = FittedTable(["tier", "share", "weight", "why"], sentences="why")
    table.add_row("wire_format", "1.00", "0.1", " ".join(words))
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    assert [word for word in text.split() if word.startswith("word")] == words


@pytest.mark.parametrize("width", WIDTHS)
def test_wide_signs_count_double(width: int) -> None:
    table = FittedTable(["工具", "count"])
    table.add_row("預約診所的醫生_與病人的就診時間_並通知" * 3, "1,234")
    assert "1,234" in printed(table, width)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_goes_on_below_its_description(width: int) -> None:
    line = "  data pairs   preference pairs, right against nearly right: rows=FILE.jsonl, or mined: run=FOLDER and more"
    first, *others = fitted(line, width).split("\n")
    assert all(len(each) <= width for each in (first, *others))
    assert all(each.startswith(" " * 15) and each[15] != " " for each in others)
    assert " ".join([first, *others]).split() == line.split()


def test_a_path_longer_than_the_terminal_stays_whole() -> None:
    path = "/home/someone/" + "folder/" * 20 + "rows.jsonl"
    assert path in fitted(f"wrote {path}", 80)
