"""What a ground truth may be, and the sentence that says what is wrong with one."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from rewards import Alternative, Behavior, GroundTruth, GroundTruthError, Tiered, ToolCall

CALL = {"name": "f", "arguments": {"x": 1}}
UNTYPED = "<tool_call>\n<function=f>\n<parameter=x>\n1\n</parameter>\n</function>\n</tool_call>"
CALLS = (ToolCall("f", {"x": 1}),)
NAN = float("nan")
FORM = '{argument: {"values": [...], "may_omit": true or false}}'

READ = {
    "str of a list": "[{'name': 'f', 'arguments': {'x': 1}}]",
    "str of a call, its arguments as JSON (Toucan)": "{'name': 'f', 'arguments': '{\"x\": 1}'}",
    "Python in Hermes' marks": "<tool_call>\n{'arguments': {'x': 1}, 'name': 'f'}\n</tool_call>",
    "Glaive": """<functioncall> {"name": "f", "arguments": '{"x": 1}'} <|endoftext|>""",
    "API-Bank": "API-Request: [f(x=1)]",
    "Seal-Tools": [{"api": "f", "parameters": {"x": 1}, "responses": ["API_call_0"]}],
    "ToolAlpaca": [{"Action": "f", "Action_Input": '{"x": 1}'}],
    "LangChain": {"action": "f", "action_input": {"x": 1}},
    "tau-bench": [{"name": "f", "kwargs": {"x": 1}}],
}
"""One call in forms of data sets, which nothing read before December 2026."""

UNREAD = [[[CALL]], [["f(x=1)"]], [{"f": {"x": 1}}], {"tool": "f", "args": {"x": 1}}, ["f", {"x": 1}]]
"""Turns; plain values by the tool's name, which the leaderboard's lists resemble; and what no known data set has."""

BROKEN = {
    "[{'name': 'f'}": "not JSON: Expecting property name enclosed in double quotes",
    "{'name': 'f', 'arguments': {'x': y}}": "not JSON: Expecting property name enclosed in double quotes",
    "{'name': 'f', 'arguments': {}} and more": "not JSON: Expecting property name enclosed in double quotes",
    "[Get It(x=y)]": "not JSON: Expecting value",
    "[Get It(x=1), ]x": "not JSON: Expecting value",
}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"ground_truth": "x", "behavior": "exec"}, "behavior: 'exec' is not one of execute, clarify, refuse, answer"),
        (
            {"ground_truth": "Hello", "behavior": "execute"},
            "ground_truth: behavior 'execute' needs a JSON list of calls, not a text",
        ),
        ({"ground_truth": [], "behavior": "execute"}, "ground_truth: behavior 'execute' needs at least one call"),
        ({"behavior": "refuse", "calls": [CALL]}, "ground_truth: behavior 'refuse' takes no calls"),
        (
            {"behavior": "refuse", "text": "No.", "missing": ["city"]},
            "missing: goes with behavior 'clarify', not 'refuse'",
        ),
        ({"ground_truth": [CALL], "behavior": "refuse"}, "ground_truth: behavior 'refuse' takes no calls"),
        ({"ground_truth": ""}, "ground_truth: is empty; give calls, a text, or a behavior"),
        (
            {"ground_truth": '[{"name": "f"'},
            "ground_truth: neither a JSON list of calls nor a text (not JSON: Expecting ',' delimiter)",
        ),
        ("[1] says so", "ground_truth: neither a JSON list of calls nor a text (text follows the JSON value)"),
        (
            {"ground_truth": "{", "behavior": "execute"},
            "ground_truth: neither a JSON list of calls nor a text (not JSON: Expecting property name enclosed in "
            "double quotes)",
        ),
        ("[f(x=1)", "ground_truth: neither a JSON list of calls nor a text (not JSON: Expecting value)"),
        (
            ["f(x=1)", "and more"],
            "ground_truth: neither a JSON list of calls nor a text (not JSON: Expecting value)",
        ),
        ([{"arguments": {}}], 'ground_truth: a call must be {"name": ..., "arguments": {...}}'),
        ([{"name": 7, "arguments": {}}], 'ground_truth: a call must be {"name": ..., "arguments": {...}}'),
        ([{"name": "f", "arguments": [1]}], "ground_truth: arguments of call 'f' must be an object"),
        ([{"name": "f", "arguments": "[1]"}], "ground_truth: arguments of call 'f' must be an object"),
        (
            [{"name": "f", "arguments": "NaN"}],
            "ground_truth: arguments of call 'f': NaN is not JSON",
        ),
        ([{"name": "f", "arguments": {"x": NAN}}], "ground_truth: call 'f' holds NaN or Infinity"),
        ([CALL] * 65, "ground_truth: 65 calls; at most 64 can be scored"),
        ([{"name": "f", "params": {}}], "ground_truth: call 'f' has no 'arguments', but 'params'; rename it"),
        *((unread, 'ground_truth: a call must be {"name": ..., "arguments": {...}}') for unread in UNREAD),
        *((broken, f"ground_truth: neither a JSON list of calls nor a text ({why})") for broken, why in BROKEN.items()),
        (
            "<tool_call>{</tool_call>",
            "ground_truth: makes a malformed call: not JSON: Expecting property name enclosed in double quotes; give "
            "calls as JSON, or behavior 'answer' where the text is to be said",
        ),
        (
            {"role": "assistant", "content": UNTYPED},
            "ground_truth: makes a call whose format tells no types; give calls as JSON, or behavior 'answer' where "
            "the text is to be said",
        ),
        ({"ground_truth": 5}, "ground_truth: a int is neither a list of calls nor a text"),
        ({"ground_truth": "Which?", "missing": "city"}, "missing: must be a list of parameter names"),
        ({"ground_truth": "Which?", "missing": [""]}, "missing: must be a list of parameter names"),
        ({"ground_truth": "Which?", "missing": [7]}, "missing: must be a list of parameter names"),
        (
            {"ground_truth": [CALL], "missing": ["x"], "behavior": "execute"},
            "missing: goes with behavior 'clarify', not 'execute'",
        ),
        ({"ground_truth": "Which?", "also": "answer"}, "also: must be a list of behaviors"),
        ({"ground_truth": [CALL], "also": ["answer"]}, "also: goes with behaviors that make no call"),
        (
            {"ground_truth": "No.", "behavior": "refuse", "also": ["execute"]},
            "also: goes with behaviors that make no call",
        ),
        ({"ground_truth": [CALL], "ordered": 2}, "ordered: 2 is not true or false"),
        ({"ground_truth": [CALL], "alternatives": {}}, "alternatives: must be a list parallel to the expected calls"),
        (
            {"ground_truth": [CALL], "alternatives": [{}, {}]},
            "alternatives: 2 entries for 1 calls; they must be parallel",
        ),
        ({"ground_truth": [CALL], "alternatives": [5]}, f"alternatives: each entry must be {FORM}"),
        *(
            (
                {"ground_truth": [CALL], "alternatives": [{"x": alternative}]},
                f"alternatives: argument 'x' must be given as in {FORM}",
            )
            for alternative in ([1, 2], {"value": [1]}, {"values": 1}, {"may_omit": 1})
        ),
        (
            {"ground_truth": [CALL], "alternatives": [{"x": {"values": [NAN]}}]},
            "alternatives: argument 'x' holds NaN or Infinity",
        ),
        (
            "I'm sorry, I can't help with that. Which city do you mean?",
            "behavior: the text both asks and refuses; give 'clarify' or 'refuse'",
        ),
    ],
)
def test_what_cannot_be_scored_says_why(value: Any, message: str) -> None:
    with pytest.raises(GroundTruthError) as caught:
        GroundTruth.parse(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "behavior", "message"),
    [
        ({"ground_truth": "Paris.", "behavior": "answer"}, "refuse", "behavior: 'refuse' contradicts 'answer'"),
        (GroundTruth(Behavior.REFUSE), "answer", "behavior: 'answer' contradicts 'refuse'"),
        ([CALL], "answer", "ground_truth: behavior 'answer' takes no calls"),
    ],
)
def test_a_behavior_beside_the_ground_truth_must_agree(value: Any, behavior: str, message: str) -> None:
    with pytest.raises(GroundTruthError) as caught:
        GroundTruth.parse(value, behavior)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "behavior", "truth"),
    [
        ("Paris.", "answer", GroundTruth("answer", text="Paris.")),
        # What looks like JSON is a text to be said where the behavior says so, unless it is calls.
        ("[1] says so", "answer", GroundTruth("answer", text="[1] says so")),
        ('{"a": 1}', "answer", GroundTruth("answer", text='{"a": 1}')),
        ('[{"name": "f"}]', "answer", GroundTruth("answer", text='[{"name": "f"}]')),
        ("{", "answer", GroundTruth("answer", text="{")),
        ('{"ground_truth": "Hi.", "behavior": "answer"}', None, GroundTruth("answer", text="Hi.")),
        ({"ground_truth": None, "behavior": "refuse"}, None, GroundTruth(Behavior.REFUSE)),
        (
            {"ground_truth": "No.", "behavior": "refuse", "missing": "", "also": ["answer"], "ordered": None},
            None,
            GroundTruth(Behavior.REFUSE, text="No.", also=("answer",)),
        ),
        ({"ground_truth": [CALL], "ordered": True}, None, GroundTruth(Behavior.EXECUTE, CALLS, ordered=True)),
        (
            {"ground_truth": [CALL], "alternatives": [None]},
            None,
            GroundTruth(Behavior.EXECUTE, CALLS, alternatives=({},)),
        ),
        (
            {"ground_truth": [CALL], "alternatives": [{"x": {"values": None, "may_omit": None}, "y": None}]},
            None,
            GroundTruth(Behavior.EXECUTE, CALLS, alternatives=({"x": Alternative()},)),
        ),
        (
            {"ground_truth": [CALL], "alternatives": [{"x": {"values": [2], "may_omit": True}}]},
            "execute",
            GroundTruth(Behavior.EXECUTE, CALLS, alternatives=({"x": Alternative((2,), may_omit=True)},)),
        ),
        (f"Wait.<tool_call>{json.dumps(CALL)}</tool_call>", None, GroundTruth(Behavior.EXECUTE, CALLS)),
        (
            {"ground_truth": f"<tool_call>{json.dumps(CALL)}</tool_call>", "behavior": "execute"},
            None,
            GroundTruth(Behavior.EXECUTE, CALLS),
        ),
        (
            {"ground_truth": f"<tool_call>{json.dumps(CALL)}</tool_call>", "behavior": "answer"},
            None,
            GroundTruth(Behavior.ANSWER, text=f"<tool_call>{json.dumps(CALL)}</tool_call>"),
        ),
        (json.dumps(json.dumps([CALL])), None, GroundTruth(Behavior.EXECUTE, CALLS)),
        (
            json.dumps(json.dumps({"ground_truth": "Hi.", "behavior": "answer"})),
            None,
            GroundTruth("answer", text="Hi."),
        ),
        ('"Hi."', None, GroundTruth("answer", text='"Hi."')),
        (json.dumps({"role": "assistant", "tool_calls": [CALL]}), None, GroundTruth(Behavior.EXECUTE, CALLS)),
        ({"functionCall": {"name": "f", "args": {"x": 1}}}, None, GroundTruth(Behavior.EXECUTE, CALLS)),
        ([{"toolUse": {"name": "f", "input": {"x": 1}}}], None, GroundTruth(Behavior.EXECUTE, CALLS)),
        # Calls as Python writes them; what has no named argument, or more around it, may be a text to be said.
        ("f(x=1)", None, GroundTruth(Behavior.EXECUTE, CALLS)),
        ("[f(x=1), f(x=1)]", "execute", GroundTruth(Behavior.EXECUTE, CALLS * 2)),
        (["f(x=1)", "f( x=1 )"], None, GroundTruth(Behavior.EXECUTE, CALLS * 2)),
        ("f(x=1)", "answer", GroundTruth("answer", text="f(x=1)")),
        ("main()", None, GroundTruth("answer", text="main()")),
        *((value, None, GroundTruth(Behavior.EXECUTE, CALLS)) for value in READ.values()),
        ("[f()]", None, GroundTruth(Behavior.EXECUTE, (ToolCall("f"),))),
        (
            "[Get All(), get/v1/f(x=1)]",
            None,
            GroundTruth(Behavior.EXECUTE, (ToolCall("Get All"), ToolCall("get/v1/f", {"x": 1}))),
        ),
        ("{'a': 1}", "answer", GroundTruth("answer", text="{'a': 1}")),
        ("API-Request: [f(x=1)]", "answer", GroundTruth("answer", text="API-Request: [f(x=1)]")),
        ("API-Request: none (x=1)", None, GroundTruth("answer", text="API-Request: none (x=1)")),
        ("f(x=1) is linear in g(y)", None, GroundTruth("answer", text="f(x=1) is linear in g(y)")),
        ([{"name": "f"}], None, GroundTruth(Behavior.EXECUTE, (ToolCall("f"),))),
        ([{"name": "f", "arguments": " "}], None, None),
        ([{"name": "f", "arguments": ""}], None, GroundTruth(Behavior.EXECUTE, (ToolCall("f"),))),
        ([{"name": "f", "arguments": None, "args": {"x": 1}}], None, GroundTruth(Behavior.EXECUTE, CALLS)),
    ],
)
def test_what_a_ground_truth_may_be(value: Any, behavior: str | None, truth: GroundTruth | None) -> None:
    if truth is None:
        with pytest.raises(GroundTruthError, match=r"must be an object|not JSON"):
            GroundTruth.parse(value, behavior)
        return
    assert GroundTruth.parse(value, behavior) == truth


POSSIBLE = "[{function: {argument: [admissible, ...]}}, ...]"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], f"must be {POSSIBLE}, or None where any call is wrong"),
        ({}, f"must be {POSSIBLE}, or None where any call is wrong"),
        ([{}], f"must be {POSSIBLE}; {{}} is no call of that form"),
        ([5], f"must be {POSSIBLE}; 5 is no call of that form"),
        ([{"f": []}], f"must be {POSSIBLE}; {{'f': []}} is no call of that form"),
        ([{"f": {}, "g": {}}], f"must be {POSSIBLE}; {{'f': {{}}, 'g': {{}}}} is no call of that form"),
        ("text", "not a JSON list of calls (not JSON: Expecting value)"),
        ([{"f": {"a": 1}}], "argument 'a' must be a list of admissible values"),
        ([{"f": {"a": [{"k": 1}]}}], "argument 'a': 'k' must be a list of values"),
        ([{"f": {"a": [{str(key): [1, 2] for key in range(10)}]}}], "argument 'a' has more than 512 values"),
        ([{"f": {"a": [NAN]}}], "holds NaN or Infinity"),
    ],
)
def test_what_is_no_possible_answer_says_why(value: Any, message: str) -> None:
    with pytest.raises(GroundTruthError) as caught:
        GroundTruth.from_bfcl(value)
    assert str(caught.value) == f"possible_answer: {message}"


def test_as_many_values_as_there_may_be_are_read() -> None:
    truth = GroundTruth.from_bfcl([{"f": {"a": [{str(key): [1, 2] for key in range(9)}]}}])
    assert len(truth.alternatives[0]["a"].values) == 511  # 2**9 objects, the first of which is expected


def test_lists_of_objects_stand_for_every_choice() -> None:
    truth = GroundTruth.from_bfcl([{"f": {"a": [[{"k": [1, 2]}, {"m": ["x", ""]}], ["plain"]]}}])
    assert truth.calls == (ToolCall("f", {"a": [{"k": 1}, {"m": "x"}]}),)
    assert truth.alternatives[0]["a"].values == (
        [{"k": 1}, {}],
        [{"k": 2}, {"m": "x"}],
        [{"k": 2}, {}],
        ["plain"],
    )


BLOCKS = [{"type": "text", "text": "Let me see."}, {"type": "tool_use", "id": "1", "name": "f", "input": {"x": 1}}]
MESSAGE = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function", "function": CALL}]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MESSAGE, GroundTruth(Behavior.EXECUTE, CALLS)),
        ({"role": "assistant", "content": BLOCKS}, GroundTruth(Behavior.EXECUTE, CALLS)),
        ({"role": "assistant", "content": "I can't do that."}, GroundTruth(Behavior.REFUSE, text="I can't do that.")),
        ({"behavior": "refuse"}, GroundTruth(Behavior.REFUSE)),
        ('{"behavior": "clarify", "missing": ["city"]}', GroundTruth(Behavior.CLARIFY, missing=("city",))),
        (
            {"behavior": "clarify", "text": "Where?", "missing": ["city"]},
            GroundTruth(Behavior.CLARIFY, text="Where?", missing=("city",)),
        ),
        ({"behavior": "execute", "calls": [CALL], "ordered": True}, GroundTruth(Behavior.EXECUTE, CALLS, ordered=True)),
        (asdict(GroundTruth(Behavior.EXECUTE, CALLS)), GroundTruth(Behavior.EXECUTE, CALLS)),
        (asdict(GroundTruth(Behavior.REFUSE, text="No.")), GroundTruth(Behavior.REFUSE, text="No.")),
        ([{"f": {"x": [1]}}], GroundTruth(Behavior.EXECUTE, CALLS)),
        ('[{"f": {"x": [1, 2]}}]', GroundTruth(Behavior.EXECUTE, CALLS, alternatives=({"x": Alternative((2,))},))),
        ([CALL, {"g": {}}], GroundTruth(Behavior.EXECUTE, (*CALLS, ToolCall("g")))),
    ],
    ids=[
        "message",
        "message of blocks",
        "message of a text",
        "behavior",
        "missing",
        "own fields of a question",
        "own fields of calls",
        "dataclass of calls",
        "dataclass of a text",
        "leaderboard",
        "leaderboard as JSON",
        "mixed",
    ],
)
def test_forms_that_data_sets_have(value: object, expected: GroundTruth) -> None:
    assert GroundTruth.parse(value) == expected


def test_an_unscorable_ground_truth_is_warned_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewards.reading._WARNED", set())
    with pytest.warns(UserWarning, match="its reward is None: behavior: 'no' is not one of") as caught:
        assert [Tiered()("x", ground_truth={"behavior": each}) for each in ("no", "never")] == [None, None]
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="it calls 'g', which is not among its tools"):
        assert Tiered()("x", ground_truth=[{"name": "g", "arguments": {}}], tools=[{"name": "f"}]) is None


@pytest.mark.parametrize("value", READ.values(), ids=READ)
def test_a_form_of_data_sets_scores_as_its_call_does(value: Any) -> None:
    """A right call is right, another value is wrong, a cut one malformed; and repeating the ground truth is no call."""
    tools = [{"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}]
    right = f"<tool_call>{json.dumps(CALL)}</tool_call>"
    completions = (right, right.replace("1", "2"), right[:-15], str(value))
    values = [Tiered(wire="hermes")(text, ground_truth=value, tools=tools).value for text in completions]
    assert values[0] == 1.0
    assert 0.1 < values[1] <= 0.6
    assert max(values[2:]) <= 0.1
