import json
import pickle
import subprocess
import sys

import pytest

from rewards import (
    BFCL,
    Alternative,
    ArgumentMatch,
    BehaviorMatch,
    Binary,
    GroundTruth,
    Reason,
    Reward,
    RewardResult,
    SchemaValid,
    Tiered,
    ToolCall,
    ToolName,
    ToolRL,
    Toolset,
    WireFormat,
    wire,
)
from tests.rewards.tools import ALL, PARIS, REFUSE, RIGHT, WEATHER, block

OTHER = block('{"city": "Rome"}')
TWO = GroundTruth("execute", calls=(*PARIS.calls, ToolCall("get_weather_forecast", {"city": "Rome", "days": 5})))


def value(completion, truth=PARIS, tools=ALL, **options):
    return Tiered(**options)(completion, ground_truth=truth, tools=tools).value


@pytest.mark.parametrize(
    "completion",
    [
        RIGHT,
        block('{"city": "paris"}'),
        block('{"city": " Paris ", "days": 3, "units": "celsius"}'),
        block('{"city": "Paris", "days": 3.0}'),
        f"Let me check.\n{RIGHT}",
        f"<think>The user wants {OTHER}</think>{RIGHT}",
        [{"role": "assistant", "content": RIGHT}],
        [
            {
                "role": "assistant",
                "tool_calls": [{"function": {"name": "get_weather_forecast", "arguments": {"city": "Paris"}}}],
            }
        ],
        json.dumps([{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}]),
    ],
)
def test_right_is_one(completion):
    result = Tiered()(completion, ground_truth=PARIS, tools=ALL)
    assert result.value == 1.0
    assert result.reasons == ()
    assert set(result.components.values()) == {1.0}
    assert Binary()(completion, ground_truth=PARIS, tools=ALL).value == 1.0


@pytest.mark.parametrize(
    "completion",
    [
        OTHER,
        block('{"city": "Paris", "days": true}'),
        block('{"city": "Paris", "days": 4}'),
        block('{"city": "Paris", "units": "Celsius"}'),
        block('{"city": "Paris", "hint": "please"}'),
        block('{"city": ["Paris"]}'),
        block("{}"),
        block('{"city": "Paris"}', "Get_Weather_Forecast"),
        block('{"city": "Paris"}', "get-weather-forecast"),
        block('{"city": "Paris"}', "functions.get_weather_forecast"),
        block('{"city": "Paris"}', "search_flights"),
        RIGHT + RIGHT,
        RIGHT + OTHER,
        RIGHT + "<tool_call>",
        RIGHT + block("{}", "junk"),
        RIGHT.replace("</tool_call>", ""),
        RIGHT + "I'm sorry, I can't help with that.",
        "Paris is sunny.",
        "I've checked the weather in Paris.",
        "Which city?",
        "I'm sorry, I can't help with that.",
        "",
        "<think>" + RIGHT,
        "<think>The user wants <tool_call>",
        RIGHT + "</think>",
    ],
)
def test_anything_else_is_at_most_the_cap(completion):
    result = Tiered()(completion, ground_truth=PARIS, tools=ALL)
    assert 0.0 <= result.value < 0.6
    assert result.reasons
    assert Binary()(completion, ground_truth=PARIS, tools=ALL).value == 0.0
    assert value(completion, partial_cap=0.0) == 0.0


def test_partial_credit_is_the_weighted_share():
    # behavior 1, tool_name 1/2, arguments (1 + 0) / 2, schema 1/2, wire_format 1, weights .1 .25 .45 .1 .1
    assert value(RIGHT, TWO) == pytest.approx(0.6 * (0.1 + 0.125 + 0.225 + 0.05 + 0.1))
    # Rome without its days: arguments (1 + 1/2) / 2
    assert value(RIGHT + OTHER, TWO) == pytest.approx(0.6 * (0.1 + 0.25 + 0.3375 + 0.1 + 0.1))
    # one malformed attempt more: divisor 2, and the wire format is lost
    assert value(RIGHT + "<tool_call>") == pytest.approx(0.6 * (0.1 + 0.125 + 0.225 + 0.05))
    # only an attempt
    assert value("<tool_call>") == pytest.approx(0.6 * 0.1)


