"""Evaluation on episodes: each is held to its end, and scored by whether its goal is reached."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rewards import Toolset
from rlvr.environments.conversation import Conversation, OpenTurn, PolicyTurn, hold
from rlvr.environments.episode import Episode
from rlvr.environments.opening import Factory, opened
from rlvr.environments.scoring import counts
from rlvr.files import JsonObject
from rlvr.progress import Advance
from rlvr.records.row import Row
from rlvr.sampler import Completion, NothingAnsweredError, Request, Sampler, completions_of, unwatched

Held = tuple[Conversation, JsonObject]
"""A conversation, and what is counted of it."""

UNANSWERED = "unanswered"
"""Why a conversation ended in which the model was asked and no answer came."""

_LOG = logging.getLogger(__name__)


def hold_rows(
    rows: Sequence[Row],
    sampler: Sampler,
    turn: Request,
    progress: Advance = unwatched,
    factories: Mapping[str, Factory] | None = None,
    *,
    keeps_ended: bool = False,
) -> list[list[Held]]:
    """Hold the episodes of rows, side by side.

    Args:
        rows: each with an episode.
        sampler: completes turns. A turn that it has no answer for ends its episode as `unanswered`.
        turn: how a turn is asked for, but for its messages and tools; each row is held `turn.n` times.
        progress: called with the rows that have ended since the last call, and the turn of the others.
        factories: for Python environments.
        keeps_ended: as `hold` takes it.

    Returns:
        Of each row the conversations.

    Raises:
        UserError: the sampler has no answer to any of the first turns.
    """
    episodes = [Episode.of(row) for row in rows for _ in range(turn.n)]
    toolsets = [Toolset.of(episode.tools) for episode in episodes]
    n_open, n_turns = len(rows), 0
    unanswered: list[int] = []

    def tell(n_left: int, note: str = "") -> None:
        nonlocal n_open
        progress(n_open - n_left, note)
        n_open = n_left

    def write(open_turns: Sequence[OpenTurn]) -> list[PolicyTurn]:
        nonlocal n_turns
        n_turns += 1
        tell(len({open_turn.place // turn.n for open_turn in open_turns}), f"turn {n_turns}")
        requests = [_request(turn, n_turns, open_turn) for open_turn in open_turns]
        try:
            answers = completions_of(sampler, requests)
        except NothingAnsweredError as error:
            if n_turns == 1:
                raise
            _LOG.warning(str(error))
            answers = [None] * len(requests)
        unanswered.extend(each.place for each, answer in zip(open_turns, answers, strict=True) if not answer)
        return list(map(_turn, answers))

    with opened(episodes, factories) as environments:
        pairs = list(zip(episodes, environments, strict=True))
        held = hold(pairs, write, wire_format=turn.wire, toolsets=toolsets, keeps_ended=keeps_ended)
        counted = list(zip(held, map(counts, held, environments), strict=True))
    tell(0)
    for place in unanswered:
        held[place].end = UNANSWERED
    return [counted[start : start + turn.n] for start in range(0, len(counted), turn.n)]


def _request(turn: Request, number: int, open_turn: OpenTurn) -> Request:
    """Return the request for a conversation's next turn; the conversations of a row draw with different seeds."""
    seed = turn.seed + number * turn.n + open_turn.place % turn.n
    return replace(turn, messages=list(open_turn.messages), tools=open_turn.tools, n=1, seed=seed)


def _turn(completions: Sequence[Completion] | None) -> PolicyTurn:
    if not completions:
        return PolicyTurn("", is_truncated=True)
    completion = completions[0]
    written = completion.text if completion.message is None else completion.message
    return PolicyTurn(written, completion.n_tokens, completion.is_truncated)
