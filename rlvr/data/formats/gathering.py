"""Records that a file has in pieces, put together: a message, an event or the half of a run a line.

Everything else passes through as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from rlvr.data.formats.exchanges import halves_of
from rlvr.data.formats.messages import is_event_of_openhands, is_message
from rlvr.data.formats.records import Record
from rlvr.data.json_values import first_of, list_of, member, object_of, without_nulls
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where

_LOOKED_AT = 100  # records that tell what a file holds
_HALVES = {"start": "request", "end": "response"}  # of ATOF's scopes
_SESSIONS = ("sessionId", "session_id", "conversation_id", "conversationId", "thread_id", "chat_id", "trace_id")


def gathered(records: Iterator[Record]) -> Iterator[Record]:
    """Return the records of a file, those that stand in pieces put together."""
    head = list(itertools.islice(records, _LOOKED_AT))
    records = itertools.chain(head, records)
    values = [value for _, value in head if not isinstance(value, RowError)]
    if any(map(is_event_of_openhands, values)):
        return _as_one(records, "history")
    n_lines = sum(map(_is_line_of_session, values))
    if n_lines > 1 and n_lines >= len(values) / 2:
        return _sessions(records)
    if values and all(map(is_turn_of_adk, values)):
        return _as_one(records, "data")
    return _calls(records) if any(map(_pieces, values)) else records


def is_turn_of_adk(value: Json) -> bool:
    """Tell whether a record is a turn of an evaluation of ADK's first form, whose files are lists of them."""
    return isinstance(member(value, "query"), str) and isinstance(member(value, "expected_tool_use"), list)


def _as_one(records: Iterable[Record], key: str) -> Iterator[Record]:
    """Yield what the records of a file are together, at the first of them, and then what cannot be read."""
    pieces: list[Record] = []
    unread: list[Record] = []
    for record in records:
        (pieces if isinstance(record[1], Mapping) else unread).append(record)
    yield pieces[0][0], {key: [piece for _, piece in pieces]}
    yield from unread


def _is_line_of_session(value: Json) -> bool:
    """Tell whether a record is a message or an event of a session, of which a file has one a line."""
    return "sessionId" in object_of(value) or _line_message(value) is not None


def _sessions(records: Iterable[Record]) -> Iterator[Record]:
    """Yield a conversation for each run of lines of one session, at the place of its first line."""
    spoken = (record for record in records if _line_message(record[1]) is not None)
    for _, run in itertools.groupby(spoken, lambda record: first_of(record[1], _SESSIONS)):
        (where, first), *lines = run
        messages = [_line_message(first)]
        for _, line in lines:
            message = _line_message(line)
            if _continues(messages[-1], message):
                message = {**message, "content": [*messages.pop()["content"], *message["content"]]}
            messages.append(message)
        yield where, {"messages": messages}


def _line_message(line: Json) -> Json:
    """Return the message that a line of a session holds, or is; None for any other line."""
    if not isinstance(line, Mapping) or line.get("isMeta") is True or "messages" in line:
        return None
    key = "payload" if line.get("type") == "response_item" else "message"  # Codex, Claude Code
    if not isinstance(line.get(key), Mapping):
        return line if is_message(line) else None
    message = {"role": line["type"], **line[key]} if line.get("type") in ("user", "assistant") else line[key]
    return message if is_message(message) else None


def _continues(before: JsonMapping, message: JsonMapping) -> bool:
    """Tell whether a line holds more of the message of the line before, as Claude Code writes them."""
    is_same = message.get("id") is not None and message.get("id") == before.get("id")
    return is_same and isinstance(before.get("content"), list) and isinstance(message.get("content"), list)


def _pieces(value: Json) -> list[tuple[Json, JsonMapping]]:
    """Return the pieces of calls of a model that a record holds, each with what names its call.

    A body of LangSmith's `/runs/batch` has runs that begin, and what became of others; Braintrust writes a span anew
    for all that it learns of it; ATOF has an event for the begin of a call and one for its end; a batch has its
    requests in one file and its answers in another.
    """
    match value:
        case {"post": _} | {"patch": _} if value.keys() <= {"post", "patch"}:
            runs = itertools.chain.from_iterable(map(list_of, value.values()))
            return [(first_of(run, ("dotted_order", "id"), str), run) for run in map(object_of, runs)]
        case {"id": str(name), "span_attributes": _} | {"id": str(name), "_is_merge": _}:
            return [(name, value)]
        case {"atof_version": _, "category": "llm", "uuid": str(name), "scope_category": str(half)}:
            return [(name, {_HALVES.get(half, half): value.get("data")})]
        case {"custom_id": str(name)} if "messages" not in value and any(halves_of(value)):
            return [(name, value)]
    return []


def _calls(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the calls whose pieces a file holds, each at the place of its first piece and once it is whole."""
    waiting: dict[Json, tuple[Where, JsonObject]] = {}
    for where, value in records:
        pieces = _pieces(value)
        if not pieces and "atof_version" not in object_of(value):
            yield where, value
        for name, piece in pieces:
            place, call = waiting.pop(name, (where, {}))
            call = _merged(call, piece)
            if all(halves_of(call)):
                yield _model_call(place, call)
            else:
                waiting[name] = place, call
    for place, call in waiting.values():
        if any(halves_of(call)):  # what is learned of a call later, such as its cost, may be all that is left
            yield _model_call(place, call)


def _merged(call: JsonMapping, piece: JsonMapping) -> JsonObject:
    inner = {key: {**object_of(call.get(key)), **item} for key, item in piece.items() if isinstance(item, Mapping)}
    return {**call, **without_nulls(piece), **inner}


def _model_call(where: Where, call: JsonObject) -> Record:
    """Return a call of a model; what else a file holds as the error that says what is missing, or what it is."""
    kind = call.get("run_type") or member(call.get("span_attributes"), "type") or "llm"
    if kind != "llm":
        return where, where.error(None, f"a run of a {kind}; those of a model's calls give rows")
    if "custom_id" in call and not all(halves_of(call)):
        return where, where.error("custom_id", _ONE_HALF)
    return where, call


_ONE_HALF = "has a request or an answer alone; put both files of a batch into one: cat REQUESTS ANSWERS > BOTH.jsonl"
