"""Traces: spans of OpenTelemetry's GenAI conventions, OpenInference, OpenLLMetry and MLflow; Langfuse's observations.

A span of a model's call holds the messages that went in and came out, and the tools; others are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations
from rlvr.data.formats.exchanges import exchange_in
from rlvr.data.formats.spelled import SPAN
from rlvr.data.json_values import first_of, json_or_python, list_of, member, object_of
from rlvr.files import Json, JsonMapping, JsonObject, Where

_CONVENTIONS = (
    ("gen_ai.input.messages", "gen_ai.output.messages"),
    ("llm.input_messages", "llm.output_messages"),
    ("gen_ai.prompt", "gen_ai.completion"),
    ("mlflow.chat.messages", ""),
    ("ai.prompt.messages", "ai.response"),  # the Vercel AI SDK
    ("events", ""),  # PydanticAI's older spans
)
"""Where each convention keeps messages in and out, as a list or under `.0`, `.1` and so on."""

_RAW = (
    ("mlflow.spanInputs", "mlflow.spanOutputs"),
    ("input.value", "output.value"),
    ("gen_ai.prompt", "gen_ai.completion"),
    ("langfuse.observation.input", "langfuse.observation.output"),
)
"""Where conventions keep the request and the response as they were sent."""

_MODEL_CALLS = ("GENERATION", "LLM")
_KINDS = ("openinference.span.kind", "gen_ai.operation.name")
_OF_AGENTS = frozenset(["CHAIN", "AGENT", "TOOL", "RETRIEVER", "invoke_agent", "invoke_workflow", "execute_tool"])
"""What spans say of themselves that are no calls of a model, whatever messages they hold."""
_SYSTEM = "gen_ai.system_instructions"
_NO_CALL = (
    "no span holds the messages of a model's call, as spans of tools and chains do not; if one should, tell tracing to "
    "record content"
)


def _calls(record: JsonMapping, where: Where) -> Exchanges:
    """Yield the conversation of each call of a model, once where several layers of a program have a span for it."""
    calls = [(span, exchange) for span in _spans(record) if (exchange := _exchange(span)) is not None]
    if not calls:
        yield where.error(None, _NO_CALL)
    offering = [span for span, exchange in calls if exchange.tools]
    ids = {first_of(span, SPAN.id, str | int) for span in offering} - {None}
    parents = {first_of(span, SPAN.parent, str | int) for span in offering} - {None}
    for span, exchange in calls:
        is_same_call = first_of(span, SPAN.id, str | int) in parents or first_of(span, SPAN.parent, str | int) in ids
        if exchange.tools or not is_same_call:
            yield exchange


def _spans(value: Json) -> Iterator[JsonMapping]:
    """Yield every span of a document, whatever it is wrapped in."""
    inner = list_of(value)
    if isinstance(value, Mapping):
        inner = [value[key] for key in SPAN.holders if isinstance(value.get(key), list | Mapping)]
        if not inner:
            yield value
    for part in inner:
        yield from _spans(part)


def _exchange(span: JsonMapping) -> Exchange | None:
    metadata = json_or_python(span.get("metadata"))
    if isinstance(metadata, Mapping):
        span = {**span, "metadata": metadata}
    attributes = _attributes(span.get("attributes")) or _columns(span)
    if not attributes:  # Langfuse keeps in its metadata those of a span of OpenTelemetry that it has taken in
        attributes = _attributes(json_or_python(member(metadata, "attributes")))
    for event in map(object_of, list_of(span.get("events"))):
        attributes = {**_attributes(event.get("attributes")), **attributes}
    nested = _nested(attributes)
    messages = _told_by_events(span, attributes)
    exchange = Exchange(messages) if messages else _conversation(span, attributes, nested)
    if exchange is None:
        return None
    system: Json = json_or_python(attributes.get(_SYSTEM))
    head = [{"role": "system", "content": system}] if system else []
    listed = (_messages(attributes, nested, key) for key in SPAN.tools)
    tools = list(map(_tool, next(filter(None, listed), []))) or exchange.tools
    return Exchange([*head, *exchange.messages], tools)


def _told_by_events(span: JsonMapping, attributes: JsonMapping) -> list[Json]:
    """Return the messages of a model's call that has an event for each, as OpenTelemetry had it before they were
    attributes; none of any other span."""
    messages: list[Json] = []
    if attributes.get("gen_ai.operation.name") != "chat":
        return messages
    for event in map(object_of, list_of(span.get("events"))):
        told = {key: json_or_python(value) for key, value in _attributes(event.get("attributes")).items()}
        match str(event.get("name")).split("."):
            case ["gen_ai", role, "message"]:
                messages.append({**told, "role": role})
            case ["gen_ai", "choice"]:
                answer = object_of(told.get("message")) or {"content": told.get("message")}
                messages.append({**answer, "role": "assistant"})
    return messages


def _conversation(span: JsonMapping, attributes: JsonObject, nested: JsonMapping) -> Exchange | None:
    """Return the messages of a model's call by the first convention that a span follows, else as it was sent."""
    if _OF_AGENTS.intersection(map(str, map(attributes.get, _KINDS))):
        return None
    for ins, outs in _CONVENTIONS:
        asked, answered = _messages(attributes, nested, ins), _messages(attributes, nested, outs)
        if asked and (answered or not outs):
            return Exchange([*asked, *answered])
        if asked:
            called = json_or_python(attributes.get("ai.response.toolCalls"))
            vercel = {"content": attributes.get("ai.response.text"), "tool_calls": called}
            answer = vercel if any(vercel.values()) else attributes.get("output.value", span.get("output"))
            return exchange_in({"input": asked, "output": answer})
    kind = first_of({**attributes, **span}, SPAN.kind, str)
    if str(kind or _MODEL_CALLS[0]).upper() not in _MODEL_CALLS or _is_hidden(attributes):
        return None
    for ins, outs in _RAW:
        if attributes.get(ins) is not None:
            exchange = exchange_in({"request": attributes[ins], "response": attributes.get(outs)})
            return exchange if exchange is not None and _has_answer(exchange) else None
    return exchange_in(span) if span.get("input") is not None else None


