"""Completion text to tool calls and back. One module per wire format; `WIRES` lists them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.limits import MAX_CALLS, MAX_COMPLETION_CHARS, MAX_MESSAGES
from rewards.types import ToolCall
from rewards.wire import hermes, json_list
from rewards.wire.completion import MalformedCallError, ParsedCompletion, call_of_message, visible

__all__ = ["AUTO", "WIRES", "ParsedCompletion", "Wire", "check", "parse", "render"]

AUTO = "auto"


@dataclass(frozen=True)
class Wire:
    """One wire format.

    Args:
        name: what `wire=` takes.
        is_spoken: whether a text without reasoning uses the format; cheap, for `auto`.
        parse: the calls in a text without reasoning. Never raises.
        render: calls as a policy of this format writes them; `parse` reads them back.
    """

    name: str
    is_spoken: Callable[[str], bool]
    parse: Callable[[str], ParsedCompletion]
    render: Callable[[Sequence[ToolCall]], str]


WIRES: Mapping[str, Wire] = {
    wire.name: wire
    for wire in (
        Wire("hermes", hermes.is_spoken, hermes.parse, hermes.render),
        Wire("json", json_list.is_spoken, json_list.parse, json_list.render),
    )
}
"""Every format, in the order in which `auto` tries them."""


def check(wire: str) -> str:
    """The name itself.

    Raises:
        ValueError: no such wire format; says which there are.
    """
    if wire != AUTO and wire not in WIRES:
        raise ValueError(f"wire {wire!r} not found; there are: {', '.join([AUTO, *WIRES])}")
    return wire


def parse(completion: Any, wire: str = AUTO) -> ParsedCompletion:
    """The calls and the text of a completion.

    Args:
        completion: raw text, chat messages (with or without parsed `tool_calls`), or None for nothing.
        wire: the format that calls are written in; `auto` takes the first that the text uses.

    Raises:
        ValueError: no such wire format.
        TypeError: not a completion at all, such as a number.
    """
    check(wire)
    if isinstance(completion, ParsedCompletion):
        return completion
    if isinstance(completion, str):
        return _parse_text(completion, wire)
    if completion is None:
        return ParsedCompletion()
    if isinstance(completion, Mapping):
        completion = [completion]
    if not isinstance(completion, Sequence):
        raise TypeError(f"a completion is a text or chat messages, not a {type(completion).__name__}")
    return _parse_messages(completion, wire)


def render(calls: Sequence[ToolCall], wire: str = "hermes") -> str:
    """The calls as a policy that uses this format writes them.

    Raises:
        ValueError: no such wire format.
    """
    if wire not in WIRES:
        raise ValueError(f"wire {wire!r} not found; there are: {', '.join(WIRES)}")
    return WIRES[wire].render(calls)


def _parse_text(text: str, wire: str) -> ParsedCompletion:
    text = visible(text)
    formats = [WIRES[wire]] if wire != AUTO else list(WIRES.values())
    if len(text) > MAX_COMPLETION_CHARS:
        return _parse_overlong(text)
    for candidate in formats:
        if candidate.is_spoken(text):
            return candidate.parse(text)
    return _unspoken(text)


def _parse_overlong(text: str) -> ParsedCompletion:
    if any(candidate.is_spoken(text) for candidate in WIRES.values()):
        return ParsedCompletion(malformed=1, reasons=(f"longer than {MAX_COMPLETION_CHARS} characters",))
    return ParsedCompletion(text=text)


def _unspoken(text: str) -> ParsedCompletion:
    # A call object outside of any format is no call to a dispatcher and no text to a person.
    if '"arguments"' in text and '"name"' in text and "{" in text:
        return ParsedCompletion(malformed=1, text=text, reasons=("a call outside of its wire format",))
    return ParsedCompletion(text=text)


def _parse_messages(messages: Sequence[Any], wire: str) -> ParsedCompletion:
    parts = []
    for message in messages[:MAX_MESSAGES]:
        if not isinstance(message, Mapping) or message.get("role", "assistant") != "assistant":
            continue
        parts.append(_parse_text(_content(message.get("content")), wire))
        if tool_calls := message.get("tool_calls"):
            parts.append(_parse_tool_calls(tool_calls))
    return ParsedCompletion(
        calls=tuple(call for part in parts for call in part.calls),
        malformed=sum(part.malformed for part in parts),
        text="\n".join(part.text for part in parts if part.text),
        reasons=tuple(reason for part in parts for reason in part.reasons),
    )


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content[:MAX_MESSAGES] if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))


def _parse_tool_calls(tool_calls: Any) -> ParsedCompletion:
    if not isinstance(tool_calls, list | tuple):
        return ParsedCompletion(malformed=1, reasons=("'tool_calls' is not a list",))
    calls: list[ToolCall] = []
    reasons: list[str] = []
    for item in tool_calls[:MAX_CALLS]:
        try:
            calls.append(call_of_message(item))
        except MalformedCallError as error:
            reasons.append(str(error))
    return ParsedCompletion(tuple(calls), len(tool_calls) - len(calls), "", tuple(reasons))
