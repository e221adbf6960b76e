"""Muse Glimmer: `atem` elements in messages that are addressed to tools.

    <atem:function_calls>
    <atem:invoke name="get_weather">
    <atem:parameter name="city">Paris</atem:parameter>
    </atem:invoke>
    </atem:function_calls>

Source: TRL's chat template of Muse Glimmer.
"""

from rewards.wire.format import Format
from rewards.wire.xml_blocks import XmlBlocks

_BLOCKS = XmlBlocks(
    "<atem:function_calls>",
    "</atem:function_calls>",
    call=('<atem:invoke name="', '">', "</atem:invoke>"),
    parameter=('<atem:parameter name="', '">', "</atem:parameter>"),
    holds_many=True,
    reads_json=True,
)

FORMAT = Format.of(
    "muse_glimmer",
    _BLOCKS,
    ends=("<|eom|>", "<|eot|>"),
    is_untyped=True,
    vllm=("muse_glimmer",),
    sglang=("muse",),
    families=("Muse Glimmer",),
)
