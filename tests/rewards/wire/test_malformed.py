"""What a person is told of a broken call, part by part, in the formats that `BROKEN` leaves out."""

import pytest

from rewards import ToolCall, Toolset, wire

TOOLS = Toolset(
    [
        {"name": "f", "parameters": {"properties": {"a": {"type": "string"}, "n": {"type": "integer"}}}},
        {"name": "g", "parameters": {"properties": {}}},
    ]
)
F = ToolCall("f", {"a": "x"})


def glm(inside):
    return f"<tool_call>{inside}</tool_call>"


def gemma(inside):
    return f"<|tool_call>{inside}<tool_call|>"


def kimi_k3(inside):
    return f'<|open|>tools<|sep|><|open|>call tool="f"<|sep|>{inside}<|close|>tools<|sep|>'


def kimi_k2(inside):
    return f"<|tool_calls_section_begin|>{inside}<|tool_calls_section_end|>"


def lfm2(inside):
    return f"<|tool_call_start|>{inside}<|tool_call_end|>"


def olmo3(inside):
    return f"<function_calls>\n{inside}\n</function_calls>"


def tool_code(inside):
    return f"```tool_code\n{inside}\n```"


def cohere(inside):
    return f"<|START_ACTION|>{inside}<|END_ACTION|>"


def deepseek(inside):
    return f"<｜DSML｜function_calls>\n{inside}\n</｜DSML｜function_calls>"


def step3(inside):
    return f"<｜tool_calls_begin｜>{inside}<｜tool_calls_end｜>"


def internlm(inside):
    return f"<|action_start|><|plugin|>{inside}<|action_end|>"


def apertus(inside):
    return f"<|tools_prefix|>{inside}<|tools_suffix|>"


def toolrl(inside):
    return f"<tool_call>\n{inside}\n</tool_call>"


PAIR = "<arg_key>a</arg_key>\n<arg_value>x</arg_value>\n"
X = '<|"|>x<|"|>'
ARGUMENT = '<|open|>argument key="a" type="string"<|sep|>x<|close|>argument<|sep|>'
K2 = '<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": "x"}<|tool_call_end|>'
INVOKE = '<｜DSML｜invoke name="f">\n<｜DSML｜parameter name="a" string="true">x</｜DSML｜parameter>\n</｜DSML｜invoke>'
NAMELESS = '<｜DSML｜invoke name="">\n</｜DSML｜invoke>\n'
OPEN_INVOKE = "call 'f' is not closed after its parameters"
STEP = '<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="f"></steptml:invoke>'
BARE = "a call outside of a block of calls"
OPEN_GLM = "the block of call 'f' is not closed"
OPEN_GEMMA = "call 'f' is not closed after its arguments"
OPEN_K3 = "an argument of call 'f' is not closed, or is given twice"
SURROGATE = "a lone surrogate in a string"
NO_LIST = "a call block does not hold a JSON list of calls"
STRIPPED = "a call without <|message|>, which its server looks for; decoding without special tokens drops it"
FOLLOWS = "text follows the arguments of a call"
FOLLOWS_G = "text follows the arguments of call 'g'"
HEADER = "the header of call 'g' is broken, or text stands before it"
DEEP = "more than 8192 values, or deeper than 64"

