"""A Python process that can import neither `rlvr` nor `rewards`, as where an export is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REFUSAL = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("rlvr", "rewards"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Refused())
"""


def run(code: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run code in a folder, without the paths of this process; return what it prints."""
    command = [sys.executable, "-I", "-c", REFUSAL + code]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout
