"""Requests to a model with their responses, as proxies, batch files and tuning sets keep them.

A record holds what was asked, under one key or at its top, and what came back: chat completions and Responses of
OpenAI, Anthropic, Gemini and Vertex, Bedrock; runs of LangSmith, generations of Langfuse, items of NeMo Gym, OpenAI's
preference files. Requests repeat the conversation so far, so a turn that an earlier record gave is not given again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, filterfalse

from rewards import wire
from rlvr.data.formats.conversation import Exchange, messages_of, read_exchange, row_of, rows_of
from rlvr.data.formats.messages import cut_off, is_message, openai_messages, role_of
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions, failed, says_failed, successful_score
from rlvr.data.formats.parts import looks_like_call
from rlvr.data.formats.schemas import split_tools
from rlvr.data.formats.spelled import RECORD, letters
from rlvr.data.formats.streams import events_of, whole_response
from rlvr.data.json_values import first_of, items_of, json_or_python, list_of, member, object_of, text_in
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where
from rlvr.records.message import calls_of, function_of
from rlvr.records.preference import Preference

_NO_ENVELOPE = {*RECORD.messages, "choices"}
_TURN_KEYS = frozenset(["content", "parts", "tool_calls", "kwargs"])
_SPEAKER = re.compile(r"^(system|developer|user|assistant|tool): ", re.MULTILINE)
_SYSTEM_FIRST = re.compile(r"(?:system|developer): ")
_PAGE = re.compile(
    r"\s*<(?:!doctype html|html)\b.{0,300}?\b(?:[45]\d\d|error|bad gateway|unavailable|time-?out)\b",
    re.IGNORECASE | re.DOTALL,
)
_STATUS = re.compile("status|code$", re.IGNORECASE)
_HTTP_ERROR = re.compile(r"[45]\d\d")
_SCHEMAS = ("parameters", "inputSchema", "input_schema")
_CALL_IDS = frozenset(["tool_call_id", "tool_args"])
_FAULTS = ("error_str", "error_message", "error", "exception")
_UNANSWERED = "the request has no answer; a prompt alone gives no row"
_SIDES = ("input", "output")
_SIDE = re.compile(r".*(input|output)(?:_choices)?", re.IGNORECASE)
_SCHEMA_KEYS = frozenset(["type", "properties"])


def exchange_in(record: JsonMapping) -> Exchange | None:
    """Return the conversation that a record's request and response make; None where it has no request."""
    asked = first_of(_filled(record), RECORD.request)
    is_request = asked is None or json_or_python(record.get("messages"))
    request = record if is_request else _opened(asked)
    messages = request_messages(request) or request_messages(record)
    if not messages:
        return None
    messages = with_system(messages, system_text(object_of(request)) or system_text(record))
    response = json_or_python(first_of(record, RECORD.response)) or first_of(
        record, ("message",), Mapping
    )  # Genkit has a message
    told = _opened(response)
    answers = [] if any(map(_has_failed, (record, response, told))) else response_messages(told)
    messages, answers = _without_repeats(messages, answers)
    calls = next(filter(_are_calls, map(json_or_python, map(record.get, RECORD.expected))), None)
    if calls and messages and member(messages[-1], "role") in ("user", "tool"):
        answers = _after_calls(answers, calls)
    messages = [*messages, *answers]
    tools = tools_among(messages) or tools_in(request) or tools_in(record)
    return Exchange(list(filterfalse(_is_definition, messages)), tools)


def _has_failed(value: Json) -> bool:
    """Tell whether a record, or the response in it, says that the request failed: its text is a gateway's then."""
    if isinstance(value, str):
        return _PAGE.match(value) is not None
    members = object_of(value)
    statuses = [str(status) for name, status in members.items() if _STATUS.search(name)]
    return any(map(_HTTP_ERROR.fullmatch, statuses)) or letters(members.get("level")) == "error" or says_failed(members)


def _without_repeats(messages: list[Json], answers: list[Json]) -> tuple[list[Json], list[Json]]:
    """Return messages and answers, what both hold in the answers alone: a graph's output holds its input, a log of a
    chat its answer, and a step of the Vercel AI SDK all that was said since its first."""
    if answers == messages[-1:]:
        return messages[:-1], answers
    if len(answers) < 2:
        return messages, answers
    (asked, is_cut), (answered, _) = openai_messages(messages), openai_messages(answers)
    if is_cut is not None:
        return messages, answers
    before, after = list(map(_said, asked)), list(map(_said, answered))
    if before[0] in after:
        return [], answers
    lengths = range(min(len(before), len(after)), 0, -1)
    n_repeated = next((n for n in lengths if before[-n:] == after[:n]), 0)
    return asked[: len(asked) - n_repeated], answers


