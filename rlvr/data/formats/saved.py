"""What chats and agents save: Amazon Q and Kiro CLI, LibreChat, Dify, OpenCode's events, OpenAI's Agents SDK.

Source: `ConversationState` of amazon-q-developer-cli, LibreChat's export of a conversation, Dify's API of an app's
messages, the event stream of OpenCode's server, `RunState` of the Agents SDK in Python and JavaScript.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations
from rlvr.data.formats.exchanges import request_messages, with_system
from rlvr.data.formats.messages import cut_off
from rlvr.data.json_values import (
    first_of,
    json_in,
    json_or_python,
    list_of,
    member,
    object_of,
    parts_of,
    text_in,
    without_nulls,
)
from rlvr.files import Json, JsonMapping, JsonObject, Where

EVENTS = "opencode"  # under which OpenCode's events are put together
_ASKED, _PENDING = ("original_input", "originalInput"), "tool_approval_item"
_THOUGHTS = "agent_thoughts"
_CHANGED = ("message.updated", "message.part.updated")
_CANCELLED = "CancelledToolUses"
_NOTHING: tuple[JsonMapping, JsonMapping] = {}, {}


def _amazon_q(record: JsonMapping, _: Where) -> Exchanges:
    """Yield what was said since the chat's memory was last made shorter, after the summary that took its place."""
    turns = list(map(_sides, list_of(record.get("history"))))
    messages = [{"role": "user", "content": summary} for summary in list_of(record.get("latest_summary"))[:1]]
    for sides, later in pairwise([*turns, _NOTHING]):
        messages += _turn_of_amazon_q(*sides, is_cancelled=_CANCELLED in object_of(later[0].get("content")))
    groups = chain.from_iterable(map(list_of, parts_of(record.get("tools"))))
    yield Exchange(messages, list(map(_tool_of_amazon_q, groups)) or None)


def _sides(entry: Json) -> tuple[JsonMapping, JsonMapping]:
    """Return what the user and the assistant did: in an object, or in older versions a pair."""
    match entry:
        case [user, assistant]:
            return object_of(user), object_of(assistant)
    return object_of(member(entry, "user")), object_of(member(entry, "assistant"))


def _turn_of_amazon_q(user: JsonMapping, assistant: JsonMapping, is_cancelled: bool) -> Iterator[Json]:
    """Yield the messages of one turn; calls that the user then cancelled are not to be learned."""
    for content in map(object_of, parts_of(user.get("content"))):
        for result in map(object_of, list_of(content.get("tool_use_results"))):
            text = "\n".join(map(_result_text, list_of(result.get("content"))))
            yield {"role": "tool", "tool_call_id": result.get("tool_use_id"), "content": text}
        if content.get("prompt") is not None:
            yield {"role": "user", "content": f"{user.get('additional_context') or ''}{content['prompt']}"}
    for answer in map(object_of, parts_of(assistant)):
        turn = {"role": "assistant", "content": answer.get("content"), "tool_calls": answer.get("tool_uses")}
        yield without_nulls({**turn, "weight": int(not is_cancelled)})


def _result_text(part: Json) -> str:
    value = first_of(object_of(part), ("Text", "Json"))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _tool_of_amazon_q(tool: Json) -> Json:
    spec = object_of(member(tool, "ToolSpecification"))
    return {**spec, "parameters": member(spec.get("input_schema"), "json")}


def _librechat(record: JsonMapping, _: Where) -> Exchanges:
    """Yield the branch of a conversation that its last message ends."""
    said = {str(message.get("messageId")): message for message in _below(record.get("messages"))}
    branch: list[Json] = []
    name = next(reversed(said), "")
    while name in said:
        message = said.pop(name)
        role = "user" if message.get("isCreatedByUser") else "assistant"
        content = list_of(message.get("content")) or message.get("text")
        branch.append({"role": role, "content": content, "weight": int(not message.get("error"))})
        name = str(message.get("parentMessageId"))
    yield Exchange(with_system(branch[::-1], text_in(record.get("options"), "promptPrefix") or ""))


def _below(messages: Json) -> Iterator[JsonMapping]:
    """Yield the messages of a list, each before those that stand in it."""
    waiting = list(reversed(list_of(messages)))
    while waiting:
        message = object_of(waiting.pop())
        yield message
        waiting += reversed(list_of(message.get("children")))


def _agents_sdk(record: JsonMapping, _: Where) -> Exchanges:
    """Yield what a run was given, and the items that it made; its state holds neither instructions nor all tools."""
    asked = request_messages(first_of(record, _ASKED))
    items = map(object_of, list_of(first_of(record, ("generated_items", "generatedItems"), list)))
    generated = [first_of(item, ("raw_item", "rawItem")) for item in items if item.get("type") != _PENDING]
    yield Exchange([*asked, *generated])


