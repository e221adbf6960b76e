"""Kimi K2: a section of calls between special tokens; a call's name carries its place.

    <|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>
    {"city": "Paris"}<|tool_call_end|><|tool_calls_section_end|>

Decoding without special tokens leaves `functions.get_weather:0{"city": "Paris"}`.
Source: the chat template of Kimi-K2-Instruct.
"""

import re

from rewards.limits import MAX_CALLS
from rewards.strict_json import MalformedJsonError, decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
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


def find(text: str) -> int:
    """Return where the text first uses this format, with its tokens or stripped of them; -1 where it does not."""
    return 0 if _STRIPPED.match(text) else _SECTIONS.find(text)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return every call of every section; or, where the tokens were stripped, of a text that is nothing but calls."""
    return _parse_stripped(text) if _STRIPPED.match(text) else _SECTIONS.parse(text, tools)


def _parse_stripped(text: str) -> ParsedCompletion:
    calls: list[ToolCall] = []
    position = 0
    try:
        while position < len(text):
            match = _STRIPPED.match(text, position)
            if match is None or len(calls) == MAX_CALLS:
                raise MalformedCallError(f"text follows the arguments of a call, or more than {MAX_CALLS} calls")
            arguments, position = decode_at(text, match.end())
            calls.append(ToolCall(match[1], arguments))
            position = skip_space(text, position)
    except (MalformedCallError, MalformedJsonError) as error:
        return ParsedCompletion((), len(calls) + 1, text[position:], (str(error),))
    return ParsedCompletion(tuple(calls))


FORMAT = Format(
    "kimi_k2",
    find,
    parse,
    _SECTIONS.render,
    marks=(*_MARKS, _ARGUMENTS),
    needed=_MARKS[:1],
    vllm=("kimi_k2",),
    sglang=("kimi_k2",),
    families=("Kimi K2", "Kimi Linear"),
)
