"""The command line in-process, and once as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import rlvr
from rlvr import config
from rlvr.__main__ import main as start
from rlvr.cli import COMMANDS, main
from rlvr.commands import train
from rlvr.commands.composed import named_options

ROOT = Path(__file__).parent.parent

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Run `rlvr ...` in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=["nothing", "--help", "-h"])
def test_help_lists_every_command(cli: Cli, arguments: list[str]) -> None:
    code, out, err = cli(*arguments)
    assert (code, err) == (0, "")
    assert all(f"  {name} " in out for name in COMMANDS)
    assert all(command.summary in " ".join(out.split()) for command in COMMANDS.values())


@pytest.mark.parametrize("word", ["--version", "version"])
def test_version(cli: Cli, word: str) -> None:
    assert cli(word) == (0, f"rlvr {rlvr.__version__}\n", "")


def test_help_as_a_word_is_the_flag(cli: Cli) -> None:
    assert cli("help") == cli("--help")
    assert cli("help", "data", "lint") == cli("data", "lint", "--help")


def test_a_group_of_commands_lists_its_own(cli: Cli) -> None:
    code, out, err = cli("data")
    assert (code, err) == (0, "")
    assert "data synth" in out
    assert "evaluate" not in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["trian"],
            "command 'trian' not found; did you mean 'train'? commands: ",
        ),
        (["dat", "lint", "x.jsonl"], "command 'dat lint' not found; did you mean 'data lint'? commands: "),
        (["data", "sinth"], "command 'data sinth' not found; did you mean 'data synth'? commands: "),
        (["data", "import"], "expected FILE, then option=value; got nothing"),
        (["data", "import", "absent.jsonl"], "absent.jsonl: no such file"),
        (["data", "import", "absent.jsonl", "fromat=xlam"], "option 'fromat' not found; did you mean 'format'?"),
        (["data", "import", "absent.jsonl", "redact=emial"], "redact: 'emial' not found; did you mean 'email'?"),
        (["data", "import", "absent.jsonl", "limit=0"], "limit: 0 is less than 1"),
        (["data", "import", "absent.jsonl", "error=("], "error: '(' is not a regular expression"),
        (
            ["data", "export", "absent.jsonl"],
            "format '' not found; allowed: openai, sagemaker, trl, trl_preference, verl",
        ),
        (["data", "split", "absent.jsonl", "by=tols"], "by 'tols' not found; did you mean 'tool'?"),
        (["data", "split", "absent.jsonl", "test=1.5"], "shares must each be at least 0"),
        (["data", "tools", "absent.json"], "absent.json: no such file"),
        (["train", "sed=1"], "option 'sed' not found; did you mean 'seed'? allowed: data, dpo, environment"),
        (
            ["train", "reward=tierd"],
            "reward 'tierd' not found; did you mean 'tiered'? "
            "conf/reward has: bfcl, binary, judge, tiered, toolrl, weighted",
        ),
        (["train", "model=Qwen/Qwen3-0.6B"], "is no choice of conf/model; write model.path=Qwen/Qwen3-0.6B"),
        (["train", "model=Qwen3-0.6B"], "model 'Qwen3-0.6B' not found; did you mean 'qwen3-0.6b'?"),
        (["train", "data=rows.jsonl"], "is no choice of conf/data; write data=none data.train.mine.path=rows.jsonl"),
        (["train", "reward=mine.MyReward"], "is no choice of conf/reward; write reward._target_=mine.MyReward"),
        (["export", "run", "out=o", "format=gguf"], "gguf=true writes a GGUF file"),
        (["evaluate", "/"], "'/': a model or a run goes under model.path=/"),
        (["train", "-m", "reward=tiered,tierd"], "reward 'tierd' not found; did you mean 'tiered'?"),
        (
            ["train", "reward.partail_cap=1"],
            "option 'reward.partail_cap' not found; did you mean 'reward.partial_cap'?",
        ),
        (["train", "seed=0,1"], "seed=0,1: several values; add -m to run each"),
        (["train", "-m", "seed=x,1"], "seed: expected a whole number, got 'x'"),
        (["train", "--multirum"], "flag '--multirum' not found; did you mean '--multirun'?"),
        (["train", "-m", "--cfg", "job"], "Only one of --run, --multirun, --cfg, --info and --shell_completion"),
        (["train", "--config-dir", "nowhere"], "nowhere' not found"),
        (["demo", "seed=x"], "seed: expected a whole number, got 'x'"),
        (["evaluate", "model.pth=x"], "option 'model.pth' not found; did you mean 'model.path'?"),
        (["evaluate"], "nothing to evaluate on: name a file, data.evaluation.mine.path=rows.jsonl, or a choice"),
        (["data", "synth", "oot=x"], "option 'oot' not found; did you mean 'out'? allowed: "),
        (["data", "synth", "seed=x"], "seed: expected a whole number, got 'x'"),
        (["data", "synth", __file__], f"did you mean tools={__file__}?"),
        (["data", "pairs", __file__], f"did you mean rows={__file__}?"),
        (["data", "synth", "folder"], "'folder' is not of the form option=value; options: out, seed"),
        (["data", "synth", __file__], "is not of the form option=value; did you mean tools="),
        (["data", "pairs", __file__], "is not of the form option=value; did you mean rows="),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_line_and_exit_code_2(cli: Cli, arguments: list[str], expected: str) -> None:
    code, _, err = cli(*arguments)
    assert code == 2
    assert err.startswith("rlvr: error: ")
    assert err.count("\n") == 1
    assert expected in err


def test_a_mistake_writes_nothing(cli: Cli, tmp_path: Path) -> None:
    cli("train", "sed=1")
    cli("train", "-m", "reward=tiered,tierd")
    cli("train", "data=files", "data.train.rows.path=absent.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_the_processes_of_one_run_neither_sweep_nor_evaluate(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for arguments in (["train", "-m", "seed=0,1"], ["evaluate", "data=five_tools"]):
        code, _, error = cli(*arguments)
        assert code == 2
        assert "WORLD_SIZE is 2" in error
    assert list(tmp_path.iterdir()) == []


def test_help_of_data_synth_shows_its_defaults(cli: Cli) -> None:
    code, out, _ = cli("data", "synth", "--help")
    assert code == 0
    assert "null is the folder data" in out


@pytest.mark.parametrize(
    ("command", "default"),
    [
        ("import", "out=rows.jsonl"),
        ("export", "wire=hermes"),
        ("split", "test=0.2"),
        ("tools", "out=tools.json"),
    ],
)
def test_help_of_the_data_commands_shows_their_defaults(cli: Cli, command: str, default: str) -> None:
    code, out, _ = cli("data", command, "--help")
    assert code == 0
    assert default in " ".join(out.split())


def test_from_an_openai_file_to_splits_for_another_trainer(cli: Cli, tmp_path: Path) -> None:
    """Import, split, export and read back; the tables say how many rows each step keeps."""
    assert cli("data", "synth", "out=made")[0] == 0
    assert cli("data", "export", "made/same_tools.jsonl", "format=openai", "out=openai.jsonl")[0] == 0
    code, out, err = cli("data", "import", "openai.jsonl", "out=rows.jsonl")
    assert (code, err) == (0, "")
    assert "openai.jsonl: 300 records of format openai, " in out
    assert "wrote rows.jsonl" in out
    code, out, _ = cli("data", "split", "rows.jsonl", "by=phrasing", "out=parts")
    assert code == 0
    assert "shared with training: 0 rows by their request, 0 by their wording" in out
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["test.jsonl", "train.jsonl"]
    code, out, _ = cli("data", "export", "parts/train.jsonl", "format=verl")
    assert code == 0
    assert "wrote verl.parquet: " in out


@pytest.mark.parametrize(
    ("arguments", "usual"),
    [
        (["data", "synth"], "data"),
        (["data", "synth", "tools=mine.json", "rows=3"], "synth.jsonl"),
        (["data", "import", "mine.jsonl"], "rows.jsonl"),
        (["data", "export", "mine.jsonl", "format=openai"], "openai.jsonl"),
        (["data", "convert", "mine.jsonl"], "mine.calls.jsonl"),
        (["data", "pairs", "rows=mine.jsonl"], "pairs.jsonl"),
        (["data", "split", "mine.jsonl"], "split"),
        (["data", "tools", "mine.json"], "tools.json"),
        (["data", "worlds", "tools=mine.json"], "episodes.jsonl"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else value,
)
def test_what_is_there_is_replaced_only_where_it_is_named(
    cli: Cli, arguments: list[str], usual: str, tmp_path: Path
) -> None:
    (tmp_path / usual).write_text("precious")
    code, _, err = cli(*arguments)
    assert code == 2
    assert f"{usual}: is there already; out={usual} replaces it, out=NAME writes elsewhere" in err
    assert (tmp_path / usual).read_text() == "precious"


def test_cfg_job_prints_the_composed_config(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("demo", "--cfg", "job", "seed=3")
    assert code == 0
    printed = yaml.safe_load(out)
    assert (printed["name"], printed["seed"]) == ("demo", 3)
    assert list(tmp_path.iterdir()) == []


def test_choices_of_the_users_own_are_found_in_a_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "small.yaml").write_text("# @package _global_\nseed: 11\n")
    code, out, _ = cli("train", "--config-dir", "mine", "experiment=small", "--cfg", "job")
    assert code == 0
    assert yaml.safe_load(out)["seed"] == 11


def test_hydra_runs_what_asks_for_it_and_nothing_else(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It composes three times, for a tenth of a second each, what one composition gives."""
    seen: list[tuple[config.Config, list[str], str | None]] = []
    monkeypatch.setattr(
        train, "_train", lambda composed: seen.append((composed, named_options(), os.environ.get("MINE")))
    )
    assert cli("train", "seed=3", "+hydra.job.env_set.MINE=here")[0] == 0
    monkeypatch.setattr("hydra.main", lambda **_: pytest.fail("Hydra runs it"))
    assert cli("train", "seed=3")[0] == 0
    expected = config.compose(["seed=3"])
    assert seen == [(expected, ["seed"], "here"), (expected, ["seed"], None)]


