import itertools
import random

import pytest

from rewards import Alternative, ToolCall, Toolset
from rewards.equality import values_equal
from rewards.matching import argument_reasons, argument_share, assign, best_assignment, brief

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}


def equal(expected, predicted, schema=None, name="value", root=None):
    return values_equal(expected, predicted, schema or {}, root or {}, name)


@pytest.mark.parametrize(
    ("expected", "predicted", "schema", "name"),
    [
        ("Paris", "paris", STRING, "city"),
        ("Paris", "  Paris\t", STRING, "city"),
        ("New York", "New \u00a0York", STRING, "city"),
        ("Ａ１", "A1", STRING, "code"),
        ("café", "cafe\u0301", STRING, "city"),
        ("celsius", " celsius ", {"type": "string", "enum": ["celsius"]}, "units"),
        ("Straße", "STRASSE", STRING, "street"),
        ("a", "A", {"type": ["string", "null"]}, "city"),
        ("a", "A", {"anyOf": [{"type": "null"}, STRING]}, "city"),
        ("a", "A", {"$ref": "#/$defs/text"}, "city"),
        ("a", "A", {"allOf": [STRING, {"maxLength": 5}]}, "city"),
        (3, 3.0, INTEGER, "n"),
        (3.0, 3, INTEGER, "n"),
        (10**30, 10**30, INTEGER, "n"),
        (0.1 + 0.2, 0.3, NUMBER, "x"),
        (0, -0.0, NUMBER, "x"),
        (None, None, {}, "x"),
        (True, True, {"type": "boolean"}, "x"),
        (["a", "b"], ["A", "b"], {"type": "array", "items": STRING}, "cities"),
        (["a", "b"], ["b", "a"], {"type": "array", "items": STRING, "uniqueItems": True}, "cities"),
        (["a", "b"], ["b", "a"], {"type": "array", "x-unordered": True}, "cities"),
        (list(range(100)), list(range(99, -1, -1)), {"type": "array", "uniqueItems": True}, "n"),
        ([{"k": [i]} for i in range(80)], [{"k": [i]} for i in range(79, -1, -1)], {"uniqueItems": True}, "n"),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, {}, "x"),
        ({"a": 1}, {"a": 1, "b": 2}, {"type": "object", "properties": {"b": {"default": 2}}}, "x"),
        ({"a": 1, "b": 2}, {"a": 1}, {"type": "object", "properties": {"b": {"default": 2}}}, "x"),
        (["x", 1], ["X", 1], {"type": "array", "prefixItems": [STRING, INTEGER]}, "pair"),
    ],
)
def test_equal_values(expected, predicted, schema, name):
    root = {"$defs": {"text": STRING}}
    assert equal(expected, predicted, schema, name, root)
    assert equal(predicted, expected, schema, name, root)


@pytest.mark.parametrize(
    ("expected", "predicted", "schema", "name"),
    [
        ("Paris", "Paris, FR", STRING, "city"),
        ("Paris", "", STRING, "city"),
        ("New York", "NewYork", STRING, "city"),
        ("a", "A", {}, "city"),
        ("celsius", "Celsius", {"type": "string", "enum": ["celsius"]}, "units"),
        ("a", "A", {"type": "string", "const": "a"}, "x"),
        ("a", "A", {"type": "string", "pattern": "."}, "x"),
        ("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z", {"type": "string", "format": "date-time"}, "x"),
        ("abc", "ABC", STRING, "user_id"),
        ("abc", "ABC", STRING, "trackingNumber"),
        ("aapl", "AAPL", STRING, "ticker"),
        ("a", "A", {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}]}, "city"),
        ("1", 1, STRING, "x"),
        (1, "1", INTEGER, "x"),
        (1, True, INTEGER, "x"),
        (True, 1, {"type": "boolean"}, "x"),
        (0, False, {}, "x"),
        (None, False, {}, "x"),
        (None, "", {}, "x"),
        (10**30, 10**30 + 1, INTEGER, "n"),
        (2**53, 2**53 + 1, NUMBER, "n"),
        (9007199254740993, 9007199254740992.0, INTEGER, "n"),
        (3, 3.0000000001, INTEGER, "n"),
        (1_000_000, 1_000_001, NUMBER, "n"),
        (99.99, 99.98, NUMBER, "n"),
        (10**400, 1.5, NUMBER, "n"),
        (1.5, 10**400, NUMBER, "n"),
        (["a", "b"], ["b", "a"], {"type": "array", "items": STRING}, "cities"),
        (["a", "a"], ["a", "b"], {"uniqueItems": True}, "x"),
        (["a"], ["a", "a"], {"uniqueItems": True}, "x"),
        ("a", ["a"], {}, "x"),
        (["a"], {"0": "a"}, {}, "x"),
        ({"a": 1}, {"a": 1, "b": 2}, {}, "x"),
        ({"a": 1}, {"A": 1}, {}, "x"),
        ({"a": True}, {"a": 1}, {}, "x"),
        ([True], [1], {}, "x"),
    ],
)
def test_unequal_values(expected, predicted, schema, name):
    assert not equal(expected, predicted, schema, name)
    assert not equal(predicted, expected, schema, name)


def test_schemas_that_refer_to_themselves_end():
    root = {"$defs": {"a": {"$ref": "#/$defs/a"}, "b": {"anyOf": [{"$ref": "#/$defs/b"}] * 16}}}
    assert not equal("a", "b", {"$ref": "#/$defs/a"}, "x", root)
    assert not equal("a", "b", {"$ref": "#/$defs/b"}, "x", root)


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
    assert argument_share(ToolCall("f", expected), ToolCall("f", predicted), F, alternatives) == pytest.approx(share)


def test_reasons_name_argument_and_values():
    expected, predicted = ToolCall("f", {"x": 1, "s": "a"}), ToolCall("f", {"x": 2, "z": "\ud800"})
    assert argument_reasons(expected, predicted, F, {}) == [
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


def shares(expected, predicted):
    return sorted((pair.expected, pair.predicted, pair.arguments) for pair in assign(expected, predicted, (), TOOLS))


def test_assignment_is_optimal_not_greedy():
    expected = [ToolCall("f", {"x": 1, "s": "a"}), ToolCall("f", {"x": 1, "s": "b"})]
    predicted = [ToolCall("f", {"x": 1, "s": "b"}), ToolCall("f", {"x": 1, "s": "c"})]
    # Taking the first prediction for the first expectation scores 1/2 + 1/2; the best is 1/2 + 1.
    assert shares(expected, predicted) == [(0, 1, 0.5), (1, 0, 1.0)]


def test_assignment_keeps_to_the_tool():
    assert assign(calls(1), [ToolCall("F", {"x": 1}), ToolCall("f.f", {"x": 1})], (), None) == []


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
