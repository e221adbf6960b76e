"""Holds conversations: the policy writes, tools answer, the user replies, until one of them ends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from rewards import ToolCall, Toolset, wire
from rewards.wire import AUTO
from rlvr.alarm import alarm
from rlvr.environments.episode import Episode
from rlvr.environments.protocol import NOTHING_REACHED, Environment, Outcome, ToolResult
from rlvr.errors import RAISED_BY_OTHERS
from rlvr.files import Json, JsonMapping, JsonObject

MOST_RESULT_CHARS = 4_000
"""Characters of a tool's answer that the policy gets to read; the rest is cut off, and said to be."""

MOST_CALLS_IN_A_TURN = 16
MOST_STEPS = 20
"""Turns with calls in a row; the user waits no longer."""

TURN_LIMIT_S = 300.0
"""How long an environment may take for the calls of a turn, for what the user says, or to look at its goal."""

MOST_IDENTICAL_CALLS = 3
"""The same calls with the same answers so often in a row are a loop."""


class NoAnswerError(BaseException):
    """An environment took too long. No `except Exception` of its own code is to keep it going."""


class OpenTurn(NamedTuple):
    """A conversation that a policy is asked to go on with.

    Args:
        place: which of the conversations it is.
        messages: all of it so far.
        tools: offered in it.
    """

    place: int
    messages: list[JsonObject]
    tools: list[JsonObject]


