"""Records that a file has in pieces, put together: a message, an event or the half of a run a line.

Everything else passes through as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from rlvr.data.formats.messages import is_event_of_openhands, is_message
from rlvr.data.formats.records import Record
from rlvr.data.json_values import first_of, list_of, member, object_of, without_nulls
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, Where

_LOOKED_AT = 100  # records that tell what a file holds
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
    if any(map(_is_batch, values)):
        return _runs(records)
    return records


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
    is_item = message.get("type") in ("function_call", "function_call_output")
    return message if is_item or is_message(message) else None


def _continues(before: JsonMapping, message: JsonMapping) -> bool:
    """Tell whether a line holds more of the message of the line before, as Claude Code writes them."""
    is_same = message.get("id") is not None and message.get("id") == before.get("id")
    return is_same and isinstance(before.get("content"), list) and isinstance(message.get("content"), list)


def _is_batch(value: Json) -> bool:
    """Tell whether a record is a body of LangSmith's `/runs/batch`: runs that begin, and what became of others."""
    return bool(value) and isinstance(value, Mapping) and value.keys() <= {"post", "patch"}


def _runs(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the runs of LangSmith's batches: one that was posted waits for its patch, which a later batch may hold."""
    waiting: dict[Json, Record] = {}
    for where, value in records:
        if not _is_batch(value):
            yield where, value
            continue
        for run in map(object_of, list_of(value.get("post"))):
            waiting[_run_key(run)] = where, run
        for patch in map(object_of, list_of(value.get("patch"))):
            place, run = waiting.pop(_run_key(patch), (where, {}))
            yield _model_call(place, {**run, **without_nulls(patch)})
    for place, run in waiting.values():
        yield _model_call(place, run)


def _run_key(run: JsonMapping) -> Json:
    return first_of(run, ("dotted_order", "id"))


def _model_call(where: Where, run: JsonMapping) -> Record:
    kind = run.get("run_type", "llm")
    if kind == "llm":
        return where, run
    return where, where.error("run_type", f"a run of a {kind}; those of a model's calls give rows")
