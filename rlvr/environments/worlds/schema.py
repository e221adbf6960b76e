"""What a toolset says of its world: the operations, and the kinds of record with their fields."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random
from typing import Any

from rewards import Toolset
from rewards.matching.equality import Parameter
from rewards.names import name_words
from rlvr.data.returned import returned_schema
from rlvr.data.synth.any_tools.schema_values import value_source
from rlvr.environments.worlds.reading import Kind, Operation, entities, read_operations

Draw = Callable[[Random], Any]

_PAGING = frozenset(
    "limit offset page size count cursor sort order max top skip after before fields per market".split()
)
_SEARCHED_TEXT = frozenset("query q search keyword keywords text term pattern filter".split())
_COMPILED_SCHEMAS = 64
_GENERAL_FIELDS = ("name", "created_date", "note")
"""Members of records of which the tools say too little to tell them apart."""
_FEWEST_FIELDS = 2


@dataclass(frozen=True)
class Field:
    """One member of a kind of record.

    Args:
        name: of the member, which is the name of the parameter that it was read off.
        parameter: what decides when two values of it are the same.
        draw: its values.
        is_scalar: whether a person would say its value in a sentence.
    """

    name: str
    parameter: Parameter
    draw: Draw
    is_scalar: bool


@dataclass(frozen=True)
class Entity:
    """A kind of record.

    Args:
        name: such as `order`.
        key: the member that says which record it is.
        draw_key: draws its values.
        fields: the members that tools give or ask for, by name.
        links: members that name another record: member -> entity.
        ends: whether a tool can cancel or delete a record of it.
    """

    name: str
    key: str
    draw_key: Draw
    fields: Mapping[str, Field]
    links: Mapping[str, str]
    ends: bool

    @property
    def words(self) -> str:
        """The name as people say it."""
        return self.name.replace("_", " ")


class WorldSchema:
    """What a toolset says of its world."""

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self.tools = {function["name"]: function for function in map(bare, tools)}
        self.toolset = Toolset(tools)
        self.operations = read_operations(self.toolset)
        self._draws: dict[tuple[str, str], Draw | None] = {}
        self.entities = {name: self._entity(name) for name in entities(self.operations.values())}

    @classmethod
    def of(cls, tools: Sequence[Mapping[str, Any]]) -> WorldSchema:
        """Return the schema of these tools, from a cache by content."""
        return _compiled(json.dumps(tools))

    def draw(self, operation: Operation, name: str) -> Draw | None:
        """Return what draws values of a parameter; None where none are found."""
        place = (operation.name, name)
        if place not in self._draws:
            self._draws[place] = draws(name, operation.tool.properties[name], operation.tool.parameters)
        return self._draws[place]

    def filters(self, operation: Operation) -> tuple[str, ...]:
        """Return the parameters of a search that are compared with members of records."""
        names = (*operation.links, *operation.fields)
        return tuple(name for name in names if not is_paging(name))

    @cached_property
    def answers(self) -> dict[str, Draw]:
        """What draws the answer of a tool that says what it returns, by tool."""
        drawn = {}
        for tool in self.toolset:
            schema = returned_schema(self.tools[tool.name])
            if schema is not None and (draw := draws(tool.name, schema, schema)) is not None:
                drawn[tool.name] = draw
        return drawn

    def _entity(self, name: str) -> Entity:
        about = [operation for operation in self.operations.values() if operation.entity == name]
        keys = Counter(operation.key for operation in about if operation.key)
        linking = [
            (operation, parameter)
            for operation in self.operations.values()
            for parameter, entity in operation.links.items()
            if entity == name
        ]
        key = keys.most_common(1)[0][0] if keys else f"{name}_id"
        named_by = [(operation, operation.key) for operation in about if operation.key] + linking
        return Entity(
            name,
            key,
            _key_draw(name, [(operation, parameter) for operation, parameter in named_by if parameter]),
            _fields(about),
            {
                parameter: entity
                for operation in about
                for parameter, entity in operation.links.items()
                if entity != name
            },
            any(operation.kind is Kind.REMOVE for operation in about),
        )


@lru_cache(maxsize=_COMPILED_SCHEMAS)
def _compiled(tools: str) -> WorldSchema:
    return WorldSchema(json.loads(tools))


def bare(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a tool dict without OpenAI's wrapping."""
    function = tool.get("function", tool)
    return function if isinstance(function, Mapping) else tool


def is_paging(name: str) -> bool:
    """Tell whether a parameter says how much of a list is wanted, and not what."""
    return not _PAGING.isdisjoint(name_words(name))


def is_searched_text(name: str) -> bool:
    """Tell whether a parameter is looked for in every member of a record."""
    return not _SEARCHED_TEXT.isdisjoint(name_words(name))


def draws(name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Draw | None:
    """Return what draws values of a schema; None where none can be found."""
    try:
        draw = value_source(name, schema, root)
        draw(Random(0))
    except (ValueError, LookupError):
        return None
    return draw


def _fields(operations: Sequence[Operation]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for operation in operations:
        if operation.kind in (Kind.READ, Kind.REMOVE):
            continue
        for name in operation.fields:
            if name in fields or is_paging(name) or is_searched_text(name):
                continue
            schema, root = operation.tool.properties[name], operation.tool.parameters
            if (draw := draws(name, schema, root)) is not None:
                parameter = Parameter.of(name, schema, root)
                fields[name] = Field(name, parameter, draw, not isinstance(draw(Random(0)), dict | list))
    for name in _GENERAL_FIELDS if len(fields) < _FEWEST_FIELDS else ():
        if name not in fields and (draw := draws(name, {"type": "string"}, {})) is not None:
            fields[name] = Field(name, Parameter(name), draw, is_scalar=True)
    return fields


def _key_draw(entity: str, named_by: Sequence[tuple[Operation, str]]) -> Draw:
    for operation, name in named_by:
        schema = operation.tool.properties[name]
        plain_name = name if name not in ("id", "uuid") else f"{entity}_{name}"
        if (draw := draws(plain_name, schema, operation.tool.parameters)) is not None:
            return draw
    prefix = "".join(word[0] for word in entity.split("_")).upper()
    return lambda rng: f"{prefix}{rng.randrange(10_000, 100_000)}"
