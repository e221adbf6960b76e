"""Weights spread over processes on the CPU.

Accelerate passes over its FSDP plugin where processes have CPUs, though `fully_shard` works over gloo: told that the
processes have GPUs, it takes the plugin, and everything stays where it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from accelerate import PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from rlvr.training import arguments as arguments_of_stages
from rlvr.training import sharding

stock = AcceleratorState.__init__
put_together = sharding.put_together


def as_on_gpus(self: AcceleratorState, *args: Any, **kwargs: Any) -> None:
    """Stand in for `AcceleratorState.__init__`."""
    if kwargs.get("fsdp_plugin") is not None:
        PartialState(cpu=True)
        PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    stock(self, *args, **kwargs)


def count_shards(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Stand in for `sharding.put_together`, and say how many weights it puts together."""
    shards = sum(isinstance(weight, DTensor) for weight in model.parameters())
    sys.stdout.write(f"weights put together: {shards}\n")
    put_together(model, weights)
    assert not any(isinstance(weight, DTensor) for weight in model.parameters())


def run_spread(run: Callable[..., int], *arguments: Any) -> int:
    """Run with weights that are spread over processes wherever a run asks for it; for processes of a test's own."""
    AcceleratorState.__init__ = as_on_gpus  # type: ignore[method-assign]
    sharding.put_together = count_shards
    arguments_of_stages.SHARDS_ON = (*arguments_of_stages.SHARDS_ON, "cpu")
    return run(*arguments)
