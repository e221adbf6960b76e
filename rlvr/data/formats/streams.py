"""Responses that were logged as they were streamed, chunk by chunk, as the API gives them whole.

Source: the streaming references of OpenAI (chat completions and Responses), Anthropic, Gemini, Cohere and Ollama.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import chain

from rlvr.data.formats.messages import cut_off
from rlvr.data.json_values import first_of, items_of, list_of, member, object_of, parts_of
from rlvr.files import Json, JsonMapping, JsonObject

_STREAMED = re.compile(r"(?::.*\n\s*)*+(?:data|event|id):|\{.*\}\r?\n\{")  # OpenRouter's begin with comments
_DATA = re.compile(r"^(?:data: *)?(\{.*\})\s*$", re.MULTILINE)


def events_of(text: Json) -> list[Json]:
    """Return what server-sent events hold, or Ollama's lines of JSON, and none for any other value."""
    if not isinstance(text, str) or not _STREAMED.match(text):
        return []
    try:
        return list(map(json.loads, _DATA.findall(text)))
    except (ValueError, RecursionError):
        return []


def whole_response(chunks: Sequence[Json]) -> JsonObject | None:
    """Return the message, or the response, that chunks make up; None where a list holds no chunks."""
    mappings = [object_of(member(chunk, "__data__") or chunk) for chunk in chunks]  # Llama Stack names their types
    mappings = list(map(_in_openais_words, mappings))
    wholes = (read(mappings) for read in (_of_responses, _of_openai, _of_blocks, _of_gemini, _of_ollama))
    whole = next(filter(None, wholes), None)
    return None if whole is None else {**whole, **_end(mappings)}


def _end(chunks: Sequence[JsonMapping]) -> JsonObject:
    """Return why a response was cut off, which one of its last chunks says."""
    parts = list(chain.from_iterable(map(parts_of, chunks)))
    inner = chain.from_iterable(map(parts_of, parts))
    return next(filter(None, map(cut_off, filter(object_of, [*parts, *inner]))), {})


def _in_openais_words(chunk: JsonMapping) -> JsonMapping:
    """Return a chunk of Cohere's as OpenAI would stream it, and any other as it is."""
    message = member(chunk.get("delta"), "message")
    if not isinstance(message, Mapping):
        return chunk
    calls = [{**call, "index": chunk.get("index")} for call in items_of(message.get("tool_calls"))]
    return {"choices": [{"delta": {"content": member(message.get("content"), "text"), "tool_calls": calls}}]}


def _of_responses(events: Sequence[JsonMapping]) -> JsonObject:
    ends = (event for event in events if event.get("type") in ("response.completed", "response.incomplete"))
    return dict(object_of(next(ends, {}).get("response")))


def _of_openai(chunks: Sequence[JsonMapping]) -> JsonObject | None:
    """Return the message of OpenAI's deltas: a call begins with its id, and what follows at its index belongs to it."""
    choices = (object_of(next(iter(list_of(chunk.get("choices"))), None)) for chunk in chunks)
    deltas = [object_of(choice.get("delta", choice)) for choice in choices if choice]
    calls: dict[tuple[str, str], JsonObject] = {}
    ids: dict[str, str] = {}
    for call in (object_of(call) for delta in deltas for call in list_of(delta.get("tool_calls"))):
        index, function = str(call.get("index")), object_of(call.get("function"))
        ids[index] = str(call.get("id") or ids.get(index))
        whole = calls.setdefault((index, ids[index]), {"id": ids[index], **function, "arguments": ""})
        whole["arguments"] += str(function.get("arguments") or "")
    text = "".join(str(delta.get("content") or delta.get("text") or "") for delta in deltas)
    return {"role": "assistant", "content": text, "tool_calls": list(calls.values())} if deltas else None


def _of_blocks(events: Sequence[JsonMapping]) -> JsonObject | None:
    """Return the message of Anthropic's events, or Bedrock's: a block begins whole, and its text or the JSON of its
    input grows."""
    blocks: dict[str, JsonObject] = {}
    for event in events:
        event = first_of(event, ("contentBlockStart", "contentBlockDelta"), Mapping) or event
        index = first_of(event, ("index", "contentBlockIndex"))
        if index is None:
            continue
        begun, delta = (object_of(first_of(event, names)) for names in (("content_block", "start"), ("delta",)))
        kind = "tool_use" if "toolUse" in begun else "text"
        head = {"text": "", "json": "", "type": kind, **(object_of(begun.get("toolUse")) or begun)}
        block = blocks.setdefault(str(index), head)
        block["text"] += str(delta.get("text") or "")
        block["json"] += first_of({**delta, **object_of(delta.get("toolUse"))}, ("partial_json", "input"), str) or ""
    content = [{**block, "input": block["json"] or block.get("input")} for block in blocks.values()]
    return {"role": "assistant", "content": content} if content else None


def _of_gemini(chunks: Sequence[JsonMapping]) -> JsonObject | None:
    contents = [_first(chunk, "candidates", "content") for chunk in chunks]
    parts = [part for content in contents for part in list_of(content.get("parts"))]
    return {"role": "model", "parts": parts} if parts else None


def _of_ollama(chunks: Sequence[JsonMapping]) -> JsonObject | None:
    """Return the message of Ollama's chunks: texts that grow, of `chat` in a message, and calls that come whole."""
    if not all("done" in chunk for chunk in chunks):
        return None
    parts = [object_of(chunk.get("message", {"content": chunk.get("response")})) for chunk in chunks]
    calls = list(chain.from_iterable(list_of(part.get("tool_calls")) for part in parts))
    return {
        "role": "assistant",
        "content": "".join(str(part.get("content") or "") for part in parts),
        "tool_calls": calls,
    }


def _first(chunk: JsonMapping, key: str, inner: str) -> JsonMapping:
    """Return what the first choice of a chunk holds."""
    return object_of(next((member(choice, inner) for choice in list_of(chunk.get(key))), None))
