"""The leaderboard's files: a small one written here, and the package's own where it is installed."""

import importlib.util
import json
from pathlib import Path

import pytest

from rewards import BFCL, wire
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
