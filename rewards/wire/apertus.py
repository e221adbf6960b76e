"""Apertus: one JSON list of calls between special tokens, each an object with the tool's name as its only key.

    <|tools_prefix|>[{"get_weather": {"city": "Paris"}}]<|tools_suffix|>

Source: the chat template of Apertus-8B-Instruct-2509.
"""

from rewards.wire.completion import CallShape
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<|tools_prefix|>", "<|tools_suffix|>", "list", CallShape(name=""), is_single=True)

FORMAT = Format.of(
    "apertus",
    _BLOCKS,
    ends=("<|assistant_end|>",),
    reasoning=(("<|inner_prefix|>", "<|inner_suffix|>"),),
    reasoning_block=("<|inner_prefix|>", "<|inner_suffix|>"),
    vllm=("apertus",),
    sglang=("apertus2509",),
    families=("Apertus",),
)
