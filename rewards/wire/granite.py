"""Granite 3: one JSON list of calls after a token, with nothing that closes it.

    <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]

Source: the chat templates of Granite 3.0 to 3.3.
"""

from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_CLOSING = "<|/tool_call|>"
_BLOCKS = JsonBlocks("<|tool_call|>", holds="list", is_single=True)


def find(text: str) -> int:
    """Return where the text first has the token, if it does not close it as Phi-4-mini does; -1 where it has not."""
    return -1 if _CLOSING in text else _BLOCKS.find(text)


FORMAT = Format.of(
    "granite",
    _BLOCKS,
    find=find,
    ends=("<|end_of_text|>",),
    vllm=("granite",),
    families=("Granite 3",),
)
