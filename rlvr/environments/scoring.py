"""The reward of a whole episode, and what is counted of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rewards import Behavior, Reason, RewardResult
from rewards.reading import behavior_of
from rewards.text import read_text
from rewards.wire import ParsedCompletion

if TYPE_CHECKING:
    from rlvr.environments.conversation import Conversation
    from rlvr.environments.protocol import Environment
    from rlvr.files import JsonObject


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
            reasons.append(Reason("", "other", got=f"ended by {conversation.end}{_because(conversation.failure)}"))
        reasons += [
            Reason("", "other", got=f"turn {number + 1}: {result.content[:120]}")
            for number, turn in enumerate(conversation.turns)
            for result in turn.results
            if result.is_error
        ]
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
    results = [result for turn in conversation.turns for result in turn.results]
    errors = [place for place, result in enumerate(results) if result.is_error]
    user = getattr(environment, "user", None)
    return {
        "turns": len(conversation.turns),
        "calls": len(results),
        "errors": len(errors),
        "recovered": int(bool(errors) and conversation.outcome.is_reached),
        "malformed": sum(turn.malformed for turn in conversation.turns),
        "questions": getattr(user, "n_questions", 0),
        "repeated_questions": getattr(user, "n_repeated", 0),
        "tokens": sum(turn.n_tokens for turn in conversation.turns),
        "end": conversation.end,
    }


def _valid_share(conversation: Conversation) -> float:
    results = [result for turn in conversation.turns for result in turn.results]
    attempts = len(results) + sum(turn.malformed for turn in conversation.turns)
    return sum(not result.is_error for result in results) / attempts if attempts else 1.0


def _because(failure: str) -> str:
    return f": {failure}" if failure else ""