OWN_REWARD = """
class Own:
    def __init__(self):
        raise {exception}

    def __call__(self, completion, *, ground_truth, tools=None, completion_ids=None):
        return None
"""


def test_a_bug_keeps_its_traceback(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "reward_with_a_bug.py").write_text(OWN_REWARD.format(exception="ZeroDivisionError('mine')"))
    with pytest.raises(ZeroDivisionError, match="mine"):
        cli("train", "reward._target_=reward_with_a_bug.Own")


def test_an_interrupt_while_the_command_line_is_imported_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "rlvr.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "rlvr.cli")
    monkeypatch.delattr(rlvr, "cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert start() == 130


def test_an_interrupt_is_exit_code_130(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "reward_that_interrupts.py").write_text(OWN_REWARD.format(exception="KeyboardInterrupt"))
    assert cli("train", "reward._target_=reward_that_interrupts.Own")[0] == 130


def test_data_synth_writes_three_files_again_the_same(cli: Cli, tmp_path: Path) -> None:
    assert cli("data", "synth", "out=one", "seed=3")[0] == 0
    code, out, err = cli("data", "synth", "out=two", "seed=3")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"wrote two/{name}.jsonl" for name in ("train", "same_tools", "unseen_tools")]
    for name, rows in (("train", 1500), ("same_tools", 300), ("unseen_tools", 300)):
        written = (tmp_path / "one" / f"{name}.jsonl").read_bytes()
        assert written == (tmp_path / "two" / f"{name}.jsonl").read_bytes()
        assert written.count(b"\n") == rows


