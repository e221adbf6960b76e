"""What every wire format shares: the parsed completion, reasoning, and the reading of one call object."""

import re
from dataclasses import dataclass
from typing import Any

from rewards.limits import MAX_REASONING_TAGS
from rewards.strict_json import MalformedJSON, decode, why_not_json
from rewards.types import ToolCall

_REASONING_TAG = re.compile(r"<(/?)think(?:ing)?>")
_LAST_REASONING_END = ("</think>", "</thinking>")
_END_OF_TURN = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "</s>")


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


class MalformedCall(ValueError):
    """An attempt to call that no dispatcher would run. The message says why, for a person."""


def visible(text: str) -> str:
    """The text without reasoning blocks and end-of-turn tokens.

    What precedes a closing tag that nothing opened is reasoning (templates open it in the prompt); what follows an
    opening tag that nothing closes is too (it was cut off).
    """
    text = _without_reasoning(text) if "think" in text else text
    text = text.strip()
    while text.endswith(_END_OF_TURN):
        text = text[: text.rindex("<")].rstrip()
    return text


def _without_reasoning(text: str) -> str:
    kept: list[str] = []
    position = 0
    is_inside = False
    for count, match in enumerate(_REASONING_TAG.finditer(text)):
        if count == MAX_REASONING_TAGS:
            end = max(text.rfind(tag) + len(tag) for tag in _LAST_REASONING_END if tag in text[match.start() :] or True)
            return text[max(end, match.end()) :]
        if match[1]:
            if not is_inside:
                kept.clear()
            is_inside = False
        elif not is_inside:
            kept.append(text[position : match.start()])
            is_inside = True
        position = match.end()
    return "".join(kept) if is_inside else "".join([*kept, text[position:]])


def call_of(value: Any) -> ToolCall:
    """The call that a JSON object `{"name": ..., "arguments": {...}}` makes. Arguments may be a JSON string.

    Raises:
        MalformedCall: it makes none.
    """
    if not isinstance(value, dict):
        raise MalformedCall("a call is not a JSON object")
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise MalformedCall("a call has no 'name'")
    if "arguments" not in value:
        raise MalformedCall(f"call {name[:60]!r} has no 'arguments'")
    arguments = value["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments)
        except MalformedJSON as error:
            raise MalformedCall(f"arguments of call {name[:60]!r}: {error}") from None
    if not isinstance(arguments, dict):
        raise MalformedCall(f"arguments of call {name[:60]!r} are not an object")
    return ToolCall(name, arguments)


def call_of_message(value: Any) -> ToolCall:
    """The call that one item of a chat message's `tool_calls` makes.

    Raises:
        MalformedCall: it makes none.
    """
    function = value.get("function", value) if isinstance(value, dict) else value
    if reason := why_not_json(function):
        raise MalformedCall(f"a call holds {reason}")
    return call_of(function)
