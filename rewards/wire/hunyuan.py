"""Hunyuan and Jamba: one JSON list of calls inside `<tool_calls>` tags.

    <tool_calls>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</tool_calls>

Source: the chat templates of Hunyuan-A13B-Instruct and Jamba 1.5.
"""

from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<tool_calls>", "</tool_calls>", holds="list", is_single=True)

FORMAT = Format.of(
    "hunyuan",
    _BLOCKS,
    ends=("<|eos|>",),
    vllm=("hunyuan_a13b", "jamba"),
    sglang=("hunyuan",),
    families=("Hunyuan A13B", "Jamba 1.5"),
)
