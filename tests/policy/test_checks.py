"""What is said of a model and its machine before torch is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rlvr.config import HardwareConfig, ModelConfig
from rlvr.errors import UserError
from rlvr.policy import checks

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "is_local"),
    [
        ("tiny", False),
        ("gpt2", False),
        ("Qwen/Qwen3-0.6B", False),
        ("./nothere", True),
        ("../models/x", True),
        ("/models/x", True),
        ("~/models", True),
        ("runs/mine/grpo/final", True),
        ("runs/mine", True),  # since runs/ is a folder here
    ],
)
def test_a_local_path_is_told_from_a_name_on_the_hub(
    path: str, is_local: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert checks.is_local(path) == is_local


def test_an_absent_folder_is_not_explained_by_the_hubs_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs" / "clinic").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"model\.path: runs/clinc: no such file or folder \(near it is runs/clinic\)"):
        checks.check_model(ModelConfig(path="runs/clinc"))
    with pytest.raises(UserError, match=r"runs/clinic is a folder without a model.s config.json"):
        checks.check_model(ModelConfig(path="runs/clinic"))
    (tmp_path / "runs" / "clinic" / "metrics.jsonl").touch()
    checks.check_model(ModelConfig(path="runs/clinic"))


def test_a_template_and_a_library_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"model\.chat_template: none\.jinja: no such file"):
        checks.check_model(ModelConfig(chat_template="none.jinja"))
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="nf4 needs bitsandbytes"):
        checks.check_model(ModelConfig(quantization="nf4"))


@pytest.mark.parametrize(("use_cpu", "is_right"), [(False, False), (True, True), (None, True)])
def test_a_gpu_that_is_asked_for_must_be_there(
    use_cpu: bool | None, is_right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_ACCELERATORS", ("no_such_device*",))
    if is_right:
        checks.check_hardware(HardwareConfig(use_cpu=use_cpu))
    else:
        with pytest.raises(UserError, match="asks for a GPU, and this machine has none"):
            checks.check_hardware(HardwareConfig(use_cpu=use_cpu))


@pytest.mark.parametrize("module", ["rlvr.policy.checks", "rlvr.training.checks"])
def test_the_checks_load_no_torch(module: str) -> None:
    code = f"import sys, {module}; print([name for name in ('torch', 'transformers', 'trl') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
