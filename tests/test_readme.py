"""What README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_reward_prints_what_readme_says(tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{EXAMPLES[0]}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()
    assert f"It prints `{printed}`." in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_trl_example_is_the_one_that_is_tested() -> None:
    """tests/test_examples.py runs it; README leaves out the tools, which stand in its first example."""
    tested = iter((ROOT / "examples" / "trl_reward.py").read_text().splitlines())
    assert all(line in tested for line in EXAMPLES[1].splitlines() if line)
    tools = EXAMPLES[0][EXAMPLES[0].index("tools = [") : EXAMPLES[0].index("right = ")]
    assert tools in (ROOT / "examples" / "trl_reward.py").read_text()
