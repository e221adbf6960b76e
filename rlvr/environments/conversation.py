"""Holds conversations: the policy writes, tools answer, the user replies, until one of them ends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from rewards import ToolCall, wire
from rewards.wire import AUTO
from rlvr.environments.protocol import NOTHING_REACHED, Environment, Outcome, ToolResult

if TYPE_CHECKING:
    from rewards import Toolset
    from rlvr.environments.episode import Episode

MOST_TURNS = 12
"""Turns of the policy in an episode."""

MOST_RESULT_CHARS = 4_000
"""Characters of a tool's answer that the policy gets to read; the rest is cut off, and said to be."""

MOST_CALLS_IN_A_TURN = 16
MOST_IDENTICAL_CALLS = 3
"""The same call with the same arguments so often in a row is a loop."""


class OpenTurn(NamedTuple):
    """What a policy is asked to go on with.

    Args:
        place: which of the conversations it is.
        messages: all of it so far.
        tools: offered in it.
    """

    place: int
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]


@dataclass(frozen=True)
class PolicyTurn:
    """What the policy wrote: a text, or a message whose calls a server has parsed.

    Args:
        completion: the text or the assistant's message.
        n_tokens: its length; 0 where unknown.
        is_truncated: it ran into its length limit.
    """

    completion: str | Mapping[str, Any]
    n_tokens: int = 0
    is_truncated: bool = False


Policy = Callable[[Sequence[OpenTurn]], Sequence[PolicyTurn]]
"""Writes the next turn of several conversations at once."""


@dataclass(frozen=True)
class Turn:
    """One turn of the policy and what came of it.

    Args:
        completion: what the policy wrote.
        calls: the calls in it.
        results: their answers, in their order.
        reply: what the user said to it; "" where it made calls, or the user said nothing.
        malformed: calls in it that nothing reads.
        n_tokens: its length.
        text: what it says beside calls and reasoning.
    """

    completion: Any
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()
    reply: str = ""
    malformed: int = 0
    n_tokens: int = 0
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the turn as JSON."""
        return {
            "completion": self.completion,
            "calls": [{"name": call.name, "arguments": call.arguments} for call in self.calls],
            "results": [{"content": result.content, "is_error": result.is_error} for result in self.results],
            "reply": self.reply,
            "malformed": self.malformed,
            "n_tokens": self.n_tokens,
        }


@dataclass
class Conversation:
    """One episode as it was held.

    Args:
        messages: all of it, as chat messages.
        turns: those of the policy.
        end: why it ended: `over`, `turns`, `loop`, `truncated` or `failed`.
        outcome: how far it came.
        failure: what the environment raised, where it ended by that.
    """

    messages: list[dict[str, Any]]
    turns: list[Turn] = field(default_factory=list)
    end: str = ""
    outcome: Outcome = NOTHING_REACHED
    failure: str = ""

    @property
    def calls(self) -> list[ToolCall]:
        """All calls, in their order."""
        return [call for turn in self.turns for call in turn.calls]

    def to_json(self) -> dict[str, Any]:
        """Return the conversation as JSON."""
        return {
            "messages": self.messages,
            "turns": [turn.to_json() for turn in self.turns],
            "end": self.end,
            "reached": self.outcome.is_reached,
            "progress": self.outcome.progress,
            "reasons": list(self.outcome.reasons),
            **({"failure": self.failure} if self.failure else {}),
        }


def hold(
    episodes: Sequence[tuple[Episode, Environment]],
    policy: Policy,
    *,
    wire_format: str = AUTO,
    toolsets: Sequence[Toolset | None] | None = None,
    most_turns: int = MOST_TURNS,
) -> list[Conversation]:
    """Hold conversations side by side: each round asks the policy for one turn of all that go on.

    An environment that raises ends its own conversation with `failed` and what it raised; the others go on.

    Args:
        episodes: each with an environment of its own.
        policy: writes turns.
        wire_format: the format that the policy writes calls in.
        toolsets: the episodes' tools compiled; formats that write arguments as plain text read their types off them.
        most_turns: turns of the policy, after which a conversation ends with `turns`.

    Returns:
        The conversations, in the episodes' order.
    """
    held = [Conversation([dict(message) for message in episode.prompt]) for episode, _ in episodes]
    compiled = list(toolsets) if toolsets is not None else [None] * len(held)
    for _ in range(most_turns):
        active = [place for place, conversation in enumerate(held) if not conversation.end]
        if not active:
            break
        written = policy([OpenTurn(place, held[place].messages, episodes[place][0].tools) for place in active])
        for place, turn in zip(active, written, strict=True):
            _take_turn(held[place], episodes[place][1], turn, wire_format, compiled[place])
    for conversation, (_, environment) in zip(held, episodes, strict=True):
        conversation.end = conversation.end or "turns"
        if conversation.end != "failed":
            conversation.outcome = environment.outcome()
    return held


def _take_turn(
    conversation: Conversation, environment: Environment, written: PolicyTurn, wire_format: str, tools: Toolset | None
) -> None:
    parsed = wire.parse(written.completion, wire_format, tools)
    calls = parsed.calls[:MOST_CALLS_IN_A_TURN]
    conversation.messages.append(_assistant(calls, parsed.text, len(conversation.turns)))
    results: list[ToolResult] = []
    reply = ""
    try:
        if calls:
            results = [_cut(environment.answer(call)) for call in calls]
        elif not written.is_truncated:
            user = environment.reply(parsed.text)
            reply, conversation.end = user.text, "over" if user.is_over else ""
    except Exception as error:  # noqa: BLE001 - an environment is somebody else's code
        conversation.end, conversation.failure = "failed", f"{type(error).__name__}: {error}"[:500]
    completion = written.completion if isinstance(written.completion, str) else dict(written.completion)
    turn = Turn(completion, calls, tuple(results), reply, parsed.malformed, written.n_tokens, parsed.text)
    conversation.turns.append(turn)
    for place, result in enumerate(results):
        call_id = _call_id(len(conversation.turns) - 1, place)
        conversation.messages.append({"role": "tool", "tool_call_id": call_id, "content": result.content})
    if reply:
        conversation.messages.append({"role": "user", "content": reply})
    if conversation.end:
        return
    if written.is_truncated:
        conversation.end = "truncated"
    elif _is_loop(conversation.turns):
        conversation.end = "loop"


def _assistant(calls: Sequence[ToolCall], text: str, turn: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {
                "id": _call_id(turn, place),
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
            }
            for place, call in enumerate(calls)
        ]
    return message


def _call_id(turn: int, place: int) -> str:
    return f"call_{turn}_{place}"


def _cut(result: ToolResult) -> ToolResult:
    if len(result.content) <= MOST_RESULT_CHARS:
        return result
    left_out = len(result.content) - MOST_RESULT_CHARS
    return ToolResult(f"{result.content[:MOST_RESULT_CHARS]} ... ({left_out} characters left out)", result.is_error)


def _is_loop(turns: Sequence[Turn]) -> bool:
    last = [turn.calls for turn in turns[-MOST_IDENTICAL_CALLS:]]
    return len(last) == MOST_IDENTICAL_CALLS and bool(last[0]) and all(calls == last[0] for calls in last)


def scripted(episode: Episode) -> Policy:
    """Return the policy that writes the episode's own solution, for one conversation."""
    steps = iter(episode.solution)

    def write(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        step = next(steps, None)
        if step is None:
            return [PolicyTurn("") for _ in requests]
        return [PolicyTurn(_assistant(step.calls, step.text, 0)) for _ in requests]

    return write