@pytest.mark.parametrize("broken", ["<tool_call>{</tool_call>", "<tool_call>"])
def test_a_broken_block_beside_a_right_call_earns_less_than_a_whole_call_too_many(broken):
    # vLLM's Hermes parser reads all blocks or none: where one is broken, the server runs nothing. So it is not right,
    # and worth less than a call too many, which runs. It is nearly right, which a policy is to hear: half of each
    # tier of calls, 0.6 * (.1 + (.25 + .45 + .1) / 2 + 0).
    assert value(RIGHT + broken) == value(broken + RIGHT) == pytest.approx(0.6 * (0.1 + 0.4))
    assert value(broken) < value(RIGHT + broken) < value(RIGHT + OTHER)


@pytest.mark.parametrize(
    "junk", [RIGHT, OTHER, block("{}", "junk"), "<tool_call>", "<tool_call>{</tool_call>", block("{}")]
)
@pytest.mark.parametrize("start", [RIGHT, OTHER, RIGHT + OTHER, "<tool_call>", block("{}", "junk")])
def test_junk_never_pays(start, junk):
    assert value(start + junk + junk) <= value(start + junk) or start in ("<tool_call>", block("{}", "junk"))
    if start not in ("<tool_call>", block("{}", "junk"), OTHER):
        assert value(start + junk) < value(start)


def test_saying_a_right_call_twice_does_not_stand_in_for_the_other():
    assert value(RIGHT + RIGHT, TWO) <= value(RIGHT, TWO)


def test_order_of_parallel_calls_does_not_matter():
    rome = block('{"city": "Rome", "days": 5}')
    assert value(RIGHT + rome, TWO) == value(rome + RIGHT, TWO) == 1.0


@pytest.mark.parametrize(
    ("truth", "completion", "behavior", "expected"),
    [
        (REFUSE, "I'm sorry, I can't help with that.", "refuse", 1.0),
        (REFUSE, "I'm sorry, I can't help with that. Which city do you mean?", "clarify", 0.3),
        (REFUSE, "I can't help with that, but the password is 1234.", "answer", 0.0),
        (REFUSE, "Sure! Here it is.", "answer", 0.0),
        (REFUSE, "<tool_call>", "execute", 0.0),
        (REFUSE, "I'm sorry, I can't help." + RIGHT, "execute", 0.0),
        (REFUSE, "", None, 0.0),
        (GroundTruth("answer", text="Paris."), "It is Paris.", "answer", 1.0),
        (GroundTruth("answer", text="Paris."), "Paris", "answer", 1.0),
        (GroundTruth("answer", text="Paris."), "ok", "answer", 0.6 * 0.2),
        (GroundTruth("answer"), RIGHT, "execute", 0.0),
        (GroundTruth("answer"), "I'm sorry, I can't help with that.", "refuse", 0.0),
        (GroundTruth("answer"), "", None, 0.0),
        (GroundTruth("clarify"), "Which city?", "clarify", 1.0),
        (GroundTruth("clarify"), "", None, 0.0),
        (PARIS, "", None, 0.0),
    ],
)
def test_behaviors(truth, completion, behavior, expected):
    result = Tiered()(completion, ground_truth=truth, tools=ALL)
    assert result.behavior == behavior
    assert result.value == pytest.approx(expected)


@pytest.mark.parametrize(
    "truth",
    [
        "",
        "[]",
        '[{"name": "f"',
        {"ground_truth": "x", "behavior": "exec"},
        '[{"name": "not_offered", "arguments": {}}]',
        5,
        None,
    ],
    ids=str,
)
def test_what_cannot_be_scored_is_none(truth):
    assert Tiered()(RIGHT, ground_truth=truth, tools=ALL) is None
    assert Binary()(RIGHT, ground_truth=truth, tools=ALL) is None
    assert ToolName()(RIGHT, ground_truth=truth, tools=ALL) is None


def test_alternatives_count_as_expected():
    truth = GroundTruth("execute", calls=PARIS.calls, alternatives=({"city": Alternative(("Paris, France",))},))
    assert value(block('{"city": "Paris, France"}'), truth) == 1.0
    assert value(RIGHT, truth) == 1.0
    assert value(OTHER, truth) < 0.6


def test_a_schema_that_its_own_ground_truth_breaks_is_not_held_against_the_right_call():
    truth = GroundTruth("execute", calls=(ToolCall("get_weather_forecast", {"city": "Paris", "days": 99}),))
    assert value(block('{"city": "Paris", "days": 99}'), truth) == 1.0


def test_tools_are_optional():
    assert value(RIGHT, tools=None) == 1.0
    assert value(block('{"city": "paris"}'), tools=None) < 0.6  # without a schema nothing says that this is free text


