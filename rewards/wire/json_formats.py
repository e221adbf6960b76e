"""Formats that write calls as JSON, most of them after a mark."""

import re
from collections.abc import Sequence

from rewards.strict_json import MalformedJsonError, decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import first_of
from rewards.wire.completion import MESSAGE_CALL, CallShape, ParsedCompletion, calls_of, is_meant_as_call
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

# <tool_call>
# {"name": "get_weather", "arguments": {"city": "Paris"}}
# </tool_call>
# Source: the chat templates of Hermes 2 Pro and 3, Qwen2.5 and 3, SmolLM3, Granite 4, Falcon 3 and ERNIE 4.5 Thinking.
HERMES = Format.of(
    "hermes",
    JsonBlocks("<tool_call>", "</tool_call>", padding="\n"),
    ends=("<|im_end|>", "<|endoftext|>"),
    ends_reasoning=True,
    vllm=("hermes", "granite4", "ernie45", "qwen3_json"),
    sglang=("qwen", "qwen25", "hermes", "trinity"),
)

# <longcat_tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</longcat_tool_call>
# Source: the chat template of LongCat-Flash-Chat.
LONGCAT = Format.of(
    "longcat",
    JsonBlocks("<longcat_tool_call>", "</longcat_tool_call>", padding="\n"),
    ends=("</longcat_s>",),
    reasoning=(("<longcat_think>", "</longcat_think>"),),
    reasoning_block=("<longcat_think>", "</longcat_think>"),
    vllm=("longcat",),
)

# Hermes has the same tag: the member's name tells the two apart.
_FIRST_OF_TOOLRL = re.compile(r'<tool_call>\s*+\{\s*+"name"\s*+:\s*+"[^"\\]*+"\s*+,\s*+"parameters"')

# <think> They ask for the weather. </think>
# <tool_call>
# {"name": "get_weather", "parameters": {"city": "Paris"}}
# </tool_call>
# Source: the prompt of ToolRL (arXiv:2504.13958) and its data.
TOOLRL = Format.of(
    "toolrl",
    JsonBlocks(
        "<tool_call>", "</tool_call>", "lines", CallShape(arguments=("parameters",)), is_single=True, padding="\n"
    ),
    find=lambda text: text.find("<tool_call>") if '"parameters"' in text and _FIRST_OF_TOOLRL.search(text) else -1,
)

_GRANITE = JsonBlocks("<|tool_call|>", holds="list", is_single=True)
_GRANITE_TEXT = re.compile(r"<tool_call>(?=\s*+\[)")


def _parse_granite(text: str, tools: Toolset | None) -> ParsedCompletion:
    if _GRANITE.opening not in text:
        text = _GRANITE_TEXT.sub(_GRANITE.opening, text, count=1)
    return _GRANITE.parse(text, tools)


# <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]
# Granite 3.1 may write <tool_call>, as text, for the token. Phi-4-mini closes the same token.
# Source: the chat templates of Granite 3.0 to 3.3, and vLLM's parser of them.
GRANITE = Format.of(
    "granite",
    _GRANITE,
    parse=_parse_granite,
    find=lambda text: -1 if "<|/tool_call|>" in text else text.find("<|tool_call|>"),
    ends=("<|end_of_text|>",),
    vllm=("granite",),
)

# <function_call> {"name": "get_weather", "arguments": {"city": "Paris"}}
# Source: vLLM's chat template for granite-20b-functioncalling.
GRANITE_20B = Format.of("granite_20b", JsonBlocks("<function_call>", padding=" "), vllm=("granite-20b-fc",))

# <TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</TOOLCALL>
# Source: the chat templates of Llama-3.1-Nemotron-Nano and NVIDIA-Nemotron-Nano-9B-v2; When2Call's own completions.
NEMOTRON = Format.of(
    "nemotron", JsonBlocks("<TOOLCALL>", "</TOOLCALL>", holds="list", is_single=True), ends=("<SPECIAL_12>",)
)

# <tool_calls>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</tool_calls>
# Source: the chat templates of Hunyuan-A13B-Instruct and Jamba 1.5.
HUNYUAN = Format.of(
    "hunyuan",
    JsonBlocks("<tool_calls>", "</tool_calls>", holds="list", is_single=True),
    ends=("<|eos|>",),
    vllm=("hunyuan_a13b", "jamba"),
)

_FIRST_LINE = re.compile(r"<tool_calls>\s*+\{")


