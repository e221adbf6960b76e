"""`rlvr play`: a person plays the policy of an episode in the terminal."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlvr.commands.arguments import read_words
from rlvr.progress import standard_console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlvr.environments.conversation import OpenTurn, PolicyTurn
    from rlvr.environments.episode import Episode
    from rlvr.files import JsonObject

HELP = """\
usage: rlvr play EPISODES.jsonl [episode=N] [solution=true]
                 [environment=MODULE:CLASS]

Play the policy of a conversation that `rlvr data worlds` wrote: you see the
request and the tools, and write calls, as in get_order {"order_id": "7"}, or
words to the user. It ends when you say something that asks nothing, or at the
end of input, and says whether the goal is reached.
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
    from rlvr.environments.opening import factories_of, open_environment
    from rlvr.environments.scoring import EpisodeReward
    from rlvr.environments.worlds.schema import bare

    environment = open_environment(episode, factories_of(options.environment))
    console = standard_console()
    for tool in episode.tools:
        function = bare(tool)
        parameters = ", ".join(_signature(function.get("parameters") or {}))
        console.print(f"{function['name']}({parameters})", style="dim", markup=False, highlight=False)
    shown = 0

    def person(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        nonlocal shown
        (request,) = requests
        for message in request.messages[shown:]:
            if message["role"] != "assistant" and message["content"]:
                console.print(f"{message['role']}: {message['content']}", markup=False, highlight=False)
        shown = len(request.messages)
        return [_turn_of(_line(), episode)]

    (held,) = hold([(episode, environment)], person)
    result = EpisodeReward()(held)
    if held.turns and held.turns[-1].reply:
        console.print(f"user: {held.turns[-1].reply}", markup=False, highlight=False)
    state = "reached" if held.outcome.is_reached else "not reached"
    console.print(f"The goal is {state}: reward {result.value:.2f}", highlight=False)
    for reason in held.outcome.reasons:
        console.print(f"  {reason}", markup=False, highlight=False)
    environment.close()
    if options.solution:
        for step in episode.solution:
            console.print(f"solution: {json.dumps(step.to_json(), ensure_ascii=False)}", markup=False, highlight=False)


def _signature(schema: JsonObject) -> list[str]:
    required = schema.get("required") or ()
    return [name if name in required else f"{name}?" for name in schema.get("properties") or {}]


def _line() -> str:
    sys.stdout.write("you: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip()


def _turn_of(line: str, episode: Episode) -> PolicyTurn:
    from rlvr.environments.conversation import PolicyTurn
    from rlvr.environments.worlds.schema import bare

    name, _, rest = line.partition(" ")
    if name not in {bare(tool)["name"] for tool in episode.tools}:
        return PolicyTurn({"role": "assistant", "content": line})
    call = {"type": "function", "function": {"name": name, "arguments": rest.strip() or "{}"}}
    return PolicyTurn({"role": "assistant", "content": "", "tool_calls": [call]})
