"""What a stored configuration may say. A run folder may come from a stranger: it is data, and runs nothing.

Whatever in it would run code, send data somewhere or write outside the folder counts only if the person who resumes the
run names it again on the command line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from rlvr.errors import UserError

MAX_CONFIG_BYTES = 1_000_000
REWARD = "reward._target_"

_INTERPOLATION = re.compile(r"\$\{")
_OWN_REWARD = re.compile(r"(rewards(\.\w+)*|rlvr\.sampling\.judge)\.[A-Z]\w*")
_LOCAL_STORES = ("", "sqlite", "file")


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML's plain values: no tags of Python's, and no aliases, of which a few lines can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.constructor.ConstructorError(
                None, None, "aliases are not read here", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)


def read_stored(path: Path) -> dict[str, Any]:
    """Return the mapping in a run's config.yaml, with nothing resolved.

    Raises:
        UserError: no such file, too large, not a mapping in plain YAML, or it holds interpolations such as
            `${oc.env:TOKEN}`: what a run stores is resolved.
    """
    try:
        size = path.stat().st_size
        if size > MAX_CONFIG_BYTES:
            raise UserError(f"{path}: not a config: {size:,} bytes, and the limit is {MAX_CONFIG_BYTES:,}")
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; a run folder holds a config.yaml") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not a config: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(content, dict) or not content:
        raise UserError(f"{path}: not a config: expected a mapping")
    for place, value in leaves(content):
        if isinstance(value, str) and _INTERPOLATION.search(value):
            raise UserError(f"{path}: {place}: {value[:100]!r} is not resolved; a run stores plain values")
    return content


def check_stored(stored: Mapping[str, Any], given: Mapping[str, Any], path: Path) -> None:
    """Raise UserError for the first option that counts only where the person has named it.

    Args:
        stored: a run's configuration as plain data.
        given: what the person has given, likewise.
        path: the stored one's file.
    """
    named = dict(leaves(given))
    for place, value in leaves(stored):
        reason = _why_to_name(place, value)
        has_moved = place in _MAY_MOVE and named.get(place) is not None
        if reason is not None and named.get(place) != value and not has_moved:
            option = _as_option(place, value)
            raise UserError(
                f"{path}: {option} {reason}, and the folder may be a stranger's; if you want that, say so: {option}"
            )


def to_name(stored: Mapping[str, Any]) -> list[str]:
    """Return the options that resuming this run takes on the command line, as `option=value`."""
    return [_as_option(place, value) for place, value in leaves(stored) if _why_to_name(place, value) is not None]


def _as_option(place: str, value: Any) -> str:
    return f"{place}={value if isinstance(value, str) else json.dumps(value)}"


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value in nested mappings with its dotted name; an empty mapping is a value, and so is a list."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{place}.{name}" if place else str(name))
    else:
        yield place, value


def _why_to_name(place: str, value: Any) -> str | None:
    """Return what a stored option would do that a stranger must not; None where it is harmless."""
    rule = _RULES_OF_PLACES.get(place) or _RULES.get(place.rpartition(".")[2])
    if place.startswith("rollout.engine."):
        rule = _RULE_OF_ENGINES
    if rule is None:
        return None
    is_harmful, reason = rule
    return reason if is_harmful(value) else None


def is_own_reward(target: Any) -> bool:
    """Tell whether it names a class that our own packages of rewards define. Importing those runs nothing of
    anybody's."""
    if not isinstance(target, str) or not _OWN_REWARD.fullmatch(target):
        return False
    import importlib

    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__.startswith(("rewards.", "rlvr.sampling.judge"))


def _is_remote(address: Any) -> bool:
    return isinstance(address, str) and urlsplit(address).scheme not in _LOCAL_STORES


def _is_from_hub(implementation: Any) -> bool:
    """Tell whether attention would be a kernel of the hub's, which is code: `owner/name`."""
    return "/" in str(implementation)


_MAY_MOVE = ("rollout.endpoint", "rollout.sync_dir")
"""What the person who resumes a run may say anew, which then counts instead."""

_RULES_OF_PLACES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    REWARD: (lambda target: not is_own_reward(target), "imports and runs a module"),
    "environment": (lambda factory: factory is not None, "imports and runs a module"),
    "tracking.to": (lambda tracker: tracker == "wandb", "sends the run to a server"),
}
_RULE_OF_ENGINES = (
    lambda value: not isinstance(value, bool | int | float | None),
    "can make vLLM import a module",
)

# The last part of an option's name -> when its value does harm, and which.
_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "trust_remote_code": (bool, "runs the code of a model's folder"),
    "attn_implementation": (_is_from_hub, "loads a kernel from the hub"),
    "push_to_hub": (bool, "publishes the weights"),
    "uri": (_is_remote, "sends the run to a server"),
    "endpoint": (bool, "sends texts to a server"),
    "sync_dir": (bool, "writes weights to a folder outside of the run's"),
    "api_key_env": (lambda name: name != "OPENAI_API_KEY", "sends what another variable of your environment holds"),
    "trackio_space_id": (bool, "sends the run to a server"),
    "trackio_static_space_id": (bool, "sends the run to a server"),
    "trackio_bucket_id": (bool, "sends the run to a server"),
    "log_completions_hub_repo": (bool, "publishes completions"),
    "vllm_server_base_url": (bool, "sends prompts and weights to a server"),
    "vllm_server_host": (bool, "sends prompts and weights to a server"),
    "logging_dir": (bool, "writes outside of the run folder"),
    "deepspeed": (bool, "reads another configuration"),
    "accelerator_config": (lambda value: isinstance(value, str), "reads another configuration"),
    "fsdp_config": (lambda value: isinstance(value, str), "reads another configuration"),
}
