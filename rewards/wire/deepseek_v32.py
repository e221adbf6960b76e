"""DeepSeek V3.2 and V4: DSML elements, whose parameters tell texts from other values.

    <｜DSML｜function_calls>
    <｜DSML｜invoke name="get_weather">
    <｜DSML｜parameter name="city" string="true">Paris</｜DSML｜parameter>
    </｜DSML｜invoke>
    </｜DSML｜function_calls>

V4 writes `tool_calls` for `function_calls`.
Source: the encoding scripts of DeepSeek-V3.2 and DeepSeek-V4.
"""

from rewards.wire.format import Format
from rewards.wire.xml_blocks import XmlBlocks

_ENDS = ("<｜end▁of▁sentence｜>",)


def _format(name: str, section: str, vllm: tuple[str, ...], sglang: str, family: str) -> Format:
    opening, closing = f"<｜DSML｜{section}>", f"</｜DSML｜{section}>"
    end = "</｜DSML｜parameter>"
    blocks = XmlBlocks(
        opening,
        closing,
        call=('<｜DSML｜invoke name="', '">', "</｜DSML｜invoke>"),
        parameter=('<｜DSML｜parameter name="', '" string="false">', end),
        text_parameter=('<｜DSML｜parameter name="', '" string="true">', end),
        holds_many=True,
    )
    return Format.of(
        name,
        blocks,
        ends=_ENDS,
        is_untyped=True,
        vllm=vllm,
        sglang=(sglang,),
        families=(family,),
    )


FORMAT = _format("deepseek_v32", "function_calls", ("deepseek_v32",), "deepseekv32", "DeepSeek V3.2")
V4 = _format("deepseek_v4", "tool_calls", ("deepseek_v4", "deepseek_v41"), "deepseekv4", "DeepSeek V4")
