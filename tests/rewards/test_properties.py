"""What holds for any schema, any call and any text."""

import json
import pickle
import random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rewards import BFCL, Binary, GroundTruth, Tiered, ToolCall, ToolRL, Toolset, Weighted, wire
from rewards.matching import agreement, is_identical
from tests.rewards.drawn import names
from tests.rewards.tools import ALL, PARIS, REFUSE

reward = Tiered()
texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars, lambda item: st.lists(item, max_size=3) | st.dictionaries(texts, item, max_size=3), max_leaves=6
)
schemas = st.sampled_from(
    [{}, {"type": ["string", "number", "array", "object", "boolean", "null"]}, {"x-unordered": True}, {"default": 3}]
)
arguments = st.dictionaries(names, values, max_size=3)
calls = st.lists(st.builds(ToolCall, st.sampled_from(["f", "g"]), arguments), min_size=1, max_size=4)
TRIMMING = ("dots", "step3")
"""Formats whose servers take the white space off a text's ends."""

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tools_for(made, schema):
    offered = {"f": {}, "g": {}, "junk": {}}
    for call in made:
        offered[call.name].update(dict.fromkeys(call.arguments, schema))
    return [{"name": name, "parameters": {"type": "object", "properties": given_}} for name, given_ in offered.items()]


@quick
@given(calls, schemas, st.sampled_from(list(wire.FORMATS)), st.randoms(use_true_random=False))
def test_rendered_ground_truth_earns_one_in_any_order(made, schema, name, rng: random.Random):
    spoken = [value for call in made for value in call.arguments.values() if isinstance(value, str)]
    assume(name not in TRIMMING or all(text == text.strip() for text in spoken))
    assume(len(made) == 1 or not wire.FORMATS[name].is_one_call)
    shuffled = rng.sample(made, len(made))
    tools = Toolset(tools_for(made, schema))
    completion = wire.render(shuffled, name, tools)
    result = reward(completion, ground_truth=GroundTruth("execute", calls=tuple(made)), tools=tools)
    assert result.value == 1.0, result.reasons


few = st.sampled_from([{}, {"a": 1}, {"a": 2}, {"a": 1, "b": "x"}, {"a": True, "b": "X"}, {"b": "y"}])
alike = st.lists(st.builds(ToolCall, st.sampled_from(["f", "g"]), few), min_size=1, max_size=5)
REWARDS = (Tiered(), Binary(), ToolRL(), BFCL(), Weighted({"arguments": 2, "tool_name": 1, "schema": 1, "bfcl": 1}))


@quick
@given(calls | alike, calls | alike, st.randoms(use_true_random=False))
def test_order_of_calls_never_matters(expected, predicted, rng: random.Random):
    tools = tools_for([*expected, *predicted], {})
    orders = [(rng.sample(expected, len(expected)), rng.sample(predicted, len(predicted))) for _ in range(4)]
    for one in REWARDS:
        values = {
            one(wire.render(second), ground_truth=GroundTruth("execute", calls=tuple(first)), tools=tools).value
            for first, second in orders
        }
        assert max(values) - min(values) < 1e-12, one


@quick
@given(alike, st.randoms(use_true_random=False))
def test_order_never_matters_where_answers_have_alternatives(made, rng: random.Random):
    possible = [{call.name: {name: [value, 7] for name, value in call.arguments.items()}} for call in made]
    made = [
        ToolCall(call.name, {name: rng.choice((value, 7)) for name, value in call.arguments.items()}) for call in made
    ]
    tools = tools_for(made, {})
    results = {
        BFCL()(
            wire.render(rng.sample(made, len(made))),
            ground_truth=GroundTruth.from_bfcl(rng.sample(possible, len(possible))),
            tools=tools,
        ).value
        for _ in range(4)
    }
    assert len(results) == 1


@quick
@given(calls | alike, calls | alike, schemas, st.booleans())
def test_every_form_of_the_same_input_gives_the_same_result(expected, predicted, schema, is_right):
    truth = GroundTruth("execute", calls=tuple(expected))
    tools = tools_for([*expected, *predicted], schema)
    text = wire.render(expected if is_right else predicted)
    for one in (Tiered(), Weighted({"arguments": 1, "behavior": 1})):
        of_texts = one(text, ground_truth=json.dumps(truth.to_json()), tools=json.dumps(tools))
        of_objects = one(text + "\n", ground_truth=truth.to_json(), tools=tools)
        compiled = one([{"role": "assistant", "content": text}], ground_truth=truth, tools=Toolset(tools))
        assert pickle.loads(pickle.dumps(of_texts)) == of_texts == of_objects == compiled
        assert repr(of_texts) == repr(compiled)


