"""A world of records, made from tool schemas and a seed: calls read and change it as they would a real service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any

from rewards import ToolCall
from rewards.matching import parameter_of, values_equal
from rewards.names import name_words
from rlvr.data.json_values import without
from rlvr.data.synth import drawing
from rlvr.environments.protocol import ToolResult
from rlvr.environments.user import words_of
from rlvr.environments.worlds.arithmetic import arithmetic
from rlvr.environments.worlds.phrases import Kind, plural
from rlvr.environments.worlds.reading import Operation
from rlvr.environments.worlds.schema import Entity, WorldSchema, answer_draw, is_paging, is_searched_text
from rlvr.files import Json, JsonMapping, JsonObject

RECORDS = 6
"""Records of a kind that a world begins with."""

_TABLES_KEPT = 2048

MOST_LISTED = 5
"""Records that a search returns, unless it asks for fewer."""

_OVERWRITING = frozenset("write save upload put insert".split())

Record = JsonObject


class _RefusedError(Exception):
    """A call that cannot be carried out; says why, as the policy reads it."""


class World:
    """The records of one episode.

    Tables are filled when they are first looked at, each from its own seed, so that what a call finds does not depend
    on the calls before it.

    Args:
        schema: what the tools say.
        seed: which records there are.
        faults: what goes wrong: tool name -> `busy` (its first call fails, the next one does not) or `down`.

    Attributes:
        has_met_down: whether a call has met a tool that is down.
    """

    def __init__(self, schema: WorldSchema, seed: int, faults: Mapping[str, str] | None = None) -> None:
        self.schema = schema
        self.seed = seed
        self.faults = dict(faults or {})
        self.tables: dict[str, dict[str, Record]] = {}
        self.actions: list[ToolCall] = []
        self.has_met_down = False

    def table(self, entity: str) -> dict[str, Record]:
        """Return the records of a kind, by the text of their key."""
        if entity not in self.tables:
            at_first = first_records(self.schema, self.seed, entity)
            self.tables[entity] = {key: dict(record) for key, record in at_first.items()}
        return self.tables[entity]

    def call(self, call: ToolCall) -> ToolResult:
        """Carry out a call."""
        operation = self.schema.operations.get(call.name)
        if operation is None:
            return ToolResult.failed(f"there is no tool named {call.name!r:.80}")
        try:
            self._check(operation, call.arguments)
            return _CARRIED_OUT[operation.kind](self, operation, call.arguments)
        except _RefusedError as error:
            return ToolResult.failed(str(error))

    def _check(self, operation: Operation, arguments: JsonObject) -> None:
        """Refuse arguments that the schema does not admit, a tool that is busy or down, and links to no record."""
        name = operation.name
        if not operation.tool.admits(arguments):
            parameter, why = operation.tool.objection(arguments)
            raise _RefusedError(f"invalid arguments: {parameter or name}: {why}")
        fault = self.faults.get(name)
        if fault == "busy":
            del self.faults[name]
            raise _RefusedError("too many requests; try again")
        if fault:
            self.has_met_down = True
            raise _RefusedError(f"{name} is unavailable: the service is down")
        for parameter in operation.secrets:
            if arguments[parameter] != secret(self.seed, parameter):
                raise _RefusedError(f"unauthorized: {parameter} is not valid")
        for parameter, entity in operation.links.items():
            if parameter in arguments and str(arguments[parameter]) not in self.table(entity):
                raise _RefusedError(f"no {words_of(entity)} {arguments[parameter]!r:.80}")

    def _read(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        return _result(self._record(operation, arguments))

    def _search(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        entity = self.schema.entities.get(operation.entity)
        if entity is None:
            return self._answer(operation, arguments)
        filters = [name for name in self.schema.filters(operation) if name in arguments]
        matching = []
        for record in self.table(entity.name).values():
            if all(_agrees(record, name, arguments[name], operation) for name in filters):
                matching.append(record)
        return _result({plural(entity.name): matching[: _most_listed(arguments)], "total": len(matching)})

    def _create(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        entity = self.schema.entities.get(operation.entity)
        if entity is None:
            return self._act(operation, arguments)
        arguments = {**_defaults(operation), **arguments}
        table = self.table(entity.name)
        if operation.key is None:
            new: Json = self._new_key(entity, operation, arguments)
        else:
            new = arguments[operation.key]
            if str(new) in table and _OVERWRITING.isdisjoint(name_words(operation.name)):
                raise _RefusedError(f"conflict: {entity.words} {new!r} exists already")
        record = {entity.key: new, **without(arguments, operation.key, *operation.secrets)}
        if entity.ends:
            record.setdefault("status", "active")
        table[str(new)] = record
        return _result(record)

    def _update(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        record = self._open_record(operation, arguments)
        record.update(without(arguments, operation.key, *operation.within, *operation.secrets))
        if operation.status:
            record["status"] = operation.status
        return _result(record)

    def _remove(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        record = self._open_record(operation, arguments, already=" already")
        if not operation.keeps_ended:
            key = str(operation.key)
            del self.table(operation.entity)[str(arguments[key])]
            return _result({key: arguments[key], "status": "deleted"})
        record.update(without(arguments, operation.key, *operation.within, *operation.secrets), status="cancelled")
        return _result(record)

    def _act(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        self.actions.append(ToolCall(operation.name, without(arguments, *operation.secrets)))
        described = self._described(operation, arguments)
        return _result({"status": "done"} if described is None else described)

    def _answer(self, operation: Operation, arguments: JsonMapping) -> ToolResult:
        described = self._described(operation, arguments)
        if described is not None:
            return _result(described)
        for value in arguments.values():
            if (number := arithmetic(value)) is not None:
                return _result({"result": number})
        name = operation.noun or "result"
        return _result({name: answer_draw(name)(self._rng(operation.name, arguments))})

    def _described(self, operation: Operation, arguments: JsonMapping) -> Json:
        """Return an answer as the tool's response schema has it, with what the call says; None where it has none."""
        draw = self.schema.answers.get(operation.name)
        if draw is None:
            return None
        answer = draw(self._rng(operation.name, arguments))
        if not isinstance(answer, dict):
            return answer
        return {name: arguments.get(name, value) for name, value in answer.items()}

    def _rng(self, *parts: Any) -> Random:
        return Random(f"{self.seed}/{json.dumps(parts, sort_keys=True)}")

    def _new_key(self, entity: Entity, operation: Operation, arguments: JsonMapping) -> Json:
        """Return a key that depends on what is created and on nothing else: the order of two creations is no matter."""
        rng = self._rng("created", operation.name, arguments)
        table = self.table(entity.name)
        while str(key := entity.draw_key(rng)) in table:
            pass
        return key

    def _record(self, operation: Operation, arguments: JsonMapping) -> Record:
        key = arguments.get(str(operation.key))
        record = self.table(operation.entity).get(str(key))
        if record is None:
            raise _RefusedError(f"no {words_of(operation.parent or operation.entity)} {key!r:.80}")
        for name in operation.within:
            if name in record and str(record[name]) != str(arguments[name]):
                place = f"{words_of(operation.links.get(name, name))} {arguments[name]!r:.80}"
                raise _RefusedError(f"no {words_of(operation.entity)} {key!r:.80} in {place}")
        return record

    def _open_record(self, operation: Operation, arguments: JsonMapping, already: str = "") -> Record:
        """Return a record that has not been cancelled."""
        record = self._record(operation, arguments)
        if record.get("status") == "cancelled":
            key = next(iter(record.values()))
            raise _RefusedError(f"conflict: {words_of(operation.entity)} {key!r} is cancelled{already}")
        return record


