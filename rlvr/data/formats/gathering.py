"""Records that a file has in pieces, put together: a message, an event or the half of a run a line.

Everything else passes through as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from rlvr.data.formats import assistants, realtime, saved, vscode
from rlvr.data.formats.exchanges import halves_of
from rlvr.data.formats.messages import is_event_of_openhands, is_message
from rlvr.data.formats.parts import looks_like_call
from rlvr.data.formats.records import Record
from rlvr.data.formats.spelled import role_named
from rlvr.data.json_values import first_of, list_of, member, object_of, text_in, without_nulls
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where

_LOOKED_AT = 100  # records that tell what a file holds
_HALVES = {"start": "request", "end": "response"}  # of ATOF's scopes
_KEYS_OF_EVENTS = ({"sessionId"}, {"timestamp", "type", "payload"}, {"timestamp", "type", "data"}, {"type", "tool_id"})
_KEYS_OF_STEPS = ({"atof_version"}, {"event", "run_id", "data", "tags"})  # of ATOF, of LangChain: what is no call
_COMPACTED = ("compacted", "compaction")  # Codex, Pi
_STARTED, _CALLS, _CALL_ID = "tool.execution_start", "toolRequests", "toolCallId"  # Copilot
_NAMES, _PARENTS = ("uuid", "id"), ("parentUuid", "parentId")
_SESSIONS = (
    "sessionId",
    "session_id",
    "conversation_id",
    "conversationId",
    "thread_id",
    "chat_id",
    "completion_id",
    "trace_id",
)


def gathered(records: Iterator[Record]) -> Iterator[Record]:
    """Return the records of a file, those that stand in pieces put together."""
    head = list(itertools.islice(records, _LOOKED_AT))
    records = itertools.chain(head, records)
    values = [value for _, value in head if not isinstance(value, RowError)]
    for key, is_piece in _PIECES_OF_ONE.items():
        if any(map(is_piece, values)):
            return _as_one(records, key)
    n_spoken = sum(_line_message(value) is not None for value in values)
    n_events = sum(map(_is_line_of_session, values))
    if n_spoken > 1 and max(n_spoken, n_events) >= len(values) / 2:
        return _sessions(records)
    return _calls(records) if any(map(_pieces, values)) else records


def is_turn_of_adk(value: Json) -> bool:
    """Tell whether a record is a turn of an evaluation of ADK's first form, whose files are lists of them."""
    return isinstance(member(value, "query"), str) and isinstance(member(value, "expected_tool_use"), list)


_ASIDE = "said by a sub-agent in the midst of another conversation"
_PIECES_OF_ONE = {
    "history": is_event_of_openhands,
    "data": is_turn_of_adk,
    realtime.EVENTS: realtime.is_event,
    assistants.OBJECTS: assistants.is_object,
    vscode.CHANGES: vscode.is_change,
    saved.EVENTS: saved.is_event_of_opencode,
}
"""Where a file is one record in pieces: the key to put them under, and what tells a piece."""


def _as_one(records: Iterable[Record], key: str) -> Iterator[Record]:
    """Yield what the records of a file are together, at the first of them, and then what cannot be read."""
    pieces: list[Record] = []
    unread: list[Record] = []
    for record in records:
        (pieces if isinstance(record[1], Mapping) else unread).append(record)
    yield pieces[0][0], {key: [piece for _, piece in pieces]}
    yield from unread


def _is_line_of_session(value: Json) -> bool:
    """Tell whether a record is an event of a session, of which a file has one a line."""
    return any(map(object_of(value).keys().__ge__, _KEYS_OF_EVENTS))


