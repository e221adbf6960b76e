"""Completions that public bug reports of 2026 show, with what servers or evaluations made of them, and what is right.

Right means that the server of the format hands the tools calls that do the same as the expected ones.
"""

import json
from pathlib import Path

import pytest

from rewards import Tiered

TYPES = {
    "text": {"type": "string"},
    "count": {"type": "integer"},
    "ratio": {"type": "number"},
    "flag": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "rows": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
    "edits": {
        "type": "array",
        "items": {"type": "object", "properties": {"old": {"type": "string"}, "new": {"type": "string"}}},
    },
    "options": {"type": "object", "properties": {"mode": {"type": "string"}, "depth": {"type": "integer"}}},
    "size": {"type": "array", "items": {"type": "integer"}},
    "from": {"type": "integer"},
    "limit": {"type": "integer", "default": 10},
    "level": {"type": "string", "enum": ["low", "high"]},
    "at": {"type": "string", "format": "date-time"},
    "digest": {"type": "string", "description": "SHA-256 of the file, base64."},
    "unit-type": {"type": "string"},
    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
}
TOOLS = [
    {"name": "f", "parameters": {"type": "object", "properties": TYPES}},
    {"name": "now", "parameters": {"type": "object", "properties": {}}},
    {"name": "maps.route.find-all", "parameters": {"type": "object", "properties": TYPES}},
]
QUOTE = '<|"|>'


def call(name, **arguments):
    return {"name": name, "arguments": arguments}


def hermes(*payloads):
    return "\n".join(f"<tool_call>\n{payload}\n</tool_call>" for payload in payloads)


def qwen(*parameters, end="</function>\n</tool_call>"):
    return "\n".join(["<tool_call>\n<function=f>", *parameters, end])


def gemma(arguments):
    return f"<|tool_call>call:f{{{arguments}}}<tool_call|>"


def lfm2(calls):
    return f"<|tool_call_start|>{calls}<|tool_call_end|>"


def kimi(head, arguments='{"count": 1}'):
    call = f"<|tool_call_begin|>{head}<|tool_call_argument_begin|>{arguments}<|tool_call_end|>"
    return f"<|tool_calls_section_begin|>{call}<|tool_calls_section_end|>"


def glm(*pairs, name="f"):
    lines = [f"<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n" for key, value in pairs]
    return f"<tool_call>{name}\n{''.join(lines)}</tool_call>"


def minimax(parameter, value, name="f"):
    element = f'<parameter name="{parameter}">{value}</parameter>'
    return f'<minimax:tool_call>\n<invoke name="{name}">\n{element}\n</invoke>\n</minimax:tool_call>'


def harmony(header, arguments='{"count": 1}'):
    return f"{header}<|message|>{arguments}<|call|>"


def dsml(parameters, block="tool_calls", opening=None):
    invoke = f'<｜DSML｜invoke name="f">\n{parameters}\n</｜DSML｜invoke>'
    return f"{opening or f'<｜DSML｜{block}>'}\n{invoke}\n</｜DSML｜{block}>"


