"""The lists of tools that rows offer: the one that is needed among others, under its own names or masked ones.

A fixed number of scenes per tool keeps what is worked out about one (its JSON, what questions earn in it) reusable.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from random import Random

from rewards import Behavior, GroundTruth, Tiered, Toolset
from rewards.text import FILLER, stem
from rlvr.data.returned import without_returned
from rlvr.data.shortfall import shortfall
from rlvr.data.synth import refusals
from rlvr.data.synth.any_tools import results
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.any_tools.toolset import SpokenToolset
from rlvr.data.synth.lexicon import lexicon
from rlvr.data.synth.made_up import any_tool
from rlvr.files import JsonObject

SCENES_PER_TOOL = 12
MOST_LINKED = 100  # tools of a large set among which chains are looked for
MAX_SCENES_KEPT = 2048  # scenes kept at a time; the others are made again when they are drawn again
FEWEST_TOOLS = 4
"""Toolsets with fewer tools get made-up ones beside them, so that there is always something to choose between."""

_MOST_KNOWN = 4096
_REWARD = Tiered()
_EARNED_ANYWHERE: dict[tuple[str, tuple[str, ...], str], bool] = {}


@dataclass(eq=False)
class Scene:
    """One list of tools."""

    tool: SpokenTool  # the tool that is needed; in a scene of `unavailable` the one that is not there
    others: tuple[SpokenTool, ...]  # the other tools of the toolset that are offered
    schemas: list[JsonObject]  # what is offered, in OpenAI's form
    is_masked: bool  # whether the names stand for nothing
    earned: dict[tuple[str, tuple[str, ...], str], bool] = field(default_factory=dict)

    @cached_property
    def json(self) -> str:
        """Return what is offered, as JSON."""
        return json.dumps(self.schemas, ensure_ascii=False)

    @cached_property
    def toolset(self) -> Toolset:
        """Return what is offered, as rewards read it."""
        return Toolset(self.schemas)

    def question(self, *, is_several: bool, is_named: bool = True) -> str:
        """Return how missing values are asked for here: one way in each scene, so that what it earns is soon known.

        Values that are not named, but only described, are not asked for with "do you mean".
        """
        unfit = [" is "] * is_several + [" do you mean"] * (not is_named)
        able = [question for question in lexicon().questions if not any(part in question for part in unfit)]
        return able[len(self.json) % len(able)]

    def earns_all(self, truth: GroundTruth) -> bool:
        """Tell whether an expected text earns 1.0 here; asked of the reward once for each text."""
        key = (truth.text or "", truth.missing, truth.behavior.value)
        # Only what a question earns depends on the tools.
        earned = self.earned if truth.behavior is Behavior.CLARIFY else _EARNED_ANYWHERE
        if key not in earned:
            if len(earned) >= _MOST_KNOWN:
                earned.clear()
            earned[key] = shortfall(truth, self.toolset, _REWARD) is None
        return earned[key]


@dataclass(eq=False)
class World:
    """A toolset with the scenes that rows are drawn from, each made when it is first drawn; a function of the seed."""

    tools: SpokenToolset
    seed: int  # which other tools are offered
    distractors: int  # at most this many other tools beside the needed one
    masked_share: float  # how many rows have names that stand for nothing

    def __post_init__(self) -> None:
        self._scene = lru_cache(MAX_SCENES_KEPT)(self._made)

    @cached_property
    def out_of_scope(self) -> tuple[str, ...]:
        """Requests that no tool serves, without those that share a word with one."""
        stems = set(map(stem, self.tools.words())) - FILLER
        return tuple(
            line
            for line in refusals.REQUESTS["train"]["out_of_scope"]
            if stems.isdisjoint(map(stem, line.replace("/", " ").replace("{", " ").split()))
        )

    def scene(self, rng: Random, *, is_called: bool = True) -> Scene:
        """Return any scene, masked or not, of a tool that is called or that is only asked about."""
        return self.drawn("masked" if rng.random() < self.masked_share else "plain", rng, is_called=is_called)

    def drawn(self, kind: str, rng: Random, *, is_called: bool = True) -> Scene:
        """Return a scene of any tool.

        Args:
            kind: `plain`, with any others; `masked`, whose names of tools and parameters stand for nothing; `similar`,
                with the others that are most like the tool; `without`, in which the tool itself is not offered.
            rng: where it is drawn from.
            is_called: whether calls of the tool must be drawn.
        """
        return self._of(kind, self.tools.any_index(rng, is_called=is_called), rng)

    def linked(self, rng: Random) -> Scene | None:
        """Return a scene in which another tool's result can hold what the tool requires; None where no tools go so."""
        is_masked = rng.random() < self.masked_share
        if not self._links or not self.distractors:
            return None
        return self._of("linked masked" if is_masked else "linked", rng.choice(list(self._links)), rng)

    def told(self, rng: Random) -> Scene | None:
        """Return a scene of a tool whose results say what is asked for; None where no tool's do."""
        is_masked = rng.random() < self.masked_share
        return self._of("masked" if is_masked else "plain", rng.choice(self._telling), rng) if self._telling else None

    @cached_property
    def _some(self) -> Mapping[int, SpokenTool]:
        """Tools by their places: all, or some of a large set."""
        places = range(len(self.tools))
        some = places if len(places) <= MOST_LINKED else Random(f"links/{self.seed}").sample(places, MOST_LINKED)
        return {place: tool for place in some if (tool := self.tools[place]) is not None}

    @cached_property
    def _telling(self) -> list[int]:
        """The places of tools whose results say what is asked for."""
        return [place for place, tool in self._some.items() if not tool.unknown and results.tells(tool)]

    @cached_property
    def _links(self) -> Mapping[int, tuple[int, ...]]:
        """By the place of a tool, those of the tools whose results can hold what it requires."""
        spoken = self._some
        links = {}
        for place, tool in spoken.items():
            firsts = tuple(at for at, giver in spoken.items() if at != place and results.links(tool, [giver]))
            if firsts:
                links[place] = firsts
        return links

    def _of(self, kind: str, index: int, rng: Random) -> Scene:
        return self._scene(kind, index, rng.randrange(SCENES_PER_TOOL))

    def _made(self, kind: str, index: int, number: int) -> Scene:
        (tool,) = self.tools.usable([index])
        if kind == "without":
            return self._without(tool, index, Random(f"without/{self.seed}/{tool.name}/{number}"))
        is_masked, is_similar = kind.endswith("masked"), kind == "similar"
        rng = Random(f"scene/{self.seed}/{tool.name}/{number}/{is_masked}/{is_similar}")
        wanted = rng.randint(min(1, self.distractors), self.distractors)
        if is_similar:
            places = self.tools.nearest(index)[: max(1, wanted)]
        else:
            n_others = len(self.tools) - 1
            places = [place + (place >= index) for place in rng.sample(range(n_others), min(n_others, wanted))]
        if kind.startswith("linked"):
            first = rng.choice(self._links[index])
            places = [first, *(place for place in places[: max(0, wanted - 1)] if place != first)]
        chosen = list(self.tools.usable(places))
        if is_masked:
            tool, *chosen = [_masked(each, rng) for each in (tool, *chosen)]
        schemas = [without_returned(each.schema) for each in (tool, *chosen)]
        if not is_masked:
            schemas += map(without_returned, self.tools.unspoken(places))
        if len(self.tools) < FEWEST_TOOLS:
            schemas += _made_up(rng, max(0, wanted - len(chosen)), schemas)
        rng.shuffle(schemas)
        return Scene(tool, tuple(chosen), schemas, is_masked)

    def _without(self, tool: SpokenTool, index: int, rng: Random) -> Scene:
        others = self.tools.different(index)
        places = rng.sample(others, min(len(others), rng.randint(1, max(1, self.distractors))))
        chosen = self.tools.usable(places)
        offered = [each.schema for each in chosen] + self.tools.unspoken(places)
        schemas = list(map(without_returned, offered)) or _made_up(rng, 1, [tool.schema])
        return Scene(tool, chosen, schemas, is_masked=False)


