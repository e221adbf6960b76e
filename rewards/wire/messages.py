"""Completions as the messages of servers and clients: OpenAI's, Anthropic's, Gemini's, Bedrock's, LangChain's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, NamedTuple

from rewards.limits import MAX_CALLS, MAX_MESSAGES
from rewards.strict_json import Json, JsonMapping, decoded
from rewards.types import ToolCall
from rewards.wire.completion import ARGUMENTS

_ROLES_OF_CALLS = ("function_call", "tool_call")
"""Who speaks in a message of data sets whose text is a call: ShareGPT's and ms-swift's."""

_SPEAKERS = (None, "assistant", "model", "ai", "gpt", "chatbot", "bot", *_ROLES_OF_CALLS)
"""What the assistant is called; a message that says nothing of it is the assistant's."""

_BLOCKS = frozenset(("text", "tool_use", "thinking", "redacted_thinking"))
_TYPES_OF_CALLS = ("tool_use", "tool-call", "function_call", "function.call")
"""Types of a part that is a call: Anthropic's, the Vercel AI SDK's and pydantic-ai's, OpenAI's, Mistral's."""

_MEMBERS_OF_CALLS = ("functionCall", "function_call", "toolUse", "tool_call")
"""Members of a part that hold a call: Gemini's, in both spellings, Bedrock's, Haystack's."""

_TEXTS = ("content", "text", "value", "generated_text", "response")
_MEMBERS = frozenset((*_TEXTS, "parts", "blocks", "tool_calls", "toolCalls", "function_call", "type", "kind"))
"""Members of which a message has at least one."""

_RESPONSES = (
    *(("choices", "message"), ("choices",), ("message",), ("output", "message"), ("candidates", "content")),
    *(("response", "body"), ("generated_text",), ("messages",), ("conversations",), ("output",), ("outputs",)),
    *(("kwargs",), ("data",)),
)
"""Where responses, batches, rows and LangChain's serialized objects hold messages; of a list the first counts."""

_METHODS = ("model_dump", "to_dict", "tolist")
"""How pydantic's models, dataclasses of clients and numpy's arrays say what they hold."""

_NAMES = ("name", "toolName", "tool_name")
"""What a call's tool stands under."""


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
        completion: a message, messages, the blocks of Anthropic's content, the items of OpenAI's Responses, calls by
            themselves, or the response that one of them stands in, of which the first candidate counts. Dataclasses and
            objects of clients that have `model_dump` are read as what they hold.

    Raises:
        TypeError: it is none of these.
    """
    for message in _messages(_plain(completion))[:MAX_MESSAGES]:
        message = _plain(message)
        if isinstance(message, Mapping) and _is_of_assistant(message):
            yield Turn(_text(message), _calls(message))


def _plain(value: Any) -> Any:
    """Return what an object of a client holds, such as a pydantic model of OpenAI's, or an array of a parquet file."""
    if isinstance(value, ToolCall):
        return {"name": value.name, "arguments": value.arguments}
    for method in _METHODS:
        if hasattr(value, method):
            return getattr(value, method)()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value


def _messages(completion: Any) -> Sequence[Any]:
    """Return the messages that a completion holds, whatever response they stand in."""
    match completion:
        case {"role": _} | {"content": _}:
            return [completion]
        case {"functionCall": _} | {"toolUse": _}:
            return _messages([completion])
        case Mapping():
            inner = next(filter(None, (_at(completion, path) for path in _RESPONSES)), None)
            return _messages(inner) if isinstance(inner, Mapping | list) else [completion]
        case [{"functionCall": _} | {"toolUse": _}, *_]:
            return [{"role": "assistant", "content": completion}]
        case [{"generated_text": _} as first, *_]:
            return _messages(first)
        case [str() | list(), *_]:
            raise TypeError("a completion is a text or chat messages, not a list of them; score them one by one")
        case [Mapping() as block, *_] if block.get("type") in _BLOCKS and "role" not in block:
            return [{"role": "assistant", "content": completion}]
        case [*messages]:
            return messages
    raise TypeError(f"a completion is a text or chat messages, not a {type(completion).__name__}")


def _at(value: Any, path: Sequence[str]) -> Any:
    """Return what stands at a path, of a list in its first item; None where nothing does."""
    for name in path:
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_of_assistant(message: JsonMapping) -> bool:
    """Tell whether the assistant speaks.

    Raises:
        TypeError: nothing tells that this is a message at all.
    """
    role = _role(message)
    if role is None and message and not (_MEMBERS & message.keys() or _is_call(message)):
        members = ", ".join(map(repr, list(message)[:6]))
        raise TypeError(f"a completion is a text or chat messages, not an object of {members}; give its 'content'")
    return role in _SPEAKERS


def _role(message: JsonMapping) -> Json:
    """Return who speaks; None where nothing says. LangChain calls that the type."""
    kind = message.get("type")
    return message.get("role") or message.get("from") or (kind if kind in ("ai", "human", "system", "tool") else None)


def _content(message: JsonMapping) -> Json:
    """Return what a message holds: a text, or its parts."""
    return next(filter(None, map(message.get, (*_TEXTS, "parts", "blocks"))), None)


def _parts(message: JsonMapping) -> Sequence[JsonMapping]:
    content = _content(message)
    if not isinstance(content, list):
        return ()
    return [part for part in content[:MAX_MESSAGES] if isinstance(part, Mapping)]


def _text(message: JsonMapping) -> str:
    content = _content(message)
    if isinstance(content, str):
        return "" if _role(message) in _ROLES_OF_CALLS else content
    said = (part for part in _parts(message) if not (part.get("thought") or part.get("type") == "reasoning_text"))
    texts = (part.get("text", part.get("refusal")) for part in said)
    return "\n".join(text for text in texts if isinstance(text, str))


def _calls(message: JsonMapping) -> Json:
    """Return the calls that a server has read, as items of `tool_calls`; None for none."""
    members = {**(message.get("additional_kwargs") or {}), **message}
    tool_calls = decoded(_plain(members.get("tool_calls", members.get("toolCalls"))))
    if _role(message) in _ROLES_OF_CALLS:
        content = decoded(_content(message))
        tool_calls = content if isinstance(content, list) else [content]
    elif isinstance(message.get("function_call"), Mapping):
        tool_calls = tool_calls or [message["function_call"]]
    elif _is_call(message):
        tool_calls = [message]
    if isinstance(tool_calls, list):
        return [*map(_named, tool_calls[:MAX_CALLS]), *tool_calls[MAX_CALLS:]]
    return tool_calls or list(filter(None, map(_call_of_part, _parts(message)))) or None


def _call_of_part(part: JsonMapping) -> Json:
    if part.get("type", part.get("part_kind")) in _TYPES_OF_CALLS or _is_call(part):
        return _named(part)
    return _named(next(filter(None, map(part.get, _MEMBERS_OF_CALLS)), None))


def _is_call(value: JsonMapping) -> bool:
    """Tell whether an object is a call by itself, and no message."""
    keys = value.keys()
    has_arguments = bool(keys & _NAMES) and bool(keys & ARGUMENTS)
    return "role" not in keys and (has_arguments or "function" in keys)


def _named(call: Any) -> Json:
    """Return a call with its tool under `name`, whatever a client calls that; it may be an object or a text of JSON."""
    call = decoded(_plain(call))
    key = next((key for key in _NAMES if isinstance(call, Mapping) and key in call), "name")
    return call if key == "name" else {**call, "name": call[key]}
