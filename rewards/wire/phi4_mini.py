"""Phi-4-mini: one JSON list of calls, inside `<|tool_call|>` tags or after `functools`.

    <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]<|/tool_call|>
    functools[{"name": "get_weather", "arguments": {"city": "Paris"}}]

Each item may stand in an OpenAI wrapper, `{"type": "function", "function": {...}}`.
Source: the model card of Phi-4-mini-instruct for the tags; Microsoft's function-calling samples for `functools`.
"""

import re
from collections.abc import Sequence
from typing import Any

from rewards.strict_json import decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, calls_of, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion, object_of
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

OPEN = "<|tool_call|>"
CLOSE = "<|/tool_call|>"
MARKER = "functools["
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*[\[{]"))
_MARKED = Tags(MARKER, "", re.compile(r"\s*[\[{]"))


def find(text: str) -> int:
    """Where the text first uses this format; -1 where it does not."""
    found = [at for at in (text.find(OPEN), text.find(MARKER)) if at >= 0]
    return min(found, default=-1)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Every list of calls in the text, marked either way; or, where the tags were stripped, a text that is one."""
    if find(text) < 0 and text[:1] == "[":
        return read_blocks("functools" + text, _MARKED, _marked_list)
    parsed = read_blocks(text, _TAGS, _tagged_list)
    if MARKER not in parsed.text:
        return parsed
    marked = read_blocks(parsed.text, _MARKED, _marked_list)
    return ParsedCompletion(
        parsed.calls + marked.calls, parsed.malformed + marked.malformed, marked.text, parsed.reasons + marked.reasons
    )


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as a policy of this format writes them."""
    return f"{OPEN}{rendered_json([object_of(call) for call in calls])}{CLOSE}"


def _tagged_list(text: str, inside: int) -> Block:
    calls, end, malformed, reasons = _list(text, skip_space(text, inside))
    end = skip_space(text, end)
    if not text.startswith(CLOSE, end):
        raise MalformedCallError("a call block is not closed after its JSON")
    return calls, end + len(CLOSE), malformed, reasons


def _marked_list(text: str, inside: int) -> Block:
    return _list(text, inside - 1)


def _list(text: str, begin: int) -> Block:
    if not text.startswith("[", begin):
        raise MalformedCallError("a call block does not begin with a JSON list")
    items, end = decode_at(text, begin)
    if not items:
        raise MalformedCallError("an empty list of calls")
    return calls_of([_unwrapped(item) for item in items], end, "parameters")


def _unwrapped(item: Any) -> Any:
    return item.get("function", item) if isinstance(item, dict) and "name" not in item else item


FORMAT = Format(
    "phi4_mini",
    find,
    parse,
    render,
    marks=(OPEN, CLOSE),
    ends=("<|end|>",),
    vllm=("phi4_mini_json",),
    families=("Phi-4-mini",),
)
