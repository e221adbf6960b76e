import subprocess
import sys

HEAVY = ("torch", "transformers", "trl", "rlvr", "jsonschema", "jsonschema_rs", "numpy")


def test_importing_the_library_imports_nothing_heavy():
    script = "import sys, rewards, rewards.adapters.trl; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {name for name in run.stdout.split() if name.split(".")[0] in HEAVY}