def _sessions(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the conversations of each run of lines of one session, and a reason for what its sub-agents said."""
    lines = (record for record in records if _tells(record[1]))
    for _, run in itertools.groupby(lines, lambda record: first_of(record[1], _SESSIONS)):
        sides: dict[bool, list[Record]] = {False: [], True: []}
        for record in run:
            sides[_is_of_sub_agent(record[1])].append(record)
        yield from filter(_is_spoken, _conversations(sides[False] or sides[True]))
        if sides[False]:
            yield from ((where, where.error("isSidechain", _ASIDE)) for where, _ in sides[True])


def _tells(line: Json) -> bool:
    """Tell whether a line holds a message, is a call by itself, or is one of the tree that messages stand in."""
    if _line_message(line) is not None or looks_like_call(line) or "uuid" in object_of(line):
        return True
    return member(line, "type") in (*_COMPACTED, _STARTED)


def _is_spoken(conversation: Record) -> bool:
    return bool(conversation[1]["messages"])


def _is_compaction(line: Json) -> bool:
    return member(line, "type") in _COMPACTED


def _is_of_sub_agent(line: JsonMapping) -> bool:
    return line.get("isSidechain") is True or member(line.get("data"), "parentToolCallId") is not None


def _conversations(lines: list[Record]) -> Iterator[Record]:
    """Yield what is said in lines of a session, each time from where the agent's memory was made shorter.

    A request that goes back to an earlier line takes the place of what came after that.
    """
    begun, messages = lines[0][0], list[Json]()
    lengths: dict[Json, int] = {}  # how many messages there are at each line, by its name
    for where, line in _with_starts(lines):
        if _is_compaction(line) or line.get("isCompactSummary") is True:
            yield begun, {"messages": messages}
            begun, messages = where, list_of(member(line.get("payload"), "replacement_history"))
        message = line if looks_like_call(line) else _line_message(line)
        if _is_asked(message):
            del messages[lengths.get(first_of(line, _PARENTS, str), len(messages)) :]
        if messages and _continues(messages[-1], message):
            message = {**message, "content": [*messages.pop()["content"], *message["content"]]}
        messages += filter(None, [message])
        lengths[first_of(line, _NAMES, str) or where] = len(messages)
    yield begun, {"messages": messages}


def _with_starts(lines: list[Record]) -> list[Record]:
    """Return lines of a session of Copilot's, in which calls that a message requests have the arguments with which they
    started, and those that none requests are turns."""
    started = [object_of(line.get("data")) for _, line in lines if line.get("type") == _STARTED]
    starts = {text_in(call, _CALL_ID): call for call in started}
    told: list[Record] = []
    for where, line in lines:
        data = object_of(line.get("data"))
        if line.get("type") != _STARTED:
            calls = [
                {**starts.pop(text_in(call, _CALL_ID), {}), **object_of(call)} for call in list_of(data.get(_CALLS))
            ]
            told.append((where, {**line, "data": {**data, _CALLS: calls}} if calls else line))
        elif text_in(data, _CALL_ID) in starts:
            told.append((where, {"role": "assistant", "tool_calls": [data]}))
    return told


def _is_asked(message: Json) -> bool:
    """Tell whether a message of a session is one that its user wrote, and not the results of tools."""
    parts = list_of(member(message, "content"))
    return member(message, "role") == "user" and all(member(part, "type") != "tool_result" for part in parts)


def _line_message(line: Json) -> Json:
    """Return the message that a line of a session holds, or is; None for any other line."""
    if not isinstance(line, Mapping) or line.get("isMeta") is True or "messages" in line:
        return None
    if _is_compaction(line):
        summary = line.get("summary") or member(line.get("payload"), "message")
        return {"role": "user", "content": summary} if summary else None
    if (turn := _turn_of_cursor(line)) is not None:
        return turn
    key = "payload" if line.get("type") == "response_item" else "message"  # Codex, Claude Code
    if not isinstance(line.get(key), Mapping):
        return line if is_message(line) or role_named(line.get("role")) else None
    speaker = line.get("role") or line.get("type")  # Cursor's transcripts say it beside the message
    message = {"role": speaker, **line[key]} if speaker in ("user", "assistant") else line[key]
    if line.get("isApiErrorMessage") is True:  # what Claude Code shows in place of an answer
        message = {**message, "weight": 0}
    return message if is_message(message) else None


def _turn_of_cursor(line: JsonMapping) -> Json:
    """Return the call that a line of Cursor's stream begins, or the result with which it ends; None for other lines."""
    match line:
        case {"type": "tool_call", "call_id": identity, "tool_call": Mapping() as call}:
            name, inner = next(iter(call.items()), ("", {}))
            if line.get("subtype") == "completed":
                return {"role": "tool", "tool_call_id": identity, "content": member(inner, "result")}
            return {"role": "assistant", "tool_calls": [{"id": identity, "name": name, **object_of(inner)}]}
    return None


def _continues(before: JsonMapping, message: Json) -> bool:
    """Tell whether a line holds more of the message of the line before, as Claude Code writes them."""
    identity, contents = member(message, "id"), (member(before, "content"), member(message, "content"))
    is_same = identity is not None and identity == member(before, "id")
    return is_same and all(isinstance(each, list) for each in contents)


def _pieces(value: Json) -> list[tuple[Json, JsonMapping]]:
    """Return the pieces of calls of a model that a record holds, each with what names its call.

    A body of LangSmith's `/runs/batch` has runs that begin, and what became of others; Braintrust writes a span anew
    for all that it learns of it; ATOF and LangChain have an event for the begin of a call and one for its end; a batch
    has its requests in one file and its answers in another.
    """
    match value:
        case {"post": _} | {"patch": _} if value.keys() <= {"post", "patch"}:
            runs = itertools.chain.from_iterable(map(list_of, value.values()))
            return [(first_of(run, ("dotted_order", "id"), str), run) for run in map(object_of, runs)]
        case {"id": str(name), "span_attributes": _} | {"id": str(name), "_is_merge": _}:
            return [(name, value)]
        case {"atof_version": _, "category": "llm", "uuid": str(name), "scope_category": str(half)}:
            return [(name, {_HALVES.get(half, half): value.get("data")})]
        case {"event": "on_chat_model_start" | "on_chat_model_end", "run_id": str(name), "data": Mapping() as sides}:
            return [(name, sides)]
        case {"custom_id": str(name)} if "messages" not in value and any(halves_of(value)):
            return [(name, value)]
    return []


def _calls(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the calls whose pieces a file holds, each at the place of its first piece and once it is whole."""
    waiting: dict[Json, tuple[Where, JsonObject]] = {}
    for where, value in records:
        pieces = _pieces(value)
        if not pieces and not any(map(object_of(value).keys().__ge__, _KEYS_OF_STEPS)):
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
