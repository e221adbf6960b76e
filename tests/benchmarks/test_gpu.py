"""The script for a GPU runs its own logic without one, so that it is whole when there is one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu

    yield gpu
    for name in ("gpu", "grpo"):
        sys.modules.pop(name, None)


def test_a_tiny_shape_is_measured_on_a_cpu(
    script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gpu.md"
    options = ["--models", "tiny", "--shapes", "40,6,4", "--repeats", "1", "--device", "cpu", "--out", str(out)]
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
