"""Qwen3-Coder: each call is XML-like inside `<tool_call>` tags, and every argument is plain text.

    <tool_call>
    <function=get_weather>
    <parameter=city>
    Paris
    </parameter>
    </function>
    </tool_call>

Source: the chat templates of Qwen3-Coder and of Qwen3.5, which write strings as they are and other values as JSON.
"""

import re

from rewards.wire.format import Format
from rewards.wire.xml_blocks import XmlBlocks

CALL = ("<function=", ">", "</function>")
PARAMETER = ("<parameter=", ">", "</parameter>")
_BLOCKS = XmlBlocks("<tool_call>", "</tool_call>", CALL, PARAMETER, padding="\n")
_FIRST_BLOCK = re.compile(r"<tool_call>\s*+(?:(<function=)|[\[{])")
_FIRST_BARE = re.compile(r"<function=[^\s<>]++>\s*+<")


def find(text: str) -> int:
    """Return where the text first uses a tag of this format; -1 where it does not."""
    if "<function=" not in text:
        return -1
    # Hermes has the same tag: whose it is, the first tag that a block follows tells.
    block = _FIRST_BLOCK.search(text)
    if block and block[1]:
        return text.find("<tool_call>")
    bare = _FIRST_BARE.search(text)
    return bare.start() if bare else -1


FORMAT = Format.of(
    "qwen3_coder",
    _BLOCKS,
    find=find,
    is_untyped=True,
    vllm=("qwen3_coder", "qwen3_xml", "mimo"),
    sglang=("qwen3_coder", "mimo"),
    families=("Qwen3-Coder", "Qwen3.5", "Qwen3.6", "Qwen3-Next", "MiMo", "Nemotron 3"),
)
