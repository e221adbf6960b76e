import json

import pytest

from rewards import ToolCall, Toolset, wire
from rewards.limits import MAX_CALLS
from tests.rewards.tools import RIGHT, block

PARIS = ToolCall("get_weather_forecast", {"city": "Paris"})
CALL = '{"name": "get_weather_forecast", "arguments": {"city": "Paris"}}'


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        f"<tool_call>{CALL}</tool_call>",
        f"<tool_call>\r\n\t {CALL} \n\n</tool_call>",
        f"Let me look.\n{RIGHT}",
        f"<think>Maybe {block('{}', 'other')}</think>\n{RIGHT}",
        f"I wonder {block('{}', 'other')}</think>{RIGHT}",
        f"{RIGHT}<|im_end|>",
        f"{RIGHT}\n<|im_end|>\n<|endoftext|><|endoftext|>",
        f"Use the <tool_call> tag like this: {RIGHT}",
        f"[{CALL}]",
        CALL,
    ],
)
def test_one_call_is_read(text):
    parsed = wire.parse(text)
    assert parsed.calls == (PARIS,)
    assert parsed.malformed == 0


@pytest.mark.parametrize(
    ("text", "calls", "malformed"),
    [
        (RIGHT + RIGHT, 2, 0),
        (f"{RIGHT} and {RIGHT} and {block('{}', 'g')}", 3, 0),
        (RIGHT + "<tool_call>", 1, 1),
        (RIGHT + '<tool_call>{"name": "x", "argu', 1, 1),
        ("<tool_call>" + RIGHT, 1, 1),
        (f"<tool_call>{CALL}", 0, 1),
        (f"<tool_call>{CALL}<tool_call>{CALL}</tool_call>", 1, 1),
        (f"<tool_call>{CALL}{CALL}</tool_call>", 0, 1),
        (f"<tool_call>[{CALL}]</tool_call>", 0, 1),
        ("<tool_call>get_weather_forecast(city='Paris')</tool_call>", 0, 1),
        ("<tool_call>\nget_weather_forecast\n</tool_call>", 0, 1),
        ("<tool_call></tool_call>", 0, 1),
        ("<tool_call>", 0, 1),
        ("<tool_call> city?", 0, 1),
        ('<tool_call>{"name": "f"}</tool_call>', 0, 1),
        # A server dumps the text once more: the tool is handed a text, not an object.
        ('<tool_call>{"name": "f", "arguments": "{\\"city\\": \\"Paris\\"}"}</tool_call>', 0, 1),
        ('<tool_call>{"arguments": {}}</tool_call>', 0, 1),
        ('<tool_call>{"name": "", "arguments": {}}</tool_call>', 0, 1),
        ('<tool_call>{"name": 5, "arguments": {}}</tool_call>', 0, 1),
        ('<tool_call>{"name": "f", "arguments": null}</tool_call>', 0, 1),
        ('<tool_call>{"name": "f", "arguments": []}</tool_call>', 0, 1),
        ('<tool_call>{"name": "f", "arguments": "x"}</tool_call>', 0, 1),
        ('<tool_call>{"name": "f", "arguments": {"a": NaN}}</tool_call>', 0, 1),
        ('<tool_call>{"name": "f", "arguments": {"a": 1, "a": 1}}</tool_call>', 0, 1),
        ('<tool_call>{"name": "f", "name": "f", "arguments": {}}</tool_call>', 0, 1),
        ("<tool_call>{'name': 'f', 'arguments': {}}</tool_call>", 0, 1),
        (f"{CALL}</tool_call>", 0, 1),
        (f"Sure: {CALL}", 0, 1),
        (f"```json\n[{CALL}]\n```", 0, 1),
        (f"[{CALL}, 5]", 1, 1),
        (f"[{CALL}, {CALL}]", 2, 0),
        (f"[{CALL}", 0, 1),
        ("The <tool_call> tag opens a call.", 0, 0),
        ("Wrap it in `<tool_call>` and `</tool_call>`.", 0, 0),
        ("Calls go in <tool_call> and </tool_call> tags, with JSON like {} inside.", 0, 0),
        ("I would call get_weather_forecast for you.", 0, 0),
        ("[1] is a citation.", 0, 0),
        ("{}", 0, 0),
        ("", 0, 0),
        (f"<think>{RIGHT}</think>", 0, 0),
        (f"<think>{RIGHT}", 0, 0),  # a named format's server may end reasoning at a call
        (f"<think>It is {CALL}", 0, 0),
        (f"{RIGHT}</think>", 0, 0),
        ("<tool_call>{" * 5000, 0, 5000),
        (RIGHT * 300, MAX_CALLS, 300 - MAX_CALLS),
    ],
)
def test_attempts_are_counted(text, calls, malformed):
    parsed = wire.parse(text)
    assert (len(parsed.calls), parsed.malformed) == (calls, malformed)


def test_text_is_what_remains():
    assert wire.parse(f"<think>hm</think>Here:\n{RIGHT}\nDone.").text == "Here:\n\nDone."
    assert wire.parse("The <tool_call> tag opens a call.").text == "The <tool_call> tag opens a call."


