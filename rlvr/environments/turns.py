"""The turns of a solution as rows: what SFT and single-turn GRPO learn from before whole episodes are held."""

from __future__ import annotations

from collections.abc import Iterator

from rlvr.environments.conversation import hold, scripted
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import Environment
from rlvr.records.row import Row


def rows_of(episode: Episode, environment: Environment) -> Iterator[Row]:
    """Yield a row for each turn of an episode's solution: the messages so far, and what the policy writes next.

    Args:
        episode: with a solution.
        environment: of this episode, as it begins.
    """
    (held,) = hold([(episode, environment)], scripted(episode), wire_format="hermes")
    ends = [place for place, message in enumerate(held.messages) if message["role"] == "assistant"]
    for number, end in enumerate(ends):
        yield Row(held.messages[:end], episode.tools, episode.truth(number), {**episode.extra_info, "turn": number})
