"""What parts of messages hold: calls, results and texts, in the words of providers and frameworks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain

from rlvr.data.formats.spelled import CALL, MESSAGE, PART, RESULT, letters
from rlvr.data.json_values import first_of, items_of, json_or_python, list_of, member, object_of, without_nulls
from rlvr.files import Json, JsonMapping, JsonObject
from rlvr.records.message import function_of

Result = tuple[Json, Json, Json]  # the id of its call, the tool's name, and its value


_BARE_CALL, _BARE_RESULT = frozenset(["name", "arguments"]), frozenset(["content", "call_id"])
"""Members of parts that say no kind, as in the context of an agent of AutoGen."""
_HOSTED = ("toolCall", "toolResponse")  # of Gemini, which name the kind of a tool that it runs
_SHOWN = frozenset(["detailedContent"])  # what Copilot shows of a result beside its text
_CALLING, _OBSERVED = OF_SMOLAGENTS = "Calling tools:\n", "Observation:\n"
"""How smolagents begins the texts of calls and of results."""


class UnreadableError(ValueError):
    """An item that is no message, or holds what is no text; its text is the reason."""


def looks_like_call(value: Json) -> bool:
    """Tell whether a value is an object with a name and arguments."""
    function = object_of(value)
    name, arguments = first_of(function, (*CALL.name, "tool"), str), first_of(function, CALL.arguments, Mapping)
    return name is not None and arguments is not None


def unwrapped_part(part: Json) -> JsonMapping:
    """Return a part without what Kiro and OpenInference wrap it in; a text as the part that it is.

    Raises:
        UnreadableError: it is none.
    """
    match part:
        case str(text) | {"kind": "text", "data": str(text)}:
            return {"type": "text", "text": text}
        case {"kind": kind, "data": Mapping() as inner}:
            return {**inner, "kind": kind}
        case {"message_content": Mapping() as inner}:
            return inner
        case Mapping():
            return part
    raise UnreadableError(f".content: holds a {type(part).__name__}; only text can be used")


def of_smolagents(item: JsonMapping, content: Json, before: list[Json]) -> JsonMapping:
    """Return a message whose text writes out calls, or what the calls before it gave, as what it is; any other as it
    is.

    Raises:
        UnreadableError: it holds what several calls gave as one text.
    """
    match content:
        case [{"message_content": part}]:  # OpenInference
            return of_smolagents(item, [part], before)
        case str(text) | [{"text": str(text)}] if text.startswith(_CALLING):
            return {"role": "assistant", "tool_calls": items_of(json_or_python(text.removeprefix(_CALLING)))}
        case str(text) | [{"text": str(text)}] if text.startswith(_OBSERVED):
            n_called = len(list_of(member(next(reversed(before), None), "tool_calls")))
            if not n_called:
                return item
            if n_called > 1:
                raise UnreadableError(": is one observation of several calls, so nothing says which gave what")
            return {"role": "tool", "content": text.removeprefix(_OBSERVED)}
    return item


def part_kind(part: JsonMapping) -> str:
    """Return the kind of a part, without the namespace that .NET puts before it."""
    return letters(str(first_of(part, PART.kind) or "").rpartition(".")[2])


def is_silent(part: JsonMapping, kind: str) -> bool:
    """Tell whether a part says nothing that a prompt could hold."""
    if part.get("thought") is True or kind in PART.silent:
        return True
    return part.keys() <= set(PART.signature) or not part.keys().isdisjoint(PART.holds_nothing)


def hosted_tool(part: JsonMapping, kind: str) -> Json:
    """Return what tells of a tool that the model's provider runs itself; None for a part of any other kind."""
    is_result = kind.endswith("toolresult") and kind not in PART.result
    if kind in PART.hosted or is_result:
        return part.get("name") or part.get("type")
    kinds = (member(part.get(key), "toolType") for key in _HOSTED)
    return next(chain(filter(None, kinds), filter(part.get, PART.holds_hosted)), None)


def calls_beside(item: JsonMapping) -> list[Json]:
    """Return the calls that stand in a message beside its content."""
    extra = object_of(item.get("additional_kwargs"))
    listed = [*map(item.get, MESSAGE.calls), *map(extra.get, MESSAGE.calls)]
    return items_of(json_or_python(next(filter(None, listed), None)))