CASES = [
    ("glm", glm(f"f\n{PAIR}"), 1, 0, []),
    ("glm", f"<tool_call>f\n{PAIR}", 0, 1, [OPEN_GLM]),
    ("glm", glm(f"f\n{PAIR.strip()} please\n"), 0, 1, [OPEN_GLM]),
    ("glm", glm("f\n<arg_key>a</arg_key>\n"), 0, 1, ["argument 'a' of call 'f' has no value"]),
    ("glm", glm("f\n<arg_key>a</arg_key>\n<arg_value>x"), 0, 1, ["a tag of call 'f' is not closed"]),
    ("glm", glm("f\n<arg_key>a\n<arg_value>x</arg_value>"), 0, 1, ["a tag of call 'f' is not closed"]),
    ("glm", glm(f"f\n{PAIR}{PAIR.replace('>a<', '> a <')}"), 0, 1, ["call 'f' gives argument 'a' twice"]),
    ("glm", glm(f"h\n{PAIR}"), 0, 1, ["no tool is called 'h'"]),
    ("glm", glm(f"\n{PAIR}"), 0, 1, ["a call block does not begin with a name"]),
    ("glm", glm(f"f\n{PAIR.replace('x', chr(0xD800))}"), 0, 1, [SURROGATE]),
    ("glm", glm("\ud800"), 0, 1, ["a call block does not begin with a name"]),
    ("gemma", gemma(f"call:f{{a:{X}}}"), 1, 0, []),
    ("gemma", gemma("call:f{a:x}"), 1, 0, []),
    ("gemma", gemma(f"call:f{{{X.replace('x', 'a')} : {X} }} "), 1, 0, []),
    ("gemma", f"<|tool_call>call:f{{a:{X}}}", 0, 1, [OPEN_GEMMA]),
    ("gemma", gemma(f"call:f{{a:{X}}} now"), 0, 1, [OPEN_GEMMA]),
    ("gemma", gemma(f"f{{a:{X}}}"), 0, 1, ["a call block does not begin with call: and a name"]),
    ("gemma", gemma("call:\ud800{a:x}"), 0, 1, ["a call block does not begin with call: and a name"]),
    ("gemma", gemma('call:f{a:<|"|>x}'), 0, 1, ["a text is not closed"]),
    ("gemma", gemma(f"call:f{{a:{X}"), 0, 1, ["an object is not closed"]),
    ("gemma", gemma(f"call:f{{a:{X}n:3}}"), 0, 1, ["an object is not closed"]),
    ("gemma", gemma("call:f{a"), 0, 1, ["no key where one is due"]),
    ("gemma", gemma(f"call:f{{{X}}}"), 0, 1, ["a key without a value"]),
    ("gemma", gemma("call:f{a:}"), 0, 1, ["no value where one is due"]),
    ("gemma", gemma("call:f{a:\ud800}"), 0, 1, ["no value where one is due"]),
    ("gemma", gemma("call:f{a:x,a:y}"), 0, 1, ["a duplicate key"]),
    ("gemma", gemma(f"call:f{{a:[{X} {X}]}}"), 0, 1, ["a list is not closed"]),
    ("gemma", gemma(f"call:f{{a:{X.replace('x', chr(0xD800))}}}"), 0, 1, [SURROGATE]),
    ("gemma", gemma("call:f{\ud800:x}"), 0, 1, [SURROGATE]),
    ("gemma", gemma(f"call:f{{a:{'[' * 65}{']' * 65}}}"), 0, 1, [DEEP]),
    ("gemma", gemma(f"call:f{{a:{'[' * 64}{']' * 64}}}"), 1, 0, []),
    ("gemma", gemma(f"call:f{{a:[{','.join('1' * 8191)}]}}"), 0, 1, [DEEP]),
    ("gemma", gemma(f"call:f{{a:[{','.join('1' * 8190)}]}}"), 1, 0, []),
    ("kimi_k3", kimi_k3(f"{ARGUMENT}<|close|>call<|sep|>"), 1, 0, []),
    ("kimi_k3", kimi_k3(f"{ARGUMENT}{ARGUMENT}<|close|>call<|sep|>"), 0, 1, [OPEN_K3]),
    ("kimi_k3", kimi_k3(ARGUMENT.replace("<|close|>argument", "<|close|>call")), 0, 1, [OPEN_K3]),
    ("kimi_k3", kimi_k3(f"{ARGUMENT.replace('x', chr(0xD800))}<|close|>call<|sep|>"), 0, 1, [OPEN_K3]),
    ("kimi_k3", kimi_k3(f"{ARGUMENT} x <|close|>call<|sep|>"), 0, 1, [OPEN_GEMMA]),
    (
        *("kimi_k3", kimi_k3(f"{ARGUMENT.replace('string', 'number')}<|close|>call<|sep|>")),
        *(0, 1, ["not JSON: Expecting value"]),
    ),
    ("kimi_k3", "<|open|>tools<|sep|><|close|>tools<|sep|>", 0, 1, ["no call where one is due, or too many"]),
    ("kimi_k3", '<|open|>call tool="f"<|sep|><|close|>call<|sep|>', 0, 1, [BARE]),
    ("kimi_k2", kimi_k2(K2), 1, 0, []),
    ("kimi_k2", K2, 0, 1, [BARE]),
    ("kimi_k2", kimi_k2(K2).removesuffix("<|tool_calls_section_end|>"), 1, 1, ["a section of calls is not closed"]),
    ("kimi_k2", kimi_k2(""), 0, 1, ["a section of calls does not begin with a call"]),
    ("kimi_k2", kimi_k2(K2.replace(":0", "")), 0, 1, ["a call does not begin with a name, or is not closed"]),
    ("kimi_k2", kimi_k2(K2.replace("f:0", "\ud800:0")), 0, 1, ["a call does not begin with a name, or is not closed"]),
    ("kimi_k2", kimi_k2(K2.replace("}", "} x")), 0, 1, ["text follows the arguments of call 'f'"]),
    (
        "kimi_k2",
        kimi_k2(K2.replace('{"a": "x"}', "[]")),
        0,
        1,
        ["arguments of call 'f' are not an object, or not closed"],
    ),
    ("kimi_k2", kimi_k2(K2.replace("}", "") + K2), 1, 1, ["not JSON: Expecting ',' delimiter"]),
    ("kimi_k2", 'functions.f:0{"a": "x"} x', 0, 2, [FOLLOWS]),
    ("lfm2", lfm2("[f(a='x')]"), 1, 0, []),
    ("lfm2", lfm2("[f(a='x\ny')]"), 1, 0, []),
    ("lfm2", lfm2("[f(a='x')] x"), 0, 1, ["text follows the list of calls"]),
    ("lfm2", lfm2("f(a='x')"), 0, 1, ["no list of calls after the tag"]),
    ("lfm2", "<|tool_call_start|>[f(a='x')]", 0, 1, ["a block of calls is not closed"]),
    ("lfm2", lfm2("[f(a='x')]") + lfm2("[f(a='x'), g()]"), 1, 2, ["a second block of calls"]),
    ("olmo3", olmo3("\nf(a='x')\n\ng()"), 2, 0, []),
    ("olmo3", olmo3("f(a='x') g()"), 0, 1, ["text follows a call"]),
    ("olmo3", olmo3("f(\na='x')"), 0, 1, ["a call with a line break"]),
    ("olmo3", olmo3(""), 0, 1, ["a call does not begin with a name and a parenthesis"]),
    ("olmo3", olmo3("print(f(a='x'))"), 0, 1, ["call 'print' has an argument without a name"]),
    ("tool_code", tool_code("print(f(a='x'))\ng()"), 2, 0, []),
    ("tool_code", tool_code("print(f(a='x')"), 0, 1, ["print(...) is not closed"]),
    ("tool_code", tool_code("print(f(a='x'), 5)"), 0, 1, ["print(...) is not closed"]),
    ("cohere", cohere('[{"tool_name": "g"}]'), 1, 0, []),
    ("cohere", cohere('[{"parameters": {}}]'), 0, 1, ["a call has no 'tool_name'"]),
    ("cohere", cohere('{"tool_name": "g"}'), 0, 1, [NO_LIST]),
    ("cohere", cohere("[]"), 0, 1, [NO_LIST]),
    (
        *("cohere", cohere('[{"tool_name": "g"}]') + cohere('[{"tool_name": "g"}, 5]')),
        *(1, 2, ["a call is not a JSON object", "a second block of calls"]),
    ),
    ("deepseek_v32", deepseek(INVOKE), 1, 0, []),
    ("deepseek_v32", INVOKE, 0, 1, [BARE]),
    ("deepseek_v32", deepseek(INVOKE + "x"), 0, 1, ['no <｜DSML｜invoke name="{}"> where a call is due']),
    # A broken call costs itself: servers hand over the others of its block.
    ("deepseek_v32", deepseek(NAMELESS + INVOKE), 1, 1, ['no <｜DSML｜invoke name="{}"> where a call is due']),
    ("deepseek_v32", deepseek(INVOKE + NAMELESS), 1, 1, ['no <｜DSML｜invoke name="{}"> where a call is due']),
    ("deepseek_v32", deepseek(NAMELESS * 2), 0, 1, ['no <｜DSML｜invoke name="{}"> where a call is due']),
    ("deepseek_v32", deepseek(NAMELESS * 200 + INVOKE), 0, 1, ["more than 128 calls"]),
    ("deepseek_v32", deepseek(INVOKE + INVOKE.removesuffix("</｜DSML｜invoke>")), 0, 1, [OPEN_INVOKE]),
    (
        "deepseek_v32",
        deepseek(INVOKE.replace(' string="true"', "")),
        0,
        1,
        [OPEN_INVOKE],
    ),
    ("step3", step3(f"{STEP}<｜tool_call_end｜>"), 1, 0, []),
    ("step3", step3(STEP), 0, 1, [OPEN_INVOKE]),
    (
        "step3",
        step3('<steptml:invoke name="f"></steptml:invoke>'),
        0,
        1,
        ['no <steptml:invoke name="{}"> where a call is due'],
    ),
    ("internlm", internlm('{"name": "g"}'), 1, 0, []),
    ("internlm", internlm('{"parameters": {}}'), 0, 1, ["a call has no 'name'"]),
    ("internlm", internlm('{"name": "f", "parameters": 5}'), 0, 1, ["arguments of call 'f' are not an object"]),
    ("apertus", apertus('[{"g": {}}]'), 1, 0, []),
    (
        "apertus",
        apertus('[{"f": {}, "g": {}}]'),
        0,
        1,
        ["a call is not an object with the tool's name as its only key"],
    ),
    (
        "apertus",
        apertus('[{"f": []}, 5]'),
        0,
        2,
        ["arguments of call 'f' are not an object", "a call is not a JSON object"],
    ),
    ("toolrl", toolrl('{"name": "f", "parameters": {}} {"name": "g", "parameters": {}}'), 2, 0, []),
    ("toolrl", toolrl('{"name": "f", "parameters": {}}\n{"name": "g"}'), 1, 1, ["call 'g' has no 'parameters'"]),
    ("toolrl", toolrl(""), 0, 1, ["a call block holds nothing"]),
    ("json", '[{"name": "f"}]', 0, 1, ["call 'f' has no 'arguments'"]),
    ("json", '[{"name": "Ann"}, {"name": "Bob", "arguments": {}}]', 1, 1, ["call 'Ann' has no 'arguments'"]),
    ("json", '[{"name": "Ann", "age": 3}, {"name": "Bob"}]', 0, 0, []),
    ("llama3_json", '{"name": "Ann", "age": 3}', 0, 0, []),
    ("llama3_json", '{"name": "f", "age": 3}', 0, 1, ["call 'f' has no 'arguments'"]),
    ("llama3_json", '<|python_tag|>{"name": "Ann", "age": 3}', 0, 1, ["call 'Ann' has no 'arguments'"]),
    ("hermes", '{"name": "Ann", "age": 3}', 0, 0, []),
    ("hermes", '{"name": "f"}', 0, 1, ["a call in the format llama3_json, not hermes"]),
    ("json", '[{"name": 5}, {"name": "g", "arguments": "{}"}]', 1, 1, ["a call has no 'name'"]),
    ("json", '{"name": "f", "arguments": "[]"}', 0, 1, ["arguments of call 'f' are not an object"]),
    (
        *("json", '{"name": "f", "arguments": "{"}', 0, 1),
        ["arguments of call 'f': not JSON: Expecting property name enclosed in double quotes"],
    ),
    ("json", '[{"name": "g", "arguments": {}}] x', 0, 1, ["text follows the JSON value"]),
    (
        "harmony",
        'analysisHm.assistantcommentary to=functions.f json{"a": "x"} yassistantfinalDone.',
        0,
        2,
        [FOLLOWS, STRIPPED],
    ),
    ("harmony", "analysisHm.assistantcommentary to=functions.gassistantfinalDone.", 0, 1, ["a call without arguments"]),
    ("harmony", "commentary to=functions.f[1]", 0, 1, ["a call without arguments"]),
    (
        "harmony",
        "<|start|>tool to=functions.f<|channel|>commentary<|message|>{}<|call|>",
        0,
        1,
        ["a call by the role 'tool'"],
    ),
]


