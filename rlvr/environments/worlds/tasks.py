"""Tasks of a world: drawn backwards from the calls that solve them, and checked by running the solution."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from rewards import ToolCall
from rlvr.data.json_values import without
from rlvr.data.synth.any_tools.requests import opened, together
from rlvr.data.synth.any_tools.values_said import written
from rlvr.environments.episode import Step
from rlvr.environments.protocol import ToolResult
from rlvr.environments.user import Knowledge, is_or_are, words_of
from rlvr.environments.worlds.goal import Change, Goal, changes_of
from rlvr.environments.worlds.phrases import Kind, plural
from rlvr.environments.worlds.reading import Operation
from rlvr.environments.worlds.wishes import Drawing, Wish, conditions, is_sayable
from rlvr.environments.worlds.world import World
from rlvr.files import Json, JsonObject

_DONE = "That is done."
_DOWN = "I'm sorry, but I can't do that: the service is down."
_NO_FAULTS: Mapping[str, str] = {}


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


def _solved(
    drawing: Drawing,
    kind: str,
    request: str,
    steps: tuple[Step, ...],
    wishes: tuple[Wish, ...],
    knowledge: Knowledge,
    faults: Mapping[str, str] = _NO_FAULTS,
) -> Task | None:
    """Return the task whose goal is what its solution comes to; None where it does not do what it should."""
    is_declined = "down" in faults.values()
    world = World(drawing.schema, drawing.seed, faults)
    changes: tuple[Change, ...] = ()
    results: dict[str, ToolResult] = {}
    for call in chain.from_iterable(step.calls for step in steps):
        before, results[call.name] = changes, world.call(call)
        changes = tuple(changes_of(world))
        is_write = drawing.schema.operations[call.name].writes and not results[call.name].is_error
        if is_write and changes == before:
            return None  # what it asks for is so already
    is_refused = any(result.is_error for result in results.values())  # as what another wish has ended
    if is_refused != is_declined:
        return None
    if is_declined:
        goal, words = Goal(changes, declined=True), _DOWN
    else:
        goal = _goal(changes, wishes)
        words = " ".join(last_words(drawing, wish, results[wish.operation.name]) for wish in wishes)
    return Task(kind, request, (*steps, Step(text=words)), goal, knowledge, faults)


def _solved_as_said(
    kind: str, drawing: Drawing, wish: Wish, steps: tuple[Step, ...], faults: Mapping[str, str] = _NO_FAULTS
) -> Task | None:
    """Return the task of one wish that the request says in full; as `solved`."""
    return _solved(drawing, kind, drawing.request(wish), steps, (wish,), Knowledge(spoken=wish.said), faults)


def last_words(drawing: Drawing, wish: Wish, result: ToolResult) -> str:
    """Return what the user is told once a wish is granted."""
    operation = wish.operation
    if operation.writes:
        done = _record_named_in(drawing, operation, result)
        return f"That is done: {done}." if done else _DONE
    value = ", ".join(wish.told)
    if drawing.finds_records(operation):
        entity = drawing.schema.entities[operation.entity].words
        what = entity if wish.asks_for else f"number of {plural(entity)}"
        return f"The {what}{conditions(wish)} is {value}."
    if wish.asks_for:
        return f"The {words_of(wish.asks_for)} of {drawing.subject(wish, 'your')} is {value}."
    return f"It is {value}."


def _record_named_in(drawing: Drawing, operation: Operation, result: ToolResult) -> str:
    """Return the record that a result shows, as people name it: `order W-12`; empty where it shows none."""
    entity, record = drawing.schema.entities.get(operation.entity), json.loads(result.content)
    if entity is None or entity.parent or not isinstance(record, dict) or not is_sayable(record.get(entity.key)):
        return ""
    return f"{entity.words} {written(record[entity.key])}"


def _goal(changes: tuple[Change, ...], wishes: tuple[Wish, ...]) -> Goal:
    """Return the goal of these wishes. What a wish itself says may be said again, whatever else it answers."""
    told: list[str] = []
    said: set[str] = set()
    otherwise: JsonObject = {}
    for wish in wishes:
        told += wish.told
        otherwise |= dict.fromkeys(wish.otherwise)
        for call in chain.from_iterable(step.calls for step in wish.steps):
            said.update(map(written, call.arguments.values()))
    return Goal(changes, tuple(told), tuple(without(otherwise, *told, *said)))


def direct(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish that the request says in full."""
    return _solved_as_said("direct", drawing, wish, wish.steps)


