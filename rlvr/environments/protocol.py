"""What an environment is: it answers calls, speaks for the user, and knows whether the goal is reached."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from rewards import ToolCall
from rlvr.files import JsonObject


@dataclass(frozen=True)
class ToolResult:
    """The answer of a tool.

    Args:
        content: for the policy to read; JSON where the tool gives structured data.
        is_error: the tool did not do what it was asked to.
    """

    content: str
    is_error: bool = False

    @classmethod
    def failed(cls, why: str) -> ToolResult:
        """Return the answer of a tool that did nothing, which says why."""
        return cls(json.dumps({"error": why}, ensure_ascii=False), is_error=True)


@dataclass(frozen=True)
class UserTurn:
    """The user's answer to a text of the policy.

    Args:
        text: what the user says; "" where there is nothing more to say.
        is_over: the conversation ends with it.
        tools: further ones, which are offered from now on.
    """

    text: str
    is_over: bool = False
    tools: tuple[JsonObject, ...] = ()


class User(Protocol):
    """Speaks for the user.

    Attributes:
        n_questions: that it was asked.
        n_repeated: those of them that it had answered before.
        answered: the parameters whose values it has told.
    """

    n_questions: int
    n_repeated: int
    answered: set[str]

    def reply(self, text: str) -> UserTurn:
        """Return what the user says to a text of the policy."""
        ...


@dataclass(frozen=True)
class Outcome:
    """The end of an episode: how much of its goal is reached.

    Args:
        is_reached: whether the goal is reached.
        progress: the share of the goal that is reached, in [0, 1]; 1 exactly where `is_reached`.
        reasons: what is missing or too much, each in a line.
    """

    is_reached: bool
    progress: float
    reasons: tuple[str, ...] = ()


NOTHING_REACHED = Outcome(is_reached=False, progress=0.0)


class Environment(Protocol):
    """The surroundings of one episode. The same episode gives the same answers to the same turns, in any process.

    An environment is of one episode only, so that the candidates of a group cannot see each other. It may have an
    attribute `observation`, a text that is added to the prompt's last message.
    """

    def answer(self, call: ToolCall) -> ToolResult:
        """Carry out one call of the policy."""
        ...

    def reply(self, text: str) -> UserTurn:
        """Return what the user says to a text of the policy."""
        ...

    def changes(self) -> tuple[str, ...]:
        """Return what calls have changed since the episode began, each in a line for a person to read."""
        ...

    def outcome(self) -> Outcome:
        """Tell whether the goal is reached now, and if not, why."""
        ...

    def close(self) -> None:
        """Let go of what the environment holds: processes, connections."""
        ...