def _is_hidden(attributes: JsonMapping) -> bool:
    """Tell whether a word stands in the place of the JSON that went in, as where tracing hides it."""
    is_json = attributes.get("input.mime_type") == "application/json"
    return is_json and isinstance(json_or_python(attributes.get("input.value")), str)


def _columns(span: JsonMapping) -> JsonObject:
    """Return the attributes of a span that is a row of a table, as Phoenix exports them, or nothing but them."""
    prefixes = ("attributes.", *SPAN.prefix)
    return {key.removeprefix(prefixes[0]): value for key, value in span.items() if str(key).startswith(prefixes)}


def _has_answer(exchange: Exchange) -> bool:
    """Return whether a raw request was one to a model: inputs of other spans are functions' arguments."""
    first = exchange.messages[0]
    return isinstance(first, Mapping) and not isinstance(first.get("content"), Mapping)


def _attributes(value: Json) -> JsonObject:
    """Return a span's attributes by name: a mapping, or OTLP's list of keys and typed values."""
    if isinstance(value, Mapping):
        return {key: _otlp_value(item) if _is_typed(item) else item for key, item in value.items()}
    pairs = [item for item in list_of(value) if "key" in object_of(item)]
    return {str(item["key"]): _otlp_value(item.get("value")) for item in pairs}


def _is_typed(value: Json) -> bool:
    """Tell whether an attribute still has OTLP's word for its type around it, or what that leaves of a list."""
    keys = list(map(str, object_of(value)))
    return len(keys) == 1 and keys[0].endswith(("values", "Value", "_value"))


def _otlp_value(value: Json) -> Json:
    match value:
        case {"values": list(items)}:
            return list(map(_otlp_value, items))
        case {"arrayValue": Mapping() as inner} | {"array_value": Mapping() as inner}:
            return list(map(_otlp_value, list_of(inner.get("values"))))
        case {"kvlistValue": Mapping() as inner} | {"kvlist_value": Mapping() as inner}:
            return {item["key"]: _otlp_value(item.get("value")) for item in list_of(inner.get("values"))}
        case Mapping():
            return next(iter(value.values()), None)
    return value


def _messages(attributes: JsonMapping, nested: JsonMapping, key: str) -> list[Json]:
    if not key:
        return []
    value: Json = json_or_python(attributes.get(key))
    if value is None:
        value = nested
        for step in key.split("."):
            value = member(json_or_python(value), step)
    match _structured(json_or_python(value)):
        case {"parts": list()} as turn:  # Gemini CLI has the model's turn alone
            return [{"role": "assistant", **turn}]
        case list(messages):
            return messages
    return []


def _nested(attributes: JsonMapping) -> JsonObject:
    """Attributes with dots in their names as objects inside each other."""
    tree: JsonObject = {}
    for name, value in attributes.items():
        place, *rest = tree, *name.split(".")
        for step in rest[:-1]:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place.setdefault(rest[-1], value)
    return tree


def _structured(value: Json) -> Json:
    """Return the value with members of dotted names as objects inside each other, and what counts from 0 as lists."""
    if isinstance(value, list):
        return list(map(_structured, value))
    if not isinstance(value, dict):
        return value
    members = {str(key): _structured(item) for key, item in value.items()}
    if any("." in key for key in members):
        return _structured(_nested(members))
    if members and all(map(str.isdecimal, members)):
        return [members[key] for key in sorted(members, key=int)]
    return members


def _tool(tool: Json) -> Json:
    """Return a tool without OpenInference's wrapper."""
    inner = object_of(tool).get("tool", tool)
    return json_or_python(object_of(inner).get("json_schema", inner))


def _recognises(record: JsonMapping) -> bool:
    if first_of(record, ("resourceSpans", "resource_spans", "spans", "llmSpans", "observations"), list) is not None:
        return True
    if isinstance(member(record.get("data"), "spans"), list):
        return True
    names = _attributes(record.get("attributes")) or _columns(record)
    return any(name.startswith(SPAN.prefix) for name in names)


FORMAT = conversations(
    name="traces",
    summary="spans of OpenTelemetry GenAI, OpenInference, OpenLLMetry and MLflow; observations of Langfuse",
    recognises=_recognises,
    find=_calls,
    keys=("resourceSpans", "spans", "observations", "attributes"),
)
