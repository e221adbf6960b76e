"""Episodes for any toolset: a world each, a task in it, and the proof that the task can be solved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from random import Random

from rlvr.data.described import description_of, is_authentication
from rlvr.data.formats.schemas import parameters_schema
from rlvr.data.json_values import object_of, without
from rlvr.data.returned import returned_schema, without_returned
from rlvr.data.synth.any_tools.toolset import spoken_tools
from rlvr.data.synth.phrasing import listed
from rlvr.environments.checks import findings
from rlvr.environments.episode import Episode
from rlvr.environments.worlds.environment import schema_of
from rlvr.environments.worlds.reading import Operation
from rlvr.environments.worlds.schema import WorldSchema, bare
from rlvr.environments.worlds.tasks import KINDS, Task
from rlvr.environments.worlds.wishes import Drawing
from rlvr.environments.worlds.world import secret
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject

MOST_TOOLS = 12
"""Tools that an episode offers; of a larger toolset those that go together, and others."""

_TRIES = 40
_LEAST_DUE = 0.1
_AFTER_FAILURE = 0.25
"""What is left of a kind's weight for a tool that it was not drawn for."""


@dataclass(frozen=True)
class Recipe:
    """The episodes to make.

    Args:
        tools: in OpenAI's form, or bare function dicts.
        rows: how many.
        seed: which.
        kinds: weights of the kinds of task instead of `KINDS`' shares; what is not named is left out.
        most_tools: tools that an episode offers at most.

    Raises:
        UserError: a kind that does not exist, or a number below 1.
    """

    tools: Sequence[JsonMapping]
    rows: int
    seed: int = 0
    kinds: Mapping[str, float] = field(default_factory=dict)
    most_tools: int = MOST_TOOLS

    def __post_init__(self) -> None:
        for kind, weight in self.kinds.items():
            if kind not in KINDS:
                raise UserError(f"kinds.{kind}: there are {', '.join(KINDS)}")
            if weight < 0:
                raise UserError(f"kinds.{kind}: {weight} is below 0")
        if self.kinds and not any(self.kinds.values()):
            raise UserError("kinds: one of them needs a weight above 0")
        for name in ("rows", "most_tools"):
            if getattr(self, name) < 1:
                raise UserError(f"{name}: {getattr(self, name)} is less than 1")

    @property
    def shares(self) -> dict[str, float]:
        """The share of each kind of task, as far as the tools can have it."""
        weights = dict(self.kinds) or {kind: share for kind, (_, share) in KINDS.items()}
        return {kind: weight / sum(weights.values()) for kind, weight in weights.items() if weight}


def generate(recipe: Recipe) -> Iterator[Episode]:
    """Make episodes, each solved by its own solution when it is made.

    The tools take turns at being what an episode is about. An index at which no task of the drawn kind is found takes
    another kind, and then another tool.

    Raises:
        UserError: no task can be drawn for any of the tools.
    """
    bare_tools = [*map(bare, recipe.tools)]
    able = {tool.name for tool in spoken_tools([*map(_unsigned, bare_tools)])}
    functions = [function for function in bare_tools if function.get("name") in able]
    described = {function["name"]: returned_schema(function) for function in functions}
    returns = {name: parameters_schema(schema) for name, schema in described.items() if schema}
    tools: list[JsonObject] = [{"type": "function", "function": without_returned(each)} for each in functions]
    whole = WorldSchema.of(tools, returns)
    if not whole.operations:
        raise UserError("tools: there are none that values can be drawn for")
    requests: set[str] = set()
    kinds: Counter[str] = Counter()
    for index in range(recipe.rows):
        # A kind that few tools can have is drawn more often where one can.
        weights = {kind: _due(share, index, kinds[kind]) for kind, share in recipe.shares.items()}
        episode = _episode(recipe, tools, whole, weights, index, requests)
        requests.add(episode.prompt[-1]["content"])
        kinds[episode.extra_info["kind"]] += 1
        yield episode


def _due(share: float, n_drawn: int, n_of_kind: int) -> float:
    """Return the weight of a kind: what is missing for its share, at most 1, and a little where nothing is."""
    return min(1.0, max(_LEAST_DUE * share, share * (n_drawn + 1) - n_of_kind))


