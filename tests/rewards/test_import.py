import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "trl", "rlvr", "jsonschema", "jsonschema_rs", "numpy")


def test_importing_the_library_imports_nothing_heavy():
    script = "import sys, rewards, rewards.adapters.trl; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {name for name in run.stdout.split() if name.split(".")[0] in HEAVY}


@pytest.mark.slow
def test_importing_the_library_takes_less_than_four_times_what_asyncio_takes():
    """Some 110 ms where asyncio takes 45; processors differ, so that the two are timed in turns."""

    def seconds(module):
        script = f"import time; start = time.process_time(); import {module}; print(time.process_time() - start)"
        return float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)

    pairs = [(seconds("rewards"), seconds("asyncio")) for _ in range(5)]
    of_rewards, of_asyncio = (min(times) for times in zip(*pairs, strict=True))
    assert of_rewards < 4 * of_asyncio