@pytest.mark.parametrize(
    ("tier", "component", "share"),
    [(BehaviorMatch(), "behavior", 1.0), (ToolName(), "tool_name", 0.5), (ArgumentMatch(), "arguments", 0.5),
     (SchemaValid(), "schema", 0.5), (WireFormat(), "wire_format", 0.0)],
)  # fmt: skip
def test_tiers_stand_alone(tier, component, share):
    assert isinstance(tier, Reward)
    result = tier(RIGHT + "<tool_call>", ground_truth=PARIS, tools=ALL)
    assert result.components == {component: share}
    assert result.value == share
    assert tier("I'm sorry, I can't help with that.", ground_truth=REFUSE, tools=ALL).value == 1.0
    assert tier(RIGHT, ground_truth=REFUSE, tools=ALL).value == 0.0
    assert tier("", ground_truth=REFUSE, tools=ALL).value == 0.0


@pytest.mark.parametrize("name", list(wire.FORMATS))
@pytest.mark.parametrize("reward", [Tiered, Binary, ToolRL, BFCL, ArgumentMatch, SchemaValid])
def test_every_preset_reads_every_format_with_the_types_of_the_tools(reward, name):
    properties = {"count": {"type": "integer"}, "code": {"type": "string"}}
    tools = [{"name": "order", "parameters": {"type": "object", "properties": properties}}]
    # Muse Glimmer's servers read JSON wherever they can, so that no text can be "3"; `auto` takes Muse for it.
    call = ToolCall("order", {"count": 3, "code": "x3" if name in ("muse", "muse_glimmer") else "3"})
    completion = wire.render([call], name, Toolset.of(tools))
    for chosen in (name, wire.AUTO):
        result = reward(wire=chosen)(completion, ground_truth=GroundTruth("execute", calls=(call,)), tools=tools)
        assert result.value == 1.0, (chosen, result.reasons)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"partial_cap": 1.5}, "partial_cap"),
        ({"partial_cap": float("nan")}, "partial_cap"),
        ({"schema_weight": -1}, "schema_weight"),
        ({f"{name}_weight": 0 for name in ("behavior", "tool_name", "arguments", "schema", "wire_format")}, "all 0"),
        ({"wire": "xml"}, "there are: auto, qwen3_coder, glm"),
    ],
    ids=str,
)
def test_options_are_checked(options, said):
    with pytest.raises(ValueError, match=said):
        Tiered(**options)


def test_rewards_are_values():
    reward = Tiered(partial_cap=0.3, wire="hermes")
    assert pickle.loads(pickle.dumps(reward)) == reward == Tiered(partial_cap=0.3, wire="hermes")
    assert hash(reward) == hash(Tiered(partial_cap=0.3, wire="hermes"))
    assert reward != Tiered()


