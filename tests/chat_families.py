"""A tokenizer for each family of chat templates: TRL's copies of them, on a small vocabulary with their tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import trl
from random_policy import random_tokenizer
from tokenizers import AddedToken

if TYPE_CHECKING:
    from collections.abc import Sequence

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
GRANITE4 = """\
{%- if tools %}
    {{- '<|start_of_role|>system<|end_of_role|><tools>' }}
    {%- for tool in tools %}{{- '\\n' + (tool | tojson) }}{% endfor %}
    {{- '\\n</tools><|end_of_text|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {{- '<|start_of_role|>user<|end_of_role|>\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
    {%- else %}
        {{- '<|start_of_role|>' + message.role + '<|end_of_role|>' + (message.content or '') }}
        {%- for call in message.tool_calls or [] %}
            {%- if message.content or not loop.first %}{{- '\\n' }}{% endif %}
            {{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- (call.function.arguments | tojson) + '}\\n</tool_call>' }}
        {%- endfor %}
    {%- endif %}
    {{- '<|end_of_text|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}
"""
SMOLLM3 = """\
{{- '<|im_start|>system\\nReasoning Mode: /' + ('no_think' if enable_thinking is false else 'think') + '\\n' }}
{%- if xml_tools %}{{- xml_tools | string }}{% endif %}
{{- '<|im_end|>\\n' }}
{%- for message in messages %}
    {%- set role = 'user' if message.role == 'tool' else message.role %}
    {%- if role != 'system' %}
        {{- '<|im_start|>' + role + '\\n' + (message.content or '') + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""
FUNCTION_GEMMA = """\
{%- macro written(value) -%}
    {%- if value is string -%}
        {{- '<escape>' + value + '<escape>' -}}
    {%- elif value is boolean or value is none -%}
        {{- value | tojson -}}
    {%- elif value is mapping -%}
        {{- '{' -}}
        {%- for key, item in value | dictsort -%}
            {{- (',' if not loop.first else '') + key + ':' + written(item) -}}
        {%- endfor -%}
        {{- '}' -}}
    {%- elif value is iterable -%}
        {{- '[' -}}
        {%- for item in value -%}{{- (',' if not loop.first else '') + written(item) -}}{%- endfor -%}
        {{- ']' -}}
    {%- else -%}
        {{- value | string -}}
    {%- endif -%}
{%- endmacro -%}
{{- bos_token }}
{%- if tools %}
    {{- '<start_of_turn>developer\\n' }}
    {%- for tool in tools %}
        {{- '<start_function_declaration>declaration:' + tool.function.name + written(tool.function.parameters) }}
        {{- '<end_function_declaration>' }}
    {%- endfor %}
    {{- '<end_of_turn>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {{- '<start_function_response>response:' + message.name + written({'value': message.content}) }}
        {{- '<end_function_response>' }}
    {%- else %}
        {%- set role = 'model' if message.role == 'assistant' else message.role %}
        {{- '<start_of_turn>' + role + '\\n' + (message.content or '') }}
        {%- for call in message.tool_calls or [] %}
            {{- '<start_function_call>call:' + call.function.name + written(call.function.arguments) }}
            {{- '<end_function_call>' }}
        {%- endfor %}
        {{- '<start_function_response>' if message.tool_calls and loop.last else '' }}
        {{- '<end_of_turn>\\n' if not message.tool_calls else '' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
"""
MINISTRAL3 = """\
{{- bos_token }}
{%- if tools %}{{- '[AVAILABLE_TOOLS]' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}{% endif %}
{%- for message in messages %}
    {%- if message.role == 'system' %}
        {{- '[SYSTEM_PROMPT]' + message.content + '[/SYSTEM_PROMPT]' }}
    {%- elif message.role == 'user' %}
        {{- '[INST]' + message.content + '[/INST]' }}
    {%- elif message.role == 'tool' %}
        {{- '[TOOL_RESULTS]' + message.content + '[/TOOL_RESULTS]' }}
    {%- else %}
        {{- message.content or '' }}
        {%- for call in message.tool_calls or [] %}
            {{- '[TOOL_CALLS]' + call.function.name + '[ARGS]' + (call.function.arguments | tojson) }}
        {%- endfor %}
        {{- eos_token }}
    {%- endif %}
{%- endfor %}
"""
OWN = {
    "mistral": MISTRAL,
    "ministral3": MINISTRAL3,
    "phi4_mini": PHI4_MINI,
    "granite4": GRANITE4,
    "smollm3": SMOLLM3,
    "function_gemma": FUNCTION_GEMMA,
}
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
    "gemma4_v5": "gemma",
    "function_gemma": "function_gemma",
    "qwen3_instruct_2507": "hermes",
    "qwen3_6": "qwen3_coder",
    "lfm2_v2": "lfm2",
    "lfm2_2_5": "lfm2",
    "lfm2_2_5_v2": "lfm2",
    "granite4": "hermes",
    "smollm3": "hermes",
    "ministral3": "mistral",
    "nemotron_3_nano": "qwen3_coder",
}
"""Family -> the wire format of its calls; Phi-3.5, Gemma 3 and SmolLM3 write none themselves."""

NOT_SPECIAL = ("<tool_call>", "</tool_call>", "<think>", "</think>")
GEMMA4 = ('<|"|>', "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>")
EXTRA = {
    "phi4_mini": ("<|user|>", "<|tool_call|>", "<|/tool_call|>", "<|tool_response|>"),
    "gptoss": ("<|start|>", "<|constrain|>"),
    "glm4moe": ("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"),
    "gemma4": GEMMA4,
    "gemma4_v5": GEMMA4,
    "function_gemma": (
        *("<start_function_declaration>", "<end_function_declaration>", "<start_function_call>"),
        *("<end_function_call>", "<start_function_response>", "<end_function_response>", "<escape>"),
    ),
}
_TOKEN = re.compile(r"<[|｜][a-z▁_A-Z/]+[|｜]>|<[a-z_]+\|>|<\|[a-z_]+>|<(?:start|end)_of_turn>|\[/?[A-Z_]+\]")


def family_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """The random policy's tokenizer with a family's template and the tokens that it names."""
    template = OWN.get(family) or (Path(trl.__file__).parent / "chat_templates" / f"{family}.jinja").read_text()
    return tokenizer_with(template, EXTRA.get(family, ()))


def tokenizer_with(template: str, extra_tokens: Sequence[str] = ()) -> PreTrainedTokenizerFast:
    """The random policy's tokenizer with a template, the tokens that it names, and further ones."""
    tokenizer = random_tokenizer()
    tokens = {token for token in _TOKEN.findall(template) if token not in NOT_SPECIAL} | set(extra_tokens)
    tokenizer.add_special_tokens({"extra_special_tokens": sorted(tokens), "bos_token": "<|beginning|>"})
    tokenizer.add_tokens([AddedToken(token, special=False) for token in NOT_SPECIAL])
    tokenizer.chat_template = template
    return tokenizer


CALLS_WITHOUT_FENCE = """{%- for m in messages -%}<|{{ m.role }}|>{{ m.content or '' }}
{%- for c in m.tool_calls or [] -%}{{- '<｜tool▁calls▁begin｜>' if loop.first -}}
<｜tool▁call▁begin｜>{{ c.function.name }}<｜tool▁sep｜>{{ c.function.arguments | tojson }}<｜tool▁call▁end｜>
{%- endfor -%}{{- '<｜tool▁calls▁end｜>' if m.tool_calls -}}<|observation|>
{%- endfor -%}{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"""
"""Of DeepSeek V3.1."""
