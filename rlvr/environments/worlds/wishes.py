"""Wishes of a world's user: calls that change it or look something up, drawn from its records, and put in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from random import Random

from rewards import ToolCall
from rewards.names import name_words
from rlvr.data.json_values import without
from rlvr.data.synth.any_tools import requests
from rlvr.data.synth.any_tools.clauses import UNITS
from rlvr.data.synth.any_tools.parameters import TIME_UNITS
from rlvr.data.synth.any_tools.requests import opened, task_with
from rlvr.data.synth.any_tools.values_said import written
from rlvr.data.synth.phrasing import STYLES
from rlvr.environments.episode import Step
from rlvr.environments.user import words_of
from rlvr.environments.worlds.phrases import PREPOSITIONS, Kind, plural
from rlvr.environments.worlds.reading import Operation
from rlvr.environments.worlds.schema import Entity, WorldSchema, is_paging
from rlvr.environments.worlds.world import World, first_keys, first_records, secret
from rlvr.files import Json, JsonMapping, JsonObject

_TRIES = 20
_OPTIONAL_SHARE = 0.3
_LONGEST_SAID = 60
_MOST_SAID = 5
_SMALL_NUMBERS = tuple(map(str, range(1, 41)))
"""What an answer that is a number can be guessed by; the last words have no room for more."""
_QUESTIONS = ("What is the {asked} of {subject}?", "Can you tell me the {asked} of {subject}?", "{asked} of {subject}?")
_FINDING = ("Which {entity} is the one{said}?", "I'm looking for the {entity}{said}, which is it?")
_COUNTING = ("How many {entities} are there{said}?", "Can you tell me how many {entities} there are{said}?")
_UNSPOKEN_TOOLS = frozenset({"think"})
"""Words in the names of tools that no user wishes to be called."""


@dataclass(frozen=True)
class Wish:
    """One thing that is wanted.

    Args:
        operation: the call that grants it.
        arguments: of the call.
        said: the arguments that the request says; the others have to be asked for or looked up.
        described: the words for a record that has to be looked up.
        before: calls that find what the request does not say.
        asks_for: the member of the record that is wanted to be told; "" where something is to be done.
        told: what the user wants to hear.
        otherwise: other answers to that.
    """

    operation: Operation
    arguments: JsonMapping
    said: JsonMapping
    described: str = ""
    before: tuple[ToolCall, ...] = ()
    asks_for: str = ""
    told: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()

    @property
    def call(self) -> ToolCall:
        """The call that grants it."""
        return ToolCall(self.operation.name, dict(self.arguments))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The turns that grant it, without the last words."""
        return tuple(Step((call,)) for call in (*self.before, self.call))


