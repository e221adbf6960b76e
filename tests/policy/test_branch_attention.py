from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from rlvr.policy import branch_attention

HEADS, SIZE = 2, 8


def plain(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, prefix: int, branches: int) -> torch.Tensor:
    """One masked softmax over the whole row."""
    n = query.shape[2]
    place = torch.arange(n)
    branch = torch.where(place < prefix, -1, (place - prefix) // ((n - prefix) // branches))
    seen = (place[:, None] >= place) & ((branch[None] == -1) | (branch[:, None] == branch[None]))
    return functional.scaled_dot_product_attention(query, key, value, seen, scale=0.3)[:, :, prefix:]


@pytest.mark.parametrize(
    ("prefix", "branches", "length"), [(1, 1, 1), (1, 3, 4), (70, 2, 1), (33, 4, 19), (600, 2, 40)]
)
def test_outputs_and_gradients_are_those_of_one_masked_softmax(prefix: int, branches: int, length: int) -> None:
    generator = torch.Generator().manual_seed(prefix)
    shape = (3, 1, HEADS, prefix + branches * length, SIZE)
    states = (2 * torch.randn(shape, generator=generator, dtype=torch.float64)).requires_grad_()
    expected = plain(*states, prefix, branches)
    own = branch_attention.attend(*states, prefix, branches, 0.3)
    weights = torch.randn(own.shape, generator=generator, dtype=torch.float64)
    (expected_grad,) = torch.autograd.grad((expected * weights).sum(), states)
    (own_grad,) = torch.autograd.grad((own * weights).sum(), states)
    torch.testing.assert_close(own, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(own_grad, expected_grad, rtol=0, atol=1e-12)


def test_half_precision_stays_half() -> None:
    states = torch.randn(3, 1, HEADS, 20, SIZE, dtype=torch.bfloat16, requires_grad=True)
    out = branch_attention.attend(*states, 10, 2, None)
    out.sum().backward()
    assert (out.dtype, states.grad.dtype) == (torch.bfloat16, torch.bfloat16)