_CARRIED_OUT = {
    Kind.READ: World._read,
    Kind.SEARCH: World._search,
    Kind.CREATE: World._create,
    Kind.UPDATE: World._update,
    Kind.REMOVE: World._remove,
    Kind.ACT: World._act,
    Kind.ANSWER: World._answer,
}


@lru_cache(maxsize=_TABLES_KEPT)
def first_records(schema: WorldSchema, seed: int, entity: str) -> Mapping[str, JsonMapping]:
    """Return the records of a kind that a world begins with. The candidates of a group share them: do not write."""
    kind = schema.entities[entity]
    rng = Random(f"{seed}/fields/{entity}")
    records: dict[str, Record] = {}
    for key in first_keys(schema, seed, entity):
        record: Record = {kind.key: key}
        for name, linked in kind.links.items():
            record[name] = rng.choice(first_keys(schema, seed, linked))
        fields = kind.agree({name: member.draw(rng) for name, member in kind.fields.items()}, rng)
        record |= {name: value for name, value in fields.items() if name not in record}
        if kind.ends:
            record.setdefault("status", "active")
        records[str(key)] = record
    return records


@lru_cache(maxsize=_TABLES_KEPT)
def first_keys(schema: WorldSchema, seed: int, entity: str) -> Sequence[Json]:
    """Return the keys of the records of a kind that a world begins with, each once."""
    kind = schema.entities[entity]
    if kind.parent:
        return first_keys(schema, seed, kind.parent)
    rng = Random(f"{seed}/keys/{entity}")
    keys: JsonObject = {}
    for _ in range(20 * RECORDS):
        key = kind.draw_key(rng)
        keys.setdefault(str(key), key)
        if len(keys) == RECORDS:
            break
    return list(keys.values())


def secret(seed: int, parameter: str) -> str:
    """Return what a parameter that says who calls has to be in a world."""
    return drawing.key(Random(f"{seed}/secret/{parameter}"))


def _defaults(operation: Operation) -> JsonObject:
    return {name: schema["default"] for name, schema in operation.tool.properties.items() if "default" in schema}


def _agrees(record: Record, name: str, wanted: Json, operation: Operation) -> bool:
    """Tell whether a record has the value that a search asks for, or mentions its text."""
    if name in record:
        return values_equal(record[name], wanted, parameter_of(operation.tool, name))
    return not is_searched_text(name) or str(wanted).casefold() in json.dumps(record, ensure_ascii=False).casefold()


def _most_listed(arguments: JsonMapping) -> int:
    most = MOST_LISTED
    for name, value in arguments.items():
        if is_paging(name) and type(value) is int and value > 0:
            most = min(most, value)
    return most


def _result(value: Json) -> ToolResult:
    return ToolResult(json.dumps(value, ensure_ascii=False))
