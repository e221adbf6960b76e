"""Phi-4-mini: one JSON list of calls, inside `<|tool_call|>` tags or after `functools`.

    <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]<|/tool_call|>
    functools[{"name": "get_weather", "arguments": {"city": "Paris"}}]

Each item may stand in an OpenAI wrapper, `{"type": "function", "function": {...}}`.
Source: the model card of Phi-4-mini-instruct for the tags; Microsoft's function-calling samples for `functools`.
"""

import re
from collections.abc import Sequence
from typing import Any

from rewards.strict_json import decode, decode_at
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, calls_of, first_of, only_first, read_blocks
from rewards.wire.completion import JSON_CALL, CallShape, MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

OPEN = "<|tool_call|>"
CLOSE = "<|/tool_call|>"
MARKER = "functools["
_SHAPE = CallShape(arguments=("arguments", "parameters"))
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*[\[{]"))
_MARKED = Tags(MARKER, "", re.compile(r"\s*[\[{]"))


def find(text: str) -> int:
    """Return where the text first uses this format; -1 where it does not, or has no tag that closes a list."""
    return first_of(text, OPEN, MARKER) if CLOSE in text else text.find(MARKER)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls of every list in the text, marked either way."""
    parsed = read_blocks(text, _TAGS, _tagged_list)
    if MARKER not in parsed.text:
        return parsed
    marked = read_blocks(parsed.text, _MARKED, only_first(_marked_list))
    return ParsedCompletion(
        parsed.calls + marked.calls, parsed.malformed + marked.malformed, marked.text, parsed.reasons + marked.reasons
    )


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls as a policy of this format writes them."""
    return f"{OPEN}{rendered_json([JSON_CALL.written(call) for call in calls])}{CLOSE}"


def _tagged_list(text: str, inside: int) -> Block:
    end = text.find(CLOSE, inside)
    if end < 0:
        raise MalformedCallError("a call block is not closed after its JSON")
    return calls_of([_unwrapped(item) for item in _listed(decode(text[inside:end]))], end + len(CLOSE), _SHAPE)


def _marked_list(text: str, inside: int) -> Block:
    value, end = decode_at(text, inside - 1)
    return calls_of(_listed(value), end, _SHAPE)


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise MalformedCallError("a call block does not hold a JSON list of calls")
    return value


def _unwrapped(item: object) -> Any:
    return item.get("function", item) if isinstance(item, dict) and "name" not in item else item


FORMAT = Format(
    "phi4_mini",
    find,
    parse,
    render,
    marks=(OPEN, CLOSE),
    ends=("<|end|>",),
    results=("tool_response", "", ""),
    vllm=("phi4_mini_json",),
)
