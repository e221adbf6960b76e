"""What a world should have become, and what the user should have been told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rewards.matching import Parameter, agreement, best_assignment, is_identical, values_equal
from rewards.types import ToolCall
from rlvr.environments.protocol import Outcome
from rlvr.environments.worlds.world import first_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlvr.environments.worlds.schema import WorldSchema
    from rlvr.environments.worlds.world import Record, World
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
        return {"what": self.what, "name": self.name, "key": self.key, "values": dict(self.values)}

    @classmethod
    def from_json(cls, value: JsonMapping) -> Change:
        """Read what `to_json` wrote."""
        return cls(value["what"], value["name"], value["key"], value["values"])

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r:.60}" for name, value in self.values.items())
        subject = self.name if self.key is None else f"{self.name} {self.key!r}"
        return f"{subject} {self.what}{': ' if shown else ''}{shown}"


@dataclass(frozen=True)
class Goal:
    """What an episode is about.

    Args:
        changes: all that should have changed; nothing else may.
        told: texts, each of which the last words to the user must hold: what was looked up.
        declined: the last words must say that it cannot be done.
    """

    changes: tuple[Change, ...] = ()
    told: tuple[str, ...] = ()
    declined: bool = False

    def to_json(self) -> JsonObject:
        """Return the goal as JSON."""
        changes = [change.to_json() for change in self.changes]
        return {"changes": changes, "told": list(self.told), "declined": self.declined}

    @classmethod
    def from_json(cls, value: JsonMapping) -> Goal:
        """Read what `to_json` wrote."""
        changes = tuple(map(Change.from_json, value.get("changes", ())))
        return cls(changes, tuple(value.get("told", ())), bool(value.get("declined", False)))


def changes_of(world: World) -> list[Change]:
    """Return what has changed in a world since it began."""
    changes = [Change("done", call.name, None, call.arguments) for call in world.actions]
    for entity, records in world.tables.items():
        at_first = first_records(world.schema, world.seed, entity)
        key = world.schema.entities[entity].key
        changes += [
            Change("removed", entity, record[key], {}) for name, record in at_first.items() if name not in records
        ]
        for name, record in records.items():
            if name not in at_first:
                changes.append(_created(world.schema, entity, record))
            elif values := _changed(at_first[name], record):
                changes.append(Change("changed", entity, record[key], values))
    return changes


def _created(schema: WorldSchema, entity: str, record: Record) -> Change:
    """Return the change that a new record is. Its key counts where the policy chose it, and not where the world did."""
    kind = schema.entities[entity]
    is_chosen = any(
        operation.entity == entity and operation.key and operation.kind.value == "create"
        for operation in schema.operations.values()
    )
    values = {name: value for name, value in record.items() if name != kind.key and name != "status"}
    return Change("created", entity, record[kind.key] if is_chosen else None, values)


def _changed(before: JsonMapping, after: Record) -> JsonObject:
    return {name: value for name, value in after.items() if name not in before or not is_identical(before[name], value)}


def compare(schema: WorldSchema, goal: Goal, changes: Sequence[Change]) -> Outcome:
    """Tell how much of the goal's changes there is, and what should not be there.

    The progress is the share of the agreeing changes in all that are wanted or there; a change agrees by the share of
    its values that do.
    """
    if not goal.changes and not changes:
        return Outcome(is_reached=True, progress=1.0)
    credits = [[_credit(schema, wanted, change) for change in changes] for wanted in goal.changes]
    pairs = best_assignment(credits) if credits and changes else []
    pairs = [(row, column) for row, column in pairs if credits[row][column] > 0]
    wrong = [goal.changes[row] for row, column in pairs if credits[row][column] < 1.0]
    missing = [change for row, change in enumerate(goal.changes) if row not in {row for row, _ in pairs}]
    needless = [change for column, change in enumerate(changes) if column not in {column for _, column in pairs}]
    reasons = (
        *(f"otherwise than wanted: {change}" for change in wrong),
        *(f"missing: {change}" for change in missing),
        *(f"not wanted: {change}" for change in needless),
    )
    total = sum(credits[row][column] for row, column in pairs)
    progress = total / (len(goal.changes) + len(needless))
    return Outcome(not reasons, progress, reasons)


def _credit(schema: WorldSchema, wanted: Change, change: Change) -> float:
    if (wanted.what, wanted.name) != (change.what, change.name) or str(wanted.key) != str(change.key):
        return 0.0
    if wanted.what == "done":
        tool = schema.toolset.get(wanted.name)
        calls = [ToolCall(each.name, dict(each.values)) for each in (wanted, change)]
        return agreement(calls[0], calls[1], tool, {}).share
    names = wanted.values.keys() | change.values.keys()
    agreeing = [name for name in names if _is_same(schema, wanted.name, name, wanted.values, change.values)]
    return len(agreeing) / len(names) if names else 1.0


def _is_same(schema: WorldSchema, entity: str, name: str, wanted: JsonMapping, values: JsonMapping) -> bool:
    if name not in wanted or name not in values:
        return False
    field = schema.entities[entity].fields.get(name)
    return values_equal(wanted[name], values[name], field.parameter if field else Parameter(name))
