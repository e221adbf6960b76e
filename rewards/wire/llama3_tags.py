"""Llama 3.1's format for custom tools, and Functionary's: a name in the tag, arguments as JSON inside.

    <function=get_weather>{"city": "Paris"}</function>

Source: Meta's prompt format for Llama 3.1, "user-defined custom tool calling".
"""

import re
from collections.abc import Sequence

from rewards.brief import brief
from rewards.strict_json import decode
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

_OPENING, _CLOSING = "<function=", "</function>"
_TAGS = Tags(_OPENING, _CLOSING, re.compile(r"[^\s<>{}=]+>\s*\{"))
_HEAD = re.compile(r"([^\s<>{}=]++)>\s*+(?=\{)")
_FIRST = re.compile(rf"{_OPENING}{_HEAD.pattern}")


def _find(text: str) -> int:
    match = _FIRST.search(text) if _OPENING in text else None
    return match.start() if match else -1


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    return read_blocks(text, _TAGS, _block)


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return "\n".join(f"{_OPENING}{call.name}>{rendered_json(call.arguments)}{_CLOSING}" for call in calls)


def _block(text: str, inside: int) -> Block:
    head = _HEAD.match(text, inside)
    end = text.find(_CLOSING, inside)
    if head is None or end < 0:
        raise MalformedCallError("a function tag without arguments, or not closed")
    arguments = decode(text[head.end() : end])
    if not isinstance(arguments, dict):
        raise MalformedCallError(f"arguments of call {brief(head[1])} are not an object")
    return ParsedCompletion((ToolCall(head[1], arguments),)), end + len(_CLOSING)


FORMAT = Format(
    "llama3_tags",
    _find,
    _parse,
    _render,
    inner=(_OPENING, _CLOSING),
    ends=("<|eot_id|>", "<|eom_id|>"),
)
