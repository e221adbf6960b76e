"""The reward of a whole episode, and what is counted of it."""

from __future__ import annotations

from dataclasses import dataclass

from rewards import Behavior, Reason, RewardResult
from rewards.reading import behavior_of
from rewards.text import read_text
from rewards.wire import ParsedCompletion
from rlvr.environments.conversation import Conversation
from rlvr.environments.protocol import Environment
from rlvr.files import JsonObject

COUNTED = ("turns", "calls", "errors", "recovered", "malformed", "questions", "repeated_questions")
"""Of what `counts` tells, that of which the mean over conversations is shown."""


@dataclass(frozen=True)
class EpisodeReward:
    """1 where the goal is reached, else the share of the goal that is, capped.

    What should not have been done stands in that share: a change that nobody wanted makes the goal larger.

    Args:
        partial_cap: what an episode that misses its goal earns at most, in [0, 1].
    """

    partial_cap: float = 0.6

    def __post_init__(self) -> None:
        if not 0.0 <= self.partial_cap <= 1.0:
            raise ValueError(f"partial_cap: {self.partial_cap} is not in [0, 1]")

    def __call__(self, conversation: Conversation) -> RewardResult:
        """Score an episode that was held."""
        outcome = conversation.outcome
        value = 1.0 if outcome.is_reached else self.partial_cap * outcome.progress
        reasons = [Reason("goal", "other", got=text) for text in outcome.reasons]
        if conversation.end not in ("over", ""):
            because = f": {conversation.failure}" if conversation.failure else ""
            reasons.append(Reason("", "other", got=f"ended by {conversation.end}{because}"))
        for number, turn in enumerate(conversation.turns, start=1):
            errors = [result.content for result in turn.results if result.is_error]
            reasons += [Reason("", "other", got=f"turn {number}: {error[:120]}") for error in errors]
        components = {"goal": outcome.progress, "valid_calls": _valid_share(conversation)}
        return RewardResult(value, components, tuple(reasons), first_behavior(conversation))


def first_behavior(conversation: Conversation) -> Behavior | None:
    """Return what the first turn did, which is what the row's ground truth is about; None where it did nothing."""
    if not conversation.turns:
        return None
    first = conversation.turns[0]
    parsed = ParsedCompletion(first.calls, first.malformed, first.text)
    return behavior_of(parsed, read_text(first.text))


def counts(conversation: Conversation, environment: Environment) -> JsonObject:
    """Return what is counted of an episode, for evaluation and logs."""
    n_errors = sum(result.is_error for result in conversation.results)
    user = getattr(environment, "user", None)
    return {
        "turns": len(conversation.turns),
        "calls": len(conversation.results),
        "errors": n_errors,
        "recovered": int(n_errors > 0 and conversation.outcome.is_reached),
        "malformed": sum(turn.malformed for turn in conversation.turns),
        "questions": getattr(user, "n_questions", 0),
        "repeated_questions": getattr(user, "n_repeated", 0),
        "tokens": sum(turn.n_tokens for turn in conversation.turns),
        "end": conversation.end,
        "failure": conversation.failure,
    }


def _valid_share(conversation: Conversation) -> float:
    n_valid = sum(not result.is_error for result in conversation.results)
    n_attempts = len(conversation.results) + sum(turn.malformed for turn in conversation.turns)
    return n_valid / n_attempts if n_attempts else 1.0
