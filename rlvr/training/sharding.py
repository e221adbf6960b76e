"""Weights that are spread over the processes of a run, as PyTorch's `fully_shard` (FSDP2) spreads them.

A forward pass gathers the weights layer by layer, so that all processes have to make as many of them. Generation and
evaluation do not: they gather the whole model first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

SPREADS = "ACCELERATE_USE_FSDP"
"""What accelerate sets in the environment once weights are spread, and reads whenever a trainer is made."""


def end() -> None:
    """Let the next stage decide for itself whether its weights are spread."""
    os.environ.pop(SPREADS, None)


@contextmanager
def whole(model: nn.Module) -> Iterator[None]:
    """Within this every process holds all weights, and a forward pass waits for no other process."""
    parts = [module for module in model.modules() if isinstance(module, FSDPModule)]
    if not parts:
        yield
        return
    # The outermost module has to be the first to know that it is; a policy with an adapter is entered further in.
    parts[0]._get_fsdp_state()._lazy_init()
    groups = [(part, group) for part in parts for group in part._get_fsdp_state()._fsdp_param_groups]
    frees = [(part, group._reshard_after_forward) for part, group in groups]
    for part in parts:
        part.set_reshard_after_forward(False, recurse=False)
        part.unshard()
    try:
        yield
    finally:
        for part, frees_after_forward in frees:
            part.set_reshard_after_forward(frees_after_forward, recurse=False)
        for part in parts:
            part.reshard()


def held(weight: Tensor) -> Tensor:
    """Return the part of a weight that this process holds; all of it where it is not spread."""
    return weight.to_local() if isinstance(weight, DTensor) else weight


def put_together(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Replace the shards of a model by whole weights; it can then be saved and merged, and is trained no further."""
    for name, weight in weights.items():
        place, _, leaf = name.rpartition(".")
        module = model.get_submodule(place)
        if leaf in module._parameters:
            setattr(module, leaf, nn.Parameter(weight, requires_grad=False))
    for module in model.modules():
        if isinstance(module, PreTrainedModel):
            module.tie_weights()
