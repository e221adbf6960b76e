"""Memory on a CPU: what is freed goes back to the system, and what torch's kernels keep is bounded."""

from __future__ import annotations

import ctypes
import gc
import os

KERNELS_KEPT = 256
"""Kernels that are kept for shapes that were met; the default is 1024, of half a megabyte each in bfloat16."""

_CAPACITIES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
"""What oneDNN reads, and torch's layer above it, which holds the same kernels."""


def give_back_freed() -> None:
    """Let the C library return what it holds in reserve; it keeps gigabytes after a training on a CPU."""
    gc.collect()
    trim()


def trim() -> None:
    """Return freed memory to the system, without a search for what could be freed.

    Does nothing where the C library has no `malloc_trim`, which is glibc's.
    """
    trim_heap = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim_heap is not None:
        trim_heap(0)


def limit_kernel_cache() -> None:
    """Bound the kernels that are kept, unless the user has. It must be called before torch first computes."""
    for capacity in _CAPACITIES:
        os.environ.setdefault(capacity, str(KERNELS_KEPT))
