"""Kimi K3: calls in a channel of tools, each argument with its type; texts are written as they are.

    <|open|>tools<|sep|><|open|>call tool="get_weather" index="1"<|sep|>
    <|open|>argument key="city" type="string"<|sep|>Paris<|close|>argument<|sep|>
    <|close|>call<|sep|><|close|>tools<|sep|>

In a name, & and " are written as &amp; and &quot;. Source: the chat template of Kimi K3, and vLLM's parser of it.
"""

import re
from collections.abc import Sequence

from rewards.brief import brief
from rewards.limits import MAX_CALLS
from rewards.strict_json import JsonObject, decode, is_unencodable, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, first_of, read_blocks, with_bare
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

_OPEN, _CLOSE, _SEPARATOR = "<|open|>", "<|close|>", "<|sep|>"
_TOOLS, _TOOLS_END = f"{_OPEN}tools{_SEPARATOR}", f"{_CLOSE}tools{_SEPARATOR}"
_CALL_END, _ARGUMENT_END = f"{_CLOSE}call{_SEPARATOR}", f"{_CLOSE}argument{_SEPARATOR}"
_CALL = re.compile(r'<\|open\|>call tool="([^"\s]++)"(?: index="\d++")?<\|sep\|>')
_ARGUMENT = re.compile(r'<\|open\|>argument key="([^"]++)" type="(\w++)"<\|sep\|>')
_TAGS = Tags(_TOOLS, _TOOLS_END, re.compile(r"\s*<\|open\|>call"))
_BARE = Tags(f"{_OPEN}call", _CALL_END, re.compile(r" tool="))
_TYPES = ((bool, "boolean"), (str, "string"), ((int, float), "number"), (list, "array"), (dict, "object"))


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    return with_bare(read_blocks(text, _TAGS, _block, is_single=True), _BARE)


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return _TOOLS + "".join(_written(call, place) for place, call in enumerate(calls, start=1)) + _TOOLS_END


def _written(call: ToolCall, place: int) -> str:
    arguments = "".join(
        f'{_OPEN}argument key="{_escaped(name)}" type="{_type_of(value)}"{_SEPARATOR}'
        f"{value if isinstance(value, str) else rendered_json(value)}{_ARGUMENT_END}"
        for name, value in call.arguments.items()
    )
    return f'{_OPEN}call tool="{_escaped(call.name)}" index="{place}"{_SEPARATOR}{arguments}{_CALL_END}'


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace('"', "&quot;")


def _unescaped(name: str) -> str:
    return name.replace("&quot;", '"').replace("&amp;", "&")


def _type_of(value: object) -> str:
    return next((name for types, name in _TYPES if isinstance(value, types)), "null")


def _block(text: str, inside: int) -> Block:
    calls: list[ToolCall] = []
    position = skip_space(text, inside)
    while not text.startswith(_TOOLS_END, position) or not calls:
        head = _CALL.match(text, position)
        if head is None or len(calls) == MAX_CALLS:
            raise MalformedCallError("no call where one is due, or too many")
        name = _unescaped(head[1])
        arguments, position = _arguments(text, head.end(), name)
        calls.append(ToolCall(name, arguments))
        position = skip_space(text, position)
    return ParsedCompletion(tuple(calls)), position + len(_TOOLS_END)


def _arguments(text: str, position: int, name: str) -> tuple[JsonObject, int]:
    arguments: JsonObject = {}
    position = skip_space(text, position)
    while head := _ARGUMENT.match(text, position):
        end = text.find(_ARGUMENT_END, head.end())
        value = text[head.end() : end]
        key = _unescaped(head[1])
        if end < 0 or _CLOSE in value or key in arguments or is_unencodable(value + key):
            raise MalformedCallError(f"an argument of call {brief(name)} is not closed, or is given twice")
        arguments[key] = value if head[2] == "string" else decode(value)
        position = skip_space(text, end + len(_ARGUMENT_END))
    if not text.startswith(_CALL_END, position):
        raise MalformedCallError(f"call {brief(name)} is not closed after its arguments")
    return arguments, position + len(_CALL_END)


FORMAT = Format(
    "kimi_k3",
    lambda text: first_of(text, _TOOLS, f"{_OPEN}call tool="),
    _parse,
    _render,
    marks=(_OPEN, _CLOSE, _SEPARATOR),
    ends=("<|end_of_msg|>", f"{_CLOSE}message{_SEPARATOR}"),
    vllm=("kimi_k3",),
    sglang=("kimi_k3",),
)
