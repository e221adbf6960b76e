"""`rlvr data worlds`: conversations to be held, in worlds made from a toolset's schemas."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rlvr.commands.arguments import read
from rlvr.errors import UserError
from rlvr.files import JsonObject, write_lines
from rlvr.progress import standard_console, task
from rlvr.wrapping import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlvr.environments.episode import Episode

HELP = """\
usage: rlvr data worlds tools=SOURCE out=EPISODES.jsonl [rows=N] [seed=N]
                        [turns=ROWS.jsonl] [kinds.KIND=W]
       rlvr data worlds environment=MODULE:CLASS [dataset=TRL_ROWS.jsonl]
                        out=EPISODES.jsonl [rows=N]

Write conversations to be held: each has a world of records read off your
tools' schemas, a task in it, a user who knows the task and answers what is
asked, and a solution that was run and reaches the goal. The same seed gives
the same file. `rlvr play EPISODES.jsonl` lets you try one.

Or write conversations with a Python class whose methods are the tools, as TRL
takes it for environment_factory: one for each row of its dataset, or `rows` of
a class whose reset() gives the task.
"""


_SHOWN = 8
"""Names of tools that a line lists at most."""


@dataclass(frozen=True)
class WorldsOptions:
    """The options of `rlvr data worlds`."""

    tools: str | None = None
    """What `rlvr data tools` reads: a JSON or YAML list, an OpenAPI document, module:name, 'mcp:COMMAND'."""
    out: str = "episodes.jsonl"
    """Where to write."""
    rows: int = 1000
    """How many."""
    turns: str | None = None
    """Also write the solutions turn by turn, as rows for SFT."""
    kinds: dict[str, float] = field(default_factory=dict)
    """Weights of the kinds of task, instead of the shares below; what is not named is left out."""
    most_tools: int = 12
    """Tools that a conversation offers at most."""
    seed: int = 0
    """Which conversations."""
    environment: str | None = None
    """MODULE:CLASS, in the place of tools."""
    dataset: str | None = None
    """Rows for that class: their prompt, and what reset() takes."""


OPTIONS = WorldsOptions


def help_lists() -> list[str]:
    """Return the kinds of tasks with their shares."""
    from rlvr.environments.worlds.tasks import KINDS

    return [f"Kinds: {', '.join(f'{kind} {share:.0%}' for kind, (_, share) in KINDS.items())}"]


def run(arguments: list[str]) -> None:
    """Write episodes for a toolset, and their solutions' turns where asked for."""
    options = read(WorldsOptions, arguments)
    if options.environment is not None:
        _write_of_class(options)
        return
    if options.dataset is not None:
        raise UserError("dataset: its rows are for a class; name it with environment=MODULE:CLASS")
    if options.tools is None:
        raise UserError("no tools: rlvr data worlds tools=TOOLS.json out=EPISODES.jsonl")
    if options.turns is not None and Path(options.turns).resolve() == Path(options.out).resolve():
        raise UserError(f"turns: {options.turns} is what out= writes; name another file")
    _write(options)


def _write_of_class(options: WorldsOptions) -> None:
    from rlvr.environments.opening import factories_of, opened
    from rlvr.environments.python_rows import episodes_of_class, episodes_of_file

    if options.tools is not None or options.turns is not None:
        raise UserError("environment: a class has its own tools and no known solutions; leave tools and turns out")
    if options.rows < 1:
        raise UserError(f"rows: {options.rows} is less than 1")
    factory = factories_of(options.environment)[""]
    if options.dataset is None:
        episodes = list(episodes_of_class(factory, options.rows))
    else:
        episodes = list(episodes_of_file(factory, options.dataset))
        if not episodes:
            raise UserError(f"dataset: {options.dataset} holds no rows")
    with opened(episodes[:1], {"": factory}):  # a class that cannot begin is said now, and not by a training
        pass
    write_lines(options.out, (episode.to_json() for episode in episodes), source=options.dataset)
    names = ", ".join(tool["function"]["name"] for tool in episodes[0].tools)
    print(f"wrote {options.out}: {len(episodes):,} conversations with {names}")


def _write(options: WorldsOptions) -> None:
    from rlvr.commands.data_tools import left_out
    from rlvr.data.toolsets import load_tools
    from rlvr.environments.opening import open_environment
    from rlvr.environments.turns import rows_of
    from rlvr.environments.worlds.generate import Recipe, generate

    loaded = load_tools(str(options.tools), with_responses=True)
    recipe = Recipe(loaded.tools, options.rows, options.seed, options.kinds, options.most_tools)
    kinds: Counter[str] = Counter()
    about: set[str] = set()
    episodes: list[Episode] = []

    def lines() -> Iterator[JsonObject]:
        with task(standard_console(), "making worlds", options.rows) as worlds:
            for episode in generate(recipe):
                kinds[episode.extra_info["kind"]] += 1
                about.update(call.name for step in episode.solution for call in step.calls)
                if options.turns is not None:
                    episodes.append(episode)
                worlds.advance(1)
                yield episode.to_json()

    write_lines(options.out, lines(), source=options.tools)
    for line in left_out(loaded):
        print(line)
    names = [tool["function"]["name"] for tool in loaded.tools]
    called = f"{len(about)} of {len(names)} tools called"
    print(f"wrote {options.out}: {options.rows:,} conversations, each solved once; {called}")
    print("  " + ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()))
    if missing := [name for name in names if name not in about]:
        print(f"  not called: {first_names(missing, most=_SHOWN)}")
    if options.turns is not None:
        rows = chain.from_iterable(rows_of(episode, open_environment(episode)) for episode in episodes)
        write_lines(options.turns, (row.to_json() for row in rows), source=options.tools)
        print(f"wrote {options.turns}: the solutions, turn by turn")
