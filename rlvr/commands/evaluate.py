"""`rlvr evaluate`: how well a model does on rows."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from rlvr import processes
from rlvr.commands.composed import named_options, with_config
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import check_writable
from rlvr.progress import loading_libraries, say, standard_console, waiting


def run(arguments: list[str]) -> None:
    """Evaluate as the config says."""
    if processes.launched() > 1:
        raise UserError(f"WORLD_SIZE is {processes.launched()}: rlvr evaluate is one process; leave out the launcher")
    with_config(_evaluate, "evaluate", arguments, command="evaluate")


def _evaluate(config: Config) -> None:
    from rlvr.data.source import load
    from rlvr.environments.opening import check_episodes, factories_of
    from rlvr.evaluation.price import price_of
    from rlvr.policy.checks import check_hardware, check_model
    from rlvr.sampling import open_sampler
    from rlvr.scoring import try_reward
    from rlvr.training import provenance
    from rlvr.training.run_folder import RunFolder

    _check_named(named_options())
    if not config.data.evaluation and not config.evaluation.suites:
        remedy = "name a file, data.evaluation.mine.path=rows.jsonl, or a choice, data=five_tools"
        raise UserError(f"nothing to evaluate on: {remedy}")
    console = standard_console()
    if config.run_dir is None and config.model.endpoint is not None:
        config = replace(config, run_dir=_folder_of(config))  # what a server has answered is paid for
    if config.run_dir is not None:
        _check_folder(Path(config.run_dir))
    factories = factories_of(config.environment)
    check_model(config.model)
    check_hardware(config.hardware)
    if config.model.endpoint is None:  # of a server the model's name is known once it has been asked
        price_of(config.model.path, config.evaluation.prices)
    sets = {name: load(source) for name, source in config.data.evaluation.items()}
    for name, rows in sets.items():
        check_episodes(f"data.evaluation.{name}", rows, factories)
    try_reward(config.reward, sets.values())
    if config.model.endpoint is not None:
        with waiting(console, f"asking {config.model.endpoint}"):
            open_sampler(config).close()  # before PyTorch is loaded: is somebody there?
    with loading_libraries(console, "PyTorch"):
        from rlvr.evaluation import command
    if config.run_dir is None:
        command.command(config, console, sets)
        say(console, "Nothing was kept; run_dir=FOLDER keeps every row, for rlvr compare and rlvr report")
        return
    folder = RunFolder(Path(config.run_dir))
    with folder.held():
        command.command(config, console, sets)
        provenance.write(folder.path, config, {f"evaluation/{name}": rows for name, rows in sets.items()})


def _folder_of(config: Config) -> str:
    """Return a folder that is the same for the same command."""
    return f"runs/evaluate-{hashlib.sha256(repr(config).encode()).hexdigest()[:8]}"


def _check_folder(folder: Path) -> None:
    """Raise UserError where the folder holds a training run, whose options would be replaced, or other things."""
    check_writable(folder)
    if (folder / "metrics.jsonl").exists():
        raise UserError(f"run_dir: {folder} holds a training run; name another folder for what its evaluation finds")
    if folder.is_dir() and {".lock", "config.yaml"}.isdisjoint(os.listdir(folder)) and any(folder.iterdir()):
        raise UserError(f"run_dir: {folder} holds something else than an evaluation; name another folder")


_OF_TRAINING = ("pipeline", "policy", "sft", "dpo", "training", "gate")
_INSTEAD = {
    "training.args.max_completion_length": "evaluation.max_new_tokens",
    "training.args.temperature": "evaluation.temperature",
    "training.args.top_p": "evaluation.top_p",
    "training.args.per_device_train_batch_size": "evaluation.batch_size",
}
"""Options of training, and what evaluation has in their place."""


def _check_named(options: list[str]) -> None:
    """Raise UserError where an option was named that only training reads."""
    for option in options:
        if option.partition(".")[0] in _OF_TRAINING:
            remedy = f"set {_INSTEAD[option]} instead" if option in _INSTEAD else "leave it out"
            raise UserError(f"{option}: rlvr evaluate trains nothing and does not read it; {remedy}")
