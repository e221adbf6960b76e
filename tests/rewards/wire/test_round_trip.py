"""What is rendered reads back identical in every format, and what is added never reads as a call for free."""

from itertools import chain

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from rewards import ToolCall, Toolset, wire
from tests.rewards.drawn import names, tool_names
from tests.rewards.wire.completions import are_alike, written_in

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TAGS = [
    *"<tool_call> </tool_call> <function=f> </function> <parameter=x> </parameter> <think> </think> [THINK]".split(),
    *"<|python_tag|> <|eom_id|> [TOOL_CALLS] [ARGS] [/THINK] functools[ <|tool_call|> <|/tool_call|>".split(),
    *"<｜tool▁calls▁begin｜> <｜tool▁call▁end｜> <|call|> <|message|> <|end|> assistantfinal <|python_start|>".split(),
    *(
        "```",
        "True",
        "None",
        "null",
        "3",
        "3.0",
        '"3"',
        '"',
        "'",
        "'''",
        "\\",
        "\\u0041",
        "\n",
        "\r",
        " ",
        ", ",
        "){",
        "]}",
    ),
]
# Gemma cannot write its own quote in a text, and Hypothesis also draws what stands quoted in the code under test.
texts = (
    st.lists(st.sampled_from(TAGS) | st.text(st.characters(codec="utf-8"), max_size=6), max_size=4)
    .map("".join)
    .filter(lambda text: '<|"|>' not in text)
)
integers = st.integers(-(10**40), 10**40)
numbers = integers | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda item: st.lists(item, max_size=3) | st.dictionaries(texts, item, max_size=3),
    max_leaves=6,
)
TYPED = {
    "string": ({"type": "string"}, texts),
    "integer": ({"type": "integer"}, integers),
    "number": ({"type": "number"}, numbers),
    "boolean": ({"type": "boolean"}, st.booleans()),
    "array": ({"type": "array"}, st.lists(anything, max_size=3)),
    "object": ({"type": "object"}, st.dictionaries(texts, anything, max_size=3)),
    "optional": ({"anyOf": [{"type": "string"}, {"type": "null"}]}, texts | st.none()),
    "union": ({"type": ["string", "integer", "boolean"]}, texts | integers | st.booleans()),
    "enum": ({"enum": ["3", 3, None]}, st.sampled_from(["3", 3, None])),
    "reference": ({"$ref": "#/$defs/count"}, integers),
    "any": ({}, anything),
}
# What plain text between tags can hold, with a type that the schema tells.
PLAIN = {
    **{kind: TYPED[kind] for kind in ("integer", "number", "boolean", "array", "object", "reference")},
    "string": (
        {"type": "string"},
        st.text(st.characters(codec="utf-8", exclude_characters="<>|"), max_size=12).map(
            lambda text: f"x{text.rstrip()}"
        ),
    ),
}
TYPED_FORMATS = [name for name, known in wire.FORMATS.items() if not known.is_untyped]
"""Formats that tell a value's type, where a schema does not."""


@st.composite
def offers(draw, most_calls=4, types=TYPED):
    """Tools, and calls of them that their schemas admit."""
    kinds = draw(st.dictionaries(names, st.sampled_from(list(types)), max_size=4))
    name = draw(tool_names)
    parameters = {
        "type": "object",
        "properties": {key: types[kind][0] for key, kind in kinds.items()},
        "$defs": {"count": {"type": "integer"}},
    }
    given_keys = st.sets(st.sampled_from(sorted(kinds))) if kinds else st.just(set())
    calls = [
        ToolCall(name, {key: draw(types[kinds[key]][1]) for key in sorted(draw(given_keys))})
        for _ in range(draw(st.integers(1, most_calls)))
    ]
    return Toolset([{"name": name, "parameters": parameters}]), tuple(calls)


def same(one, other):
    """Equal as JSON: unlike in Python, True is not 1 and 1 is not 1.0."""
    return repr(one) == repr(other)


# An example takes ten milliseconds to draw and a tenth of one to read: each is read in all the formats.
@quick
@given(offers())
def test_rendered_calls_read_back_identical(offer):
    for name in TYPED_FORMATS:
        check_that_it_reads_back(name, *offer)


@quick
@given(offers(types=PLAIN))
def test_rendered_calls_without_types_read_back_identical(offer):
    for name in wire.FORMATS:
        check_that_it_reads_back(name, *offer)


