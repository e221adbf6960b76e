"""A tokenizer for each family of chat templates: TRL's copies of them, on a small vocabulary with their tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import trl
from random_policy import random_tokenizer
from tokenizers import AddedToken

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

# What no file of TRL's holds, reduced to how these families write tools, calls and the ends of turns.
MISTRAL = """\
{{- bos_token }}
{%- set last_user = (messages | selectattr('role', 'equalto', 'user') | list | last) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {%- if tools and message == last_user %}
            {{- '[AVAILABLE_TOOLS] ' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}
        {%- endif %}
        {{- '[INST] ' + message.content + '[/INST]' }}
    {%- elif message.tool_calls %}
        {{- '[TOOL_CALLS] [' }}
        {%- for call in message.tool_calls %}
            {%- if call.id | length != 9 %}{{ raise_exception('an id has nine characters') }}{% endif %}
            {{- '{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) }}
            {{- ', "id": "' + call.id + '"}' + (']' if loop.last else ', ') }}
        {%- endfor %}
        {{- eos_token }}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content + eos_token }}
    {%- elif message.role == 'tool' %}
        {{- '[TOOL_RESULTS] ' + message.content + '[/TOOL_RESULTS]' }}
    {%- endif %}
{%- endfor %}
"""
PHI4_MINI = """\
{%- for message in messages %}
    {%- if message.role == 'system' and message.tools is defined and message.tools is not none %}
        {{- '<|system|>' + message.content + '<|tool|>' + message.tools + '<|/tool|><|end|>' }}
    {%- else %}
        {{- '<|' + message.role + '|>' + message.content + '<|end|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}
"""
OWN = {"mistral": MISTRAL, "phi4_mini": PHI4_MINI}
SPOKEN = {
    "qwen2_5": "hermes",
    "qwen3": "hermes",
    "qwen3_5_think": "qwen3_coder",
    "qwen3_5_nothink": "qwen3_coder",
    "llama3_1": "llama3_json",
    "llama3_2": "llama3_json",
    "mistral": "mistral",
    "phi3_5": "hermes",
    "phi4_mini": "phi4_mini",
    "gptoss": "harmony",
    "deepseekv3": "deepseek_v3",
    "glm4moe": "glm",
    "gemma3": "hermes",
    "gemma4": "gemma",
}
"""Family -> the wire format of its calls; Phi-3.5 and Gemma 3 have none of their own."""

NOT_SPECIAL = ("<tool_call>", "</tool_call>", "<think>", "</think>")
EXTRA = {
    "phi4_mini": ("<|user|>", "<|tool_call|>", "<|/tool_call|>", "<|tool_response|>"),
    "gptoss": ("<|start|>", "<|constrain|>"),
    "glm4moe": ("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"),
    "gemma4": ('<|"|>', "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>"),
}
_TOKEN = re.compile(r"<[|｜][a-z▁_A-Z/]+[|｜]>|<[a-z_]+\|>|<\|[a-z_]+>|<(?:start|end)_of_turn>|\[/?[A-Z_]+\]")


def family_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """The random policy's tokenizer with a family's template and the tokens that it names."""
    template = OWN.get(family) or (Path(trl.__file__).parent / "chat_templates" / f"{family}.jinja").read_text()
    tokenizer = random_tokenizer()
    tokens = {token for token in _TOKEN.findall(template) if token not in NOT_SPECIAL} | set(EXTRA.get(family, ()))
    tokenizer.add_special_tokens({"extra_special_tokens": sorted(tokens), "bos_token": "<|beginning|>"})
    tokenizer.add_tokens([AddedToken(token, special=False) for token in NOT_SPECIAL])
    tokenizer.chat_template = template
    return tokenizer
