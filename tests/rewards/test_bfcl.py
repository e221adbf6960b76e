"""The leaderboard's rules: cases by hand, and agreement with its own checker where that is installed."""

import json
import pickle
import random

import pytest

from benchmarks.rewards import bfcl_rows
from rewards import BFCL, Alternative, Behavior, GroundTruth, GroundTruthError, Tiered, ToolCall
from rewards.wire import render


def parameter(kind, **rest):
    return {"type": kind, **rest}


FUNCTIONS = [
    {
        "name": "ride.book",
        "parameters": {
            "type": "dict",
            "properties": {
                "to": parameter("string"),
                "seats": parameter("integer"),
                "price": parameter("float"),
                "stops": parameter("array", items={"type": "string"}),
                "prices": parameter("tuple", items={"type": "float"}),
                "rider": parameter("dict", properties={"name": {"type": "string"}, "age": {"type": "integer"}}),
                "legs": parameter("array", items={"type": "dict"}),
                "shared": parameter("boolean"),
                "extra": parameter("any"),
                "kind": parameter("string", enum=["Basic", "XL"]),
                "gift": parameter(["null", "integer"]),
                "nothing": parameter(["null"]),
            },
            "required": ["to"],
        },
    },
    {"name": "ride.cancel", "parameters": {"type": "dict", "properties": {"id": parameter("integer")}, "required": []}},
]


def judged(possible, *calls, tools=FUNCTIONS, reward=None):
    truth = json.dumps(GroundTruth.from_bfcl(possible).to_json())
    completion = render([ToolCall(*call) for call in calls])
    return (reward or BFCL())(completion, ground_truth=truth, tools=tools)


def booking(**possible):
    return [{"ride.book": {"to": ["New York", "NYC"], **possible}}]


RIGHT = {
    "first value": ({}, {"to": "New York"}),
    "alternative": ({}, {"to": "NYC"}),
    "case and punctuation": ({}, {"to": "new-york."}),
    "quotes": ({"extra": ["it's"]}, {"to": "NYC", "extra": 'it"s'}),
    "omitted": ({"seats": [2, ""]}, {"to": "NYC"}),
    "only omitted": ({"seats": [""]}, {"to": "NYC"}),
    "empty text for omitted": ({"kind": ["XL", ""]}, {"to": "NYC", "kind": ""}),
    "integer for float": ({"price": [5.0]}, {"to": "NYC", "price": 5}),
    "float written as integer": ({"price": [5]}, {"to": "NYC", "price": 5.0}),
    "name for a number": ({"seats": ["seat_count"]}, {"to": "NYC", "seats": "seat_count"}),
    "list": ({"stops": [["A B", "C"]]}, {"to": "NYC", "stops": ["a-b", "c."]}),
    "alternative list": ({"stops": [["A"], ["B"]]}, {"to": "NYC", "stops": ["B"]}),
    "tuple": ({"prices": [[1.5, 2.0]]}, {"to": "NYC", "prices": [1.5, 2.0]}),
    "empty list for omitted": ({"stops": [["A"], ""]}, {"to": "NYC", "stops": []}),
    "object": ({"rider": [{"name": ["Ann", "Anna"], "age": [9, ""]}]}, {"to": "NYC", "rider": {"name": "anna"}}),
    "object's member": (
        {"rider": [{"name": ["Ann"], "age": [9, 8]}]},
        {"to": "NYC", "rider": {"name": "Ann", "age": 8}},
    ),
    "empty text for a member left out": (
        {"rider": [{"name": ["Ann"], "age": [9, ""]}]},
        {"to": "NYC", "rider": {"name": "Ann", "age": ""}},
    ),
    "objects": ({"legs": [[{"a": [1]}, {"b": ["x", "y"]}]]}, {"to": "NYC", "legs": [{"a": 1}, {"b": "Y"}]}),
    "null": ({"extra": [None, ""]}, {"to": "NYC", "extra": None}),
    "boolean": ({"shared": [True]}, {"to": "NYC", "shared": True}),
    "integer or null": ({"gift": [3]}, {"to": "NYC", "gift": 3}),
    "null alone": ({"nothing": [None]}, {"to": "NYC", "nothing": None}),
    "names in a list of numbers": ({"prices": [["low", "high"]]}, {"to": "NYC", "prices": ["low", "high"]}),
    "any type": ({"extra": [3]}, {"to": "NYC", "extra": 3}),
}
WRONG = {
    "other value": ({}, {"to": "York"}),
    "other case of a name for a number": ({"seats": ["seat_count"]}, {"to": "NYC", "seats": "Seat_count"}),
    "missing, required": ({"to": ["New York", ""]}, {}),
    "missing, not omittable": ({"seats": [2]}, {"to": "NYC"}),
    "without admissible value": ({"seats": []}, {"to": "NYC"}),
    "unexpected": ({}, {"to": "NYC", "seats": 2}),
    "invented": ({}, {"to": "NYC", "colour": "red"}),
    "float for integer": ({"seats": [2]}, {"to": "NYC", "seats": 2.0}),
    "text for integer": ({"seats": [2]}, {"to": "NYC", "seats": "2"}),
    "boolean for integer": ({"seats": [1]}, {"to": "NYC", "seats": True}),
    "integer for boolean": ({"shared": [True]}, {"to": "NYC", "shared": 1}),
    "integers in a list of floats": ({"prices": [[1.0, 2.5]]}, {"to": "NYC", "prices": [1, 2.5]}),
    "text for an integer or null": ({"gift": [3]}, {"to": "NYC", "gift": "3"}),
    "an integer and a name in a list of numbers": ({"prices": [["low", "high"]]}, {"to": "NYC", "prices": ["low", 1]}),
    "order in a list": ({"stops": [["A", "B"]]}, {"to": "NYC", "stops": ["B", "A"]}),
    "list for text": ({}, {"to": ["NYC"]}),
    "object with another key": ({"rider": [{"name": ["Ann"]}]}, {"to": "NYC", "rider": {"name": "Ann", "age": 1}}),
    "object without a key": ({"rider": [{"name": ["Ann"], "age": [9]}]}, {"to": "NYC", "rider": {"name": "Ann"}}),
    "too many objects": ({"legs": [[{"a": [1]}]]}, {"to": "NYC", "legs": [{"a": 1}, {"a": 1}]}),
    "null for text": ({}, {"to": None}),
    "number beyond floats": ({"price": [5.0]}, {"to": "NYC", "price": 10**400}),
}


