"""The world that a toolset describes: the operations, and the kinds of record with their fields."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, filterfalse
from random import Random

from rewards import Toolset
from rewards.matching import Parameter
from rewards.names import name_words
from rlvr.data.json_values import without
from rlvr.data.synth.any_tools.agreement import Agree, agreeing
from rlvr.data.synth.any_tools.schema_values import value_source
from rlvr.data.synth.any_tools.spoken import SpokenTool, context_of, spoken
from rlvr.data.synth.any_tools.strings import string_source
from rlvr.data.synth.any_tools.toolset import namespace_of
from rlvr.data.synth.drawing import one_of
from rlvr.data.synth.lexicon import UNKNOWN
from rlvr.data.synth.meanings import meaning_of
from rlvr.environments.user import words_of
from rlvr.environments.worlds.phrases import Kind
from rlvr.environments.worlds.reading import Operation, entities, read_operations
from rlvr.files import Json, JsonMapping

Draw = Callable[[Random], Json]

_PAGING = frozenset(
    "limit offset page pages size count cursor sort order max top skip after before fields per market by direction "
    "results of number start token index".split()
)
_HOW = frozenset("include exclude expand fetch verbose format output embed raw minimal".split())
"""First words of parameters that say in which form an answer is wanted."""
_SEARCHED_TEXT = frozenset("query q search keyword keywords text term pattern filter".split())
_WRAPPING = frozenset(
    "page pages per total count limit offset next previous cursor success code message error has more object".split()
)
"""Words of the members that stand beside the records of an answer, and are none of theirs."""
_DEEPEST_RECORD = 4
_COMPILED_SCHEMAS = 64
_GENERAL_FIELDS = ("name", "created_date", "note")
_PEOPLE = frozenset(
    "user customer client member employee passenger guest patient attendee contact lead student teacher driver agent "
    "owner author tenant subscriber".split()
)
"""Members of records of which the tools say too little to tell them apart."""
_FEWEST_FIELDS = 2
_STATES = "running ready degraded pending stopped offline maintenance paused".split()
_STATES_OF = frozenset("status state health condition availability connection".split())
_TEXTS = frozenset(
    "text content html log output summary translation explanation description analysis info detail message "
    "answer".split()
)
"""What tools answer with a sentence; most of what no word list knows is a number: a usage, a quote, a level."""


@dataclass(frozen=True)
class Field:
    """One member of a kind of record.

    Args:
        name: of the member, which is that of the parameter or of the answer's member that it was read off.
        parameter: what decides when two values of it are the same.
        draw: its values.
        is_scalar: whether a person would say its value in a sentence.
        schema: its JSON Schema.
    """

    name: str
    parameter: Parameter
    draw: Draw
    is_scalar: bool
    schema: JsonMapping


@dataclass(frozen=True)
class Entity:
    """A kind of record.

    Args:
        name: such as `order`.
        key: the member that says which record it is.
        draw_key: draws its values.
        fields: the members that tools give or ask for, by name.
        agree: makes values that belong together agree.
        links: members that name another record: member -> entity.
        ends: whether a tool can cancel or delete a record of it.
        parent: the kind of record of which each has one of these, under its own key; "" where they have their own.
    """

    name: str
    key: str
    draw_key: Draw
    fields: Mapping[str, Field]
    agree: Agree
    links: Mapping[str, str]
    ends: bool
    parent: str = ""

    @property
    def words(self) -> str:
        """The name as people say it."""
        return words_of(self.name)


class WorldSchema:
    """The world that a toolset describes.

    Args:
        tools: in OpenAI's form, or bare function dicts.
        returns: the schemas of what they return, by name.
    """

    def __init__(self, tools: Sequence[JsonMapping], returns: JsonMapping | None = None) -> None:
        self.tools = {function["name"]: function for function in map(bare, tools)}
        self.toolset = Toolset(tools)
        self.namespace = namespace_of(self.toolset.names)
        self.operations = read_operations(self.toolset)
        self.returns = dict(returns or {})
        self._draws: dict[tuple[str, str], Draw | None] = {}
        self._spoken: dict[str, tuple[SpokenTool, Mapping[str, str]]] = {}
        self.entities = {name: self._entity(name) for name in entities(self.operations.values())}

    @classmethod
    def of(cls, tools: Sequence[JsonMapping], returns: JsonMapping | None = None) -> WorldSchema:
        """Return the schema of these tools, from a cache by content."""
        return _compiled(json.dumps([tools, returns]))

    def draw(self, operation: Operation, name: str) -> Draw | None:
        """Return what draws values of a parameter; None where none are found."""
        place = (operation.name, name)
        if place not in self._draws:
            tool = operation.tool
            self._draws[place] = draws(name, tool.properties[name], tool.parameters, context_of(tool))
        return self._draws[place]

    def spoken(self, operation: Operation) -> tuple[SpokenTool, Mapping[str, str]]:
        """Return a tool in words, and its parameters that are named after their records there, as application_id."""
        if operation.name not in self._spoken:
            self._spoken[operation.name] = _in_words(operation, self.tools[operation.name], self.namespace)
        return self._spoken[operation.name]

    def filters(self, operation: Operation) -> tuple[str, ...]:
        """Return the parameters of a search that are compared with members of records."""
        return tuple(filterfalse(is_paging, (*operation.links, *operation.fields)))

    @cached_property
    def answers(self) -> dict[str, Draw]:
        """Return what draws the answer of a tool that says what it returns, by tool."""
        answers = {}
        for name, schema in self.returns.items():
            if (draw := draws(name, schema, schema)) is not None:
                answers[name] = draw
        return answers

    def _entity(self, name: str) -> Entity:
        operations = self.operations.values()
        about = [each for each in operations if each.entity == name]
        keyed = [(each, each.key) for each in operations if each.key and name in (each.entity, each.parent)]
        linked = [(each, link) for each in operations for link, entity in each.links.items() if entity == name]
        key = _most_used_key(keyed) or _own_name(name, linked)
        fields = _fields(about) | self._returned(about, key)
        if len(fields) < _FEWEST_FIELDS:
            fields = _general_fields(name) | fields
        links = self._links(name, about, fields)
        fields = {member: field for member, field in fields.items() if member not in links}
        ends = any(operation.kind is Kind.REMOVE for operation in about)
        parent = next((operation.parent for operation in about if operation.parent), "")
        schemas = {member: field.schema for member, field in fields.items()}
        words = name.split("_")
        context = frozenset([*words, *map("@{}".format, words)])
        agree = agreeing(schemas, {member: field.draw for member, field in fields.items()}, context)
        return Entity(name, key, _key_draw(name, [*keyed, *linked]), fields, agree, links, ends, parent)

    def _links(self, name: str, about: Sequence[Operation], fields: Mapping[str, Field]) -> dict[str, str]:
        """Return the other kinds of record that a kind's tools and members name: customer_id -> customer."""
        keys = ((member, self._keys[member]) for member in fields if member in self._keys)
        links = chain.from_iterable(operation.links.items() for operation in about)
        return {link: entity for link, entity in chain(links, keys) if entity != name}

    @cached_property
    def _keys(self) -> dict[str, str]:
        """The kinds of record that tools name by a parameter: customer_id -> customer."""
        return {each.key: each.parent or each.entity for each in self.operations.values() if each.key}

    def _returned(self, about: Sequence[Operation], key: str) -> dict[str, Field]:
        """Return the members that the tools say they return of a kind of record, without what names the record."""
        fields: dict[str, Field] = {}
        for operation in sorted(about, key=lambda each: each.kind is not Kind.READ):
            schema = self.returns.get(operation.name) or {}
            for name, member in members_of(schema).items():
                if name in fields or _names_itself(name, operation.entity, key):
                    continue
                fields |= _field(name, member, schema, context_of(operation.tool))
        return fields