RIGHT = {
    # vllm-project/vllm issue 55495: the value was parted at the line break
    "qwen3_coder, a command on two lines": (
        "qwen3_coder",
        qwen("<parameter=text>\ntimeout 7 true\necho A=$A; echo B=$B\n</parameter>"),
        call("f", text="timeout 7 true\necho A=$A; echo B=$B"),
    ),
    # antirez/ds4 issue 569: all were handed over as texts
    "glm, a count and an empty list": (
        "glm",
        glm(("text", "chips"), ("count", "10"), ("texts", "[]")),
        call("f", text="chips", count=10, texts=[]),
    ),
    # thinking-machines-lab/tinker-cookbook pull 248
    "kimi_k2, a name alone": ("kimi_k2", kimi("f:0"), call("f", count=1)),
    # openvinotoolkit/model_server pull 4179
    "gemma, an apostrophe in a list": (
        "gemma",
        gemma(f"texts:[{QUOTE}hello, it's me{QUOTE},{QUOTE}hi{QUOTE}]"),
        call("f", texts=["hello, it's me", "hi"]),
    ),
    # ai-dynamo/frontend-crates pull 245: the block was cut at the mark
    "minimax_m2, the closing mark in a value": (
        "minimax_m2",
        minimax("text", "Montréal </minimax:tool_call> café"),
        call("f", text="Montréal </minimax:tool_call> café"),
    ),
    # vllm-project/vllm pull 41991 and 39311: the bracket inside of a text ended the inner list
    "gemma, a bracket in a text": (
        "gemma",
        gemma(f"rows:[[{QUOTE}a]b{QUOTE},{QUOTE}c{QUOTE}]]"),
        call("f", rows=[["a]b", "c"]]),
    ),
    # Blaizzy/mlx-vlm pull 916: the first brace ended the call
    "gemma, objects in a list": (
        "gemma",
        gemma(f"edits:[{{new:{QUOTE}orange{QUOTE},old:{QUOTE}apple{QUOTE}}}]"),
        call("f", edits=[{"new": "orange", "old": "apple"}]),
    ),
    # osaurus-ai/vmlx-swift pull 76: the object was left a text
    "gemma, an object of bare values": ("gemma", gemma("options:{depth:1}"), call("f", options={"depth": 1})),
    # vllm-project/vllm pull 48171
    "lfm2, a bracket in a text": (
        "lfm2",
        lfm2("[f(text='grep -F \"]\" log.txt')]"),
        call("f", text='grep -F "]" log.txt'),
    ),
    "lfm2, a line break in a text": (
        "lfm2",
        lfm2("[f(text='cat > f.py\nprint(1)\n')]"),
        call("f", text="cat > f.py\nprint(1)\n"),
    ),
    "lfm2, a backslash ends a text": ("lfm2", lfm2("[f(text='pattern \\\\')]"), call("f", text="pattern \\")),
    "lfm2, a negative number": ("lfm2", lfm2("[f(ratio=-74.0046539)]"), call("f", ratio=-74.0046539)),
    "lfm2, a tuple": ("lfm2", lfm2("[f(size=(800, 600))]"), call("f", size=[800, 600])),
    "lfm2, a keyword of Python": ("lfm2", lfm2("[f(from=1)]"), call("f", **{"from": 1})),
    "lfm2, white space after the token": ("lfm2", lfm2(" [f(count=1)]"), call("f", count=1)),
    # sgl-project/sglang issue 27910: one negative number lost every call of the list
    "pythonic, negative numbers": (
        "pythonic",
        "[f(count=-5), f(size=[-1, 2])]",
        [call("f", count=-5), call("f", size=[-1, 2])],
    ),
    # ggml-org/llama.cpp issue 26763: the next parameter ran into the value
    "qwen3_coder, no line break before the closing tag": (
        "qwen3_coder",
        qwen("<parameter=text>\nParis</parameter>", "<parameter=count>\n3\n</parameter>"),
        call("f", text="Paris", count=3),
    ),
    # Neroued/ninfer issue 138
    "qwen3_coder, a boolean of Python": (
        "qwen3_coder",
        qwen("<parameter=flag>\nTrue\n</parameter>"),
        call("f", flag=True),
    ),
    # ggml-org/llama.cpp pull 24329: the turn came back empty
    "llama3_json, a type": (
        "llama3_json",
        '{"type": "function", "name": "f", "parameters": {"count": 1}}',
        call("f", count=1),
    ),
    # raullenchai/Rapid-MLX pull 921: the first closing brace ended the arguments
    "llama3_json, an object in an object": (
        "llama3_json",
        '<|python_tag|>{"name": "f", "parameters": {"options": {"mode": "fast"}, "count": 2}}',
        call("f", options={"mode": "fast"}, count=2),
    ),
    # vllm-project/vllm issue 47901: arguments behind a call without any were dropped
    "xlam, a call without arguments first": (
        "xlam",
        '[{"name": "now", "arguments": {}}, {"name": "f", "arguments": {"count": 1}}]',
        [call("now"), call("f", count=1)],
    ),
    "hunyuan, a call without arguments first": (
        "hunyuan",
        '<tool_calls>[{"name": "now", "arguments": {}}, {"name": "f", "arguments": {"count": 1}}]</tool_calls>',
        [call("now"), call("f", count=1)],
    ),
    # sgl-project/sglang issue 35564
    "mistral, two calls without arguments": (
        "mistral",
        "[TOOL_CALLS]now[ARGS]{}[TOOL_CALLS]now[ARGS]{}",
        [call("now"), call("now")],
    ),
    "minimax_m2, a call without arguments": (
        "minimax_m2",
        '<minimax:tool_call>\n<invoke name="now">\n</invoke>\n</minimax:tool_call>',
        call("now"),
    ),
    "glm, digits for a text": (
        "glm",
        "<tool_call>f\n<arg_key>text</arg_key>\n<arg_value>123</arg_value>\n</tool_call>",
        call("f", text="123"),
    ),
    # vllm-project/vllm issue 32436: a call without arguments failed
    "glm, a call without arguments": ("glm", "<tool_call>now</tool_call>", call("now")),
    # vllm-project/vllm issue 41240: a text of digits became a number, and JSON a text
    "deepseek_v4, a text of digits": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="text" string="true">123</｜DSML｜parameter>'),
        call("f", text="123"),
    ),
    # as vLLM's readers of elements do, by Python's int()
    "deepseek_v4, a number with zeros before it": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="count" string="false">007</｜DSML｜parameter>'),
        call("f", count=7),
    ),
    "qwen3_coder, a number with a sign": (
        "qwen3_coder",
        qwen("<parameter=count>\n+5\n</parameter>", "<parameter=ratio>\n.5\n</parameter>"),
        call("f", count=5, ratio=0.5),
    ),
    "deepseek_v4, a list": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="size" string="false">[800, 600]</｜DSML｜parameter>'),
        call("f", size=[800, 600]),
    ),
    # verl-project/verl issue 4757: the call that is thought of was run too
    "hermes, a call inside of reasoning": (
        "hermes",
        f"<think>\nSo: {hermes(json.dumps(call('f', count=2)))}\n</think>\n{hermes(json.dumps(call('f', count=1)))}",
        call("f", count=1),
    ),
    # aisa-group/PostTrainBench pull 63: a default that is spelled out lost
    "hermes, a default that is spelled out": (
        "hermes",
        hermes(json.dumps(call("f", count=1, limit=10))),
        call("f", count=1),
    ),
    "hermes, a default that is left out": (
        "hermes",
        hermes(json.dumps(call("f", count=1))),
        call("f", count=1, limit=10),
    ),
    # dokimos-dev/dokimos pull 103
    "hermes, an integral float": ("hermes", hermes(json.dumps(call("f", count=1.0))), call("f", count=1)),
    "hermes, one instant in two zones": (
        "hermes",
        hermes(json.dumps(call("f", at="2026-03-01T12:00:00+02:00"))),
        call("f", at="2026-03-01T10:00:00Z"),
    ),
    # vllm-project/vllm pull 44135: all but the last part of the name was cut
    "kimi_k2, a name with dots": (
        "kimi_k2",
        kimi("functions.maps.route.find-all:0"),
        call("maps.route.find-all", count=1),
    ),
    # vllm-project/vllm pull 38443
    "kimi_k2, white space around": ("kimi_k2", kimi("\nfunctions.f:0 ", ' {"count": 1}\n'), call("f", count=1)),
    # jundot/omlx pull 2830: a name with a hyphen lost the call, a parameter's the argument
    "qwen3_coder, names with dots and hyphens": (
        "qwen3_coder",
        "<tool_call>\n<function=maps.route.find-all>\n<parameter=unit-type>\nmetric\n</parameter>\n</function>\n</tool_call>",
        call("maps.route.find-all", **{"unit-type": "metric"}),
    ),
    # ggml-org/llama.cpp issue 24644: white space inside of a value is the value's
    "qwen3_coder, JSON for a text, and a blank line": (
        "qwen3_coder",
        qwen('<parameter=text>\n{\n  "a": 1\n}\n\n</parameter>'),
        call("f", text='{\n  "a": 1\n}\n'),
    ),
    # vllm-project/vllm issue 47761: quotes of a raw value ended a string of JSON
    "qwen3_coder, code with quotes": (
        "qwen3_coder",
        qwen("<parameter=text>\nprint(\"a\\n\")\n'b'\n</parameter>"),
        call("f", text="print(\"a\\n\")\n'b'"),
    ),
    # smg-project/smg issue 1743
    "minimax_m2, digits for a text": ("minimax_m2", minimax("text", "3"), call("f", text="3")),
    # vllm-project/vllm pull 39580: the word became null
    "minimax_m2, None for a text": ("minimax_m2", minimax("text", "None"), call("f", text="None")),
    "minimax_m2, null where it may be": ("minimax_m2", minimax("note", "null"), call("f", note=None)),
    # sgl-project/sglang pull 20824
    "glm, indentation": ("glm", glm(("text", "    return 1")), call("f", text="    return 1")),
    # vllm-project/vllm pull 41654
    "glm, no arguments, a long name": (
        "glm",
        "<tool_call>maps.route.find-all</tool_call>",
        call("maps.route.find-all"),
    ),
    # vllm-project/vllm issue 41240 and sgl-project/sglang issue 38924: servers take the arguments out of the wrapper
    # own: a text or null, which the format says to be JSON
    "deepseek_v4, null on a line of its own": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="note" string="false">\nnull</｜DSML｜parameter>'),
        call("f", note=None),
    ),
    "deepseek_v4, the word null": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="note" string="false">\nnull please</｜DSML｜parameter>'),
        call("f", note="\nnull please"),
    ),
    "deepseek_v4, a wrapper": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="arguments" string="false">{"count": 1}</｜DSML｜parameter>'),
        call("f", count=1),
    ),
    "deepseek_v32, a wrapper of text": (
        "deepseek_v32",
        dsml('<｜DSML｜parameter name="input" string="true">{"text": "1"}</｜DSML｜parameter>', "function_calls"),
        call("f", text="1"),
    ),
    # Hal0ai/hal0 issue 1509: vLLM and SGLang read every function of a block, others the first
    "qwen3_coder, two functions in a block": (
        "qwen3_coder",
        qwen("<parameter=count>\n1\n</parameter>", "</function>", "<function=now>"),
        [call("f", count=1), call("now")],
    ),
    # ggml-org/llama.cpp pull 28612
    "deepseek_v4, angle brackets": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="text" string="true"><east> & Osaka</｜DSML｜parameter>'),
        call("f", text="<east> & Osaka"),
    ),
    # raullenchai/Rapid-MLX pull 1102 and ollama/ollama pull 15255
    "gemma, a brace in a text, and what follows": (
        "gemma",
        gemma(f"options:{{mode:{QUOTE}a}}b{QUOTE},depth:2}},count:3"),
        call("f", options={"mode": "a}b", "depth": 2}, count=3),
    ),
    "gemma, quotes in a text": (
        "gemma",
        gemma(f"text:{QUOTE}echo \"hi\" 'x'{QUOTE}"),
        call("f", text="echo \"hi\" 'x'"),
    ),
    # ggml-org/llama.cpp pull 15181
    "harmony, the recipient before the channel": (
        "harmony",
        harmony("<|start|>assistant to=functions.f<|channel|>commentary <|constrain|>json"),
        call("f", count=1),
    ),
    # vllm-project/vllm pull 29972: commentary to nobody ended the stream
    "harmony, commentary before": (
        "harmony",
        "<|channel|>commentary<|message|>I will look.<|end|><|start|>assistant"
        + harmony("<|channel|>commentary to=functions.f <|constrain|>json"),
        call("f", count=1),
    ),
    # vllm-project/vllm pull 51020
    "harmony, no constraint": ("harmony", harmony("<|channel|>commentary to=functions.f json"), call("f", count=1)),
    "harmony, no blank": (
        "harmony",
        harmony("<|channel|>commentary to=functions.f<|constrain|>json"),
        call("f", count=1),
    ),
    # vllm-project/vllm issue 48318: two calls became one
    "mistral, words before and no mark between": (
        "mistral",
        'I will help.[TOOL_CALLS]f{"count": 3}[TOOL_CALLS]now{}',
        [call("f", count=3), call("now")],
    ),
    # waybarrios/vllm-mlx pull 631
    "mistral, a mark in a text": (
        "mistral",
        '[TOOL_CALLS]f[ARGS]{"text": "a [ARGS] b"}',
        call("f", text="a [ARGS] b"),
    ),
    # ggml-org/llama.cpp issue 29240: the turn ended at the header
    "muse_glimmer, a header before": (
        "muse_glimmer",
        ' to=f<|message|><atem:function_calls>\n<atem:invoke name="f">\n'
        '<atem:parameter name="options">{"mode": "x", "depth": 2}</atem:parameter>\n'
        "</atem:invoke>\n</atem:function_calls>",
        call("f", options={"mode": "x", "depth": 2}),
    ),
    # vllm-project/vllm issue 21544
    "hermes, an open brace in a text": (
        "hermes",
        hermes(json.dumps(call("f", text="mkdir -p test/{test1,test2"))),
        call("f", text="mkdir -p test/{test1,test2"),
    ),
    "hermes, escapes": ("hermes", hermes('{"name": "f", "arguments": {"text": "caf\\u00e9"}}'), call("f", text="café")),
}
WRONG = {
    # vllm-project/vllm issue 17790: extra data in a block
    "hermes, two objects in one block": (
        "hermes",
        hermes(f"{json.dumps(call('f', count=1))}\n{json.dumps(call('f', count=2))}"),
        [call("f", count=1), call("f", count=2)],
    ),
    # vllm-project/vllm issue 22885
    "hermes, the last brace lost": ("hermes", hermes(json.dumps(call("f", count=1))[:-1]), call("f", count=1)),
    # vllm-project/vllm pull 25729: clients get a text
    "hermes, arguments in a text": (
        "hermes",
        hermes(json.dumps({"name": "f", "arguments": '{"count": 1}'})),
        call("f", count=1),
    ),
    # fw-ai-external/python-sdk issue 119
    "glm, a closing tag behind the name": ("glm", "<tool_call>now</arg_value></tool_call>", call("now")),
    # exo-explore/exo pull 1757
    "kimi_k2, another sign before the place": ("kimi_k2", kimi("functions.f!166"), call("f", count=1)),
    # MoonshotAI/Kimi-K2 issue 26
    "kimi_k2, arguments in a text": ("kimi_k2", kimi("functions.f:1", json.dumps('{"count": 1}')), call("f", count=1)),
    # jundot/omlx pull 1854
    "gemma, a name with what offers it": (
        "gemma",
        gemma("count:1").replace("call:f", "call:mcp:f"),
        call("f", count=1),
    ),
    # waybarrios/vllm-mlx issue 63 and ml-explore/mlx-lm issue 912: clients get a text
    "qwen3_coder, a list in Python": (
        "qwen3_coder",
        qwen("<parameter=texts>\n['python', 'tutorial']\n</parameter>"),
        call("f", texts=["python", "tutorial"]),
    ),
    # vllm-project/vllm issue 39056
    "qwen3_coder, inside of reasoning": (
        "qwen3_coder",
        f"<think>\nDone.\n{qwen('<parameter=count>1</parameter>')}\n</think>",
        call("f", count=1),
    ),
    "deepseek_v4, a wrapper of what the tool has not": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="arguments" string="false">{"count": 1, "n": 1}</｜DSML｜parameter>'),
        call("f", count=1),
    ),
    # sgl-project/sglang pull 21377 and vllm-project/vllm pull 32146: no tool has such a name
    "kimi_k2, an id without dots": ("kimi_k2", kimi("functionsf5"), call("f", count=1)),
    "kimi_k2, an id of OpenAI": ("kimi_k2", kimi("call_abc123", '{"name": "f", "count": 1}'), call("f", count=1)),
    # ml-explore/mlx-lm pull 1310: the tool gets the text
    "qwen3_coder, words for a number": (
        "qwen3_coder",
        qwen("<parameter=count>\n3 days\n</parameter>"),
        call("f", count=3),
    ),
    # vllm-project/vllm issue 49248: the tool gets no argument
    "glm, no tag before a value": (
        "glm",
        "<tool_call>f<arg_key>text</arg_key>how many days</arg_value></tool_call>",
        call("f", text="how many days"),
    ),
    "glm, indentation lost": ("glm", glm(("text", "return 1")), call("f", text="    return 1")),
    # jundot/omlx pulls 1886 and 1854, ollama/ollama issue 17882
    "gemma, parentheses": ("gemma", f"<|tool_call>call:f(text={QUOTE}a{QUOTE})<tool_call|>", call("f", text="a")),
    "gemma, a name of another space": (
        "gemma",
        f"<|tool_call>call:google:mcp:f{{text:{QUOTE}a{QUOTE}}}<tool_call|>",
        call("f", text="a"),
    ),
    # ml-explore/mlx-lm pull 1448
    "mistral, words behind": (
        "mistral",
        '[TOOL_CALLS]f[ARGS]{"text": "TODO"}\n\nLet me search for that.',
        call("f", text="TODO"),
    ),
    # vllm-project/vllm issue 22917
    "pythonic, words before": ("pythonic", "To determine it, I look.\n[f(count=1)]", call("f", count=1)),
    # vllm-project/vllm pull 20474, sgl-project/sglang pull 12894
    "hermes, a tag said twice": (
        "hermes",
        f"<tool_call>\n{hermes(json.dumps(call('f', count=1)))}",
        call("f", count=1),
    ),
    "hermes, parameters for arguments": (
        "hermes",
        hermes('{"name": "f", "parameters": {"count": 1}}'),
        call("f", count=1),
    ),
    # ollama/ollama issue 17274: the tool's description for its name
    "hermes, words for a name": ("hermes", hermes(json.dumps(call("Read the clock"))), call("now")),
    # vllm-project/vllm issue 51284: the quotes become part of the value
    "gemma, quotes of JSON in a list": ("gemma", gemma('texts:["ds_152a"]'), call("f", texts=["ds_152a"])),
    "gemma, quotes of Python in a list": ("gemma", gemma("texts:['ds_152a']"), call("f", texts=["ds_152a"])),
    "gemma, an equals sign for a colon": (
        "gemma",
        gemma(f"texts=[{QUOTE}ds_152a{QUOTE}]"),
        call("f", texts=["ds_152a"]),
    ),
    # raullenchai/Rapid-MLX issue 1515 and areal-project/AReaL pull 1458: the value was cut at the tag
    "qwen3_coder, a closing tag in a value": (
        "qwen3_coder",
        qwen("<parameter=text>\nends with </parameter> here.\n</parameter>"),
        call("f", text="ends with </parameter> here."),
    ),
    # sgl-project/sglang pull 27337
    "qwen3_coder, a broken closing tag": (
        "qwen3_coder",
        qwen("<parameter=text>\nParis\n</parameter1>"),
        call("f", text="Paris"),
    ),
    # raullenchai/Rapid-MLX pull 1574: some servers mend it, while others show it as text
    "qwen3_coder, cut off behind a parameter": (
        "qwen3_coder",
        qwen("<parameter=text>\nParis\n</parameter>", end=""),
        call("f", text="Paris"),
    ),
    # vllm-project/vllm issue 51914: since then vLLM does without the mark, and other servers do not
    "deepseek_v4, a misspelt mark": (
        "deepseek_v4",
        dsml('<｜DSML｜parameter name="count" string="false">1</｜DSML｜parameter>', opening="<｜DSML｜toolcalls>"),
        call("f", count=1),
    ),
    "minimax_m2, an element outside of the marks": (
        "minimax_m2",
        "<invoke name='f'>\n<parameter name='count'>1</parameter>\n</invoke>",
        call("f", count=1),
    ),
    "glm, a float for an integer": (
        "glm",
        "<tool_call>f\n<arg_key>count</arg_key>\n<arg_value>5.</arg_value>\n</tool_call>",
        call("f", count=5),
    ),
    # NousResearch/hermes-agent issue 6841
    "hermes, a name said twice": ("hermes", hermes('{"name": "nownow", "arguments": {}}'), call("now")),
    "hermes, an object said twice": (
        "hermes",
        hermes('{"name": "f", "arguments": {"count": 1}{"count": 1}}'),
        call("f", count=1),
    ),
    # verl-project/verl issue 7177
    "hermes, no name": ("hermes", hermes('{"function": "f", "arguments": {"count": 1}}'), call("f", count=1)),
    "hermes, text behind the object": (
        "hermes",
        hermes('{"name": "f", "arguments": {"count": 1}}\ndone'),
        call("f", count=1),
    ),
    # ggml-org/llama.cpp issue 24658: such a name belongs to no tool
    "kimi_k2, an id without its form": (
        "kimi_k2",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions_f_2<|tool_call_argument_begin|>"
        '{"count": 1}<|tool_call_end|><|tool_calls_section_end|>',
        call("f", count=1),
    ),
    # ServiceNow/AU-Harness issue 31: scalars were not compared
    "hermes, another number": ("hermes", hermes(json.dumps(call("f", count=999))), call("f", count=10)),
    "hermes, another case of a digest": (
        "hermes",
        hermes(json.dumps(call("f", digest="QUJD"))),
        call("f", digest="qujd"),
    ),
    "hermes, another case of a choice": (
        "hermes",
        hermes(json.dumps(call("f", level="High"))),
        call("f", level="high"),
    ),
    "hermes, beyond exact floats": (
        "hermes",
        hermes(json.dumps(call("f", count=9007199254740993))),
        call("f", count=9007199254740992),
    ),
}

