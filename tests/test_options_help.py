"""`rlvr train --help` and its like: every option has a sentence, and no line is wider than the terminal."""

from __future__ import annotations

import dataclasses

import pytest

from rlvr import config
from rlvr.cli import main
from rlvr.commands.option_docs import documentation


def test_every_option_is_documented() -> None:
    owners = [kind for kind in vars(config).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]
    for owner in owners:
        for field in dataclasses.fields(owner):
            if not str(field.type).endswith("Config"):
                sentence = documentation(owner).get(field.name, "")
                assert len(sentence) > 10, f"{owner.__name__}.{field.name}"


@pytest.mark.parametrize("command", ["train", "evaluate", "doctor"])
@pytest.mark.parametrize("columns", ["60", "80", "160"])
def test_help_fits_the_terminal_and_has_a_sentence_for_each_option(
    command: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main([command, "--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"rlvr {command} ")
    assert "model.path=tiny" in printed
    assert "A name on the model hub" in " ".join(printed.split())
    longest = max(printed.splitlines(), key=len)
    assert len(longest) <= int(columns) or " " not in longest.strip()


def test_help_of_train_shows_what_the_command_would_run_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "experiment=demo", "reward=weighted", "policy=lora", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "name=demo What the run folder's name begins with." in printed
    assert "training.args.learning_rate=0.0002 The initial learning rate for AdamW." in printed
    assert "policy.lora.r=16 The adapter's rank." in printed
    assert "reward.weights={behavior:0.2,tool_name:0.3,arguments:0.5}" in printed
    assert "--estimate" in printed


def test_help_of_the_reward_is_that_of_its_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "reward.partial_cap=0.6 The most that a completion earns that is not exactly right" in printed


def test_a_mistake_beside_help_is_still_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "sed=1", "--help"]) == 2
    assert "did you mean 'seed'?" in capsys.readouterr().err
