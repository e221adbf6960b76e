"""A run's experiment as other trainers take it: its options, and its reward as a class of `rewards` with arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rlvr import config as configuration
from rlvr import trust
from rlvr.config import Config, build_reward
from rlvr.errors import UserError
from rlvr.files import JsonMapping
from rlvr.training.run_folder import RunFolder

_REWARD_FILE = '''"""The reward of the run {name!r}, as {service} calls it."""

import importlib

{imports}

TARGET, OPTIONS = {target!r}, {options!r}
_module, _, _name = TARGET.rpartition(".")
{variable} = {adapter}(getattr(importlib.import_module(_module), _name)(**OPTIONS))
'''


@dataclass(frozen=True)
class NamedReward:
    """A reward as a trainer elsewhere makes it.

    Args:
        target: its class, which is one of `rewards`.
        options: what the class is called with; `wire` is the policy's where the class takes one.
    """

    target: str
    options: JsonMapping

    def as_file(self, name: str, service: str, *, imports: str, variable: str, adapter: str) -> str:
        """Return a Python file that wraps the reward in an adapter and calls the result by the name of a variable."""
        return _REWARD_FILE.format(
            name=name,
            service=service,
            imports=imports,
            variable=variable,
            adapter=adapter,
            target=self.target,
            options=dict(self.options),
        )


def named_reward(config: Config, wire: str, form: str) -> NamedReward:
    """Return a run's reward for another trainer.

    Args:
        config: the run's options.
        wire: the wire format of its policy.
        form: the `format` that is exported, for errors.

    Raises:
        UserError: the reward is none of `rewards`, or asks a server.
    """
    options = {name: value for name, value in config.reward.items() if name != "_target_"}
    target = str(config.reward["_target_"])
    if not target.startswith("rewards.") or not trust.is_own_reward(target):
        raise UserError(f"format={form}: the reward {target} is none of rewards'; export another one and put yours in")
    if "judge" in options:
        raise UserError(f"format={form}: reward.judge asks a server, which is not reached from there; leave it out")
    if hasattr(build_reward(config.reward, wire), "wire"):
        options = {"wire": wire, **options}
    return NamedReward(target, options)


def read_options(run: RunFolder) -> Config:
    """Return a run's options, which may be a stranger's: nothing that they name is run, nor sent anywhere."""
    stored = trust.read_stored(run.config)
    reward = stored.get("reward") or {}
    is_named = isinstance(reward, dict) and isinstance(reward.get("_target_"), str)
    # A check of the options imports the reward, which here is only named.
    options = configuration.from_plain({**stored, "reward": Config().reward})
    return replace(
        options,
        model=replace(options.model, trust_remote_code=False),
        reward=dict(reward) if is_named else options.reward,
    )


def run_of(path: Path) -> RunFolder | None:
    """Return the run that a folder is, or is inside of; None where there is none."""
    if not path.is_dir():
        return None
    for folder in (path, *list(path.absolute().parents)[:3]):
        if (folder / "metrics.jsonl").is_file() and not (folder / "config.json").is_file():
            return RunFolder(folder)
    return None


def experiment(path: str, form: str) -> tuple[RunFolder, Config]:
    """Return a run and its options, whether or not it has finished.

    Raises:
        UserError: the path names no run.
    """
    run = run_of(Path(path))
    if run is None or not run.config.is_file():
        raise UserError(f"format={form}: {path} is no run's folder, and its rows and reward are the run's")
    return run, read_options(run)