def _dify(record: JsonMapping, where: Where) -> Exchanges:
    """Yield what was asked in a conversation with an agent, and its thoughts, each of which is one turn."""
    messages: list[Json] = []
    for item in map(object_of, list_of(record.get("data"))):
        messages.append({"role": "user", "content": item.get("query")})
        thoughts = list(map(object_of, list_of(item.get(_THOUGHTS))))
        for thought in thoughts:
            messages += _turn_of_dify(thought, where)
        if not thoughts:
            messages.append({"role": "assistant", "content": item.get("answer")})
    yield Exchange(messages)


def _turn_of_dify(thought: JsonMapping, where: Where) -> Iterator[JsonObject]:
    """Yield the turn that a thought is, and the results of its calls, which stand by the names of their tools.

    Raises:
        RowError: it calls one tool twice, so that some of its calls are lost.
    """
    inputs, results = (object_of(json_in(str(thought.get(key)))) for key in ("tool_input", "observation"))
    called = list(filter(None, str(thought.get("tool") or "").split(";")))
    if len(inputs) < len(called):
        raise where.error(_THOUGHTS, "call a tool twice at once, of which only the last call is kept")
    ids = {name: f"{thought.get('id')}.{name}" for name in inputs}
    calls = [{"id": ids[name], "name": name, "arguments": arguments} for name, arguments in inputs.items()]
    yield {"role": "assistant", "content": thought.get("thought"), "tool_calls": calls}
    for name, result in results.items():
        yield {"role": "tool", "tool_call_id": ids.get(name), "content": result}


def _nodes_of_dify(record: JsonMapping, _: Where | None = None) -> Exchanges:
    """Yield what each node of a workflow asked a model, and its answer; such a node offers no tools."""
    listed = map(object_of, [record, record.get("data"), *list_of(record.get("data"))])
    for asked, outputs in (map(json_or_python, map(node.get, ("process_data", "outputs"))) for node in listed):
        answer = {"role": "assistant", "content": text_in(outputs, "text"), **cut_off(object_of(outputs))}
        if list_of(member(asked, "prompts")):
            yield Exchange([*asked["prompts"], answer])


def is_event_of_opencode(value: Json) -> bool:
    """Tell whether a value is an event of OpenCode that tells of a message, or of a part of one."""
    return member(value, "type") in _CHANGED


def _opencode(record: JsonMapping, _: Where) -> Exchanges:
    """Yield the conversation of each session, each message and part as the last event tells it."""
    sessions: dict[str, dict[str, JsonObject]] = {}
    for event in filter(is_event_of_opencode, list_of(record.get(EVENTS))):
        properties = object_of(event.get("properties"))
        info = first_of(properties, ("info", "part"), Mapping) or {}
        messages = sessions.setdefault(str(info.get("sessionID")), {})
        message = messages.setdefault(str(first_of(info, ("messageID", "id"))), {"parts": {}})
        if "part" in properties:
            message["parts"][str(info.get("id"))] = info
        elif info:
            message["info"] = info
    for messages in sessions.values():
        yield Exchange([{**message, "parts": list(message["parts"].values())} for message in messages.values()])


def _is_of_amazon_q(record: JsonMapping) -> bool:
    return any("content" in user for user, _ in map(_sides, list_of(record.get("history"))))


FORMATS = (
    conversations(
        name="amazonq",
        summary="chats that Amazon Q's and Kiro's command line save",
        recognises=_is_of_amazon_q,
        find=_amazon_q,
        is_repeating=False,
        keys=("conversation_id", "history", "valid_history_range"),
    ),
    conversations(
        name="librechat",
        summary="conversations that LibreChat exports",
        recognises=lambda record: any("isCreatedByUser" in object_of(each) for each in list_of(record.get("messages"))),
        find=_librechat,
        is_repeating=False,
        keys=("conversationId", "messages", "exportAt"),
    ),
    conversations(
        name="dify",
        summary="conversations with an agent, as Dify's API gives them",
        recognises=lambda record: any(_THOUGHTS in object_of(item) for item in list_of(record.get("data"))),
        find=_dify,
        is_repeating=False,
        keys=("data", _THOUGHTS),
    ),
    conversations(
        name="dify_nodes",
        summary="nodes of Dify's workflows that ask a model: executions, or the events of a run",
        recognises=lambda record: next(_nodes_of_dify(record), None) is not None,
        find=_nodes_of_dify,
        keys=("process_data", "outputs"),
    ),
    conversations(
        name="agents_sdk",
        summary="states of runs that OpenAI's Agents SDK saves",
        recognises=lambda record: first_of(record, _ASKED, str | list) is not None and "$schemaVersion" in record,
        find=_agents_sdk,
        is_repeating=False,
        keys=("$schemaVersion", "original_input", "generated_items"),
    ),
    conversations(
        name="opencode",
        summary="events of OpenCode's server",
        recognises=lambda record: any(map(is_event_of_opencode, list_of(record.get(EVENTS)))),
        find=_opencode,
        is_repeating=False,
        keys=("type", "properties"),
    ),
)
