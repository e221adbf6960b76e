"""What every wire format shares: the parsed completion, and the reading of one call object."""

from dataclasses import dataclass
from typing import Any

from rewards.strict_json import MalformedJsonError, decode, why_not_json
from rewards.types import ToolCall


@dataclass(frozen=True)
class ParsedCompletion:
    """A completion, read.

    Args:
        calls: the well-formed calls, in order.
        malformed: attempts to call that are not well-formed.
        text: what was said besides, without call blocks and reasoning.
        reasons: why each malformed attempt is malformed, for a person; may be fewer than `malformed`.
    """

    calls: tuple[ToolCall, ...] = ()
    malformed: int = 0
    text: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def attempts(self) -> int:
        """Calls tried, well-formed or not."""
        return len(self.calls) + self.malformed


class MalformedCallError(ValueError):
    """An attempt to call that no dispatcher would run. The message says why, for a person."""


def call_of(value: Any, alias: str | None = None) -> ToolCall:
    """The call that a JSON object `{"name": ..., "arguments": {...}}` makes. Arguments may be a JSON string.

    Args:
        value: the decoded object.
        alias: another name that the format allows for `arguments`.

    Raises:
        MalformedCallError: it makes none.
    """
    if not isinstance(value, dict):
        raise MalformedCallError("a call is not a JSON object")
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise MalformedCallError("a call has no 'name'")
    key = "arguments" if alias is None or "arguments" in value else alias
    if key not in value:
        raise MalformedCallError(f"call {name[:60]!r} has no {key!r}")
    arguments = value[key]
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments)
        except MalformedJsonError as error:
            raise MalformedCallError(f"arguments of call {name[:60]!r}: {error}") from None
    if not isinstance(arguments, dict):
        raise MalformedCallError(f"arguments of call {name[:60]!r} are not an object")
    return ToolCall(name, arguments)


def object_of(call: ToolCall) -> dict[str, Any]:
    """The JSON object that `call_of` reads back."""
    return {"name": call.name, "arguments": call.arguments}


def call_of_message(value: Any) -> ToolCall:
    """The call that one item of a chat message's `tool_calls` makes.

    Raises:
        MalformedCallError: it makes none.
    """
    function = value.get("function", value) if isinstance(value, dict) else value
    if reason := why_not_json(function):
        raise MalformedCallError(f"a call holds {reason}")
    return call_of(function)