UNREAD = {
    # sgl-project/sglang issue 40236 and ollama/ollama issue 16686: servers show it as text
    "deepseek_v4, no section": '<｜DSML｜invoke name="f">\n</｜DSML｜invoke>',
    # lsdefine/GenericAgent issue 804 and AgentFlocks/flocks pull 687: marks as clients have seen them
    "deepseek_v4, other bars": '<‖DSML‖tool_calls><‖DSML‖invoke name="f"><‖DSML‖parameter name="count">1',
    "deepseek_v4, two bars": '<||DSML||tool_calls>\n<||DSML||invoke name="f">\n</||DSML||invoke>',
    "deepseek_v4, blanks": '< | DSML | tool_use>\n< | DSML | invoke name="f">\n</ | DSML | invoke>',
    # can1357/oh-my-pi issue 2759
    "minimax_m2, no mark": '<invoke name="f">\n<parameter name="count">1</parameter>\n</invoke>',
    "step3, no mark": '<steptml:invoke name="f">\n</steptml:invoke>',
    # sgl-project/sglang issue 34604
    "kimi_k3, no channel": '<|open|>call tool="f" index="1"<|sep|><|close|>call<|sep|>',
    # izaart95-jpg/GLM-Free-API issue 44: the model renamed the marks
    "renamed marks": f"TOOL_CALL_BLOCK>>>\n{json.dumps(call('f', count=1))}\n<<<END_TOOL_CALL_BLOCK>>>",
    # jyjeanne/crustly pull 39
    "hermes, in a fence": f"Sure:\n```json\n{json.dumps(call('f', count=1))}\n```",
}
"""Calls that no server reads, and no person either."""

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "reported.jsonl").read_text("utf-8").splitlines()
]
"""465 cases of 422 more reports of 2025 and 2026, each with its source, its own tools and the reason."""

