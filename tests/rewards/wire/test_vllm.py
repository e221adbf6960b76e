"""Each format against the parser that vLLM serves it with, on well-formed calls. Needs vLLM, which CI does not have.

Harmony is not compared: vLLM reads it through a vocabulary that is downloaded. Known differences, where ours is meant:

- vLLM ends a `functools` list at the first "]", and so loses calls that hold one.
- vLLM's sign of a pythonic list knows no dots in names, though its reader of one does.
- A parameter without a type is a string to vLLM in Qwen3-Coder's format; here its text is JSON where it can be, since
  the chat template writes the number 3 and the text "3" alike, and numbers are what such parameters hold.
- For a boolean vLLM takes 1 and 0; here a boolean is never a number.
- What is not well-formed, such as an unclosed block, vLLM may repair; here it is malformed.
"""

import json
from pathlib import Path

import pytest

from rewards import ToolCall, Toolset, wire
from rewards.wire import deepseek_v3, llama3_json, mistral, phi4_mini, pythonic

pytest.importorskip("vllm", reason="vLLM is not installed")

from transformers import AutoTokenizer
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.tool_parsers import ToolParserManager

TINY = Path(__file__).parents[3] / "rlvr" / "policy" / "tiny"
PROPERTIES = {
    "city": {"type": "string"},
    "days": {"type": "integer"},
    "degrees": {"type": "number"},
    "urgent": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "where": {"type": "object"},
    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "size": {"type": ["integer", "string"]},
}
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": PROPERTIES}}}
    for name in ("get_weather", "weather.now", "f")
]
PLAIN = {
    "text": {"city": "Paris"},
    "unicode": {"city": "Zürich, 東京 😀"},
    "quotes": {"city": "the \"old\" town, it's 'fine' \\ ok"},
    "lines": {"city": "one\ntwo\n\n\tthree "},
    "markup": {"city": "a < b > c & <b>d</b>"},
    "markup of calls": {"city": "between <tool_call> and </tool_call>, <|tool_call|> or <｜tool▁call▁end｜>"},
    "looks like json": {"city": '{"a": [1, 2]}'},
    "looks like a number": {"city": "007"},
    "empty text": {"city": ""},
    "integer": {"days": -3},
    "large integer": {"days": 12345678901234567890},
    "number": {"degrees": -2.5},
    "exponent": {"degrees": 1e-7},
    "boolean": {"urgent": True, "city": "True"},
    "null": {"note": None},
    "optional": {"note": "none so far"},
    "union": {"size": 5},
    "union text": {"size": "large"},
    "object": {"where": {"at": {"x": 1.5, "y": {"z": "q"}}, "none": None}},
    "nothing": {},
}
LISTS = {
    "list": {"tags": ["a", "b, c", 'd"]']},
    "empty list": {"tags": []},
    "nested": {"where": {"at": [[1, 2], [{"deep": [True, None]}]]}},
    "everything": {"city": "Rome", "days": 2, "degrees": 0.5, "urgent": False, "tags": ["x"], "where": {}, "note": "n"},
}
CASES = {
    **{name: (ToolCall("get_weather", arguments),) for name, arguments in {**PLAIN, **LISTS}.items()},
    "dotted name": (ToolCall("weather.now", {"city": "Oslo"}),),
    "parallel": (ToolCall("get_weather", {"city": "Rome"}), ToolCall("f"), ToolCall("get_weather", {"days": 1})),
}


def mistral_list(calls):
    items = [{"name": call.name, "arguments": call.arguments, "id": "abcdefghi"} for call in calls]
    return f"{mistral.TAG} {json.dumps(items, ensure_ascii=False)}"


def deepseek_v31(calls):
    blocks = "".join(
        f"{deepseek_v3.CALL}{call.name}{deepseek_v3.SEPARATOR}{json.dumps(call.arguments)}{deepseek_v3.CALL_END}"
        for call in calls
    )
    return f"{deepseek_v3.SECTION}{blocks}{deepseek_v3.SECTION_END}"


def functools(calls):
    return "functools" + wire.render(calls, "phi4_mini").removeprefix(phi4_mini.OPEN).removesuffix(phi4_mini.CLOSE)


def rendered(name):
    return lambda calls: wire.render(calls, name, Toolset(TOOLS))


# Our format, vLLM's parser, and how the calls are written.
FORMS = {
    "hermes": ("hermes", "hermes", rendered("hermes")),
    "qwen3_coder": ("qwen3_coder", "qwen3_coder", rendered("qwen3_coder")),
    "llama3_json": ("llama3_json", "llama3_json", rendered("llama3_json")),
    "llama3_json, tagged": (
        "llama3_json",
        "llama3_json",
        lambda calls: llama3_json.TAG + rendered("llama3_json")(calls),
    ),
    "pythonic": ("pythonic", "pythonic", rendered("pythonic")),
    "pythonic, by repr": (
        "pythonic",
        "pythonic",
        lambda calls: (
            "["
            + ", ".join(f"{call.name}({', '.join(f'{k}={v!r}' for k, v in call.arguments.items())})" for call in calls)
            + "]"
        ),
    ),
    "pythonic, tagged": (
        "pythonic",
        "llama4_pythonic",
        lambda calls: pythonic.START + rendered("pythonic")(calls) + pythonic.END,
    ),
    "mistral": ("mistral", "mistral", rendered("mistral")),
    "mistral, bare names": ("mistral", "mistral", lambda calls: rendered("mistral")(calls).replace(mistral.ARGS, "")),
    "mistral, list": ("mistral", "mistral", mistral_list),
    "phi4_mini, functools": ("phi4_mini", "phi4_mini_json", functools),
    "deepseek_v3": ("deepseek_v3", "deepseek_v3", rendered("deepseek_v3")),
    "deepseek_v31": ("deepseek_v3", "deepseek_v31", deepseek_v31),
}

LOST_BY_VLLM = {
    *(("phi4_mini_json", case) for case in ("list", "empty list", "nested", "everything", "looks like json")),
    *((parser, "dotted name") for parser in ("pythonic", "llama4_pythonic")),
}


@pytest.fixture(scope="module")
def tokenizers():
    """The embedded tokenizer with every format's tokens; under "old" without `[ARGS]`, as older ones of Mistral."""
    tokens = {token for known in wire.FORMATS.values() for token in known.marks}
    tokens |= {"<think>", "</think>"}
    both = {}
    for age, left_out in (("new", set()), ("old", {mistral.ARGS})):
        both[age] = AutoTokenizer.from_pretrained(TINY)
        both[age].add_tokens(sorted(tokens - left_out), special_tokens=True)
    return both


def vllm_calls(parser, tokenizer, text):
    request = ChatCompletionRequest(messages=[{"role": "user", "content": "x"}], model="m", tools=TOOLS)
    found = ToolParserManager.get_tool_parser(parser)(tokenizer, request.tools).extract_tool_calls(text, request)
    return tuple(ToolCall(call.function.name, json.loads(call.function.arguments)) for call in found.tool_calls)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_well_formed_calls_are_read_as_vllm_reads_them(form, case, tokenizers):
    name, parser, write = FORMS[form]
    calls = CASES[case]
    text = write(calls)
    assert wire.parse(text, name, Toolset(TOOLS)).calls == calls
    assert wire.parse(text, "auto", Toolset(TOOLS)).calls == calls
    read = vllm_calls(parser, tokenizers["old" if form == "mistral, list" else "new"], text)
    assert read == (() if (parser, case) in LOST_BY_VLLM else calls)
