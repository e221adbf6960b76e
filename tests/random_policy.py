"""A random Qwen3 policy with a small tokenizer and a Hermes-style chat template: real in form, untrained."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from rlvr.data.synth import synthesize

if TYPE_CHECKING:
    from pathlib import Path

CHAT_TEMPLATE = """\
{%- set first = messages[0] if messages[0].role == "system" else none -%}
<|im_start|>system
{{ first.content if first else "You are a helpful assistant." }}
{%- if tools %}

Tools:
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
{%- endif %}<|im_end|>
{% for message in messages if message is not sameas first -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif -%}
"""
CALL = (
    '<tool_call>\n{"name": "get_weather_forecast", "arguments": {"city": "Paris", "date": "2026-03-14"}}\n</tool_call>'
)
JSON_RUNS = (
    '{"type": "function", "function": {"name": "',
    '", "description": "',
    '", "parameters": {"type": "object", "properties": {"',
    '": {"type": "string"}, "',
    '": {"type": "string"',
    '": {"type": "integer"',
    ', "format": "date"}, "',
    ', "enum": ["',
    ', "default": ',
    '}}, "required": ["',
    '"]}}}',
    '", "',
)
"""What every list of tools repeats: a token each makes prompts a third shorter, as the embedded policy's are."""


@cache
def corpus() -> tuple[str, ...]:
    """Return texts whose words become tokens: what runs are trained and evaluated on, for prompts half as long."""
    rows = [*synthesize("five_tools", rows=16, seed=0), *synthesize("unseen_tools", rows=16, seed=0, split="held_out")]
    records = [row.to_json() for row in rows]
    return (CALL, *(json.dumps([record["prompt"], record["tools"]], ensure_ascii=False) for record in records))


def save_random_policy(folder: Path, *, hidden_size: int = 64, layers: int = 1, vocabulary: int = 600) -> Path:
    """Write model and tokenizer so that `load_policy` finds them; the same every time."""
    tokenizer = random_tokenizer(vocabulary)
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=hidden_size,
            intermediate_size=2 * hidden_size,
            num_hidden_layers=layers,
            num_attention_heads=hidden_size // 32,
            num_key_value_heads=hidden_size // 32,
            head_dim=32,
            max_position_embeddings=8192,  # as pretrained models: more than TRL lets vLLM compute at once
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def random_tokenizer(vocabulary: int = 600) -> PreTrainedTokenizerFast:
    """Byte-level BPE with split digits; call markers and runs of JSON are added tokens that are not special."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        corpus(),
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.add_tokens([AddedToken(text, special=False) for text in ("<tool_call>", "</tool_call>", *JSON_RUNS)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )
