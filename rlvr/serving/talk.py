"""One turn of a policy that is offered tools: what it wrote, the calls that a client gets of it, and whether their
schemas admit them. `rlvr chat` shows it in the terminal and on a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rewards import ToolCall, Toolset
from rewards.wire import AUTO, ParsedCompletion, parse
from rlvr.environments.protocol import Environment, ToolResult
from rlvr.errors import RunError
from rlvr.files import JsonObject
from rlvr.records.message import Message, ToolSchema
from rlvr.sampler import Completion, Request, Sampler, completions_of

LEFT_AS_TEXT = "the server left a call in its text: look at its tool parser"


@dataclass(frozen=True)
class JudgedCall:
    """A call, and what its tool's schema objects to; None where it admits the call."""

    call: ToolCall
    objection: str | None


@dataclass(frozen=True)
class Turn:
    """What a policy did in its turn.

    Args:
        calls: its calls.
        problems: why the calls that cannot be read cannot be.
        text: what it says besides.
        written: its completion as it was written; None where a server has read it.
        is_truncated: it was cut.
    """

    calls: tuple[JudgedCall, ...]
    problems: tuple[str, ...]
    text: str
    written: str | None = None
    is_truncated: bool = False

    @property
    def message(self) -> Message:
        """The turn as a chat message."""
        if not self.calls:
            return {"role": "assistant", "content": self.text}
        calls = [_sent(place, judged.call) for place, judged in enumerate(self.calls)]
        return {"role": "assistant", "content": self.text, "tool_calls": calls}

    def answered(self, results: Sequence[str]) -> list[Message]:
        """Return the messages in which tools answer the calls."""
        return [
            {"role": "tool", "tool_call_id": _call_id(place), "content": result} for place, result in enumerate(results)
        ]

    def lines(self) -> Iterator[str]:
        """Yield what a client gets, a line each."""
        for judged in self.calls:
            yield f"call: {judged.call.name}({json.dumps(judged.call.arguments, ensure_ascii=False)})"
            yield "  ok, as its schema asks" if judged.objection is None else f"  ! {judged.objection}"
        yield from (f"! malformed call: {problem}" for problem in self.problems)
        if self.text:
            yield f"text: {self.text}"
        if not self.calls and not self.problems and not self.text:
            yield "! nothing: an empty answer"

    def to_json(self) -> JsonObject:
        """Return the turn as the page reads it."""
        calls = [
            {"name": judged.call.name, "arguments": judged.call.arguments, "objection": judged.objection}
            for judged in self.calls
        ]
        return {
            "calls": calls,
            "problems": list(self.problems),
            "text": self.text,
            "written": self.written,
            "is_truncated": self.is_truncated,
            "message": self.message,
        }


def judged(parsed: ParsedCompletion, tools: Toolset) -> Turn:
    """Hold the calls of a completion against their schemas."""
    calls = tuple(JudgedCall(call, _objection(call, tools)) for call in parsed.calls)
    return Turn(calls, parsed.reasons, parsed.text)


@dataclass
class Talk:
    """A policy to talk to.

    Args:
        sampler: what completes.
        tools: what is offered.
        max_new_tokens: where an answer is cut.
        system: a system message.
        begin: opens the environment that answers the calls of a conversation; None where a person answers them.
    """

    sampler: Sampler
    tools: Sequence[ToolSchema]
    max_new_tokens: int
    system: str | None = None
    begin: Callable[[], Environment] | None = None
    _environment: Environment | None = field(default=None, init=False, repr=False)

    def open(self, request: str) -> list[Message]:
        """Return the messages that a conversation begins with; its environment begins anew."""
        self.close()
        if self.begin is not None:
            self._environment = self.begin()
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": request}]

    def turn(self, messages: Sequence[Message]) -> Turn:
        """Return the policy's next turn.

        Raises:
            RunError: a server gave no answer.
        """
        wire = self.sampler.wire or AUTO
        request = Request(messages, self.tools, max_tokens=self.max_new_tokens, wire=wire)
        (completions,) = completions_of(self.sampler, [request])
        if not completions:
            raise RunError("endpoint: the server gave no answer; its log says why")
        return self._read(completions[0])

    def results(self, turn: Turn) -> list[ToolResult] | None:
        """Return what the environment answers to a turn's calls; None where there is none."""
        if self._environment is None:
            return None
        return [self._environment.answer(judged.call) for judged in turn.calls]

    def close(self) -> None:
        """End the environment of a conversation."""
        if self._environment is not None:
            self._environment.close()
            self._environment = None

    def _read(self, completion: Completion) -> Turn:
        tools = Toolset(list(self.tools))
        if self.sampler.wire is not None:
            turn = judged(parse(completion.text, self.sampler.wire, tools), tools)
            return Turn(turn.calls, turn.problems, turn.text, completion.text, completion.is_truncated)
        # A server has read the calls; what is left is text to a client.
        calls = (completion.message or {}).get("tool_calls") or []
        turn = judged(parse([{"role": "assistant", "content": "", "tool_calls": calls}]), tools)
        is_left = completion.message is not None and not calls
        problems = (*turn.problems, LEFT_AS_TEXT) if is_left else turn.problems
        return Turn(turn.calls, problems, completion.text, None, completion.is_truncated)


def _objection(call: ToolCall, tools: Toolset) -> str | None:
    tool = tools.get(call.name)
    if tool is None:
        return f"no tool of this name is offered; there are: {', '.join(tools.names)}"
    return None if tool.admits(call.arguments) else tool.objection(call.arguments)[1]


def _sent(place: int, call: ToolCall) -> JsonObject:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {"id": _call_id(place), "type": "function", "function": function}


def _call_id(place: int) -> str:
    return f"call{place:05d}"