SMALL_EVALUATION = [
    "pipeline=[]",
    "data.train.five_tools.rows=2",
    "data.evaluation.same_tools.rows=2",
    "~data.evaluation.unseen_tools",
    "evaluation.max_new_tokens=4",
    "evaluation.n_bootstrap=10",
    "hardware.use_cpu=true",
]


@pytest.mark.slow
def test_a_sweep_gives_each_run_a_folder_of_its_own(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("train", "-m", "seed=0,1", *SMALL_EVALUATION)
    assert code == 0, err
    assert "sweep: run 1 with" in out
    (sweep,) = (tmp_path / "runs").glob("*-sweep-*")
    seeds = [yaml.safe_load((sweep / job / "config.yaml").read_text())["seed"] for job in ("0", "1")]
    assert seeds == [0, 1]


@pytest.mark.slow
def test_the_sweep_choice_needs_no_flag(cli: Cli, tmp_path: Path) -> None:
    code, _, err = cli("train", "sweep=seeds", *SMALL_EVALUATION)
    assert code == 0, err
    (sweep,) = (tmp_path / "runs").glob("*-sweep-*")
    assert sorted(path.name for path in sweep.iterdir() if path.is_dir()) == ["0", "1", "2"]


def test_as_a_user_starts_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from rlvr.cli import main; sys.exit(main())", "trian"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("rlvr: error: command 'trian' not found")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -c 'import sys; from rlvr.cli import main; sys.exit(main())' train --help | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "rlvr train [group=choice] [section.option=value] [-m]\n"
    assert done.stderr == ""
