"""Hermes and Qwen: each call is a JSON object inside `<tool_call>` tags, with text around the blocks.

    <tool_call>
    {"name": "get_weather", "arguments": {"city": "Paris"}}
    </tool_call>

Source: the chat templates of Hermes 2 Pro, of Qwen2.5 and of Granite 4.
"""

from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks("<tool_call>", "</tool_call>", padding="\n")

FORMAT = Format.of(
    "hermes",
    _BLOCKS,
    ends=("<|im_end|>", "<|endoftext|>"),
    vllm=("hermes", "granite4"),
    sglang=("qwen", "qwen25", "hermes"),
    families=("Qwen2.5", "Qwen3", "Hermes 2 Pro", "Hermes 3", "SmolLM3", "Granite 4", "Falcon 3"),
)
