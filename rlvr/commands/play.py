"""`rlvr play`: a person plays the policy of an episode in the terminal."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rlvr.commands.arguments import read_words
from rlvr.errors import unknown
from rlvr.progress import standard_console

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rlvr.environments.conversation import OpenTurn, PolicyTurn
    from rlvr.environments.episode import Episode
    from rlvr.files import JsonObject

HELP = """\
usage: rlvr play EPISODES.jsonl [episode=N] [solution=true]
                 [environment=MODULE:CLASS]

Play the policy of a conversation that `rlvr data worlds` wrote: you see the
request and the tools, and write calls, as in get_order {"order_id": "7"}, or
words to the user. A call that cannot be read is asked for again. It ends when
you say something that asks nothing, or at the end of input, and says whether
the goal is reached. (To play the user: rlvr chat RUN episodes=EPISODES.jsonl)
"""


@dataclass(frozen=True)
class PlayOptions:
    """The options of `rlvr play`."""

    episode: int = 1
    """Which line of the file, from 1."""
    solution: bool = False
    """Show the known solution afterwards."""
    environment: str | None = None
    """MODULE:CLASS of an episode whose tools are a Python class."""


OPTIONS = PlayOptions


def run(arguments: list[str]) -> None:
    """Play one episode."""
    from rlvr.environments.episode import read_episode

    (path,), options = read_words(PlayOptions, arguments, "EPISODES.jsonl")
    _play(read_episode(path, options.episode), options)


def _play(episode: Episode, options: PlayOptions) -> None:
    from rlvr.environments.conversation import hold
    from rlvr.environments.opening import factories_of, opened
    from rlvr.environments.scoring import EpisodeReward
    from rlvr.environments.worlds.schema import bare

    console = standard_console()
    tell = partial(console.print, markup=False, highlight=False)
    functions = {function["name"]: function.get("parameters") or {} for function in map(bare, episode.tools)}
    shown = 0

    def person(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        nonlocal shown
        (request,) = requests
        for message in request.messages[shown:]:
            if message["role"] != "assistant" and message["content"]:
                tell(f"{message['role']}: {message['content']}")
        shown = len(request.messages)
        while isinstance(turn := _turn_of(_line(), functions), str):
            tell(turn)
        return [turn]

    with opened([episode], factories_of(options.environment)) as (environment,):
        for name, parameters in functions.items():
            tell(f"{name}({', '.join(_signature(parameters))})", style="dim")
        (held,) = hold([(episode, environment)], person)
    result = EpisodeReward()(held)
    if held.turns and held.turns[-1].reply:
        tell(f"user: {held.turns[-1].reply}")
    state = "reached" if held.outcome.is_reached else "not reached"
    tell(f"The goal is {state}: reward {result.value:.2f}")
    for reason in result.reasons:
        tell(f"  {reason}")
    for step in episode.solution if options.solution else ():
        tell(f"solution: {json.dumps(step.to_json(), ensure_ascii=False)}")


def _signature(schema: JsonObject) -> list[str]:
    required = schema.get("required") or ()
    return [name if name in required else f"{name}?" for name in schema.get("properties") or {}]


def _line() -> str:
    sys.stdout.write("you: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip()


def _turn_of(line: str, names: Collection[str]) -> PolicyTurn | str:
    """Return the turn that a person typed: a call, or words; else what is wrong with the call."""
    from rlvr.environments.conversation import PolicyTurn

    name, _, arguments = line.partition(" ")
    if name not in names:
        if arguments.startswith("{"):
            return unknown("tool", name, names)
        return PolicyTurn({"role": "assistant", "content": line})
    try:
        json.loads(arguments or "{}")
    except ValueError as error:
        return f'{name}: the arguments are no JSON object, such as {{"id": 7}}: {error}'
    call = {"type": "function", "function": {"name": name, "arguments": arguments or "{}"}}
    return PolicyTurn({"role": "assistant", "content": "", "tool_calls": [call]})
