"""The earlier turns of a prompt: calls that fit the tools, and results that answer a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rewards import Toolset
from rewards.strict_json import MalformedJsonError, decode
from rlvr.data.lint.findings import Finding
from rlvr.data.lint.reading import Read
from rlvr.files import Json
from rlvr.records.message import calls_of, function_of


def findings(row: Read) -> Iterator[Finding]:
    """Hold earlier calls against the tools, and tool results against the calls that they answer."""
    open_ids: set[Json] = set()
    has_called = False
    for message in row.prompt:
        for call in calls_of(message):
            has_called = True
            if isinstance(call, Mapping):
                open_ids.add(call.get("id"))
            if complaint := _complaint_of(call, row.offered.tools):
                yield Finding("bad_history", complaint)
                return
        if message["role"] == "tool":
            given = message.get("tool_call_id")
            if not has_called or (given is not None and open_ids - {None} and given not in open_ids):
                yield Finding("bad_history", "a tool result answers no call")
                return


def _complaint_of(call: Json, tools: Toolset) -> str | None:
    function = function_of(call)
    if not isinstance(function.get("name"), str):
        return "an earlier call has no name"
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments or "{}")
        except MalformedJsonError as error:
            return f"the arguments of an earlier call of {function['name']!r} are not JSON: {error}"
    if function["name"] not in tools:
        return f"an earlier call is of {function['name']!r}, which is not offered"
    return None if arguments is None or isinstance(arguments, dict) else "an earlier call's arguments are no object"
