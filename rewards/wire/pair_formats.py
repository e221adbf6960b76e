"""Formats that write calls as a name and pairs of keys and values."""

import re

from rewards.wire.format import Format
from rewards.wire.pair_blocks import PairBlocks

_GLM = PairBlocks("<tool_call>", "<arg_key>", "<arg_value>")
# Hermes and Qwen3-Coder have the same tag. Only here a name follows it at once, and then a pair or the end.
_FIRST_BLOCK = re.compile(r"<tool_call>[^\s<>{}\[\]()'\"]++(?:\s*+<arg_key>|\n?</tool_call>)")


def _find_glm(text: str) -> int:
    return text.find(_GLM.call) if _FIRST_BLOCK.search(text) else -1


# <tool_call>get_weather
# <arg_key>city</arg_key>
# <arg_value>Paris</arg_value>
# </tool_call>
# Source: the chat templates of GLM-4.5 to GLM-5, Ling 3, Laguna and Spark-X2.5.
GLM = Format.of(
    "glm",
    _GLM,
    find=_find_glm,
    ends=("<|observation|>", "<|user|>"),
    ends_reasoning=True,
    is_untyped=True,
    vllm=("glm45", "glm47", "ling3", "poolside_v1"),
    sglang=("glm", "glm45", "glm47"),
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
)
