"""A world with its goal and its user, as an environment."""

from __future__ import annotations

import json

from rewards import ToolCall
from rewards.text import read_text
from rlvr.data.json_values import leaves
from rlvr.data.synth.any_tools.values_said import written
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import Outcome, ToolResult, User, UserTurn
from rlvr.environments.user import Knowledge, SimulatedUser
from rlvr.environments.worlds.goal import Goal, changes_of, compare
from rlvr.environments.worlds.schema import WorldSchema
from rlvr.environments.worlds.telling import is_told
from rlvr.environments.worlds.world import World


class WorldEnvironment:
    """A world with its goal and its user."""

    def __init__(self, world: World, goal: Goal, knowledge: Knowledge) -> None:
        self.world = world
        self.goal = goal
        self.user: User = SimulatedUser(knowledge, world.schema.toolset)
        self.hidden = tuple(knowledge.hidden)
        self.last_words = ""
        self.is_over = False
        self.results: list[ToolResult] = []
        self.n_repeated_errors = 0
        self._failed: list[tuple[ToolCall, ToolResult]] = []

    @classmethod
    def begin(cls, episode: Episode) -> WorldEnvironment:
        """Return the environment of an episode, as it begins."""
        options = episode.options
        world = World(schema_of(episode), int(options["seed"]), options.get("faults"))
        return cls(world, Goal.from_json(options["goal"]), Knowledge.from_json(options.get("user", {})))

    def answer(self, call: ToolCall) -> ToolResult:
        """Carry out a call."""
        result = self.world.call(call)
        self.results.append(result)
        if result.is_error:
            self.n_repeated_errors += (call, result) in self._failed
            self._failed.append((call, result))
        return result

    def reply(self, text: str) -> UserTurn:
        """Return what the user says; a user who has what was asked for ends the conversation, whatever is asked."""
        self.last_words = text
        turn = UserTurn("", is_over=True) if self._state().is_reached else self.user.reply(text)
        self.is_over = turn.is_over
        if not turn.is_over:
            self.last_words = ""
        return turn

    def changes(self) -> tuple[str, ...]:
        """Return how records have changed, and what was done."""
        return tuple(map(str, changes_of(self.world)))

    def outcome(self) -> Outcome:
        """Hold the changes, and the last words, against the goal, to which an end of the talk belongs.

        A policy that goes on, or is cut off, has not let the user know.
        """
        state = self._state()
        if state.is_reached and not self.is_over:
            return Outcome(is_reached=False, progress=0.5, reasons=("the talk was not brought to an end",))
        return state

    def _state(self) -> Outcome:
        """Return how far the goal is reached, whoever has the last word.

        On the way to it, what had to be asked for and was counts too: a guess is not to earn more than a question.
        """
        changes = changes_of(self.world)
        parts = []
        if self.goal.changes or changes or not (self.goal.told or self.goal.declined):
            parts.append(compare(self.world.schema, self.goal, changes))
        parts += list(map(self._told, self.goal.told))
        if self.goal.declined:
            parts.append(self._declined())
        reasons = tuple(reason for part in parts for reason in part.reasons)
        if not reasons:
            return Outcome(is_reached=True, progress=1.0)
        shares = [part.progress for part in parts] + [float(name in self.user.answered) for name in self.hidden]
        # As a change that nobody wanted, a question for what was said already makes the whole larger; so does a call
        # that failed in the same way before.
        n_needless = self.user.n_repeated + self.n_repeated_errors
        return Outcome(False, sum(shares) / (len(shares) + n_needless), reasons)

    def _told(self, text: str) -> Outcome:
        if text not in self._read():
            return _part(False, f"{text!r:.80} was not looked up")
        is_there = is_told(text, self.last_words, self.goal.otherwise)
        return _part(is_there, f"the user was not told {text!r:.80}, and nothing else in its place")

    def _read(self) -> set[str]:
        """Return the values that tools have returned, as they are said."""
        parts = (json.loads(result.content) for result in self.results if not result.is_error)
        return {written(leaf) for part in parts for leaf in leaves(part)}

    def _declined(self) -> Outcome:
        if not self.world.has_met_down:
            return _part(False, "nothing was tried that is down")
        if not read_text(self.last_words).refuses:
            return Outcome(is_reached=False, progress=0.5, reasons=("the user was not told that it cannot be done",))
        return Outcome(is_reached=True, progress=1.0)

    def close(self) -> None:
        """Do nothing: a world holds nothing."""


def schema_of(episode: Episode) -> WorldSchema:
    """Return what an episode's tools say of its world."""
    return WorldSchema.of(episode.tools, episode.options.get("returns"))


def _part(is_reached: bool, reason: str) -> Outcome:
    return Outcome(is_reached, float(is_reached), () if is_reached else (reason,))
