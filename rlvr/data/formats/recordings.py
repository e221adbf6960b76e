"""Recorded traffic of a client: cassettes of VCR, in Python, Ruby and Go, and HAR files of browsers and proxies.

Each interaction is a request with its response; those to a model are read as `exchanges` reads them.
Source: the cassettes of vcrpy, VCR and go-vcr; the HTTP Archive format 1.2.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations
from rlvr.data.formats.exchanges import exchange_in
from rlvr.data.formats.streams import events_of
from rlvr.data.json_values import first_of, json_in, list_of, member, object_of, text_in
from rlvr.errors import RowError
from rlvr.files import MAX_LINE_BYTES, Json, JsonMapping, Where

_BODIES = ("postData", "content", "body")
_TEXTS = ("string", "text", "base64_string")
_GZIP = "H4sI"  # how base64 of gzip begins
_FIRST_FAILURE = 400


def _calls(record: JsonMapping, where: Where) -> Exchanges:
    """Yield the conversation of each interaction; a place is the interaction's number."""
    told: dict[Json, list[Json]] = {None: []}  # conversations by the id of the response that ends them
    for number, interaction in enumerate(map(object_of, _interactions(record)), start=1):
        place = Where(where.path, number)
        request, response = _body(interaction.get("request")), _body(interaction.get("response"))
        exchange = _exchange(request, response, _status(interaction.get("response")), place)
        if isinstance(exchange, Exchange):
            before = told.get(text_in(request, "previous_response_id"), [])
            exchange = exchange._replace(messages=_continued(before, exchange.messages), where=place)
            told.setdefault(text_in(response, "id"), exchange.messages)
        yield exchange


def _continued(before: list[Json], messages: list[Json]) -> list[Json]:
    """Return a conversation with what a request adds to it: instructions take the place of those that were given
    before, and some clients send all of it again."""
    n_instructions = sum(member(message, "role") == "system" for message in messages[:1])
    instructions, new = messages[:n_instructions], messages[n_instructions:]
    if instructions and before and member(before[0], "role") == "system":
        before = before[1:]
    if before and new[:1] == before[:1]:
        new = [message for message in new if message not in before]
    return [*instructions, *before, *new]


def _interactions(record: JsonMapping) -> list[Json]:
    listed = first_of(record, ("interactions", "http_interactions"), list) or member(record.get("log"), "entries")
    return list_of(listed)


def _exchange(request: Json, response: Json, status: int, place: Where) -> Exchange | RowError:
    """Return the conversation of a request and its response, or why they are none: it is no call of a model, the call
    failed, or its answer cannot be read."""
    if status >= _FIRST_FAILURE:
        return place.error("response", f"the server answered {status}, so there is nothing to learn from")
    asked = exchange_in({"request": request})
    if asked is None:
        return place.error("request", "holds no messages, so it is none to a model")
    exchange = exchange_in({"request": request, "response": response})
    if exchange is None or len(exchange.messages) == len(asked.messages):
        return place.error("response", "holds no answer that can be read")
    return exchange


def _status(response: Json) -> int:
    """Return the status of a response: a number, VCR's object, or go-vcr's text; 0 where it has none."""
    status = first_of(object_of(response), ("code", "status"))
    text = str(member(status, "code") or status)
    return int(text[:3]) if text[:3].isdecimal() else 0


def _body(side: Json) -> Json:
    """Return what a request or a response holds: JSON, or server-sent events; None where it is neither."""
    if "parsed_body" in object_of(side):  # as some have pytest-recording write it
        return side["parsed_body"]
    body = first_of(object_of(side), _BODIES)
    text = first_of(body, _TEXTS, str) if isinstance(body, Mapping) else body
    if not isinstance(text, str):
        return None
    is_base64 = member(body, "encoding") == "base64" or member(body, "base64_string") == text
    text = _unpacked(text) if is_base64 or text.startswith(_GZIP) else text
    value = events_of(text) or json_in(text)
    return None if isinstance(value, str) else value


def _unpacked(text: str) -> str:
    """Return what base64 stands for, gzip unpacked; empty where that is no text."""
    try:
        content = base64.b64decode(text)
        if text.startswith(_GZIP):
            content = zlib.decompressobj(wbits=31).decompress(content, MAX_LINE_BYTES)
        return content.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        return ""


FORMAT = conversations(
    name="recordings",
    summary="recorded traffic: cassettes of VCR (vcrpy, pytest-recording, go-vcr) and HAR files",
    recognises=lambda record: any(isinstance(member(item, "request"), Mapping) for item in _interactions(record)),
    find=_calls,
    are_apart=True,
    keys=("interactions", "log"),
)
