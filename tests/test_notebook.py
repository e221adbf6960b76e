"""The notebook runs from its first cell to its last, on smaller numbers than it is written with."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from forked import forked

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "examples" / "first_hour.ipynb"
SMALL = "ROWS, SFT_ROWS, GRPO_STEPS, EVALUATION_ROWS = 240, 8, 1, 4"
SMALLER = {
    "training.args.max_completion_length=128": "training.args.max_completion_length=8",
    "training.args.per_device_train_batch_size=32": "training.args.per_device_train_batch_size=8",
    "evaluation.max_new_tokens=128": "evaluation.max_new_tokens=8",
}


class KernelProcess:
    """A kernel forked from a process that has loaded TRL, with what Jupyter asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, command: Sequence[str], *, cwd: str, env: Mapping[str, str], **_: Any) -> None:
        assert list(command[1:3]) == ["-m", "ipykernel_launcher"]
        self.process = forked(Path(cwd), launch_kernel, command[3:], environment=env)
        self.pid = self.process.pid
        while os.getpgid(self.pid) != self.pid:  # Jupyter signals the group that it finds now
            time.sleep(0.01)

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int:
        return self.process.end()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


def launch_kernel(arguments: Sequence[str]) -> None:
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(argv=arguments)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_notebook_goes_from_tools_to_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr("jupyter_client.provisioning.local_provisioner.launch_kernel", KernelProcess)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source += f"\n{SMALL}"
    (training,) = (cell for cell in notebook.cells if "pipeline.run(" in cell.source)
    for written, smaller in SMALLER.items():
        assert written in training.source
        training.source = training.source.replace(written, smaller)
    nbclient.NotebookClient(notebook, timeout=1000, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    printed = "".join(output.get("text") or output.data.get("text/plain", "") for output in outputs)
    assert "held out: " in printed
    assert " 0 defects" in printed
    assert "GRPO against base" in printed
    assert "specialization tax" in printed
    assert outputs[-1].data["text/html"].startswith("<div><iframe srcdoc=")
    assert (tmp_path / "first_hour" / "run" / "report.html").exists()


def test_the_notebook_holds_no_outputs() -> None:
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")
