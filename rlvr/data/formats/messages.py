"""Chat messages in the words of other providers and frameworks, as OpenAI has them.

Read are those of Anthropic, OpenAI Responses, Gemini, Bedrock Converse, OpenTelemetry, LangChain, the Vercel AI SDK,
ms-swift and LLaMA-Factory; each item tells by its own shape whose it is, so that a list may mix them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

from rlvr.records.message import function_of

_ROLES = {
    **{role: role for role in ("system", "developer", "user", "assistant", "tool")},
    "human": "user",
    "customer": "user",
    "ai": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "bot": "assistant",
    "agent": "assistant",
    "function": "tool",
    "observation": "tool",
    "tool_response": "tool",
    "tool_result": "tool",
    "ipython": "tool",
    "humanmessage": "user",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "systemmessage": "system",
    "toolmessage": "tool",
    "functionmessage": "tool",
}
"""Roles in lower case, as others name them, to OpenAI's."""

_CALL_ROLES = ("tool_call", "tool_calls", "function_call")
"""Roles of a turn that is nothing but calls: ms-swift."""

_TEXT_PARTS = (None, "text", "input_text", "output_text", "refusal")
_SKIPPED_PARTS = ("thinking", "redacted_thinking", "reasoning", "step-start", "source", "source-url", "server_tool_use")
_SKIPPED_KEYS = ("reasoningContent", "cachePoint", "thoughtSignature")
_SKIPPED_ITEMS = ("reasoning", "item_reference", "mcp_list_tools")
_RESULT_KEYS = ("text", "json", "value")
_VERCEL_OUTPUTS = ("json", "text", "error-text", "error-json")
_PLAIN_ROLES = ("system", "developer", "user", "assistant", "tool")
_FOREIGN_KEYS = frozenset({"parts", "toolInvocations", "lc", "data", "loss_weight", "loss"})


class UnreadableError(ValueError):
    """An item that is no message, or holds what is no text; its text is the reason."""


def openai_messages(items: Sequence[Any]) -> list[Any]:
    """Return the messages in OpenAI's form; those that are in it already are the same objects.

    Raises:
        UnreadableError: names the item and what it holds.
    """
    reader = _Reader()
    for index, item in enumerate(items):
        try:
            reader.add(item)
        except UnreadableError as error:
            raise UnreadableError(f"[{index}]{error}") from None
    return reader.messages