NESTED = "[" * 65 + "]" * 65
CASES += [
    ("phi4_mini", 'functools[{"name": "g", "arguments": {}}]' * 2, 1, 1, ["a second block of calls"]),
    ("phi4_mini", "functools[]", 0, 1, [NO_LIST]),
    (
        *("gemma", "call:g{}<|tool_call>call:g{}", 0, 2),
        ["call 'g' is not closed after its arguments", "a call in the format function_gemma, not gemma"],
    ),
    *(
        ("harmony", f"{header}<|message|>{{}}<|call|>", 1, 0, [])
        for header in (
            "<|channel|>commentary to=functions.g",
            "<|channel|>commentary to=g json",
            " to=functions.g<|channel|>commentary code",
            "to=functions.g<|constrain|>json",
            "<|channel|>commentary to=functions.g<|channel|>commentary",
            "<|start|>assistant<|channel|>analysis to=functions.g <|constrain|>",
            "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|> commentary to=functions.g",
        )
    ),
    *(
        ("harmony", f"{header}<|message|>{{}}<|call|>", 0, 1, [HEADER])
        for header in (
            "to=functions.g<|channel|>commentary to=functions.g",
            "<|channel|>commentary json to=functions.g",
            "<|channel|>commentary to=functions.g <|constrain|><|constrain|>json",
            "<|channel|>commentary to=functions.g `<|constrain|>json",
            "<|channel|>commentary to=functions.g json please",
            "I look.\n<|channel|>commentary to=functions.g",
            "<|message|>Hm.<|end|><|channel|>commentary to=functions.g",
        )
    ),
    ("harmony", "to=functions.g<|message|>{}<|start|>assistant to=functions.g<|message|>{}", 1, 1, [FOLLOWS_G]),
    ("pythonic", f"[g(a={NESTED})]", 1, 0, []),
    ("pythonic", f"[g(a=[{NESTED}])]", 0, 1, ["nested deeper than 64"]),
    ("pythonic", f"[g(a=[{'1,' * 8191}])]", 1, 0, []),
    ("pythonic", f"[g(a=[{'1,' * 8192}])]", 0, 1, ["more than 8192 values"]),
]


