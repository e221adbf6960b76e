import json

import pytest

from rewards import Binary, Tiered
from rewards.adapters.nemo_gym import message_of, verifier
from tests.rewards.tools import ALL, PARIS, RIGHT

TOOLS = [{"type": "function", "strict": True, **tool["function"]} for tool in ALL]
ROW = {"reward_model": PARIS.to_json()}
QUESTION = {"ground_truth": "Which city?", "behavior": "clarify", "missing": ["city"]}
NAMES = ["behavior", "tool_name", "arguments", "schema", "wire_format"]


def call(arguments):
    return {"type": "function_call", "name": "get_weather_forecast", "arguments": arguments, "call_id": "1"}


def said(text):
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "2", "role": "assistant", "status": "completed", "content": [part]}


CALL = call('{"city": "Paris"}')
ANSWERED = {"type": "function_call_output", "call_id": "1", "output": RIGHT}
REASONED = {
    "type": "reasoning",
    "id": "3",
    "summary": [],
    "content": [{"type": "reasoning_text", "text": "Which city?"}],
}

CASES = {
    "a call": ([CALL], ROW, 1.0),
    "the row as JSON": ([CALL], {"reward_model": json.dumps(ROW["reward_model"])}, 1.0),
    "the row where older ones have it": ([CALL], {"verifier_metadata": ROW}, 1.0),
    "a call among other items": ([REASONED, CALL, ANSWERED, said("Sunny.")], ROW, 1.0),
    "a wrong call": ([call('{"city": "Rome"}')], ROW, 0.33),
    "a broken call": ([call('{"city"')], ROW, 0.6 * 0.1),
    "a call that the server has not read": ([said(RIGHT)], ROW, 0.6 * 0.1),
    "a question": ([REASONED, said("Which city?")], QUESTION, 1.0),
    "a question in reasoning alone": ([REASONED], QUESTION, 0.0),
    "nothing": ([], ROW, 0.0),
    "no ground truth": ([CALL], {}, 0.0),
}


def request(output, row):
    params = {"input": [{"role": "user", "content": "Weather?"}], "tools": TOOLS}
    response = {"id": "r", "created_at": 0.0, "model": "m", "object": "response", "output": output, "tools": TOOLS}
    response |= {"parallel_tool_calls": True, "tool_choice": "auto"}
    return {"responses_create_params": params, "response": response, **row}


@pytest.mark.parametrize("name", CASES)
def test_scores(name):
    output, row, reward = CASES[name]
    fields = verifier(Tiered())(request(output, row))
    assert fields["reward"] == pytest.approx(reward)
    assert fields["mask_sample"] == (row == {})
    assert [*fields] == ["reward", "mask_sample", *(f"{name}_reward" for name in NAMES)]


def test_another_reward():
    fields = verifier(Binary())(request([call('{"city": "Rome"}')], ROW))
    assert fields["reward"] == 0.0


def test_texts_and_calls_of_several_steps_are_one_message():
    message = message_of([REASONED, said("Let me check."), CALL, ANSWERED, CALL, said("Sunny.")])
    assert [part["text"] for part in message["content"]] == ["Let me check.", "Sunny."]
    assert message["tool_calls"] == [CALL, CALL]
