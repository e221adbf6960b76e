"""Rows for a toolset: so many of each behavior, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

from rewards import Behavior
from rewards.strict_json import encode
from rlvr.data.synth.any_tools.behaviors import BEHAVIORS
from rlvr.data.synth.any_tools.examples import Examples
from rlvr.data.synth.any_tools.requests import Task, write_request
from rlvr.data.synth.any_tools.scenes import World
from rlvr.data.synth.any_tools.toolset import SpokenToolset
from rlvr.data.synth.assembly import SYSTEM_MESSAGES
from rlvr.data.synth.phrasing import STYLES
from rlvr.errors import UserError, unknown
from rlvr.records.row import Row

ATTEMPTS = 60  # draws for one row before its behavior gives way to a single call


@dataclass(frozen=True)
class Recipe:
    """What to make.

    Args:
        tools: the toolset: OpenAI tool dicts or bare function dicts.
        rows: how many.
        seed: any integer; another seed gives other rows.
        behaviors: kind to its weight; None takes the shares in `BEHAVIORS`, and what is not named is not made.
        distractors: at most this many other tools beside the needed one.
        masked: share of rows whose tool and parameter names stand for nothing, so that a model must read descriptions.
        guesses: whether values are also drawn where only a word of a name hints at what they are.
        examples: values that somebody wrote down for parameters, by tool and parameter; no prompt shows them.
    """

    tools: Sequence[Mapping[str, Any]]
    rows: int
    seed: int = 0
    behaviors: Mapping[str, float] = field(default_factory=dict)
    distractors: int = 3
    masked: float = 0.1
    guesses: bool = False
    examples: Examples = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.tools:
            raise UserError("tools: the list is empty; give at least one tool")
        if self.rows < 1:
            raise UserError(f"rows: {self.rows} is not at least 1")
        if self.distractors < 0:
            raise UserError(f"distractors: {self.distractors} is not at least 0")
        if not 0.0 <= self.masked <= 1.0:
            raise UserError(f"masked: {self.masked} is not in [0, 1]")
        for kind, weight in self.behaviors.items():
            if kind not in BEHAVIORS:
                raise UserError(unknown("behavior", kind, BEHAVIORS, place="behaviors"))
            if not weight >= 0:
                raise UserError(f"behaviors.{kind}: {weight} is not a number of at least 0")
        if self.behaviors and not any(self.behaviors.values()):
            raise UserError("behaviors: all weights are 0; give at least one kind a positive weight")

    @cached_property
    def world(self) -> World:
        """The toolset, ready to draw from."""
        return World(
            SpokenToolset(self.tools, is_guessing=self.guesses, examples=self.examples),
            self.seed,
            self.distractors,
            self.masked,
        )

    @cached_property
    def plan(self) -> list[tuple[str, str]]:
        """Behavior and style of each row, in random order: the shares are exact to a row."""
        weights = self.behaviors or {kind: share for kind, (_, share) in BEHAVIORS.items()}
        total, due = sum(weights.values()), 0.0
        kinds: list[str] = []
        for kind, weight in weights.items():
            due += weight / total * self.rows
            kinds += [kind] * (round(due) - len(kinds))
        planned = [(kind, STYLES[index % len(STYLES)]) for index, kind in enumerate(kinds)]
        Random(f"plan/{self.seed}").shuffle(planned)
        return planned


class Made(NamedTuple):
    """One row, its line of JSON, and a number that rows share which ask the same with the same tools."""

    row: Row
    line: str
    key: int


def generate(recipe: Recipe) -> Iterator[Made]:
    """Yield the rows of a recipe in order. No two ask the same with the same tools.

    Raises:
        UserError: the toolset cannot give that many different rows, or a tool cannot be called at all.
    """
    seen: set[int] = set()
    for index in range(recipe.rows):
        for attempt in range(ATTEMPTS + 1):
            draft = _made(recipe, index, attempt)
            if draft.key not in seen:
                break
        else:
            raise UserError(f"no new request after {index:,} rows; ask for fewer rows, or give more tools")
        seen.add(draft.key)
        yield draft


def rows(tools: Sequence[Mapping[str, Any]], n: int, seed: int = 0, **options: Any) -> list[Row]:
    """`n` rows for a toolset; the options are those of `Recipe`."""
    return [each.row for each in generate(Recipe(tools, n, seed, **options))]


def _made(recipe: Recipe, index: int, retry: int) -> Made:
    """The row of this place: a function of the recipe, its place, and how often it came out like another."""
    kind, style = recipe.plan[index]
    rng = Random(f"{recipe.seed}/{index}/{retry}")
    for attempt in range(2 * ATTEMPTS):
        if retry > ATTEMPTS // 2 or attempt >= ATTEMPTS:
            kind = _fallback(recipe)
        try:
            task = BEHAVIORS[kind][0](recipe.world, rng)
        except LookupError:  # this draw found no arguments that the schema admits; the next may
            continue
        if task is not None:
            return _row(task, kind, style, rng)
    raise UserError(f"behavior {recipe.plan[index][0]!r}: cannot be made with these tools; leave it out")


def _fallback(recipe: Recipe) -> str:
    wanted = [kind for kind, weight in (recipe.behaviors or {"single": 1.0}).items() if weight > 0]
    return "single" if "single" in wanted else wanted[0]


def _row(task: Task, kind: str, style: str, rng: Random) -> Made:
    system = rng.choice(SYSTEM_MESSAGES)
    messages = [{"role": "user", "content": write_request(task, style, rng)}, *task.history]
    prompt = messages if system is None else [{"role": "system", "content": system}, *messages]
    extra: dict[str, Any] = {"source": "any_tools", "kind": kind, "style": style}
    if task.scene.is_masked:
        extra["masked"] = True
    if task.truth.behavior is Behavior.CLARIFY:
        extra["tool"] = task.scene.tool.name
    if task.between:
        extra["between"] = list(task.between)
    if task.given:
        extra["given"] = dict(task.given)
    row = Row(prompt, task.scene.schemas, task.truth, extra)
    asked = encode(messages)
    whole = asked if system is None else f"[{encode(prompt[0])}, {asked[1:]}"
    expected = encode({"reward_model": task.truth.to_json(), "extra_info": extra})
    line = f'{{"prompt": {whole}, "tools": {task.scene.json}, {expected[1:]}'
    key = hashlib.blake2b((asked + task.scene.json).encode(), digest_size=8)
    return Made(row, line, int.from_bytes(key.digest()))
