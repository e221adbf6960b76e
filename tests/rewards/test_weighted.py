import pickle
import re

import pytest

from rewards import BFCL, ArgumentMatch, Behavior, Reward, RewardResult, Tiered, ToolName, Weighted
from tests.rewards.tools import ALL, PARIS, REFUSE, RIGHT, block

OTHER = block('{"city": "Rome"}')
REFUSAL = "I'm sorry, I can't help with that."


def short(completion, *, ground_truth, tools=None):
    return RewardResult(1.0 if len(completion) < 100 else 0.0, {"short": 1.0})


def unscorable(completion, *, ground_truth, tools=None):
    return None


@pytest.mark.parametrize(
    ("weights", "completion", "components", "value"),
    [
        ({"tool_name": 1, "arguments": 3}, RIGHT, {"tool_name": 1.0, "arguments": 1.0}, 1.0),
        ({"tool_name": 1, "arguments": 3}, OTHER, {"tool_name": 1.0, "arguments": 0.0}, 1 / 4),
        ({ToolName(): 1, ArgumentMatch(): 3}, OTHER, {"toolname": 1.0, "argumentmatch": 0.0}, 1 / 4),
        ({"binary": 1, BFCL(): 1}, block('{"city": "PARIS."}'), {"binary": 0.0, "bfcl": 1.0}, 1 / 2),
        ({"arguments": 1, short: 1}, OTHER, {"arguments": 0.0, "short": 1.0}, 1 / 2),
        ({"arguments": 1, "schema": 0}, RIGHT + OTHER, {"arguments": 0.5, "schema": 0.5}, 1 / 2),
        ({"arguments": 1, "wire_format": 1}, RIGHT + "<tool_call>", {"arguments": 0.5, "wire_format": 0.0}, 1 / 4),
        ({"toolrl": 1, "tiered": 1}, "", {"toolrl": 0.0, "tiered": 0.0}, 0.0),
    ],
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", str(value)),  # the same in every process
)
def test_the_value_is_the_weighted_mean_of_the_components(weights, completion, components, value):
    reward = Weighted(weights)
    assert isinstance(reward, Reward)
    result = reward(completion, ground_truth=PARIS, tools=ALL)
    assert result.components == pytest.approx(components)
    assert result.value == pytest.approx(value)


def test_reasons_and_behavior_come_from_the_parts():
    result = Weighted({"behavior": 1, "tool_name": 1})(OTHER + OTHER, ground_truth=PARIS, tools=ALL)
    assert result.behavior is Behavior.EXECUTE
    assert list(map(str, result.reasons)) == ["tool_name: unexpected call of 'get_weather_forecast'"]
    result = Weighted({"behavior": 1, "tiered": 1})(REFUSAL, ground_truth=PARIS, tools=ALL)
    assert list(map(str, result.reasons)).count("behavior: expected execute, got refuse") == 1


def test_abstaining_rightly_is_whole():
    assert Weighted({"behavior": 1, "arguments": 2})(REFUSAL, ground_truth=REFUSE, tools=ALL).value == 1.0
    assert Weighted({"behavior": 1, "arguments": 2})(RIGHT, ground_truth=REFUSE, tools=ALL).value == 0.0


def test_one_that_cannot_be_scored_makes_all_so():
    assert Weighted({"arguments": 1, unscorable: 1})(RIGHT, ground_truth=PARIS, tools=ALL) is None
    assert Weighted({"arguments": 1})(RIGHT, ground_truth="[]", tools=ALL) is None


def test_the_wire_format_is_handed_on():
    bare = '[{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}]'
    weights = {"tool_name": 1, Tiered(): 1, short: 1}
    assert Weighted(weights)(bare, ground_truth=PARIS, tools=ALL).components["tiered"] == 1.0
    result = Weighted(weights, wire="hermes")(bare, ground_truth=PARIS, tools=ALL)
    # a call outside of its format is an attempt to call: the behavior's 0.1 of 1, times the cap
    assert result.components == pytest.approx({"tool_name": 0.0, "tiered": 0.06, "short": 1.0})


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"argument": 1}, "reward 'argument' not found; there are: behavior, tool_name"),
        ({"arguments": -1}, "-1 of 'arguments'"),
        ({"arguments": float("nan")}, "nan of 'arguments'"),
        ({"arguments": True}, "True of 'arguments'"),
        ({"arguments": "much"}, "'much' of 'arguments'"),
        ({"arguments": 0, "schema": 0}, "all are 0"),
        ({}, "all are 0"),
        ({5: 1}, "5 is no reward"),
        ({Tiered(): 1, Tiered(partial_cap=0.0): 1}, "two rewards are called 'tiered'"),
        ("arguments", "a str is no mapping"),
    ],
    ids=str,
)
def test_options_are_checked(weights, said):
    with pytest.raises(ValueError, match=said):
        Weighted(weights)


def test_a_combination_is_a_value():
    reward = Weighted({"arguments": 0.5, Tiered(partial_cap=0.3): 0.5})
    assert pickle.loads(pickle.dumps(reward)) == reward
    assert hash(reward) == hash(Weighted({Tiered(partial_cap=0.3): 0.5, "arguments": 0.5}))
    assert reward != Weighted({"arguments": 0.5, Tiered(partial_cap=0.4): 0.5})