class Drawing:
    """Draws tasks of one world.

    Args:
        schema: what the tools say.
        seed: the world's.
        rng: what tasks are drawn with.
        about: the tool that a task is about; None is any.
    """

    def __init__(self, schema: WorldSchema, seed: int, rng: Random, about: str | None = None) -> None:
        self.schema = schema
        self.seed = seed
        self.rng = rng
        self.style = rng.choice(STYLES)
        names = schema.operations if about is None else [about]
        spoken_names = [name for name in names if _UNSPOKEN_TOOLS.isdisjoint(name_words(name))]
        self.operations = [schema.operations[name] for name in spoken_names]

    def wish(self) -> Wish | None:
        """Return something that is wanted, which the request says in full."""
        if not self.operations:
            return None
        operation = self.rng.choice(self.operations)
        if self.finds_records(operation):
            return self._wish_to_find(operation)
        arguments = self._arguments(operation)
        if arguments is None:
            return None
        return self.answered(Wish(operation, arguments, without(arguments, *operation.secrets)))

    def answered(self, wish: Wish) -> Wish | None:
        """Return the wish with what its call answers, where that is wanted."""
        if wish.operation.writes:
            return wish
        return self._counted(wish) if self.finds_records(wish.operation) else self._told(wish)

    def finds_records(self, operation: Operation) -> bool:
        """Tell whether an operation searches for records that the world has."""
        return operation.kind is Kind.SEARCH and operation.entity in self.schema.entities

    def _arguments(self, operation: Operation) -> JsonObject | None:
        """Return arguments of a call that name records which are there; None where some cannot be drawn."""
        tool, chosen = operation.tool, self._chosen(operation)
        if chosen is None:
            return None
        for _ in range(_TRIES):
            arguments = self._signed(operation, self._placed(operation, self._values(operation, chosen)))
            if tool.admits(arguments):
                return arguments
            chosen = [name for name in chosen if name in tool.required or arguments[name] is not None]
        return None

    def _chosen(self, operation: Operation) -> list[str] | None:
        """Return the parameters that a call is to have; None where it would change nothing."""
        sayable = {*operation.fields, *operation.links, operation.key}
        beside = {operation.key, *operation.within}
        chosen, payload = [], []
        for name in operation.tool.properties:
            if name not in sayable:
                continue
            is_said = operation.writes or not is_paging(name)
            if is_said and name not in beside:
                payload.append(name)
            if name in operation.tool.required or (is_said and self._is_added()):
                chosen.append(name)
        if operation.kind not in (Kind.CREATE, Kind.UPDATE) or operation.status or not set(chosen).isdisjoint(payload):
            return chosen
        if payload:
            return chosen + self.rng.sample(payload, 1)
        return None if operation.kind is Kind.UPDATE else chosen

    def _signed(self, operation: Operation, arguments: JsonObject) -> JsonObject:
        """Return the arguments with those that say who calls."""
        return arguments | {name: secret(self.seed, name) for name in operation.secrets}

    def _is_added(self) -> bool:
        return self.rng.random() < _OPTIONAL_SHARE

    def _placed(self, operation: Operation, arguments: JsonObject) -> JsonObject:
        """Return the arguments with the places in which their record stands, as the project of a task."""
        if not operation.within:
            return arguments
        records = first_records(self.schema, self.seed, operation.entity)
        record = records.get(str(arguments[str(operation.key)]), {})  # none where tools disagree on what names it
        return arguments | {name: record[name] for name in operation.within if name in record}

    def _values(self, operation: Operation, names: list[str]) -> JsonObject:
        """Return a value for each of these parameters: a record's key, or one that agrees with the others."""
        drawn = {name: draw(self.rng) for name in names if (draw := self.schema.draw(operation, name))}
        values = self.schema.spoken(operation)[0].agree(drawn, self.rng)
        for name, entity in operation.named_records.items():
            if name in names:
                values[name] = self.rng.choice(first_keys(self.schema, self.seed, entity))
        return {name: values.get(name) for name in names}

    def _wish_to_find(self, operation: Operation) -> Wish | None:
        """Return a wish to know which record has some values, or how many there are."""
        entity = self.schema.entities[operation.entity]
        unique = self._unique(operation, entity)
        if unique is not None:
            values, key = unique
            keys = first_keys(self.schema, self.seed, entity.name)
            wish = Wish(operation, self._signed(operation, values), values, asks_for=entity.key, told=(written(key),))
            return replace(wish, otherwise=tuple(map(written, keys)))
        arguments = self._arguments(operation)
        said = without(arguments or {}, *operation.secrets)
        return None if arguments is None else self.answered(Wish(operation, arguments, said))

    def _counted(self, wish: Wish) -> Wish | None:
        result = World(self.schema, self.seed).call(wish.call)
        total = 0 if result.is_error else json.loads(result.content)["total"]
        n_records = len(first_keys(self.schema, self.seed, wish.operation.entity))
        counts = _SMALL_NUMBERS[:n_records]
        return replace(wish, told=(written(total),), otherwise=counts) if total else None

    def _unique(self, search: Operation, entity: Entity, wanted: Json = None) -> tuple[JsonObject, Json] | None:
        """Return arguments of a search, and the key of the record that only they find: the wanted one, if any is."""
        records = list(first_records(self.schema, self.seed, entity.name).values())
        filters = [name for name in self.schema.filters(search) if _is_sayable_member(entity, name)]
        required = search.tool.required - set(search.secrets)
        if not filters or not required <= set(filters):
            return None
        chosen = {self.rng.choice(filters), *required}
        names = [name for name in filters if name in chosen]
        self.rng.shuffle(records)
        asked = [{name: record[name] for name in names} for record in records]
        for record, values in zip(records, asked, strict=True):
            key = record[entity.key]
            is_wanted = wanted is None or key == wanted
            if not is_wanted or asked.count(values) > 1 or not all(map(is_sayable, values.values())):
                continue
            if search.tool.admits(self._signed(search, values)):
                return values, key
        return None

    def _told(self, wish: Wish) -> Wish | None:
        """Return a wish to be told what a call returns."""
        result = World(self.schema, self.seed).call(wish.call)
        value = json.loads(result.content)
        if result.is_error or not isinstance(value, dict):
            return None
        is_all = len(value) == 1
        sayable = {name: texts for name, part in value.items() if (texts := _texts(part, is_all))}
        said = set(map(written, wish.arguments.values()))
        news = sorted(name for name, texts in sayable.items() if said.isdisjoint(texts) and name not in PREPOSITIONS)
        if not news:
            return None
        name = self.rng.choice(news)
        is_named = wish.operation.kind is Kind.READ or (not is_all and wish.operation.noun not in ("", name))
        values = self._values_of(wish.operation.entity, name) or set(_SMALL_NUMBERS)
        otherwise = tuple(sorted(values - set(chain.from_iterable(sayable.values()))))
        return replace(wish, asks_for=name if is_named else "", told=sayable[name], otherwise=otherwise)

    def _values_of(self, entity: str, name: str) -> set[str]:
        """Return all values that a member of these records has, or could have, as they are said."""
        if entity not in self.schema.entities:
            return set()
        values = [record.get(name) for record in first_records(self.schema, self.seed, entity).values()]
        member = self.schema.entities[entity].fields.get(name)
        if member is not None:
            values += member.schema.get("enum") or []
        return set(map(written, filter(is_sayable, values)))

    def looked_up(self, wish: Wish) -> Wish | None:
        """Return the wish with a record described, so that it has to be searched for, instead of named."""
        named = [pair for pair in sorted(wish.operation.named_records.items()) if pair[0] in wish.said]
        for name, entity_name in self.rng.sample(named, len(named)):
            entity = self.schema.entities[entity_name]
            if name_words(name)[-1] == "name":
                continue  # who knows its name does not describe it
            for search in self._operations_on(entity_name, Kind.SEARCH):
                unique = self._unique(search, entity, wish.arguments[name])
                if unique is None or not unique[0].keys().isdisjoint(wish.said):
                    continue
                values, _ = unique
                described = f"the {entity.words} {_with_values(values, search.links)}"
                call = ToolCall(search.name, self._signed(search, values))
                return replace(wish, said=without(wish.said, name), described=described, before=(call,))
        return None

    def _operations_on(self, entity: str, kind: Kind) -> list[Operation]:
        return [each for each in self.schema.operations.values() if each.entity == entity and each.kind is kind]

    def followed(self, wish: Wish) -> Wish | None:
        """Return the wish with a record given by another that names it: `the user of order 7`."""
        for name, entity_name in wish.operation.links.items():
            read, member = self._reading_of(entity_name)
            if name not in wish.said or read is None:
                continue
            kind = self.schema.entities[read.entity]
            record = self.rng.choice(list(first_records(self.schema, self.seed, read.entity).values()))
            return replace(
                wish,
                arguments={**wish.arguments, name: record[member]},
                said=without(wish.said, name),
                described=f"the {words_of(entity_name)} of {kind.words} {written(record[kind.key])}",
                before=(ToolCall(read.name, {str(read.key): record[kind.key]}),),
            )
        return None

    def _reading_of(self, entity: str) -> tuple[Operation | None, str]:
        """Return a tool that reads records of another kind by their key alone, and their member that names this one."""
        for read in self.schema.operations.values():
            if read.kind is Kind.READ and read.entity != entity and read.tool.required == {read.key}:
                for member, linked in self.schema.entities[read.entity].links.items():
                    if linked == entity:
                        return read, member
        return None, ""

    def request(self, wish: Wish) -> str:
        """Return what the user says."""
        if self.finds_records(wish.operation):
            entity = self.schema.entities[wish.operation.entity].words
            said = conditions(wish)
            if wish.asks_for:
                return self._pick(_FINDING).format(entity=entity, said=said)
            return self._pick(_COUNTING).format(entities=plural(entity), said=said)
        if wish.asks_for:
            return self._pick(_QUESTIONS).format(asked=words_of(wish.asks_for), subject=self.subject(wish, "my"))
        return opened(self.task(wish), self.style, self.rng)

    def task(self, wish: Wish) -> str:
        """Return what is wanted as a verb phrase, or in terse words as a noun phrase."""
        if self.finds_records(wish.operation):
            things = plural(self.schema.entities[wish.operation.entity].words)
            if self.style == "terse":
                return f"the number of {things}{conditions(wish)}"
            return f"tell me how many {things} there are{conditions(wish)}"
        tool, names = self.schema.spoken(wish.operation)
        said = {names.get(name, name): value for name, value in wish.said.items()}
        hidden = wish.arguments.keys() - wish.said.keys() - set(wish.operation.secrets) if wish.described else ()
        described = {names.get(name, name): wish.described for name in hidden}
        return task_with(requests.Wish(tool, said, described=described), self.style, self.rng)

    def subject(self, wish: Wish, whose: str) -> str:
        """Return what a wish to be told something is about, in words; `whose` is said where nothing names it."""
        operation, key = wish.operation, str(wish.operation.key)
        words = words_of(operation.entity or operation.noun)
        owner = words_of(operation.parent) or words
        others = without(wish.said, key)
        described = [f"of {wish.described}"] if wish.described else []
        values = [_with_values(others, operation.links)] if others else []
        if key in wish.said:
            named = f"{owner} {written(wish.said[key])}"
        elif described and operation.entity:
            named, described = wish.described, []
        else:
            named = f"the {owner}" if described or values else f"{whose} {owner}"
        return " ".join([f"the {words} of {named}" if operation.parent else named, *described, *values])

    def _pick(self, options: tuple[str, ...]) -> str:
        return self.rng.choice(options)

    def other_key(self, entity: Entity) -> Json:
        """Return a key that no record has."""
        keys = set(map(str, first_keys(self.schema, self.seed, entity.name)))
        for _ in range(_TRIES):
            if str(key := entity.draw_key(self.rng)) not in keys:
                return key
        return None


