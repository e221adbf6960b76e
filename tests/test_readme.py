"""What README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)


def run(code: str, folder: Path) -> str:
    """What a program prints in a folder that has the checkout's own beside it, as a checkout has."""
    (folder / "rlvr").symlink_to(ROOT / "rlvr")
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, timeout=240).stdout


def test_the_reward_prints_what_readme_says(tmp_path: Path) -> None:
    printed = run(EXAMPLES[0], tmp_path).strip()
    assert f"It prints `{printed}`." in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_trl_example_trains(tmp_path: Path) -> None:
    printed = run(EXAMPLES[0] + EXAMPLES[1], tmp_path)
    assert "reward_components/behavior" in printed
    assert "rewards/tiered/mean" in printed
