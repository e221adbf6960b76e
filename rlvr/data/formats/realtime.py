"""Events of OpenAI's Realtime API, as clients and proxies log both directions of a session.

What was spoken is read by its transcript; a session is read up to what was spoken and not transcribed.
Source: the reference of the Realtime API's client and server events, its beta and its present names.
"""

from __future__ import annotations

from itertools import takewhile

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations, early_end
from rlvr.data.json_values import first_of, list_of, object_of, parts_of, text_in, without
from rlvr.files import Json, JsonMapping, JsonObject, Where

EVENTS = "events"  # under which the lines of a session are put together
_MARKS = ("session.created", "session.update", "conversation.item.", "input_audio_buffer.")
_PREFIXES = (*_MARKS, "response.")  # those of the Responses API's events are some of them
_SESSIONS = ("session.created", "session.updated", "session.update")
_ADDED = ("conversation.item.created", "conversation.item.added", "conversation.item.done")
_SAID = (
    "input_audio_transcription.completed",
    "transcript.done",
    "text.done",
)  # how events end that hold an item's words
_WORDS = ("text", "transcript")


def _session(record: JsonMapping, where: Where) -> Exchanges:
    session = _Session()
    for event in _events(record):
        session.take(event, where)
    items = list(session.items.values())
    heard = list(takewhile(_is_heard, items))
    end = where.error("item", "was spoken and not transcribed, so the session is read up to there")
    messages = list[Json](map(_message, heard))
    if heard and session.instructions:
        messages.insert(0, {"role": "system", "content": session.instructions})
    yield Exchange(messages, session.tools, early_end(heard, items, end))


def is_event(value: Json) -> bool:
    """Tell whether a value is an event of a session, or holds one beside when and which way it was sent."""
    return str(_event_in(value).get("type")).startswith(_MARKS)


def _event_in(value: Json) -> JsonMapping:
    """Return the event that a value is or holds; an empty object for any other value."""
    candidates = map(object_of, (value, *parts_of(object_of(value))))
    return next((each for each in candidates if str(each.get("type")).startswith(_PREFIXES)), {})


def _events(record: JsonMapping) -> list[JsonMapping]:
    listed = next((part for part in record.values() if any(map(is_event, list_of(part)))), None)
    return list(filter(None, map(_event_in, list_of(listed))))


class _Session:
    """What the events of a session tell: its instructions, its tools, and the items of its conversation in order."""

    def __init__(self) -> None:
        self.instructions: Json = None
        self.tools: Json = None
        self.items: dict[Json, JsonObject] = {}

    def take(self, event: JsonMapping, where: Where) -> None:
        """Take one event into account.

        Raises:
            RowError: the session offers other tools than before in the midst of the conversation.
        """
        kind, item = event.get("type"), object_of(event.get("item"))
        name, named = text_in(item, "id"), text_in(event, "item_id")
        if kind in _SESSIONS:
            self._configure(object_of(event.get("session")), where)
        elif kind in _ADDED or name in self.items:
            before = self.items.get(name, {})
            self.items[name] = {**before, **_with_words(item, before)}
        elif str(kind).endswith(_SAID) and named in self.items:
            words = str(first_of(event, _WORDS, str) or "").strip()
            self.items[named]["content"] = [{"type": "text", "text": words}]
        elif kind == "conversation.item.deleted":
            self.items.pop(named, None)

    def _configure(self, session: JsonMapping, where: Where) -> None:
        self.instructions = first_of(session, ("instructions",), str) or self.instructions
        tools = first_of(session, ("tools",), list)
        if self.items and tools is not None and tools != self.tools:
            raise where.error("session.tools", "change during the conversation; log each session to a file of its own")
        self.tools = self.tools if tools is None else tools


def _with_words(item: JsonMapping, before: JsonMapping) -> JsonMapping:
    """Return an item as an event gives it, which may leave out the words that an earlier one gave."""
    has_words = any(first_of(object_of(part), _WORDS, str) for part in list_of(item.get("content")))
    return item if has_words or "content" not in before else {**item, "content": before["content"]}


def _is_heard(item: JsonMapping) -> bool:
    """Tell whether every part of an item has words."""
    return all(first_of(object_of(part), _WORDS, str) for part in list_of(item.get("content")))


def _message(item: JsonMapping) -> JsonObject:
    """Return an item as a message of text, or the call or the result that it is, to which xAI gives a role."""
    if item.get("type") != "message":
        return without(item, "role")
    parts = [{"type": "text", "text": first_of(part, _WORDS, str)} for part in list_of(item.get("content"))]
    return {**item, "content": parts}


FORMAT = conversations(
    name="realtime",
    summary="events of OpenAI's Realtime API",
    recognises=lambda record: bool(_events(record)),
    find=_session,
    is_repeating=False,
    keys=("type", "event_id"),
)