def _find_minimax(text: str) -> int:
    first = _FIRST_LINE.search(text) if "<tool_calls>" in text else None
    return first.start() if first else -1


# <tool_calls>
# {"name": "get_weather", "arguments": {"city": "Paris"}}
# </tool_calls>
# Source: the chat template of MiniMax-M1.
MINIMAX_M1 = Format.of(
    "minimax_m1",
    JsonBlocks("<tool_calls>", "</tool_calls>", holds="lines", is_single=True, padding="\n"),
    find=_find_minimax,
    ends=("<end_of_sentence>",),
)

_GIGACHAT = JsonBlocks("<|function_call|>", is_single=True, is_last=True)
_GIGACHAT_3 = re.compile(r"(?:<\|message_sep\|>\s*+)?function call<\|role_sep\|>\n")


def _find_gigachat(text: str) -> int:
    at = text.find(_GIGACHAT.opening)
    first = _GIGACHAT_3.search(text) if at < 0 and "<|role_sep|>" in text else None
    return first.start() if first else at


def _parse_gigachat(text: str, tools: Toolset | None) -> ParsedCompletion:
    return _GIGACHAT.parse(_GIGACHAT_3.sub(_GIGACHAT.opening, text), tools)


# <|function_call|>{"name": "get_weather", "arguments": {"city": "Paris"}}
# GigaChat 3 writes, in a message of its own, `function call<|role_sep|>`, a line break and the same JSON.
# Source: the chat templates of GigaChat3-10B-A1.8B and GigaChat3.1-10B-A1.8B, and vLLM's parser of them.
GIGACHAT_3 = Format.of(
    "gigachat3",
    _GIGACHAT,
    find=_find_gigachat,
    parse=_parse_gigachat,
    marks=("<|function_call|>", "<|role_sep|>", "<|message_sep|>"),
    ends=("<|message_sep|>", "</s>"),
    is_one_call=True,
    vllm=("gigachat3",),
    sglang=("gigachat3",),
)

_INKLING = JsonBlocks(
    *("<|content_invoke_tool_json|>", "<|end_message|>"), shape=CallShape(arguments=("args",), may_lack=True)
)
_INKLING_SPEECH = re.compile(r"<\|message_model\|>[\w.\-]*+|<\|content_text\|>|<\|end_message\|>")


def _parse_inkling(text: str, tools: Toolset | None) -> ParsedCompletion:
    parsed = _INKLING.parse(text, tools)
    return parsed._replace(text=_INKLING_SPEECH.sub("", parsed.text).strip())


# <|content_invoke_tool_json|>{"name": "get_weather", "args": {"city": "Paris"}}<|end_message|>
# Each message begins with <|message_model|>. Source: the description of the format in vLLM's parser of Inkling.
INKLING = Format.of(
    "inkling",
    _INKLING,
    parse=_parse_inkling,
    marks=("<|content_invoke_tool_json|>", "<|end_message|>", "<|message_model|>", "<|content_text|>"),
    ends=("<|content_model_end_sampling|>",),
    reasoning=(("<|content_thinking|>", "<|end_message|><|message_model|>"),),
    reasoning_block=("<|content_thinking|>", "<|end_message|><|message_model|>"),
    vllm=("inkling",),
    sglang=("inkling",),
)

_PANGU = JsonBlocks("[unused11]", "[unused12]", holds="list")
_PANGU_TOKENS = ("<|tool_call_start|>", "<|tool_call_end|>")
_FIRST_OF_PANGU_TOKENS = re.compile(r"<\|tool_call_start\|>\s*+\[\s*+\{")


def _find_pangu(text: str) -> int:
    if _PANGU.opening in text:
        return text.find(_PANGU.opening)
    match = _FIRST_OF_PANGU_TOKENS.search(text) if _PANGU_TOKENS[0] in text else None
    return match.start() if match else -1


def _parse_pangu(text: str, tools: Toolset | None) -> ParsedCompletion:
    if _PANGU.opening not in text:
        for token, mark in zip(_PANGU_TOKENS, _PANGU.marks, strict=True):
            text = text.replace(token, mark)
    return _PANGU.parse(text, tools)