def check_that_it_reads_back(name, tools, calls):
    calls = written_in(name, calls)
    text = wire.render(calls, name, tools)
    for chosen in (name, "auto"):
        parsed = wire.parse(text, chosen, tools)
        assert same(parsed.calls, calls), (name, chosen, parsed.reasons)
        assert (parsed.malformed, parsed.text) == (0, ""), (name, chosen)


PYTHON_FORMATS = ("pythonic", "lfm2", "minicpm4", "olmo3", "smollm3_python", "tool_code", "python_lines")


@pytest.mark.parametrize(
    "parameter", ["Customer ID", "$filter", "filter[name]", "@type", "a.b", "user-id", "名前", "x:y", "it's", "{id}"]
)
def test_an_odd_name_of_a_parameter_reads_back(parameter):
    # tables and OpenAPI have such names; only Python cannot write them before an equals sign
    properties = {parameter: {"type": "string"}, "count": {"type": "integer"}}
    tools = Toolset([{"name": "f", "parameters": {"type": "object", "properties": properties}}])
    calls = (ToolCall("f", {parameter: "two words", "count": 2}),)
    for name in wire.FORMATS:
        if name not in PYTHON_FORMATS:
            assert wire.parse(wire.render(calls, name, tools), name, tools).calls == calls, name


@quick
@given(st.lists(st.builds(ToolCall, tool_names, st.dictionaries(names, anything, max_size=3)), min_size=1, max_size=3))
def test_rendered_calls_read_back_without_tools(calls):
    for name in TYPED_FORMATS:
        held = written_in(name, tuple(calls))
        parsed = wire.parse(wire.render(held, name), name)
        assert same(parsed.calls, held), (name, parsed.reasons)


@settings(quick, max_examples=200)
@given(st.data())
def test_a_second_format_is_no_second_voice(data):
    name, other = data.draw(st.permutations([name for name, known in wire.FORMATS.items() if not known.is_unmarked]))[
        :2
    ]
    assume(not are_alike(name, other))
    tools, calls = data.draw(offers(most_calls=2, types=PLAIN))
    first, second = wire.render(calls, name, tools), wire.render(calls, other, tools)
    # A key of the second that is a tag which ends reasoning hides the first.
    assume(not any(closing in second for _, closing in chain(*(known.reasoning for known in wire.FORMATS.values()))))
    for text in (f"{first}\n{second}", f"{first}{second}"):
        parsed = wire.parse(text, "auto", tools)
        assert len(parsed.calls) <= len(calls)
        assert parsed.malformed or not parsed.calls
    assert wire.parse(second, name, tools).calls in ((), calls)


_NESTED = Toolset([{"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "object"}}}}])


@settings(quick, max_examples=60)
@given(
    offers(most_calls=2, types=PLAIN), st.lists(st.sampled_from(TAGS) | st.text(max_size=5), max_size=6).map("".join)
)
@example(
    (_NESTED, (ToolCall("f", {"x": {"a": "[/THINK]"}}), ToolCall("f", {"x": {"<think>[/THINK]": 1}}))), "<tool_call>"
)
def test_junk_beside_calls_adds_none(offer, junk):
    tools, calls = offer
    # Junk may name a call of its own, as "[TOOL_CALLS]junk" before JSON does in Mistral's form; nobody offers it.
    offered = {call.name for call in calls}
    for name in wire.FORMATS:
        text = wire.render(calls, name, tools)
        for completion in (f"{text}\n{junk}", f"{junk}\n{text}"):
            parsed = wire.parse(completion, "auto", tools)
            assert len(parsed.calls) <= len(calls), name
            assert all(any(same(call, own) for own in calls) for call in parsed.calls if call.name in offered), name


@settings(quick, max_examples=100)
@given(
    st.lists(
        st.sampled_from([*TAGS, "f(", "x=", '{"name": "f", "arguments": {}}', "{", "["]) | st.text(max_size=5),
        max_size=20,
    )
)
def test_arbitrary_text_never_raises(parts):
    text = "".join(parts)
    tools = Toolset([{"name": "f"}])
    for name in ("auto", *wire.FORMATS):
        parsed = wire.parse(text, name, tools)
        assert parsed == wire.parse(text, name, tools), name
        assert parsed.malformed >= 0, name
