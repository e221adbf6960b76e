"""Hand a generation engine a policy with a PEFT adapter: the adapter itself, or merged copies of weights.

PEFT merges an adapter into the weights in place and takes it out again by subtraction, which in bf16 does not give the
same weights back. Here the weights that are trained on never move.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from peft.tuners.lora import Embedding, LoraConfig, LoraLayer
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import save_file
from torch import Tensor

from rlvr.policy.attention import causal_lm
from rlvr.policy.multimodal import enclosing

# The ranks that vLLM sets memory aside for.
MAX_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


def why_not_synced(model: PeftModel) -> str | None:
    """Return why vLLM cannot take this model's adapter as it is; None where it can."""
    config = model.peft_config[model.active_adapter]
    if not isinstance(config, LoraConfig):
        return "it is no LoRA adapter"
    if config.r > MAX_RANKS[-1]:
        return f"its rank is above {MAX_RANKS[-1]}"
    unsupported = {
        "DoRA": config.use_dora,
        "biases": config.bias != "none" or config.lora_bias,
        "modules_to_save": config.modules_to_save,
        "rank_pattern": config.rank_pattern,
        "alpha_pattern": config.alpha_pattern,
        "target_parameters": config.target_parameters,
        "trainable_token_indices": config.trainable_token_indices,
        "layer_replication": config.layer_replication,
    }
    for name, is_used in unsupported.items():
        if is_used:
            return f"it uses {name}"
    if enclosing(model.get_base_model()) is not None:
        return "its model is the text model of a multimodal one, whose layers have other names"
    head = model.get_output_embeddings()
    if isinstance(head, LoraLayer) or any(isinstance(module, Embedding) for module in model.modules()):
        return "it adapts the embeddings or the head"
    return None


def max_rank(model: PeftModel) -> int:
    """Return the rank to set memory aside for."""
    rank = model.peft_config[model.active_adapter].r
    return next(allowed for allowed in MAX_RANKS if allowed >= rank)


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Write the adapter as PEFT does, without asking a model hub about the base model."""
    name = model.active_adapter
    weights = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False)
    save_file({name: weight.contiguous() for name, weight in weights.items()}, folder / "adapter_model.safetensors")
    model.peft_config[name].save_pretrained(str(folder))


def base_parameters(model: PeftModel) -> Iterator[tuple[str, Tensor]]:
    """Return the weights below the adapter, under the names that the model has without one."""
    for name, parameter in model.named_parameters():
        if model.prefix not in name:
            yield _own_name(name), parameter.data


def why_not_merged(model: PeftModel) -> str | None:
    """Return why `merged_parameters` does not know how to merge this model; None where it does."""
    layers = [module for module in model.modules() if isinstance(module, BaseTunerLayer)]
    if any(isinstance(layer.base_layer, BaseTunerLayer) for layer in layers):
        return "adapters stand on adapters"
    weights = chain.from_iterable(layer.get_base_layer().parameters() for layer in layers)
    if not all(weight.is_floating_point() for weight in weights):
        return "the weights are quantized"
    return None


def merged_parameters(model: PeftModel) -> Iterator[tuple[str, Tensor]]:
    """Return all weights with the adapter merged into copies, under the names that the model has without one."""
    adapted = {name: module for name, module in model.named_modules() if isinstance(module, BaseTunerLayer)}
    for name, layer in adapted.items():
        for parameters, weight in _merged(layer).items():
            yield _own_name(f"{name}.{parameters}"), weight
    for name, parameter in model.named_parameters():
        is_done = name.partition(".base_layer.")[0] in adapted
        if not is_done and model.prefix not in name and "original_module" not in name:
            yield _own_name(name), parameter.data


def whole_weights(model: Any, dtype: str, *, is_merged: bool) -> dict[str, Tensor]:
    """Return all weights in a number type, an adapter merged into copies of them or left out, named as in a file."""
    below = merged_parameters if is_merged else base_parameters
    parameters = below(model) if isinstance(model, PeftModel) else model.named_parameters()
    named = with_tied_head(model, in_checkpoint(model, parameters))
    return {name: parameter.detach().to(getattr(torch, dtype)).contiguous() for name, parameter in named}


def in_checkpoint(model: Any, parameters: Iterator[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
    """Yield parameters under the names that they have in the checkpoint that vLLM loads."""
    whole = enclosing(causal_lm(model))
    for name, parameter in parameters:
        yield (name if whole is None else whole.checkpoint_name(name)), parameter


def with_tied_head(model: Any, parameters: Iterator[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
    """Yield parameters, and a head that is tied to the embeddings by its own name too: vLLM has packed it on a CPU."""
    yield from parameters
    if model.config.get_text_config().tie_word_embeddings:
        yield "lm_head.weight", model.get_input_embeddings().weight.detach().clone()


def compute_dtype(model: torch.nn.Module, *, bf16: bool, fp16: bool) -> str:
    """Return the type that a trainer computes in: that of its mixed precision, or of the weights."""
    if bf16 or fp16:
        return "bfloat16" if bf16 else "float16"
    weights = next(p for p in model.parameters() if p.is_floating_point())
    return str(weights.dtype).removeprefix("torch.")


def _merged(layer: Any) -> dict[str, Tensor]:
    """Return copies of a layer's weights with the adapter in them. The weights themselves are put back bit by bit."""
    base = layer.get_base_layer()
    kept = {name: parameter.detach().clone() for name, parameter in base.named_parameters()}
    layer.merge()
    merged = {name: parameter.detach().clone() for name, parameter in base.named_parameters()}
    layer.unmerge()
    for name, parameter in base.named_parameters():
        parameter.data.copy_(kept[name])
    return merged


def _own_name(name: str) -> str:
    for part in ("base_model.model.", "base_layer.", "modules_to_save.default.", "_checkpoint_wrapped_module."):
        name = name.replace(part, "")
    return name
