"""Hermes and Qwen: each call is a JSON object inside `<tool_call>` tags, with text around the blocks."""

import re
from collections.abc import Mapping, Sequence

from rewards.limits import MAX_CALLS
from rewards.strict_json import MalformedJsonError, decode_at, decode_named, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion, call_of, object_of, rendered_json

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*[\[{]"))
_FIRST, _LAST = f"{OPEN}\n", f"\n{CLOSE}"
_FIRST_CALL, _LAST_CALL = f"{_FIRST}{{", f"}}{_LAST}"
_FIRST_LENGTH, _LAST_LENGTH = len(_FIRST), len(_LAST)
_BETWEEN = f"{_LAST}\n{_FIRST}"  # no string of strict JSON holds a line break, so this stands between blocks only
_NOTHING_KNOWN: Mapping[str, ToolCall] = {}


def find(text: str) -> int:
    """Where the text first uses a tag of this format; -1 where it does not."""
    return text.find(OPEN)


def parse(text: str, tools: Toolset | None = None, known: Mapping[str, ToolCall] = _NOTHING_KNOWN) -> ParsedCompletion:
    """Every block of the text. A broken or unclosed block is malformed; a tag that prose mentions is text.

    Args:
        text: without reasoning.
        tools: not looked at.
        known: calls already read, by what stands in their blocks as `render` writes them (see `payloads`).
    """
    if (calls := _rendered_calls(text, known)) is not None:
        return ParsedCompletion(calls)
    return read_blocks(text, _TAGS, _block)


def single_call(text: str) -> ToolCall | None:
    """The call of a text that is one block as `render` writes it, and nothing else; None where it may be any other."""
    if not (text.startswith(_FIRST_CALL) and text.endswith(_LAST_CALL)):
        return None
    found = decode_named(text[_FIRST_LENGTH:-_LAST_LENGTH], "name", "arguments")
    return ToolCall(*found) if found is not None and found[0] else None


def payloads(text: str) -> list[str]:
    """What stands in each block of a text that is laid out as `render` does it; nothing where it is not."""
    if not (text.startswith(_FIRST) and text.endswith(_LAST)):
        return []
    found = text[len(_FIRST) : -len(_LAST)].split(_BETWEEN, MAX_CALLS)
    return found if len(found) <= MAX_CALLS else []


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as a policy of this format writes them."""
    return "\n".join(f"{OPEN}\n{rendered_json(object_of(call))}\n{CLOSE}" for call in calls)


def _rendered_calls(text: str, known: Mapping[str, ToolCall]) -> tuple[ToolCall, ...] | None:
    """The calls of a text that is nothing but well-formed blocks, as `render` lays them out; None for any other."""
    calls = []
    for payload in payloads(text):
        call = known.get(payload)
        if call is None:
            call = _call(payload)
            if call is None:
                return None
        calls.append(call)
    return tuple(calls) or None


def _call(payload: str) -> ToolCall | None:
    found = decode_named(payload, "name", "arguments")
    if found is not None and found[0]:
        return ToolCall(*found)
    try:
        value, end = decode_at(payload, 0)
        call = call_of(value)
    except (MalformedCallError, MalformedJsonError):
        return None
    return call if payload[:1] == "{" and end == len(payload) else None


def _block(text: str, inside: int) -> Block:
    # The JSON is decoded before the closing tag is looked for: a string inside it may hold the tag's letters.
    begin = skip_space(text, inside)
    if not text.startswith("{", begin):
        raise MalformedCallError("a call block does not begin with a JSON object")
    value, end = decode_at(text, begin)
    end = skip_space(text, end)
    if not text.startswith(CLOSE, end):
        raise MalformedCallError("a call block is not closed after its JSON")
    return (call_of(value),), end + len(CLOSE), 0, ()