def _made_up(rng: Random, n: int, beside: Sequence[JsonObject]) -> list[JsonObject]:
    """Made-up tools whose names differ from each other's, and from those of the tools beside them."""
    by_name = {schema["function"]["name"]: schema for schema in beside}
    while len(by_name) < len(beside) + n:
        schema = any_tool(rng).schema
        by_name.setdefault(schema["function"]["name"], schema)
    return list(by_name.values())[len(beside) :]


def _masked(tool: SpokenTool, rng: Random) -> SpokenTool:
    """The tool under names that stand for nothing; its description and its parameters' say what they are."""
    schema = copy.deepcopy(tool.schema)
    function = schema["function"]
    function["name"] = f"tool_{rng.randrange(16**4):04x}"
    function["description"] = function.get("description") or tool.task.capitalize()
    parameters = function.get("parameters") or {}
    properties = parameters.get("properties") or {}
    names = {name: f"arg_{number}" for number, name in enumerate(properties, start=1)}
    words = {parameter.name: parameter.words for parameter in tool.parameters}
    parameters["properties"] = {
        names[name]: {"description": f"The {words.get(name, name)}", **(member if isinstance(member, dict) else {})}
        for name, member in properties.items()
    }
    if "required" in parameters:
        parameters["required"] = [names[name] for name in parameters["required"] if name in names]
    (compiled,) = Toolset([schema])
    drawn = tuple(replace(parameter, name=names[parameter.name]) for parameter in tool.parameters)
    return replace(tool, schema=schema, name=compiled.name, parameters=drawn, compiled=compiled)
