"""Hermes and Qwen: each call is a JSON object inside `<tool_call>` tags, with text around the blocks."""

import re
from collections.abc import Sequence

from rewards.strict_json import decode_at, skip_space
from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import Block, Tags, read_blocks
from rewards.wire.completion import MalformedCallError, ParsedCompletion, call_of, object_of
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_TAGS = Tags(OPEN, CLOSE, re.compile(r"\s*[\[{]"))


def find(text: str) -> int:
    """Where the text first uses a tag of this format; -1 where it does not."""
    return text.find(OPEN)


def parse(text: str, tools: Toolset | None = None) -> ParsedCompletion:
    """Every block of the text. A broken or unclosed block is malformed; a tag that prose mentions is text."""
    return read_blocks(text, _TAGS, _block)


def render(calls: Sequence[ToolCall], tools: Toolset | None = None) -> str:
    """The calls as a policy of this format writes them."""
    return "\n".join(f"{OPEN}\n{rendered_json(object_of(call))}\n{CLOSE}" for call in calls)


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


FORMAT = Format(
    "hermes",
    find,
    parse,
    render,
    marks=(OPEN, CLOSE),
    ends=("<|im_end|>", "<|endoftext|>"),
    vllm=("hermes",),
    sglang=("qwen", "qwen25", "hermes"),
    families=("Qwen2.5", "Qwen3", "Hermes 2 Pro", "Hermes 3", "SmolLM3", "Granite 4", "Falcon 3"),
)
