"""What other people wrote reaches a terminal as text, whatever is in it."""

from __future__ import annotations

import io
import json
import sys

import pytest
from rich.table import Table

from rlvr.cli import main
from rlvr.progress import say, standard_console
from rlvr.terminal import PrintableConsole, printable, show_exception

EVIL = "\x1b]0;PWNED\x07\x1b[2J\x1b[31mred\x9b0m\r\x08"
CONTROLS = [chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"{ord(control):#x}")
def test_control_characters_are_shown_as_json_writes_them(control: str) -> None:
    shown = printable(f"a{control}b")
    assert not any(other in shown for other in CONTROLS)
    assert json.loads(f'"{shown}"') == f"a{control}b"


def test_other_characters_stay() -> None:
    text = "Zürich\t東京\n👩‍👩‍👧 ‎"
    assert printable(text) == text


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_console_keeps_its_own_colours_and_nobody_elses(is_terminal: bool) -> None:
    stream = io.StringIO()
    console = PrintableConsole(
        file=stream, force_terminal=is_terminal, color_system="standard" if is_terminal else None
    )
    table = Table(EVIL)
    table.add_row(EVIL)
    console.print(table)
    console.print(f"[bold]{EVIL}[/bold]")
    say(console, EVIL)
    written = stream.getvalue()
    assert "\x1b]0" not in written
    assert "\x1b[2J" not in written
    assert "\x1b[31m" not in written
    assert ("\x1b[1m" in written) == is_terminal, "bold is our own"
    assert "\\u001b[31mred" in written


def test_errors_and_tables_of_a_command_hold_none(
    tmp_path: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"nothing{EVIL}"]) == 2
    captured = capsys.readouterr()
    assert not any(control in captured.out + captured.err for control in CONTROLS)


def print_evil() -> None:
    print(EVIL)  # noqa: T201
    standard_console().print(EVIL)


def test_what_a_command_prints_holds_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("rlvr.cli._dispatch", lambda arguments: print_evil())
    assert main([]) == 0
    out = capsys.readouterr().out
    assert not any(control in out for control in CONTROLS)
    assert out.count("red") == 2


def test_a_traceback_holds_neither_controls_nor_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"{EVIL} postgresql://me:secret@host/db")
    except ValueError as error:
        show_exception(type(error), error, error.__traceback__)
    err = capsys.readouterr().err
    assert not any(control in err for control in CONTROLS)
    assert "postgresql://***@host/db" in err
    assert "Traceback" in err
    assert sys.stderr is not None
