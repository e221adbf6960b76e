from __future__ import annotations

import io
import json
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console
from transformers import TrainerControl, TrainerState

from rewards import Behavior, Binary, Reason, RewardResult
from rlvr.records.rollout import Candidate
from rlvr.training.candidates import log_behaviors, show_group
from rlvr.training.grpo import RecordedReward
from rlvr.training.live import LiveTraining, Readings

LOGS = {
    "reward": 0.5,
    "reward_components/behavior": 0.75,
    "behavior/execute": 0.25,
    "frac_reward_zero_std": 0.125,
    "completions/mean_length": 31.5,
    "num_tokens": 1000.0,
    "learning_rate": 1e-4,
}


def test_readings_hold_the_first_the_last_and_their_means() -> None:
    readings = Readings()
    for i in range(30):
        readings.log({"reward": i / 10, "epoch": "no number", "flag": True})
    ((name, last, recent, first),) = readings.rows()
    # the last ten are 2.0 to 2.9, the first ten 0.0 to 0.9
    assert (name, last, recent, first) == ("reward", "2.900", "2.450", "0.450")


def test_the_time_of_a_step_and_tokens_are_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 2.0, 4.0])
    monkeypatch.setattr("rlvr.training.live.time.monotonic", lambda: next(times))
    readings = Readings()
    readings.begin()
    for tokens in (500.0, 1500.0):
        readings.log({"num_tokens": tokens})
        readings.step()
    assert readings.seconds_per_step() == 2.0
    assert readings.tokens_per_second() == 500.0


def test_a_terminal_sees_tiers_behaviors_throughput_and_time_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=90, color_system=None)
    args = SimpleNamespace(train_batch_size=8, gradient_accumulation_steps=2, world_size=1)
    state, control = TrainerState(max_steps=10, global_step=0), TrainerControl()
    with ExitStack() as shown:
        live = LiveTraining(console, "training grpo", shown)
        live.on_train_begin(args, state, control)
        state.global_step = 1
        live.on_step_end(args, state, control)
        live.on_log(args, state, control, logs=LOGS)
    said = cast("io.StringIO", console.file).getvalue()
    for expected in ("tier behavior", "0.750", "did execute", "25%", "groups without variance", "12%", "31.5"):
        assert expected in said
    assert "completions/s" in said
    assert "left" in said
    assert "1/10" in said


def test_without_a_terminal_the_same_is_one_line() -> None:
    readings = Readings()
    readings.log(LOGS)
    assert readings.note() == "reward 0.500, execute 25%"
    readings = Readings()
    readings.log({"loss": 1.25})
    assert readings.note() == "loss 1.250"


def test_behaviors_are_shares_of_all_candidates() -> None:
    done = [Behavior.EXECUTE, Behavior.EXECUTE, None, Behavior.REFUSE]
    results: list[RewardResult | None] = [RewardResult(0.0, {}, (), behavior) for behavior in done]
    logged: dict[str, float] = {}
    log_behaviors(results, logged.__setitem__)
    assert logged == {
        "behavior/execute": 0.5,
        "behavior/clarify": 0.0,
        "behavior/refuse": 0.25,
        "behavior/answer": 0.0,
        "behavior/nothing": 0.25,
    }


def test_a_group_is_shown_best_first_equal_ones_once_and_steers_no_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=100)
    reason = Reason("behavior", "behavior", expected="execute", got="answer")
    candidates = [
        Candidate("wrong\x1b[2J", 3, 0.0, reasons=(reason,)),
        Candidate("[bold]right", 3, 1.0),
        Candidate("wrong\x1b[2J", 3, 0.0),
    ]
    show_group(console, 3, "<|user|>\nDo it", "f()", candidates)
    said = cast("io.StringIO", console.file).getvalue()
    assert said.index("1 x 1.00  [bold]right") < said.index("2 x 0.00  wrong")
    assert "\x1b[32m" in said  # green
    assert "\x1b[2J" not in said


def test_groups_are_shown_where_steps_generate_and_not_more_often(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=100)
    reward = RecordedReward(Binary(), tmp_path / "rollouts.jsonl", 2, console=console, show_every=2)
    truth = {"ground_truth": "Which city?", "behavior": "clarify"}
    for step in (0, 1, 2, 3, 4):
        columns = {"row": [0, 0], "tools": ["[]"] * 2, "reward_model": [json.dumps(truth)] * 2}
        state = SimpleNamespace(global_step=step)
        reward(["Weather?"] * 2, ["Which city?", "No."], [[1], [2]], trainer_state=state, **columns)
    said = cast("io.StringIO", console.file).getvalue()
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("step")] == [
        "step 1",
        "step 3",
        "step 5",
    ]
