"""Llama 3.x: JSON objects `{"name": ..., "parameters": {...}}`, after `<|python_tag|>` or bare, several parted by `;`.

Source: Meta's prompt format for Llama 3.1 to 3.3, and their chat templates.
"""

import re
from collections.abc import Sequence

from rewards.limits import MAX_CALLS
from rewards.strict_json import Json, MalformedJsonError, decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import (
    CallShape,
    MalformedCallError,
    ParsedCompletion,
    calls_of,
    is_meant_as_call,
)
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

TAG = "<|python_tag|>"
_SHAPE = CallShape(arguments=("arguments", "parameters"))
_TAGS = Tags(TAG, "", re.compile(r"\s*(?:[\[{]|[\w.]+\()"))


def _find(text: str) -> int:
    if text[:1] == "{" and '"name"' in text:
        return 0
    if text[:1] == "[" and '"name"' in text and '"parameters"' in text:
        return 0
    return text.find(TAG)


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    # Decoding without special tokens removes the tag, which stands first; and templates write none.
    is_bare = _find(text) == 0 and not text.startswith(TAG)
    if is_bare and _is_answer(text, tools):
        return ParsedCompletion(text=text)
    return read_blocks(TAG + text if is_bare else text, _TAGS, _block)


def _is_answer(text: str, tools: Toolset | None) -> bool:
    try:
        value, _ = decode_at(text, 0)
    except MalformedJsonError:
        return False
    return isinstance(value, dict) and not is_meant_as_call(value, tools)


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    # Without the tag, as the chat templates do; the models add it for some system prompts.
    return "; ".join(rendered_json({"name": call.name, "parameters": call.arguments}) for call in calls)


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
    return calls_of(items, _SHAPE.call), position


def _objects(text: str, position: int) -> tuple[list[Json], int]:
    items: list[Json] = []
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
    _find,
    _parse,
    _render,
    marks=(TAG,),
    ends=("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"),
    vllm=("llama3_json", "llama4_json"),
    sglang=("llama3",),
)
