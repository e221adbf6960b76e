"""The row of a conversation to be held: a row with an `episode`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rewards import Behavior, GroundTruth, ToolCall
from rlvr.errors import UserError, unknown
from rlvr.files import Json, JsonMapping, JsonObject, Where, read_objects
from rlvr.records.row import Row

_NOWHERE = Where(Path("episode"))

ENVIRONMENTS = ("world", "python", "recording", "bfcl")
MOST_TURNS = 12
"""Turns of the policy in an episode, where its row does not say `most_turns`."""
TURNS_LIMIT = 1_000
"""The most that a row may ask for; each is a completion, which may be paid for."""


@dataclass(frozen=True)
class Step:
    """One turn of a solution: calls, or a text to the user."""

    calls: tuple[ToolCall, ...] = ()
    text: str = ""

    def to_json(self) -> JsonObject:
        """Return the step as JSON: `{"calls": [...]}` or `{"say": text}`."""
        if not self.calls:
            return {"say": self.text}
        return {"calls": [{"name": call.name, "arguments": call.arguments} for call in self.calls]}

    @classmethod
    def from_json(cls, value: JsonMapping) -> Step:
        """Read what `to_json` wrote."""
        calls = tuple(ToolCall(call["name"], call["arguments"]) for call in value.get("calls", ()))
        return cls(calls, value.get("say", ""))


@dataclass(frozen=True)
class Episode:
    """One conversation to be held.

    Args:
        prompt: the messages that it begins with; the user's request last.
        tools: the tools offered, in OpenAI's form.
        environment: which kind answers: one of `ENVIRONMENTS`.
        options: what that kind needs to begin: a world's seed and goal, a class, a recording.
        solution: turns that reach the goal; empty where none is known.
        extra_info: anything else worth keeping: the kind of task, where the tools came from.
    """

    prompt: list[JsonObject]
    tools: list[JsonObject]
    environment: str
    options: JsonObject
    solution: tuple[Step, ...] = ()
    extra_info: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """Return the JSONL form, which `from_json` reads back."""
        return self.row.to_json()

    @property
    def row(self) -> Row:
        """The row: the episode, and what a right first turn is."""
        solution = [step.to_json() for step in self.solution]
        episode = {"environment": self.environment, **self.options, "solution": solution}
        truth = self.truth(0) if self.solution else GroundTruth(Behavior.ANSWER, text="")
        return Row(self.prompt, self.tools, truth, self.extra_info, episode)

    @classmethod
    def of(cls, row: Row, where: Where = _NOWHERE) -> Episode:
        """Return the episode of a row that has one; raises as `from_json` does."""
        return cls.from_json(row.to_json(), where)

    @property
    def user(self) -> JsonObject:
        """What its user knows, as `Knowledge` reads it; empty where it has none."""
        return self.options.get("user") or {}

    @property
    def most_turns(self) -> int:
        """Turns of the policy, after which the conversation ends."""
        return int(self.options.get("most_turns", MOST_TURNS))

    def truth(self, place: int) -> GroundTruth:
        """Return what a right turn is at a step of the solution: its calls; a question; or last words."""
        step = self.solution[place]
        if step.calls:
            return GroundTruth(Behavior.EXECUTE, step.calls)
        if place < len(self.solution) - 1:
            missing = tuple(self.user.get("hidden", {}))
            return GroundTruth(Behavior.CLARIFY, text=step.text, missing=missing)
        is_declined = self.options.get("goal", {}).get("declined", False)
        return GroundTruth(Behavior.REFUSE if is_declined else Behavior.ANSWER, text=step.text)

    @classmethod
    def from_json(cls, value: Json, where: Where = _NOWHERE) -> Episode:
        """Read an episode.

        Raises:
            RowError: a member is absent or cannot be used, at `where`.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("episode"), Mapping):
            raise where.error("episode", "missing; `rlvr data worlds` writes rows that have one")
        for name in ("prompt", "tools"):
            where.expect(value.get(name), list, name, "a list")
        options = dict(value["episode"])
        environment = options.pop("environment", None)
        if environment not in ENVIRONMENTS:
            raise where.error("episode.environment", unknown("environment", str(environment), ENVIRONMENTS))
        most_turns = options.get("most_turns", MOST_TURNS)
        if not isinstance(most_turns, int) or not 1 <= most_turns <= TURNS_LIMIT:
            raise where.error("episode.most_turns", f"must be from 1 to {TURNS_LIMIT:,}, not {str(most_turns)[:40]}")
        solution = options.pop("solution", [])
        try:
            steps = tuple(map(Step.from_json, solution))
        except (AttributeError, KeyError, TypeError) as error:
            raise where.error("episode.solution", f"not a list of steps: {error}") from None
        return cls(value["prompt"], value["tools"], environment, options, steps, dict(value.get("extra_info") or {}))


def read_episodes(path: str | Path) -> list[Episode]:
    """Read all episodes of a JSONL file.

    Raises:
        RowError: the file cannot be read or is empty, or names the first line and member that cannot be used.
    """
    return [Episode.from_json(value, where) for where, value in read_objects(path)]


def read_episode(path: str | Path, number: int) -> Episode:
    """Read one episode of a JSONL file, by its number from 1.

    Raises:
        RowError: as `read_episodes`.
        UserError: there is none of this number.
    """
    episodes = read_episodes(path)
    if not 1 <= number <= len(episodes):
        raise UserError(f"episode: {number}; {path} has 1 to {len(episodes)}")
    return episodes[number - 1]