def _said(message: JsonMapping) -> tuple[Json, ...]:
    """Return what a message in OpenAI's form says, however its JSON is written."""
    calls = [(call.get("id"), json_or_python(function_of(call).get("arguments"))) for call in calls_of(message)]
    return message.get("role"), json_or_python(message.get("content")) or None, calls


def _after_calls(answers: list[Json], calls: list[Json]) -> list[Json]:
    """Return an answer after the calls that its record keeps beside it, where it makes none itself.

    Their results are unknown: of several, which could be one turn or many, and of one that failed nothing is learned.
    """
    if "tool_calls" in chain.from_iterable(map(object_of, answers)):
        return answers
    is_certain = len(calls) == 1 and not failed(json.dumps(calls[0]))
    return [{"role": "assistant", "tool_calls": calls, "weight": int(not answers or is_certain)}, *answers]


def transcript_in(record: JsonMapping, name: str) -> Exchange:
    """Return the messages that stand under a name, with the system prompt and the tools beside them."""
    messages = json_or_python(record.get(name))
    if not list_of(messages):
        return Exchange(messages)
    return Exchange(with_system(messages, system_text(record)), tools_in(record) or tools_among(messages))


def with_system(messages: list[Json], system: str) -> list[Json]:
    """Return messages after the system prompt that stands beside them, unless they begin with one."""
    if not system or role_of(messages[0]) == "system":
        return messages
    return [{"role": "system", "content": system}, *messages]


def halves_of(record: JsonMapping) -> tuple[bool, bool]:
    """Tell whether a record has a request, and whether it has a response."""
    return any(map(record.get, RECORD.request)), any(map(record.get, RECORD.response))


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant; of a preference record one, and the preference.

    A rollout, such as NeMo Gym's, says by its reward whether there is anything to learn from it.
    """
    successful_score(record, ("reward",), where, options)
    exchange = exchange_in(record)
    if exchange is None:
        raise where.error(
            None, f"holds no request: nothing under {', '.join(RECORD.request[:9])} or the like has messages"
        )
    info = {"source": "exchanges", "line": where.line}
    if record.get("preferred_output") is None:
        yield from _answered(record, exchange, where)
        yield from rows_of(exchange, info, where, options)
        return
    messages, tools, end = read_exchange(exchange, where, options)
    if end is not None:
        raise end
    sides = [messages_of(record[key], tools, where, key) for key in ("preferred_output", "non_preferred_output")]
    if any(len(side) != 1 or side[0]["role"] != "assistant" for side in sides):
        raise where.error("preferred_output", "must be one turn of the assistant, as non_preferred_output must")
    row = row_of(messages, sides[0][0], tools, info, where, "preferred_output")
    yield row
    yield Preference.of_row(row, written(sides[0]), written(sides[1]))


def _answered(record: JsonMapping, exchange: Exchange, where: Where) -> Iterator[RowError]:
    """Yield the reason why a request has no answer of its own, if it repeats a conversation and has none.

    Raises:
        RowError: it has none, and nothing was said before it.
    """
    roles = list(map(role_of, exchange.messages))
    if roles[-1] not in ("user", "tool"):
        return
    fault = first_of(_filled(record), _FAULTS, str)
    unanswered = where.error("response", f"the request has no answer: {fault:.120}" if fault else _UNANSWERED)
    if "assistant" not in roles:
        raise unanswered
    yield unanswered


def written(completion: list[JsonObject]) -> str:
    """Return a completion as text, its calls in the Hermes wire format."""
    calls = wire.parse(completion[-1:]).calls
    return wire.render(calls) if calls else str(completion[-1].get("content") or "")


def _opened(value: Json) -> Json:
    """Return a request or response without its envelope of method, status and headers, and not as text."""
    value = events_of(value) or json_or_python(value)
    while isinstance(value, Mapping):
        inner = first_of(_filled(value), RECORD.inner, Mapping | str | list)
        if inner is None or not _NO_ENVELOPE.isdisjoint(value):
            break
        value = json_or_python(inner)
    return value


def _filled(members: JsonMapping) -> JsonObject:
    """Return an object without the members that are empty."""
    return {name: value for name, value in members.items() if value}


def request_messages(request: Json) -> list[Json]:
    """Return the messages of a request, or of what stands for its messages; none where it has none."""
    if isinstance(request, str | list):
        return _listed(request)
    if not isinstance(request, Mapping):
        return []
    listed = first_of({**_filled(request), "contents": _contents(request)}, RECORD.messages, list | str)
    if listed is None:
        return [request] if is_message(request) else []
    listed = json_or_python(listed)
    if isinstance(listed, Mapping):
        return []
    return _listed(listed)


def _contents(request: JsonMapping) -> list[Json] | None:
    """Return Gemini's contents, which its SDKs also take as one content, as parts of one, or as texts."""
    contents = items_of(request.get("contents"))
    if not any(map(_is_part, contents)):
        return contents or None
    return [{"role": "user", "parts": contents}]


