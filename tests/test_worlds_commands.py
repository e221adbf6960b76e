"""`rlvr data worlds` and `rlvr play`, typed as a user types them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from rlvr.cli import main
from rlvr.environments.episode import read_episodes
from rlvr.records.row import read_rows

TOOLS = [
    {
        "name": "cancel_order",
        "description": "Cancel an order.",
        "parameters": {
            "type": "object",
            "properties": {"order_id": {"type": "string"}, "reason": {"type": "string"}},
            "required": ["order_id", "reason"],
        },
    }
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("tools.json").write_text(json.dumps(TOOLS))
    return tmp_path


def test_worlds_and_their_solutions_turn_by_turn(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "worlds", "tools=tools.json", "out=e.jsonl", "rows=20", "turns=t.jsonl"]) == 0
    output = capsys.readouterr().out
    assert "wrote e.jsonl: 20 conversations, each solved once; 1 of 1 tools called" in output
    episodes, rows = read_episodes("e.jsonl"), read_rows("t.jsonl")
    assert len(episodes) == 20
    assert len(rows) == sum(len(episode.solution) for episode in episodes)
    assert {row.ground_truth.behavior for row in rows} >= {"execute", "clarify", "answer"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["rows=3"], "no tools: rlvr data worlds tools=TOOLS.json"),
        (["tools=nothing.json"], "nothing.json"),
        (["tools=tools.json", "kinds.flying=1"], "kinds.flying: there are direct"),
        (["tools=tools.json", "rows=0"], "rows: 0 is less than 1"),
        (["tools=tools.json", "out=a.jsonl", "turns=a.jsonl"], "turns: a.jsonl is what out= writes"),
        (["tools=tools.json", "row=3"], "did you mean 'rows'"),
    ],
)
def test_mistakes_are_said_in_a_line(
    files: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], error: str
) -> None:
    assert main(["data", "worlds", *arguments]) == 2
    assert error in capsys.readouterr().err
    assert not Path("episodes.jsonl").exists()


def test_a_person_plays_the_policy(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["data", "worlds", "tools=tools.json", "out=e.jsonl", "rows=3", "kinds.direct=1"])
    episode = read_episodes("e.jsonl")[1]
    (call,) = episode.solution[0].calls
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{call.name} {json.dumps(call.arguments)}\nThat is done.\n"))
    capsys.readouterr()
    assert main(["play", "e.jsonl", "episode=2"]) == 0
    output = capsys.readouterr().out
    assert "cancel_order(order_id, reason)" in output
    assert "The goal is reached: reward 1.00" in output


def test_a_call_that_cannot_be_read_is_asked_for_again_and_the_end_is_said(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["data", "worlds", "tools=tools.json", "out=e.jsonl", "rows=1", "kinds.direct=1"])
    typed = [
        'cancel_ordr {"order_id": "7"}',
        "cancel_order id=7",
        'cancel_order {"order_id": "7"}',
        *3 * ["cancel_order"],
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed)))
    capsys.readouterr()
    assert main(["play", "e.jsonl"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "you: tool 'cancel_ordr' not found; did you mean 'cancel_order'?" in output
    assert 'you: cancel_order: the arguments are no JSON object, such as {"id": 7}' in output
    assert "reward 0.00 missing: order" in output
    assert "ended by loop" in output


BANK = """
class Bank:
    def act(self) -> str:
        '''Act.'''
        return "done"

    def get_reward(self):
        return 1.0

class Down(Bank):
    def reset(self):
        raise ConnectionError("no database")

class Worthless:
    def act(self) -> str:
        '''Act.'''
        return "done"
"""


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [
        ("bank_of_tests:Down", 1, "Down.reset() raised ConnectionError: no database"),
        ("bank_of_tests:Worthless", 2, "Worthless has no get_reward()"),
        ("bank_of_tests:Bnk", 2, "did you mean 'Bank'? bank_of_tests has: Bank, Down, Worthless"),
        (
            "unreadable_of_tests:Bank",
            2,
            "cannot import 'unreadable_of_tests', from this folder or what is installed: Sy",
        ),
        ("exiting_of_tests:Bank", 2, "SystemExit: 3"),
    ],
)
def test_a_class_that_cannot_begin_is_said_before_rows_are_written(
    files: Path, capsys: pytest.CaptureFixture[str], name: str, code: int, error: str
) -> None:
    Path("bank_of_tests.py").write_text(BANK)
    Path("unreadable_of_tests.py").write_text("def (")
    Path("exiting_of_tests.py").write_text("raise SystemExit(3)")
    assert main(["data", "worlds", f"environment={name}", "out=e.jsonl", "rows=2"]) == code
    said = capsys.readouterr().err
    assert error in said
    assert len(said.splitlines()) == 1
    assert not Path("e.jsonl").exists()


def test_the_tools_are_not_written_over(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["out=tools.json"], ["out=e.jsonl", "turns=tools.json"]):
        assert main(["data", "worlds", "tools=tools.json", "rows=1", *options]) == 2
        assert "tools.json: is the file that is read; write to another" in capsys.readouterr().err
    assert json.loads(Path("tools.json").read_text()) == TOOLS


def test_the_end_of_input_ends_the_play(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["data", "worlds", "tools=tools.json", "out=e.jsonl", "rows=1", "kinds.direct=1"])
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["play", "e.jsonl", "solution=true"]) == 0
    output = capsys.readouterr().out
    assert "The goal is not reached: reward 0.00" in output
    assert "missing: order" in output
    assert 'solution: {"calls": [{"name": "cancel_order"' in output


def test_an_episode_that_is_not_there(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["data", "worlds", "tools=tools.json", "out=e.jsonl", "rows=2"])
    assert main(["play", "e.jsonl", "episode=3"]) == 2
    assert "episode: 3; e.jsonl has 1 to 2" in capsys.readouterr().err


def test_names_in_a_stranger_s_episodes_are_text(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks of rich's in a tool's name, tools without their wrapper, and a goal that nothing can be held against."""
    tool = {"name": "[/]look[bold]", "parameters": {"type": "object", "properties": {"[red]\x1b[2J": {}}}}
    episode = {"environment": "recording", "calls": [{"name": 5, "arguments": {}, "result": {}}]}
    row = {"prompt": [{"role": "user", "content": "[/]\x1b]0;hacked\x07"}], "tools": [tool], "episode": episode}
    Path("e.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("Done.\n"))
    assert main(["play", "e.jsonl"]) == 0
    output = capsys.readouterr().out
    assert "[/]look[bold]([red]\\u001b[2J?)" in output
    assert "\x1b" not in output
