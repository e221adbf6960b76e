"""MiniMax M2: all calls inside one pair of tags, each an `invoke` element; texts are written as they are.

    <minimax:tool_call>
    <invoke name="get_weather">
    <parameter name="city">Paris</parameter>
    </invoke>
    </minimax:tool_call>

Source: the chat templates of MiniMax-M2 and M2.5.
"""

from rewards.wire.format import Format
from rewards.wire.xml_blocks import XmlBlocks

_BLOCKS = XmlBlocks(
    "<minimax:tool_call>",
    "</minimax:tool_call>",
    call=('<invoke name="', '">', "</invoke>"),
    parameter=('<parameter name="', '">', "</parameter>"),
    holds_many=True,
)

FORMAT = Format.of(
    "minimax_m2",
    _BLOCKS,
    ends=("[e~[",),
    is_untyped=True,
    vllm=("minimax_m2",),
    sglang=("minimax-m2",),
    families=("MiniMax M2",),
)
