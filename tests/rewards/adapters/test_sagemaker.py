import json

import pytest

from rewards import Binary
from rewards.adapters.sagemaker import completion_of, handler, lambda_handler
from tests.rewards.tools import ALL, PARIS, RIGHT, block

USER = {"role": "user", "content": "Weather in Paris?"}
NAMES = ["is_scored", "behavior", "tool_name", "arguments", "schema", "wire_format"]


def sample(*turns, **fields):
    return {"id": "7", "messages": [USER, *turns], **fields}


def assistant(text, role="assistant"):
    return {"role": role, "content": text}


CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "get_weather_forecast"}}]}
CALL["tool_calls"][0]["function"]["arguments"] = '{"city": "Paris"}'


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (sample(assistant(RIGHT), reference_answer=PARIS.to_json(), tools=ALL), 1.0),
        (sample(assistant(RIGHT), reference_answer=json.dumps(PARIS.to_json()), tools=json.dumps(ALL)), 1.0),
        (sample(assistant(RIGHT), reward_model=PARIS.to_json(), tools=ALL), 1.0),
        (sample(assistant(RIGHT), metadata={"reference_answer": PARIS.to_json(), "tools": ALL}), 1.0),
        (sample(assistant(RIGHT), extra_info={"reward_model": PARIS.to_json(), "tools": ALL}), 1.0),
        (sample(assistant(RIGHT, "nova_assistant"), reference_answer=PARIS.to_json(), tools=ALL), 1.0),
        (sample(CALL, reference_answer=PARIS.to_json(), tools=ALL), 1.0),
        (sample(assistant(RIGHT), USER, reference_answer=PARIS.to_json(), tools=ALL), 0.0),
        (sample(reference_answer=PARIS.to_json(), tools=ALL), 0.0),
        (sample(assistant(block('{"city": "Rome"}')), reference_answer=PARIS.to_json(), tools=ALL), 0.33),
    ],
    ids=[
        *("right", "texts", "row names", "metadata", "extra_info", "nova", "tool_calls"),
        *("ends with the user", "no turn", "wrong"),
    ],
)
def test_scores(given, score):
    (result,) = lambda_handler([given], None)
    assert result["id"] == "7"
    assert result["aggregate_reward_score"] == pytest.approx(score)
    assert [metric["name"] for metric in result["metrics_list"]] == NAMES
    assert all(metric["type"] in ("Metric", "Reward") for metric in result["metrics_list"])
    assert json.loads(json.dumps(result)) == result


def test_each_component_is_a_metric_beside_the_score():
    batch = [sample(assistant(text), reference_answer=PARIS.to_json(), tools=ALL) for text in (RIGHT, "Hello.")]
    right, wrong = lambda_handler(batch)
    assert right["metrics_list"] == [
        {"name": "is_scored", "value": 1.0, "type": "Metric"},
        *({"name": name, "value": 1.0, "type": "Reward"} for name in NAMES[1:]),
    ]
    assert [metric["value"] for metric in wrong["metrics_list"]] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_the_turns_after_the_request_are_the_completion_in_their_order():
    first, last = assistant("a"), assistant("b", "nova_assistant")
    assert completion_of([assistant("before"), USER, first, last]) == [first, assistant("b")]
    assert completion_of([first, "no message", last]) == [assistant("b")]
    assert completion_of(None) == []


def test_what_cannot_be_scored_is_0_and_says_so():
    (result,) = lambda_handler([sample(assistant(RIGHT))])
    assert result["aggregate_reward_score"] == 0.0
    assert result["metrics_list"][0] == {"name": "is_scored", "value": 0.0, "type": "Metric"}


def test_another_reward():
    given = sample(assistant(block('{"city": "Rome"}')), reference_answer=PARIS.to_json(), tools=ALL)
    assert handler(Binary())([given])[0]["aggregate_reward_score"] == 0.0


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"id": "1"}, "event: a dict is not a list"),
        ("text", "event: a str is not a list"),
        ([{"messages": []}], r"event\[0\]: a sample is an object with an 'id'"),
        ([sample(), 5], r"event\[1\]: a sample is an object with an 'id' and 'messages'\Z"),
        ([sample(reference_answer=PARIS.to_json(), tools=5)], r"event\[0\] \(id '7'\): tools"),
    ],
    ids=["one sample", "text", "no id", "no object", "tools"],
)
def test_an_event_of_another_shape_is_an_error(event, message):
    with pytest.raises(ValueError, match=message):
        lambda_handler(event)
