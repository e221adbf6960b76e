"""Gated-delta-net layers on groups of candidates that share a prompt: the state after the prefix goes to every branch.

Such a layer carries a state from token to token where attention looks back. transformers continues from a state that a
cache holds; here the cache is one whose state backward passes go through, expanded to as many rows as there are
branches.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from rlvr.policy.segment import Segment

MODEL_TYPES = ("olmo_hybrid", "qwen3_5_moe_text", "qwen3_5_text", "qwen3_next")
"""The models whose linear attention is of this kind and compared with the stock path in a test."""


class _State:
    """The part of a cache that a gated-delta-net layer asks for, for one layer and with gradients.

    Attributes:
        convolved: the last inputs of the short convolution, shape (B, channels, kernel).
        recurrent: the layer's own state, batch first.
    """

    def __init__(self) -> None:
        self.convolved: Tensor | None = None
        self.recurrent: Tensor | None = None

    def expand(self, branches: int) -> None:
        """Hand the state of one row to `branches` rows."""
        if self.convolved is not None and self.recurrent is not None:
            self.convolved = self.convolved.expand(branches, -1, -1)
            self.recurrent = self.recurrent.expand(branches, *self.recurrent.shape[1:]).contiguous()

    def get_conv_state(self, *_: object, **__: object) -> Tensor | None:
        return self.convolved

    def get_recurrent_state(self, *_: object, **__: object) -> Tensor | None:
        return self.recurrent

    def is_recording_past(self, *_: object, **__: object) -> bool:
        return True  # or one token more would be computed in place, by kernels without a backward pass

    def update_conv_state(self, inputs: Tensor, *_: object, conv_kernel_size: int, **__: object) -> Tensor:
        """Prepend what came before, as the layer expects, and keep the end."""
        whole = inputs if self.convolved is None else torch.cat([self.convolved, inputs], dim=-1)
        missing = max(0, conv_kernel_size - whole.shape[-1])
        self.convolved = functional.pad(whole, (missing, 0))[..., -conv_kernel_size:]
        return whole

    def update_recurrent_state(self, state: Tensor, *_: object, **__: object) -> Tensor:
        self.recurrent = state
        return state


def prepare(model: PreTrainedModel) -> None:
    """Let the model's gated-delta-net layers share prefixes; a forward pass without any stays as it was."""
    for module in model.modules():
        if type(module).__name__.endswith("GatedDeltaNet") and not hasattr(module, "shares_prefix"):
            # A class, not a function on the instance: that one would still compute with this layer's weights after the
            # model has been copied.
            module.__class__ = _sharing(cast("Any", type(module)))


@cache
def _sharing(layer: type[nn.Module]) -> type[nn.Module]:
    """Return the layer's class with a forward pass that also takes the segments of a flat row."""
    # `cache_params` until transformers 5.23; since then the old name is passed over where a model gives the new one.
    cache_name = next(name for name in ("cache", "cache_params") if name in inspect.signature(layer.forward).parameters)

    def forward(
        self: Any,
        hidden_states: Tensor,
        *args: Any,
        shared_prefix_segments: Sequence[Segment] | None = None,
        **kwargs: Any,
    ) -> Tensor:
        stock = layer.forward.__get__(self)
        if shared_prefix_segments is None:
            return stock(hidden_states, *args, **kwargs)
        parts = []
        for segment in shared_prefix_segments:
            state = _State()
            with_state = {**kwargs, cache_name: state, "attention_mask": None}
            parts += _segment(stock, hidden_states[:, segment.start : segment.end], segment, state, with_state)
        return torch.cat(parts, dim=1)

    return type(layer.__name__, (layer,), {"forward": forward, "shares_prefix": True})


def _segment(stock: Any, hidden: Tensor, segment: Segment, state: _State, kwargs: dict[str, Any]) -> list[Tensor]:
    """Return the outputs of one group, shapes (1, P, hidden size) and (1, G*C, hidden size), each where it has
    tokens."""
    parts = []
    if segment.prefix:
        parts.append(stock(hidden[:, : segment.prefix], **kwargs))
    if segment.branches:
        state.expand(segment.branches)
        branches = hidden[0, segment.prefix :].unflatten(0, (segment.branches, segment.length))
        # One token alone would go through the kernel for decoding, which need not have a backward pass.
        padded = branches if segment.length > 1 else branches.repeat(1, 2, 1)
        parts.append(stock(padded, **kwargs)[:, : segment.length].flatten(0, 1)[None])
    return parts
