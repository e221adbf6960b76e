"""A sweep on the command line: it goes on after a run that failed, and gives a search what it asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rlvr.cli import main
from rlvr.commands import composed, train
from rlvr.config import Config
from rlvr.errors import UserError


@pytest.fixture
def seeds_that_ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Stands in for training: seed 0 is stopped by a gate, seed 1 has a bug, seed 2 is done."""
    ran: list[int] = []

    def stand_in(config: Config) -> float:
        ran.append(config.seed)
        if config.seed == 0:
            raise UserError("stopped after grpo: it costs abstention")
        if config.seed == 1:
            raise ZeroDivisionError("a bug of one's own")
        return 0.5

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(train, "_train", stand_in)
    monkeypatch.setattr("rlvr.commands.compare.show_sweep", lambda *_: sys.stdout.write("the table\n"))
    return ran


def test_a_sweep_goes_on_after_runs_that_failed(seeds_that_ran: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", "seed=0,1,2"]) == 1
    printed = capsys.readouterr()
    assert seeds_that_ran == [0, 1, 2]
    assert "run 0 (seed=0): stopped after grpo" in printed.err
    assert "ZeroDivisionError: a bug of one's own" in printed.err
    assert printed.err.splitlines()[-1] == "rlvr: error: 2 of 3 runs failed: 0 (seed=0), 1 (seed=1)"
    assert printed.out.splitlines()[-1] == "the table"


def test_a_run_gives_a_search_its_reward_and_a_failed_one_nothing(
    seeds_that_ran: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    returned: list[float | None] = []
    run = composed._Sweep.run

    def watched(self: composed._Sweep, task: object, config: object) -> float | None:
        returned.append(run(self, task, config))  # type: ignore[arg-type]
        return returned[-1]

    monkeypatch.setattr(composed._Sweep, "run", watched)
    main(["train", "-m", "seed=0,2"])
    assert returned == [0.0, 0.5]