def json_or_python(value: Any) -> Any:
    """Return the value of a text that is JSON or a Python literal; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


class _Reader:
    """Puts messages together item by item."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._texts: list[str] = []
        self._calls: list[dict[str, Any]] = []

    def add(self, item: Any) -> None:
        if not isinstance(item, Mapping):
            raise UnreadableError(f": a {type(item).__name__} is no message")
        if _is_plain(item):
            self.messages.append(item)
            return
        item = _unwrapped(item)
        kind, role = item.get("type"), item.get("role")
        if role is None and self._is_responses_item(item):
            return
        role = role if isinstance(role, str) else kind
        role = _ROLES.get(str(role).lower(), role)
        extra = _weight(item)
        if role in _CALL_ROLES:
            self._calls += [_call(value) for value in _items(json_or_python(item.get("content")))]
            self._end_turn(extra)
            return
        parts = next((item[key] for key in ("parts", "contents") if isinstance(item.get(key), list)), None)
        content = item.get("content") if parts is None else parts
        if role == "tool" and not _holds_results(content):
            self._result(item.get("tool_call_id") or item.get("id"), item.get("name"), content)
            return
        for invocation in _items(item.get("toolInvocations")):  # of the turns before the one that the text is of
            self._part({"type": "tool-invocation", "toolInvocation": invocation}, role)
        if not isinstance(content, list):
            self._texts.append(content if isinstance(content, str) else "")
        else:
            for part in content:
                self._part(part, role)
        self._calls += [_call(value) for value in _calls_of(item)]
        if role == "assistant":
            self._end_turn(extra)
            return
        text, self._texts = "".join(self._texts), []
        if text or not _holds_results(content):
            self.messages.append({"role": role, "content": text, **extra})

    def _is_responses_item(self, item: Mapping[str, Any]) -> bool:
        """Take an item of OpenAI's Responses API that is no message; return whether this was one."""
        kind = str(item.get("type"))
        if kind == "function_call":
            self._calls = [_call(item)]
            if self.messages and self.messages[-1]["role"] == "assistant":
                before = self.messages.pop()
                self._texts = [before.get("content") or ""]
                self._calls = [*(before.get("tool_calls") or ()), *self._calls]
            self._end_turn({})
        elif kind in ("function_call_output", "custom_tool_call_output"):
            self._result(item.get("call_id"), None, item.get("output"))
        else:
            return kind in _SKIPPED_ITEMS or kind.endswith("_call")
        return True

    def _end_turn(self, extra: Mapping[str, Any]) -> None:
        """Add the assistant's turn that texts and calls make."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._texts)}
        if self._calls:
            message["tool_calls"] = self._calls
        if self._calls or message["content"] or not (self.messages and self.messages[-1]["role"] == "tool"):
            self.messages.append({**message, **extra})
        self._texts, self._calls = [], []

    def _result(self, identity: Any, name: Any, value: Any) -> None:
        message = {"role": "tool", "tool_call_id": identity, "name": name, "content": _result_text(value)}
        self.messages.append({key: item for key, item in message.items() if item is not None})

    def _part(self, part: Any, role: Any) -> None:
        if isinstance(part, str):
            self._texts.append(part)
            return
        if isinstance(part, Mapping) and isinstance(part.get("message_content"), Mapping):  # OpenInference
            part = part["message_content"]
        if not isinstance(part, Mapping):
            raise UnreadableError(f".content: holds a {type(part).__name__}; only text can be used")
        kind = part.get("type")
        if part.get("thought") is True or kind in _SKIPPED_PARTS or any(key in part for key in _SKIPPED_KEYS):
            return
        if (call := _call_part(part)) is not None:
            self._calls.append(_call(call))
            if "result" not in call:
                return
        if (result := _result_part(part)) is not None:
            if role == "assistant" and (self._texts or self._calls):
                self._end_turn({})
            self._result(*result)
            return
        if call is not None:
            return
        texts = (part[key] for key in ("text", "content", "value", "refusal") if isinstance(part.get(key), str))
        text = next(texts, None)
        if kind not in _TEXT_PARTS or text is None:
            raise UnreadableError(f".content: holds a part of type {kind!r}; only text can be used")
        self._texts.append(text)


def _is_plain(item: Mapping[str, Any]) -> bool:
    """Tell whether a message is as OpenAI has it."""
    if item.get("role") not in _PLAIN_ROLES or _FOREIGN_KEYS & item.keys():
        return False
    content = item.get("content")
    if isinstance(content, list):
        return all(isinstance(part, Mapping) and part.get("type") == "text" and "text" in part for part in content)
    if not isinstance(content, str | None):
        return False
    return all(isinstance(call, Mapping) and "args" not in call for call in item.get("tool_calls") or ())


def _unwrapped(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message inside LangChain's constructors and OpenInference's and LangSmith's wrappers."""
    if isinstance(item.get("kwargs"), Mapping) and isinstance(item.get("id"), list):
        return {**item["kwargs"], "type": item["id"][-1]}
    if isinstance(item.get("data"), Mapping) and "role" not in item and "type" in item:
        return {**item["data"], "type": item["type"]}
    if isinstance(item.get("message"), Mapping) and "role" not in item:
        return _unwrapped(item["message"])
    return item


