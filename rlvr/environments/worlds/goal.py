"""The goal of an episode: what a world should have become, and what the user should have been told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rewards.matching import Parameter, agreement, best_assignment, is_identical, values_equal
from rewards.types import ToolCall
from rlvr.data.json_values import without
from rlvr.environments.protocol import Outcome
from rlvr.environments.worlds.phrases import Kind
from rlvr.environments.worlds.schema import WorldSchema
from rlvr.environments.worlds.world import Record, World, first_records
from rlvr.files import Json, JsonMapping, JsonObject


@dataclass(frozen=True)
class Change:
    """One difference between two states of a world.

    Args:
        what: `created`, `changed`, `removed` or `done`.
        name: of the entity, or of the tool that was called.
        key: which record; None for a new one and for what was done.
        values: the new members of the record, or the arguments of the call.
    """

    what: str
    name: str
    key: Json
    values: JsonMapping

    def to_json(self) -> JsonObject:
        """Return the change as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: JsonMapping) -> Change:
        """Read what `to_json` wrote."""
        return cls(**value)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r:.60}" for name, value in self.values.items())
        subject = self.name if self.key is None else f"{self.name} {self.key!r}"
        return f"{subject} {self.what}{': ' if shown else ''}{shown}"


@dataclass(frozen=True)
class Goal:
    """The goal of an episode.

    Args:
        changes: all that should have changed; nothing else may.
        told: texts, each of which the last words to the user must hold: what was looked up.
        otherwise: other answers to what is to be told, none of which they may hold: a list of all is no answer.
        declined: the last words must say that it cannot be done.
    """

    changes: tuple[Change, ...] = ()
    told: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    declined: bool = False

    def to_json(self) -> JsonObject:
        """Return the goal as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: JsonMapping) -> Goal:
        """Read what `to_json` wrote."""
        changes = tuple(map(Change.from_json, value.get("changes", ())))
        told, otherwise = tuple(value.get("told", ())), tuple(value.get("otherwise", ()))
        return cls(changes, told, otherwise, bool(value.get("declined", False)))


def changes_of(world: World) -> list[Change]:
    """Return what has changed in a world since it began."""
    changes = [Change("done", call.name, None, call.arguments) for call in world.actions]
    for entity, records in world.tables.items():
        changes += _table_changes(world.schema, entity, first_records(world.schema, world.seed, entity), records)
    return changes


def _table_changes(
    schema: WorldSchema, entity: str, before: Mapping[str, JsonMapping], now: Mapping[str, Record]
) -> Iterator[Change]:
    key = schema.entities[entity].key
    for name, record in before.items():
        if name not in now:
            yield Change("removed", entity, record[key], {})
    for name, record in now.items():
        if name not in before:
            yield _created(schema, entity, record)
        elif values := _changed(before[name], record):
            yield Change("changed", entity, record[key], values)


def _created(schema: WorldSchema, entity: str, record: Record) -> Change:
    """Return the change that a new record is. Its key counts where the policy chose it, and not where the world did."""
    kind = schema.entities[entity]
    creating = [each for each in schema.operations.values() if each.entity == entity and each.kind is Kind.CREATE]
    is_chosen = any(operation.key for operation in creating)
    values = without(record, kind.key)
    values.pop("status", None)
    return Change("created", entity, record[kind.key] if is_chosen else None, values)


def _changed(before: JsonMapping, after: Record) -> JsonObject:
    return {name: value for name, value in after.items() if name not in before or not is_identical(before[name], value)}


def compare(schema: WorldSchema, goal: Goal, changes: Sequence[Change]) -> Outcome:
    """Return how much of the goal's changes there is, and what should not be there.

    The progress is the share of the agreeing changes in all that are wanted or there; a change agrees by the share of
    its values that do.
    """
    if not goal.changes and not changes:
        return Outcome(is_reached=True, progress=1.0)
    credits = [[_credit(schema, wanted, change) for change in changes] for wanted in goal.changes]
    pairs = best_assignment(credits) if credits and changes else []
    missing, needless = dict(enumerate(goal.changes)), dict(enumerate(changes))
    reasons = []
    total = 0.0
    for row, column in pairs:
        credit = credits[row][column]
        if credit == 0:
            continue
        total += credit
        wanted = missing.pop(row)
        needless.pop(column)
        if credit < 1.0:
            reasons.append(f"otherwise than wanted: {wanted}")
    reasons += [f"missing: {change}" for change in missing.values()]
    reasons += [f"not wanted: {change}" for change in needless.values()]
    return Outcome(not reasons, total / (len(goal.changes) + len(needless)), tuple(reasons))


def _credit(schema: WorldSchema, wanted: Change, change: Change) -> float:
    if (wanted.what, wanted.name) != (change.what, change.name) or str(wanted.key) != str(change.key):
        return 0.0
    if wanted.what == "done":
        expected, predicted = ToolCall(wanted.name, dict(wanted.values)), ToolCall(change.name, dict(change.values))
        return agreement(expected, predicted, schema.toolset.get(wanted.name), {}).share
    names = wanted.values.keys() | change.values.keys()
    n_same = sum(_is_same(schema, wanted.name, name, wanted.values, change.values) for name in names)
    return n_same / len(names) if names else 1.0


def _is_same(schema: WorldSchema, entity: str, name: str, wanted: JsonMapping, values: JsonMapping) -> bool:
    if name not in wanted or name not in values:
        return False
    field = schema.entities[entity].fields.get(name)
    return values_equal(wanted[name], values[name], field.parameter if field else Parameter(name))
