import itertools
import random

import pytest

from rewards import Alternative, GroundTruth, Reason, Tiered, ToolCall, Toolset
from rewards.brief import brief
from rewards.matching import Pair, agreement, argument_reasons, assign, best_assignment, without_padding

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}


TOOLS = Toolset(
    [
        {
            "name": "f",
            "parameters": {
                "type": "object",
                "properties": {"x": INTEGER, "y": {"type": "integer", "default": 3}, "s": STRING},
            },
        }
    ]
)
F = TOOLS.get("f")


@pytest.mark.parametrize(
    ("expected", "predicted", "alternatives", "share"),
    [
        ({}, {}, {}, 1.0),
        ({"x": 1}, {"x": 1}, {}, 1.0),
        ({"x": 1}, {"x": 2}, {}, 0.0),
        ({"x": 1}, {}, {}, 0.0),
        ({}, {"x": 1}, {}, 0.0),
        ({"x": 1}, {"x": 1, "y": 3}, {}, 1.0),
        ({"x": 1, "y": 3}, {"x": 1}, {}, 1.0),
        ({"x": 1, "y": 4}, {"x": 1}, {}, 1 / 2),
        ({"x": 1, "s": "a"}, {"x": 1, "z": 2}, {}, 1 / 3),
        ({"x": 1}, {"x": 1, "a": 0, "b": 0, "c": 0}, {}, 1 / 4),
        ({"x": 1}, {"x": 2}, {"x": Alternative((2, 3))}, 1.0),
        ({"x": 1}, {}, {"x": Alternative((), may_omit=True)}, 1.0),
        ({"x": 1}, {"x": 5}, {"x": Alternative((2,), may_omit=True)}, 0.0),
        ({}, {"x": 2}, {"x": Alternative((2,))}, 1.0),
        ({"y": 4}, {}, {"y": Alternative((), may_omit=True)}, 1.0),
        ({"y": 4}, {}, {"y": Alternative((3,))}, 1.0),
    ],
    ids=str,
)
def test_argument_share_divides_over_the_union_of_names(expected, predicted, alternatives, share):
    assert agreement(ToolCall("f", expected), ToolCall("f", predicted), F, alternatives).share == pytest.approx(share)


def test_reasons_name_argument_and_values():
    expected, predicted = ToolCall("f", {"x": 1, "s": "a"}), ToolCall("f", {"x": 2, "z": "\ud800"})
    wrong = agreement(expected, predicted, F, {}).wrong
    assert [str(reason) for reason in argument_reasons(expected, predicted, wrong)] == [
        "argument 'x': expected 1, got 2",
        "argument 's': expected 'a', not given",
        "argument 'z': not expected, got '\\ud800'",
    ]
    assert argument_reasons(expected, predicted, wrong) == [
        Reason("arguments", "value", "f", "x", expected=1, got=2),
        Reason("arguments", "no_argument", "f", "s", expected="a"),
        Reason("arguments", "unexpected_argument", "f", "z", got="\ud800"),
    ]


@pytest.mark.parametrize(
    "value",
    ["a" * 10**6, 10**5000, [[[[1]]]] * 9, {"a": {"b": {"c": {}}}}, {str(i): i for i in range(99)}],
    ids=["text", "integer", "list", "object", "wide object"],
)
def test_brief_is_brief(value):
    assert len(brief(value)) < 200


def calls(*values):
    return [ToolCall("f", {"x": value}) for value in values]


def truth_of(expected, ordered=False):
    return GroundTruth("execute", calls=tuple(expected), ordered=ordered)


def shares(expected, predicted):
    return sorted(
        (pair.expected, pair.predicted, pair.arguments) for pair in assign(truth_of(expected), predicted, TOOLS)
    )


def test_assignment_is_optimal_not_greedy():
    expected = [ToolCall("f", {"x": 1, "s": "a"}), ToolCall("f", {"x": 1, "s": "b"})]
    predicted = [ToolCall("f", {"x": 1, "s": "b"}), ToolCall("f", {"x": 1, "s": "c"})]
    # Taking the first prediction for the first expectation scores 1/2 + 1/2; the best is 1/2 + 1.
    assert shares(expected, predicted) == [(0, 1, 0.5), (1, 0, 1.0)]


