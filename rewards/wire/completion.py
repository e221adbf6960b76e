"""What every wire format shares: the parsed completion, and the reading of one call object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewards.brief import brief
from rewards.limits import MAX_CALLS
from rewards.strict_json import Json, JsonObject, MalformedJsonError, decode, why_not_json
from rewards.toolset import Toolset
from rewards.types import ToolCall


class ParsedCompletion(NamedTuple):
    """A completion, read.

    Args:
        calls: the well-formed calls, in order.
        malformed: attempts to call that are not well-formed.
        text: what was said besides, without call blocks and reasoning.
        reasons: why each malformed attempt is malformed, for a person; may be fewer than `malformed`.
        unread: how many of the malformed attempts are calls in another format, or in none: no server reads them.
    """

    calls: tuple[ToolCall, ...] = ()
    malformed: int = 0
    text: str = ""
    reasons: tuple[str, ...] = ()
    unread: int = 0

    @property
    def attempts(self) -> int:
        """Calls tried, well-formed or not."""
        return len(self.calls) + self.malformed


def merged(parts: Sequence[ParsedCompletion], text: str) -> ParsedCompletion:
    """Return the calls of several parts of a completion as those of one, with the text that is left."""
    return ParsedCompletion(
        calls=tuple(call for part in parts for call in part.calls),
        malformed=sum(part.malformed for part in parts),
        text=text,
        reasons=tuple(reason for part in parts for reason in part.reasons),
        unread=sum(part.unread for part in parts),
    )


class MalformedCallError(ValueError):
    """An attempt to call that no dispatcher would run. The message says why, for a person."""


def calls_of(items: Sequence[object], read: Callable[[Any], ToolCall]) -> ParsedCompletion:
    """Return the calls that the items of a list make; those that make none are malformed.

    Args:
        items: what the list holds.
        read: return the call that an item makes; raises MalformedCallError where it makes none.
    """
    calls: list[ToolCall] = []
    reasons: list[str] = []
    for item in items[:MAX_CALLS]:
        try:
            calls.append(read(item))
        except MalformedCallError as error:
            reasons.append(str(error))
    return ParsedCompletion(tuple(calls), len(items) - len(calls), "", tuple(reasons))


@dataclass(frozen=True)
class CallShape:
    """How a JSON object gives a call.

    Args:
        name: the member that names the tool; empty where the object's only key is the name.
        arguments: the members that may hold the arguments, the first of them is the one that is written.
        takes_text: the arguments may be JSON inside a string, which the format's servers pass on as they are.
        may_lack: an object without arguments is a call without any.
    """

    name: str = "name"
    arguments: tuple[str, ...] = ("arguments",)
    takes_text: bool = False
    may_lack: bool = False

    def call(self, value: object) -> ToolCall:
        """Return the call that an object makes.

        Raises:
            MalformedCallError: it makes none.
        """
        if not isinstance(value, dict):
            raise MalformedCallError("a call is not a JSON object")
        if not self.name:
            return self._only_member(value)
        name = value.get(self.name)
        if not isinstance(name, str) or not name:
            raise MalformedCallError(f"a call has no {self.name!r}")
        for key in self.arguments:
            if key in value:
                return ToolCall(name, self._object(name, value[key]))
        if not self.may_lack:
            raise MalformedCallError(f"call {brief(name)} has no {self.arguments[0]!r}")
        return ToolCall(name)

    def written(self, call: ToolCall) -> JsonObject:
        """Return the object that `call` reads back."""
        return {self.name: call.name, self.arguments[0]: call.arguments} if self.name else {call.name: call.arguments}

    def _only_member(self, value: JsonObject) -> ToolCall:
        if len(value) != 1:
            raise MalformedCallError("a call is not an object with the tool's name as its only key")
        ((name, arguments),) = value.items()
        return ToolCall(name, self._object(name, arguments))

    def _object(self, name: str, arguments: object) -> JsonObject:
        if self.takes_text and isinstance(arguments, str):
            try:
                arguments = decode(arguments)
            except MalformedJsonError as error:
                raise MalformedCallError(f"arguments of call {brief(name)}: {error}") from None
        if not isinstance(arguments, dict):
            raise MalformedCallError(f"arguments of call {brief(name)} are not an object")
        return arguments


JSON_CALL = CallShape()
"""`{"name": ..., "arguments": {...}}`"""

ARGUMENTS = ("arguments", "parameters", "input", "args", "tool_kwargs")
"""What arguments are called by OpenAI, Llama, Anthropic, LangChain and Gemini, and LlamaIndex."""

MESSAGE_CALL = CallShape(takes_text=True)
"""The same with arguments that may be JSON text, as chat messages and data sets have them."""

_ITEM_CALL = CallShape(arguments=ARGUMENTS, takes_text=True)


def is_meant_as_call(value: Json, tools: Toolset | None) -> bool:
    """Tell whether JSON without a mark is meant as a call: it has arguments, or its name is that of an offered tool.

    Answers are JSON too, and people and files have names.
    """
    if not isinstance(value, dict):
        return False
    name = value.get("name")
    is_offered = tools is not None and isinstance(name, str) and name in tools
    return is_offered or not value.keys().isdisjoint(("arguments", "parameters"))


def call_of_message(value: object) -> ToolCall:
    """Return the call that an item of a message's `tool_calls` makes; null, the text of it and "" are no arguments.

    Raises:
        MalformedCallError: it makes none.
    """
    function = value.get("function", value) if isinstance(value, dict) else value
    if reason := why_not_json(function):
        raise MalformedCallError(f"a call holds {reason}")
    if isinstance(function, dict) and function.get("arguments", 0) in (None, "", "null"):
        function = {**function, "arguments": {}}
    return _ITEM_CALL.call(function)
