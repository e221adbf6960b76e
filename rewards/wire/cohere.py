"""Command R7B and Command A: one JSON list of calls between special tokens, what is said between others.

    <|START_ACTION|>[
        {"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Paris"}}
    ]<|END_ACTION|>

Source: the chat template of Command R7B.
"""

from collections.abc import Sequence

from rewards.toolset import Toolset
from rewards.types import ToolCall
from rewards.wire.blocks import first_of
from rewards.wire.completion import CallShape, ParsedCompletion
from rewards.wire.escape import rendered_json
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_SPEECH = ("<|START_RESPONSE|>", "<|START_TEXT|>", "<|END_RESPONSE|>", "<|END_TEXT|>")
_BLOCKS = JsonBlocks(
    "<|START_ACTION|>",
    "<|END_ACTION|>",
    holds="list",
    shape=CallShape("tool_name", ("parameters",), may_lack=True),
    is_single=True,
)


def _find(text: str) -> int:
    return first_of(text, _BLOCKS.opening, *_SPEECH[:2])


def _parse(text: str, tools: Toolset | None) -> ParsedCompletion:
    parsed = _BLOCKS.parse(text, tools)
    text = parsed.text
    for mark in _SPEECH:
        text = text.replace(mark, "")
    return parsed._replace(text=text.strip())


def _render(calls: Sequence[ToolCall], tools: Toolset | None) -> str:
    # A call's place is its id.
    items = [
        {"tool_call_id": str(place), "tool_name": call.name, "parameters": call.arguments}
        for place, call in enumerate(calls)
    ]
    lines = ",\n".join(f"    {rendered_json(item)}" for item in items)
    return f"<|START_ACTION|>[\n{lines}\n]<|END_ACTION|>"


FORMAT = Format(
    "cohere",
    _find,
    _parse,
    _render,
    marks=("<|START_ACTION|>", "<|END_ACTION|>", *_SPEECH),
    ends=("<|END_OF_TURN_TOKEN|>",),
    reasoning=(("<|START_THINKING|>", "<|END_THINKING|>"),),
    reasoning_block=("<|START_THINKING|>", "<|END_THINKING|>"),
    vllm=("cohere_command3", "cohere_command4"),
    sglang=("cohere_command4",),
)