@pytest.mark.parametrize(("possible", "arguments"), RIGHT.values(), ids=RIGHT.keys())
def test_admissible_arguments(possible, arguments):
    result = judged(booking(**possible), ("ride.book", arguments))
    assert (result.value, result.components, result.reasons) == (1.0, {"ast": 1.0}, ())
    assert result.behavior is Behavior.EXECUTE


@pytest.mark.parametrize(("possible", "arguments"), WRONG.values(), ids=WRONG.keys())
def test_inadmissible_arguments(possible, arguments):
    result = judged(booking(**possible), ("ride.book", arguments))
    assert (result.value, result.components) == (0.0, {"ast": 0.0})
    assert len(result.reasons) == 1


NYC = ("ride.book", {"to": "NYC"})
CANCEL = ("ride.cancel", {"id": 7})
BOTH = [*booking(), {"ride.cancel": {"id": [7, 8]}}]


@pytest.mark.parametrize(
    ("possible", "calls", "value"),
    [
        (BOTH, [NYC, CANCEL], 1.0),
        (BOTH, [CANCEL, NYC], 1.0),
        (BOTH, [NYC], 0.0),
        (BOTH, [NYC, NYC], 0.0),
        (BOTH, [NYC, CANCEL, CANCEL], 0.0),
        (BOTH, [NYC, ("ride.cancel", {"id": 9})], 0.0),
        (booking(), [], 0.0),
        (booking(), [("ride_book", {"to": "NYC"})], 0.0),
        (booking(), [("Ride.book", {"to": "NYC"})], 0.0),
        (booking(), [NYC, NYC], 0.0),
        (None, [], 1.0),
        (None, [NYC], 0.0),
        (None, [("invented", {})], 0.0),
    ],
)
def test_calls_are_counted_and_named(possible, calls, value):
    assert judged(possible, *calls).value == value


TWO = "expected ['New York', 'NYC']"


@pytest.mark.parametrize(
    ("possible", "calls", "reasons"),
    [
        (booking(), [], ["ast: expected 1 calls, got 0"]),
        (booking(), [("Ride.book", {"to": "NYC"})], ["ast: no call of 'ride.book'"]),
        (BOTH, [NYC, NYC], ["ast: no call of 'ride.cancel'"]),
        (BOTH, [NYC, ("ride.cancel", {"id": 9})], ["ast: no call of 'ride.cancel'"]),
        (None, [NYC, CANCEL], ["ast: unexpected call of 'ride.book'", "ast: unexpected call of 'ride.cancel'"]),
        (booking(), [("ride.book", {"to": "York"})], [f"argument 'to': {TWO}, got 'York'"]),
        (booking(seats=[2]), [("ride.book", {"to": "NYC", "seats": 3})], ["argument 'seats': expected 2, got 3"]),
        (booking(seats=[2]), [NYC], ["argument 'seats': expected 2, not given"]),
        (booking(), [("ride.book", {"to": "NYC", "hue": 1})], ["argument 'hue': not expected, got 1"]),
        (booking(to=["NYC", ""]), [("ride.book", {})], ["argument 'to': expected 'NYC', not given"]),
    ],
)
def test_the_reason_says_what_was_expected_and_found(possible, calls, reasons):
    result = judged(possible, *calls)
    assert [str(reason) for reason in result.reasons] == reasons
    assert {reason.tier for reason in result.reasons} == {"ast"}


def test_a_broken_call_is_named():
    result = BFCL()("<tool_call>{", ground_truth=GroundTruth.from_bfcl(booking()), tools=FUNCTIONS)
    assert [(reason.tier, reason.kind) for reason in result.reasons] == [("ast", "malformed")]


