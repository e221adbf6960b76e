"""Recordings: the calls of a conversation that took place, with their answers, played again without the tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from rewards import ToolCall, Toolset
from rewards.matching import agreement, best_assignment
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import Environment, Outcome, ToolResult, User, UserTurn
from rlvr.environments.user import Knowledge, SimulatedUser
from rlvr.files import JsonMapping, JsonObject
from rlvr.records.message import calls_of, json_text


@dataclass(frozen=True)
class Recorded:
    """One call that took place and its answer.

    Args:
        call: itself.
        result: what the tool answered.
        is_expected: whether the goal needs it.
    """

    call: ToolCall
    result: ToolResult
    is_expected: bool = True

    def to_json(self) -> JsonObject:
        """Return the recorded call as JSON."""
        return {
            "name": self.call.name,
            "arguments": self.call.arguments,
            "result": self.result.content,
            "is_error": self.result.is_error,
            "is_expected": self.is_expected,
        }

    @classmethod
    def from_json(cls, value: JsonMapping) -> Recorded:
        """Read what `to_json` wrote."""
        if not isinstance(value["arguments"], dict):
            raise TypeError(f"arguments of {value['name']}: must be an object, not {value['arguments']!r:.60}")
        result = ToolResult(str(value["result"]), bool(value.get("is_error", False)))
        return cls(ToolCall(value["name"], value["arguments"]), result, bool(value.get("is_expected", True)))


class RecordingEnvironment:
    """Answers calls as they were answered when they were recorded. Another call is an error, never a guess.

    Calls are the same where the tool's schema says so: defaults filled in, texts for people compared as such. Several
    answers to one call come in the order of the recording, the last one again and again.
    """

    def __init__(self, recorded: Sequence[Recorded], tools: Toolset | None, knowledge: Knowledge) -> None:
        self.recorded = recorded
        self.tools = tools
        self.user: User = SimulatedUser(knowledge, tools)
        self.calls: list[ToolCall] = []
        self._n_answered = [0] * len(recorded)

    @classmethod
    def begin(cls, episode: Episode) -> RecordingEnvironment:
        """Return the environment of an episode, as it begins."""
        recorded = list(map(Recorded.from_json, episode.options["calls"]))
        return cls(recorded, Toolset.of(episode.tools), Knowledge.from_json(episode.user))

    def answer(self, call: ToolCall) -> ToolResult:
        """Return the recorded answer."""
        self.calls.append(call)
        same = [place for place, recorded in enumerate(self.recorded) if self._share(recorded.call, call) == 1.0]
        if not same:
            return ToolResult.failed(f"no such call of {call.name!r:.80} was recorded")
        place = min(same, key=lambda place: self._n_answered[place])
        self._n_answered[place] += 1
        return self.recorded[place].result

    def reply(self, text: str) -> UserTurn:
        """Return what the user says."""
        return self.user.reply(text)

    def changes(self) -> tuple[str, ...]:
        """Return nothing: calls change nothing in a recording."""
        return ()

    def outcome(self) -> Outcome:
        """Hold the calls against those that the recording expects."""
        expected = [recorded.call for recorded in self.recorded if recorded.is_expected]
        if not expected:
            return Outcome(is_reached=True, progress=1.0)
        shares = [[self._share(call, predicted) for predicted in self.calls] for call in expected]
        pairs = best_assignment(shares) if self.calls else []
        reached = {row: shares[row][column] for row, column in pairs}
        reasons = []
        for row, call in enumerate(expected):
            if reached.get(row, 0.0) < 1.0:
                reasons.append(f"missing: {call.name}({json_text(call.arguments)})")
        return Outcome(not reasons, sum(reached.values()) / len(expected), tuple(reasons))

    def _share(self, expected: ToolCall, predicted: ToolCall) -> float:
        if expected.name != predicted.name:
            return 0.0
        tool = self.tools.get(predicted.name) if self.tools else None
        return agreement(expected, predicted, tool, {}).share

    def close(self) -> None:
        """Do nothing: a recording holds nothing."""


class Recorder:
    """An environment that writes down what another one answers, to be played again by `RecordingEnvironment`."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.observation: str = getattr(environment, "observation", "")
        self.recorded: list[Recorded] = []

    def answer(self, call: ToolCall) -> ToolResult:
        """Carry out a call, and write it down with its answer."""
        result = self.environment.answer(call)
        self.recorded.append(Recorded(call, result))
        return result

    def reply(self, text: str) -> UserTurn:
        """Return what the user says."""
        return self.environment.reply(text)

    def changes(self) -> tuple[str, ...]:
        """Return the other environment's changes."""
        return self.environment.changes()

    def outcome(self) -> Outcome:
        """Return the other environment's outcome."""
        return self.environment.outcome()

    def close(self) -> None:
        """Close the other environment."""
        self.environment.close()


def recorded_calls(messages: Sequence[JsonMapping]) -> list[Recorded]:
    """Return the calls of a logged conversation with their answers; calls that nothing answers are left out."""
    answers = {}
    for message in messages:
        if message.get("role") == "tool":
            answers[message.get("tool_call_id")] = message.get("content")
    recorded = []
    for item in chain.from_iterable(calls_of(message) for message in messages):
        arguments = item["function"]["arguments"]
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        content = answers.get(item.get("id"))
        if content is not None:
            call = ToolCall(item["function"]["name"], arguments)
            recorded.append(Recorded(call, ToolResult(json_text(content))))
    return recorded
