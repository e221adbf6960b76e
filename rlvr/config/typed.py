"""Plain values, as YAML has them, as dataclasses of options: each name and type is checked on the way."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from rlvr import trainer_options
from rlvr.config.options import Config
from rlvr.errors import UserError, unknown

EXPECTED = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list, as in [a,b]",
    dict: "a mapping",
}
"""How an error names the type of an option."""

_TAKES_NUMBERS = (str, float)
"""Types of options that a number is turned into."""

T = TypeVar("T")

# What people call an option, from other tools -> what it is called here.
_ALIASES = {
    "lr": "training.args.learning_rate",
    "epochs": "training.args.num_train_epochs",
    "steps": "training.args.max_steps",
    "batch_size": "training.args.per_device_train_batch_size",
    "model_name": "model.path",
    "model_name_or_path": "model.path",
    "model.name": "model.path",
    "output_dir": "run_dir",
    "out": "run_dir",
    "resume_from_checkpoint": "resume",
    "bf16": "hardware.bf16",
    "report_to": "tracking.to",
    "lora_r": "policy.lora.r",
}


def place_of(name: str) -> str | None:
    """Return where an option goes that is not found where it was written, such as `training.args.learning_rate`.

    Args:
        name: as the user wrote it, dotted or not.

    Returns:
        The dotted option of the same last name: one of TRL's, or one of a section; None where there is none.
    """
    last = name.rpartition(".")[2]
    alias = _ALIASES.get(name) or _ALIASES.get(last)
    stage = name.partition(".")[0]
    for section, trainer in (("sft", "SFTConfig"), ("dpo", "DPOConfig"), ("training", "GRPOConfig")):
        is_there = last in trainer_options.options_of(trainer) and last not in trainer_options.SET_ELSEWHERE
        if is_there and stage in (section, last):
            return f"{section}.args.{last}" if section == stage else f"training.args.{last}"
    others = (leaf for leaf in _leaves(Config) if leaf != name)
    return alias or next((leaf for leaf in others if leaf.rpartition(".")[2] == last), None)


def option_of(name: str) -> str | None:
    """The option that a flag of this name may mean: itself where it is one, else as `place_of`."""
    return name if name in [*fields_of(Config), *_leaves(Config)] else place_of(name)


def _leaves(options: Any, place: str = "") -> Iterator[str]:
    """The dotted names of all options below a dataclass."""
    for name, kind in fields_of(options).items():
        parts = [part for part in typing.get_args(kind) or (kind,) if isinstance(part, type)]
        inner = next((part for part in parts if dataclasses.is_dataclass(part)), None)
        if inner is not None and typing.get_origin(kind) is not dict:
            yield from _leaves(inner, f"{place}{name}.")
        else:
            yield f"{place}{name}"


def not_found(name: str, allowed: Sequence[str]) -> UserError:
    """The line for an option that does not exist, with the place of that name where there is one."""
    place = place_of(name)
    if place is None:
        return UserError(unknown("option", name, allowed))
    return UserError(f"option {name!r} not found; did you mean {place!r}? rlvr train --help says what each option does")


def _to_type(kind: Any, value: Any, place: str) -> Any:
    """JSON-like values as the annotated type, dataclasses and their fields included.

    Raises:
        UserError: an unknown key or a value of another type; `place` is the dotted key it stands at.
    """
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        kind = typing.get_args(kind)[0]
    if kind is Any or (type(value) is kind):
        return value
    if dataclasses.is_dataclass(kind):
        return to_dataclass(typing.cast("type", kind), value, place)
    outer = typing.get_origin(kind) or kind
    if outer is dict and isinstance(value, dict):
        inner = typing.get_args(kind)[1]
        return {str(name): _to_type(inner, item, f"{place}.{name}") for name, item in value.items()}
    if outer is list and isinstance(value, list | str):
        (inner,) = typing.get_args(kind)
        value = [value] if isinstance(value, str) else value
        return [_to_type(inner, item, f"{place}[{index}]") for index, item in enumerate(value)]
    if kind in _TAKES_NUMBERS and type(value) in (int, float):
        return kind(value)
    raise UserError(f"{place}: expected {EXPECTED[outer]}, got {_shown(value)}")


def to_dataclass(kind: type[T], value: Any, place: str) -> T:
    """Return a mapping as an instance of a dataclass; errors as `_to_type`."""
    allowed = fields_of(kind)
    prefix = f"{place}." if place else ""
    if not isinstance(value, dict):
        options = ", ".join(prefix + name for name in allowed)
        raise UserError(f"{place}: expected options, got {_shown(value)}; options: {options}")
    for name in value:
        if name not in allowed:
            raise not_found(f"{prefix}{name}", [prefix + other for other in allowed])
    return kind(**{name: _to_type(allowed[name], item, prefix + name) for name, item in value.items()})


def fields_of(options: Any) -> dict[str, Any]:
    """Field name -> type of a dataclass, annotations resolved."""
    return typing.get_type_hints(options)


def _shown(value: object) -> str:
    """A value as the user wrote it."""
    return "null" if value is None else repr(value)
