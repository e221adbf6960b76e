"""LongCat Flash: Hermes with tags of its own.

    <longcat_tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</longcat_tool_call>

Source: the chat template of LongCat-Flash-Chat.
"""

from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<longcat_tool_call>", "</longcat_tool_call>", padding="\n")

FORMAT = Format.of(
    "longcat",
    _BLOCKS,
    ends=("</longcat_s>",),
    reasoning=(("<longcat_think>", "</longcat_think>"),),
    reasoning_block=("<longcat_think>", "</longcat_think>"),
    vllm=("longcat",),
    families=("LongCat Flash",),
)
