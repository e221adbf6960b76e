"""Command lines run one after the other in a process of its own, so that Python's start is paid for once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "trl", "datasets", "numpy", "scipy", "pyarrow", "plotly", "httpx2")

RUN = f"""
import contextlib, io, json, sys, time
sys.path.insert(0, {str(ROOT)!r})
from rlvr.cli import main
path = list(sys.path)
for arguments in json.load(sys.stdin):
    sys.path[:] = path
    output, error, started = io.StringIO(), io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error):
        code = main(arguments)
    seconds = time.process_time() - started
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    print(json.dumps([code, output.getvalue(), error.getvalue(), seconds, loaded]), flush=True)
"""


@dataclass(frozen=True)
class Outcome:
    """What a command line did: exit code, both outputs, seconds of CPU, and the heavy packages loaded by its end."""

    code: int
    output: str
    error: str
    seconds: float
    loaded: list[str]


def outcomes_of(commands: Sequence[list[str]], folder: Path, before: str = "") -> list[Outcome]:
    """Return the outcomes of command lines; what one of them loads shows in those that follow it.

    Args:
        commands: for each the words after `rlvr`.
        folder: where they run.
        before: code that runs first.
    """
    command = [sys.executable, "-c", before + RUN]
    done = subprocess.run(command, input=json.dumps(commands), capture_output=True, text=True, cwd=folder)
    outcomes = [Outcome(*json.loads(line)) for line in done.stdout.splitlines()]
    assert len(outcomes) == len(commands), done.stderr
    return outcomes
