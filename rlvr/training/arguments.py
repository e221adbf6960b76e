"""The options of TRL's trainers: what the user passes through, checked by name, and what the run decides itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from transformers import TrainingArguments

from rlvr import processes, trainer_options
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import JsonMapping
from rlvr.policy.load import device_for
from rlvr.policy.precision import in_bf16
from rlvr.training import sharding
from rlvr.training.tracking import report_to

Arguments = TypeVar("Arguments", bound="TrainingArguments")

_BY_LAUNCHER = (sharding.SPREADS, "ACCELERATE_USE_DEEPSPEED")
"""What accelerate's launcher sets where it is to shard."""

SHARDS_ON = ("cuda", "xpu", "npu")
"""Devices over which accelerate spreads weights (1.15: `AcceleratorState` passes over its plugin on CPUs)."""

SAVE_IN_TIME = 10**9
"""`save_steps` of a stage that saves by the clock and at its end: see `rlvr.training.callbacks.SaveInTime`."""

# What TRL leaves to other values that do not suit a run which shows its own progress and can be interrupted.
_PREFERRED = {"logging_steps": 1, "save_steps": SAVE_IN_TIME, "save_total_limit": 2}


def stage_arguments(
    kind: type[Arguments], key: str, args: JsonMapping, config: Config, output_dir: Path, **preferred: Any
) -> Arguments:
    """Return one stage's arguments as an instance of TRL's own configuration class.

    Args:
        kind: trl.SFTConfig or trl.GRPOConfig.
        key: where the user sets them, such as "training.args"; for error messages.
        args: what the user set there.
        config: the run's configuration.
        output_dir: where the stage's checkpoints go.
        preferred: what this stage sets where the user has not.

    Raises:
        UserError: a name that `kind` does not take, one that is set elsewhere, or a value that TRL refuses.
    """
    trainer_options.check(kind.__name__, key, args)
    _check_sharding(key, args, config)
    decided = {
        "output_dir": str(output_dir),
        "seed": config.seed,
        "bf16": in_bf16(config.hardware),
        # Transformers refuses bf16 on a machine without a GPU unless it is told that the CPU is meant.
        "use_cpu": device_for(config.hardware).type == "cpu",
        "disable_tqdm": True,
        "remove_unused_columns": False,
    }
    tracking = {"report_to": report_to(config), "project": config.tracking.project, "run_name": _run_name(output_dir)}
    try:
        arguments = kind(**{**_PREFERRED, **tracking, **preferred, **args, **decided})
    except (ValueError, TypeError) as error:
        raise UserError(f"{key}: {' '.join(str(error).split())}") from error
    # A run has one device: with several in sight transformers would wrap the model in nn.DataParallel, which TRL's
    # trainers do not expect.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def _check_sharding(key: str, args: JsonMapping, config: Config) -> None:
    """Raise UserError where weights would be spread over processes, and not as a stage can train and save them."""
    elsewhere = [f"{key}.deepspeed"] if args.get("deepspeed") else []
    elsewhere += [name for name in _BY_LAUNCHER if os.environ.get(name, "").lower() == "true"]
    for name in elsewhere:
        raise UserError(f"{name}: weights are spread over processes by hardware=fsdp2 alone; leave it out")
    if not args.get("fsdp"):
        return
    if device_for(config.hardware).type not in SHARDS_ON:
        raise UserError(
            f"{key}.fsdp: accelerate spreads no weights over CPUs, only over GPUs; leave it out, or take hardware=cpu"
        )
    if processes.launched() == 1:
        raise UserError(
            f"{key}.fsdp: weights are spread over several processes, and this is one; start it with "
            "torchrun --nproc-per-node 2 -m rlvr train …, or leave it out"
        )
    settings = args.get("fsdp_config") or {}
    version = settings.get("version", 2) if isinstance(settings, Mapping) else 2
    if version != 2:
        raise UserError(f"{key}.fsdp_config.version: {version}; FSDP2 is what there is: 2, or leave it out")


def _run_name(output_dir: Path) -> str:
    """Return the stage of a run, as trackers list it."""
    return f"{output_dir.parent.name}-{output_dir.name}"
