"""Llama 3.x: JSON objects `{"name": ..., "parameters": {...}}`, after `<|python_tag|>` or bare, several parted by `;`.

Source: Meta's prompt format for Llama 3.1 to 3.3, and their chat templates.
"""

import re
from collections.abc import Sequence
from typing import Any

from rewards.limits import MAX_CALLS
from rewards.strict_json import decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, calls_of, read_blocks
from rewards.wire.completion import CallShape, MalformedCallError, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

TAG = "<|python_tag|>"
_SHAPE = CallShape(arguments=("arguments", "parameters"))
_TAGS = Tags(TAG, "", re.compile(r"\s*(?:[\[{]|[\w.]+\()"))


def find(text: str) -> int:
    """Return where the text first has the tag, or a call object with nothing before it; -1 where it has neither."""
    if text[:1] == "{" and '"name"' in text:
        return 0
    if text[:1] == "[" and '"name"' in text and '"parameters"' in text:
        return 0
    return text.find(TAG)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Return the calls after each tag, or of a text of nothing but call objects; text after them breaks them."""
    # Decoding without special tokens removes the tag, which stands first; and templates write none.
    is_bare = find(text) == 0 and not text.startswith(TAG)
    return read_blocks(TAG + text if is_bare else text, _TAGS, _block)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """Write the calls as the chat templates do: without the tag, which the models add for some system prompts."""
    objects = [rendered_json({"name": call.name, "parameters": call.arguments}) for call in calls]
    return "; ".join(objects)


def _block(text: str, inside: int) -> Block:
    position = skip_space(text, inside)
    if text.startswith("[", position):
        items, position = decode_at(text, position)
        position = skip_space(text, position)
    else:
        items, position = _objects(text, position)
    if not items:
        raise MalformedCallError("no JSON object where a call is due")
    if position != len(text) and not text.startswith(TAG, position):
        raise MalformedCallError("text follows the JSON value")
    return calls_of(items, position, _SHAPE)


def _objects(text: str, position: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while text.startswith("{", position):
        if len(items) == MAX_CALLS:
            raise MalformedCallError(f"more than {MAX_CALLS} calls")
        value, position = decode_at(text, position)
        items.append(value)
        if text.startswith("{", position):
            raise MalformedCallError("nothing parts two calls")  # servers miss the second
        position = skip_space(text, position)
        if text.startswith(";", position):
            position = skip_space(text, position + 1)
    return items, position


FORMAT = Format(
    "llama3_json",
    find,
    parse,
    render,
    marks=(TAG,),
    ends=("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"),
    vllm=("llama3_json", "llama4_json"),
    sglang=("llama3",),
)
