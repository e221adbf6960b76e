"""Formats that write calls as JSON after a mark."""

import re

from rewards.wire.completion import CallShape
from rewards.wire.format import Format
from rewards.wire.json_blocks import JsonBlocks

# <tool_call>
# {"name": "get_weather", "arguments": {"city": "Paris"}}
# </tool_call>
# Source: the chat templates of Hermes 2 Pro and 3, Qwen2.5 and 3, SmolLM3, Granite 4, Falcon 3 and ERNIE 4.5 Thinking.
HERMES = Format.of(
    "hermes",
    JsonBlocks("<tool_call>", "</tool_call>", padding="\n"),
    ends=("<|im_end|>", "<|endoftext|>"),
    vllm=("hermes", "granite4", "ernie45"),
    sglang=("qwen", "qwen25", "hermes"),
)

# <longcat_tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</longcat_tool_call>
# Source: the chat template of LongCat-Flash-Chat.
LONGCAT = Format.of(
    "longcat",
    JsonBlocks("<longcat_tool_call>", "</longcat_tool_call>", padding="\n"),
    ends=("</longcat_s>",),
    reasoning=(("<longcat_think>", "</longcat_think>"),),
    reasoning_block=("<longcat_think>", "</longcat_think>"),
    vllm=("longcat",),
)

# Hermes has the same tag: the member's name tells the two apart.
_FIRST_OF_TOOLRL = re.compile(r'<tool_call>\s*+\{\s*+"name"\s*+:\s*+"[^"\\]*+"\s*+,\s*+"parameters"')

# <think> They ask for the weather. </think>
# <tool_call>
# {"name": "get_weather", "parameters": {"city": "Paris"}}
# </tool_call>
# Source: the prompt of ToolRL (arXiv:2504.13958) and its data.
TOOLRL = Format.of(
    "toolrl",
    JsonBlocks(
        "<tool_call>", "</tool_call>", "lines", CallShape(arguments=("parameters",)), is_single=True, padding="\n"
    ),
    find=lambda text: text.find("<tool_call>") if _FIRST_OF_TOOLRL.search(text) else -1,
)

# <|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}]
# Phi-4-mini closes the same token. Source: the chat templates of Granite 3.0 to 3.3.
GRANITE = Format.of(
    "granite",
    JsonBlocks("<|tool_call|>", holds="list", is_single=True),
    find=lambda text: -1 if "<|/tool_call|>" in text else text.find("<|tool_call|>"),
    ends=("<|end_of_text|>",),
    vllm=("granite",),
)

# <function_call> {"name": "get_weather", "arguments": {"city": "Paris"}}
# Source: vLLM's chat template for granite-20b-functioncalling.
GRANITE_20B = Format.of(
    "granite_20b",
    JsonBlocks("<function_call>", padding=" "),
    vllm=("granite-20b-fc",),
)

# <TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</TOOLCALL>
# Source: the chat templates of Llama-3.1-Nemotron-Nano and NVIDIA-Nemotron-Nano-9B-v2; When2Call's own completions.
NEMOTRON = Format.of(
    "nemotron",
    JsonBlocks("<TOOLCALL>", "</TOOLCALL>", holds="list", is_single=True),
    ends=("<SPECIAL_12>",),
)

# <tool_calls>[{"name": "get_weather", "arguments": {"city": "Paris"}}]</tool_calls>
# Source: the chat templates of Hunyuan-A13B-Instruct and Jamba 1.5.
HUNYUAN = Format.of(
    "hunyuan",
    JsonBlocks("<tool_calls>", "</tool_calls>", holds="list", is_single=True),
    ends=("<|eos|>",),
    vllm=("hunyuan_a13b", "jamba"),
    sglang=("hunyuan",),
)

# <|action_start|><|plugin|>
# {"name": "get_weather", "parameters": {"city": "Paris"}}<|action_end|>
# Source: InternLM's description of its tool calling format.
INTERNLM = Format.of(
    "internlm",
    JsonBlocks(
        "<|action_start|><|plugin|>",
        "<|action_end|>",
        shape=CallShape(arguments=("parameters", "arguments"), may_lack=True),
        padding="\n",
    ),
    marks=("<|action_start|>", "<|plugin|>", "<|action_end|>"),
    inner=("<|action_start|><|plugin|>",),
    vllm=("internlm",),
    sglang=("interns1",),
)

# <|tools_prefix|>[{"get_weather": {"city": "Paris"}}]<|tools_suffix|>
# Source: the chat template of Apertus-8B-Instruct-2509.
APERTUS = Format.of(
    "apertus",
    JsonBlocks("<|tools_prefix|>", "<|tools_suffix|>", "list", CallShape(name=""), is_single=True),
    ends=("<|assistant_end|>",),
    reasoning=(("<|inner_prefix|>", "<|inner_suffix|>"),),
    reasoning_block=("<|inner_prefix|>", "<|inner_suffix|>"),
    vllm=("apertus",),
    sglang=("apertus2509",),
)
