"""JSON objects without some of their members, and what stands at the ends of a JSON value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlvr.files import Json, JsonMapping, JsonObject


def without(members: JsonMapping, *names: str) -> JsonObject:
    """Return an object without the members of these names."""
    return {name: value for name, value in members.items() if name not in names}


def without_nulls(members: JsonMapping) -> JsonObject:
    """Return an object without the members that are null."""
    return {name: value for name, value in members.items() if value is not None}


def leaves(value: Json) -> Iterator[Json]:
    """Yield what stands at the ends of a JSON value, but for null."""
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(item)
    elif value is not None:
        yield value