def _is_part(content: Json) -> bool:
    return isinstance(content, str) or (isinstance(content, Mapping) and not {"role", "parts"} & content.keys())


def _listed(messages: str | list[Json]) -> list[Json]:
    return _spoken(messages) if isinstance(messages, str) else _flat(messages)


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
    return next(filter(None, map(_text, map(request.get, RECORD.system))), "")


def response_messages(response: Json) -> list[Json]:
    """Return what came back, as messages."""
    match response:
        case str(text) | [str(text), *_]:  # DSPy has a text for each of the candidates
            return [{"role": "assistant", "content": text}]
        case [_, *_] if _are_calls(response):
            return [{"role": "assistant", "tool_calls": response}]
        case (
            {"choices": [Mapping() as choice, *_]} | {"candidates": [Mapping() as choice, *_]}
            | [{"index": _, "message": _} as choice, *_]
        ):  # fmt: skip
            answer = response_messages(choice.get("message") or choice.get("content") or choice.get("text"))
            return _ended(answer, choice)
        case list():
            whole = whole_response(response)
            if whole is None and any(map(_is_message_part, response)):
                whole = {"role": "assistant", "content": response}
            return _flat(response) if whole is None else response_messages(whole)
        case {"generations": list(first)}:  # LangChain
            while isinstance(first, list) and first:
                first = first[0]
            return response_messages(first)
        case Mapping() if looks_like_call(response):
            return [{"role": "assistant", "tool_calls": [response]}]
        case Mapping():
            return _messages_in(response)
    return []


def _is_message_part(item: Json) -> bool:
    """Tell whether an item is a part of a message of Gemini's or Anthropic's that stands alone."""
    part = object_of(item)
    return "functionCall" in part or part.get("type") in ("text", "tool_use")


def _messages_in(response: JsonMapping) -> list[Json]:
    inner = first_of(response, ("messages", "message", "output", "response"), list | Mapping)
    if inner is not None:
        return _ended(response_messages(inner), response)
    if not _TURN_KEYS.isdisjoint(response) or {"type", "data"} <= response.keys():
        return [response if {"role", "type", "kwargs"} & response.keys() else {"role": "assistant", **response}]
    text = first_of(_filled(response), ("output_text", "text", "output", "answer", "response"))
    return [{"role": "assistant", "content": text}] if isinstance(text, str) else []


def _ended(messages: list[Json], response: JsonMapping) -> list[Json]:
    """Return messages, the last of them with the reason for which its response was cut off."""
    return [*messages[:-1], *({**object_of(last), **cut_off(response)} for last in messages[-1:])]


def _are_calls(value: Json) -> bool:
    return list_of(value) != [] and all(map(_is_call, value))


def _is_call(item: Json) -> bool:
    """Tell whether an item is a call without a message around it, as the Vercel AI SDK logs them."""
    if not isinstance(item, Mapping) or "role" in item:
        return False
    return isinstance(item.get("toolName"), str) or isinstance(function_of(item).get("name"), str)


def _flat(items: list[Json]) -> list[Json]:
    """Return the items of a list, and of the one list in it that LangSmith has."""
    match items:
        case [list() as inner] if not is_message(inner):
            return _flat(inner)
    return items


