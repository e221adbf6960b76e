"""The lists of tools that rows offer: the one that is needed among others, under its own names or masked ones.

A fixed number of scenes per tool keeps what is worked out about one (its JSON, what questions earn in it) reusable.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from random import Random
from typing import TYPE_CHECKING, Any

from rewards import Behavior, Tiered, Toolset
from rlvr.data.synth.any_tools.spoken import SpokenTool
from rlvr.data.synth.procedural_tools import random_tool

if TYPE_CHECKING:
    from rewards import GroundTruth

SCENES_PER_TOOL = 12
FEWEST_TOOLS = 4
"""Toolsets with fewer tools get made-up ones beside them, so that there is always something to choose between."""

QUESTIONS = (
    "Could you tell me the {}?",
    "What is the {}?",
    "Which {} should I use?",
    "Please tell me the {}.",
    "Could you please provide the {}?",
    "I still need the {}. What is it?",
)
"""How to ask for what is missing."""

_QUESTIONS_PER_SCENE = 3
_MOST_KNOWN = 4096
_REWARD = Tiered()
_EARNED_ANYWHERE: dict[tuple[str, tuple[str, ...], str], bool] = {}


@dataclass(eq=False)
class Scene:
    """One list of tools.

    Args:
        tool: the tool that is needed; in a scene of `unavailable` the one that is not there.
        others: the other tools of the toolset that are offered.
        schemas: what is offered, in OpenAI's form.
        is_masked: whether the names stand for nothing.
    """

    tool: SpokenTool
    others: tuple[SpokenTool, ...]
    schemas: list[dict[str, Any]]
    is_masked: bool
    json: str = field(init=False)
    toolset: Toolset = field(init=False)
    earned: dict[tuple[str, tuple[str, ...], str], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.json = json.dumps(self.schemas, ensure_ascii=False)
        self.toolset = Toolset(self.schemas)

    def questions(self, rng: Random) -> list[str]:
        """Ways to ask, in random order: few in each scene, so that what they earn is soon known."""
        first = len(self.json) % len(QUESTIONS)
        own = [QUESTIONS[(first + n) % len(QUESTIONS)] for n in range(_QUESTIONS_PER_SCENE)]
        rng.shuffle(own)
        return own

    def earns_all(self, truth: GroundTruth) -> bool:
        """Whether an expected text earns 1.0 here; asked of the reward once for each text."""
        text = truth.text or ""
        key = (text, truth.missing, truth.behavior.value)
        # Only what a question earns depends on the tools.
        known = self.earned if truth.behavior is Behavior.CLARIFY else _EARNED_ANYWHERE
        if key not in known:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            result = _REWARD(text, ground_truth=truth, tools=self.toolset)
            known[key] = result is not None and result.value == 1.0
        return known[key]


def scenes(
    tools: Sequence[SpokenTool], seed: int, *, distractors: int, masked: bool, similar: bool
) -> list[list[Scene]]:
    """Scenes for each tool.

    Args:
        tools: the toolset.
        seed: which others are offered.
        distractors: at most this many others.
        masked: whether names of tools and parameters stand for nothing.
        similar: whether the others are the most similar ones, not any.
    """
    return [
        [
            _scene(
                tool, tools, Random(f"scene/{seed}/{tool.name}/{n}/{masked}/{similar}"), distractors, masked, similar
            )
            for n in range(SCENES_PER_TOOL)
        ]
        for tool in tools
    ]


def without_tool(tools: Sequence[SpokenTool], seed: int, *, distractors: int) -> list[list[Scene]]:
    """Scenes in which the tool that is needed is not offered."""
    made = []
    for tool in tools:
        in_turn = []
        for n in range(SCENES_PER_TOOL):
            rng = Random(f"without/{seed}/{tool.name}/{n}")
            others = [other for other in tools if other is not tool and not _does_the_same(other, tool)]
            chosen = rng.sample(others, min(len(others), rng.randint(1, max(1, distractors))))
            schemas = [other.schema for other in chosen] + _made_up(rng, 0 if chosen else 1)
            in_turn.append(Scene(tool, tuple(chosen), schemas, is_masked=False))
        made.append(in_turn)
    return made


def likeness(tool: SpokenTool, other: SpokenTool) -> float:
    """How easily two tools are taken for each other, in [0, 1]: names and parameters they share."""
    mine, theirs = ({parameter.name for parameter in one.parameters} for one in (tool, other))
    shared = len(mine & theirs) / max(1, len(mine | theirs))
    return 0.5 * shared + 0.5 * SequenceMatcher(None, tool.name, other.name).ratio()


def _does_the_same(other: SpokenTool, tool: SpokenTool) -> bool:
    """Whether another tool might well serve in a tool's place."""
    return likeness(tool, other) > 0.7


def _scene(
    tool: SpokenTool, tools: Sequence[SpokenTool], rng: Random, distractors: int, masked: bool, similar: bool
) -> Scene:
    others = [other for other in tools if other is not tool]
    wanted = rng.randint(min(1, distractors), distractors)
    if similar:
        others.sort(key=lambda other: -likeness(tool, other))
        chosen = others[: max(1, wanted)]
    else:
        chosen = rng.sample(others, min(len(others), wanted))
    if masked:
        tool, *chosen = [_masked(one, rng) for one in (tool, *chosen)]
    schemas = [tool.schema, *(other.schema for other in chosen)]
    if len(tools) < FEWEST_TOOLS:
        schemas += _made_up(rng, max(0, wanted - len(chosen)))
    rng.shuffle(schemas)
    return Scene(tool, tuple(chosen), schemas, masked)


def _made_up(rng: Random, n: int) -> list[dict[str, Any]]:
    return [random_tool(rng).schema() for _ in range(n)]


def _masked(tool: SpokenTool, rng: Random) -> SpokenTool:
    """The tool under names that stand for nothing; its description and its parameters' say what they are."""
    schema = copy.deepcopy(tool.schema)
    function = schema["function"]
    function["name"] = f"tool_{rng.randrange(16**4):04x}"
    function["description"] = function.get("description") or tool.task.capitalize()
    parameters = function.get("parameters") or {}
    given = parameters.get("properties") or {}
    names = {name: f"arg_{number}" for number, name in enumerate(given, start=1)}
    words = {parameter.name: parameter.words for parameter in tool.parameters}
    parameters["properties"] = {
        names[name]: {**member, "description": member.get("description") or f"The {words.get(name, name)}"}
        for name, member in given.items()
    }
    if "required" in parameters:
        parameters["required"] = [names[name] for name in parameters["required"] if name in names]
    (compiled,) = Toolset([schema])
    drawn = tuple(
        type(parameter)(names[parameter.name], parameter.words, parameter.draw, parameter.phrases, parameter.terse,
                        parameter.is_required, parameter.is_flag)
        for parameter in tool.parameters
    )  # fmt: skip
    return SpokenTool(schema, compiled.name, tool.tasks, drawn, tool.words, compiled)