@quick
@given(arguments, arguments, schemas, st.booleans())
def test_what_is_identical_agrees_wholly(one, other, schema, is_copy):
    other = json.loads(json.dumps(one)) if is_copy else other
    tool = Toolset(tools_for([ToolCall("f", one), ToolCall("f", other)], schema)).get("f")
    assert is_identical(one, other) or not is_copy
    if is_identical(one, other):
        assert agreement(ToolCall("f", one), ToolCall("f", other), tool, {}).share == 1.0


@quick
@given(arguments, values)
def test_a_default_left_out_or_given_is_the_same(given_, default):
    tools = [
        {"name": "f", "parameters": {"properties": {**{name: {} for name in given_}, "optional": {"default": default}}}}
    ]
    short, long = ToolCall("f", given_), ToolCall("f", {**given_, "optional": default})
    for expected, predicted in ((short, long), (long, short)):
        truth = GroundTruth("execute", calls=(expected,))
        assert reward(wire.render([predicted]), ground_truth=truth, tools=tools).value == 1.0


@quick
@given(calls, calls, st.integers(0, 3), st.sampled_from(["unknown", "malformed", "copy"]))
def test_junk_never_raises_a_reward(expected, predicted, kept, junk):
    predicted = [*predicted, *expected[:kept]]
    truth, tools = GroundTruth("execute", calls=tuple(expected)), tools_for([*expected, *predicted], {})
    before = wire.render(predicted)
    copies_wanted = sum(call == predicted[0] for call in expected) > sum(call == predicted[0] for call in predicted)
    after = {
        "unknown": before + wire.render([ToolCall("junk", {})]),
        "malformed": before + '<tool_call>{"name": "f"</tool_call>',
        "copy": before + wire.render([predicted[0]]),
    }[junk]
    if junk == "copy" and copies_wanted:
        return
    for one in (Tiered(), Binary(), BFCL()):
        scores = [one(text, ground_truth=truth, tools=tools).value for text in (before, after)]
        assert scores[1] <= scores[0]
        assert scores[1] < 1.0


@quick
@given(calls, st.data())
def test_a_second_format_never_raises_a_reward(expected, data):
    first, second = (data.draw(st.sampled_from(list(wire.FORMATS))) for _ in range(2))
    if first == second or any(wire.FORMATS[name].is_unmarked for name in (first, second)):
        return  # what nothing marks is text beside a call in another format, as it is to servers
    if wire.FORMATS[first].marks == wire.FORMATS[second].marks:
        return  # one server reads both: `muse` and `muse_glimmer`
    tools = Toolset(tools_for(expected, {}))
    truth = GroundTruth("execute", calls=tuple(expected))
    at = data.draw(st.integers(1, len(expected)))
    halves = wire.render(expected[:at], first, tools), wire.render(expected[at:] or expected[:1], second, tools)
    alone = [reward(half, ground_truth=truth, tools=tools).value for half in halves]
    mixed = [reward(text, ground_truth=truth, tools=tools).value for text in ("\n".join(halves), "".join(halves))]
    assert max(mixed) < 1.0
    assert max(mixed) <= max(alone)


@quick
@given(calls, calls)
def test_one_means_every_call_and_no_other(expected, predicted):
    result = reward(
        wire.render(predicted),
        ground_truth=GroundTruth("execute", calls=tuple(expected)),
        tools=tools_for(expected, {}),
    )
    assert (result.value == 1.0) or (0.0 <= result.value <= 0.6)
    if len(expected) != len(predicted):
        assert result.value < 1.0


fragments = st.sampled_from(
    [
        *'<tool_call> </tool_call> <think> </think> { } [ ] " \\ "name" "arguments" : , ? . NaN 1e999'.split(),
        *"<function=f> <parameter=x> </parameter> [TOOL_CALLS] [ARGS] <|python_tag|> [f( <|tool_call|>".split(),
        *"<|channel|>final <|message|> to=functions.f <｜tool▁calls▁begin｜> <｜tool▁call▁begin｜>".split(),
        *("\n", " ", "I can't ", "get_weather_forecast", "\ud800", "which city", "but ", "here is "),
    ]
)


@quick
@given(st.lists(fragments | st.text(max_size=5), max_size=25).map("".join))
def test_arbitrary_text_never_raises(text):
    for truth in (PARIS, REFUSE, GroundTruth("clarify", missing=("city",)), GroundTruth("answer", text="Paris")):
        result = reward(text, ground_truth=truth, tools=ALL)
        assert 0.0 <= result.value <= 1.0
        assert result == reward(text, ground_truth=truth, tools=ALL)
        for one in REWARDS:
            assert 0.0 <= one(text, ground_truth=truth, tools=ALL).value <= 1.0