def test_assignment_keeps_to_the_tool():
    assert assign(truth_of(calls(1)), [ToolCall("F", {"x": 1}), ToolCall("f.f", {"x": 1})], None) == []
    assert assign(truth_of([ToolCall("f", {"x": 1}), ToolCall("g")]), [ToolCall("g")], None) == [Pair(1, 0, 1.0, True)]


def test_copies_of_a_call_answer_no_other_call():
    assert shares(calls(1, 2), calls(1, 1)) == [(0, 0, 1.0)]
    assert shares(calls(1, 1), calls(1, 1)) == [(0, 0, 1.0), (1, 1, 1.0)]
    assert shares(calls(1), calls(2, 2)) == [(0, 0, 0.0)]
    assert shares(calls(1, 2), [ToolCall("f", {"x": 1}), ToolCall("f", {"x": 1, "y": 3})]) == [(0, 0, 1.0)]
    assert shares(calls(1, 1), calls(1, 1, 1)) == [(0, 0, 1.0), (1, 1, 1.0)]
    assert shares(calls(1, 2), calls(3, 3)) == [(0, 0, 0.0)]
    assert shares(calls(1, 2, 1), calls(1, 1, 2)) == [(0, 0, 1.0), (1, 2, 1.0), (2, 1, 1.0)]
    more = ToolCall("f", {"x": 1, "s": "a"})
    assert shares([more, *calls(1)], [*calls(1), more]) == [(0, 1, 1.0), (1, 0, 1.0)]


def test_of_calls_that_agree_as_much_the_valid_one_answers():
    expected = [ToolCall("f", {"x": 1, "s": "a"})]
    broken, other = ToolCall("f", {"x": 1, "s": 5}), ToolCall("f", {"x": 1, "s": "b"})
    for predicted, column in (([broken, other], 1), ([other, broken], 0)):
        assert assign(truth_of(expected), predicted, TOOLS) == [Pair(0, column, 0.5, True, ("s",))]
    assert assign(truth_of(calls(1, 2), ordered=True), calls("a"), TOOLS) == [Pair(0, 0, 0.0, False, ("x",))]


STRICT = Toolset(
    [
        {
            "name": "f",
            "parameters": {
                "type": "object",
                "properties": {
                    "x": {"type": "integer", "maximum": 5},
                    "y": {"type": "integer", "default": 3},
                    "s": {"type": "string", "maxLength": 5, "x-compare": "text"},
                },
                "required": ["y"],
            },
        }
    ]
)


@pytest.mark.parametrize(
    ("expected", "predicted", "alternatives", "is_valid"),
    [
        ({"y": 1, "s": "Paris"}, {"y": 1, "s": "paris"}, {}, True),
        ({"y": 1, "s": "Paris"}, {"y": 1, "s": " Paris "}, {}, False),  # its white space makes it too long
        ({"y": 1, "s": "Toulouse"}, {"y": 1, "s": "toulouse"}, {}, True),  # too long already as expected
        ({"y": 1, "s": "Toulouse"}, {"y": 1, "s": "Toulouse"}, {}, True),
        ({"y": 3, "s": "Paris"}, {"s": "Paris"}, {}, False),  # what is required is left out
        ({"s": "Paris"}, {"s": "paris"}, {}, True),  # as it is in the ground truth
        ({"y": 1, "x": 4}, {"y": 1, "x": 9}, {"x": {"values": [9]}}, True),  # it is the ground truth that admits 9
        ({"y": 1}, {"y": 1, "x": 9}, {"x": {"values": [9]}}, True),
        ({"y": 1, "s": "Oslo"}, {"y": 1, "s": " Paris "}, {"s": {"values": ["Paris"]}}, False),
    ],
)
def test_what_the_schema_has_against_the_ground_truth_is_not_held_against_a_call(
    expected, predicted, alternatives, is_valid
):
    model = {"ground_truth": [{"name": "f", "arguments": expected}], "alternatives": [alternatives]}
    (pair,) = assign(GroundTruth.parse(model), [ToolCall("f", predicted)], STRICT)
    assert (pair.arguments, pair.is_valid, pair.is_exact) == (1.0, is_valid, is_valid)


