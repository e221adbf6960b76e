"""Chat messages and tools as chat templates take them, and the function inside of a tool or a call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from rewards import Tool
from rlvr.files import Json, JsonMapping, JsonObject

Message = JsonObject
"""A chat message: `role`, `content`, and where it calls tools `tool_calls`, their arguments as objects."""

ToolSchema = JsonObject
"""A tool as it is offered: OpenAI's form, `{"type": "function", "function": {…}}`, or the function alone."""


def function_of(tool_or_call: Json) -> JsonObject:
    """Return the function in a tool or a call: OpenAI nests it, other forms are it; empty where there is none."""
    function = tool_or_call.get("function", tool_or_call) if isinstance(tool_or_call, Mapping) else None
    return dict(function) if isinstance(function, Mapping) else {}


def text_of(message: JsonMapping) -> str:
    """Return the text of a message; empty where it only makes calls."""
    return str(message.get("content") or "")


def calls_of(message: JsonMapping) -> Sequence[Json]:
    """Return the calls of a message, as it has them."""
    calls: Sequence[Json] = message.get("tool_calls") or ()
    return calls


def last_request(prompt: Sequence[JsonMapping]) -> str:
    """Return what the user said last, in a text; empty where the user said nothing."""
    for message in reversed(prompt):
        match message:
            case {"role": "user", "content": str(text)}:
                return text
    return ""


def openai_tools(tools: Iterable[Tool]) -> list[ToolSchema]:
    """Return tools in OpenAI's form, their schemas in JSON Schema."""
    functions = [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in tools]
    return [{"type": "function", "function": function} for function in functions]


def with_arguments(message: JsonMapping, change: Callable[[Json], Json]) -> Message:
    """Return a message with the arguments of each of its calls as `change` makes them."""
    if not message.get("tool_calls"):
        return dict(message)
    calls = []
    for call in message["tool_calls"]:
        function = function_of(call)
        function["arguments"] = change(function.get("arguments"))
        calls.append({**call, "function": function} if "function" in call else function)
    return {**message, "tool_calls": calls}


def with_json_arguments(message: JsonMapping) -> Message:
    """Return a message with its calls' arguments as JSON texts, as OpenAI has them and as Arrow can hold them."""
    return with_arguments(message, _as_json)


def json_text(value: Json) -> str:
    """Return a value as JSON; a text, which is JSON already or shall be shown, as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_json(arguments: Json) -> str:
    return arguments if isinstance(arguments, str) else json_text(arguments or {})
