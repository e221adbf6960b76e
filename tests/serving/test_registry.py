"""An export in MLflow's registry: the folder, the signature of chat completions, and how it is served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlvr.cli import main
from rlvr.training import tracking


def test_an_export_is_registered_in_the_run_that_trained_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="mlflow is installed without what its sqlite store needs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'store.db'}")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'store.db'}")  # an earlier run in this process has set another
    assert main(["export", "tiny", "out=exported", "register=clinic"]) == 0
    assert "registered as models:/clinic/1" in capsys.readouterr().out
    client = mlflow.MlflowClient()
    version = client.get_model_version("clinic", "1")
    assert (version.tags["wire"], version.tags["vllm_parser"]) == ("hermes", "hermes")
    copied = Path(mlflow.artifacts.download_artifacts("models:/clinic/1", dst_path=str(tmp_path / "copied")))
    for file in Path("exported").iterdir():
        assert (copied / file.name).read_bytes() == file.read_bytes()
    info = mlflow.models.get_model_info(str(copied))
    assert "messages" in info.signature.inputs.input_names()
    assert info.metadata["serve"]["wire"] == "hermes"
    # As if a run had been trained with tracking: the next version belongs to that one.
    run = Path("run")
    run.mkdir()
    (run / "metrics.jsonl").touch()
    Path("exported").rename(run / "final")
    (run / "grpo").mkdir()
    (run / "final").rename(run / "grpo" / "final")
    (run / tracking.IDS).write_text(json.dumps({"run": version.run_id}))
    assert main(["export", str(run), "out=again", "register=clinic", "stage=grpo"]) == 0
    assert client.get_model_version("clinic", "2").run_id == version.run_id


def test_a_registry_that_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tracking, "is_installed", lambda name: False)
    assert main(["export", "tiny", f"out={tmp_path / 'out'}", "register=clinic"]) == 2
    assert "register: needs MLflow: pip install 'rlvr[mlflow]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
