import itertools
import random

import pytest

from rewards import Alternative, GroundTruth, Tiered, ToolCall, Toolset
from rewards.brief import brief
from rewards.matching import agreement, argument_reasons, assign, best_assignment

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


def test_copies_of_a_call_answer_no_other_call():
    assert shares(calls(1, 2), calls(1, 1)) == [(0, 0, 1.0)]
    assert shares(calls(1, 1), calls(1, 1)) == [(0, 0, 1.0), (1, 1, 1.0)]
    assert shares(calls(1), calls(2, 2)) == [(0, 0, 0.0)]
    assert shares(calls(1, 2), [ToolCall("f", {"x": 1}), ToolCall("f", {"x": 1, "y": 3})]) == [(0, 0, 1.0)]


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
