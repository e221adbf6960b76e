import json

import pytest

from rewards import ToolCall, Toolset, wire
from rewards.limits import MAX_CALLS, MAX_TAGS
from tests.rewards.tools import RIGHT, block
from tests.rewards.wire.completions import written_in

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
        ("It\nis\n<tool_call>\nthat opens a call.", 0, 1),
        ("It is\n<tool_call> \t\r\nthat opens a call.", 0, 1),
        ("It is\n<tool_call> that opens a call.", 0, 0),
        ("A call is opened\nby <tool_call>\nand nothing else.", 0, 0),
        ("A call is opened by <tool_call>", 0, 0),
        ("A call is opened by\n<tool_call>", 0, 1),
        ("Write <tool_call>a call</tool_call> then.", 0, 0),
        ("Write <tool_call>a (call)</tool_call> then.", 0, 1),
        ("Write <tool_call>a (call) then.", 0, 0),
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
    "string": [
        "</tool_call>",
        "<tool_call>",
        "</think>",
        "<think>x",
        '"\\\n\t',
        "é😀\u2028",
        "",
        "]}{[",
        "a\rb",
        "&amp; <b>]]>",
    ],
    "object": [{"a": [{"b": None}]}, {"a b": [1, {"c,d": "x: y"}], "": True}],
    "integer": [10**300],
}


UNWRITABLE = {
    "glm": ("</tool_call>",),
    "glm47": ("</tool_call>",),
    "hunyuan_v3": ("</tool_call>",),
    "hunyuan_v4": ("</tool_call>", "<tool_call>"),
}


@pytest.mark.parametrize("name", list(wire.FORMATS))
@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind in VALUES for value in VALUES[kind]], ids=repr)
def test_rendered_calls_read_back(name, kind, value):
    if name in ("step3", "dots") and isinstance(value, str) and value != value.strip():
        return  # these formats take white space off the ends of a text
    if value in UNWRITABLE.get(name, ()):
        return  # nor can a text end a block in others
    tools = Toolset(
        [{"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": kind}}}}, {"name": "g"}]
    )
    calls = written_in(name, (ToolCall("f", {"x": value}), ToolCall("g", {})))
    for chosen in (name, "auto"):
        parsed = wire.parse(wire.render(calls, name, tools), chosen, tools)
        assert parsed.calls == calls
        assert parsed.malformed == 0


def test_a_named_format_reads_no_other():
    assert wire.parse(f"[{CALL}]", "hermes").calls == ()
    assert wire.parse(f"[{CALL}]", "hermes").malformed == 1
    assert wire.parse(RIGHT, "json").malformed == 1


WITHOUT_MARKS = ("json", "llama3_json", "xlam", "python_lines")


