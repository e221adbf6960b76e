"""What a user can get wrong about a run, looked at before torch and TRL are loaded and anything is written."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rlvr.config import Config, sources_of
from rlvr.data.source import load
from rlvr.environments.opening import check_episodes, factories_of
from rlvr.errors import UserError
from rlvr.evaluation.price import price_of
from rlvr.files import check_writable
from rlvr.policy.checks import check_hardware, check_model
from rlvr.records.row import Row
from rlvr.sampling.vllm import check_server
from rlvr.scoring import try_reward
from rlvr.training.run_folder import LOCK
from rlvr.training.tracking import check_installed

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
    _check_packages()
    _check_weights(config)
    factories = factories_of(config.environment)
    check_model(config.model)
    check_hardware(config.hardware)
    if config.rollout.backend == "server" and "grpo" in config.pipeline:
        check_server(config)
    price_of(config.model.path, config.evaluation.prices)
    check_installed(config)
    training = {name: load(source) for name, source in config.data.train.items()}
    evaluation = {name: load(source) for name, source in config.data.evaluation.items()}
    rows = RunRows(training, evaluation)
    try_reward(config.reward, rows.named().values())
    are_conversations = {name: check_episodes(name, listed, factories) for name, listed in rows.named().items()}
    if "grpo" in config.pipeline:
        _check_conversations(config, [are_conversations[f"train/{name}"] for name in sources_of(config, "grpo")])
    return rows


def _check_packages() -> None:
    """Raise ModuleNotFoundError, which the command line explains, before rows are drawn: that can take seconds."""
    for package in ("torch", "trl"):
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)


def _check_conversations(config: Config, are_conversations: Sequence[bool]) -> None:
    """Raise UserError where GRPO's sets do not go together, or an option does not go with conversations."""
    if not any(are_conversations):
        return
    if not all(are_conversations):
        raise UserError(
            "data.train: grpo would train on conversations and on other rows; train on conversations alone "
            "(data.train.NAME.stages says which stages take a set)"
        )
    is_set = {
        "normalize_components": config.training.normalize_components,
        "partial_cap_end": config.training.partial_cap_end is not None,
        "dynamic_sampling_rounds": config.training.dynamic_sampling_rounds > 0,
    }
    for name in filter(is_set.get, is_set):
        raise UserError(f"training.{name}: does not go with conversations; leave it out")
    if config.rollout.ahead:
        raise UserError("rollout.ahead: does not go with conversations, whose turns follow each other; leave it out")


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