REWARDS = {"right": (1.0, 1.0), "wrong": (0.11, 0.6), "malformed": (0.01, 0.1), "nothing": (0.0, 0.0)}
"""The least and the most that a case may earn: a malformed call earns no more than that it was tried."""


def scored(wire, completion, calls):
    truth = json.dumps(calls if isinstance(calls, list) else [calls])
    return Tiered(wire=wire)(completion, ground_truth=truth, tools=TOOLS)


@pytest.mark.parametrize(("wire", "completion", "calls"), RIGHT.values(), ids=RIGHT)
def test_a_reported_completion_is_right(wire, completion, calls):
    result = scored(wire, completion, calls)
    assert result.value == 1.0, result.reasons


@pytest.mark.parametrize(("wire", "completion", "calls"), WRONG.values(), ids=WRONG)
def test_a_reported_completion_is_wrong(wire, completion, calls):
    result = scored(wire, completion, calls)
    assert result.value < 1.0
    assert result.reasons


@pytest.mark.parametrize(
    "completion",
    [
        # ShishirPatil/gorilla issue 1362: calls that do not decode were taken for abstaining
        '<tool_call>\n<tool_call name="f" arguments={"count": 1}/>\n</tool_call>',
        "<tool_call>\n{'name': 'f', 'arguments': {'count': 1}}\n</tool_call>",
        # ShishirPatil/gorilla issue 443: so was anything at all
        "abc",
        "",
        # Algorineko/AgenticArXiv-RL pull 40: one call for every task
        hermes(json.dumps(call("f", count=5))),
    ],
)
def test_what_abstains_from_nothing_is_no_refusal(completion):
    truth = {"ground_truth": "None of my tools can do that.", "behavior": "refuse"}
    assert Tiered(wire="hermes")(completion, ground_truth=truth, tools=TOOLS).value == 0.0


