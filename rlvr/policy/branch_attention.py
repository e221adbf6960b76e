"""Attention of branches to a shared prefix and to themselves, with the prefix read once for all of them.

The prefix and each branch's own tokens share a softmax. Both are computed on their own and weighed by their share of
it, which the kernels' log-sum-exp gives; backward, each kernel takes the joint log-sum-exp and the joint output, and so
finds its part of the gradient (Liu et al. 2023, Ring Attention, arXiv:2310.01889, does the same over devices). Nothing
is copied for each branch, and nothing but the output is kept for the backward pass.

Legend: H heads, D head size, P tokens of the prefix, G branches of C tokens.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def is_available(query: Tensor) -> bool:
    """Tell whether there are kernels that give what is needed; those of a GPU do not share one signature."""
    return query.device.type == "cpu"


def attend(query: Tensor, key: Tensor, value: Tensor, prefix: int, branches: int, scaling: float | None) -> Tensor:
    """Return what the branches attend to.

    Args:
        query, key, value: of a group, prefix first, shape (1, H, P + G*C, D).
        prefix: P, >= 1.
        branches: G, >= 1.
        scaling: of the scores; 1 / sqrt(D) where None.

    Returns:
        Shape (1, H, G*C, D).
    """
    before, after = slice(None, prefix), slice(prefix, None)
    parts = (query[:, :, after], key[:, :, before], value[:, :, before], key[:, :, after], value[:, :, after])
    return cast("Tensor", _Branches.apply(*parts, branches, scaling))


class _Branches(torch.autograd.Function):
    """Queries, keys and values of the branches, (1, H, G*C, D), and of the prefix, (1, H, P, D)."""

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, prefix_key: Tensor, prefix_value: Tensor, key: Tensor, value: Tensor,
        branches: int, scaling: float | None,
    ) -> Tensor:  # fmt: skip
        of_prefix, lse_prefix = _flash(query, prefix_key, prefix_value, 0.0, False, scale=scaling)
        apart = [_apart(states, branches) for states in (query, key, value)]
        of_own, lse_own = map(_together, _flash(*apart, 0.0, True, scale=scaling))
        lse = torch.logaddexp(lse_prefix, lse_own)
        share = (lse_prefix - lse).exp()[..., None].to(of_own.dtype)
        out = torch.lerp(of_own, of_prefix, share)
        ctx.save_for_backward(query, prefix_key, prefix_value, key, value, out, lse)
        ctx.branches, ctx.scaling = branches, scaling
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, prefix_key, prefix_value, key, value, out, lse = ctx.saved_tensors
        from_prefix, d_prefix_key, d_prefix_value = _flash_backward(
            grad, query, prefix_key, prefix_value, out, lse, 0.0, False, scale=ctx.scaling
        )
        apart = [_apart(states, ctx.branches) for states in (grad, query, key, value, out, lse)]
        from_own, d_key, d_value = map(_together, _flash_backward(*apart, 0.0, True, scale=ctx.scaling))
        return from_prefix + from_own, d_prefix_key, d_prefix_value, d_key, d_value, None, None


def _apart(states: Tensor, branches: int) -> Tensor:
    """(1, H, G*C, …) -> (G, H, C, …)."""
    return states[0].unflatten(1, (branches, -1)).transpose(0, 1)


def _together(states: Tensor) -> Tensor:
    """(G, H, C, …) -> (1, H, G*C, …)."""
    return states.transpose(0, 1).flatten(1, 2)[None]
