"""The leaderboard's files: a small one written here, and the package's own where it is installed."""

import importlib.util
import json
from pathlib import Path

import pytest

from rewards import BFCL, Behavior, wire
from rlvr.data.formats.importing import read_any
from rlvr.errors import UserError

FUNCTION = {
    "name": "area",
    "description": "d",
    "parameters": {"type": "dict", "properties": {"base": {"type": "float"}}},
}
needs_package = pytest.mark.skipif(importlib.util.find_spec("bfcl_eval") is None, reason="bfcl-eval is not installed")


def leaderboard(folder: Path, *identities: str, answered: bool = True) -> Path:
    questions = [
        {"id": name, "question": [[{"role": "user", "content": "Area?"}]], "function": [FUNCTION]}
        for name in identities
    ]
    path = folder / "BFCL_v4_simple_python.json"
    path.write_text("\n".join(map(json.dumps, questions)))
    if answered:
        (folder / "possible_answer").mkdir()
        answers = [{"id": identities[0], "ground_truth": [{"area": {"base": [3, 3.0], "unit": ["", "cm"]}}]}]
        (folder / "possible_answer" / path.name).write_text("\n".join(map(json.dumps, answers)))
    return path


def test_a_question_and_its_possible_answer(tmp_path: Path) -> None:
    (row,), summary = read_any(leaderboard(tmp_path, "simple_python_0", "simple_python_1"))
    assert row.ground_truth.calls[0].arguments == {"base": 3, "unit": "cm"}
    assert row.ground_truth.alternatives[0]["unit"].may_omit
    assert row.tools[0]["function"]["parameters"]["properties"]["base"] == {"type": "number"}
    assert "'simple_python_1' has no possible answer" in next(iter(summary.rejected.values())).example


def test_answers_are_looked_for_beside_the_questions(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"possible_answer/BFCL_v4_simple_python.json: no such file"):
        read_any(leaderboard(tmp_path, "simple_python_0", answered=False))


@pytest.mark.parametrize("category", ["live_relevance", "multi_turn", "simple_java", "memory", "web_search"])
def test_a_category_that_has_no_ground_truth_of_calls_says_so(tmp_path: Path, category: str) -> None:
    with pytest.raises(UserError, match=f"category {category}: "):
        read_any(leaderboard(tmp_path, f"{category}_0-0-0"))


@needs_package
@pytest.mark.parametrize(
    ("category", "records"),
    [
        ("simple_python", 400),
        ("parallel_multiple", 200),
        ("irrelevance", 240),
        ("live_simple", 258),
        ("live_parallel", 16),
    ],
)
def test_a_category_of_the_package_imports_whole(category: str, records: int) -> None:
    rows, summary = read_any(f"bfcl:{category}")
    assert len(rows) == summary.records == records
    row = rows[0]
    if row.ground_truth.calls:
        result = BFCL()(wire.render(row.ground_truth.calls), ground_truth=row.ground_truth, tools=row.tools)
        assert result is not None
        assert result.value == 1.0


@needs_package
def test_a_category_that_does_not_exist_is_named() -> None:
    with pytest.raises(UserError, match="BFCL category 'simple_pyton' not found; did you mean 'simple_python'"):
        read_any("bfcl:simple_pyton")


def acebench(folder: Path, identity: str, question: str, answer: object, **more: object) -> Path:
    path = folder / "data.json"
    path.write_text(json.dumps({"id": identity, "question": question, "function": [FUNCTION], **more}))
    (folder / "possible_answer").mkdir()
    (folder / "possible_answer" / path.name).write_text(json.dumps({"id": identity, "ground_truth": answer}))
    return path


def test_acebench_has_one_value_for_each_argument_and_a_dialogue_as_text(tmp_path: Path) -> None:
    dialogue = "user: Area?\nsystem: Which base?\nuser: Three.\nAnd twice.\n"
    answer = {"area_1": {"base": 3}, "area_2": {"base": 4}}
    path = acebench(tmp_path, "normal_multi_turn_user_adjust_0_1", dialogue, answer, time="It is Monday.")
    (row,), _ = read_any(path)
    assert [call.arguments for call in row.ground_truth.calls] == [{"base": 3}, {"base": 4}]
    assert {call.name for call in row.ground_truth.calls} == {"area"}
    assert [message["role"] for message in row.prompt] == ["system", "user", "assistant", "user"]
    assert row.prompt[-1]["content"] == "Three.\nAnd twice."


def test_acebench_names_what_has_to_be_asked_for(tmp_path: Path) -> None:
    (row,), _ = read_any(acebench(tmp_path, "special_incomplete_0", "user: Area?", {"area": ["base"]}))
    assert (row.ground_truth.behavior, row.ground_truth.missing) == (Behavior.CLARIFY, ("base",))


@pytest.mark.parametrize("identity", ["special_error_param_0", "agent_multi_turn_0", "agent_multi_step_3"])
def test_acebench_categories_without_ground_truth_of_calls_say_so(tmp_path: Path, identity: str) -> None:
    with pytest.raises(UserError, match="nothing in it gives a row as format=bfcl: category "):
        read_any(acebench(tmp_path, identity, "user: Area?", {"base": ["x"]}))
