"""Step-3: `steptml` elements between special tokens, whose bars are full-width.

    <｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="get_weather">
    <steptml:parameter name="city">Paris</steptml:parameter>
    </steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>

Source: the chat template of Step-3.
"""

from rewards.wire.format import Format
from rewards.wire.xml_blocks import XmlBlocks

_MARKS = ("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>")
_CALL_MARKS = ("<｜tool_call_begin｜>", "<｜tool_sep｜>", "<｜tool_call_end｜>")
_BLOCKS = XmlBlocks(
    *_MARKS,
    call=('<steptml:invoke name="', '">', "</steptml:invoke>"),
    parameter=('<steptml:parameter name="', '">', "</steptml:parameter>"),
    holds_many=True,
    lead="<｜tool_call_begin｜>function<｜tool_sep｜>",
    tail="<｜tool_call_end｜>",
    trims=True,
    layout="",
)

FORMAT = Format.of(
    "step3",
    _BLOCKS,
    marks=(*_MARKS, *_CALL_MARKS),
    is_untyped=True,
    vllm=("step3",),
    sglang=("step3",),
    families=("Step-3",),
)
