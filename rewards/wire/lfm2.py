"""LFM2 and LFM2.5: a list of calls in Python between special tokens, with text before and after.

    <|tool_call_start|>[get_weather(city="Paris")]<|tool_call_end|>

Source: the chat templates of LFM2 and LFM2.5.
"""

from rewards.wire.format import Format
from rewards.wire.python_blocks import PythonBlocks

_BLOCKS = PythonBlocks("<|tool_call_start|>", "<|tool_call_end|>", is_list=True)

FORMAT = Format.of(
    "lfm2",
    _BLOCKS,
    marks=("<|tool_call_start|>", "<|tool_call_end|>"),
    vllm=("lfm2",),
    sglang=("lfm2",),
    families=("LFM2", "LFM2.5"),
)