def lookup(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish about a record that has to be found first."""
    described = drawing.looked_up(wish) or drawing.followed(wish)
    return None if described is None else _solved_as_said("lookup", drawing, described, described.steps)


def ask(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish that leaves out what a call cannot do without: the user has to be asked."""
    required = _required(wish)
    if not required:
        return None
    hidden = drawing.rng.sample(required, min(len(required), drawing.rng.choice((1, 1, 2))))
    return _asked("ask", drawing, wish, hidden)


def correction(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish of which the user changes a value when asked for another."""
    required = _required(wish)
    if not required:
        return None
    hidden = drawing.rng.choice(required)
    others = [name for name in wish.said if name != hidden and name in wish.operation.fields]
    if not others:
        return None
    name = drawing.rng.choice(others)
    draw = drawing.schema.draw(wish.operation, name)
    value = draw(drawing.rng) if draw else None
    if value is None or value == wish.said[name] or not wish.operation.tool.admits({**wish.arguments, name: value}):
        return None
    corrected = drawing.answered(replace(wish, arguments={**wish.arguments, name: value}))
    return None if corrected is None else _asked("correction", drawing, corrected, [hidden], (name, value))


def _required(wish: Wish) -> list[str]:
    """Return what the call of something to be done cannot do without; nothing for a question."""
    return [] if wish.asks_for else [name for name in wish.said if name in wish.operation.tool.required]


def _asked(
    kind: str, drawing: Drawing, wish: Wish, hidden: list[str], corrected: tuple[str, Json] | None = None
) -> Task | None:
    said = {name: value for name, value in wish.said.items() if name not in hidden}
    request = drawing.request(replace(wish, said=said))
    question = " ".join(f"What {is_or_are(name)} the {words_of(name)}?" for name in hidden)
    knowledge = Knowledge({name: wish.arguments[name] for name in hidden}, said, corrected)
    return _solved(drawing, kind, request, (Step(text=question), *wish.steps), (wish,), knowledge)


def unknown(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish about a record that is not there: the user, if asked, gives another key."""
    if wish.operation.key not in wish.said or wish.operation.kind is Kind.CREATE:
        return None
    key = str(wish.operation.key)
    wrong = drawing.other_key(drawing.schema.entities[wish.operation.entity])
    if wrong is None or not wish.operation.tool.admits({**wish.arguments, key: wrong}):
        return None
    request = drawing.request(replace(wish, said={**wish.said, key: wrong}))
    tried = ToolCall(wish.operation.name, {**wish.arguments, key: wrong})
    question = f"I cannot find {written(wrong)}. What is the {words_of(key)}?"
    knowledge = Knowledge({key: wish.arguments[key]}, without(wish.said, key))
    return _solved(drawing, "unknown", request, (Step((tried,)), Step(text=question), *wish.steps), (wish,), knowledge)


def busy(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish whose tool refuses the first call and takes the second."""
    return _solved_as_said("busy", drawing, wish, (Step((wish.call,)), *wish.steps), {wish.operation.name: "busy"})


def down(drawing: Drawing, wish: Wish) -> Task | None:
    """Return the task of a wish whose tool does not work, which the user has to be told."""
    return _solved_as_said("down", drawing, wish, wish.steps, {wish.operation.name: "down"})


def _of_one_wish(task: Callable[[Drawing, Wish], Task | None]) -> Callable[[Drawing], Task | None]:
    def draw(drawing: Drawing) -> Task | None:
        wish = drawing.wish()
        return None if wish is None else task(drawing, wish)

    return draw


def several(drawing: Drawing) -> Task | None:
    """Draw two things to be done."""
    wishes = [wish for wish in (drawing.wish(), drawing.wish()) if wish is not None and not wish.asks_for]
    if len({wish.operation.name for wish in wishes}) < 2:
        return None
    task = together(list(map(drawing.task, wishes)), drawing.style, drawing.rng)
    request = opened(task, drawing.style, drawing.rng)
    steps = tuple(chain.from_iterable(wish.steps for wish in wishes))
    return _solved(drawing, "several", request, steps, tuple(wishes), Knowledge())


KINDS: Mapping[str, tuple[Callable[[Drawing], Task | None], float]] = {
    "direct": (_of_one_wish(direct), 0.25),
    "lookup": (_of_one_wish(lookup), 0.2),
    "ask": (_of_one_wish(ask), 0.2),
    "correction": (_of_one_wish(correction), 0.07),
    "unknown": (_of_one_wish(unknown), 0.08),
    "busy": (_of_one_wish(busy), 0.07),
    "down": (_of_one_wish(down), 0.05),
    "several": (several, 0.08),
}
"""Every kind of task: what draws it, and its share."""