# [unused11][{"name": "get_weather", "arguments": {"city": "Paris"}}][unused12]
# Later tokenizers call the two tokens <|tool_call_start|> and <|tool_call_end|>, between which LFM2 writes Python, or
# this JSON where its prompt asks for JSON: SGLang reads both there, vLLM the first.
# Source: the prompts of openPangu-Embedded-1B and 7B and of DeepDiver, and vLLM Ascend's parser of them.
OPENPANGU = Format.of(
    "openpangu",
    _PANGU,
    find=_find_pangu,
    parse=_parse_pangu,
    ends=("[unused10]",),
    reasoning=(("[unused16]", "[unused17]"),),
    reasoning_block=("[unused16]", "[unused17]"),
)

_INTERNLM = JsonBlocks(
    *("<|action_start|><|plugin|>", "<|action_end|>"),
    shape=CallShape(arguments=("parameters", "arguments"), may_lack=True),
    padding="\n",
)
_INTERNLM_PARTED = re.compile(r"<\|action_start\|> (<\|plugin\|>\s*+\{)")


def _find_internlm(text: str) -> int:
    return first_of(text, _INTERNLM.opening, "<|action_start|> <|plugin|>")


def _parse_internlm(text: str, tools: Toolset | None) -> ParsedCompletion:
    return _INTERNLM.parse(_INTERNLM_PARTED.sub(r"<|action_start|>\1", text), tools)


# <|action_start|><|plugin|>
# {"name": "get_weather", "parameters": {"city": "Paris"}}<|action_end|>
# Tokenizers in Python decode the two tokens with a blank between them: SGLang's parser wants it, vLLM's wants none.
# Source: InternLM's description of its tool calling format, and both parsers.
INTERNLM = Format.of(
    "internlm",
    _INTERNLM,
    find=_find_internlm,
    parse=_parse_internlm,
    marks=("<|action_start|>", "<|plugin|>", "<|action_end|>"),
    inner=("<|action_start|><|plugin|>",),
    vllm=("internlm",),
    sglang=("interns1",),
)

# <|tools_prefix|>[{"get_weather": {"city": "Paris"}}]<|tools_suffix|>
# Source: the chat template of Apertus-8B-Instruct-2509.
APERTUS = Format.of(
    "apertus",
    JsonBlocks("<|tools_prefix|>", "<|tools_suffix|>", "list", CallShape(name=""), is_single=True),
    ends=("<|assistant_end|>",),
    reasoning=(("<|inner_prefix|>", "<|inner_suffix|>"),),
    reasoning_block=("<|inner_prefix|>", "<|inner_suffix|>"),
    vllm=("apertus",),
    sglang=("apertus2509",),
)


def _find_list(text: str) -> int:
    return 0 if text[:1] in ("[", "{") and '"name"' in text else -1


def _parse_list(text: str, tools: Toolset | None) -> ParsedCompletion:
    if _find_list(text) < 0:
        return ParsedCompletion(text=text)
    try:
        value, end = decode_at(text, 0)
    except MalformedJsonError as error:
        return ParsedCompletion(malformed=1, reasons=(str(error),))
    items = value if isinstance(value, list) else [value]
    if not any(is_meant_as_call(item, tools) for item in items):
        return ParsedCompletion(text=text)
    if rest := text[skip_space(text, end) :]:
        return ParsedCompletion(malformed=1, text=rest, reasons=("text follows the JSON value",))
    return calls_of(items, MESSAGE_CALL.call)


def _render_list(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return rendered_json([MESSAGE_CALL.written(call) for call in calls])


# [{"name": "get_weather", "arguments": {"city": "Paris"}}]
# What a row's ground truth is written in. A text that is one list and no more; one bare object is read too.
JSON_LIST = Format("json", _find_list, _parse_list, _render_list)

_FENCE = re.compile(r"```(?:json)?\s*+(\[.*\])\s*```", re.DOTALL)


def _find_fence(text: str) -> int:
    return 0 if text.startswith("```") and '"name"' in text and _FENCE.fullmatch(text) else -1


def _parse_fence(text: str, tools: Toolset | None) -> ParsedCompletion:
    fence = _FENCE.fullmatch(text)
    if fence is None and not text.startswith("["):
        return ParsedCompletion(text=text)
    return _parse_list(fence[1] if fence else text, tools)


def _render_fence(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return f"```json\n{_render_list(calls, tools).replace('```', chr(92) + 'u0060``')}\n```"


# ```json
# [{"name": "get_weather", "arguments": {"city": "Paris"}}]
# ```
# Or the list without a fence. A fence may as well show an example: it is read only where it is the whole text.
# Source: the model cards of xLAM and xLAM-2.
XLAM = Format("xlam", _find_fence, _parse_fence, _render_fence, is_unmarked=True, vllm=("xlam",))
