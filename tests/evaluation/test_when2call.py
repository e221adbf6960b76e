from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewards import Behavior
from rlvr.errors import RowError
from rlvr.evaluation import when2call
from rlvr.evaluation.run import Evaluation
from rlvr.records.evaluated_row import EvaluatedRow

DATA = Path(__file__).parents[3] / "shared" / "data" / "when2call_dev.jsonl"
TOOL = json.dumps({"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}})
ANSWERS = {
    "direct": "It is so.",
    "tool_call": '{"name": "f", "arguments": {"a": 1.0}}',
    "request_for_info": "What is a?",
    "cannot_answer": "I cannot do that.",
}


def line(decision: str, **others: object) -> str:
    row = {"question": "Do f.", "tools": [TOOL], "answers": ANSWERS, "correct_answer": decision, **others}
    return json.dumps(row) + "\n"


def test_rows_are_read_with_what_is_right(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line("tool_call") + line("request_for_info", held_out_param="a") + line("cannot_answer", tools=[]))
    call, ask, refuse = when2call.read(str(path))
    assert call.ground_truth.calls[0].arguments == {"a": 1.0}
    assert ask.ground_truth.missing == ("a",)
    assert (refuse.ground_truth.behavior, refuse.tools) == (Behavior.REFUSE, [])


@pytest.mark.parametrize("broken", ["[]", "{}", line("tool_cal"), line("tool_call", tools=["{"])])
def test_a_line_that_is_none_of_the_suite_is_named(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line("tool_call") + broken)
    with pytest.raises(RowError, match=r"rows.jsonl:2: not a row of When2Call"):
        when2call.read(str(path))


def test_accuracy_f1_and_calls_without_tools(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line("tool_call") * 2 + line("request_for_info") + line("cannot_answer", tools=[]) * 2)
    rows = when2call.read(str(path))
    done = (Behavior.EXECUTE, Behavior.CLARIFY, Behavior.CLARIFY, Behavior.EXECUTE, Behavior.ANSWER)
    results = tuple(
        EvaluatedRow(i, row.prompt, row.tools, row.ground_truth, did, "", 0.0, is_exact=False)
        for i, (row, did) in enumerate(zip(rows, done, strict=True))
    )
    scores = when2call.scores(Evaluation(results, 0, 1.0))
    assert scores["accuracy"] == pytest.approx(2 / 5)
    # calls: 1 right of 2 expected and 2 made; questions: 1 of 1 and 2; refusals: 0 of 2 and 0
    assert scores["f1"] == pytest.approx({"tool_call": 2 / 4, "request_for_info": 2 / 3, "cannot_answer": 0.0})
    assert scores["macro_f1"] == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert (scores["without_tools"], scores["tool_hallucination_rate"]) == (2, 0.5)


def test_the_suites_own_rows_can_all_be_read() -> None:
    if not DATA.exists():
        pytest.skip("no ../shared/data/when2call_dev.jsonl beside the repository")
    rows = when2call.read(str(DATA))
    assert len(rows) == 160
