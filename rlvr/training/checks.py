"""What a user can get wrong about a run, looked at before torch and TRL are loaded and anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.evaluation.price import price_of
from rlvr.files import check_writable
from rlvr.policy.checks import check_hardware, check_model
from rlvr.training.run_folder import LOCK
from rlvr.training.tracking import check_installed

if TYPE_CHECKING:
    from rlvr.config import Config
    from rlvr.records.row import Row

Rows = Mapping[str, Sequence["Row"]]


@dataclass(frozen=True)
class RunRows:
    """The rows of a run by the names of their sets."""

    training: Rows
    evaluation: Rows

    def named(self) -> dict[str, Sequence[Row]]:
        """Return all sets, as train/NAME and evaluation/NAME."""
        sides = {"train": self.training, "evaluation": self.evaluation}
        return {f"{side}/{name}": rows for side, sets in sides.items() for name, rows in sets.items()}


def check(config: Config) -> RunRows:
    """Check everything about a run that needs neither torch nor TRL.

    Returns:
        The rows that the run trains and evaluates on.

    Raises:
        UserError: options that contradict each other, or a file, folder, row or library that cannot be used.
    """
    if config.resume is None:
        new_folder(config)
    if config.model.endpoint is not None:
        raise UserError(
            "model.endpoint: a served model can be evaluated (rlvr evaluate), not trained; give its weights"
        )
    if config.pipeline and not config.data.train:
        raise UserError(f"data.train: no rows to train on, but the pipeline is {', '.join(config.pipeline)}")
    _check_weights(config)
    check_model(config.model)
    check_hardware(config.hardware)
    price_of(config.model.path, config.evaluation.prices)
    check_installed(config)
    training = {name: load(source) for name, source in config.data.train.items()}
    return RunRows(training, {name: load(source) for name, source in config.data.evaluation.items()})


def new_folder(config: Config) -> Path:
    """Return the folder of a new run, which does not exist yet or is empty.

    Raises:
        UserError: `run_dir` is something else, or cannot be written.
    """
    if config.run_dir is not None:
        path = Path(config.run_dir)
        check_writable(path)
        if path.exists() and not is_empty(path):
            raise UserError(f"run_dir: {path} is not an empty folder; name another one, or go on with resume={path}")
        return path
    stem = Path("runs") / f"{config.name}-{datetime.now():%Y%m%d-%H%M%S}"
    path, n = stem, 1
    while path.exists():
        n += 1
        path = stem.with_name(f"{stem.name}-{n}")
    return path


def is_empty(path: Path) -> bool:
    """Tell whether nothing but a lock is in a folder."""
    return path.is_dir() and all(inner.name == LOCK for inner in path.iterdir())


def _check_weights(config: Config) -> None:
    lora = config.policy.lora
    if config.pipeline and config.model.quantization is not None and lora is None:
        raise UserError("model.quantization: quantized weights train through an adapter only; add policy=lora")
    if config.pipeline and config.model.add_missing_tokens and lora is not None and not lora.modules_to_save:
        raise UserError(
            "model.add_missing_tokens: an adapter leaves new tokens untrained; "
            "add policy.lora.modules_to_save=[embed_tokens,lm_head], or policy=full"
        )
