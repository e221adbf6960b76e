"""What a person is told of a completion that earns less than all: each sentence names what was expected and found."""

import pytest

from rewards import GroundTruth, Tiered, ToolCall
from rewards.behavior_calls import BEHAVIOR_TOOLS
from rewards.brief import brief
from tests.rewards.tools import ALL, PARIS, REFUSE, RIGHT, block

CLARIFY = GroundTruth("clarify", text="Which city?", missing=("city",))
ANSWER = GroundTruth("answer", text="The capital is Paris.")
SORRY = "I'm sorry, I can't help with that."
TRANSLATION = block('{"text": "a", "target_language": "fr"}', "translate_text")
NO_CALL = "tool_name: no call of 'get_weather_forecast'"


@pytest.mark.parametrize(
    ("truth", "completion", "reasons"),
    [
        (PARIS, RIGHT, []),
        (PARIS, "", ["behavior: expected execute, got nothing", NO_CALL]),
        (PARIS, "Which city?", ["behavior: expected execute, got clarify", NO_CALL]),
        (PARIS, f"{RIGHT} {SORRY}", ["behavior: calls and refuses in one breath"]),
        (PARIS, block('{"city": "Rome"}'), ["argument 'city': expected 'Paris', got 'Rome'"]),
        (PARIS, block('{"city": "Paris", "days": 4}'), ["argument 'days': not expected, got 4"]),
        (
            PARIS,
            block("{}"),
            [
                "argument 'city': expected 'Paris', not given",
                "schema of 'get_weather_forecast': \"city\" is a required property",
            ],
        ),
        (
            PARIS,
            block('{"city": 7}'),
            [
                "argument 'city': expected 'Paris', got 7",
                "schema of 'get_weather_forecast': city: the value is not of type \"string\"",
            ],
        ),
        (PARIS, RIGHT.replace("_forecast", ""), [NO_CALL, "tool_name: unexpected call of 'get_weather'"]),
        (PARIS, RIGHT + TRANSLATION, ["tool_name: unexpected call of 'translate_text'"]),
        (
            PARIS,
            '<tool_call>\n{"name": "get_weather_forecast"',
            [NO_CALL, "malformed call: a call block is not closed after its JSON"],
        ),
        (CLARIFY, "Which city?", []),
        (CLARIFY, SORRY, ["behavior: expected clarify, got refuse"]),
        (CLARIFY, RIGHT, ["behavior: expected clarify, got execute"]),
        (CLARIFY, "Which date?", ["behavior: asks for something else than 'city'"]),
        (CLARIFY, f"Which city? {SORRY}", ["behavior: asks and refuses in one breath"]),
        (CLARIFY, "I have booked it. Which city?", ["behavior: asks, and claims to have acted"]),
        (CLARIFY, "Which city? I will assume Paris.", ["behavior: asks, and goes on with a guess"]),
        (
            CLARIFY,
            "I have booked it. Which date?",
            ["behavior: asks for something else than 'city'", "behavior: asks, and claims to have acted"],
        ),
        (REFUSE, SORRY, []),
        (REFUSE, "", ["behavior: expected refuse, got nothing"]),
        (REFUSE, "Sure, here it is.", ["behavior: expected refuse, got answer"]),
        (REFUSE, RIGHT, ["behavior: expected refuse, got execute"]),
        (
            REFUSE,
            f"{SORRY} Here is how to do it anyway: first, buy it.",
            ["behavior: refuses, and complies in the next breath"],
        ),
        (REFUSE, f"{SORRY} Which city do you mean?", ["behavior: refuses and asks in one breath"]),
        (ANSWER, "The capital is Paris.", []),
        (ANSWER, SORRY, ["behavior: expected answer, got refuse"]),
        (ANSWER, "The capital is Rome.", ["behavior: gives other names or numbers than the expected answer"]),
        (ANSWER, "The capital is Paris. Which city do you mean?", ["behavior: answers, and asks"]),
        (ANSWER, "I have sent it. The capital is Paris.", ["behavior: answers, and claims to have acted"]),
    ],
)
def test_what_the_default_reward_says(truth: GroundTruth, completion: str, reasons: list[str]) -> None:
    result = Tiered()(completion, ground_truth=truth, tools=ALL)
    assert result is not None
    assert [str(reason) for reason in result.reasons] == reasons
    assert (result.value == 1.0) is (not reasons)


