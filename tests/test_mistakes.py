"""Wrong keys, values, files and paths: exit code 2, one or two lines, within a second of CPU, before torch is loaded.

The command lines stand in mistakes.txt, one a line; they run in a folder with a file of rows and a toolset.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MISTAKES = (HERE / "mistakes.txt").read_text(encoding="utf-8").splitlines()

REWARDS = """
from rewards import RewardResult

class Floaty:
    def __call__(self, completion, *, ground_truth, tools=None):
        return 0.5

def seven(completion, *, ground_truth, tools=None):
    return RewardResult(7.0, {}, ())

def broken(completion, *, ground_truth, tools=None):
    return {}["nothing"]

number = 7
"""

# All in one process, so that what is measured is a command and not Python's start.
RUN = """
import contextlib, io, json, shlex, sys, time
sys.path.insert(0, sys.argv[1])
from rlvr.cli import main
path = list(sys.path)
for line in json.loads(sys.stdin.read()):
    sys.path[:] = path
    error, started = io.StringIO(), time.process_time()
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
        code = main(shlex.split(line))
    seconds = time.process_time() - started
    print(json.dumps([code, error.getvalue(), seconds, "torch" in sys.modules]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    folder = tmp_path_factory.mktemp("mistakes")
    tool = {
        "name": "f",
        "description": "Do f",
        "parameters": {"type": "object", "properties": {"x": {"type": "string"}}},
    }
    truth = {"ground_truth": '[{"name": "f", "arguments": {"x": "y"}}]', "behavior": "execute"}
    row = {"prompt": [{"role": "user", "content": "Do f with y"}], "tools": [tool], "reward_model": truth}
    (folder / "mine.py").write_text(REWARDS)
    (folder / "tools.json").write_text(json.dumps([tool]))
    (folder / "train.jsonl").write_text(json.dumps(row) + "\n")
    command = [sys.executable, "-c", RUN, str(HERE.parent)]
    done = subprocess.run(command, input=json.dumps(MISTAKES), capture_output=True, text=True, cwd=folder)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(MISTAKES), done.stderr
    return dict(zip(MISTAKES, lines, strict=True))


def test_there_are_sixty_of_them() -> None:
    assert len(set(MISTAKES)) >= 60


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_said_at_once(line: str, outcomes: dict[str, list[object]]) -> None:
    code, error, seconds, has_torch = outcomes[line]
    assert code == 2
    assert str(error).startswith("rlvr: error: ")
    assert str(error).count("\n") <= 2
    assert not has_torch
    assert isinstance(seconds, float)
    assert seconds <= 1.0