def _weight(item: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's `weight` 0 for a turn that is not to be learned from, which others write otherwise."""
    is_silent = item.get("weight") == 0 or item.get("loss_weight") == 0 or item.get("loss") is False
    return {"weight": 0} if is_silent else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _calls_of(item: Mapping[str, Any]) -> list[Any]:
    calls = item.get("tool_calls")
    extra = item.get("additional_kwargs")
    if not calls and isinstance(extra, Mapping):
        calls = extra.get("tool_calls") or ([extra["function_call"]] if extra.get("function_call") else None)
    return [*_items(calls), *_items(item.get("function_call"))]


def _call(value: Any) -> dict[str, Any]:
    """Return a call as OpenAI has it, from any mapping with a name and arguments."""
    value = json_or_python(value)
    if isinstance(value, Mapping) and isinstance(value.get("tool_call"), Mapping):  # OpenInference
        value = value["tool_call"]
    function = function_of(value)
    if not isinstance(name := function.get("name", function.get("toolName")), str):
        raise UnreadableError(".tool_calls: holds a call without a name")
    keys = ("arguments", "args", "input", "parameters")
    arguments: Any = next((function[key] for key in keys if function.get(key) is not None), {})
    identity = next((value[key] for key in ("call_id", "toolCallId", "toolUseId", "id") if value.get(key)), None)
    call = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return {"id": identity, **call} if identity is not None else call


def _call_part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the call that a part of a message makes; with the key `result` where the part holds its result too."""
    for key in ("functionCall", "function_call", "toolUse"):
        if isinstance(part.get(key), Mapping):
            return dict(part[key])
    kind = part.get("type")
    if kind in ("tool_use", "tool-call"):
        return dict(part)
    if kind == "tool_call":  # OpenTelemetry, and LLaMA-Factory with everything under `value`
        value = json_or_python(part.get("value", part))
        return dict(value) if isinstance(value, Mapping) else {}
    invocation = _invocation(part)
    if invocation is None:
        return None
    has_ended = any(invocation.get(key) is not None for key in ("output", "result", "errorText"))
    return {**invocation, "result": True} if has_ended else invocation


def _invocation(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a call of the Vercel AI SDK's interface messages, which holds its own result."""
    kind = str(part.get("type"))
    if kind == "tool-invocation" and isinstance(part.get("toolInvocation"), Mapping):
        return dict(part["toolInvocation"])
    if kind == "dynamic-tool":
        return dict(part)
    if kind.startswith("tool-") and kind != "tool-result":
        return {**part, "toolName": kind.removeprefix("tool-")}
    return None


def _result_part(part: Mapping[str, Any]) -> tuple[Any, Any, Any] | None:
    """Return the id, the tool's name and the value of a result that a part of a message holds."""
    for key in ("functionResponse", "function_response"):
        if isinstance(part.get(key), Mapping):
            return part[key].get("id"), part[key].get("name"), part[key].get("response")
    if isinstance(part.get("toolResult"), Mapping):
        return part["toolResult"].get("toolUseId"), None, part["toolResult"].get("content")
    kind = part.get("type")
    if kind == "tool_result":
        return part.get("tool_use_id"), None, part.get("content")
    if kind == "tool_call_response":
        return part.get("id"), None, next((part[key] for key in ("response", "result", "content") if key in part), "")
    invocation = part if kind == "tool-result" else _invocation(part)
    if invocation is None:
        return None
    value = next((invocation[key] for key in ("output", "result", "errorText") if invocation.get(key) is not None), "")
    return invocation.get("toolCallId"), invocation.get("toolName"), value


def _holds_results(content: Any) -> bool:
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, Mapping) and _result_part(part) is not None for part in parts)


def _result_text(value: Any) -> str:
    """Return a tool's result as one text: texts joined, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value.get("type") in _VERCEL_OUTPUTS and "value" in value:
        return _result_text(value["value"])
    if isinstance(value, list) and value and all(map(_is_result_part, value)):
        return "".join(_result_text(next(part[key] for key in _RESULT_KEYS if key in part)) for part in value)
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _is_result_part(part: Any) -> bool:
    return isinstance(part, Mapping) and any(key in part for key in _RESULT_KEYS)