@pytest.mark.parametrize("name", list(wire.FORMATS))
def test_a_format_is_found_where_its_first_call_begins(name):
    written = wire.render([PARIS, PARIS], name)
    known = wire.FORMATS[name]
    assert known.find(written) == 0
    said = known.find(f"Well, well.\n{written}\n{written}")
    assert said == (-1 if name in WITHOUT_MARKS else len("Well, well.\n"))
    assert known.find("Well, well.") == known.find("") == -1


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
        ([{"role": "assistant", "tool_calls": [{"name": "f", "arguments": None}]}], 1, 0, ""),
        ([{"role": "assistant", "tool_calls": [{"name": "f", "arguments": ""}]}], 1, 0, ""),
        ([{"role": "assistant", "tool_calls": [{"name": "f"}]}], 0, 1, ""),
        ([{"role": "assistant", "tool_calls": [{"name": "f", "arguments": {"a": float("nan")}}]}], 0, 1, ""),
        ([{"role": "assistant", "tool_calls": ({"name": "f", "arguments": {}},)}], 1, 0, ""),
        ([{"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}], 1, 0, ""),
        ([{"role": "assistant", "content": "a"}, {"content": "b"}, {"role": "user", "content": "c"}], 0, 0, "a\nb"),
        ([{"content": [{"text": "a"}, {"text": "b"}, {"text": 5}, "c"]}], 0, 0, "a\nb"),
        ([{"type": "reasoning", "content": [{"type": "reasoning_text", "text": RIGHT}], "summary": []}], 0, 0, ""),
        ([{"type": "message", "content": [{"type": "refusal", "refusal": "I can't."}]}], 0, 0, "I can't."),
        ([{"content": "a"}] * 257, 0, 0, "\n".join("a" * 256)),
        ([{"content": [{"text": "a"}] * 257}], 0, 0, "\n".join("a" * 256)),
        ([{"content": [{"type": "tool_use", "name": "f", "input": {}}] * 257}], 128, 128, ""),
        (None, 0, 0, ""),
        ([], 0, 0, ""),
    ],
    ids=str,
)
def test_messages_are_read(messages, calls, malformed, text):
    parsed = wire.parse(messages)
    assert (len(parsed.calls), parsed.malformed, parsed.text) == (calls, malformed, text)


def test_a_call_beside_tool_calls_says_so():
    message = {"content": f"Hm. <tool_call>{CALL}</tool_call>", "tool_calls": [json.loads(CALL)]}
    reason = "a call in the text beside 'tool_calls'"
    assert wire.parse(message) == wire.ParsedCompletion((PARIS,), 1, "Hm.", (reason,), 1)
    broken = {"content": "<tool_call>{</tool_call>", "tool_calls": "all"}
    assert wire.parse(broken).reasons == (wire.parse(broken["content"]).reasons[0], "'tool_calls' is not a list")
    holding = {"tool_calls": [{"name": "f", "arguments": {"a": float("inf")}}]}
    assert wire.parse(holding).reasons[0].startswith("a call holds ")


def test_messages_are_typed_by_the_tools_too():
    (tool,) = tools = Toolset([{"name": "f", "parameters": {"properties": {"n": {"type": "integer"}}}}])
    calls = (ToolCall(tool.name, {"n": 3}),)
    assert wire.parse([{"content": wire.render(calls, "qwen3_coder")}], tools=tools).calls == calls


def test_what_is_read_already_is_left_as_it_is():
    parsed = wire.parse(RIGHT)
    assert wire.parse(parsed, "json") is parsed


@pytest.mark.parametrize("name", list(wire.FORMATS))
def test_as_many_calls_are_read_as_may_be(name):
    tools = Toolset([{"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}])
    if wire.FORMATS[name].is_one_call:
        return
    calls = tuple(ToolCall("f", {"n": n}) for n in range(MAX_CALLS + 1))
    assert wire.parse(wire.render(calls[:-1], name, tools), name, tools) == wire.ParsedCompletion(calls[:-1])
    parsed = wire.parse(wire.render(calls, name, tools), name, tools)
    assert len(parsed.calls) in (0, MAX_CALLS), "a block is read as a whole or not at all"
    assert parsed.malformed == 1


@pytest.mark.parametrize(
    ("written", "between", "n_read", "n_malformed"),
    [
        ('f{"n": 1}', "", 0, MAX_CALLS + 1),
        ("functions.f:0{}", " ", 0, MAX_CALLS + 1),
        ("call:f{n:1}", "", 0, 0),
        ('commentary to=functions.f json{"n": 1}', "assistant", MAX_CALLS, 1),
    ],
)
def test_so_are_calls_without_their_marks(written, between, n_read, n_malformed):
    tools = Toolset([{"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}])
    assert len(wire.parse(between.join([written] * MAX_CALLS), tools=tools).calls) == MAX_CALLS
    parsed = wire.parse(between.join([written] * (MAX_CALLS + 1)), tools=tools)
    assert (len(parsed.calls), parsed.malformed) == (n_read, n_malformed)


def test_tags_that_prose_names_are_followed_up_to_a_bound():
    mention = "the <tool_call> tag "
    parsed = wire.parse(mention * MAX_TAGS)
    assert parsed == wire.ParsedCompletion(text=(mention * MAX_TAGS).strip())
    reason = f"more than {MAX_CALLS} calls or {MAX_TAGS} tags"
    text = mention * MAX_TAGS + "the"
    assert wire.parse(mention * (MAX_TAGS + 3)) == wire.ParsedCompletion((), 3, text, (reason,))


def test_a_text_that_is_too_long_is_one_bad_call_or_text(monkeypatch):
    monkeypatch.setattr("rewards.wire.MAX_COMPLETION_CHARS", 200)
    for text in (RIGHT + "a" * 200, "a" * 200 + RIGHT):
        assert wire.parse(text) == wire.ParsedCompletion((), 1, "", ("longer than 200 characters",))
    assert wire.parse("a" * 201) == wire.ParsedCompletion(text="a" * 201)
    assert wire.parse("a" * 300 + RIGHT + "a" * 300).malformed == 0  # nobody looks in the middle
    longest = RIGHT + " " + "a" * (199 - len(RIGHT))
    assert wire.parse(longest).calls == (PARIS,)
    assert wire.parse(longest + "a").malformed == 1
    assert wire.parse(f"<think>{'a' * 300}</think>{RIGHT}").calls == (PARIS,), "reasoning does not count"


def test_unknown_formats_are_named():
    with pytest.raises(ValueError, match="there are: auto, qwen3_coder, "):
        wire.parse("x", "xml")
    with pytest.raises(ValueError, match="there are: qwen3_coder, "):
        wire.render([], "auto")
    with pytest.raises(TypeError, match="a completion is a text or chat messages, not a int"):
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
        ('The keys are "name" and "arguments" [1].', 0),
        ('Its schema: {"name": "f", "parameters": {"type": "object", "properties": {}}}', 0),
        ('Its schema: {"name": "f", "parameters": {}}', 1),
        ('Say {"arguments": {}}', 0),
        ('Say {"name": "f"}', 0),
        (f"{RIGHT} Say {CALL}", 1),
    ],
)
def test_calls_that_nothing_reads_are_counted(text, unread):
    assert wire.parse(text, "hermes").unread == unread


def test_each_format_that_nothing_reads_is_named():
    calls = [PARIS, PARIS]
    text = f"{RIGHT}\nHm.\n{wire.render(calls, 'minimax_m2')}\n{wire.render(calls, 'lfm2')}"
    others = ("a call in the format lfm2, not hermes", "a call in the format minimax_m2, not hermes")
    assert wire.parse(text, "hermes")._replace(text="") == wire.ParsedCompletion((PARIS,), 4, "", others, 4)
    assert wire.parse(text)._replace(text="") == wire.ParsedCompletion((PARIS,), 4, "", others, 4)
    assert wire.parse(f"Sure: {CALL}", "hermes").reasons == ("a call outside of its wire format",)


@pytest.mark.parametrize("name", ["python_lines", "xlam", "smollm3_python"])
def test_a_format_without_marks_is_read_where_all_its_calls_are_of_offered_tools(name):
    offered = Toolset([{"name": "get_weather_forecast"}])
    text = wire.render([PARIS], name)
    assert wire.parse(text, "auto", offered).calls == (PARIS,)
    assert wire.parse(text, "hermes", offered).malformed == 1
    for tools in (None, Toolset([{"name": "f"}])):
        assert wire.parse(text, "auto", tools).calls == ()
    assert wire.parse(wire.render([PARIS, ToolCall("g")], name), "auto", offered).calls == ()


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
