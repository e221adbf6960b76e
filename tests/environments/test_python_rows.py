"""Python classes in the forms that TRL's guides and examples give them, and the rows that its trainer reads."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from rewards import ToolCall
from rlvr.cli import main
from rlvr.environments.conversation import hold, scripted
from rlvr.environments.episode import Episode, Step
from rlvr.environments.opening import open_environment
from rlvr.environments.python_rows import episodes_of_class, episodes_of_file
from rlvr.environments.scoring import EpisodeReward
from rlvr.errors import RowError, RunError, UserError


class Tally:
    """Gives its own task, and scores itself: the form of TRL's guide (GRPO trainer, "Environments")."""

    def reset(self, **fields: Any) -> str:
        self.total = 0
        self.goal = fields.get("goal") or fields["seed"]
        return f"Count to {self.goal}."

    def add(self, step: int) -> int:
        """Add to the tally.

        Args:
            step: what to add.
        """
        self.total += step
        return self.total

    def get_reward(self) -> float:
        return float(self.total == self.goal)


class Client:
    """Something that a class keeps, and that can be called."""

    def __call__(self) -> str:
        return ""


class Game:
    """Keeps its reward in an attribute, as TRL's OpenEnv examples do, and a client that is no tool."""

    def __init__(self) -> None:
        self.client = Client()
        self.reward: float | None = None

    def reset(self) -> None:
        self.reward = None

    def guess(self, word: str) -> str:
        """Guess the word.

        Args:
            word: five letters.
        """
        self.reward = 1.0 if word == "crane" else -0.5
        return "right" if self.reward == 1.0 else "wrong"


class Slow:
    """Coroutines: TRL takes them as tools, and as `get_reward`."""

    async def reset(self, prompt: list[Any], level: int) -> str:
        self.seen = (len(prompt), level)
        self.is_open = False
        return " Hurry."

    async def open(self) -> bool:
        """Open the door."""
        self.is_open = True
        return True

    async def get_reward(self) -> float:
        return 0.5 + self.is_open / 2


class Worthless:
    """Says nothing of what an episode is worth."""

    def act(self) -> str:
        """Act."""
        return "done"


def held_by(factory: type, episode: Episode, *calls: ToolCall) -> Any:
    solved = Episode(episode.prompt, episode.tools, "python", episode.options, (Step(calls), Step(text="Done.")))
    environment = open_environment(solved, {"": factory})
    (held,) = hold([(solved, environment)], scripted(solved))
    environment.close()
    return held


def test_what_reset_says_ends_the_prompt() -> None:
    (first, second) = episodes_of_class(Tally, 2)
    assert (first.prompt, first.options) == ([{"role": "user", "content": ""}], {"reset": {"seed": 1}})
    held = held_by(Tally, second, ToolCall("add", {"step": 2}))
    assert held.messages[0] == {"role": "user", "content": "Count to 2."}
    assert held.transcript()[0] == held.messages[0]
    assert second.prompt[0]["content"] == ""
    assert EpisodeReward()(held).value == 1.0


def test_a_reward_kept_in_an_attribute_counts() -> None:
    (episode,) = episodes_of_class(Game, 1)
    assert episode.options == {"reset": {}}
    assert [tool["function"]["name"] for tool in episode.tools] == ["guess"]
    assert held_by(Game, episode, ToolCall("guess", {"word": "crane"})).outcome.is_reached
    wrong = held_by(Game, episode, ToolCall("guess", {"word": "apple"})).outcome
    assert (wrong.is_reached, wrong.progress, wrong.reasons) == (False, 0.0, ("the reward is -0.5",))
    assert held_by(Game, episode).outcome.progress == 0.0, "None is no reward yet"


def test_coroutines_are_awaited(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": "Open the door.", "level": 3}) + "\n")
    (episode,) = episodes_of_file(Slow, str(path))
    assert episode.options == {"reset": {"level": 3}}
    held = held_by(Slow, episode, ToolCall("open", {}))
    assert held.messages[0]["content"] == "Open the door. Hurry."
    assert held.turns[0].results[0].content == "true"
    assert held.outcome.is_reached
    assert held_by(Slow, episode).outcome.progress == 0.5


def test_a_class_that_says_nothing_of_its_worth_is_refused() -> None:
    (episode,) = episodes_of_class(Worthless, 1)
    with pytest.raises(UserError, match=r"Worthless has no get_reward\(\), and the row no expected calls"):
        open_environment(episode, {"": Worthless})
    expected = Episode(episode.prompt, episode.tools, "python", {"expected": [{"name": "act"}]})
    assert held_by(Worthless, expected, ToolCall("act", {})).outcome.is_reached
    assert not held_by(Worthless, expected).outcome.is_reached


def test_what_reset_raises_is_said() -> None:
    with pytest.raises(RunError, match=r"environment: Tally.reset\(\) raised KeyError: 'seed'"):
        open_environment(Episode([{"role": "user", "content": ""}], [], "python", {}), {"": Tally})


class Unreachable:
    """Closes what its `reset` did not get to open."""

    def reset(self) -> None:
        raise ConnectionError("no server")

    def close(self) -> None:
        self.client.close()  # type: ignore[attr-defined]


def test_what_reset_raises_is_said_though_nothing_can_be_closed() -> None:
    with pytest.raises(RunError, match=r"Unreachable.reset\(\) raised ConnectionError: no server"):
        open_environment(Episode([{"role": "user", "content": ""}], [], "python", {}), {"": Unreachable})


def test_rows_that_are_none_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a"}\n{"prompt": []}\n')
    with pytest.raises(RowError, match=r"rows.jsonl:2.*prompt: must be a text or a non-empty list"):
        list(episodes_of_file(Tally, str(path)))


def test_a_class_is_played_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tally_of_mine.py").write_text(
        "class Tally:\n"
        "    def reset(self, goal):\n        self.total, self.goal = 0, goal\n        return f' The goal is {goal}.'\n"
        "    def add(self, step: int) -> int:\n        '''Add.'''\n        self.total += step\n"
        "        return self.total\n"
        "    def get_reward(self):\n        return float(self.total == self.goal)\n"
    )
    (tmp_path / "rows.jsonl").write_text('{"prompt": [{"role": "user", "content": "Count."}], "goal": 4}\n')
    made = ["data", "worlds", "environment=tally_of_mine:Tally", "dataset=rows.jsonl", "out=episodes.jsonl"]
    assert main(made) == 0
    assert "1 conversations with add" in capsys.readouterr().out
    assert main(["data", "lint", "episodes.jsonl"]) == 0
    monkeypatch.setattr("sys.stdin", StringIO('add {"step": 4}\nDone.\n'))
    capsys.readouterr()
    assert main(["play", "episodes.jsonl", "environment=tally_of_mine:Tally"]) == 0
    said = capsys.readouterr().out
    assert "user: Count. The goal is 4." in said
    assert "The goal is reached: reward 1.00" in said
    (tmp_path / "none.jsonl").write_text("")
    for options, error in [
        ([*made, "tools=x.json"], "a class has its own tools"),
        ([*made[:3], made[-1], "rows=0"], "rows: 0 is less than 1"),
        ([*made[:3], made[-1], "dataset=none.jsonl"], "none.jsonl"),
        ([*made[:2], made[-1], "tools=x.json", "dataset=rows.jsonl"], "name it with environment=MODULE:CLASS"),
    ]:
        assert main(options) == 2
        assert error in capsys.readouterr().err
