"""`with_set_candidates.py`, with weights spread over processes on the CPU.

Accelerate passes over its FSDP plugin where processes have CPUs, though `fully_shard` works over gloo: told that the
processes have GPUs, it takes the plugin, and everything stays where it is.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from typing import Any

from accelerate import PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from with_set_candidates import run_each, set_candidates

from rlvr.training import arguments, sharding
from rlvr.training.grpo_trainer import GRPOTrainer

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


if __name__ == "__main__":
    gc.freeze()  # what is loaded by now stays: searches for garbage need not go through it
    AcceleratorState.__init__ = as_on_gpus  # type: ignore[method-assign]
    sharding.put_together = count_shards
    arguments.SHARDS_ON = (*arguments.SHARDS_ON, "cpu")
    if "--own-candidates" not in sys.argv:
        GRPOTrainer._generate_single_turn = set_candidates  # type: ignore[method-assign]
    sys.exit(run_each([argument for argument in sys.argv[1:] if argument != "--own-candidates"]))
