"""What is freed goes back to the system."""

import subprocess
import sys

import pytest

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
