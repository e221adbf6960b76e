import json

import pytest

from rewards import Binary, Tiered
from rewards.adapters.openai_grader import grade, grader
from tests.rewards.tools import ALL, PARIS, RIGHT, block

FUNCTION = {"name": "get_weather_forecast", "arguments": '{"city": "Paris"}'}
ANSWER = {"ground_truth": "Hello.", "behavior": "answer"}
WITH_DEFAULT = block('{"city": "Paris", "days": 3}')


@pytest.mark.parametrize(
    ("sample", "item", "score"),
    [
        ({"output_text": RIGHT}, {"reward_model": PARIS.to_json(), "tools": ALL}, 1.0),
        ({"output_text": RIGHT}, {"reward_model": json.dumps(PARIS.to_json()), "tools": json.dumps(ALL)}, 1.0),
        ({"output_text": RIGHT}, {"reference_answer": PARIS.to_json()["ground_truth"], "tools": ALL}, 1.0),
        (
            {"output_text": None, "output_tools": [{"type": "function", "function": FUNCTION}]},
            {"reward_model": PARIS.to_json(), "tools": ALL},
            1.0,
        ),
        ({"output_text": block('{"city": "Rome"}')}, {"reward_model": PARIS.to_json(), "tools": ALL}, 0.33),
        ({"output_text": WITH_DEFAULT}, {"reward_model": PARIS.to_json(), "tools": ALL}, 1.0),
        ({"output_text": WITH_DEFAULT}, {"extra_info": {"reward_model": PARIS.to_json(), "tools": ALL}}, 1.0),
        ({}, {"reward_model": PARIS.to_json(), "tools": ALL}, 0.0),
        ({"output_text": RIGHT}, {}, 0.0),
        ({"output_text": "Hello."}, {"reward_model": ANSWER, "tools": ALL}, 1.0),
        ({"output_text": None}, {"reward_model": ANSWER, "tools": ALL}, 0.0),
    ],
    ids=[
        "right",
        "texts",
        "reference_answer",
        "output_tools",
        "wrong",
        "default",
        "extra_info",
        "nothing said",
        "unscorable",
        "answered",
        "not answered",
    ],
)
def test_grades(sample, item, score):
    for function in (grade, grader(Tiered())):
        result = function(sample, item)
        assert type(result) is float
        assert result == pytest.approx(score)


def test_another_reward():
    item = {"reward_model": PARIS.to_json(), "tools": ALL}
    assert grader(Binary())({"output_text": block('{"city": "Rome"}')}, item) == 0.0
