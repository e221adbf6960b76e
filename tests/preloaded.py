"""What the process has loaded from which `forked.py` forks others: all that a run loads."""

import gc
from importlib import import_module

MODULES = """
    peft scipy.stats torch.profiler torch.distributed.launcher.api transformers.models.qwen3.modeling_qwen3
    rlvr.commands.train rlvr.report.page rlvr.training.dpo rlvr.training.grpo rlvr.training.pipeline rlvr.training.sft
    rlvr.training.tracking sharded_on_cpu small_run with_set_candidates
"""

gc.disable()
for module in MODULES.split():
    import_module(module)
gc.freeze()  # what is loaded by now stays: searches for garbage need not go through it
gc.enable()