@dataclass(frozen=True)
class PolicyTurn:
    """A turn as the policy wrote it: a text, or a message whose calls a server has parsed.

    Args:
        completion: the text or the assistant's message.
        n_tokens: its length; 0 where unknown.
        is_truncated: it ran into its length limit.
    """

    completion: str | JsonMapping
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
        changes: what the calls have changed, each in a line.
    """

    completion: Json
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()
    reply: str = ""
    malformed: int = 0
    n_tokens: int = 0
    text: str = ""
    changes: tuple[str, ...] = ()

    def messages(self, number: int) -> list[JsonObject]:
        """Return the turn as chat messages: what the policy wrote, the tools' answers, and what the user said to it.

        Args:
            number: the turn's, from 0.
        """
        messages = [_assistant(self.calls, self.text, number)]
        for place, result in enumerate(self.results):
            messages.append({"role": "tool", "tool_call_id": _call_id(number, place), "content": result.content})
        if self.reply:
            messages.append({"role": "user", "content": self.reply})
        return messages

    def transcript(self, number: int) -> list[JsonObject]:
        """Return the turn as `messages` does, with what its reader wants to see and no chat template reads.

        That is `raw` where a call cannot be read, `is_error`, and `changes` with the last answer.
        """
        messages = self.messages(number)
        if self.malformed:
            messages[0]["raw"] = self.completion
        answers = messages[1 : len(self.results) + 1]
        for message, result in zip(answers, self.results, strict=True):
            if result.is_error:
                message["is_error"] = True
        if self.changes:
            answers[-1]["changes"] = list(self.changes)
        return messages


@dataclass
class Conversation:
    """One episode as it was held.

    Args:
        messages: all of it, as chat messages.
        turns: those of the policy.
        end: why it ended: `over`, `turns`, `loop`, `truncated`, `failed` or `stopped`.
        outcome: how far it came.
        failure: what the environment raised, where it ended by that.
        changes: what has changed, each in a line.
        tools: those that are offered.
        observation: what the environment added to the prompt as it began.
    """

    messages: list[JsonObject]
    turns: list[Turn] = field(default_factory=list)
    end: str = ""
    outcome: Outcome = NOTHING_REACHED
    failure: str = ""
    changes: tuple[str, ...] = ()
    tools: list[JsonObject] = field(default_factory=list)
    observation: str = ""

    @classmethod
    def begin(cls, episode: Episode, environment: Environment) -> Conversation:
        """Return a conversation of which only the prompt has been said, and what the environment adds to it."""
        observation = getattr(environment, "observation", "")
        messages = list(map(dict, episode.prompt))
        if observation:
            messages[-1] = {**messages[-1], "content": f"{messages[-1].get('content') or ''}{observation}"}
        return cls(messages, tools=list(episode.tools), observation=observation)

    @property
    def results(self) -> list[ToolResult]:
        """The answers to all calls, in their order."""
        return list(chain.from_iterable(turn.results for turn in self.turns))

    def transcript(self) -> list[JsonObject]:
        """Return what was said after the prompt, for its reader; see `Turn.transcript`."""
        begun: list[JsonObject] = [{"role": "user", "content": self.observation}] if self.observation else []
        return begun + list(chain.from_iterable(turn.transcript(number) for number, turn in enumerate(self.turns)))


def hold(
    episodes: Sequence[tuple[Episode, Environment]],
    policy: Policy,
    *,
    wire_format: str = AUTO,
    toolsets: Sequence[Toolset | None] | None = None,
    keeps_ended: bool = False,
) -> list[Conversation]:
    """Hold conversations side by side: each round asks the policy for one turn of all that go on.

    An environment that raises, or takes too long, ends its own conversation with `failed`; the others go on.

    Args:
        episodes: each with an environment of its own.
        policy: writes turns.
        wire_format: the format that the policy writes calls in.
        toolsets: the episodes' tools compiled; formats that write arguments as plain text read their types off them.
        keeps_ended: Ctrl-C ends the conversations that go on with `stopped`, once there are others; else it is raised.

    Returns:
        The conversations, in the episodes' order.
    """
    held = [Conversation.begin(episode, environment) for episode, environment in episodes]
    compiled: list[Toolset | None] = list(toolsets) if toolsets is not None else [None] * len(held)
    try:
        _hold_all(episodes, held, compiled, policy, wire_format)
    except KeyboardInterrupt:
        going_on = [conversation for conversation in held if not conversation.end]
        if not keeps_ended or len(going_on) == len(held):
            raise
        for conversation in going_on:
            conversation.end = "stopped"
    for conversation, (_, environment) in zip(held, episodes, strict=True):
        if conversation.end != "failed":
            with _failing(conversation):
                conversation.outcome = environment.outcome()
    return held


@contextmanager
def _failing(conversation: Conversation) -> Iterator[None]:
    """End a conversation by what its environment raises, or where that takes too long."""
    try:
        with alarm(TURN_LIMIT_S, NoAnswerError(f"no answer in {TURN_LIMIT_S:.0f} s")):
            yield
    except (*RAISED_BY_OTHERS, NoAnswerError) as error:
        conversation.end, conversation.failure = "failed", f"{type(error).__name__}: {error}"[:500]


def _hold_all(
    episodes: Sequence[tuple[Episode, Environment]],
    held: Sequence[Conversation],
    compiled: list[Toolset | None],
    policy: Policy,
    wire_format: str,
) -> None:
    active = list(range(len(held)))
    while active:
        written = policy([OpenTurn(place, held[place].messages, held[place].tools) for place in active])
        for place, turn in zip(active, written, strict=True):
            conversation = held[place]
            episode, environment = episodes[place]
            n_tools = len(conversation.tools)
            _take_turn(conversation, environment, turn, wire_format, compiled[place])
            if len(conversation.tools) > n_tools:
                compiled[place] = Toolset.of(conversation.tools)
            if len(conversation.turns) == episode.most_turns:
                conversation.end = conversation.end or "turns"
        active = [place for place in active if not held[place].end]


def _take_turn(
    conversation: Conversation, environment: Environment, written: PolicyTurn, wire_format: str, tools: Toolset | None
) -> None:
    parsed = wire.parse(written.completion, wire_format, tools)
    calls = parsed.calls[:MOST_CALLS_IN_A_TURN]
    results: list[ToolResult] = []
    reply = ""
    changes: tuple[str, ...] = ()
    with _failing(conversation):
        if calls:
            results = [_cut(environment.answer(call)) for call in calls]
            changes = environment.changes()
        elif not written.is_truncated:
            user = environment.reply(parsed.text)
            reply, conversation.end = user.text, "over" if user.is_over else ""
            conversation.tools += user.tools
    completion = written.completion if isinstance(written.completion, str) else dict(written.completion)
    new = tuple(change for change in changes if change not in conversation.changes)
    turn = Turn(completion, calls, tuple(results), reply, parsed.malformed, written.n_tokens, parsed.text, new)
    conversation.changes = changes or conversation.changes
    conversation.messages += turn.messages(len(conversation.turns))
    conversation.turns.append(turn)
    if not conversation.end:
        conversation.end = "truncated" if written.is_truncated else _end_after(conversation.turns)


def _end_after(turns: Sequence[Turn]) -> str:
    """Return why the last of these turns ends a conversation; "" where it goes on."""
    if _is_loop(turns[-MOST_IDENTICAL_CALLS:]):
        return "loop"
    last = turns[-MOST_STEPS - 1 :]
    return "turns" if len(last) > MOST_STEPS and all(turn.calls for turn in last) else ""


def _is_loop(turns: Sequence[Turn]) -> bool:
    first = turns[0]
    is_repeated = all((turn.calls, turn.results) == (first.calls, first.results) for turn in turns)
    return len(turns) == MOST_IDENTICAL_CALLS and bool(first.calls) and is_repeated


def _assistant(calls: Sequence[ToolCall], text: str, turn: int) -> JsonObject:
    sent = []
    for place, call in enumerate(calls):
        function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
        sent.append({"id": _call_id(turn, place), "type": "function", "function": function})
    message: JsonObject = {"role": "assistant", "content": text}
    if sent:
        message["tool_calls"] = sent
    return message


def _call_id(turn: int, place: int) -> str:
    return f"call_{turn}_{place}"


def _cut(result: ToolResult) -> ToolResult:
    if len(result.content) <= MOST_RESULT_CHARS:
        return result
    left_out = len(result.content) - MOST_RESULT_CHARS
    return ToolResult(f"{result.content[:MOST_RESULT_CHARS]} ... ({left_out} characters left out)", result.is_error)


def scripted(episode: Episode) -> Policy:
    """Return the policy that writes the episode's own solution, for one conversation."""
    steps = iter(episode.solution)

    def write(requests: Sequence[OpenTurn]) -> list[PolicyTurn]:
        step = next(steps, None)
        turn = PolicyTurn("" if step is None else _assistant(step.calls, step.text, 0))
        return [turn] * len(requests)

    return write
