"""One syntax for the arguments of every command, and help that comes at once."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import subprocess
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any

import pytest
from one_process import Outcome, outcomes_of

from rlvr.cli import COMMANDS
from rlvr.commands.arguments import help_text, read, read_words
from rlvr.commands.completion import SCRIPTS, candidates
from rlvr.commands.data_tools import ToolsOptions
from rlvr.errors import UserError

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Options:
    name: str | None = None
    count: int = 1
    names: list[str] = field(default_factory=list)
    is_strict: bool = False


@pytest.mark.parametrize(
    "arguments",
    [
        ["name=a b", "count=3", "names=[x,y]", "is_strict=true"],
        ["--name", "a b", "--count", "3", "--names", "[x,y]", "--is-strict"],
        ["--name=a b", "--count=3", "--names=[x,y]", "--is_strict=true"],
    ],
    ids=["options", "flags", "flags with ="],
)
def test_options_and_flags_say_the_same(arguments: list[str]) -> None:
    assert read(Options, arguments) == Options("a b", 3, ["x", "y"], True)


@pytest.mark.parametrize(
    "text", ['[{"a": 1}]', '{"a": 1}', "mcp:", "a: b", "007", "1e3", "yes", "# x", "a\n- b", "@x", "="]
)
def test_text_is_no_yaml(text: str) -> None:
    assert read(Options, [f"name={text}"]).name == text


@pytest.mark.parametrize("text", ["'a: b'", '"a: b"'])
def test_text_may_be_quoted(text: str) -> None:
    assert read(Options, [f"name={text}"]).name == "a: b"


@pytest.mark.parametrize("text", ['{"a": 1}', "[1]", "${a} é", "null", "=", "--x", "\\${", ""])
def test_the_text_of_a_flag_is_taken_as_it_is(text: str) -> None:
    assert read(Options, [f"--name={text}"]).name == text
    assert read(Options, ["--name", text]).name == text


def test_words_stand_anywhere_and_are_counted() -> None:
    assert read_words(Options, ["count=2", "file.jsonl", "--is-strict"], "FILE") == (
        ["file.jsonl"],
        Options(count=2, is_strict=True),
    )
    with pytest.raises(UserError, match="expected FILE, then option=value; got a b; --help"):
        read_words(Options, ["a", "b"], "FILE")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nmae", "x"], "flag '--nmae' not found; did you mean '--name'?"),
        (["-n", "x"], "flag '-n' not found; did you mean '--name'?"),
        (["--name"], "--name: expected a value"),
        (["--count", "x"], "count: expected a whole number, got 'x'"),
        (["nmae=x"], "option 'nmae' not found; did you mean 'name'?"),
    ],
)
def test_a_mistake_says_what_is_allowed(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError) as raised:
        read(Options, arguments)
    assert message in str(raised.value)


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    lines = [[*command.split(), "--help"] for command in COMMANDS]
    return dict(zip(COMMANDS, outcomes_of(lines, tmp_path_factory.mktemp("help")), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_loads_nothing_heavy(command: str, helps: dict[str, Outcome]) -> None:
    """Half a second is too little for any of these; a clock would measure what else the machine does."""
    help_shown = helps[command]
    assert (help_shown.code, help_shown.loaded, help_shown.error) == (0, [], "")
    assert help_shown.output.strip()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {"train", "data", "lint", "reward"}),
        (["da"], {"data", "lint", "split"}),
        (["data"], {"lint", "split"}),
        (["data", "split"], {"by=", "out=", "test="}),
        (["data", "synth", "to"], {"tools=", "writer.endpoint="}),
        (["train", "rew"], {"reward=tiered", "experiment=demo", "training.rows=", "model.path="}),
    ],
    ids=lambda words: " ".join(sorted(words) if isinstance(words, set) else words),  # the same in every process
)
def test_what_may_come_next(words: list[str], expected: set[str]) -> None:
    assert expected <= set(candidates(words))


def test_bash_completes() -> None:
    script = SCRIPTS["bash"].replace("rlvr completion", f"{sys.executable} -m rlvr completion")
    check = 'COMP_WORDS=(rlvr data split te); COMP_CWORD=3; COMP_LINE="rlvr data split te"; COMP_POINT=18; _rlvr'
    lines = script.replace("  compopt -o nospace\n", "") + f'{check}; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "test="


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_says_what_it_does(command: str) -> None:
    module = importlib.import_module(f"rlvr.commands.{COMMANDS[command].module}")
    if hasattr(module, "HELP"):
        help_text(module)  # which fails on an option without a docstring


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_paragraph_of_help_breaks_only_where_the_next_word_has_no_room(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    modules = [module for module in map(_module, COMMANDS) if hasattr(module, "HELP")]
    assert len(modules) > 10
    for module in modules:
        lines = help_text(module).splitlines()
        for line, after in itertools.pairwise(lines):
            if line[:1].strip() and after[:1].strip():
                assert len(line) + 1 + len(after.split()[0]) > columns, (module.__name__, line)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"rlvr.commands.{COMMANDS[name].module}")


@pytest.mark.parametrize(
    ("argument", "patterns"),
    [
        ("include=[a,b*]", ["a", "b*"]),
        ("include=a*", ["a*"]),
        ("include=*", ["*"]),
        ("include=re:[a-z]: b", ["re:[a-z]: b"]),
    ],
)
def test_an_option_may_take_a_text_or_a_list(argument: str, patterns: object) -> None:
    assert read(ToolsOptions, [argument, "out=nowhere.json"]).include == patterns


SAMPLES = {
    str: ("a: [b", "a: [b"),
    int: ("2", 2),
    float: ("0.5", 0.5),
    bool: ("true", True),
    list[str]: ("[a,b*]", ["a", "b*"]),
    dict[str, float]: ("{a: 1.5}", {"a": 1.5}),
    dict[str, Any]: ("{a: {b: 1}}", {"a": {"b": 1}}),
    type(None): ("null", None),
}
"""A value of each type as the command line has it, and as the option then holds it."""


def options_and_types() -> Iterator[tuple[Any, str, Any]]:
    """Yield each option of each command without a config, with each type that it may have."""
    modules = {command.module for command in COMMANDS.values()}
    for module in sorted(modules):
        of_command = importlib.import_module(f"rlvr.commands.{module}")
        options = getattr(of_command, "OPTIONS", None)
        if dataclasses.is_dataclass(options):
            for name, kind in typing.get_type_hints(options).items():
                members = typing.get_args(kind) if isinstance(kind, UnionType) else [kind]
                yield from ((options, name, member) for member in members if not dataclasses.is_dataclass(member))


@pytest.mark.parametrize(("options", "name", "kind"), list(options_and_types()), ids=str)
def test_each_option_takes_each_of_its_types(
    options: Any, name: str, kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where no file stands at what `out` is by default
    text, value = SAMPLES[kind]
    assert getattr(read(options, [f"{name}={text}"]), name) == value
