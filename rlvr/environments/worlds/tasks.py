"""Tasks of a world: drawn backwards from the calls that solve them, and checked by running the solution."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rewards import ToolCall
from rewards.names import name_words
from rlvr.data.synth.any_tools import requests
from rlvr.data.synth.any_tools.parameters import TIME_UNITS, UNITS
from rlvr.data.synth.any_tools.requests import STYLES, opened, task_with, together
from rlvr.data.synth.any_tools.spoken import spoken
from rlvr.data.synth.any_tools.values_said import written
from rlvr.environments.episode import Step
from rlvr.environments.user import Knowledge, words_of
from rlvr.environments.worlds.goal import Goal, changes_of
from rlvr.environments.worlds.reading import Kind, Operation
from rlvr.environments.worlds.world import World, first_keys, first_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from rlvr.environments.protocol import ToolResult
    from rlvr.environments.worlds.schema import Entity, WorldSchema
    from rlvr.files import Json, JsonMapping, JsonObject

_TRIES = 20
_OPTIONAL_SHARE = 0.3
_LONGEST_SAID = 60
_DONE = "That is done."
_DOWN = "I'm sorry, but I can't do that: the service is down."
_QUESTIONS = ("What is the {asked} of {subject}?", "Can you tell me the {asked} of {subject}?", "{asked} of {subject}?")
_FINDING = ("Which {entity} is the one with {said}?", "I'm looking for the {entity} with {said}, which is it?")
_COUNTING = ("How many {entity}s are there{said}?", "Can you tell me how many {entity}s there are{said}?")
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
    """

    operation: Operation
    arguments: JsonMapping
    said: JsonMapping
    described: str = ""
    before: tuple[ToolCall, ...] = ()
    asks_for: str = ""
    told: tuple[str, ...] = ()

    @property
    def call(self) -> ToolCall:
        """The call that grants it."""
        return ToolCall(self.operation.name, dict(self.arguments))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The turns that grant it, without the last words."""
        return tuple(Step((call,)) for call in (*self.before, self.call))


@dataclass(frozen=True)
class Task:
    """A task with a known solution.

    Args:
        kind: a key of `KINDS`.
        request: what the user says first.
        solution: turns that reach the goal.
        goal: what should come of it.
        knowledge: what the user knows.
        faults: what goes wrong, as `World` takes it.
    """

    kind: str
    request: str
    solution: tuple[Step, ...]
    goal: Goal
    knowledge: Knowledge = field(default_factory=Knowledge)
    faults: Mapping[str, str] = field(default_factory=dict)


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
        self.operations = [
            operation
            for name, operation in schema.operations.items()
            if about in (None, name) and _UNSPOKEN_TOOLS.isdisjoint(name_words(name))
        ]

    def wish(self) -> Wish | None:
        """Return something that is wanted, which the request says in full."""
        if not self.operations:
            return None
        operation = self.rng.choice(self.operations)
        if operation.kind is Kind.SEARCH and operation.entity in self.schema.entities:
            return self._wish_to_find(operation)
        arguments = self._arguments(operation)
        if arguments is None:
            return None
        wish = Wish(operation, arguments, arguments)
        return wish if operation.writes else self._told(wish)

    def _arguments(self, operation: Operation) -> JsonObject | None:
        """Return arguments of a call that name records which are there; None where some cannot be drawn."""
        tool = operation.tool
        sayable = {*operation.fields, *operation.links, operation.key}
        if tool.required - sayable:
            return None  # it wants a secret, which no user should be asked for
        names = [name for name in tool.properties if name in sayable]
        chosen = [name for name in names if name in tool.required or self.rng.random() < _OPTIONAL_SHARE]
        for _ in range(_TRIES):
            arguments = {name: self._value(operation, name) for name in chosen}
            if tool.admits(arguments):
                return arguments
            chosen = [name for name in chosen if name in tool.required or arguments[name] is not None]
        return None

    def _value(self, operation: Operation, name: str) -> Json:
        entity = operation.entity if name == operation.key else operation.links.get(name)
        if entity and not (name == operation.key and operation.kind is Kind.CREATE):
            return self.rng.choice(first_keys(self.schema, self.seed, entity))
        draw = self.schema.draw(operation, name)
        return None if draw is None else draw(self.rng)

    def _wish_to_find(self, operation: Operation) -> Wish | None:
        """Return a wish to know which record has some values, or how many there are."""
        entity = self.schema.entities[operation.entity]
        unique = self._unique(operation, entity, None)
        if unique is None:
            arguments = self._arguments(operation)
            return None if arguments is None else self._counted(Wish(operation, arguments, arguments))
        values, record = unique
        return Wish(operation, values, values, asks_for=entity.key, told=(written(record[entity.key]),))

    def _counted(self, wish: Wish) -> Wish | None:
        result = World(self.schema, self.seed).call(wish.call)
        total = 0 if result.is_error else json.loads(result.content)["total"]
        return replace(wish, told=(written(total),)) if total else None

    def _unique(self, search: Operation, entity: Entity, key: Any) -> tuple[JsonObject, JsonMapping] | None:
        """Return arguments of a search, and the record that only they find: that of the key, where one is given."""
        records = list(first_records(self.schema, self.seed, entity.name).values())
        filters = [name for name in self.schema.filters(search) if _is_sayable_member(entity, name)]
        if not filters or not search.tool.required <= set(filters):
            return None
        name = self.rng.choice(filters)
        names = [each for each in filters if each == name or each in search.tool.required]
        self.rng.shuffle(records)
        for record in records:
            if key is not None and record[entity.key] != key:
                continue
            values = {each: record[each] for each in names}
            same = [other for other in records if all(other[each] == record[each] for each in names)]
            if len(same) == 1 and all(map(_is_sayable, values.values())) and search.tool.admits(values):
                return values, record
        return None

    def _told(self, wish: Wish) -> Wish | None:
        """Return a wish to be told what a call returns."""
        result = World(self.schema, self.seed).call(wish.call)
        value = json.loads(result.content)
        if result.is_error or not isinstance(value, dict):
            return None
        given = {written(argument) for argument in wish.arguments.values()}
        news = sorted(name for name, part in value.items() if _is_sayable(part) and written(part) not in given)
        if not news:
            return None
        name = self.rng.choice(news)
        asks_for = name if wish.operation.kind is Kind.READ else ""
        return replace(wish, asks_for=asks_for, told=(written(value[name]),))

    def looked_up(self, wish: Wish) -> Wish | None:
        """Return the wish with a record described, so that it has to be searched for, instead of named."""
        named = {name: entity for name, entity in self._named_records(wish).items() if name in wish.said}
        for name, entity_name in self.rng.sample(sorted(named.items()), len(named)):
            entity = self.schema.entities[entity_name]
            searches = [o for o in self.schema.operations.values() if o.kind is Kind.SEARCH and o.entity == entity_name]
            for search in searches:
                unique = self._unique(search, entity, wish.arguments[name])
                if unique is None or not unique[0].keys().isdisjoint(wish.said):
                    continue
                values = unique[0]
                described = f"the {entity.words} with {_with_values(values)}"
                call = ToolCall(search.name, values)
                return replace(wish, said=_without(wish.said, name), described=described, before=(call,))
        return None

    def followed(self, wish: Wish) -> Wish | None:
        """Return the wish with a record given by another that names it: `the user of order 7`."""
        for name, entity_name in wish.operation.links.items():
            if name not in wish.said:
                continue
            for read in self.schema.operations.values():
                if read.kind is not Kind.READ or read.entity == entity_name or not self._reads_by_key_only(read):
                    continue
                kind = self.schema.entities[read.entity]
                members = [member for member, linked in kind.links.items() if linked == entity_name]
                if not members:
                    continue
                record = self.rng.choice(list(first_records(self.schema, self.seed, read.entity).values()))
                described = f"the {entity_name.replace('_', ' ')} of {kind.words} {written(record[kind.key])}"
                return replace(
                    wish,
                    arguments={**wish.arguments, name: record[members[0]]},
                    said=_without(wish.said, name),
                    described=described,
                    before=(ToolCall(read.name, {str(read.key): record[kind.key]}),),
                )
        return None

    def _reads_by_key_only(self, read: Operation) -> bool:
        return read.tool.required == {read.key}

    def _named_records(self, wish: Wish) -> dict[str, str]:
        operation = wish.operation
        key = {operation.key: operation.entity} if operation.key and operation.kind is not Kind.CREATE else {}
        return {**key, **operation.links}

    def request(self, wish: Wish) -> str:
        """Return what the user says."""
        if wish.operation.kind is Kind.SEARCH and wish.operation.entity in self.schema.entities:
            entity = self.schema.entities[wish.operation.entity].words
            said = _with_values(wish.said)
            if wish.asks_for:
                return self._pick(_FINDING).format(entity=entity, said=said)
            return self._pick(_COUNTING).format(entity=entity, said=said and f" with {said}")
        if wish.asks_for:
            return self._pick(_QUESTIONS).format(asked=words_of(wish.asks_for), subject=self._subject(wish, "my"))
        return opened(self.task(wish), self.style, self.rng)

    def task(self, wish: Wish) -> str:
        """Return what is wanted as a verb phrase."""
        tool = spoken(self.schema.tools[wish.operation.name], wish.operation.tool)
        described = {name: wish.described for name in wish.arguments.keys() - wish.said.keys() if wish.described}
        return task_with(requests.Wish(tool, wish.said, described=described), self.style, self.rng)

    def _subject(self, wish: Wish, whose: str) -> str:
        if wish.described:
            return wish.described
        words = self.schema.entities[wish.operation.entity].words
        key = wish.said.get(str(wish.operation.key))
        return f"{whose} {words}" if key is None else f"{words} {written(key)}"

    def _pick(self, options: tuple[str, ...]) -> str:
        return self.rng.choice(options)

    def other_key(self, entity: Entity) -> Json:
        """Return a key that no record has."""
        keys = {str(key) for key in first_keys(self.schema, self.seed, entity.name)}
        for _ in range(_TRIES):
            if str(key := entity.draw_key(self.rng)) not in keys:
                return key
        return None

    def solved(
        self, kind: str, request: str, steps: tuple[Step, ...], wishes: tuple[Wish, ...], **options: Any
    ) -> Task | None:
        """Return the task whose goal is what its solution comes to; None where it does not do what it should."""
        declined = options.pop("declined", False)
        world = World(self.schema, self.seed, options.get("faults"))
        results = {call.name: world.call(call) for step in steps for call in step.calls}
        changes = tuple(changes_of(world))
        writes = any(self.schema.operations[name].writes for name in results)
        if bool(changes) != (writes and not declined):
            return None
        told = () if declined else tuple(text for wish in wishes for text in wish.told)
        answers = (self._answer(wish, results[wish.operation.name]) for wish in wishes)
        last_words = _DOWN if declined else " ".join(answers)
        return Task(kind, request, (*steps, Step(text=last_words)), Goal(changes, told, declined), **options)

    def _answer(self, wish: Wish, result: ToolResult) -> str:
        """Return what the user is told once a wish is granted."""
        operation = wish.operation
        if operation.writes:
            done = self._record_named_in(operation, result)
            return f"That is done: {done}." if done else _DONE
        value = ", ".join(wish.told)
        if operation.kind is Kind.SEARCH and operation.entity in self.schema.entities:
            entity = self.schema.entities[operation.entity].words
            said = _with_values(wish.said)
            if wish.asks_for:
                return f"The {entity} with {said} is {value}."
            return f"The number of {entity}s{said and f' with {said}'} is {value}."
        if wish.asks_for:
            return f"The {words_of(wish.asks_for)} of {self._subject(wish, 'your')} is {value}."
        return f"It is {value}."

    def _record_named_in(self, operation: Operation, result: ToolResult) -> str:
        """Return the record that a result shows, as people name it: `order W-12`; empty where it shows none."""
        entity = self.schema.entities.get(operation.entity)
        try:
            record = json.loads(result.content)
        except ValueError:
            return ""
        key = record.get(entity.key) if entity and isinstance(record, dict) else None
        return f"{entity.words} {written(key)}" if entity and _is_sayable(key) else ""


def direct(drawing: Drawing) -> Task | None:
    """Draw one wish that the request says in full."""
    wish = drawing.wish()
    if wish is None:
        return None
    return drawing.solved("direct", drawing.request(wish), wish.steps, (wish,), knowledge=Knowledge(spoken=wish.said))


def lookup(drawing: Drawing) -> Task | None:
    """Draw a wish about a record that has to be found first."""
    wish = drawing.wish()
    found = wish and (drawing.looked_up(wish) or drawing.followed(wish))
    if not found:
        return None
    return drawing.solved(
        "lookup", drawing.request(found), found.steps, (found,), knowledge=Knowledge(spoken=found.said)
    )


def ask(drawing: Drawing) -> Task | None:
    """Draw a wish that leaves out what a call cannot do without, so that the user has to be asked."""
    wish = _with_required(drawing)
    if wish is None:
        return None
    required = [name for name in wish.said if name in wish.operation.tool.required]
    hidden = drawing.rng.sample(required, min(len(required), drawing.rng.choice((1, 1, 2))))
    return _asked("ask", drawing, wish, hidden)


def correction(drawing: Drawing) -> Task | None:
    """Draw a wish of which the user changes a value when asked for another."""
    wish = _with_required(drawing)
    if wish is None:
        return None
    hidden = drawing.rng.choice([name for name in wish.said if name in wish.operation.tool.required])
    others = [name for name in wish.said if name != hidden and name in wish.operation.fields]
    if not others:
        return None
    name = drawing.rng.choice(others)
    draw = drawing.schema.draw(wish.operation, name)
    value = draw(drawing.rng) if draw else None
    if value is None or value == wish.said[name] or not wish.operation.tool.admits({**wish.arguments, name: value}):
        return None
    wish = replace(wish, arguments={**wish.arguments, name: value})
    return _asked("correction", drawing, wish, [hidden], (name, value))


def _with_required(drawing: Drawing) -> Wish | None:
    """Return a wish to have something done that needs a value that can be said."""
    wish = drawing.wish()
    if wish is None or wish.asks_for or not wish.operation.tool.required & wish.said.keys():
        return None
    return wish


def _asked(
    kind: str, drawing: Drawing, wish: Wish, hidden: list[str], corrected: tuple[str, Json] | None = None
) -> Task | None:
    said = {name: value for name, value in wish.said.items() if name not in hidden}
    request = drawing.request(replace(wish, said=said))
    question = " ".join(f"What is the {words_of(name)}?" for name in hidden)
    knowledge = Knowledge({name: wish.arguments[name] for name in hidden}, said, corrected)
    return drawing.solved(kind, request, (Step(text=question), *wish.steps), (wish,), knowledge=knowledge)


def unknown(drawing: Drawing) -> Task | None:
    """Draw a wish about a record that is not there: the user, if asked, gives another key."""
    wish = drawing.wish()
    if wish is None or wish.operation.key not in wish.said or wish.operation.kind is Kind.CREATE:
        return None
    key = str(wish.operation.key)
    wrong = drawing.other_key(drawing.schema.entities[wish.operation.entity])
    if wrong is None or not wish.operation.tool.admits({**wish.arguments, key: wrong}):
        return None
    request = drawing.request(replace(wish, said={**wish.said, key: wrong}))
    tried = ToolCall(wish.operation.name, {**wish.arguments, key: wrong})
    question = f"I cannot find {written(wrong)}. What is the {words_of(key)}?"
    knowledge = Knowledge({key: wish.arguments[key]}, _without(wish.said, key))
    steps = (Step((tried,)), Step(text=question), *wish.steps)
    return drawing.solved("unknown", request, steps, (wish,), knowledge=knowledge)


def busy(drawing: Drawing) -> Task | None:
    """Draw a wish whose tool refuses the first call and takes the second."""
    wish = drawing.wish()
    if wish is None:
        return None
    steps = (Step((wish.call,)), *wish.steps)
    return drawing.solved(
        "busy",
        drawing.request(wish),
        steps,
        (wish,),
        knowledge=Knowledge(spoken=wish.said),
        faults={wish.operation.name: "busy"},
    )


def down(drawing: Drawing) -> Task | None:
    """Draw a wish whose tool does not work, which the user has to be told."""
    wish = drawing.wish()
    if wish is None:
        return None
    return drawing.solved(
        "down",
        drawing.request(wish),
        wish.steps,
        (wish,),
        declined=True,
        knowledge=Knowledge(spoken=wish.said),
        faults={wish.operation.name: "down"},
    )


def several(drawing: Drawing) -> Task | None:
    """Draw two things to be done."""
    wishes = [wish for wish in (drawing.wish(), drawing.wish()) if wish is not None and not wish.asks_for]
    if len({wish.operation.name for wish in wishes}) < 2:
        return None
    request = opened(
        together([drawing.task(wish) for wish in wishes], drawing.style, drawing.rng), drawing.style, drawing.rng
    )
    steps = tuple(step for wish in wishes for step in wish.steps)
    return drawing.solved("several", request, steps, tuple(wishes))


def _without(arguments: JsonMapping, name: str) -> JsonObject:
    return {each: value for each, value in arguments.items() if each != name}


def _with_values(values: JsonMapping) -> str:
    return " and ".join(_with_value(name, value) for name, value in values.items())


def _with_value(name: str, value: Json) -> str:
    """Return a member with its value as people say it: `city Graz`, `duration 13 minutes`."""
    *words, last = words_of(name).split()
    if words and last in (*TIME_UNITS, *UNITS):
        return f"{' '.join(words)} {written(value)} {last}"
    return f"{words_of(name)} {written(value)}"


def _is_sayable_member(entity: Entity, name: str) -> bool:
    return name in entity.fields and entity.fields[name].is_scalar


def _is_sayable(value: Json) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return False
    return 0 < len(str(value)) <= _LONGEST_SAID and "\n" not in str(value)


KINDS: Mapping[str, tuple[Callable[[Drawing], Task | None], float]] = {
    "direct": (direct, 0.25),
    "lookup": (lookup, 0.2),
    "ask": (ask, 0.2),
    "correction": (correction, 0.07),
    "unknown": (unknown, 0.08),
    "busy": (busy, 0.07),
    "down": (down, 0.05),
    "several": (several, 0.08),
}
"""Every kind of task: what draws it, and its share."""
