"""Llama-Nemotron and Nemotron Nano: one JSON list of calls inside `<TOOLCALL>` tags.

    <TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</TOOLCALL>

Source: the chat templates of Llama-3.1-Nemotron-Nano and NVIDIA-Nemotron-Nano-9B-v2; When2Call's own completions.
"""

from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<TOOLCALL>", "</TOOLCALL>", holds="list", is_single=True)

FORMAT = Format.of(
    "nemotron",
    _BLOCKS,
    ends=("<SPECIAL_12>",),
    families=("Llama-Nemotron", "Nemotron Nano 2"),
)
