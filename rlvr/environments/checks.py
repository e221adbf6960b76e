"""Lint of conversations to be held: is each solved, and is all of it needed and none given away?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from rlvr.data.json_values import is_number
from rlvr.data.lint.findings import Finding
from rlvr.environments.conversation import Conversation, hold, scripted
from rlvr.environments.episode import Episode
from rlvr.environments.opening import open_environment
from rlvr.environments.worlds.schema import bare
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping, Where
from rlvr.records.message import text_of

_SHORTEST_SECRET = 4
"""Characters of a text that a request may hold by chance."""


def findings(row: JsonMapping) -> Iterator[Finding]:
    """Yield what would spoil one conversation: it is begun, and its solution is played.

    Classes of the user's own are not made here, so that of Python environments only the row is looked at.
    """
    try:
        episode = Episode.from_json(row, Where(Path("episode")))
        is_played = episode.environment != "python"
        is_reached = is_played and _held(replace(episode, solution=())).outcome.is_reached
    except UserError as error:
        yield Finding("bad_episode", str(error))
        return
    yield from _given_away(episode)
    if not is_played:
        return
    if not episode.solution:
        yield Finding("unsolved", "it has no solution, so nothing says that it can be solved")
    elif is_reached:
        yield Finding("nothing_to_do", "its goal is reached before anything is done")
    else:
        yield from _played(episode)


def _played(episode: Episode) -> Iterator[Finding]:
    offered = {bare(tool)["name"] for tool in episode.tools}
    for call in chain.from_iterable(step.calls for step in episode.solution):
        if call.name not in offered:
            yield Finding(
                "unsolved", f"its solution calls a tool that is not offered: {unknown('tool', call.name, offered)}"
            )
            return
    held = _held(episode)
    if not _is_solved(held):
        why = "; ".join(held.outcome.reasons) or held.failure or f"it is ended by {held.end}"
        yield Finding("unsolved", f"its solution does not reach its goal: {why[:160]}")
        return
    for place, turn in enumerate(held.turns):
        if turn.changes and _is_solved(_held(_without(episode, place))):
            yield Finding("needless_step", f"its goal is reached without step {place + 1} of its solution")
            return


def _held(episode: Episode) -> Conversation:
    (held,) = hold([(episode, open_environment(episode))], scripted(episode), wire_format="hermes")
    return held


def _is_solved(held: Conversation) -> bool:
    return held.outcome.is_reached and held.end == "over"


def _without(episode: Episode, place: int) -> Episode:
    return replace(episode, solution=(*episode.solution[:place], *episode.solution[place + 1 :]))


def _given_away(episode: Episode) -> Iterator[Finding]:
    """Yield what the prompt says although it is to be asked for, or to be found."""
    text = " ".join(map(text_of, episode.prompt))
    goal = episode.options.get("goal") or {}
    secrets = []
    for name, value in (episode.user.get("hidden") or {}).items():
        secrets.append((value, f"the user is to be asked for {name!r}, but the request says {value!r:.60}"))
    for value in goal.get("told") or ():
        secrets.append((value, f"the answer is {value!r:.60}, which the request says itself"))
    spoken = list((episode.user.get("spoken") or {}).values())
    for value, message in secrets:
        if value not in spoken and _is_said(value, text):
            yield Finding("given_away", message)
            return


def _is_said(value: Json, text: str) -> bool:
    if not (isinstance(value, str) or is_number(value)) or len(str(value)) < _SHORTEST_SECRET:
        return False
    return re.search(rf"(?<![\w-]){re.escape(str(value))}(?![\w-])", text) is not None
