"""Long work shows itself at once, moves while a batch is under way, and says honestly what is left."""

from __future__ import annotations

import gc
import io
import sys
import time

import pytest
from rich.console import Console

from rlvr import progress


def pipe() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=80), written


def test_a_task_is_said_before_its_first_item_is_done() -> None:
    console, written = pipe()
    with progress.task(console, "evaluating base on mine", 300):
        assert written.getvalue() == "evaluating base on mine: 0/300\n"


def test_a_note_moves_the_line_where_no_item_is_done_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress, "_now", lambda: now[0])
    console, written = pipe()
    with progress.task(console, "evaluating", 300) as shown:
        for done, note in ((0, "token 35 of at most 256"), (100, ""), (200, "")):
            now[0] += 30
            shown.advance(done, note)
    # 100 rows in 60 s leave 200 rows, 120 s.
    assert written.getvalue().splitlines()[1:] == [
        "evaluating: 0/300, token 35 of at most 256, 0:00:30 so far",
        "evaluating: 100/300, 0:02:00 left",
        "evaluating: 300/300, took 0:01:30",
    ]


@pytest.mark.parametrize(("seconds", "lines"), [(0.0, ""), (0.2, "loading a model ...\n")], ids=["fast", "slow"])
def test_waiting_is_said_where_it_lasts(seconds: float, lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_OF_SILENCE", 0.05)
    console, written = pipe()
    with progress.waiting(console, "loading a model"):
        time.sleep(seconds)
    time.sleep(0.1)
    assert written.getvalue() == lines


def test_libraries_stay_out_of_searches_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), width=200)
    monkeypatch.setitem(sys.modules, "torch", object())
    frozen = gc.get_freeze_count()
    with progress.loading_libraries(console, "PyTorch"):
        assert gc.isenabled()
    assert gc.get_freeze_count() == frozen, "a run before has loaded them, and its garbage must be found"

    monkeypatch.delitem(sys.modules, "torch")
    with progress.loading_libraries(console, "PyTorch"):
        assert not gc.isenabled()
        loaded = [[n] for n in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(loaded)

    with pytest.raises(ModuleNotFoundError), progress.loading_libraries(console, "PyTorch"):
        raise ModuleNotFoundError
    assert gc.isenabled()
