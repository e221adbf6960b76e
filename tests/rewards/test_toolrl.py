import json
import pickle

import pytest

from rewards import GroundTruth, ToolCall, ToolRL
from rewards.wire import render

TRUTH = GroundTruth("execute", calls=(ToolCall("f", {"x": 1, "y": 2}), ToolCall("g", {"z": "a"})))
# S_max = 1 + 2 calls + 3 arguments
S_MAX = 6


def score(*calls, truth=TRUTH):
    return ToolRL()(render([ToolCall(name, arguments) for name, arguments in calls]), ground_truth=truth)


F, G = ("f", {"x": 1, "y": 2}), ("g", {"z": "a"})


@pytest.mark.parametrize(
    ("calls", "r_max"),
    [
        # names, then parameter names of each call, then equal values
        ([F, G], 1 + 2 + 3),
        ([G, F], 1 + 2 + 3),
        ([F], 1 / 2 + 1 + 2),
        ([F, F], 1 / 3 + 1 + 2),
        ([F, G, G], 2 / 3 + 2 + 3),
        ([F, ("g", {"z": "A"})], 1 + 2 + 2),
        ([F, ("g", {"Z": "a"})], 1 + 1 + 2),
        ([F, ("g", {"z": "a", "w": 1})], 1 + (1 + 1 / 2) + 3),
        ([("f", {"x": True, "y": 2.0}), G], 1 + 2 + 1),
        ([F, ("h", {"z": "a"})], 1 / 3 + 1 + 2),
        ([("h", {})], 0),
    ],
)
def test_the_published_formula(calls, r_max):
    result = score(*calls)
    published = 1 + 6 * r_max / S_MAX - 3  # R_format + R_correct
    assert -3 <= published <= 4
    assert result.value == pytest.approx((published + 3) / 7)
    assert result.components["correctness"] == pytest.approx(r_max / S_MAX)
    assert result.components["format"] == 1.0


def test_components_are_the_published_parts_each_of_its_largest_value():
    components = score(F, ("g", {"z": "b", "w": 1})).components
    assert components == pytest.approx(
        {
            "format": 1.0,
            "tool_name": 1.0,
            "parameter_names": (1 + 1 / 2) / 2,
            "parameter_values": 2 / 3,
            "correctness": (1 + 1.5 + 2) / S_MAX,
        }
    )


def test_the_assignment_is_the_best_one():
    truth = GroundTruth("execute", calls=(ToolCall("f", {"x": 1}), ToolCall("f", {"x": 1, "y": 2})))
    # The first call fits both; taken by the first it would leave {"x": 1} to the second: 1/2 + 1 instead of 1 + 2.
    assert score(F, ("f", {"x": 1}), truth=truth).value == 1.0


@pytest.mark.parametrize(
    ("completion", "value"),
    [
        (render(TRUTH.calls) + "<tool_call>{", 0.0),
        ("<tool_call>", 0.0),
        ("", 0.0),
        ("f(x=1)", 0.0),
        ("I'm sorry, I can't help with that.", 0.0),
    ],
)
def test_what_is_malformed_or_no_call_earns_the_least(completion, value):
    assert ToolRL()(completion, ground_truth=TRUTH).value == value


@pytest.mark.parametrize(
    ("completion", "value"),
    [("Anything.", 1.0), ("", 6 / 7), ("<tool_call>{", 0.0), (render(TRUTH.calls), 0.0)],
)
def test_without_an_expected_call_none_is_right(completion, value):
    assert ToolRL()(completion, ground_truth=GroundTruth("refuse")).value == pytest.approx(value)


def test_cheating_pays_what_the_published_reward_pays():
    # An extra argument costs a share of the parameter names, and nothing of the values: all four values of one call.
    stuffed = ("f", {"x": 1, "y": 2, **{f"k{i}": 0 for i in range(20)}})
    assert score(F, G).value > score(stuffed, G).value > 0.8


def test_the_preset_is_a_value():
    assert pickle.loads(pickle.dumps(ToolRL(wire="hermes"))) == ToolRL(wire="hermes") != ToolRL()
    assert hash(ToolRL()) == hash(ToolRL())
    with pytest.raises(ValueError, match="there are: auto"):
        ToolRL(wire="xml")
    assert ToolRL()("text", ground_truth=json.dumps([])) is None
