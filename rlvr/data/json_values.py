"""JSON values read without knowing their form: members, parts, and what stands at their ends."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import UnionType
from typing import TypeGuard

from rlvr.files import Json, JsonMapping, JsonObject

OBJECT = (dict, Mapping)  # the first is what nearly all are, and faster to ask for


def json_in(text: str) -> Json:
    """Return the JSON value that a text holds; the very text where it holds none, or one nested too deep to be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def json_or_python(value: Json) -> Json:
    """Return the value of a text that is JSON or a Python literal; any other value as it is."""
    if not isinstance(value, str):
        return value
    if (decoded := json_in(value)) is not value:
        return decoded
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def without(members: JsonMapping, *names: str | None) -> JsonObject:
    """Return an object without the members of these names."""
    return {name: value for name, value in members.items() if name not in names}


def without_nulls(members: JsonMapping) -> JsonObject:
    """Return an object without the members that are null."""
    return {name: value for name, value in members.items() if value is not None}


def member(value: Json, name: str) -> Json:
    """Return a member of an object; None where it is missing, and for what is no object."""
    return value.get(name) if isinstance(value, OBJECT) else None


def text_in(value: Json, name: str) -> str | None:
    """Return a member of an object that is a text, such as an id; None where it is missing or something else."""
    text = member(value, name)
    return text if isinstance(text, str) else None


def first_of(members: JsonMapping, names: Sequence[str], kind: type | UnionType = object) -> Json:
    """Return the first of these members that is there, not null and of a type; None where none is."""
    for name in names:
        value = members.get(name)
        if value is not None and isinstance(value, kind):
            return value
    return None


def object_of(value: Json) -> JsonMapping:
    """Return an object as it is, and an empty one for any other value."""
    return value if isinstance(value, OBJECT) else {}


def list_of(value: Json) -> list[Json]:
    """Return a list as it is, and an empty one for any other value."""
    return value if isinstance(value, list) else []


def items_of(value: Json) -> list[Json]:
    """Return a list as it is, a list of any other value, and an empty one for null."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def parts_of(value: Json) -> Collection[Json]:
    """Return the values that an object or a list holds; none for any other value."""
    return value.values() if isinstance(value, OBJECT) else list_of(value)


def is_number(value: Json) -> TypeGuard[int | float]:
    """Tell whether a value is a number: a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def leaves(value: Json) -> Iterator[Json]:
    """Yield what stands at the ends of a JSON value, but for null."""
    if isinstance(value, dict | Mapping | list):
        for part in parts_of(value):
            yield from leaves(part)
    elif value is not None:
        yield value