@pytest.mark.parametrize("completion", UNREAD.values(), ids=UNREAD)
def test_a_call_that_nobody_reads_is_no_answer(completion):
    result = Tiered()(completion, ground_truth={"ground_truth": "", "behavior": "answer"}, tools=TOOLS)
    assert result.behavior == "execute"
    assert result.value == 0.0


@pytest.mark.parametrize(
    "text", ['Begin a call by `<invoke name="f">`.', 'An <invoke name="f"> calls.', "Type <invoke name=…> <b>here</b>."]
)
def test_an_element_that_prose_names_is_no_call(text):
    assert Tiered()(text, ground_truth={"ground_truth": "", "behavior": "answer"}, tools=TOOLS).value == 1.0


def test_a_call_that_is_no_object_is_malformed():
    # mlcommons/endpoints pull 346: one such answer ended the evaluation
    completion = [{"role": "assistant", "content": None, "tool_calls": [{"function": "f"}, None, 5]}]
    result = Tiered()(completion, ground_truth=[call("f", count=1)], tools=TOOLS)
    assert result.components["wire_format"] == 0.0
    assert result.value < 0.2


@pytest.mark.parametrize("case", CASES, ids=[f"{case['source']}, {case['about']}" for case in CASES])
def test_a_case_earns_what_it_is_worth(case):
    # `$parameters` is a whole schema; otherwise a tool's parameters are given by name.
    tools = [
        {"name": name, "parameters": given.get("$parameters", {"type": "object", "properties": given})}
        for name, given in case["tools"].items()
    ]
    truth = json.dumps(case["truth"]) if isinstance(case["truth"], list) else case["truth"]
    result = Tiered(wire=case["wire"])(case["completion"], ground_truth=truth, tools=tools)
    if case["expected"] == "unscored":
        assert result is None
        return
    least, most = REWARDS[case["expected"]]
    assert least <= result.value <= most, result.reasons


