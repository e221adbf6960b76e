import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "trl", "rlvr", "jsonschema", "jsonschema_rs", "numpy")


def test_importing_the_library_imports_nothing_heavy():
    script = "import sys, rewards, rewards.adapters.trl; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {name for name in run.stdout.split() if name.split(".")[0] in HEAVY}


@pytest.mark.slow
def test_importing_the_library_takes_less_than_150_ms():
    script = "import time; start = time.process_time(); import rewards; print(time.process_time() - start)"
    times = [
        float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    assert min(times) < 0.150