@pytest.mark.parametrize("first", [8, 7])
def test_a_call_that_fits_two_answers_leaves_room_for_the_other(first):
    possible = [{"ride.cancel": {"id": [7, 8]}}, {"ride.cancel": {"id": [7]}}]
    calls = [("ride.cancel", {"id": first}), ("ride.cancel", {"id": 15 - first})]
    assert judged(possible, *calls).value == 1.0


@pytest.mark.parametrize(
    ("completion", "value"),
    [
        ('<tool_call>\n{"name": "ride.cancel", "arguments": {"id": 7}', 0.0),
        ('<tool_call>\n{"name": "ride.cancel", "arguments": {"id": 7}}\n</tool_call><tool_call>{', 0.0),
        ("I cannot do that.", 0.0),
        ("", 0.0),
    ],
)
def test_what_does_not_decode_is_wrong(completion, value):
    truth = GroundTruth.from_bfcl([{"ride.cancel": {"id": [7]}}])
    assert BFCL()(completion, ground_truth=truth, tools=FUNCTIONS).value == value


@pytest.mark.parametrize("completion", ["None of these fit.", "", "<tool_call>{", "Which ride?"])
def test_without_an_expected_call_whatever_is_no_call_is_right(completion):
    assert BFCL()(completion, ground_truth=GroundTruth.from_bfcl(None), tools=FUNCTIONS).value == 1.0


def test_without_tools_types_are_those_of_the_admissible_values():
    assert judged([{"f": {"x": [7]}}], ("f", {"x": 7}), tools=None).value == 1.0
    assert judged([{"f": {"x": [7]}}], ("f", {"x": "7"}), tools=None).value == 0.0


def test_what_cannot_be_scored_is_none():
    assert BFCL()("text", ground_truth="[]", tools=FUNCTIONS) is None
    assert judged([{"not_offered": {}}], NYC) is None


def test_the_preset_is_a_value():
    assert pickle.loads(pickle.dumps(BFCL(wire="hermes"))) == BFCL(wire="hermes") != BFCL()
    with pytest.raises(ValueError, match="there are: auto"):
        BFCL(wire="xml")


def test_possible_answers_become_alternatives():
    truth = GroundTruth.from_bfcl(
        [{"f": {"a": [1, 2, ""], "b": ["x"], "c": [""], "d": [{"k": [1, 2], "o": ["y", ""]}]}}]
    )
    assert truth.calls == (ToolCall("f", {"a": 1, "b": "x", "d": {"k": 1, "o": "y"}}),)
    (others,) = truth.alternatives
    assert others["a"] == Alternative((2,), may_omit=True)
    assert others["c"] == Alternative((), may_omit=True)
    assert others["d"] == Alternative(({"k": 1}, {"k": 2, "o": "y"}, {"k": 2}))
    assert "b" not in others
    assert GroundTruth.from_bfcl(json.dumps([{"f": {"b": ["x"]}}])) == GroundTruth(
        "execute", (ToolCall("f", {"b": "x"}),)
    )


def test_any_text_is_right_where_no_call_was_expected():
    truth = GroundTruth.from_bfcl(None)
    assert GroundTruth.parse(truth.to_json()) == truth
    for text in ("I can't help with that.", "The answer is 4, as two and two make four.", "Which city do you mean?"):
        assert Tiered()(text, ground_truth=truth, tools=FUNCTIONS).value == 1.0
    for text in ("", render([ToolCall(*NYC)]), "<tool_call>{"):
        assert Tiered()(text, ground_truth=truth, tools=FUNCTIONS).value == 0.0


@pytest.mark.parametrize(
    "possible",
    [
        *([], [{}], [5], "text", "[", [{"f": {"a": 1}}], [{"f": []}], [{"f": {}, "g": {}}], [{"f": {"a": [{"k": 1}]}}]),
        [{"f": {"a": [{str(key): [1, 2] for key in range(10)}]}}],
        [{"f": {"a": [float("nan")]}}],
    ],
    ids=str,
)
def test_what_is_no_possible_answer_is_named(possible):
    with pytest.raises(GroundTruthError, match="possible_answer"):
        GroundTruth.from_bfcl(possible)


def test_agreement_with_the_leaderboard_on_a_sample():
    if not bfcl_rows.is_installed():
        pytest.skip("bfcl-eval is not installed")
    verdict = bfcl_rows.official_checker()
    rows = random.Random(0).sample(list(bfcl_rows.rows(per_category=20)), 3000)
    differing = [
        row.identity
        for row in rows
        if (BFCL()(row.completion, ground_truth=row.truth, tools=row.tools).value == 1.0) != bool(verdict(row))
    ]
    assert len(differing) <= len(rows) / 1000, differing


def test_the_reason_names_the_first_parameter_that_lacks_in_any_process():
    names = [f"parameter_{number}" for number in range(9)]
    schema = {"type": "object", "properties": {name: parameter("string") for name in names}, "required": names[::-1]}
    truth = GroundTruth("execute", (ToolCall("f", dict.fromkeys(names, "x")),))
    result = BFCL()(render([ToolCall("f", {})]), ground_truth=truth, tools=[{"name": "f", "parameters": schema}])
    assert [reason.parameter for reason in result.reasons] == [names[0]]