def _most_used_key(keyed: Sequence[tuple[Operation, str]]) -> str:
    """Return the parameter by which most tools name a record; "" where none does."""
    counts = Counter(parameter for _, parameter in keyed)
    return max(counts, key=counts.__getitem__, default="")


def _own_name(entity: str, linked: Sequence[tuple[Operation, str]]) -> str:
    """Return the last parameter that names a record in its kind's own words, as user_id a user; else such a name."""
    named = [parameter for _, parameter in linked if name_words(parameter)[:-1] == entity.split("_")]
    return [f"{entity}_id", *named][-1]


@lru_cache(maxsize=_COMPILED_SCHEMAS)
def _compiled(described: str) -> WorldSchema:
    return WorldSchema(*json.loads(described))


def bare(tool: JsonMapping) -> JsonMapping:
    """Return a tool dict without OpenAI's wrapping."""
    function = tool.get("function", tool)
    return function if isinstance(function, Mapping) else tool


def is_paging(name: str) -> bool:
    """Tell whether a parameter says how much of a list is wanted, or in which form, and not what."""
    words = name_words(name)
    return words[:1] != [] and (words[0] in _HOW or _PAGING.issuperset(words))


def is_searched_text(name: str) -> bool:
    """Tell whether a parameter is looked for in every member of a record."""
    return not _SEARCHED_TEXT.isdisjoint(name_words(name))


def members_of(schema: JsonMapping, depth: int = 0) -> dict[str, JsonMapping]:
    """Return the plain members of a record that a tool returns: a list's item, or what an answer only wraps, is it."""
    if depth > _DEEPEST_RECORD:
        return {}
    if isinstance(items := schema.get("items"), Mapping):
        return members_of(items, depth + 1)
    plain: dict[str, JsonMapping] = {}
    nested: list[JsonMapping] = []
    for name, member in (schema.get("properties") or {}).items():
        if isinstance(member, Mapping) and member.keys().isdisjoint({"properties", "items"}):
            plain[name] = member
        elif isinstance(member, Mapping):
            nested.append(member)
    if len(nested) == 1 and all(map(_is_wrapping, plain)):
        return members_of(nested[0], depth + 1)
    return plain


