"""Formats that write calls as elements; a text is written as it is."""

import re
from typing import Any

from rewards.wire.format import Format
from rewards.wire.xml_blocks import XmlBlocks

_FIRST_BLOCK = re.compile(r"<tool_call>\s*+(?:(<function=)|[\[{])")
_FIRST_BARE = re.compile(r"<function=[^\s<>]++>\s*+<")
_FUNCTION = ("<function={}>", "<parameter={}>")
_INVOKE = ('<invoke name="{}">', '<parameter name="{}">')


def _find_qwen3_coder(text: str) -> int:
    if "<function=" not in text:
        return -1
    # Hermes has the same tag: whose it is, the first tag that a block follows tells.
    block = _FIRST_BLOCK.search(text)
    if block and block[1]:
        return text.find("<tool_call>")
    bare = _FIRST_BARE.search(text)
    return bare.start() if bare else -1


# <tool_call>
# <function=get_weather>
# <parameter=city>
# Paris
# </parameter>
# </function>
# </tool_call>
# Source: the chat templates of Qwen3-Coder, Qwen3-Next, Qwen3.5 and 3.6, Step-3.5, Nemotron 3 and Nanbeige4.2.
QWEN3_CODER = Format.of(
    "qwen3_coder",
    XmlBlocks("<tool_call>", *_FUNCTION, padding="\n"),
    find=_find_qwen3_coder,
    ends_reasoning=True,
    is_untyped=True,
    vllm=("qwen3_coder", "qwen3_xml", "step3p5", "step5"),
    sglang=("qwen3_coder", "step3p5", "nanbeige"),
)

# The same without the line breaks around a value, which would belong to it.
# Source: vLLM's parser of MiMo-V2 from 0.32 on, and SGLang's.
MIMO = Format.of(
    "mimo",
    XmlBlocks("<tool_call>", *_FUNCTION),
    find=_find_qwen3_coder,
    ends_reasoning=True,
    is_untyped=True,
    vllm=("mimo",),
    sglang=("mimo",),
)

# <seed:tool_call><function=get_weather><parameter=city>Paris</parameter></function></seed:tool_call>
# Source: the chat template of Seed-OSS-36B-Instruct.
SEED_OSS = Format.of(
    "seed_oss",
    XmlBlocks("<seed:tool_call>", *_FUNCTION, padding="\n"),
    ends=("<seed:eos>",),
    reasoning=(("<seed:think>", "</seed:think>"),),
    ends_reasoning=True,
    reasoning_block=("<seed:think>", "</seed:think>"),
    is_untyped=True,
    vllm=("seed_oss",),
)

# <minimax:tool_call>
# <invoke name="get_weather">
# <parameter name="city">Paris</parameter>
# </invoke>
# </minimax:tool_call>
# Source: the chat templates of MiniMax-M2 and M2.5.
MINIMAX_M2 = Format.of(
    "minimax_m2",
    XmlBlocks("<minimax:tool_call>", *_INVOKE, holds_many=True),
    ends=("[e~[",),
    ends_reasoning=True,
    is_untyped=True,
    vllm=("minimax_m2",),
    sglang=("minimax-m2",),
)

# The same inside of <dots_function_call>. Source: the description of the format in vLLM's parser of it.
DOTS = Format.of(
    "dots",
    XmlBlocks("<dots_function_call>", *_INVOKE, holds_many=True, trims=True),
    is_untyped=True,
    vllm=("dots",),
    sglang=("dots",),
)

_M3 = "]<]minimax[>["

# The same with a token before each tag, and a parameter's name as its tag: ]<]minimax[>[<city>Paris]<]minimax[>[</city>
# Objects and lists are elements inside of elements: ]<]minimax[>[<tags>]<]minimax[>[<item>a]<]minimax[>[</item>…
# Source: the chat template of MiniMax-M3, and vLLM's and SGLang's parsers of it.
MINIMAX_M3 = Format.of(
    "minimax_m3",
    XmlBlocks(f"{_M3}<tool_call>", f'{_M3}<invoke name="{{}}">', f"{_M3}<{{}}>", holds_many=True, nests=True),
    marks=(_M3,),
    reasoning=(("<mm:think>", "</mm:think>"),),
    reasoning_block=("<mm:think>", "</mm:think>"),
    is_untyped=True,
    vllm=("minimax_m3",),
    sglang=("minimax-m3",),
)

# <｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="get_weather">
# <steptml:parameter name="city">Paris</steptml:parameter>
# </steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>
# The bars are full-width. Source: the chat template of Step-3.
STEP3 = Format.of(
    "step3",
    XmlBlocks(
        *("<｜tool_calls_begin｜>", '<steptml:invoke name="{}">', '<steptml:parameter name="{}">'),
        "<｜tool_calls_end｜>",
        holds_many=True,
        lead="<｜tool_call_begin｜>function<｜tool_sep｜>",
        tail="<｜tool_call_end｜>",
        trims=True,
        layout="",
    ),
    marks=(
        *("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"),
        *("<｜tool_call_begin｜>", "<｜tool_sep｜>", "<｜tool_call_end｜>"),
    ),
    is_untyped=True,
    vllm=("step3",),
    sglang=("step3",),
)


def _tagged(name: str, mark: str, section: str, **options: Any) -> Format:
    """Describe a format in which each tag begins with a mark, and says of an argument whether it is a text."""
    blocks = XmlBlocks(
        f"<{mark}{section}>",
        f'<{mark}invoke name="{{}}">',
        f'<{mark}parameter name="{{}}" string="{{}}">',
        holds_many=True,
        wrappers=("arguments", "input"),
    )
    return Format.of(name, blocks, is_untyped=True, **options)


_DEEPSEEK_ENDS = ("<｜end▁of▁sentence｜>",)

# <｜DSML｜function_calls>
# <｜DSML｜invoke name="get_weather">
# <｜DSML｜parameter name="city" string="true">Paris</｜DSML｜parameter>
# </｜DSML｜invoke>
# </｜DSML｜function_calls>
# V4.1 writes a blank behind each mark.
# Source: the encoding scripts of DeepSeek-V3.2 and DeepSeek-V4, and vLLM's and SGLang's parsers of V4.1.
DEEPSEEK_V32 = _tagged(
    *("deepseek_v32", "｜DSML｜", "function_calls"),
    ends=_DEEPSEEK_ENDS,
    vllm=("deepseek_v32",),
    sglang=("deepseekv32",),
)
DEEPSEEK_V4 = _tagged(
    *("deepseek_v4", "｜DSML｜", "tool_calls"),
    ends=_DEEPSEEK_ENDS,
    ends_reasoning=True,
    vllm=("deepseek_v4",),
    sglang=("deepseekv4",),
)
DEEPSEEK_V41 = _tagged(
    *("deepseek_v41", "｜DSML｜ ", "calls"),
    ends=_DEEPSEEK_ENDS,
    ends_reasoning=True,
    vllm=("deepseek_v41",),
    sglang=("deepseekv41",),
)

# The same with ｜GCML｜ for a mark. Source: SGLang's parser of GigaChat 3.5, and its chat template.
GIGACHAT_35 = _tagged(
    *("gigachat35", "｜GCML｜", "tool_calls"), ends=("<|message_sep|>", "</s>"), sglang=("gigachat35",)
)
