"""Episodes of the user's own Python class: from the rows that TRL takes, or from the class alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rlvr.data.json_values import without
from rlvr.environments.episode import Episode
from rlvr.environments.opening import Factory
from rlvr.environments.python_tools import instance_of, tools_of
from rlvr.errors import UserError
from rlvr.files import Json, JsonObject, Where, read_objects


def episodes_of_file(factory: Factory, path: str) -> Iterator[Episode]:
    """Yield an episode for each row of a JSONL file, as TRL reads it: what is not the prompt is what `reset` takes.

    Raises:
        RowError: a row or its prompt is none.
        UserError: as `episodes_of` and `instance_of`.
    """
    return episodes_of(instance_of(factory), read_objects(path))


def episodes_of_class(factory: Factory, n: int) -> Iterator[Episode]:
    """Yield episodes of a class whose `reset` gives the task.

    Where `reset` takes a `seed`, each episode has its own, so that the candidates of a group can begin alike.

    Raises:
        UserError: as `episodes_of` and `instance_of`.
    """
    instance = instance_of(factory)
    reset = getattr(instance, "reset", None)
    parameters = inspect.signature(reset).parameters if callable(reset) else {}
    has_seed = "seed" in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    places = (Where(Path("rows"), number) for number in range(1, n + 1))
    return episodes_of(instance, ((where, {"seed": where.line} if has_seed else {}) for where in places))


def episodes_of(instance: Any, records: Iterable[tuple[Where, JsonObject]]) -> Iterator[Episode]:
    """Yield an episode for each record.

    Raises:
        RowError: a record's prompt is none.
        UserError: the object has no method that is a tool.
    """
    tools = tools_of(instance)
    if not tools:
        raise UserError(f"environment: {type(instance).__name__} has no public methods, which are its tools")
    for where, record in records:
        prompt = _messages(record.get("prompt"), where)
        yield Episode(prompt, tools, "python", {"reset": without(record, "prompt")})


def _messages(prompt: Json, where: Where) -> list[JsonObject]:
    """Return a row's prompt as messages. Without one `reset` gives the task, which TRL adds to an empty message."""
    if prompt is None or isinstance(prompt, str):
        return [{"role": "user", "content": prompt or ""}]
    if not isinstance(prompt, list) or not prompt or not all(isinstance(message, Mapping) for message in prompt):
        raise where.error("prompt", "must be a text or a non-empty list of messages")
    return list(map(dict, prompt))
