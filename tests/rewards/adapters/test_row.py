import json

import pytest

from rewards import Binary, GroundTruth, RewardResult, Tiered, ToolName
from rewards.adapters.row import component_names, numbers, truth_and_tools
from tests.rewards.tools import ALL, PARIS, REFUSE, RIGHT

TIERS = ("behavior", "tool_name", "arguments", "schema", "wire_format")


class Array:
    """As a parquet reader hands out a column of lists."""

    def __init__(self, items):
        self.items = items

    def tolist(self):
        return self.items


@pytest.mark.parametrize(
    "places",
    [
        [{"reward_model": PARIS.to_json()}],
        [{"reward_model": json.dumps(PARIS.to_json())}],
        [{"reference_answer": PARIS.to_json()}],
        [{"ground_truth": PARIS.to_json()["ground_truth"]}, {"behavior": "execute"}],
        [None, {"answer": json.loads(PARIS.to_json()["ground_truth"])}],
    ],
    ids=["object", "text", "reference_answer", "spread", "bare calls"],
)
def test_a_ground_truth_is_found(places):
    truth, _ = truth_and_tools(*places)
    assert GroundTruth.parse(truth) == PARIS


def test_companions_complete_a_bare_ground_truth():
    truth, tools = truth_and_tools(
        {"ground_truth": "Which city?"}, {"behavior": "clarify", "missing": Array(["city"]), "tools": json.dumps(ALL)}
    )
    assert GroundTruth.parse(truth) == GroundTruth("clarify", text="Which city?", missing=("city",))
    assert tools == json.dumps(ALL)
    truth, _ = truth_and_tools({"ground_truth": "No."}, {"behavior": "refuse", "also": Array(["answer"])})
    assert GroundTruth.parse(truth) == GroundTruth("refuse", text="No.", also=("answer",))


def test_the_first_place_wins_and_nothing_found_is_none():
    assert truth_and_tools({"reward_model": "a"}, {"reward_model": "b"}) == ("a", None)
    assert truth_and_tools(None, "text", {}) == (None, None)
    assert truth_and_tools({"answer": "a", "ground_truth": "b"}, {"reward_model": "c"}) == ("c", None)
    assert truth_and_tools({"answer": None, "tools": None}, {"answer": "b", "tools": ALL}) == ("b", ALL)


@pytest.mark.parametrize("absent", [None, "", "null"])
def test_an_empty_field_is_none(absent):
    assert truth_and_tools({"answer": absent, "tools": absent}, {"answer": "b", "tools": ALL}) == ("b", ALL)
    truth, tools = truth_and_tools({"reward_model": PARIS.to_json(), "tools": absent, "behavior": absent})
    assert Tiered()(RIGHT, ground_truth=truth, tools=tools).value == 1.0


def test_a_whole_ground_truth_needs_no_companions():
    for whole in (PARIS.to_json(), json.dumps(PARIS.to_json())):
        assert truth_and_tools({"reward_model": whole}, {"behavior": "refuse", "missing": ["city"]}) == (whole, None)
    calls = [{"name": "f", "arguments": {}}]
    spread = {"ground_truth": calls, "behavior": "execute", "ordered": True, "alternatives": [{}]}
    truth, _ = truth_and_tools(spread)
    assert truth == spread


def test_component_names_are_all_that_a_reward_may_give():
    assert component_names(Tiered()) == component_names(Binary()) == TIERS
    assert component_names(ToolName()) == ("tool_name",)
    assert component_names(lambda completion, *, ground_truth, tools=None: None) == ()


@pytest.mark.parametrize(
    ("completion", "truth", "expected"),
    [
        (RIGHT, PARIS, {"score": 1.0, "is_scored": 1.0, **dict.fromkeys(TIERS, 1.0)}),
        ("I can't help with that.", REFUSE, {"score": 1.0, "is_scored": 1.0, **dict.fromkeys(TIERS, 1.0)}),
        (RIGHT, REFUSE, {"score": 0.0, "is_scored": 1.0, **dict.fromkeys(TIERS, 0.0)}),
        (RIGHT, {"ground_truth": ""}, {"score": 0.0, "is_scored": 0.0, **dict.fromkeys(TIERS, 0.0)}),
    ],
    ids=["call", "refusal", "call where none was expected", "cannot be scored"],
)
def test_numbers_have_the_same_keys_whatever_the_row(completion, truth, expected):
    assert numbers(Tiered()(completion, ground_truth=truth, tools=ALL), TIERS) == expected


def test_numbers_of_a_reward_without_components():
    assert numbers(RewardResult(0.25, {}), ()) == {"score": 0.25, "is_scored": 1.0}
