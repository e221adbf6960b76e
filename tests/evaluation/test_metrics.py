from __future__ import annotations

import json
import math

import pytest

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.config import EvaluationConfig
from rlvr.evaluation.metrics import Interval, Summary, bootstrap, relative_gain, summarize
from rlvr.evaluation.run import Evaluation
from rlvr.records.evaluated_row import EvaluatedRow

OPTIONS = {"n_bootstrap": 2000, "confidence": 0.95}


def result(index: int, expected: Behavior, reward: float, *, is_exact: bool = False) -> EvaluatedRow:
    is_call = expected is Behavior.EXECUTE
    truth = GroundTruth(expected, (ToolCall("f", {}),)) if is_call else GroundTruth(expected, text="Which city?")
    return EvaluatedRow(index, [], [], truth, expected, "", reward, is_exact, n_tokens=5)


def test_equal_values_have_an_interval_without_width() -> None:
    assert bootstrap([0.5] * 10, **OPTIONS) == Interval(0.5, 0.5, 0.5, 10)


def test_the_interval_of_a_share_is_near_the_normal_approximation() -> None:
    # 120 of 300: 0.4 +- 1.96 * sqrt(0.4 * 0.6 / 300) = 0.4 +- 0.0554
    interval = bootstrap([1.0] * 120 + [0.0] * 180, **OPTIONS)
    half = 1.96 * math.sqrt(0.4 * 0.6 / 300)
    assert interval.mean == pytest.approx(0.4)
    assert interval.low == pytest.approx(0.4 - half, abs=0.01)
    assert interval.high == pytest.approx(0.4 + half, abs=0.01)
    assert interval.n == 300


def test_less_confidence_is_a_narrower_interval() -> None:
    values = [i / 50 for i in range(50)]
    wide = bootstrap(values, n_bootstrap=1000, confidence=0.99)
    narrow = bootstrap(values, n_bootstrap=1000, confidence=0.5)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_no_values_are_an_error() -> None:
    with pytest.raises(ValueError, match="no row that can be scored"):
        bootstrap([], **OPTIONS)


def test_a_gain_over_the_same_rows_is_resampled_in_pairs() -> None:
    # Every row gains by half: each resample has exactly this ratio, so the interval has no width.
    before = [0.2, 0.4, 0.6, 0.8]
    gain = relative_gain(before, [1.5 * reward for reward in before], **OPTIONS)
    assert gain is not None
    assert (gain.mean, gain.low, gain.high) == pytest.approx((0.5, 0.5, 0.5))


def test_no_ratio_against_a_base_that_earns_nothing() -> None:
    assert relative_gain([0.0, 0.0], [1.0, 1.0], **OPTIONS) is None


def test_a_gain_needs_the_same_rows() -> None:
    with pytest.raises(ValueError, match="2 before, 1 after"):
        relative_gain([0.1, 0.2], [0.3], **OPTIONS)


def test_intervals_are_apart_only_where_they_do_not_touch() -> None:
    assert Interval(0.5, 0.4, 0.6, 9).is_above(Interval(0.2, 0.1, 0.3, 9))
    assert not Interval(0.5, 0.3, 0.6, 9).is_above(Interval(0.2, 0.1, 0.3, 9))


def test_a_summary_averages_by_expected_behavior_and_survives_json() -> None:
    rows = (
        result(0, Behavior.EXECUTE, 1.0, is_exact=True),
        result(1, Behavior.EXECUTE, 0.5),
        result(2, Behavior.CLARIFY, 0.0),
    )
    summary = summarize(Evaluation(rows, unscored=1, seconds=2.0), EvaluationConfig())
    assert summary.reward.mean == pytest.approx(0.5)
    assert summary.exact.mean == pytest.approx(1 / 3)
    assert {behavior: interval.mean for behavior, interval in summary.by_behavior.items()} == {
        Behavior.EXECUTE: 0.75,
        Behavior.CLARIFY: 0.0,
    }
    assert Summary.from_json(json.loads(json.dumps(summary.to_json()))) == summary
