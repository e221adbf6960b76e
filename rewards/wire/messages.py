"""Completions as the messages of servers and clients: OpenAI's, Anthropic's, Gemini's, Bedrock's, LangChain's."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rewards.limits import MAX_MESSAGES
from rewards.strict_json import Json, JsonMapping

_ASSISTANT = ("assistant", "model", "ai")
_BLOCKS = frozenset(("text", "tool_use", "thinking", "redacted_thinking"))
_CALLS_OF_BLOCKS = ("functionCall", "function_call", "toolUse")
"""Members of a part that hold a call: Gemini's, in both spellings, and Bedrock's."""


class Turn(NamedTuple):
    """A message of the assistant.

    Args:
        text: what it says.
        calls: the calls that a server has read; None where none has looked.
    """

    text: str
    calls: Json


def turns(completion: object) -> Iterator[Turn]:
    """Yield the messages of the assistant.

    Args:
        completion: a message, messages, the blocks of Anthropic's content, the items of OpenAI's Responses, or the
            response that one of them stands in, of which the first candidate counts. Objects of clients that have
            `model_dump` are read as what it gives.

    Raises:
        TypeError: it is none of these.
    """
    for message in _messages(_plain(completion))[:MAX_MESSAGES]:
        message = _plain(message)
        if isinstance(message, Mapping) and _role(message) in _ASSISTANT:
            yield Turn(_text(message), _calls(message))


def _plain(value: object) -> Any:
    """Return what an object of a client holds, such as a pydantic model of OpenAI's."""
    return value.model_dump() if hasattr(value, "model_dump") else value


def _messages(completion: Any) -> Sequence[Any]:
    """Return the messages that a completion holds, whatever response they stand in."""
    match completion:
        case {"choices": [{"message": message}, *_]} | {"message": Mapping() as message}:
            return [message]
        case {"output": {"message": message}} | {"candidates": [{"content": message}, *_]}:
            return [message]
        case {"output": [*items]} if "content" not in completion:
            return items
        case Mapping():
            return [completion]
        case [str(), *_]:
            raise TypeError("a completion is a text or chat messages, not a list of texts; score them one by one")
        case [Mapping() as block, *_] if block.get("type") in _BLOCKS and "role" not in block:
            return [{"role": "assistant", "content": completion}]
        case [*messages]:
            return messages
    raise TypeError(f"a completion is a text or chat messages, not a {type(completion).__name__}")


def _role(message: JsonMapping) -> Json:
    """Return who speaks: LangChain calls that the type."""
    kind = message.get("type")
    return message.get("role") or (kind if kind in ("human", "system", "tool") else "assistant")


def _parts(message: JsonMapping) -> Sequence[JsonMapping]:
    content = message.get("content") or message.get("parts")
    if not isinstance(content, list):
        return ()
    return [part for part in content[:MAX_MESSAGES] if isinstance(part, Mapping)]


def _text(message: JsonMapping) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    said = (
        part for part in _parts(message) if part.get("type") != "reasoning_text" and part.get("thought") is not True
    )
    texts = (part.get("text", part.get("refusal")) for part in said)
    return "\n".join(text for text in texts if isinstance(text, str))


def _calls(message: JsonMapping) -> Json:
    """Return the calls that a server has read, as items of `tool_calls`; None for none."""
    tool_calls = message.get("tool_calls")
    if tool_calls or tool_calls == []:
        return tool_calls
    if isinstance(message.get("function_call"), Mapping):
        return [message["function_call"]]
    if message.get("type") == "function_call":
        return [message]
    return list(filter(None, map(_call_of_part, _parts(message)))) or None


def _call_of_part(part: JsonMapping) -> Json:
    if part.get("type") == "tool_use":
        return part
    return next((part[name] for name in _CALLS_OF_BLOCKS if isinstance(part.get(name), Mapping)), None)
