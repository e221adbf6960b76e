"""Which type a run computes in: bfloat16 where it is asked for, and where the processor has instructions for it."""

from __future__ import annotations

import time
from functools import cache

import torch

from rlvr.config import HardwareConfig
from rlvr.policy.load import device_for

# Far from both kinds: a processor with AVX2 alone took 50 to 70 times as long as in float32.
SLOW = 5.0
_SIDE = 256
_TIMES = 4


def in_bf16(hardware: HardwareConfig) -> bool:
    """Tell whether to compute in bfloat16: where `hardware.bf16` asks for it, but not on a CPU that is slow at it."""
    return hardware.bf16 and (device_for(hardware).type != "cpu" or bf16_slowdown() < SLOW)


def precision_notes(hardware: HardwareConfig) -> tuple[str, ...]:
    """Return what a person should know of the type that is computed in; nothing where it is what `bf16` says."""
    if in_bf16(hardware) == hardware.bf16:
        return ()
    return (
        f"this processor multiplies bfloat16 {bf16_slowdown():.0f} times slower than float32: hardware.bf16=true is "
        "passed over, and the run computes in float32",
    )


@cache
def bf16_slowdown() -> float:
    """Return how many times as long as in float32 the CPU takes for a product of matrices in bfloat16."""
    return _product_s(torch.bfloat16) / _product_s(torch.float32)


def _product_s(dtype: torch.dtype) -> float:
    """Return the seconds of a processor that a product of two matrices takes, the least of several."""
    left, right = torch.ones(_SIDE, _SIDE, dtype=dtype), torch.ones(_SIDE, _SIDE, dtype=dtype)
    seconds = []
    for _ in range(_TIMES):
        started = time.process_time()
        left @ right
        seconds.append(time.process_time() - started)
    return max(min(seconds), 1e-9)
