"""What is freed goes back to the system."""

import ctypes
import subprocess
import sys

import pytest
from transformers import TrainerControl, TrainerState

from rlvr.training import callbacks

CODE = """
import resource
from pathlib import Path
from rlvr.heap import give_back_freed

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

# Many small pieces with a survivor at the end: what the C library does not return by itself.
pieces = [bytearray(60_000) for _ in range(2_000)]
last = bytearray(60_000)
del pieces
before = resident()
give_back_freed()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_freed_memory_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50_000_000  # of 120 MB


KERNELS = """
import ctypes
from rlvr.heap import KERNELS_KEPT, limit_kernel_cache

limit_kernel_cache()
import torch

class Info(ctypes.Structure):
    _fields_ = [(str(n), ctypes.c_size_t) for n in range(7)] + [("used", ctypes.c_size_t), ("free", ctypes.c_size_t),
                                                               ("top", ctypes.c_size_t)]

def used():
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Info
    return libc.mallinfo2().used

weight = torch.ones(64, 64, dtype=torch.bfloat16)
for n in range(1, 2 * KERNELS_KEPT):
    torch.ones(n, 64, dtype=torch.bfloat16) @ weight
    if n == KERNELS_KEPT:
        full = used()
print(used() - full)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="asks glibc")
def test_kernels_for_ever_new_shapes_do_not_pile_up() -> None:
    done = subprocess.run([sys.executable, "-c", KERNELS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000_000  # by default 140 MB more


def test_a_training_hands_back_every_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed_at: list[int] = []
    state = TrainerState()
    monkeypatch.setattr(callbacks, "trim", lambda: trimmed_at.append(state.global_step))
    callback = callbacks.TrimHeap()
    for state.global_step in range(1, 2 * callbacks.STEPS_BETWEEN_TRIMS + 2):
        callback.on_step_end(None, state, TrainerControl())
    assert trimmed_at == [callbacks.STEPS_BETWEEN_TRIMS, 2 * callbacks.STEPS_BETWEEN_TRIMS]