@pytest.mark.parametrize(
    "completion",
    [
        '{"tool": "f", "args": {"count": 1}}',
        '{"tool_name": "f", "parameters": {"count": 1}}',
        'Thought: I look.\nAction: f\nAction Input: {"count": 1}\n',
        "Action: f\nAction Input: one",
        '```json\n{"action": "f", "action_input": "one"}\n```',
        "[{'name': 'f', 'arguments': {'count': 1}}]",
        "<f>\n<count>1</count>\n</f>",
        'I look: <f count="1"/>',
        # forms that parsers of vLLM, SGLang and TensorRT-LLM were proposed for: a mark that no format has
        "<some_tool_call>f<arg_key>count</arg_key><arg_value>1</arg_value></some_tool_call>",
        "I look.\n<some_call>f\n<key>count</key>\n<value>1</value>\n</some_call>",
        'I look.<![f>{"count": 1}',
        '-> tool/f\n{"count": 1}',
        "I look.\nf(count=1)",
    ],
)
def test_a_call_in_a_prompted_form_is_no_answer(completion):
    result = Tiered()(completion, ground_truth={"ground_truth": "", "behavior": "answer"}, tools=TOOLS)
    assert (result.behavior, result.value) == ("execute", 0.0)


@pytest.mark.parametrize(
    "text",
    [
        'Put this into the file: {"name": "files", "command": "npx", "args": ["-y", "server"]}',
        "Action: call the bank today. Input: your card number is on the back.",
        'The schema is {"name": "f", "parameters": {"type": "object", "properties": {}}}.',
        "Write <f> before it, and </f> behind it.",
        "<f>\n<b>1</b>\n</f>",
        "<ul>\n<count>1</count>\n</ul>",
        "<td>f</td><td>count</td>",
        "<b>f</b>count<b>",
        'It stands in f > {"count": 1} below.',
        "f(count) is linear, and f(count=1) is 2 where it begins.",
    ],
)
def test_what_resembles_a_prompted_form_is_an_answer(text):
    assert Tiered()(text, ground_truth={"ground_truth": "", "behavior": "answer"}, tools=TOOLS).value == 1.0
