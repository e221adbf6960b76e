"""The options of TRL's trainers: what the user passes through, checked by name, and what the run decides itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from rlvr import trainer_options
from rlvr.errors import UserError
from rlvr.policy.load import device_for
from rlvr.training.tracking import report_to

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import TrainingArguments

    from rlvr.config import Config
    from rlvr.files import JsonMapping

Arguments = TypeVar("Arguments", bound="TrainingArguments")

_SHARDING = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")
"""What accelerate's launcher sets where it is to shard."""

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
    _check_not_sharded(key, args)
    decided = {
        "output_dir": str(output_dir),
        "seed": config.seed,
        "bf16": config.hardware.bf16,
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


def _check_not_sharded(key: str, args: JsonMapping) -> None:
    """Raise UserError where weights would be spread over processes: a stage could not save its policy whole."""
    by_launcher = [name for name in _SHARDING if os.environ.get(name, "").lower() == "true"]
    by_option = [f"{key}.{name}" for name in ("fsdp", "deepspeed") if args.get(name)]
    for said in (*by_option, *by_launcher):
        raise UserError(
            f"{said}: every process of a run holds all weights; leave it out, and where they do not fit train an "
            "adapter with policy=lora"
        )


def _run_name(output_dir: Path) -> str:
    """Return the stage of a run, as trackers list it."""
    return f"{output_dir.parent.name}-{output_dir.name}"
