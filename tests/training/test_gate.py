"""When a stage is stopped at for what it costs in abstention."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.config import GateConfig
from rlvr.files import append_log
from rlvr.records.evaluated_row import EvaluatedRow
from rlvr.training import gate
from rlvr.training.run_folder import RunFolder


def records(behavior: str, right: int, n: int) -> list[EvaluatedRow]:
    """An evaluation of n rows that expect a behavior, of which the first ones get it."""
    calls = (ToolCall("f", {}),) if behavior == "execute" else ()
    expected = GroundTruth(Behavior(behavior), calls, text=None if calls else "Which city?")
    return [
        EvaluatedRow(
            index=index,
            prompt=[],
            tools=[],
            ground_truth=expected,
            predicted=Behavior(behavior) if index < right else Behavior.EXECUTE,
            completion="",
            reward=0.0,
            is_exact=False,
        )
        for index in range(n)
    ]


def test_a_fall_is_the_mean_of_paired_differences_less_its_error() -> None:
    (fall,) = gate.falls(records("clarify", 80, 100), records("clarify", 30, 100), "set", 0.95)
    # 50 of 100 rows were lost and none won: mean 0.5, deviation sqrt(100/99 * 0.25), error 0.0503, 1.96 of it 0.0985.
    assert (fall.behavior, fall.before, fall.after, fall.n) == (Behavior.CLARIFY, 0.8, 0.3, 100)
    assert fall.least == pytest.approx(0.5 - 0.0985, abs=1e-4)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (records("execute", 90, 100), records("execute", 10, 100), "calls are not abstention"),
        (records("refuse", 9, 9), records("refuse", 0, 9), "nine rows say nothing"),
        (records("refuse", 9, 9), [], "no row was scored twice"),
    ],
)
def test_what_is_no_fall(before: list[EvaluatedRow], after: list[EvaluatedRow], why: str) -> None:
    assert gate.falls(before, after, "set", 0.95) == [], why


@pytest.mark.parametrize(
    ("margin", "right_after", "stops"),
    [(0.05, 30, True), (0.05, 78, False), (0.05, 100, False), (0.45, 30, False), (None, 0, False)],
    ids=["far below", "within the margin", "above", "within a wide margin", "switched off"],
)
def test_a_stage_is_stopped_at_beyond_doubt_only(
    margin: float | None, right_after: int, stops: bool, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path)
    append_log(folder.evaluation("base", "mine"), (row.to_json() for row in records("clarify", 80, 100)))
    append_log(folder.evaluation("sft", "mine"), (row.to_json() for row in records("clarify", right_after, 100)))
    if not stops:
        gate.check(folder, "base", "sft", GateConfig(margin), 0.95, ["mine"])
        return
    with pytest.raises(gate.GateError) as caught:
        gate.check(folder, "base", "sft", GateConfig(margin), 0.95, ["mine"])
    message = str(caught.value)
    assert "\n" not in message
    assert "stopped after sft" in message
    assert "clarify on mine from 0.80 to 0.30 (100 rows, a fall of at least 0.40); allowed is 0.05" in message
    assert f"rlvr train resume={tmp_path} gate.max_abstention_fall=null" in message


def test_ten_rows_are_enough_and_are_paired_by_their_index() -> None:
    (fall,) = gate.falls(records("refuse", 10, 10), records("refuse", 0, 10), "mine", 0.95)
    assert fall == gate.Fall("mine", Behavior.REFUSE, 1.0, 0.0, 1.0, 10)
    (fall,) = gate.falls(records("refuse", 10, 20), list(reversed(records("refuse", 10, 20)))[:15], "mine", 0.95)
    assert (fall.before, fall.after, fall.least, fall.n) == (5 / 15, 5 / 15, 0.0, 15)
    (wide,) = gate.falls(records("clarify", 80, 100), records("clarify", 30, 100), "set", 0.99)
    assert wide.least == pytest.approx(0.5 - 2.5758 * 0.05025, abs=1e-4)


def test_every_behavior_that_fell_is_named_with_its_set(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for stage, right in (("base", 40), ("sft", 0)):
        for name in ("mine", "theirs"):
            rows = [*records("clarify", right, 40), *records("refuse", right, 40)]
            numbered = [replace(row, index=index) for index, row in enumerate(rows)]
            append_log(folder.evaluation(stage, name), (row.to_json() for row in numbered))
    with pytest.raises(gate.GateError) as caught:
        gate.check(folder, "base", "sft", GateConfig(0.05), 0.95, ["mine", "theirs"])
    fallen = [
        f"{behavior} on {name} from 1.00 to 0.00 (40 rows, a fall of at least 1.00)"
        for name in ("mine", "theirs")
        for behavior in ("clarify", "refuse")
    ]
    assert str(caught.value) == (
        f"stopped after sft: it costs abstention: {'; '.join(fallen)}; allowed is 0.05. Add rows that expect clarify, "
        f"refuse to the training data; or go on all the same: rlvr train resume={tmp_path} "
        "gate.max_abstention_fall=null"
    )


def test_a_row_that_admits_another_behavior_is_right_with_it(tmp_path: Path) -> None:
    before = records("refuse", 20, 20)
    admitting = replace(before[0].ground_truth, also=(Behavior.ANSWER,))
    after = [replace(row, predicted=Behavior.ANSWER, ground_truth=admitting) for row in before]
    (fall,) = gate.falls(before, after, "set", 0.95)
    assert (fall.before, fall.after, fall.least) == (1.0, 1.0, 0.0)