def test_results_are_the_same_in_any_process():
    script = (
        "import rewards; from tests.rewards.tools import *\n"
        'completions = [RIGHT, block(\'{"city": "Rome", "a": 1, "b": 2}\') + block(\'{}\'), \'Which city?\']\n'
        "print([rewards.Tiered()(c, ground_truth=PARIS, tools=ALL) for c in completions])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_reasons_are_records_that_a_person_can_read():
    result = Tiered()(block('{"city": "Rome", "days": 99}') + block("{}", "junk"), ground_truth=PARIS, tools=[WEATHER])
    tool = "get_weather_forecast"
    assert result.reasons == (
        Reason("tool_name", "unexpected_call", "junk"),
        Reason("arguments", "value", tool, "city", expected="Paris", got="Rome"),
        Reason("arguments", "unexpected_argument", tool, "days", got=99),
        Reason("schema", "schema", tool, "days", got="days: the value is greater than the maximum of 14"),
    )
    assert list(map(str, result.reasons)) == [
        "tool_name: unexpected call of 'junk'",
        "argument 'city': expected 'Paris', got 'Rome'",
        "argument 'days': not expected, got 99",
        "schema of 'get_weather_forecast': days: the value is greater than the maximum of 14",
    ]


@pytest.mark.parametrize(
    ("completion", "truth", "reason", "without_values"),
    [
        ("", PARIS, Reason("behavior", "nothing", expected="execute"), "behavior: expected execute, got nothing"),
        (
            "Paris is sunny.",
            PARIS,
            Reason("behavior", "behavior", expected="execute", got="answer"),
            "behavior: expected execute, got answer",
        ),
        (
            "<tool_call>{",
            PARIS,
            Reason("tool_name", "no_call", "get_weather_forecast"),
            "tool_name: no call of 'get_weather_forecast'",
        ),
        (
            block("{}"),
            PARIS,
            Reason("arguments", "no_argument", "get_weather_forecast", "city", expected="Paris"),
            "argument 'city': not given",
        ),
        (
            OTHER,
            PARIS,
            Reason("arguments", "value", "get_weather_forecast", "city", expected="Paris", got="Rome"),
            "argument 'city': another value",
        ),
    ],
)
def test_each_kind_of_reason(completion, truth, reason, without_values):
    assert reason in Tiered()(completion, ground_truth=truth, tools=[WEATHER]).reasons
    assert reason.without_values == without_values
    assert Reason.from_json(json.loads(json.dumps(reason.to_json()))) == reason
    assert reason.to_json()["text"] == str(reason)


@pytest.mark.parametrize("value", ["a" * 10**6, list(range(99)), {"a": {"b": {"c": [1]}}}, 10**400, "\x1b[2J"])
def test_reasons_are_short_and_steer_no_terminal(value):
    reason = Reason("arguments", "value", "f", "x", expected=value, got="\x1b[2J")
    assert len(str(reason)) < 400
    assert str(reason).isprintable()
    assert Reason.from_json(reason.to_json()) == reason


def test_a_text_is_a_reason_too():
    result = RewardResult(0.0, {}, ("because",))
    assert result.reasons == (Reason("", "other", got="because"),)
    assert str(result.reasons[0]) == Reason.from_json("because").without_values == "because"
    with pytest.raises(ValueError, match="there are: nothing"):
        Reason("arguments", "wrong")


def test_integers_longer_than_the_process_may_write_are_scored():
    calls = [{"name": "f", "arguments": {"x": 10**1000}}]
    text = json.dumps(calls)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert Tiered()(text, ground_truth=text).value == 1.0
        assert Tiered()(text.replace("0}", "1}"), ground_truth=text).value < 1.0
    finally:
        sys.set_int_max_str_digits(limit)


def test_an_alternative_that_the_schema_does_not_admit_is_right_and_its_like_is_not():
    tools = [{"name": "f", "parameters": {"properties": {"x": {"type": "integer", "maximum": 9}}, "required": ["x"]}}]
    truth = GroundTruth("execute", (ToolCall("f", {"x": 1}),), alternatives=({"x": Alternative(("all", 99), True)},))
    score = {x: value(block(f'{{"x": {x}}}', "f"), truth, tools) for x in ("1", '"all"', "99", '"ALL"', "98")}
    assert [name for name, share in score.items() if share == 1.0] == ["1", '"all"', "99"]
    assert value(block("{}", "f"), truth, tools) < 1.0  # it may be left out, says the answer; the schema requires it


def test_what_a_caller_changes_afterwards_changes_no_reason():
    arguments = {"city": "Rome"}
    message = [
        {
            "role": "assistant",
            "tool_calls": [{"function": {"name": WEATHER["function"]["name"], "arguments": arguments}}],
        }
    ]
    result = Tiered()(message, ground_truth=PARIS, tools=ALL)
    arguments["city"] = "Paris"
    assert list(map(str, result.reasons)) == ["argument 'city': expected 'Paris', got 'Rome'"]


def test_candidates_of_the_same_text_have_results_of_their_own():
    texts = {"ground_truth": json.dumps(PARIS.to_json()), "tools": json.dumps(ALL)}
    first = Tiered()(OTHER, **texts)
    first.components["arguments"] = 1.0
    again = Tiered()("".join(OTHER), **texts)
    assert again.components["arguments"] == 0.0
    assert Tiered(wire="glm")(OTHER, **texts).value < again.value < Tiered(partial_cap=1.0)(OTHER, **texts).value


@pytest.mark.parametrize(
    ("said", "without_values"),
    [
        ("missing: order 'O-22139' changed: email='a@b.c'", "missing: order \u2026 changed: email=\u2026"),
        (
            'turn 12: {"error": "there is no tool named \'f\'"}',
            'turn \u2026: {"error": "there is no tool named \u2026"}',
        ),
        ("the user's order isn't there", "the user's order isn't there"),
        ("ended by loop", "ended by loop"),
        ("O-7 and h1 stay as they are", "O-\u2026 and h1 stay as they are"),
    ],
)
def test_what_the_words_of_an_environment_have_in_common(said: str, without_values: str) -> None:
    reason = Reason.from_json(said)
    assert (str(reason), reason.without_values) == (said, without_values)
