"""Seed-OSS: Qwen3-Coder's elements inside tags of its own.

    <seed:tool_call><function=get_weather><parameter=city>Paris</parameter></function></seed:tool_call>

Source: the chat template of Seed-OSS-36B-Instruct.
"""

from rewards.wire.format import Format
from rewards.wire.qwen3_coder import CALL, PARAMETER
from rewards.wire.xml_blocks import XmlBlocks

_BLOCKS = XmlBlocks("<seed:tool_call>", "</seed:tool_call>", CALL, PARAMETER, padding="\n")

FORMAT = Format.of(
    "seed_oss",
    _BLOCKS,
    ends=("<seed:eos>",),
    reasoning=(("<seed:think>", "</seed:think>"),),
    reasoning_block=("<seed:think>", "</seed:think>"),
    is_untyped=True,
    vllm=("seed_oss",),
    families=("Seed-OSS",),
)
