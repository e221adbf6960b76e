"""Formats that write calls as a name and pairs of keys and values."""

import re
from collections.abc import Callable
from typing import Any

from rewards.toolset import Toolset
from rewards.wire.completion import ParsedCompletion
from rewards.wire.format import THINK, Format
from rewards.wire.pair_blocks import PairBlocks

_GLM = PairBlocks("<tool_call>", "<arg_key>", "<arg_value>")
_GLM_47 = PairBlocks("<tool_call>", "<arg_key>", "<arg_value>", layout="")
# Hermes and Qwen3-Coder have the same tag. Only here a name follows it at once, and then a pair or the end.
_FIRST_BLOCK = re.compile(r"<tool_call>[^\s<>{}\[\]()'\"]++(?:\s*+<arg_key>|\n?</tool_call>)")
_FIRST_BLOCK_47 = re.compile(r"<tool_call>[^\s<>{}\[\]()'\"]++(?:<arg_key>|</tool_call>)")


def _glm(name: str, blocks: PairBlocks, first: re.Pattern[str], **options: tuple[str, ...]) -> Format:
    return Format.of(
        name,
        blocks,
        find=lambda text: text.find(blocks.call) if first.search(text) else -1,
        ends=("<|observation|>", "<|user|>"),
        ends_reasoning=True,
        is_untyped=True,
        **options,
    )


# <tool_call>get_weather
# <arg_key>city</arg_key>
# <arg_value>Paris</arg_value>
# </tool_call>
# From GLM-4.7 on without the line breaks. vLLM does not look at them; of SGLang's parsers some want them, others none.
# Source: the chat templates of GLM-4.5 to GLM-5, Ling 3, Laguna and Spark-X2.5, and SGLang's parsers.
GLM_47 = _glm("glm47", _GLM_47, _FIRST_BLOCK_47, vllm=("glm47", "glm45"), sglang=("glm47", "spark25"))
GLM = _glm(
    *("glm", _GLM, _FIRST_BLOCK),
    vllm=("glm45", "glm47", "ling3", "poolside_v1"),
    sglang=("glm", "glm45", "ling3", "poolside_v1"),
)

# <iquest_tool_call>get_weather
# <arg_key>city</arg_key>
# <arg_value>Paris</arg_value>
# </iquest_tool_call>
# Source: SGLang's parser of IQuest Q1.
IQUEST = Format.of(
    "iquest_q1", PairBlocks("<iquest_tool_call>", "<arg_key>", "<arg_value>"), is_untyped=True, sglang=("iquest_q1",)
)

_FIRST_OF_LONGCAT = re.compile(r"<longcat_tool_call>[^\s<>{}\[\]()'\"]++\s*+<(?:longcat_arg_key|/longcat_tool_call)>")

# <longcat_tool_call>get_weather
# <longcat_arg_key>city</longcat_arg_key>
# <longcat_arg_value>Paris</longcat_arg_value>
# </longcat_tool_call>
# LongCat-Flash-Chat has JSON between the outer tags.
# Source: the chat template of LongCat-Flash-Lite, and mlx-lm's parser of it.
LONGCAT_LITE = Format.of(
    "longcat_lite",
    PairBlocks("<longcat_tool_call>", "<longcat_arg_key>", "<longcat_arg_value>"),
    find=lambda text: text.find("<longcat_tool_call>") if _FIRST_OF_LONGCAT.search(text) else -1,
    ends=("</longcat_s>",),
    reasoning=(("<longcat_think>", "</longcat_think>"),),
    reasoning_block=("<longcat_think>", "</longcat_think>"),
    is_untyped=True,
)