def _is_wrapping(name: str) -> bool:
    return not _WRAPPING.isdisjoint(name_words(name))


def _names_itself(name: str, entity: str, key: str) -> bool:
    """Tell whether a member of an answer is a record's key, under whatever name: id, orderId, order_id."""
    owner, _, last = "_".join(name_words(name)).rpartition("_")
    return name == key or (last in ("id", "uuid") and owner in ("", entity))


def draws(name: str, schema: JsonMapping, root: JsonMapping, context: frozenset[str] = frozenset()) -> Draw | None:
    """Return what draws values of a schema, given the words of its tool; None where none can be found."""
    try:
        draw = value_source(name, schema, root, context)
        draw(Random(0))
    except (ValueError, LookupError):
        return None
    return draw


@lru_cache(maxsize=_COMPILED_SCHEMAS)
def answer_draw(noun: str) -> Draw:
    """Return what draws the answer of a tool of which nothing is known but what it is about."""
    head = name_words(noun)[-1:] or [noun]
    if head[0] in _STATES_OF:
        return one_of(_STATES)
    if head[0] in _TEXTS:
        return string_source("note", {})
    if meaning_of(noun, {}) is not UNKNOWN:
        return string_source(noun, {})
    return lambda rng: rng.randrange(10, 1000)


def _fields(operations: Sequence[Operation]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for operation in operations:
        if operation.kind in (Kind.READ, Kind.REMOVE):
            continue
        for name in operation.fields:
            is_how = operation.kind is Kind.SEARCH and (is_paging(name) or is_searched_text(name))
            if name in fields or is_how:
                continue
            tool = operation.tool
            fields |= _field(name, tool.properties[name], tool.parameters, context_of(tool))
    return fields


def _field(name: str, schema: JsonMapping, root: JsonMapping, context: frozenset[str]) -> dict[str, Field]:
    """Return a member by its name; nothing where no values of it can be drawn."""
    draw = draws(name, schema, root, context)
    if draw is None:
        return {}
    is_scalar = not isinstance(draw(Random(0)), dict | list)
    return {name: Field(name, Parameter.of(name, schema, root), draw, is_scalar, schema)}


def _general_fields(entity: str) -> dict[str, Field]:
    """Return the members of a kind of record of which the tools tell next to nothing."""
    fields = {}
    is_person = entity.split("_")[-1] in _PEOPLE
    for name in _GENERAL_FIELDS:
        drawn_as = "full_name" if is_person and name == "name" else name
        if (draw := draws(drawn_as, {"type": "string"}, {})) is not None:
            fields[name] = Field(name, Parameter(name), draw, is_scalar=True, schema={"type": "string"})
    return fields


def _in_words(operation: Operation, function: JsonMapping, namespace: str) -> tuple[SpokenTool, Mapping[str, str]]:
    """Return a tool in words; parameters that name a record say which, and their values are names even if numbers."""
    named = operation.named_records
    kinds = Counter(named.values())
    properties: dict[str, JsonMapping] = {}
    names: dict[str, str] = {}
    said = without(operation.tool.properties, *operation.secrets)  # the system message holds the others
    for name, schema in said.items():
        if name not in named:
            properties[name] = schema
            continue
        spoken_name = f"{named[name]}_id"
        *_, before, last = ["", *name_words(name)]
        is_renamed = (last in ("id", "name") or before == "or") and kinds[named[name]] == 1  # organization_id_or_slug
        names[name] = spoken_name if is_renamed and spoken_name not in operation.tool.properties else name
        properties[names[name]] = (
            {**schema, "type": "string"} if schema.get("type") in ("integer", "number") else schema
        )
    required = [names.get(name, name) for name in said if name in operation.tool.required]
    parameters = {**operation.tool.parameters, "properties": properties, "required": required}
    schema = {"type": "function", "function": {**function, "parameters": parameters}}
    (tool,) = Toolset([schema])
    return spoken(schema, tool, namespace), names


def _key_draw(entity: str, named_by: Sequence[tuple[Operation, str]]) -> Draw:
    for operation, name in named_by:
        schema = operation.tool.properties[name]
        plain_name = name if name not in ("id", "uuid") else f"{entity}_{name}"
        schema = {**schema, "type": "integer"} if schema.get("type") == "number" else schema
        if (draw := draws(plain_name, schema, operation.tool.parameters)) is not None:
            return draw
    prefix = "".join(word[0] for word in entity.split("_")).upper()
    return lambda rng: f"{prefix}{rng.randrange(10_000, 100_000)}"
