"""Requests to a model with their responses, as proxies, batch files and tuning sets keep them.

A record holds what was asked, under one key or at its top, and what came back: chat completions and Responses of
OpenAI, Anthropic, Gemini and Vertex, Bedrock; runs of LangSmith, generations of Langfuse, items of NeMo Gym, OpenAI's
preference files. Requests repeat the conversation so far, so a turn that an earlier record gave is not given again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rewards import wire
from rlvr.data.formats.conversation import decisions, messages_of, row_of
from rlvr.data.formats.messages import json_or_python
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions, successful_score
from rlvr.data.formats.schemas import split_tools, tools_of
from rlvr.records.message import function_of
from rlvr.records.preference import Preference

if TYPE_CHECKING:
    from rlvr.files import Json, JsonMapping, JsonObject, Where

_REQUESTS = tuple(
    """
    request requestBody request_body responses_create_params proxy_server_request body inputs input query
    """.split()
)
_RESPONSES = ("response", "responseBody", "response_body", "outputs", "output", "completion")
_INNER = ("body", "inputBodyJson", "outputBodyJson", "kwargs")
"""Where a request or a response may stand one level further in."""

_MESSAGES = ("messages", "input", "contents", "chat_history", "prompt")
_SYSTEMS = ("system", "instructions", "systemInstruction", "system_instruction")
TOOL_KEYS = ("tools", "functions", "function", "available_tools", "toolConfig", "tool_config", "tool_definitions")
_SPEAKER = re.compile(r"^(system|developer|user|assistant|tool): ", re.MULTILINE)
_SYSTEM_FIRST = re.compile(r"(?:system|developer): ")
_TOOL_HOLDERS = ("extra", "invocation_params", "optional_params", "modelParameters", "metadata", "config", "parameters")


class Exchange(NamedTuple):
    """A conversation as a record holds it, not yet checked."""

    messages: list[Json]  # in anyone's form; the last that a response holds are the newest
    tools: Json  # in any form; None where the record names none


def exchange_in(record: JsonMapping) -> Exchange | None:
    """Return the conversation that a record's request and response make; None where it has no request."""
    request_key = next((key for key in _REQUESTS if record.get(key)), None)
    response_key = next((key for key in _RESPONSES if record.get(key) is not None), None)
    request = _opened(record[request_key]) if request_key is not None else record
    if not (messages := _request_messages(request)):
        messages = _request_messages(record)
    if not messages:
        return None
    answers = _response_messages(_opened(record[response_key])) if response_key is not None else []
    if not answers and isinstance(record.get("ground_truth"), list):  # NeMo Gym
        answers = [{"role": "assistant", "tool_calls": record["ground_truth"]}]
    if answers and isinstance(answers[0], Mapping) and answers[0] == messages[0]:  # a graph's output holds its input
        messages = []
    named = tools_among(messages)
    messages = [message for message in messages if not _is_definition(message)]
    return Exchange([*messages, *answers], named or tools_in(request) or tools_in(record))


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant; of a preference record one, and the preference.

    A rollout, such as NeMo Gym's, says by its reward whether there is anything to learn from it.
    """
    successful_score(record, ("reward",), where, options)
    exchange = exchange_in(record)
    if exchange is None:
        raise where.error(None, f"holds no request: nothing under {', '.join(_REQUESTS)} has messages")
    yield from rows_of(exchange, "exchanges", where, options, record)


def rows_of(exchange: Exchange, source: str, where: Where, options: ReadOptions, record: JsonMapping) -> Outcomes:
    """Yield the rows of a conversation, and the preference that its record may state."""
    tools = tools_of(exchange.tools, where) or options.tools
    messages = messages_of(exchange.messages, tools, where)
    info = {"source": source, "line": where.line}
    if record.get("preferred_output") is None:
        yield from decisions(messages, tools, info, where)
        return
    sides = [messages_of(record[key], tools, where, key) for key in ("preferred_output", "non_preferred_output")]
    if any(len(side) != 1 or side[0]["role"] != "assistant" for side in sides):
        raise where.error("preferred_output", "must be one turn of the assistant, as non_preferred_output must")
    row = row_of(messages, sides[0][0], tools, info, where, "preferred_output")
    yield row
    yield Preference.of_row(row, written(sides[0]), written(sides[1]))


def written(completion: list[JsonObject]) -> str:
    """Return a completion as text, its calls in the Hermes wire format."""
    message = completion[-1]
    if not message.get("tool_calls"):
        return str(message.get("content") or "")
    return wire.render(wire.parse([message]).calls)


def _opened(value: Json) -> Json:
    """Return a request or response without its envelope of method, status and headers, and not as text."""
    value = json_or_python(value)
    while isinstance(value, Mapping):
        key = next((key for key in _INNER if isinstance(value.get(key), Mapping | str) and value[key]), None)
        if key is None or any(name in value for name in (*_MESSAGES, "choices")):
            break
        value = json_or_python(value[key])
    return value


def _request_messages(request: Json) -> list[Json]:
    if isinstance(request, str):
        return _spoken(request)
    if isinstance(request, list):
        return _flat(request)
    if not isinstance(request, Mapping):
        return []
    value = next((request[key] for key in _MESSAGES if isinstance(request.get(key), list | str) and request[key]), None)
    if value is None:
        return [request] if isinstance(request.get("role"), str) and "content" in request else []
    value = json_or_python(value)
    if isinstance(value, Mapping):
        return []
    messages = _spoken(value) if isinstance(value, str) else _flat(value)
    system = system_text(request)
    return [{"role": "system", "content": system}, *messages] if system else messages


def _spoken(prompt: str) -> list[Json]:
    """Return the messages of a prompt that is one text: OpenLIT begins each with its role, the system's first.

    It writes no calls, so the turns of the assistant in it are not to be learned from.
    """
    if not _SYSTEM_FIRST.match(prompt):
        return [{"role": "user", "content": prompt}]
    parts = _SPEAKER.split(prompt)[1:]
    turns = zip(parts[::2], parts[1::2], strict=True)
    return [{"role": role, "content": text.strip(), "weight": 0} for role, text in turns]


def system_text(request: JsonMapping) -> str:
    """Return the system prompt that a request keeps beside its messages; empty where it has none."""
    return next((text for key in _SYSTEMS if (text := _text(request.get(key)))), "")


def _response_messages(response: Json) -> list[Json]:
    """Return what came back, as messages."""
    if isinstance(response, str):
        return [{"role": "assistant", "content": response}]
    if isinstance(response, list):
        is_calls = bool(response) and all(map(_is_call, response))
        return [{"role": "assistant", "tool_calls": response}] if is_calls else _flat(response)
    if not isinstance(response, Mapping):
        return []
    for key in ("choices", "candidates"):
        if isinstance(response.get(key), list) and response[key] and isinstance(response[key][0], Mapping):
            first = response[key][0]
            return _response_messages(first.get("message") or first.get("content") or first.get("text"))
    if isinstance(response.get("generations"), list):  # LangChain
        first = response["generations"]
        while isinstance(first, list) and first:
            first = first[0]
        return _response_messages(first)
    for key in ("messages", "message", "output", "response"):
        if isinstance(response.get(key), list | Mapping):
            return _response_messages(response[key])
    if {"content", "parts", "tool_calls", "kwargs", "data"} & response.keys():
        return [response if {"role", "type", "kwargs"} & response.keys() else {"role": "assistant", **response}]
    text = next((response[key] for key in ("output_text", "text", "output", "answer") if response.get(key)), None)
    return [{"role": "assistant", "content": text}] if isinstance(text, str) else []


def _is_call(item: Json) -> bool:
    """Tell whether an item is a call without a message around it, as the Vercel AI SDK logs them."""
    if not isinstance(item, Mapping) or "role" in item:
        return False
    return isinstance(item.get("toolName"), str) or isinstance(function_of(item).get("name"), str)


def _flat(items: list[Json]) -> list[Json]:
    """Return the items of a list, and of the one list in it that LangSmith has."""
    return _flat(items[0]) if len(items) == 1 and isinstance(items[0], list) else items


def _text(value: Json) -> str:
    """Return the text of system instructions: a text, parts, or an object with either."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(text for part in value if (text := _text(part)))
    if isinstance(value, Mapping):
        return next((text for key in ("parts", "text", "content") if (text := _text(value.get(key)))), "")
    return ""


