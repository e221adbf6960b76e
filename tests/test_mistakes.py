"""Wrong keys, values, files and paths: exit code 2, one or two lines, before torch is loaded.

The command lines stand in mistakes.txt, one a line; they run in a folder with a file of rows and a toolset.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from one_process import Outcome, outcomes_of

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


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("mistakes")
    tool = {
        "name": "f",
        "description": "Do f",
        "parameters": {"type": "object", "properties": {"x": {"type": "string"}}},
    }
    truth = {"ground_truth": '[{"name": "f", "arguments": {"x": "y"}}]', "behavior": "execute"}
    row = {"prompt": [{"role": "user", "content": "Do f with y"}], "tools": [tool], "reward_model": truth}
    for name in ("empty", "trained", "notes"):
        (folder / name).mkdir()
    (folder / "trained" / "metrics.jsonl").touch()
    (folder / "trained" / "config.yaml").touch()
    (folder / "notes" / "todo.txt").touch()
    (folder / "mine.py").write_text(REWARDS)
    (folder / "tools.json").write_text(json.dumps([tool]))
    (folder / "train.jsonl").write_text(json.dumps(row) + "\n")
    lines = [shlex.split(line) for line in MISTAKES]
    return dict(zip(MISTAKES, outcomes_of(lines, folder), strict=True))


def test_there_are_sixty_of_them() -> None:
    assert len(set(MISTAKES)) >= 60


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_said_at_once(line: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[line]
    assert outcome.code == 2
    assert outcome.error.startswith("rlvr: error: ")
    assert outcome.error.count("\n") <= 2
    assert "torch" not in outcome.loaded