def _episode(
    recipe: Recipe,
    tools: Sequence[JsonObject],
    whole: WorldSchema,
    weights: Mapping[str, float],
    index: int,
    requests: set[str],
) -> Episode:
    """Return the episode of an index, whose request is none of the earlier ones while there are others."""
    rng = Random(f"{recipe.seed}/{index}")
    names = list(whole.operations)
    for attempt in range(_TRIES * (len(names) + 1)):
        if attempt % _TRIES == 0:
            left = dict(weights)
        about = names[(index + attempt // _TRIES) % len(names)]
        (kind,) = rng.choices(list(left), list(left.values()))
        offered = _offered(tools, whole, about, recipe.most_tools)
        base = Episode([], offered, "world", {"seed": rng.randrange(2**31), **_returned(whole, offered)})
        schema = schema_of(base)
        base = replace(base, prompt=_signed_in(schema, base.options["seed"]))
        drawing = Drawing(schema, base.options["seed"], rng, about if kind != "several" else None)
        task = KINDS[kind][0](drawing)
        episode = None if task is None else _proven(base, task, about)
        if episode is not None and (attempt >= _TRIES or episode.prompt[-1]["content"] not in requests):
            return episode
        left[kind] *= _AFTER_FAILURE
    raise UserError(
        f"tools: no task of the kinds {', '.join(weights)} can be drawn for them; tools that only think or answer yes "
        "or no have none, and not each kind goes with each tool: kinds.NAME=WEIGHT names others"
    )


def _returned(whole: WorldSchema, offered: Sequence[JsonObject]) -> JsonObject:
    """Return the option of an episode that says what its tools return, which no prompt offers; none where none does."""
    names = {tool["function"]["name"] for tool in offered}
    returns = {name: schema for name, schema in whole.returns.items() if name in names}
    return {"returns": returns} if returns else {}


def _unsigned(function: JsonMapping) -> JsonObject:
    """Return a tool without the parameters that say who calls, which the system message holds here."""
    parameters = object_of(function.get("parameters"))
    properties = object_of(parameters.get("properties"))
    secret = [name for name, member in properties.items() if is_authentication(name, description_of(object_of(member)))]
    required = parameters.get("required")
    if not secret or not isinstance(required, list):
        return dict(function)
    required = [name for name in required if name not in secret]
    return {**function, "parameters": {**parameters, "properties": without(properties, *secret), "required": required}}


def _signed_in(schema: WorldSchema, seed: int) -> list[JsonObject]:
    """Return the message that says what no user does: the values by which tools know who calls, if any asks."""
    names = dict.fromkeys(chain.from_iterable(operation.secrets for operation in schema.operations.values()))
    values = listed([f"{name} {secret(seed, name)}" for name in names])
    return [{"role": "system", "content": f"Call the tools with {values}."}] if names else []


def _proven(base: Episode, task: Task, about: str) -> Episode | None:
    """Return the task as an episode; None where lint finds something: its solution fails, or a step is needless."""
    faults, goal, user = dict(task.faults), task.goal.to_json(), task.knowledge.to_json()
    options = {**base.options, "faults": faults, "goal": goal, "user": user}
    prompt = [*base.prompt, {"role": "user", "content": task.request}]
    extra_info = {"kind": task.kind, "tool": about, "turns": len(task.solution)}
    episode = Episode(prompt, base.tools, "world", options, task.solution, extra_info)
    row = json.loads(json.dumps(episode.to_json()))
    return None if any(findings(row)) else Episode.from_json(row)


def _offered(tools: Sequence[JsonObject], whole: WorldSchema, about: str, most_tools: int) -> list[JsonObject]:
    """Return the tools of an episode: the one that it is about, those about the same records, and some others."""
    if len(tools) <= most_tools:
        return list(tools)
    centre = whole.operations[about]
    rng = Random(about)
    others = [name for name in whole.operations if name != about]
    rng.shuffle(others)
    others.sort(key=lambda name: not _is_related(centre, whole.operations[name]))
    chosen = {about, *others[: most_tools - 1]}
    return [tool for tool in tools if tool["function"]["name"] in chosen]


def _is_related(centre: Operation, operation: Operation) -> bool:
    mine = {centre.entity, *centre.links.values()} - {""}
    return not mine.isdisjoint({operation.entity, *operation.links.values()})
