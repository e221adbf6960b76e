import copy
import dataclasses
import json
import pickle

import pytest

from rewards import Alternative, Behavior, GroundTruth, GroundTruthError, RewardResult, Tiered, ToolCall

CALL = {"name": "f", "arguments": {"x": 1}}
EXECUTE = GroundTruth("execute", calls=(ToolCall("f", {"x": 1}),))


@pytest.mark.parametrize(
    "value",
    [
        EXECUTE,
        [CALL],
        CALL,
        json.dumps([CALL]),
        json.dumps(CALL),
        [{"type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
        {"ground_truth": json.dumps([CALL])},
        {"ground_truth": [CALL], "behavior": "execute", "missing": [], "alternatives": None},
        json.dumps({"ground_truth": json.dumps([CALL]), "behavior": "execute"}),
        [ToolCall("f", {"x": 1})],
        [{"name": "f", "parameters": {"x": 1}}],  # Llama's and ToolRL's word
        [{"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}}],  # Anthropic's
        [{"type": "tool_call", "id": "a", "name": "f", "args": {"x": 1}}],  # LangChain's
        [{"type": "function_call", "call_id": "a", "name": "f", "arguments": '{"x": 1}'}],  # OpenAI's newer form
    ],
    ids=str,
)
def test_every_form_of_calls_reads_the_same(value):
    assert GroundTruth.parse(value) == EXECUTE


@pytest.mark.parametrize(
    ("value", "behavior"),
    [
        ("Which city do you mean?", "clarify"),
        ("To provide the forecast I need the city.", "clarify"),
        ("I'm sorry, but I can't help with that.", "refuse"),
        ("The capital of France is Paris.", "answer"),
        ({"ground_truth": "The city is needed", "missing": ["city"]}, "clarify"),
    ],
)
def test_behavior_is_inferred_from_text(value, behavior):
    assert GroundTruth.parse(value).behavior == behavior


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"ground_truth": "x", "behavior": "exec"}, "behavior"),
        ({"ground_truth": "Hello", "behavior": "execute"}, "ground_truth"),
        ({"ground_truth": [CALL], "behavior": "refuse"}, "ground_truth"),
        ({"ground_truth": json.dumps([CALL]), "behavior": "refuse"}, "ground_truth"),
        ({"ground_truth": "{curly} text"}, "ground_truth"),
        ({"ground_truth": "[]"}, "ground_truth"),
        ({"ground_truth": ""}, "ground_truth"),
        ({"ground_truth": '[{"name": "f"'}, "ground_truth"),
        ({"ground_truth": '[{"name": "f", "arguments": {"x": NaN}}]'}, "ground_truth"),
        ({"ground_truth": '[{"name": "f", "arguments": {"x": 1, "x": 2}}]'}, "ground_truth"),
        ({"ground_truth": [{"arguments": {}}]}, "ground_truth"),
        ({"ground_truth": [{"name": "f", "arguments": [1]}]}, "ground_truth"),
        ({"ground_truth": [{"name": "f", "arguments": {"x": float("nan")}}]}, "ground_truth"),
        ({"ground_truth": [CALL] * 65}, "ground_truth"),
        # Read without arguments, a right call would lose, and an empty one be right.
        ({"ground_truth": [{"name": "f", "params": {"x": 1}}]}, "ground_truth"),
        # Taken for an answer to be said, the call itself would lose.
        ("<tool_call>\n{\n</tool_call>", "ground_truth"),
        # Of which nothing tells whether 1 is a number.
        ("<tool_call>\n<function=f>\n<parameter=x>\n1\n</parameter>\n</function>\n</tool_call>", "ground_truth"),
        ({"ground_truth": 5}, "ground_truth"),
        ({"ground_truth": "Which?", "missing": "city"}, "missing"),
        ({"ground_truth": [CALL], "missing": ["city"], "behavior": "execute"}, "missing"),
        ({"ground_truth": [CALL], "alternatives": [{}, {}]}, "alternatives"),
        ({"ground_truth": [CALL], "alternatives": [{"x": [1, 2]}]}, "alternatives"),
        ({"ground_truth": [CALL], "alternatives": [{"x": {"value": [1]}}]}, "alternatives"),
        ({"ground_truth": "I'm sorry, I can't help with that. Which city do you mean?"}, "behavior"),
    ],
    ids=str,
)
def test_what_cannot_be_scored_names_its_field(value, field):
    with pytest.raises(GroundTruthError) as error:
        GroundTruth.parse(value)
    assert error.value.field == field
    assert isinstance(error.value, ValueError)
    assert pickle.loads(pickle.dumps(error.value)).field == field


def test_a_text_is_a_text():
    with pytest.raises(GroundTruthError, match="int is not a text"):
        GroundTruth("answer", text=5)


def test_behavior_given_twice_must_agree():
    assert GroundTruth.parse("Paris.", behavior="answer").behavior is Behavior.ANSWER
    with pytest.raises(GroundTruthError, match="contradicts"):
        GroundTruth.parse({"ground_truth": "Paris.", "behavior": "answer"}, behavior="refuse")
    with pytest.raises(GroundTruthError, match="contradicts"):
        GroundTruth.parse(EXECUTE, behavior="refuse")


@pytest.mark.parametrize(
    "truth",
    [
        EXECUTE,
        GroundTruth("clarify", text="Which city?", missing=("city",)),
        GroundTruth("refuse"),
        GroundTruth("answer", text="[1] says so"),
        GroundTruth("execute", calls=EXECUTE.calls, alternatives=({"x": Alternative((2, 3), may_omit=True)},)),
        GroundTruth("execute", calls=EXECUTE.calls, ordered=True),
    ],
    ids=lambda truth: truth.behavior.value,
)
def test_json_form_reads_back(truth):
    assert GroundTruth.parse(truth.to_json()) == truth
    assert GroundTruth.parse(json.dumps(truth.to_json())) == truth
    assert pickle.loads(pickle.dumps(truth)) == truth


def test_a_result_is_a_value():
    assert RewardResult(0.5, {"behavior": 1.0}) == RewardResult(0.5, {"behavior": 1.0})
    assert pickle.loads(pickle.dumps(Tiered(partial_cap=0.3))) == Tiered(partial_cap=0.3)


def test_reasons_that_wait_until_they_are_read_are_those_of_a_result_at_once():
    truth, completion = json.dumps([CALL]), '<tool_call>{"name": "f", "arguments": {"x": 2}}</tool_call>'
    waiting = [Tiered()(completion, ground_truth=truth) for _ in range(4)]
    at_once = Tiered()([{"role": "assistant", "content": completion}], ground_truth=[CALL])
    assert "reasons" not in vars(waiting[0])
    assert waiting[0] == at_once
    assert pickle.loads(pickle.dumps(waiting[1])) == at_once
    assert dataclasses.replace(waiting[2], value=0.5).reasons == at_once.reasons
    assert copy.copy(waiting[3]) == at_once
    assert str(at_once.reasons[0]) == "argument 'x': expected 1, got 2"


def test_a_result_has_no_other_members():
    with pytest.raises(AttributeError, match="reason"):
        _ = RewardResult(0.5, {}).reason