def openai_call(value: Json) -> JsonObject:
    """Return a call as OpenAI has it, from any mapping with a name and arguments."""
    value = json_or_python(value)
    if isinstance(inner := member(value, "tool_call"), Mapping):  # OpenInference
        value = inner
    function = function_of(value) or object_of(value)
    name = first_of(function, ("function", *CALL.name, "tool"), str)
    if not isinstance(name, str):
        raise UnreadableError(".tool_calls: holds a call without a name")
    if isinstance(function.get("pluginName"), str):
        name = f"{function['pluginName']}-{name}"
    arguments = first_of(function, CALL.arguments)
    call = {"type": "function", "function": {"name": name, "arguments": {} if arguments is None else arguments}}
    identity = next(filter(None, map(value.get, MESSAGE.id)), None)
    return without_nulls({"id": identity, **call})


def call_of_item(item: JsonMapping, kind: str) -> JsonObject:
    """Return the call of an item; the text that a custom tool takes, which is no JSON, as the argument `input`."""
    arguments = first_of(item, ("arguments", "action", "operation"))
    if arguments is None:
        arguments = without_nulls({"input": item.get("input")})
    return openai_call({"name": kind.removesuffix("_call"), **item, "arguments": arguments})


def call_in_part(part: JsonMapping, kind: str) -> JsonMapping | None:
    """Return the call that a part of a message makes."""
    wrapped = first_of(part, PART.holds_call, Mapping)
    if wrapped is not None:
        return {"id": part.get("id"), **(first_of(wrapped, ("value",), Mapping) or wrapped)}  # Goose has a `value`
    if kind in PART.call or (not kind and part.keys() >= _BARE_CALL):
        return object_of(json_or_python(part.get("value", part)))  # LLaMA-Factory has everything under `value`
    return _invocation(part)


def _invocation(part: JsonMapping) -> JsonObject | None:
    """Return a call of the Vercel AI SDK's interface messages, or of OpenCode's, which holds its own result."""
    kind = str(part.get("type"))
    if kind == "tool_call" and "output" in object_of(part.get("tool_call")):  # LibreChat
        return dict(part["tool_call"])
    if kind == "tool" and isinstance(part.get("state"), Mapping):
        return {"name": part.get("tool"), **part, **part["state"]}
    if kind == "tool-invocation" and isinstance(part.get("toolInvocation"), Mapping):
        return dict(part["toolInvocation"])
    if kind == "dynamic-tool":
        return dict(part)
    if kind.startswith("tool-") and kind not in ("tool-result", "tool-call"):
        return {**part, "toolName": kind.removeprefix("tool-")}
    return None


def result_in_part(part: JsonMapping, kind: str) -> Result | None:
    """Return the result that a part of a message holds."""
    wrapped = first_of(part, PART.holds_result, Mapping)
    if wrapped is not None:
        return result_of({"id": part.get("id"), **wrapped})
    if kind in PART.result or (not kind and part.keys() >= _BARE_RESULT):
        return result_of(part)
    invocation = _invocation(part)
    if invocation is None or first_of(invocation, ("output", "result", "errorText", "error")) is None:
        return None
    return result_of(invocation)


def result_of(result: Json) -> Result:
    """Return a result that stands by itself."""
    if not isinstance(result, Mapping):
        return None, None, result
    origin = first_of(result, ("origin",), Mapping) or result  # Haystack
    return first_of(origin, MESSAGE.id), first_of(origin, CALL.name), first_of(result, RESULT.value)


def holds_results(content: Json) -> bool:
    """Tell whether a part of a content holds a result."""
    parts = filter(object_of, list_of(content))
    return any(result_in_part(part, part_kind(part)) is not None for part in parts)


def result_text(value: Json) -> str:
    """Return a tool's result as one text: texts joined, everything else as JSON."""
    match value:
        case str():
            return value
        case {"type": kind, "value": inner} if kind in RESULT.vercel:
            return result_text(inner)
        case [_, *_] if all(map(_is_result_part, value)):
            return "".join(result_text(first_of(part, RESULT.part)) for part in value)
        case {"content": str(text), **rest} | {"type": "text", "text": str(text), **rest} if rest.keys() <= _SHOWN:
            return text  # Copilot's CLI, OpenAI's Agents SDK in JavaScript
        case None:
            return ""
        case [_, *_] if None not in (datas := list(map(_data_of, value))):
            return "\n".join(map(result_text, datas))
        case [*parts] if media := next((part["type"] for part in parts if member(part, "type") in PART.media), None):
            raise UnreadableError(f".content: a tool's result holds a part of type {media!r}; only text can be used")
    return json.dumps(value, ensure_ascii=False)


def _data_of(part: Json) -> Json:
    """Return the data of a part of a tool's result as Kiro and Cohere write it; None for any other part."""
    match part:
        case {"kind": _, "data": data} | {"document": {"data": data}}:
            return data
    return None


def _is_result_part(part: Json) -> bool:
    return any(key in object_of(part) for key in RESULT.part)
