import sys

import pytest

from rewards.limits import MAX_INTEGER_DIGITS, MAX_JSON_DEPTH
from rewards.strict_json import MalformedJsonError, decode, decode_at, why_not_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' {"a": [1, 2.5, null, true, "é"]} ', {"a": [1, 2.5, None, True, "é"]}),
        ("1e20", 10**20),
        ('"\\ud83d\\ude00"', "😀"),
        ('{"a": "[[[[[[{{{{{{"}', {"a": "[[[[[[{{{{{{"}),
        ("[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH, None),
    ],
    ids=["all kinds", "exponent", "surrogate pair", "brackets in a string", "deepest"],
)
def test_well_formed_json_is_read(text, value):
    assert value is None or decode(text) == value
    decode(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN"),
        ("[Infinity]", "Infinity"),
        ("-Infinity", "Infinity"),
        ("1e999", "too large"),
        ('{"a": 1, "a": 1}', "duplicate key"),
        ('[{"b": {"a": 1, "a": 2}}]', "duplicate key"),
        ('"\\ud800"', "surrogate"),
        ('{"\\uDc00": 1}', "surrogate"),
        ('"\ud800"', "surrogate"),
        ("9" * (MAX_INTEGER_DIGITS + 1), "digits"),
        ("[" * (MAX_JSON_DEPTH + 1) + "]" * (MAX_JSON_DEPTH + 1), "deeper"),
        ('{"a":' * 10_000, "deeper"),
        ("[" * 1_000_000, "deeper"),
        ("[1] [2]", "follows"),
        ("'a'", "not JSON"),
        ('"a\nb"', "not JSON"),
        ('"open', "not JSON"),
        ("", "not JSON"),
    ],
)
def test_everything_else_is_malformed(text, reason):
    with pytest.raises(MalformedJsonError, match=reason):
        decode(text)


def test_integers_do_not_depend_on_what_the_process_allows():
    text = "7" * MAX_INTEGER_DIGITS
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(640)
        value = decode(text)
    finally:
        sys.set_int_max_str_digits(before)
    assert value == int(text)


def test_depth_does_not_depend_on_the_recursion_limit():
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(10**6)
        with pytest.raises(MalformedJsonError, match="deeper"):
            decode("[" * 100_000)
    finally:
        sys.setrecursionlimit(before)


def test_brackets_after_the_value_do_not_count_as_its_depth():
    assert decode_at('{"a": 1}' + "[" * 1000, 0) == ({"a": 1}, 8)


def _cyclic():
    value: list = []
    value.append(value)
    return value


def _doubling():
    value: list = []
    for _ in range(60):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        {1: 2},
        {"a": object()},
        "\ud800",
        {"\ud800": 1},
        10**5000,
        _cyclic(),
        _doubling(),
        (1,),
    ],
    ids=["nan", "inf", "int key", "object", "surrogate", "surrogate key", "integer", "cycle", "doubling", "tuple"],
)
def test_python_values_that_are_not_json_are_told(value):
    assert why_not_json(value)


def test_python_values_that_are_json_pass():
    assert why_not_json({"a": [1, 2.5, None, True, "é", {"b": 10**4000}]}) is None
