"""What holds for any schema, any call and any text."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewards import GroundTruth, Tiered, ToolCall, Toolset, wire
from tests.rewards.tools import ALL, PARIS, REFUSE

reward = Tiered()
names = st.from_regex(r"\A[a-zA-Z_][a-zA-Z0-9_]{0,8}\Z")
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
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tools_for(made, schema):
    offered = {"f": {}, "g": {}, "junk": {}}
    for call in made:
        offered[call.name].update(dict.fromkeys(call.arguments, schema))
    return [{"name": name, "parameters": {"type": "object", "properties": given_}} for name, given_ in offered.items()]


@quick
@given(calls, schemas, st.sampled_from(list(wire.WIRES)), st.randoms(use_true_random=False))
def test_rendered_ground_truth_earns_one_in_any_order(made, schema, name, rng: random.Random):
    shuffled = rng.sample(made, len(made))
    tools = Toolset(tools_for(made, schema))
    completion = wire.render(shuffled, name, tools)
    result = reward(completion, ground_truth=GroundTruth("execute", calls=tuple(made)), tools=tools)
    assert result.value == 1.0, result.reasons


@quick
@given(calls, calls, st.randoms(use_true_random=False))
def test_order_of_predicted_calls_never_matters(expected, predicted, rng: random.Random):
    truth, tools = GroundTruth("execute", calls=tuple(expected)), tools_for([*expected, *predicted], {})
    first = reward(wire.render(predicted), ground_truth=truth, tools=tools)
    second = reward(wire.render(rng.sample(predicted, len(predicted))), ground_truth=truth, tools=tools)
    assert first.value == second.value


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
    scores = [reward(text, ground_truth=truth, tools=tools).value for text in (before, after)]
    assert scores[1] <= scores[0]
    assert scores[1] < 1.0


@quick
@given(calls, st.data())
def test_a_second_format_never_raises_a_reward(expected, data):
    first, second = (data.draw(st.sampled_from(list(wire.WIRES))) for _ in range(2))
    if first == second:
        return
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