@pytest.mark.parametrize(
    ("expected", "predicted", "untold", "share"),
    [
        ("3", 3, ["s"], 1.0),
        (3, "3", ["s"], 1.0),
        ("3", 3, [], 0.0),
        ("a", "a", ["s"], 1.0),
        ("a", 3, ["s"], 0.0),
        ("3", "4", ["s"], 0.0),
        (3, 4, ["s"], 0.0),
        ("3", 3, ["x"], 0.0),
    ],
)
def test_where_nothing_tells_the_type_values_agree_as_they_are_written(expected, predicted, untold, share):
    said = ToolCall("f", {"s": predicted}, frozenset(untold))
    assert agreement(ToolCall("f", {"s": expected}), said, F, {}).share == share


def test_padding_of_arrow_is_what_the_schema_neither_knows_nor_admits():
    inner = {"type": "object", "properties": {"k": STRING, "j": INTEGER}}
    properties = {
        "text": STRING,
        "maybe": {"type": ["string", "null"]},
        "any": {},
        "list": {"type": "array", "items": inner},
        "object": inner,
    }
    tool = Toolset([{"name": "f", "parameters": {"type": "object", "properties": properties}}]).get("f")
    padded = {"text": None, "maybe": None, "any": None, "other": None, "more": 1}
    padded |= {"list": [{"k": None, "j": 1}, {"z": None}], "object": {"k": None, "z": None, "j": 1}}
    assert without_padding(padded, tool) == {
        **{"maybe": None, "any": None, "more": 1, "list": [{"j": 1}, {}], "object": {"j": 1}},
    }


def test_best_assignment_agrees_with_trying_all():
    rng = random.Random(0)
    for _ in range(200):
        rows, columns = rng.randint(1, 4), rng.randint(1, 4)
        gains = [[rng.choice((0.0, 0.5, 1.0, rng.random())) for _ in range(columns)] for _ in range(rows)]
        found = best_assignment(gains)
        short, long = sorted((rows, columns))
        best = max(
            sum(gains[a][b] if rows <= columns else gains[b][a] for a, b in zip(range(short), order, strict=True))
            for order in itertools.permutations(range(long), short)
        )
        assert len({row for row, _ in found}) == len({column for _, column in found}) == short
        assert sum(gains[row][column] for row, column in found) == pytest.approx(best)


ORDERED = [ToolCall("f", {"x": 1}), ToolCall("g"), ToolCall("f", {"x": 2})]


@pytest.mark.parametrize(
    ("order", "pairs"),
    [((0, 1, 2), 3), ((1, 0, 2), 2), ((2, 1, 0), 3), ((0, 2, 1), 2), ((2, 0, 1), 2), ((0, 1), 2), ((2,), 1), ((), 0)],
    ids=str,
)
def test_ordered_calls_are_paired_in_their_order(order, pairs):
    predicted = [ORDERED[index] for index in order]
    found = assign(truth_of(ORDERED, ordered=True), predicted, None)
    places = [(pair.expected, pair.predicted) for pair in found]
    assert len(found) == pairs
    assert places == sorted(places) == sorted(places, key=lambda place: place[1])
    anyhow = truth_of(ORDERED)
    assert len(assign(anyhow, predicted, None)) == len(order)


def test_an_ordered_ground_truth_demands_its_order():
    calls = [{"name": call.name, "arguments": call.arguments} for call in ORDERED]
    model = {"ground_truth": calls, "ordered": True}
    assert Tiered()([{"role": "assistant", "tool_calls": calls}], ground_truth=model).value == 1.0
    result = Tiered()([{"role": "assistant", "tool_calls": calls[::-1]}], ground_truth=model)
    assert result.value < 0.6
    # each finds a call of its tool at its place; only g() is the expected one there
    assert result.components["arguments"] == pytest.approx(1 / 3)
    assert Tiered()([{"role": "assistant", "tool_calls": calls[::-1]}], ground_truth=calls).value == 1.0