def test_an_answer_that_refuses_is_said_to_refuse_where_the_expected_one_asks_too() -> None:
    expected = "It will be sunny in Oslo. Which day do you mean?"
    said = f"{expected} I can't help with the weather in Rome, but it is sunny."
    result = Tiered()(said, ground_truth=GroundTruth("answer", text=expected), tools=ALL)
    assert result is not None
    assert [str(reason) for reason in result.reasons] == ["behavior: answers, and refuses"]


def ask(*parameters: str) -> str:
    return block(f'{{"parameters": {list(parameters)}, "question": "Which?"}}'.replace("'", '"'), "ask_user")


DECLINED = block('{"reason": "no"}', "decline")
NOT_DECLINED = ["behavior: does not decline by one valid call"]


@pytest.mark.parametrize(
    ("truth", "completion", "value", "reasons"),
    [
        (CLARIFY, ask("city"), 1.0, []),
        (CLARIFY, ask("date"), 0.0, ["behavior: asks for more or less than 'city'"]),
        # of three names, the one asked for and the one missing are one: 0.6 * 2/3
        (CLARIFY, ask("city", "date"), 0.4, ["behavior: asks for more or less than 'city'"]),
        (CLARIFY, "Which city?", 0.0, ["behavior: expected clarify, got answer"]),
        (GroundTruth("clarify"), ask("city"), 1.0, []),
        (GroundTruth("clarify"), ask("city") * 2, 0.0, ["behavior: asks for more or less than a parameter"]),
        (
            GroundTruth("clarify", missing=("city", "date")),
            ask("units"),
            0.0,
            ["behavior: asks for more or less than 'city', 'date'"],
        ),
        (REFUSE, DECLINED, 1.0, []),
        (REFUSE, DECLINED * 2, 0.0, NOT_DECLINED),
        (REFUSE, block("{}", "decline"), 0.0, NOT_DECLINED),
        (ANSWER, "The capital is Rome.", 0.3, ["behavior: gives other names or numbers than the expected answer"]),
    ],
)
def test_what_is_said_where_asking_and_declining_are_calls(
    truth: GroundTruth, completion: str, value: float, reasons: list[str]
) -> None:
    result = Tiered()(completion, ground_truth=truth, tools=[*ALL, *BEHAVIOR_TOOLS])
    assert result is not None
    assert result.value == pytest.approx(value)
    assert [str(reason) for reason in result.reasons] == reasons


def test_reasons_beyond_the_limit_are_counted() -> None:
    expected = tuple(ToolCall("get_weather_forecast", {"city": f"city {n}"}) for n in range(25))
    result = Tiered()(RIGHT, ground_truth=GroundTruth("execute", expected), tools=ALL)
    assert result is not None
    *listed, last = result.reasons
    assert str(last) == f"and {25 - len(listed)} more"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 60, repr("x" * 60)),
        ("x" * 61, repr("x" * 57 + "...")),
        (["x" * 24], repr(["x" * 24])),
        (["x" * 25], repr(["x" * 21 + "..."])),
        ({"k" * 25: "v" * 25}, repr({"k" * 21 + "...": "v" * 21 + "..."})),
        (["a"] * 4, "['a', 'a', 'a', 'a']"),
        (["a"] * 5, "['a', 'a', 'a', 'a', '...']"),
        ([["a"] * 3], "[['a', 'a', 'a']]"),
        ([["a"] * 4], "[['a', 'a', 'a', '...']]"),
        ([[["a"]]], "[['[...]']]"),
        ([[[]]], "[[[]]]"),
        (("a", 1.5, None, True), "['a', 1.5, None, True]"),
        (dict.fromkeys("abcd", 1), "{'a': 1, 'b': 1, 'c': 1, 'd': 1}"),
        (dict.fromkeys("abcde", 1), "{'a': 1, 'b': 1, 'c': 1, 'd': 1, '...': '...'}"),
        ({"x": dict.fromkeys("abcd", 1)}, "{'x': {'a': 1, 'b': 1, 'c': 1, '...': '...'}}"),
        ({"a": {"b": {"c": 1}}}, "{'a': {'b': '{...}'}}"),
        ({"a": {"b": {}}}, "{'a': {'b': {}}}"),
        (2**255, str(2**255)),
        (-(2**256), "'an integer of 257 bits'"),
    ],
)
def test_values_are_shown_in_a_few_words(value: object, shown: str) -> None:
    assert brief(value) == shown
