"""InternLM 2.5 and 3: one call, a JSON object between special tokens.

    <|action_start|><|plugin|>
    {"name": "get_weather", "parameters": {"city": "Paris"}}<|action_end|>

Source: InternLM's description of its tool calling format.
"""

from rewards.wire.completion import CallShape
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

_BLOCKS = JsonBlocks(
    "<|action_start|><|plugin|>",
    "<|action_end|>",
    shape=CallShape(arguments=("parameters", "arguments"), may_lack=True),
    padding="\n",
)

FORMAT = Format.of(
    "internlm",
    _BLOCKS,
    marks=("<|action_start|>", "<|plugin|>", "<|action_end|>"),
    inner=("<|action_start|><|plugin|>",),
    vllm=("internlm",),
    sglang=("interns1",),
    families=("InternLM 2.5", "InternLM 3", "Intern-S1"),
)
