"""Kimi K2: a section of calls between special tokens; a call's name carries its place.

    <|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>
    {"city": "Paris"}<|tool_call_end|><|tool_calls_section_end|>

Decoding without special tokens leaves `functions.get_weather:0{"city": "Paris"}`.
Source: the chat template of Kimi-K2-Instruct.
"""

import re

from rewards.strict_json import decode_at
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import read_only_calls
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.sections import Sections

_MARKS = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>", "<|tool_call_end|>")
_ARGUMENTS = "<|tool_call_argument_begin|>"
_HEAD = re.compile(rf"\s*(?:functions\.)?([^\s<>:{{}}]+):\d+\s*{re.escape(_ARGUMENTS)}")
_STRIPPED = re.compile(r"functions\.([^\s<>:{}]++):\d++\s*+(?=\{)")


def _write(call: ToolCall, place: int) -> str:
    return f"functions.{call.name}:{place}{_ARGUMENTS}{rendered_json(call.arguments)}"


_SECTIONS = Sections(*_MARKS, heads=((_HEAD, ""),), write=_write)


def _find(text: str) -> int:
    return 0 if _STRIPPED.match(text) else _SECTIONS.find(text)


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    return read_only_calls(text, _stripped_call) if _STRIPPED.match(text) else _SECTIONS.parse(text, tools)


def _stripped_call(text: str, position: int) -> tuple[ToolCall, int]:
    match = _STRIPPED.match(text, position)
    if match is None:
        raise MalformedCallError("text follows the arguments of a call")
    arguments, end = decode_at(text, match.end())
    return ToolCall(match[1], arguments), end


FORMAT = Format.of(
    "kimi_k2",
    _SECTIONS,
    find=_find,
    parse=_parse,
    marks=(*_MARKS, _ARGUMENTS),
    needed=_MARKS[:1],
    ends_reasoning=True,
    vllm=("kimi_k2",),
    sglang=("kimi_k2",),
)
