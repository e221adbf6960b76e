"""ToolRL: all calls inside one pair of `<tool_call>` tags, a JSON object on each line, `parameters` for the arguments.

    <think> They ask for the weather. </think>
    <tool_call>
    {"name": "get_weather", "parameters": {"city": "Paris"}}
    </tool_call>

Source: the prompt of ToolRL (arXiv:2504.13958) and its data.
"""

import re

from rewards.wire.completion import CallShape
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks(
    "<tool_call>", "</tool_call>", "lines", CallShape(arguments=("parameters",)), is_single=True, padding="\n"
)
# Hermes has the same tag: the member's name tells the two apart.
_FIRST_BLOCK = re.compile(r'<tool_call>\s*+\{\s*+"name"\s*+:\s*+"[^"\\]*+"\s*+,\s*+"parameters"')


def find(text: str) -> int:
    """Return where the text first uses a block of this format; -1 where it does not."""
    match = _FIRST_BLOCK.search(text)
    return text.find("<tool_call>") if match else -1


FORMAT = Format.of(
    "toolrl",
    _BLOCKS,
    find=find,
    families=("ToolRL",),
)
