"""Every example runs as it stands, in a folder of its own, and does what it says."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import Answer, Server, completion, serve
from report_run import write_run

from rlvr import config
from rlvr.data.lint import lint
from rlvr.data.synth import synthesize
from rlvr.environments.episode import read_episodes
from rlvr.records.row import read_rows, write_rows

__all__ = ["serve"]

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
MOST_LINES = 60

# One evaluation of a handful of rows, and of each training one step.
SMALL = [
    "sft.args.max_steps=1",
    "training.args.max_steps=1",
    "training.args.per_device_train_batch_size=8",
    "training.args.max_completion_length=4",
    "evaluation.max_new_tokens=4",
    "evaluation.n_bootstrap=20",
    "hardware.use_cpu=true",
    "tracking=none",
]


def run(name: str, folder: Path, *arguments: str) -> str:
    """Return what an example prints, started in a folder that is no checkout."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=270,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def quick_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """As `run`, in this process, which has loaded TRL."""

    def quick_run(name: str, folder: Path, *arguments: str) -> str:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
        code = 0
        try:
            runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        except SystemExit as end:
            code = end.code
        assert code == 0
        return capsys.readouterr().out

    return quick_run


def scripts() -> list[Path]:
    return sorted(EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.stem)
def test_an_example_is_short_and_has_a_test(path: Path) -> None:
    assert len(path.read_text().splitlines()) < MOST_LINES
    assert f'run("{path.stem}", ' in Path(__file__).read_text()


def test_a_tier_of_ones_own_counts_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short, long, wrong = run("custom_tier", tmp_path).splitlines()
    assert short == "1.000 tiered 1.00 brevity 1.00"
    # 344 characters, 264 above 80; 1 - 264 / 320 = 0.175, and 0.9 + 0.1 * 0.175 = 0.9175
    assert long == "0.917 tiered 1.00 brevity 0.18"
    # 0.6 * (0.1 + 0.25 + 0.45 * 0 + 0.1 + 0.1) = 0.33, of which 0.9
    assert wrong == "0.297 tiered 0.33 brevity 0.00"
    monkeypatch.syspath_prepend(EXAMPLES)
    reward = config.build_reward({"_target_": "custom_tier.CONCISE"})
    assert config.reward_name(reward) == "Weighted"


def test_a_format_of_ones_own_gives_rows_that_lint_passes(tmp_path: Path) -> None:
    assert run("custom_format", tmp_path, "rows.jsonl") == "rows.jsonl: 3 rows, 0 defects\n"
    behaviors = [row.ground_truth.behavior.value for row in read_rows(tmp_path / "rows.jsonl")]
    assert behaviors == ["execute", "execute", "clarify"]
    assert lint(tmp_path / "rows.jsonl").is_clean


ROOMS = """
from mcp.server.mcpserver import MCPServer

server = MCPServer("rooms")

@server.tool()
def book_room(room: str) -> str:
    'Book a room.'
    return f"{room} is booked"

server.run()
"""


def test_an_mcp_server_is_recorded_and_then_not_needed(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    (tmp_path / "rooms.py").write_text(ROOMS)
    call = {"name": "book_room", "arguments": {"room": "attic"}}
    request = {"user": "Book the attic.", "calls": [call], "say": "The attic is booked."}
    (tmp_path / "requests.jsonl").write_text(json.dumps(request) + "\n")
    printed = run("record_mcp", tmp_path, f"{sys.executable} rooms.py", "requests.jsonl", "e.jsonl", "t.jsonl")
    assert printed == "wrote e.jsonl and t.jsonl: 1 conversations with 1 tools\n"
    (tmp_path / "rooms.py").unlink()
    (episode,) = read_episodes(tmp_path / "e.jsonl")
    assert episode.options["calls"][0]["result"] == "attic is booked"
    assert lint(tmp_path / "e.jsonl").is_clean
    assert [row.ground_truth.behavior for row in read_rows(tmp_path / "t.jsonl")] == ["execute", "answer"]


def test_an_endpoint_is_evaluated(tmp_path: Path, serve: Callable[[Answer], Server]) -> None:
    rows = [row for row in synthesize("five_tools", rows=20, seed=0) if row.ground_truth.calls][:6]
    write_rows(tmp_path / "rows.jsonl", rows)
    calls = {row.prompt[-1]["content"]: row.ground_truth.calls for row in rows}
    wrong = rows[0].prompt[-1]["content"]

    def answer(body: dict[str, Any], n: int) -> tuple[int, dict[str, str], Any]:
        request = body["messages"][-1]["content"]
        called = [
            {"id": "1", "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
            for call in calls[request]
        ]
        message = {"role": "assistant", "content": "I cannot do that." if request == wrong else None}
        return 200, {}, completion(message if request == wrong else message | {"tool_calls": called})

    printed = run("evaluate_endpoint", tmp_path, serve(answer).url, "rows.jsonl")
    first, *reasons = printed.splitlines()
    assert first.startswith("served: reward 0.83")  # five of six are right, and the sixth earns nothing
    assert first.endswith("6 rows")
    assert any(line.split()[-1] == "behavior" for line in reasons)


def test_rollouts_are_read(tmp_path: Path) -> None:
    write_run(tmp_path / "run", steps=2, groups=3, candidates=4)
    printed = run("read_rollouts", tmp_path, "run").splitlines()
    assert re.fullmatch(r"grpo: 6 groups, \d of them with equal rewards", printed[0])
    assert re.fullmatch(r"  step 2: mean reward 0\.\d{3} of 12 candidates", printed[2])
    assert re.fullmatch(r" +\d+  \w+: \w+", printed[3])


@pytest.mark.slow
def test_a_sweep_gives_its_outcomes(tmp_path: Path, quick_run: Callable[..., str]) -> None:
    sets = ("train.five_tools", "train.procedural", "evaluation.same_tools", "evaluation.unseen_tools")
    few = [f"data.{name}.rows=2" for name in sets]
    printed = quick_run("sweep", tmp_path, "pipeline=[]", *few, *SMALL)
    assert re.search(r"^unseen_tools  \S*partial_cap=0\.6: reward 0\.\d\d", printed, re.MULTILINE)
    assert len(list((tmp_path / "runs" / "partial_credit").glob("*/evaluation.json"))) == 4


@pytest.mark.slow
def test_tools_of_ones_own_become_a_policy(tmp_path: Path, quick_run: Callable[..., str]) -> None:
    printed = quick_run("own_tools", tmp_path, "data.evaluation.mine.rows=6", *SMALL)
    assert (tmp_path / "clinic" / "run" / "grpo" / "final" / "model.safetensors").exists()
    assert "GRPO against base" in printed
    called = [
        {call.name for row in read_rows(tmp_path / "clinic" / f"{part}.jsonl") for call in row.ground_truth.calls}
        for part in ("train", "test")
    ]
    assert called[1] - called[0], "some tools are held out"


@pytest.mark.slow
def test_the_trl_example_learns_in_a_few_steps(tmp_path: Path, quick_run: Callable[..., str]) -> None:
    printed = quick_run("trl_reward", tmp_path)
    rewards = [float(value) for value in re.findall(r"'reward': '([\d.]+)'", printed)]
    assert sum(rewards[-2:]) / 2 > sum(rewards[:2]) / 2 + 0.2, rewards
    assert "reward_components/arguments" in printed