VALUES = {
    "string": ["</tool_call>", "<tool_call>", "</think>", "<think>x", '"\\\n\t', "é😀\u2028", "", "]}{["],
    "object": [{"a": [{"b": None}]}],
    "integer": [10**300],
}


@pytest.mark.parametrize("name", list(wire.FORMATS))
@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind in VALUES for value in VALUES[kind]], ids=repr)
def test_rendered_calls_read_back(name, kind, value):
    if name in ("step3", "dots") and isinstance(value, str) and value != value.strip():
        return  # these formats take white space off the ends of a text
    if name == "glm" and value == "</tool_call>":
        return  # nor can a text end a block in this one
    tools = Toolset(
        [{"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": kind}}}}, {"name": "g"}]
    )
    calls = (ToolCall("f", {"x": value}), ToolCall("g", {}))
    for chosen in (name, "auto"):
        parsed = wire.parse(wire.render(calls, name, tools), chosen, tools)
        assert parsed.calls == calls
        assert parsed.malformed == 0


def test_a_named_format_reads_no_other():
    assert wire.parse(f"[{CALL}]", "hermes").calls == ()
    assert wire.parse(f"[{CALL}]", "hermes").malformed == 1
    assert wire.parse(RIGHT, "json").malformed == 1


@pytest.mark.parametrize(
    ("messages", "calls", "malformed", "text"),
    [
        ([{"role": "assistant", "content": RIGHT}], 1, 0, ""),
        ([{"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}], 0, 0, "Hi"),
        ([{"role": "assistant", "tool_calls": [{"type": "function", "function": json.loads(CALL)}]}], 1, 0, ""),
        ([{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": 1}'}}]}], 1, 0, ""),
        ([{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": '}}]}], 0, 1, ""),
        ([{"role": "assistant", "content": RIGHT}, {"role": "tool", "content": RIGHT}], 1, 0, ""),
        ([{"role": "assistant", "content": RIGHT}, {"role": "assistant", "content": "Done."}], 1, 0, "Done."),
        ([{"role": "assistant", "content": None}], 0, 0, ""),
        ({"role": "assistant", "content": "Hi"}, 0, 0, "Hi"),
        ([{"role": "assistant", "tool_calls": [{"name": "f", "args": {"a": 1}, "type": "tool_call"}]}], 1, 0, ""),
        ([{"type": "function_call", "call_id": "x", "name": "f", "arguments": '{"a": 1}'}], 1, 0, ""),
        (
            [
                {
                    "role": "assistant",
                    "content": [{"type": "text", "text": "Hm."}, {"type": "tool_use", "name": "f", "input": {"a": 1}}],
                }
            ],
            1,
            0,
            "Hm.",
        ),
        ([{"role": "assistant", "tool_calls": "all"}], 0, 1, ""),
        ([{"role": "assistant", "content": f"<tool_call>{CALL}</tool_call>", "tool_calls": []}], 0, 1, ""),
        ([{"role": "assistant", "content": f"<tool_call>{CALL}</tool_call>", "tool_calls": None}], 1, 0, ""),
        ([5, None, {"content": 5}, {"tool_calls": [None]}], 0, 1, ""),
        (None, 0, 0, ""),
        ([], 0, 0, ""),
    ],
    ids=str,
)
def test_messages_are_read(messages, calls, malformed, text):
    parsed = wire.parse(messages)
    assert (len(parsed.calls), parsed.malformed, parsed.text) == (calls, malformed, text)


def test_unknown_formats_are_named():
    with pytest.raises(ValueError, match="there are: auto, qwen3_coder, glm, toolrl, hermes,"):
        wire.parse("x", "xml")
    with pytest.raises(ValueError, match="there are: qwen3_coder, glm, toolrl, hermes,"):
        wire.render([], "auto")
    with pytest.raises(TypeError, match="int"):
        wire.parse(5)


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        (RIGHT, 0),
        ("<tool_call>{", 0),
        (f"[{CALL}]", 1),
        (f"Sure: {CALL}", 1),
        ('[get_weather_forecast(city="Paris")]', 1),
        ('Action: [{"tool_name": "get_weather_forecast", "parameters": {"city": "Paris"}}]', 1),
        ("The <tool_call> tag opens a call.", 0),
        ("```python\nprint([1, 2])\n```", 0),
    ],
)
def test_calls_that_nothing_reads_are_counted(text, unread):
    assert wire.parse(text, "hermes").unread == unread


NOT_CALLS = [
    '```json\n{"city": "Paris", "name": "x"}\n```',
    "```python\nprint(get_weather(city='Paris'))\n```",
    "print('Hello')",
    "len(x=1) is wrong",
    "Use <code>pip install x</code> first.",
    "The <invoke> element and the <function_calls> tag are XML.",
    '{"a": 1}',
    "[1, 2, 3]",
    "a[f(x=1)]",
    "call: 555-1234 {ask for Bob}",
    "functions.map: see the docs",
    "<code>\nx = 1\n</code>",
]


@pytest.mark.parametrize("text", NOT_CALLS)
def test_plain_texts_and_code_are_no_calls(text):
    tools = Toolset([{"name": "get_weather"}])
    for chosen in ("auto", "hermes"):
        parsed = wire.parse(text, chosen, tools)
        assert (parsed.calls, parsed.malformed) == ((), 0), parsed
