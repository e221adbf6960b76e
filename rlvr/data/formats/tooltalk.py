"""ToolTalk's conversations, in which a turn of the assistant holds the calls before its text; tools come by tools=FILE.

What a user's device tells (where, when, who) stands beside the conversation and comes first in the prompt.
Source: Farn and Shin 2023, arXiv:2311.10775.
"""

from __future__ import annotations

from collections.abc import Iterator

from rlvr.data.formats.exchanges import rows_up_to
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.json_values import list_of, member, object_of
from rlvr.files import Json, JsonMapping, JsonObject, Where


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each call and each text of the assistant."""
    known = [f"{name}: {value}" for name, value in object_of(record.get("metadata")).items()]
    messages: list[Json] = [{"role": "system", "content": "\n".join(known)}] if known else []
    for turn in map(object_of, record["conversation"]):
        for api in map(object_of, list_of(turn.get("apis"))):
            messages += _call(api, f"call_{len(messages)}")
        messages.append({"role": turn.get("role"), "content": turn.get("text")})
    yield from rows_up_to(messages, None, "tooltalk", where, options, None)


def _call(api: JsonMapping, identity: str) -> Iterator[JsonObject]:
    """Yield the turn that makes a call, which is not learned from where it failed, and its result."""
    request, error = object_of(api.get("request")), api.get("exception")
    function = {"name": request.get("api_name"), "arguments": request.get("parameters")}
    call = {"id": identity, "type": "function", "function": function}
    yield {"role": "assistant", "content": "", "tool_calls": [call], "weight": int(error is None)}
    yield {"type": "function_call_output", "call_id": identity, "output": error or api.get("response")}


def _recognises(record: JsonMapping) -> bool:
    return any("apis" in object_of(turn) for turn in list_of(record.get("conversation"))) or (
        "apis_used" in record and isinstance(member(record, "conversation"), list)
    )


FORMAT = Format(
    name="tooltalk",
    summary="ToolTalk: conversations whose turns hold calls under apis",
    recognises=_recognises,
    read=read,
    keys=("conversation", "apis_used"),
)
