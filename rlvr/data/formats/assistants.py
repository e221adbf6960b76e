"""Threads of OpenAI's Assistants API: messages, and the runs and steps that hold what was called between them.

The API lists the newest first; a thread is read in the order in which its objects were created.
Source: the reference of the Assistants API, version 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations
from rlvr.data.formats.messages import HOSTED
from rlvr.data.json_values import list_of, member, object_of, parts_of, without_nulls
from rlvr.files import Json, JsonMapping, JsonObject, Where

OBJECTS = "objects"  # under which the objects of a file are put together, one of which stands on each line
_MESSAGE, _RUN, _STEP = "thread.message", "thread.run", "thread.run.step"
_ORDER = ("user", _RUN, _STEP, "assistant")  # of what was created in the same second
_MAX_DEPTH = 4
_UNTOLD = "the run offers tools and its steps are not in the file, so nothing says what it called"


def _threads(record: JsonMapping, where: Where) -> Exchanges:
    """Yield the conversation of each thread."""
    threads: dict[Json, list[JsonMapping]] = {}
    for item in _objects(record):
        threads.setdefault(str(item.get("thread_id")), []).append(item)
    for items in threads.values():
        ran = [str(item.get("id")) for item in items if item["object"] == _RUN and item.get("tools")]
        told = {str(item.get("run_id")) for item in items if item["object"] == _STEP}
        yield _exchange(items) if told.issuperset(ran) else where.error("steps", _UNTOLD)


def is_object(value: Json) -> bool:
    """Tell whether a value is an object of the Assistants API that tells what happened in a thread."""
    return member(value, "object") in (_MESSAGE, _RUN, _STEP)


def _objects(value: Json, depth: int = 0) -> Iterator[JsonMapping]:
    if is_object(value):
        yield value
    elif depth < _MAX_DEPTH:
        for part in parts_of(value):
            yield from _objects(part, depth + 1)


def _exchange(items: list[JsonMapping]) -> Exchange:
    """Return the conversation of one thread, with the instructions and the tools of its last run."""
    head: list[Json] = []
    tools: Json = None
    turns: list[Json] = []
    hosted: Json = None
    for item in sorted(items, key=_created):
        if item["object"] == _RUN:
            head = [{"role": "system", "content": item["instructions"]}] if item.get("instructions") else []
            tools = item.get("tools") or None
        elif item["object"] == _STEP:
            calls = list(map(object_of, list_of(member(item.get("step_details"), "tool_calls"))))
            turns += _turns(calls)
            hosted = next((call.get("type") for call in calls if "function" not in call), hosted)
        elif item.get("role") == "assistant":
            turns.append(without_nulls({"role": "assistant", "content": _content(item), HOSTED: hosted}))
            hosted = None
        else:
            turns.append({"role": item.get("role"), "content": _content(item)})
    return Exchange([*head, *turns], tools)


def _created(item: JsonMapping) -> tuple[float, int]:
    """Return a number that grows with the time when an object was created, and then with its place in a run."""
    time = item.get("created_at")
    kind = item.get("role") if item["object"] == _MESSAGE else item["object"]
    return time if isinstance(time, int | float) else 0, _ORDER.index(kind) if kind in _ORDER else 0


def _turns(calls: list[JsonMapping]) -> Iterator[JsonObject]:
    """Yield the turn that makes the calls of a step, and their results."""
    functions = [call for call in calls if "function" in call]
    if functions:
        yield {"role": "assistant", "content": "", "tool_calls": functions}
    for call in functions:
        output = member(call["function"], "output")
        if output is not None:
            yield {"role": "tool", "tool_call_id": str(call.get("id")), "content": output}


def _content(message: JsonMapping) -> list[Json]:
    """Return the parts of a message, whose texts stand in objects with their annotations."""
    parts = list(map(object_of, list_of(message.get("content"))))
    return [{**part, "text": member(part["text"], "value")} if "text" in part else part for part in parts]


FORMAT = conversations(
    name="assistants",
    summary="threads of OpenAI's Assistants API: messages, runs and their steps",
    recognises=lambda record: next(_objects(record), None) is not None,
    find=_threads,
    keys=("object", "thread_id"),
)
