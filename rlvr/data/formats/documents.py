"""Conversations that stand deep inside of documents.

An evaluation log, a chat store or an agent's trajectory is one document with conversations somewhere in it: they are
found by their shape, and their tools beside or below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import filterfalse

from rlvr.data.formats.conversation import Exchange, conversations
from rlvr.data.formats.exchanges import nested_exchange, response_messages, tools_in
from rlvr.data.formats.gathering import is_turn_of_adk
from rlvr.data.formats.messages import is_event_of_openhands, is_message
from rlvr.data.json_values import first_of, json_in, list_of, member, object_of, parts_of
from rlvr.files import Json, JsonMapping

_TEXTS = ("content", "message", "text", "parts")
MAX_DEPTH = 8  # levels of a document that are looked into
_OPENHANDS_STEPS = ("change_agent_state", "recall", "condensation", "null")  # actions that the model did not choose


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
    if any(map(is_event_of_openhands, list_of(value))):
        yield _session_of_openhands(value)
        return
    if depth and (exchange := nested_exchange(value)) is not None:
        yield exchange._replace(tools=exchange.tools or tools)
        return
    tools = tools_in(value) or tools
    members = list(map(_unwritten, parts_of(value)))
    listed = list(filter(is_conversation, members))
    for conversation in listed:
        if not any(_says_more(longer, conversation) for longer in listed):
            yield Exchange(list(filterfalse(_is_silent, conversation)), tools or tools_below(value, depth))
    if not listed:
        for part in members:
            yield from exchanges(part, tools, depth + 1)


def _session_of_openhands(events: Sequence[Json]) -> Exchange:
    """Return the conversation that events of OpenHands record, up to the first action that no call is known of.

    An action keeps the completion that chose it, which stands there again for each further call that it makes.
    Source: OpenHands' event stream, `openhands/events`.
    """
    messages: list[Json] = []
    tools: Json = None
    completions: set[str] = set()
    for event in map(object_of, events):
        args, made_by = object_of(event.get("args")), object_of(event.get("tool_call_metadata"))
        text = args.get("content") or event.get("message")
        match event.get("action"):
            case "system":
                tools = args.get("tools")
                messages.append({"role": "system", "content": text})
            case "message":
                role = "user" if event.get("source") == "user" else "assistant"
                messages.append({"role": role, "content": text})
            case str() if made_by:
                completion = object_of(made_by.get("model_response"))
                if str(completion.get("id")) not in completions:
                    messages += response_messages(completion)
                completions.add(str(completion.get("id")))
            case str() if event.get("source") == "agent" and event["action"] not in _OPENHANDS_STEPS:
                break
            case None if made_by:
                identity = made_by.get("tool_call_id")
                messages.append({"role": "tool", "tool_call_id": identity, "content": event.get("content")})
    return Exchange(messages, tools)


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
            yield Exchange([*history, *asked, *_expected(turn, answer)])
            history += [*asked, *({**message, "weight": 0} for message in answer)]


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
    return list(filter(object_of, list_of(value)))


def _unwritten(value: Json) -> Json:
    """Return the value of a text that is JSON, as stores keep what agents remember; any other value as it is."""
    return json_in(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def is_conversation(value: Json) -> bool:
    """Tell whether a list holds messages and nothing else."""
    if not isinstance(value, list):
        return False
    messages = list(filterfalse(_is_silent, value))
    return len(messages) > 1 and all(map(is_message, messages))


def _is_silent(item: Json) -> bool:
    """Tell whether an item is an event of ADK without content, or a step of TapeAgents that is for the agent alone."""
    kind = str(member(item, "kind"))
    return kind.endswith(("_thought", "_node")) or (member(item, "author") is not None and not item.get("content"))


def _says_more(longer: list[Json], conversation: list[Json]) -> bool:
    """Tell whether a longer list of messages says all that a shorter one does, as of a transcript without its calls."""
    said = map(_said, longer)
    return len(longer) > len(conversation) and all(turn in said for turn in map(_said, conversation))


def _said(message: Json) -> tuple[Json, Json]:
    return first_of(message, ("role", "type", "source", "kind")), first_of(message, _TEXTS) or message


def tools_below(value: Json, depth: int = 0) -> Json:
    """Return the first tools that a document names further in, as the calls of an evaluation log do."""
    if depth > MAX_DEPTH:
        return None
    below = (tools_below(part, depth + 1) for part in parts_of(value))
    return tools_in(value) or next(filter(None, below), None)


FORMAT = conversations(
    name="documents",
    summary="conversations inside of evaluation logs, chat stores and trajectories; sessions with one message a line",
    recognises=lambda record: next(exchanges(record), None) is not None,
    find=lambda record, _: exchanges(record),
)
