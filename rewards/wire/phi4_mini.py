"""Phi-4-mini: one JSON list of calls, inside `<|tool_call|>` tags or after `functools`.

    <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]<|/tool_call|>
    functools[{"name": "get_weather", "arguments": {"city": "Paris"}}]

Each item may stand in an OpenAI wrapper, `{"type": "function", "function": {...}}`.
Source: the model card of Phi-4-mini-instruct for the tags; Microsoft's function-calling samples for `functools`.
"""

import re
from collections.abc import Sequence

from rewards.strict_json import Json, decode, decode_at
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, first_of, read_blocks
from rewards.wire.completion import JSON_CALL, CallShape, MalformedCallError, ParsedCompletion, calls_of, merged
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

OPEN = "<|tool_call|>"
CLOSE = "<|/tool_call|>"
MARKER = "functools["
_SHAPE = CallShape(arguments=("arguments", "parameters"))
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*[\[{]"))
_MARKED = Tags(MARKER, "", re.compile(r"\s*[\[{]"))


def _find(text: str) -> int:
    return first_of(text, OPEN, MARKER) if CLOSE in text else text.find(MARKER)


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    parsed = read_blocks(text, _TAGS, _tagged_list)
    if MARKER not in parsed.text:
        return parsed
    marked = read_blocks(parsed.text, _MARKED, _marked_list, is_single=True)
    return merged([parsed, marked], marked.text)


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    return f"{OPEN}{rendered_json([JSON_CALL.written(call) for call in calls])}{CLOSE}"


def _tagged_list(text: str, inside: int) -> Block:
    end = text.find(CLOSE, inside)
    if end < 0:
        raise MalformedCallError("a call block is not closed after its JSON")
    items = _listed(decode(text[inside:end]))
    return calls_of([_unwrapped(item) for item in items], _SHAPE.call), end + len(CLOSE)


def _marked_list(text: str, inside: int) -> Block:
    value, end = decode_at(text, inside - 1)
    return calls_of(_listed(value), _SHAPE.call), end


def _listed(value: object) -> list[Json]:
    if not isinstance(value, list) or not value:
        raise MalformedCallError("a call block does not hold a JSON list of calls")
    return value


def _unwrapped(item: object) -> Json:
    return item.get("function", item) if isinstance(item, dict) and "name" not in item else item


FORMAT = Format(
    "phi4_mini",
    _find,
    _parse,
    _render,
    marks=(OPEN, CLOSE),
    ends=("<|end|>",),
    results=("tool_response", "", ""),
    vllm=("phi4_mini_json",),
)
