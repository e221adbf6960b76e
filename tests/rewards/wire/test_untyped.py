"""What a text stands for in formats that write every argument as plain text."""

import pytest

from rewards import Tiered, ToolCall, Toolset
from rewards.wire.untyped import ANY, json_or_text, typed_call, types_of, value_of

NULLABLE = ("string", "null")


@pytest.mark.parametrize(
    ("text", "types", "value", "is_told"),
    [
        ("3", ("string",), "3", True),
        ("3", ANY, "3", False),
        ("3", ("integer",), 3, True),
        ("3", ("number",), 3, True),
        ("3", ("integer", "string"), 3, False),
        ("three", ("integer", "string"), "three", True),
        ("[1]", ("array",), [1], True),
        ("[1]", ("integer",), [1], True),  # what nothing admits is for the schema to refuse
        ("[1]", ("integer", "string"), "[1]", True),
        ('"3"', ("integer",), '"3"', True),
        ('"a"', ("integer", "string"), '"a"', False),
        ("true", ("boolean",), True, True),
        ("True", ("boolean",), True, True),
        ("FALSE", ("boolean",), False, True),
        ("  True  ", ("boolean",), True, True),
        ("   True  ", ("boolean",), "   True  ", True),  # a longer one is no word
        ("null", ("integer", "null"), None, True),
        ("Null", ("integer", "null"), None, True),
        ("null", NULLABLE, None, False),
        ("NULL", NULLABLE, None, False),
        (" null", NULLABLE, " null", True),
        ("None", NULLABLE, "None", True),
        ("007", ("integer",), 7, True),
        ("+5", ("integer",), 5, True),
        ("1_000", ("number",), 1000, True),
        ("+1.5", ("number",), 1.5, True),
        ("+1.5", ("integer",), "+1.5", True),
        ("+5", ("boolean",), "+5", True),
        ("inf", ("number",), "inf", True),
        ("+1e999", ("number",), "+1e999", True),
        ("٣", ("integer",), "٣", True),
        ("+" + "1" * 319, ("integer",), int("1" * 319), True),
        ("+" + "1" * 320, ("integer",), "+" + "1" * 320, True),
        ("{", ("object",), "{", True),
    ],
)
def test_a_text_is_the_value_that_its_types_admit(text, types, value, is_told):
    assert repr(value_of(text, frozenset(types))) == repr((value, is_told))


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "integer"}, {"integer"}),
        ({"type": ["integer", "null"]}, {"integer", "null"}),
        ({"type": "any"}, ANY),
        ({"type": 7}, ANY),
        ({}, ANY),
        (None, ANY),
        ({"enum": ["a", 1, None]}, {"string", "integer", "number", "null"}),
        ({"const": True}, {"boolean"}),
        ({"anyOf": [{"type": "integer"}, {"oneOf": [{"type": "null"}, 7]}]}, {"integer", "null"}),
        ({"allOf": [{"type": "array"}]}, {"array"}),
        ({"$ref": "#/$defs/count"}, {"integer"}),
        ({"$ref": "#/$defs/nothing"}, ANY),
        ({"$ref": "#/$defs/loop"}, ANY),
    ],
    ids=lambda value: None if isinstance(value, set | frozenset) else str(value),  # sets have no order of their own
)
def test_the_types_of_a_schema(schema, types):
    root = {"$defs": {"count": {"type": "integer"}, "loop": {"$ref": "#/$defs/loop"}}}
    assert types_of(schema, root) == types


def test_types_behind_many_references_are_found_up_to_a_bound():
    for n, types in ((63, {"integer"}), (64, ANY)):
        chain = {f"a{i}": {"$ref": f"#/$defs/a{i + 1}"} for i in range(n)}
        root = {"$defs": {**chain, f"a{n}": {"type": "integer"}}}
        assert types_of(root["$defs"]["a0"], root) == types


@pytest.mark.parametrize(
    ("text", "value"), [("[1]", [1]), ("3", 3), ("null", None), ('"a"', "a"), ("a", "a"), ("{", "{")]
)
def test_what_may_be_anything_is_json_or_itself(text, value):
    assert json_or_text(text) == value


def test_a_call_of_texts_says_whose_type_nothing_tells():
    properties = {"n": {"type": "integer"}, "s": {"type": "string"}, "u": {"type": ["integer", "string"]}, "a": {}}
    (tool,) = Toolset([{"name": "f", "parameters": {"type": "object", "properties": properties}}])
    texts = dict.fromkeys("nsuax", "3")
    values = {"n": 3, "s": "3", "u": 3, "a": "3", "x": "3"}
    assert typed_call("f", texts, tool, {}) == ToolCall("f", values, frozenset("uax"))
    assert typed_call("f", texts, None, {}) == ToolCall("f", texts, frozenset("nsuax"))
    is_json = dict.fromkeys("nsu", True) | {"a": True, "x": False}
    assert typed_call("f", texts, tool, is_json) == ToolCall("f", {**values, "a": 3}, frozenset("u"))


@pytest.mark.parametrize(
    ("text", "says_json", "value"),
    [
        *(('"Rome"', True, "Rome"), ("[1]", True, [1]), (' {"b": 1}', True, {"b": 1})),
        *(("12", True, "12"), ("true", True, "true"), ("Rome", True, "Rome"), ('"Rome', True, '"Rome')),
        *(('"Rome"', False, '"Rome"'), ("[1]", False, "[1]")),
    ],
)
def test_what_is_said_to_be_json_is_decoded_where_a_text_is_due(text, says_json, value):
    """As vLLM's and SGLang's parsers of DSML decode it; a number or a word stays the text that the schema asks for."""
    (tool,) = Toolset([{"name": "f", "parameters": {"type": "object", "properties": {"s": {"type": "string"}}}}])
    assert typed_call("f", {"s": text}, tool, {"s": says_json}).arguments == {"s": value}


def test_an_integer_beyond_any_float_is_a_wrong_value_and_no_error():
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    number = "+" + "9" * 310
    text = f"<tool_call>\n<function=f>\n<parameter=n>\n{number}\n</parameter>\n</function>\n</tool_call>"
    result = Tiered()(text, ground_truth=[ToolCall("f", {"n": 1})], tools=[tool])
    assert result is not None
    assert result.components["arguments"] == 0.0
    assert Tiered()(text, ground_truth=[ToolCall("f", {"n": int(number)})], tools=[tool]).value == 1.0