# <ifm|tool_calls>
# <ifm|tool_call>get_weather
# <ifm|arg_key>city</ifm|arg_key>
# <ifm|arg_value>Paris</ifm|arg_value>
# </ifm|tool_call>
# </ifm|tool_calls>
# Its template can ask for JSON or for types instead, which servers read where they are asked to.
# Source: vLLM's parser of it, and the chat template of K2-Horizon-7B.
K2_HORIZON = Format.of(
    "k2_horizon",
    PairBlocks("<ifm|tool_call>", "<ifm|arg_key>", "<ifm|arg_value>", group="<ifm|tool_calls>"),
    ends=("<|ifm|im_end|>",),
    reasoning=(
        ("<ifm|think>", "</ifm|think>"),
        ("<ifm|think_fast>", "</ifm|think_fast>"),
        ("<ifm|think_faster>", "</ifm|think_faster>"),
    ),
    ends_reasoning=True,
    reasoning_block=("<ifm|think>\n", "\n</ifm|think>\n"),
    is_untyped=True,
    vllm=("k2_horizon",),
    sglang=("k2_horizon",),
)

# Hunyuan A13B writes a JSON list behind the same tag.
_FIRST_GROUP = re.compile(r"<tool_calls(:[^\s<>]++)?>\s*+<tool_call")
_SUFFIXED = re.compile(r"(</?(?:tool_calls|tool_call|tool_sep|arg_key|arg_value)):[^\s<>]++>")


def _hunyuan(name: str, blocks: PairBlocks, is_one: Callable[[str], bool], **options: Any) -> Format:
    """Describe a format whose tags may have a suffix, the same in all of them, as Hy3's have `:opensource`."""

    def find(text: str) -> int:
        first = _FIRST_GROUP.search(text) if "<tool_calls" in text else None
        return first.start() if first and is_one(text) else -1

    def parse(text: str, tools: Toolset | None) -> ParsedCompletion:
        return blocks.parse(_SUFFIXED.sub(r"\1>", text), tools)

    return Format.of(
        name,
        blocks,
        find=find,
        parse=parse,
        ends=("<｜hy_eos｜>", "<｜hy_eos:opensource｜>"),
        reasoning=(*THINK, ("<think:opensource>", "</think:opensource>")),
        is_untyped=True,
        **options,
    )


# <tool_calls>
# <tool_call>get_weather<tool_sep>
# <arg_key>city</arg_key>
# <arg_value>Paris</arg_value>
# </tool_call>
# </tool_calls>
# Source: the chat template of Hy3, and vLLM's and SGLang's parsers of it. Hy4 has no <tool_sep>, and nothing stands
# between a key and its value: vLLM's parser of it.
HUNYUAN_V3 = _hunyuan(
    "hunyuan_v3",
    PairBlocks("<tool_call>", "<arg_key>", "<arg_value>", group="<tool_calls>", behind_name="<tool_sep>"),
    lambda text: "<tool_sep" in text,
    vllm=("hy_v3",),
    sglang=("hunyuan",),
)
HUNYUAN_V4 = _hunyuan(
    "hunyuan_v4",
    PairBlocks("<tool_call>", "<arg_key>", "<arg_value>", group="<tool_calls>", layout="", is_strict=True),
    lambda text: "<tool_sep" not in text,
    vllm=("hy_v4",),
    sglang=("hunyuan",),
)

# <|tool_call:start|>get_weather
# <|tool_arg:start|>city<|tool_arg:value|>Paris<|tool_arg:end|>
# <|tool_call:end|>
# Source: vLLM's parser of Solar Open 2, whose tests say what a line break behind the name is for.
SOLAR_OPEN2 = Format.of(
    "solar_open2",
    PairBlocks(
        "<|tool_call:start|>",
        "<|tool_arg:start|>",
        "",
        call_end="<|tool_call:end|>",
        key_end="<|tool_arg:value|>",
        value_end="<|tool_arg:end|>",
        behind_name="\n",
        layout="",
        is_strict=True,
    ),
    ends=("<|im:end|>",),
    reasoning=(("<|think:start|>", "<|think:end|>"),),
    reasoning_block=("<|think:start|>", "<|think:end|>"),
    is_untyped=True,
    vllm=("solar_open2",),
)
