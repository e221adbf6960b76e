"""The core: what `pip install .` brings is enough for rewards and data; what needs more names the extra."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from one_process import Outcome, outcomes_of

from rlvr.cli import TRAINING_PACKAGES

ROOT = Path(__file__).parent.parent

# Python with the packages of the extra `train` hidden, as in an environment that has never had them.
WITHOUT = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(TRAINING_PACKAGES)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in {sorted(TRAINING_PACKAGES)!r} else find_spec(name, *rest)
sys.path.insert(0, {str(ROOT)!r})
"""
CLI = "from rlvr.cli import main; sys.exit(main())"
# Python without what Windows lacks.
AS_ON_WINDOWS = """
import os, signal, sys
sys.modules.update(dict.fromkeys(["fcntl", "pwd", "resource", "termios"]))
for name in ("SIGALRM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU"):
    delattr(signal, name)
for name in ("fork", "killpg", "sched_getaffinity", "setsid"):
    delattr(os, name)
"""
COMPLETION = '[{"name": "get_weather", "arguments": {"city": "Rome"}}]'


def core(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"{WITHOUT}\n{code}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    done = core(CLI, "data", "synth", "out=.", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "same_tools.jsonl"


def test_the_extra_lists_what_the_core_does_without() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    train = {name.split(">")[0].replace("-", "_") for name in project["optional-dependencies"]["train"]}
    assert train == TRAINING_PACKAGES
    assert not {name.split(">")[0] for name in project["dependencies"]} & TRAINING_PACKAGES


ENOUGH = [
    ["data", "lint", "FILE"],
    ["data", "split", "FILE", "by=tool", "out=parts"],
    ["data", "export", "FILE", "format=openai", "out=openai.jsonl"],
    ["data", "import", "FILE", "out=again.jsonl"],
    ["data", "pairs", "rows=FILE", "out=pairs.jsonl"],
    ["reward", "try", "--rows", "FILE", "--row", "1", "--completion", COMPLETION],
    ["train", "--help"],
    ["doctor"],
]
NEED_MORE = [["train"], ["demo"], ["evaluate", "data=five_tools"], ["compare", "a", "b"], ["train", "--estimate"]]


@pytest.fixture(scope="module")
def outcomes(rows: Path) -> list[Outcome]:
    lines = [[word.replace("FILE", str(rows)) for word in line] for line in ENOUGH + NEED_MORE]
    return outcomes_of(lines, rows.parent, before=WITHOUT)


@pytest.mark.parametrize("at", range(len(ENOUGH)), ids=[" ".join(line[:2]) for line in ENOUGH])
def test_the_core_is_enough(at: int, outcomes: list[Outcome]) -> None:
    assert outcomes[at].code == 0, outcomes[at].error


@pytest.mark.parametrize("at", range(len(NEED_MORE)), ids=map(" ".join, NEED_MORE))
def test_what_needs_more_names_the_extra(at: int, outcomes: list[Outcome]) -> None:
    outcome = outcomes[len(ENOUGH) + at]
    assert outcome.code == 2
    assert outcome.error.count("\n") == 1
    assert "is not installed: pip install 'rlvr[train]'" in outcome.error
    assert outcome.seconds < 5.0, "rows were drawn for nothing"


def test_parquet_needs_pyarrow_alone(rows: Path, tmp_path: Path) -> None:
    done = core(CLI, "data", "export", str(rows), "format=verl", "out=verl.parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "rlvr: error: this needs pyarrow, which is not installed: pip install pyarrow\n"
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    done = core(CLI, "data", "import", "rows.parquet", cwd=tmp_path)
    assert done.stderr == "rlvr: error: this needs pyarrow, which is not installed: pip install pyarrow\n"


def test_rewards_and_its_adapters_need_only_the_core(tmp_path: Path) -> None:
    code = (
        "import rewards.adapters.trl, rewards.adapters.verl, rewards.adapters.sagemaker\n"
        f"print(rewards.Tiered()({COMPLETION!r}, ground_truth={COMPLETION!r}).value)"
    )
    assert core(code, cwd=tmp_path).stdout == "1.0\n"


def as_on_windows(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"{AS_ON_WINDOWS}\n{CLI}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def test_rewards_and_data_work_as_on_windows(rows: Path) -> None:
    linted = as_on_windows("data", "lint", rows.name, cwd=rows.parent)
    assert linted.returncode == 0, linted.stderr
    tried = as_on_windows("reward", "try", f"ground_truth={COMPLETION}", f"completion={COMPLETION}", cwd=rows.parent)
    assert tried.returncode == 0, tried.stderr


def test_training_names_its_systems_as_on_windows(tmp_path: Path) -> None:
    done = as_on_windows("report", "run", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("rlvr: error: this command needs Linux or macOS, or WSL on Windows")
