from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest

from rewards import Behavior, Tiered
from rlvr.chat import render_completion
from rlvr.config import EvaluationConfig
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.evaluation.breakdown import breakdown, pass_all_k, pass_at_k
from rlvr.evaluation.details import details_view
from rlvr.evaluation.metrics import summarize
from rlvr.evaluation.price import Price, price_of
from rlvr.evaluation.run import Evaluation, score
from rlvr.evaluation.seen import find_trained_tools, is_seen, trained_tools, write_trained_tools
from rlvr.evaluation.table import as_text
from rlvr.records.row import Row
from rlvr.sampler import Completion

CONFIG = EvaluationConfig(n_bootstrap=50)
ROWS = synthesize("five_tools", rows=40, seed=1)
INVENTED = '<tool_call>\n{"name": "invented", "arguments": {}}\n</tool_call>'


def completed(text: str) -> Completion:
    return Completion(text, 20, n_prompt_tokens=100, latency_s=0.5)


def evaluation(rows: list[Row], texts: list[str]) -> Evaluation:
    results = [score(i, row, completed(text), Tiered()) for i, (row, text) in enumerate(zip(rows, texts, strict=True))]
    return Evaluation(tuple(result for result in results if result is not None), 0, 2.0, greedy_seconds=1.8)


def test_a_policy_that_is_always_right_has_no_error() -> None:
    found = breakdown(evaluation(ROWS, [render_completion(row) for row in ROWS]), CONFIG)
    assert [found[kind]["mean"] for kind in ("exact", "functional", "fuzzy")] == [1.0, 1.0, 1.0]
    for expected, counts in found["confusion"].items():
        assert sum(counts.values()) == counts[expected]
    assert all(error["count"] == 0 for error in found["errors"].values())
    assert all(sum(counts.values()) == counts["right"] for counts in found["tools"].values())
    assert found["latency_s"] == {"p50": 0.5, "p95": 0.5}
    assert found["tokens"] == {"prompt": 100.0, "completion": 20.0}
    json.dumps(found)


def test_errors_are_counted_by_calls_and_by_rows() -> None:
    rows = [row for row in ROWS if row.ground_truth.behavior is Behavior.EXECUTE][:4]
    texts = [INVENTED * 2, "<tool_call>{</tool_call>", "", render_completion(rows[3])]
    found = breakdown(evaluation(rows, texts), CONFIG)
    assert found["errors"]["hallucinated_tools"] == {"count": 2, "rows": 1, "names": {"invented": 2}}
    assert found["errors"]["malformed_calls"] == {"count": 1, "rows": 1}
    n_expected = sum(len(row.ground_truth.calls) for row in rows[:3])
    assert found["errors"]["missed_calls"] == {"count": n_expected, "rows": 3}
    assert found["confusion"]["execute"] == {"execute": 3, "clarify": 0, "refuse": 0, "answer": 0, "nothing": 1}


def test_later_steps_are_rows_in_which_a_tool_has_answered() -> None:
    row = ROWS[0]
    later = Row([*row.prompt, {"role": "tool", "content": "{}"}], row.tools, row.ground_truth)
    rows = [row, later]
    found = breakdown(evaluation(rows, ["", render_completion(row)]), CONFIG)
    assert found["later_steps"]["exact"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 1}


def test_tools_that_training_has_seen_are_told_from_others(tmp_path: Path) -> None:
    unseen = synthesize("unseen_tools", rows=10, seed=1, split="held_out")
    trained = trained_tools(ROWS)
    assert [is_seen(row, trained) for row in (*ROWS[:3], *unseen[:3])] == [True] * 3 + [False] * 3
    rows = [*ROWS[:5], *unseen[:10]]
    found = breakdown(evaluation(rows, [""] * 15), CONFIG, trained_tools=trained)
    assert (found["seen_tools"]["exact"]["n"], found["unseen_tools"]["exact"]["n"]) == (5, 10)
    write_trained_tools(tmp_path, trained)
    (tmp_path / "grpo" / "final").mkdir(parents=True)
    assert find_trained_tools(str(tmp_path / "grpo" / "final")) == trained
    assert find_trained_tools("someone/a-model") is None


@pytest.mark.parametrize(("n", "correct", "k"), [(8, 0, 1), (8, 3, 1), (8, 3, 4), (5, 2, 3), (4, 4, 4), (6, 5, 2)])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(n: int, correct: int, k: int) -> None:
    draws = list(itertools.combinations([True] * correct + [False] * (n - correct), k))
    assert pass_at_k(n, correct, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_all_k(n, correct, k) == pytest.approx(sum(map(all, draws)) / len(draws))


def test_pass_at_k_needs_as_many_samples() -> None:
    with pytest.raises(ValueError, match="needs 1 <= k <= n"):
        pass_at_k(4, 1, 5)


def test_samples_give_averages_and_pass_at_k() -> None:
    row = ROWS[0]
    right, wrong = completed(render_completion(row)), completed("")
    results = [score(i, row, wrong, Tiered(), [right] * c + [wrong] * (4 - c)) for i, c in enumerate((0, 1, 4))]
    config = EvaluationConfig(n_bootstrap=50, samples=4)
    done = Evaluation(tuple(result for result in results if result is not None), 0, 1.0)
    found = breakdown(done, config)["sampled"]
    assert found["avg_exact"]["mean"] == pytest.approx((0 + 1 / 4 + 1) / 3)
    assert {k: value["mean"] for k, value in found["pass"].items()} == pytest.approx(
        {"1": 5 / 12, "2": (0 + 1 / 2 + 1) / 3, "4": 2 / 3}
    )
    # One right of four is never both of two; all of four only where all are.
    assert {k: value["mean"] for k, value in found["pass_all"].items()} == pytest.approx(
        {"1": 5 / 12, "2": 1 / 3, "4": 1 / 3}
    )


def test_the_details_fit_a_terminal_and_steer_nothing() -> None:
    texts = [INVENTED.replace("invented", "\\u001b[31mred")] * len(ROWS)
    done = evaluation(ROWS, texts)
    config = EvaluationConfig(n_bootstrap=50)
    summary = summarize(done, config, breakdown(done, config, trained_tools=trained_tools(ROWS)))
    text = as_text(details_view("mine", summary), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "hallucinated tools" in text
    assert "tools seen in training (40)" in text
    assert "\x1b" not in text


def test_cost_is_of_tokens_or_of_the_machine() -> None:
    done = evaluation(ROWS[:10], [""] * 10)
    # 10 rows of 100 and 20 tokens, so a thousand of 100,000 and 20,000
    assert Price(input=2.0, output=5.0).per_1000(done.results, 1.8) == pytest.approx(0.1 * 2 + 0.02 * 5)
    # 1.8 s for 10 rows is 180 s for a thousand
    assert Price(per_hour=4.0).per_1000(done.results, 1.8) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("other: {input: 1}", "model 'mine' not found"),
        ("mine: {inpt: 1}", "mine: 'inpt' not found; did you mean 'input'?"),
        ("mine: {input: -1}", "mine.input: -1 is not a price"),
        ("mine: 3", "does not hold lines like"),
        ("{", "is not YAML"),
    ],
)
def test_a_price_table_that_cannot_be_used_is_named(table: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(table)
    with pytest.raises(UserError, match=said):
        price_of("mine", str(path))
    assert price_of("mine", None) is None
    assert math.isclose(Price(input=1).input, 1.0)
