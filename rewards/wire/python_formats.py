"""Formats that write calls as Python between marks."""

from rewards.wire.format import Format
from rewards.wire.python_blocks import PythonBlocks

# <|tool_call_start|>[get_weather(city="Paris")]<|tool_call_end|>
# Source: the chat templates of LFM2 and LFM2.5.
LFM2 = Format.of(
    "lfm2",
    PythonBlocks("<|tool_call_start|>", "<|tool_call_end|>", is_list=True, takes_line_breaks=True),
    marks=("<|tool_call_start|>", "<|tool_call_end|>"),
    vllm=("lfm2",),
    sglang=("lfm2",),
)

# <function_calls>
# get_weather(city="Paris")
# get_time()
# </function_calls>
# Source: the chat template of Olmo-3-7B-Instruct.
OLMO3 = Format.of(
    "olmo3",
    PythonBlocks("<function_calls>", "</function_calls>", is_by_line=True, padding="\n"),
    inner=("<function_calls>", "</function_calls>"),
    vllm=("olmo3",),
)

# <code>
# get_weather(city="Paris")
# </code>
# With JSON tools it writes Hermes. Source: the chat template of SmolLM3-3B.
SMOLLM3_PYTHON = Format.of(
    "smollm3_python",
    PythonBlocks("<code>", "</code>", may_print=True, padding="\n"),
    is_unmarked=True,  # <code> is HTML too
)

# ```tool_code
# print(get_weather(city="Paris"))
# ```
# Source: Google's notebook on function calling with Gemma 3.
TOOL_CODE = Format.of(
    "tool_code",
    PythonBlocks("```tool_code\n", "\n```", may_print=True),
    ends=("<end_of_turn>",),
)
