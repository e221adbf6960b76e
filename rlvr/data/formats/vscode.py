"""Chat sessions of VS Code, as GitHub Copilot keeps them: requests with the rounds of calls that answer each.

A session is one JSON document, or since VS Code 1.108 the changes that make it up, one a line. What a tool did is shown
to its user, but the arguments of its call stand in the rounds alone; a session is read up to a request without them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain, takewhile

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations, early_end
from rlvr.data.json_values import first_of, list_of, member, object_of, parts_of
from rlvr.files import Json, JsonMapping, JsonObject, Where

CHANGES = "changes"  # under which the lines of a session's log are put together
_UNTOLD = "the arguments of its calls were not recorded, so the session is read up to there"
_ADD = 2  # the kind of change that adds to a list; others set a value, or delete it


def _session(record: JsonMapping, where: Where) -> Exchanges:
    session = _replayed(list_of(record[CHANGES]), where) if CHANGES in record else record
    requests = list(map(object_of, list_of(session.get("requests"))))
    told = list(takewhile(_is_told, requests))
    end = early_end(told, requests, where.error(f"requests[{len(told)}]", _UNTOLD))
    yield Exchange(list(chain.from_iterable(map(_turns, told))), end=end)


def _holds_requests(record: JsonMapping) -> bool:
    return any({"requestId", "message"} <= object_of(each).keys() for each in list_of(record.get("requests")))


def is_change(value: Json) -> bool:
    """Tell whether a record is the first line of a session's log, or a change that one of its later lines makes."""
    return isinstance(value, Mapping) and "kind" in value and "v" in value and value.keys() <= {"kind", "k", "v", "i"}


def _replayed(changes: list[Json], where: Where) -> JsonMapping:
    """Return the session that the lines of its log make up.

    Raises:
        RowError: a line changes what is not there.
    """
    root: JsonObject = {"session": {}}
    for change in map(object_of, changes):
        path = ["session", *list_of(change.get("k"))]
        try:
            _apply(root, path, change)
        except (KeyError, IndexError, TypeError):
            broken = f"{json.dumps(path[1:])[:80]} leads nowhere; the session's log is not whole"
            raise where.error("k", broken) from None
    return object_of(root["session"])


def _apply(root: JsonObject, path: list[Json], change: JsonMapping) -> None:
    *steps, last = path
    place: Json = root
    for step in steps:
        place = place[step]
    if change.get("kind") == _ADD:
        items = place.setdefault(last, []) if isinstance(place, dict) else place[last]
        items[change.get("i", len(items)) :] = list_of(change.get("v"))
    else:
        place[last] = change.get("v")


def _is_told(request: JsonMapping) -> bool:
    """Tell whether a request was answered without calls, or the rounds of its calls are there."""
    shown = (member(part, "kind") == "toolInvocationSerialized" for part in list_of(request.get("response")))
    return not any(shown) or any(list_of(member(each, "toolCalls")) for each in _rounds(request))


def _rounds(request: JsonMapping) -> list[Json]:
    return list_of(member(_metadata(request), "toolCallRounds"))


def _metadata(request: JsonMapping) -> Json:
    return member(request.get("result"), "metadata")


def _turns(request: JsonMapping) -> Iterator[JsonObject]:
    """Yield what was asked, and the rounds of calls and results up to the answer."""
    asked = request.get("message")
    yield {"role": "user", "content": first_of(asked, ("text",)) if isinstance(asked, Mapping) else asked}
    results = object_of(member(_metadata(request), "toolCallResults"))
    rounds = [object_of(each) for each in _rounds(request)]
    for each in rounds:
        calls = list_of(each.get("toolCalls"))
        yield {"role": "assistant", "content": each.get("response") or "", "tool_calls": calls}
        for identity in (str(member(call, "id")) for call in calls):
            yield {"role": "tool", "tool_call_id": identity, "content": "".join(_texts(results.get(identity)))}
    if not rounds:
        shown = [part for part in list_of(request.get("response")) if member(part, "kind") in (None, "markdownContent")]
        yield {"role": "assistant", "content": "".join(map(_shown, shown))}


def _shown(part: Json) -> str:
    """Return the text of a part that is shown to the user."""
    text = member(part, "value")
    return text if isinstance(text, str) else ""


def _texts(value: Json) -> Iterator[str]:
    """Yield the texts of a tool's result, which may be the tree of an element of a prompt."""
    for part in parts_of(value):
        if isinstance(part, str):
            continue
        text = first_of(object_of(part), ("text", "value"), str)
        if text is not None:
            yield text
        yield from _texts(part)


FORMAT = conversations(
    name="vscode",
    summary="chat sessions of VS Code, as GitHub Copilot keeps them",
    recognises=lambda record: CHANGES in record or _holds_requests(record),
    find=_session,
    is_repeating=False,
    keys=("requests", "responderUsername", "sessionId"),
)
