"""The script for a GPU runs its own logic without one, so that it is whole when there is one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from forked import forked

from rlvr.cli import main

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu

    yield gpu
    for name in ("gpu", "grpo", "demo"):
        sys.modules.pop(name, None)


def test_a_tiny_shape_is_measured_on_a_cpu(
    script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gpu.md"
    options = ["--models", "tiny", "--shapes", "40,6,4", "--repeats", "1", "--device", "cpu", "--out", str(out)]
    options += ["--experiment", "none"]
    monkeypatch.setattr(sys, "argv", ["benchmarks/gpu.py", *options])
    script.main()
    assert capsys.readouterr().out == out.read_text() + "\n"
    row = [cell.strip() for cell in out.read_text().splitlines()[-1].strip("|").split("|")]
    assert row[:2] == ["tiny", "40,6,4"]
    assert float(row[2]) > 0
    assert float(row[-1]) < 0.05, "both sides compute the same, up to bf16"


def test_no_gpu_is_said_in_one_line(
    script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks/gpu.py"])
    monkeypatch.setattr(script.torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as stopped:
        script.main()
    assert stopped.value.code == 2
    assert "no GPU here; --models tiny" in capsys.readouterr().err


FEW = [
    *("pipeline=[grpo]", "hardware.use_cpu=true", "data.train.procedural.rows=8", "data.train.five_tools.rows=16"),
    *("training.args.max_steps=1", "training.args.per_device_train_batch_size=2"),
    *("training.args.num_generations=2", "training.args.gradient_accumulation_steps=1"),
    *("training.args.max_completion_length=8", "evaluation.max_new_tokens=8", "gate=off"),
    *("data.evaluation.same_tools.rows=4", "data.evaluation.unseen_tools.rows=4"),
]


@pytest.mark.slow
def test_an_experiment_is_run_with_its_seeds_side_by_side(
    script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Run:
        """Stands in for `subprocess.Popen`: the same command line, in a process that has loaded torch."""

        def __init__(self, command: list[str], **_: Any) -> None:
            assert command[:3] == [sys.executable, "-m", "rlvr"]
            folder = tmp_path / next(option for option in command if option.startswith("seed="))
            folder.mkdir()
            self.process = forked(folder, main, command[3:])

        def wait(self, timeout: float = 60) -> int:
            return self.process.end(timeout)

        def terminate(self) -> None:
            self.process.terminate()

    monkeypatch.setattr(script.subprocess, "Popen", Run)
    lines = script.run_experiment("demo", [0, 1], FEW, 600)
    rows = [line for line in lines if line.startswith("| same_tools | 0 |") or line.startswith("| same_tools | 1 |")]
    assert len(rows) == 2, lines
    assert lines[-1].startswith("Done side by side: seed 0 ")


def test_a_run_that_takes_too_long_is_stopped_and_named(script, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(script, "_start", lambda *_: script.subprocess.Popen(sleeping))
    lines = script.run_experiment("demo", [3], [], 0.2)
    assert lines[-1] == "Seed 3 was stopped after 0 s."
