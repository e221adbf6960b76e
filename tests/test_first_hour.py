"""The first hour with one's own tools: a clinic's eight, by the commands of docs/guides/your_tools.md as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from rlvr.cli import main
from rlvr.records.row import read_rows

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "guides" / "your_tools.md").read_text(encoding="utf-8")
NEEDS_A_HUB = "Qwen/"

# What makes the run of the page one of seconds, and the policy one that is trained in them.
FEW = """
    data.train.procedural.rows=8 data.train.mine.rows=16 data.evaluation.mine.rows=6 sft.rows=8 tracking=none gate=off
    training.args.max_steps=1 training.args.max_completion_length=8 training.args.num_generations=2
    training.args.per_device_train_batch_size=4 training.args.gradient_accumulation_steps=1
    evaluation.max_new_tokens=4 evaluation.n_bootstrap=20 hardware.use_cpu=true
""".split()


def commands() -> list[list[str]]:
    """Return the page's commands, in their order, without those that need a model hub."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    typed = [shlex.split(line, comments=True) for line in lines if NEEDS_A_HUB not in line]
    return [words[1:] for words in typed if words]


def test_the_page_goes_from_tools_to_a_report() -> None:
    names = [" ".join(words[: 2 if words[0] == "data" else 1]) for words in commands()]
    assert names == ["data tools", "data synth", "data lint", "data split", "train", "compare", "report"]


@pytest.mark.slow
def test_a_clinic_s_tools_become_a_compared_policy(
    random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    shutil.copy(HERE / "clinic_tools.json", "clinic.json")
    printed = {}
    for words in commands():
        typed = ["clinic.json" if word == "SOURCE" else word for word in words]
        if typed[0] == "train":
            typed += [f"model.path={random_policy}", *FEW]
        assert main(typed) == 0, (typed, capsys.readouterr().err)
        printed[typed[0] if typed[0] != "data" else typed[1]] = capsys.readouterr().out

    assert "wrote tools.json: 8 tools" in printed["tools"]
    assert "2,000 rows, no findings" in printed["lint"]
    assert max(map(len, printed["lint"].splitlines())) <= 80
    train, test = (read_rows(f"parts/{part}.jsonl") for part in ("train", "test"))
    assert len(test) >= 150
    calls = {call.name for row in train for call in row.ground_truth.calls}
    described = {_description(tool) for row in train for tool in row.tools}
    called = [row for row in test if row.ground_truth.calls]
    assert len(called) >= 150
    for row in called:
        by_name = {tool["function"]["name"]: _description(tool) for tool in row.tools}
        assert not calls & {call.name for call in row.ground_truth.calls}
        assert not described & {by_name[call.name] for call in row.ground_truth.calls}
    assert {row.ground_truth.behavior for row in test} == {row.ground_truth.behavior for row in train}
    assert "grpo" in printed["compare"]
    assert max(map(len, printed["compare"].splitlines())) <= 80
    assert Path("runs/mine/report.html").stat().st_size > 100_000


def _description(tool: dict[str, object]) -> str:
    function = tool["function"]
    assert isinstance(function, dict)
    return str(function["description"])