def tools_among(messages: Sequence[Json]) -> Json:
    """Return the tools that messages name: LangChain's callbacks log each as one, GLM has them in the system's."""
    definitions = [message["content"] for message in messages if _is_definition(message)]
    if definitions:
        return definitions
    return next((tools for message in messages if (tools := _message_tools(message))), None)


def _is_definition(message: Json) -> bool:
    content = message.get("content") if isinstance(message, Mapping) and message.get("role") == "tool" else None
    return isinstance(content, Mapping) and "parameters" in function_of(content)


def _message_tools(message: Json) -> Json:
    tools = message.get("tools") if isinstance(message, Mapping) else None
    return tools if _may_be_tools(tools) else None


def tools_in(value: Json) -> Json:
    """Return the tools that a request names, at its top or among its parameters."""
    if not isinstance(value, Mapping):
        return None
    tools = next((value[key] for key in TOOL_KEYS if _may_be_tools(value.get(key))), None)
    if tools is not None:
        return tools
    return next((tools for key in _TOOL_HOLDERS if (tools := tools_in(value.get(key)))), None)


def _may_be_tools(value: Json) -> bool:
    """Tell whether there are tools in a value, or their JSON; a list of names is none."""
    if isinstance(value, list):
        return bool(value) and (isinstance(value[0], Mapping) or str(value[0]).lstrip().startswith("{"))
    if isinstance(value, str):
        return value.lstrip()[:1] in ("[", "{")
    return isinstance(value, Mapping) and "name" not in value and bool(split_tools(value))


def _recognises(record: JsonMapping) -> bool:
    if "contents" in record:
        return True
    if "messages" in record:
        return isinstance(record.get("response"), Mapping)
    values = [record[key] for key in (*_REQUESTS, *_RESPONSES) if record.get(key)]
    return any(map(_is_structured, values)) and exchange_in(record) is not None


def _is_structured(value: Json) -> bool:
    """Return whether a request or response is an object, a list, or the JSON of one: prose alone could be anything."""
    return isinstance(value, Mapping | list) or (isinstance(value, str) and value.lstrip()[:1] in ("{", "["))


FORMAT = Format(
    name="exchanges",
    summary="requests with their responses: proxies, batch files, Responses, Gemini, LangSmith, Langfuse, NeMo Gym",
    recognises=_recognises,
    read=read,
    is_repeating=True,
    keys=("request", "response", "input", "output", "inputs", "outputs", "contents"),
)
