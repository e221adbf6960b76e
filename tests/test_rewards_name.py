"""`rlvr.rewards` is the library `rewards`, also where a rewards.py beside a script hides it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CALL = '[{"name": "f", "arguments": {}}]'


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder, whose files come first, as Python has it."""
    (folder / "train.py").write_text(f"import sys; sys.path.insert(1, {str(ROOT)!r})\n{code}")
    return subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, cwd=folder)


def test_it_is_the_same_library(tmp_path: Path) -> None:
    code = (
        "import rewards, rewards.adapters.trl, rlvr.rewards\n"
        "from rlvr.rewards import Tiered\n"
        "from rlvr.rewards.adapters.trl import reward_function\n"
        "import rlvr.rewards.wire\n"
        "assert rlvr.rewards is rewards and Tiered is rewards.Tiered\n"
        "assert reward_function is rewards.adapters.trl.reward_function\n"
        "assert rewards.wire.__spec__.name == 'rewards.wire'\n"
        "import pickle; assert pickle.loads(pickle.dumps(Tiered())) == Tiered()\n"
        "print('the same')"
    )
    done = python(code, tmp_path)
    assert done.stdout == "the same\n", done.stderr


@pytest.mark.parametrize("first", ["from rewards import mine", "pass"], ids=["theirs first", "ours first"])
def test_a_rewards_py_beside_the_script_stays_theirs(first: str, tmp_path: Path) -> None:
    (tmp_path / "rewards.py").write_text("def mine():\n    return 'mine'\n")
    code = (
        f"{first}\n"
        "from rlvr.rewards import GroundTruth, Tiered\n"
        "from rlvr.rewards.adapters.trl import reward_function\n"
        "from rewards import mine\n"
        f"value = Tiered()({CALL!r}, ground_truth=GroundTruth.parse({CALL!r})).value\n"
        "print(mine(), value)"
    )
    done = python(code, tmp_path)
    assert done.stdout == "mine 1.0\n", done.stderr


def test_the_command_line_takes_the_library_and_names_the_file_that_it_hides(tmp_path: Path) -> None:
    (tmp_path / "rewards.py").write_text("class Mine:\n    pass\n")
    run = "from rlvr.cli import main; sys.exit(main({!r}))"
    done = python(run.format(["reward", "try", "--completion", CALL, "--ground-truth", CALL]), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Tiered: 1.000" in done.stdout
    done = python(run.format(["train", "reward._target_=rewards.Mine"]), tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "rewards.py has the name of rlvr's library and is hidden by it; rename it" in done.stderr