@pytest.mark.parametrize(("name", "text", "n_calls", "n_malformed", "reasons"), CASES)
def test_a_broken_part_is_named(name, text, n_calls, n_malformed, reasons):
    parsed = wire.parse(text, name, TOOLS)
    assert (len(parsed.calls), parsed.malformed, list(parsed.reasons)) == (n_calls, n_malformed, reasons)


@pytest.mark.parametrize(
    ("text", "left", "n_calls"),
    [
        (
            'analysisHm.assistantcommentary to=functions.f json{"a": "x"}assistantcommentaryWait.assistantfinalDone.',
            "Wait.\nDone.",
            1,
        ),
        ("Before <|channel|>final<|message|>Done.<|return|> After", "Before\nDone.\nAfter", 0),
        (
            "<|channel|>commentary to=functions.g<|message|>{}<|call|><|start|>functions.g to=assistant<|channel|>"
            "commentary<|message|>ok<|end|><|start|>assistant<|channel|>final<|message|>Done.<|return|>",
            "ok\nDone.",
            1,
        ),
        ('<|START_ACTION|>[{"tool_name": "g"}]<|END_ACTION|><|START_RESPONSE|>Which?<|END_RESPONSE|>', "Which?", 1),
        ("<|START_TEXT|>Which?<|END_TEXT|>", "Which?", 0),
    ],
)
def test_what_is_said_beside_calls_is_text(text, left, n_calls):
    parsed = wire.parse(text, "auto", TOOLS)
    assert (len(parsed.calls), parsed.malformed, parsed.text) == (n_calls, 0, left)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (gemma("call:f{a:3,n:3}"), {"a": "3", "n": 3}),
        (gemma('call:f{a: x y ,n:<|"|>3<|"|>}'), {"a": "x y", "n": 3}),
        (gemma('call:f{z:true,y:[1, <|"|>1<|"|> ,{k:null}]}'), {"z": True, "y": [1, "1", {"k": None}]}),
        ("call:f{a:x, y,n:3}", {"a": "x, y", "n": 3}),
        ("call:g{b:1,c:d}", {"b": "1", "c": "d"}),
    ],
)
def test_bare_values_of_gemma_are_typed_by_the_schema(text, arguments):
    (call,) = wire.parse(text, "auto", TOOLS).calls
    assert repr(call.arguments) == repr(arguments)
