"""Granite-20b-functioncalling: each call a JSON object after a tag, with nothing that closes it.

    <function_call> {"name": "get_weather", "arguments": {"city": "Paris"}}

Source: vLLM's chat template for granite-20b-functioncalling.
"""

from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<function_call>", padding=" ")

FORMAT = Format.of(
    "granite_20b",
    _BLOCKS,
    vllm=("granite-20b-fc",),
    families=("Granite-20b-functioncalling",),
)
