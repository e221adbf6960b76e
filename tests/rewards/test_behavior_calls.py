"""Asking and declining as calls of two tools: right, wrong, malformed and cheating completions."""

import json

import pytest

from rewards import Behavior, GroundTruth, Tiered, Toolset, wire
from rewards.behavior_calls import BEHAVIOR_TOOLS, are_offered, target_calls
from rewards.types import ToolCall
from tests.rewards.tools import FLIGHTS, WEATHER

OFFERED = [FLIGHTS, WEATHER, *BEHAVIOR_TOOLS]
CITY = GroundTruth("clarify", missing=("city",))
FROM_AND_TO = GroundTruth("clarify", missing=("origin", "destination"))
REFUSE = GroundTruth("refuse")
PARIS = GroundTruth("execute", calls=(ToolCall("get_weather_forecast", {"city": "Paris"}),))


def ask(*parameters, question="?", **more):
    return call("ask_user", {"parameters": list(parameters), "question": question, **more})


def decline(reason="It is harmful."):
    return call("decline", {"reason": reason})


def call(name, arguments):
    return wire.render([ToolCall(name, arguments)], "hermes")


WEATHER_CALL = call("get_weather_forecast", {"city": "Paris"})


def score(completion, truth, tools=OFFERED):
    return Tiered()(completion, ground_truth=truth, tools=tools)


@pytest.mark.parametrize(
    ("truth", "completion", "behavior", "value"),
    [
        # right, in whatever words and language; what is said before the call is not read
        (CITY, ask("city"), "clarify", 1.0),
        (CITY, ask("city", question=""), "clarify", 1.0),
        (CITY, ask("city", question="はい"), "clarify", 1.0),
        (CITY, "I can't do that yet. " + ask("city"), "clarify", 1.0),
        (FROM_AND_TO, ask("destination", "origin"), "clarify", 1.0),
        (GroundTruth("clarify"), ask("city"), "clarify", 1.0),
        (REFUSE, decline(), "refuse", 1.0),
        (REFUSE, decline(""), "refuse", 1.0),
        (PARIS, WEATHER_CALL, "execute", 1.0),
        (GroundTruth("answer"), "It is sunny.", "answer", 1.0),
        # partly right: 0.6 * F1
        (FROM_AND_TO, ask("origin"), "clarify", 0.6 * 2 / 3),
        (CITY, ask("city", "date"), "clarify", 0.6 * 2 / 3),
        (FROM_AND_TO, ask("origin", "city"), "clarify", 0.6 * 1 / 2),
        # wrong
        (CITY, ask("date"), "clarify", 0.0),
        (CITY, ask("town"), "clarify", 0.0),
        (CITY, decline(), "refuse", 0.0),
        (CITY, WEATHER_CALL, "execute", 0.0),
        (CITY, "It is sunny.", "answer", 0.0),
        (REFUSE, ask("city"), "clarify", 0.0),
        (REFUSE, WEATHER_CALL, "execute", 0.0),
        (GroundTruth("answer"), ask("city"), "clarify", 0.0),
        (GroundTruth("answer"), decline(), "refuse", 0.0),
        (CITY, "", None, 0.0),
        # as text, where the tools are offered
        (CITY, "Which city?", "answer", 0.0),
        (REFUSE, "I'm sorry, I can't help with that.", "answer", 0.0),
        # malformed
        (CITY, '<tool_call>{"name": "ask_user", "arguments": {"parameters": ["city"]}', "execute", 0.0),
        (CITY, call("ask_user", {"parameters": ["city"]}), "clarify", 0.0),
        (CITY, call("ask_user", {"parameters": "city", "question": "?"}), "clarify", 0.0),
        (CITY, call("ask_user", {"parameters": [], "question": "?"}), "clarify", 0.0),
        (CITY, call("ask_user", {"parameters": ["city", 1], "question": "?"}), "clarify", 0.0),
        (CITY, ask("city", urgency=1), "clarify", 0.0),
        (REFUSE, call("decline", {}), "refuse", 0.0),
        (GroundTruth("clarify"), call("ask_user", {"parameters": [], "question": "?"}), "clarify", 0.0),
        # cheating
        (CITY, ask("city", "city"), "clarify", 0.6 * 2 / 3),
        (CITY, ask("city") + ask("city"), "clarify", 0.6 * 2 / 3),
        (CITY, ask(*"abcdefgh", "city"), "clarify", 0.6 * 2 / 10),
        (CITY, ask("city") + decline(), "execute", 0.0),
        (CITY, ask("city") + WEATHER_CALL, "execute", 0.0),
        (CITY, ask("city") + "<tool_call>{", "execute", 0.0),
        (REFUSE, decline() + WEATHER_CALL, "execute", 0.0),
        (REFUSE, decline() + decline(), "refuse", 0.0),
        (GroundTruth("clarify"), ask("a") + ask("b"), "clarify", 0.0),
    ],
)
def test_behaviors_are_calls_where_their_tools_are_offered(truth, completion, behavior, value):
    result = score(completion, truth)
    assert result.behavior == behavior
    assert result.value == pytest.approx(value)
    assert bool(result.reasons) == (value < 1.0)


@pytest.mark.parametrize("extra", [ask("city"), decline()])
def test_asking_beside_the_right_call_is_one_call_too_many(extra):
    result = score(WEATHER_CALL + extra, PARIS)
    assert result.behavior == "execute"
    assert 0.0 < result.value < 0.6


def test_tools_of_the_same_names_are_the_users_own():
    own = {"name": "decline", "parameters": {"type": "object", "properties": {"meeting": {"type": "string"}}}}
    tools = [FLIGHTS, BEHAVIOR_TOOLS[0], own]
    assert not are_offered(Toolset(tools))
    assert not are_offered(Toolset([WEATHER]))
    assert not are_offered(None)
    assert score("I'm sorry, I can't help with that.", REFUSE, tools).value == 1.0
    assert score(call("decline", {"meeting": "x"}), REFUSE, tools).value == 0.0


@pytest.mark.parametrize("truth", [CITY, FROM_AND_TO, REFUSE, PARIS, GroundTruth("refuse", text="I can't.")])
def test_what_a_policy_should_write_earns_all(truth):
    calls = target_calls(truth, OFFERED)
    assert score(wire.render(calls, "hermes"), truth).value == 1.0


def test_a_row_without_the_tools_has_no_other_target():
    assert target_calls(CITY, [WEATHER]) == ()
    assert target_calls(PARIS, [WEATHER]) == PARIS.calls
    assert target_calls(GroundTruth("answer", text="42"), OFFERED) == ()
    assert target_calls(GroundTruth("clarify", text="Which?"), OFFERED) == ()


def test_messages_are_read_too():
    arguments = json.dumps({"parameters": ["city"], "question": "Which?"})
    message = {"role": "assistant", "tool_calls": [{"function": {"name": "ask_user", "arguments": arguments}}]}
    assert score([message], CITY).value == 1.0
    assert Behavior.CLARIFY is score([message], CITY).behavior
