"""Worlds of real toolsets: how many tools take part, what solves a task and what does not, and steps a second.

python benchmarks/worlds.py SOURCE [SOURCE ...]    each what `rlvr data tools` reads: a list, an OpenAPI document
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from rewards import ToolCall
from rlvr.data.toolsets import load_tools
from rlvr.environments.conversation import hold, scripted
from rlvr.environments.worlds.environment import WorldEnvironment
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.environments.worlds.world import first_keys, first_records

if TYPE_CHECKING:
    from rlvr.environments.episode import Episode

ROWS = 300
WRONG_PATHS = 1_000
GROUP = 8


def main() -> None:
    heads = "called | solved | wrong paths that reach a goal | lists that answer | steps/s, groups of 8, cold"
    print(f"| toolset | tools | {heads} |")
    print("|---|---|---|---|---|---|---|")
    for source in sys.argv[1:]:
        tools = load_tools(source, with_responses=True).tools
        episodes = list(generate(Recipe(tools, ROWS)))
        called = {call.name for episode in episodes for step in episode.solution for call in step.calls}
        solved = sum(is_solved(episode) for episode in episodes)
        reached = sum(is_reached_wrongly(episodes[number % ROWS], number) for number in range(WRONG_PATHS))
        questions = [e for e in episodes if e.options["goal"]["told"] and not e.options["goal"]["changes"]]
        listed = sum(map(is_answered_by_a_list, questions))
        rate = steps_per_second(episodes)
        figures = f"{len(called)} | {solved} of {ROWS} | {reached} of {WRONG_PATHS:,}"
        figures += f" | {listed} of {len(questions)} | {rate:,.0f}"
        print(f"| {Path(source).stem} | {len(tools)} | {figures} |")


def is_solved(episode: Episode) -> bool:
    (held,) = hold([(episode, WorldEnvironment.begin(episode))], scripted(episode))
    return held.outcome.is_reached


def is_reached_wrongly(episode: Episode, seed: int) -> bool:
    """Whether calls with values of the solution mixed up reach the goal without the solution's last call."""
    rng = Random(seed)
    right = [call for step in episode.solution for call in step.calls]
    values: list[Any] = [value for call in right for value in call.arguments.values()] or ["x"]
    environment = WorldEnvironment.begin(episode)
    calls = []
    for _ in range(rng.randint(1, 4)):
        function = rng.choice(episode.tools)["function"]
        names = function.get("parameters", {}).get("properties", {})
        calls.append(ToolCall(function["name"], {name: rng.choice([*values, 1, "x"]) for name in names}))
    for call in calls:
        environment.answer(call)
    environment.reply("That is done.")
    return environment.outcome().is_reached and right[-1] not in calls


def is_answered_by_a_list(episode: Episode) -> bool:
    """Whether calls of what needs no arguments, then small numbers and all choices of the tools, reach the goal."""
    environment = WorldEnvironment.begin(episode)
    functions = [tool["function"] for tool in episode.tools]
    for function in functions:
        if not function["parameters"].get("required"):
            environment.answer(ToolCall(function["name"], {}))
    environment.reply(" ".join(["It is", *map(str, range(1, 41)), *choices(functions)][:80]))
    return environment.outcome().is_reached


def choices(schema: Any) -> list[str]:
    """Return the members of all enums in a JSON value."""
    if isinstance(schema, list):
        return [choice for part in schema for choice in choices(part)]
    if not isinstance(schema, dict):
        return []
    return [*map(str, schema.get("enum") or []), *choices(list(schema.values()))]


def steps_per_second(episodes: list[Episode]) -> float:
    """Turns a second of process time: each episode is held by a group of eight, and its records are not known yet."""
    first_records.cache_clear()
    first_keys.cache_clear()
    started, n_turns = time.process_time(), 0
    for episode in episodes:
        for _ in range(GROUP):
            (held,) = hold([(episode, WorldEnvironment.begin(episode))], scripted(episode))
            n_turns += len(held.turns)
    return n_turns / (time.process_time() - started)


if __name__ == "__main__":
    main()
