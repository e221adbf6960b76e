"""The reward that a config describes: its class by import path, its fields as options."""

from __future__ import annotations

import functools
import importlib
import inspect
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewards import Reward
from rlvr.errors import UserError, one_line, unknown
from rlvr.files import JsonObject


def build_reward(reward: JsonObject, wire: str | None = None) -> Reward:
    """The reward that a config's `reward` mapping describes, by the import path in `_target_`.

    A class is called with the other keys, and so is a function that makes a reward; a function that is a reward gets
    them at every call; an instance is taken as it is.

    Args:
        reward: the mapping.
        wire: the policy's own wire format, for a reward that takes one where the mapping names none.

    Raises:
        UserError: nothing of this name, an option that it does not have, or a value that it does not take.
    """
    target = reward.get("_target_")
    if not isinstance(target, str) or "." not in target:
        raise UserError("reward._target_: expected the import path of a reward class, such as rewards.Tiered")
    imported = _imported_reward(target)
    options = {name: value for name, value in reward.items() if name != "_target_"}
    if wire is not None and "wire" in getattr(imported, "__dataclass_fields__", ()):
        options.setdefault("wire", wire)
    if not isinstance(imported, type) and not inspect.isroutine(imported):
        if options:
            raise UserError(f"reward: {target} is one reward with its options set; it takes no {', '.join(options)}")
        return typing.cast("Reward", imported)
    _check_reward_fields(imported, options)
    if isinstance(options.get("judge"), dict):
        options["judge"] = _build_judge(options["judge"])
    if not isinstance(imported, type) and "ground_truth" in inspect.signature(imported).parameters:
        return functools.partial(imported, **options) if options else typing.cast("Reward", imported)
    try:
        return typing.cast("Reward", imported(**options))
    except (TypeError, ValueError) as error:
        raise UserError(f"reward ({target}): {one_line(error)}") from error


def _imported_reward(target: str) -> Callable[..., Any]:
    """Return what stands at an import path: a class, a function or a reward."""
    module, _, name = target.rpartition(".")
    try:
        imported = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        hiding, reason = Path("rewards.py").resolve(), one_line(error)
        if target.startswith("rewards.") and hiding.is_file():
            reason = f"{hiding} has the name of rlvr's library and is hidden by it; rename it"
        raise UserError(f"reward._target_: cannot import {target!r}: {reason}") from error
    if not callable(imported):
        raise UserError(f"reward._target_: {target!r} is not a class, a function or a reward")
    return typing.cast("Callable[..., Any]", imported)


def _build_judge(options: JsonObject) -> Any:
    """Return the judge behind `reward.judge.endpoint`; None where no endpoint is set."""
    if options.get("endpoint") is None:
        return None
    judge = importlib.import_module("rlvr.sampling.judge").EndpointJudge
    _check_reward_fields(judge, options, place="reward.judge")
    try:
        return judge(**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"reward.{one_line(error)}") from error


def reward_name(reward: Reward) -> str:
    """Return what tables and logs call a reward: its class, or the function that it is."""
    function = reward.func if isinstance(reward, functools.partial) else reward
    return str(getattr(function, "__name__", type(function).__name__))


def _check_reward_fields(build: Callable[..., Any], options: JsonObject, place: str = "reward") -> None:
    parameters = inspect.signature(build).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    allowed = [
        parameter.name
        for parameter in parameters
        if parameter.kind is not parameter.VAR_POSITIONAL and not parameter.name.startswith("_")
    ]
    for name in options:
        if name not in allowed:
            raise UserError(unknown("option", f"{place}.{name}", [f"{place}.{each}" for each in allowed]))
