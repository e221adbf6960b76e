"""Tiny random models of any family that transformers ships."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

VOCABULARY = 97
# Each family takes those that it has; what it leaves unset by default stays so.
SIZES: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 128,
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_num_experts": 4,
    "moe_intermediate_size": 32,
    "shared_expert_intermediate_size": 32,
}


def tiny(model_type: str, window: int = 7, vocabulary: int = VOCABULARY, **options: Any) -> PreTrainedModel:
    """The same random model every time, with weights large enough that tokens differ."""
    defaults = AutoConfig.for_model(model_type)
    wanted = {**SIZES, "sliding_window": window}
    sizes = {name: size for name, size in wanted.items() if getattr(defaults, name, None) is not None}
    tokens = {"vocab_size": vocabulary, "pad_token_id": 0, "bos_token_id": None, "eos_token_id": 1}
    config = AutoConfig.for_model(model_type, **{**sizes, **tokens, **options})
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.1)
    return model.eval()
