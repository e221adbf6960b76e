"""How fast this machine's processor computes a model: measured on a few of its layers.

In seconds of a processor that does nothing else: what other processes take at the moment is not counted.
"""

from __future__ import annotations

import copy
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoModelForCausalLM, Cache, DynamicCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PretrainedConfig, PreTrainedModel

_FEW, _MORE = 1, 3
"""Layers of the two models that are timed: the difference is what a layer takes, without what comes once."""

_TOKENS = 256
_VOCABULARY = 256
_TIMES = 3


@dataclass(frozen=True)
class Speed:
    """Seconds that all layers of a model take, without its vocabulary head.

    Attributes:
        update_s: a token forward and backward.
        forward_s: a token forward.
        decode_s: one further token for each of the rows that are generated at once.
    """

    update_s: float
    forward_s: float
    decode_s: float


def measure(declared: PretrainedConfig, *, rows: int, context: int, bf16: bool) -> Speed | None:
    """Time a model of the same shape with few layers and a small vocabulary.

    Args:
        declared: the model's configuration.
        rows: how many rows are generated at once.
        context: how many tokens a row attends to while it is generated, on average.
        bf16: compute in bfloat16 under autocast.

    Returns:
        None where a model of this kind cannot be made smaller.
    """
    n_layers = declared.get_text_config().num_hidden_layers
    try:
        few, more = (_timed(_with_layers(declared, n), rows, context, bf16) for n in (_FEW, _MORE))
    except (AttributeError, ValueError, TypeError, RuntimeError, IndexError):
        return None
    per_layer = [
        (with_more - with_few) / (_MORE - _FEW) if with_more > with_few else with_more / _MORE
        for with_few, with_more in zip(few, more, strict=True)
    ]
    update_s, forward_s, decode_s = (n_layers * seconds for seconds in per_layer)
    return Speed(update_s / _TOKENS, forward_s / _TOKENS, decode_s)


def _with_layers(declared: PretrainedConfig, n: int) -> PreTrainedModel:
    config = copy.deepcopy(declared)
    text = config.get_text_config()
    text.num_hidden_layers = n
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[:n]
    text.vocab_size = _VOCABULARY
    text.pad_token_id = text.bos_token_id = text.eos_token_id = None
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    return model


def _timed(model: PreTrainedModel, rows: int, context: int, bf16: bool) -> tuple[float, float, float]:
    """Return the seconds of an update on `_TOKENS`, of a forward pass on them, and of one token of each row."""
    ids = torch.arange(_TOKENS).remainder(_VOCABULARY)[None]
    with torch.autocast("cpu", dtype=torch.bfloat16) if bf16 else nullcontext():

        def update() -> None:
            model(ids).logits.float().sum().backward()
            model.zero_grad()

        update_s = _fastest(update)
        model.eval()
        with torch.no_grad():
            forward_s = _fastest(lambda: model(ids))
            caches = iter([_filled(model, rows, context) for _ in range(_TIMES + 1)])
            decode_s = _fastest(lambda: model(ids[:, :1].expand(rows, 1), past_key_values=next(caches)))
    return update_s, forward_s, decode_s


def _filled(model: PreTrainedModel, rows: int, context: int) -> Cache:
    """Return a cache as if `context` tokens of each row had been computed."""
    text = model.config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    cache = DynamicCache()
    for layer in range(text.num_hidden_layers):
        keys = torch.zeros(rows, heads, context, size)
        cache.update(keys, keys.clone(), layer)
    return cache


def _fastest(work: Callable[[], Any]) -> float:
    work()
    seconds = []
    for _ in range(_TIMES):
        started = time.process_time()
        work()
        seconds.append((time.process_time() - started) / torch.get_num_threads())
    return min(seconds)