def _text(value: Json) -> str:
    """Return the text of system instructions: a text, parts, or an object with either."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    if isinstance(value, Mapping):
        return next(filter(None, map(_text, map(value.get, ("parts", "text", "content")))), "")
    return ""


def tools_among(messages: Sequence[Json]) -> Json:
    """Return the tools that messages name: LangChain's callbacks log each as one, GLM has them in the system's."""
    definitions = [message["content"] for message in messages if _is_definition(message)]
    if definitions:
        return definitions
    return next(filter(None, map(_message_tools, messages)), None)


def _is_definition(message: Json) -> bool:
    is_result = member(message, "role") == "tool"
    return is_result and "parameters" in function_of(member(message, "content"))


def _message_tools(message: Json) -> Json:
    if "system_prompt" in object_of(message):  # OpenHands' newer log has no schemas
        return None
    tools = member(message, "tools")
    return tools if _may_be_tools(tools) else None


def tools_in(value: Json) -> Json:
    """Return the tools that a request names, at its top or among its parameters."""
    if not isinstance(value, Mapping):
        return None
    named = filter(_may_be_tools, map(value.get, RECORD.tools))
    held = filter(None, map(tools_in, map(value.get, RECORD.tool_holders)))
    return next(chain(named, held, filter(_are_tools, value.values())), None)


def _are_tools(value: Json) -> bool:
    """Tell whether a list holds tools and nothing else, whatever it is called."""
    schemas = [first_of(function_of(item), _SCHEMAS, Mapping) for item in list_of(value)]
    return None not in schemas and any(schemas) and not any(map(_SCHEMA_KEYS.isdisjoint, filter(None, schemas)))


def _may_be_tools(value: Json) -> bool:
    """Tell whether there are tools in a value, or their JSON; a list of names is none."""
    match value:
        case [Mapping() as first, *_]:
            return _CALL_IDS.isdisjoint(first)  # Agno names those that it ran
        case [first, *_]:
            return str(first).lstrip().startswith("{")
        case str():
            return value.lstrip()[:1] in ("[", "{")
        case Mapping():
            return "name" not in value and bool(split_tools(value))
    return False


def nested_exchange(value: Json) -> Exchange | None:
    """Return the conversation that a part of a document makes by its request and response; None for any other part."""
    value = _with_sides(value)
    if first_of(object_of(value), RECORD.request, Mapping | list) is None and not _is_answered(value):
        return None
    return _spoken_exchange(value)


def _with_sides(value: Json) -> Json:
    """Return an object in which what went in and what came out stand as `input` and `output`, where a logger puts words
    of its own before these: PostHog, SageMaker."""
    sides: JsonObject = {}
    for name, side in object_of(value).items():
        match = _SIDE.fullmatch(str(name))
        if match and _is_structured(side):
            sides[match[1].lower()] = json_or_python(text_in(side, "data")) or side
    return {**value, **sides} if len(sides) == len(_SIDES) else value


def _spoken_exchange(value: JsonMapping) -> Exchange | None:
    """Return the conversation of an object if it has messages in it that can be read."""
    exchange = exchange_in(value)
    return exchange if exchange is not None and any(map(is_message, exchange.messages)) else None


def _recognises(record: JsonMapping) -> bool:
    if "contents" in record:
        return True
    if json_or_python(record.get("messages")):
        return _is_answered(record)
    values = filter(None, map(record.get, (*RECORD.request, *RECORD.response)))
    return any(map(_is_structured, values)) and _spoken_exchange(record) is not None


def _is_answered(record: Json) -> bool:
    """Tell whether an object keeps the answer to its messages beside them."""
    messages = json_or_python(member(record, "messages"))
    if not list_of(messages) or not is_message(messages[-1]):
        return False
    exchange = exchange_in(record)
    return exchange is not None and len(exchange.messages) > len(messages)


def _is_structured(value: Json) -> bool:
    """Return whether a request or response is an object, a list, or the JSON of one: prose alone could be anything."""
    if isinstance(value, str):
        return value.lstrip()[:1] in ("{", "[")
    return isinstance(value, Mapping | list)


FORMAT = Format(
    name="exchanges",
    summary="requests with their responses: proxies, batch files, Responses, Gemini, LangSmith, Langfuse, NeMo Gym",
    recognises=_recognises,
    read=read,
    is_repeating=True,
    keys=("request", "response", "input", "output", "inputs", "outputs", "contents"),
)