def conditions(wish: Wish) -> str:
    """Return what is said of records that are looked for, with a space before it; empty where nothing is."""
    said = f" {_with_values(wish.said, wish.operation.links)}" if wish.said else ""
    return f"{said} for {wish.described}" if wish.described else said


def _with_values(values: JsonMapping, links: Mapping[str, str]) -> str:
    """Return what tells records apart: `with city Graz for customer C-7`."""
    plain = " and ".join(_with_value(name, value) for name, value in values.items() if name not in links)
    linked = [name for name in values if name in links]
    places = [f"for {words_of(links[name])} {written(values[name])}" for name in linked]
    return " ".join([f"with {plain}", *places] if plain else places)


def _with_value(name: str, value: Json) -> str:
    """Return a member with its value as people say it: `city Graz`, `duration 13 minutes`."""
    *words, last = words_of(name).split()
    if words and last in (*TIME_UNITS, *UNITS):
        return f"{' '.join(words)} {written(value)} {last}"
    return f"{words_of(name)} {written(value)}"


def _is_sayable_member(entity: Entity, name: str) -> bool:
    return name in entity.links or (name in entity.fields and entity.fields[name].is_scalar)


def _texts(value: Json, is_all: bool) -> tuple[str, ...]:
    """Return what is to be said of a member: itself, or each of a short list that is all there is to say."""
    values = value if is_all and isinstance(value, list) and len(value) <= _MOST_SAID else [value]
    return tuple(map(written, values)) if all(map(is_sayable, values)) else ()


def is_sayable(value: Json) -> bool:
    """Tell whether people would say a value in a sentence."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return False
    return 0 < len(str(value)) <= _LONGEST_SAID and "\n" not in str(value)
