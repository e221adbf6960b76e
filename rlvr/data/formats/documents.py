"""Conversations that stand deep inside of documents, or spread over the lines of a session.

An evaluation log, a chat store or an agent's trajectory is one document with conversations somewhere in it: they are
found by their shape, and their tools beside or below them. A session of a coding agent has one message a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import filterfalse

from rlvr.data.formats.exchanges import Exchange, rows_of, tools_in
from rlvr.data.formats.messages import is_message
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.records import Record
from rlvr.data.json_values import first_of, member, parts_of
from rlvr.files import Json, JsonMapping, Where

MAX_DEPTH = 8  # levels of a document that are looked into
_SESSIONS = ("sessionId", "session_id", "conversation_id", "conversationId", "thread_id", "chat_id", "trace_id")


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant in each conversation of a document."""
    for exchange in exchanges(record):
        yield from rows_of(exchange, "documents", where, options, {})


def exchanges(value: Json, tools: Json = None, depth: int = 0) -> Iterator[Exchange]:
    """Yield the conversations in a document, each with the tools that stand nearest."""
    if depth > MAX_DEPTH:
        return
    if isinstance(cases := member(value, "eval_cases"), list):
        yield from _evaluations(cases)
        return
    if isinstance(turns := member(value, "data"), list) and any(map(is_turn_of_adk, turns)):
        yield from _evaluations([{"conversation": turns}])
        return
    tools = tools_in(value) or tools
    members = parts_of(value)
    conversations = list(filter(is_conversation, members))
    for conversation in conversations:
        if not any(_begins(longer, conversation) for longer in conversations):
            yield Exchange(list(filterfalse(_is_silent, conversation)), tools or _tools_below(value, depth))
    if not conversations:
        for part in members:
            yield from exchanges(part, tools, depth + 1)


def _evaluations(cases: list[Json]) -> Iterator[Exchange]:
    """Yield what was asked, and what is expected then, for each turn of an evaluation set of ADK.

    Earlier turns are history only. Sets without events have no results of tools: a call is expected, but not what is
    said after it, and several calls could be one turn or many.
    """
    for case in _mappings(cases):
        history: list[Json] = []
        for turn in _mappings(case.get("conversation")):
            asked = _content("user", turn.get("user_content"), turn.get("query"))
            answer = _content("model", turn.get("final_response"), turn.get("reference"))
            yield Exchange([*history, *asked, *_expected(turn, answer)], None)
            history += [*asked, *({**message, "weight": 0} for message in answer)]


def is_turn_of_adk(value: Json) -> bool:
    """Tell whether a record is a turn of an evaluation of ADK's first form, whose files are lists of them."""
    return isinstance(member(value, "query"), str) and isinstance(member(value, "expected_tool_use"), list)


def session_of_adk(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the one session that the turns of a file are to ADK, at its first turn, and what cannot be read."""
    turns: list[Record] = []
    unread: list[Record] = []
    for record in records:
        (turns if isinstance(record[1], Mapping) else unread).append(record)
    yield turns[0][0], {"data": [turn for _, turn in turns]}
    yield from unread


def _content(role: str, content: Json, text: Json) -> list[JsonMapping]:
    """Return what one side says: a content, which may lack its role, or in ADK's first form a text."""
    if isinstance(content, Mapping):
        return [{"role": role, **content}]
    return [{"role": role, "parts": [{"text": text}]}] if text else []


def _expected(turn: JsonMapping, answer: list[JsonMapping]) -> list[JsonMapping]:
    """Return what a turn of an evaluation set expects of the model, as far as it is certain."""
    steps: Json = next(iter(_mappings([turn.get("intermediate_data")])), {})
    events, calls = (_mappings(steps.get(key)) for key in ("invocation_events", "tool_uses"))
    first_form = _mappings(turn.get("expected_tool_use"))
    calls += [{"name": use.get("tool_name"), "args": use.get("tool_input") or {}} for use in first_form]
    if events or not calls:
        return [*events, *answer]
    return [{"role": "model", "parts": [{"function_call": calls[0]}]}] if len(calls) == 1 else []


def _mappings(value: Json) -> list[JsonMapping]:
    return [item for item in value or () if isinstance(item, Mapping)]


def is_conversation(value: Json) -> bool:
    """Tell whether a list holds messages and nothing else."""
    if not isinstance(value, list):
        return False
    messages = list(filterfalse(_is_silent, value))
    return len(messages) > 1 and all(map(is_message, messages))


def _is_silent(item: Json) -> bool:
    """Tell whether an item is an event of ADK without content, such as a change of state."""
    return isinstance(item, Mapping) and "author" in item and not item.get("content")


def _begins(longer: list[Json], conversation: list[Json]) -> bool:
    return len(longer) > len(conversation) and longer[: len(conversation)] == conversation


def _tools_below(value: Json, depth: int) -> Json:
    """Return the first tools that a document names further in, as the calls of an evaluation log do."""
    if depth > MAX_DEPTH:
        return None
    below = (_tools_below(part, depth + 1) for part in parts_of(value))
    return tools_in(value) or next(filter(None, below), None)


def is_line_of_session(value: Json) -> bool:
    """Tell whether a record is a message or an event of a session, of which a file has one a line."""
    return isinstance(value, Mapping) and ("sessionId" in value or _line_message(value) is not None)


def sessions(records: Iterable[Record]) -> Iterator[Record]:
    """Yield a conversation for each run of lines of one session, at the place of its first line."""
    place: Where | None = None
    session: Json = None
    messages: list[Json] = []
    for where, value in records:
        message = _line_message(value) if isinstance(value, Mapping) else None
        if message is None:
            continue
        identity = first_of(value, _SESSIONS)
        if place is not None and identity != session:
            yield place, {"messages": messages}
            place, messages = None, []
        place, session = place or where, identity
        if messages and _continues(messages[-1], message):
            messages[-1] = {**message, "content": [*messages[-1]["content"], *message["content"]]}
        else:
            messages.append(message)
    if place is not None:
        yield place, {"messages": messages}


def _line_message(line: JsonMapping) -> JsonMapping | None:
    if line.get("isMeta") is True or "messages" in line:
        return None
    inner = line.get("payload") if line.get("type") == "response_item" else line.get("message")  # Codex, Claude Code
    message = inner if isinstance(inner, Mapping) else line
    is_item = inner is not None and message.get("type") in ("function_call", "function_call_output")
    return message if is_item or is_message(message) else None


def _continues(before: JsonMapping, message: JsonMapping) -> bool:
    """Tell whether a line holds more of the message of the line before, as Claude Code writes them."""
    is_same = message.get("id") is not None and message.get("id") == before.get("id")
    return is_same and isinstance(before.get("content"), list) and isinstance(message.get("content"), list)


FORMAT = Format(
    name="documents",
    summary="conversations inside of evaluation logs, chat stores and trajectories; sessions with one message a line",
    recognises=lambda record: next(exchanges(record), None) is not None,
    read=read,
    is_repeating=True,
)
