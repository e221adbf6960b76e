"""What a run is estimated for: a GPU of the table, or this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch

UTILIZATION = 0.35
"""The share of a device's peak that training and generation reach in practice; measured runs give 0.2 to 0.5."""


@dataclass(frozen=True)
class Device:
    """A device's peak: operations a second in 16 bits without sparsity, bytes a second, and bytes of memory.

    `link` is bytes a second to another device of the node, each way. `memory` is None for a processor.
    """

    name: str
    flops: float
    bandwidth: float
    memory: float | None
    link: float = 25e9


DEVICES = {
    "h100": Device("H100 SXM", 989e12, 3.35e12, 80e9, 450e9),
    "h200": Device("H200", 989e12, 4.8e12, 141e9, 450e9),
    "a100": Device("A100 80GB", 312e12, 2.0e12, 80e9, 300e9),
    "l4": Device("L4", 121e12, 0.3e12, 24e9),
    "a10g": Device("A10G", 70e12, 0.6e12, 24e9),
    "rtx4090": Device("RTX 4090", 165e12, 1.0e12, 24e9),
}
"""What `hardware.device` names; from the makers' data sheets. Those without NVLink have PCIe 4's 25 GB/s."""


@cache
def this_machine() -> Device:
    """The peak of what torch computes on, measured once in a process by products of matrices and copies."""
    has_gpu = torch.cuda.is_available()
    where = torch.device("cuda" if has_gpu else "cpu")
    kind, side = (torch.bfloat16, 8192) if has_gpu else (torch.float32, 1024)
    matrix = torch.randn(side, side, device=where, dtype=kind)
    product = torch.empty_like(matrix)
    flops = 2 * side**3 / _fastest(lambda: torch.mm(matrix, matrix, out=product), where)
    bandwidth = 2 * matrix.numel() * matrix.element_size() / _fastest(lambda: product.copy_(matrix), where)
    memory = float(torch.cuda.get_device_properties(0).total_memory) if has_gpu else None
    name = torch.cuda.get_device_name(0) if has_gpu else "this machine's processor"
    return Device(name, flops, bandwidth, memory)


def _fastest(work: Callable[[], object], where: torch.device, times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        if where.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
