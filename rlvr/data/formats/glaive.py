"""Glaive function calling v2: functions as JSON objects in `system`, the conversation as one text in `chat`.

Arguments of a `<functioncall>` are JSON in single quotes, which makes the whole no JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rlvr.data.formats.conversation import Dialogue, decisions
from rlvr.data.formats.outcome import Format, ReadOptions
from rlvr.data.formats.records import decoded
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.xlam import call_in

if TYPE_CHECKING:
    from rewards import ToolCall
    from rlvr.errors import RowError
    from rlvr.files import Where
    from rlvr.records.preference import Preference
    from rlvr.records.row import Row

_TURN = re.compile(r"^\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*", re.MULTILINE)
_CALL = "<functioncall>"
_END = "<|endoftext|>"
_QUOTED = re.compile(r"\"arguments\"\s*:\s*'(.*)'\s*\}\s*$", re.DOTALL)
_NAME = re.compile(r"\"name\"\s*:\s*\"([^\"]+)\"")
_FIRST_FUNCTION = re.compile(r"^\s*\{", re.MULTILINE)


def read(record: Mapping[str, Any], where: Where, options: ReadOptions) -> Iterator[Row | Preference | RowError]:
    """Yield a row for each turn of the assistant."""
    system, tools = _system(str(record.get("system") or ""), where)
    tools = tools or options.tools
    chat = record.get("chat")
    if not isinstance(chat, str) or not (marks := list(_TURN.finditer(chat))):
        raise where.error("chat", "holds no turn; turns begin with USER:, ASSISTANT: and FUNCTION RESPONSE:")
    dialogue = Dialogue(system)
    for index, mark in enumerate(marks):
        end = marks[index + 1].start() if index + 1 < len(marks) else len(chat)
        text = chat[mark.end() : end].replace(_END, "").strip()
        if mark[1] == "USER":
            dialogue.say("user", text)
        elif mark[1] == "FUNCTION RESPONSE":
            dialogue.result(text)
        elif _CALL in text:
            said, _, call = text.partition(_CALL)
            dialogue.call([_call(call, where)], said.strip())
        else:
            dialogue.say("assistant", text)
    yield from decisions(dialogue.messages, tools, {"source": "glaive", "line": where.line}, where)


def _call(text: str, where: Where) -> ToolCall:
    text = text.strip()
    quoted, name = _QUOTED.search(text), _NAME.search(text)
    if quoted and name:
        arguments = decoded(quoted[1].replace("\\'", "'"), "chat", where)
        return call_in({"name": name[1], "arguments": arguments}, where, "chat")
    value = decoded(text, "chat", where)
    if isinstance(value, Mapping):
        value = {"arguments": {}, **value}
    return call_in(value, where, "chat")


def _system(text: str, where: Where) -> tuple[str, list[dict[str, Any]]]:
    text = text.removeprefix("SYSTEM:").strip()
    match = _FIRST_FUNCTION.search(text)
    if match is None:
        return text, []
    prose, position = text[: match.start()].strip(), match.end() - 1
    functions = []
    while position < len(text):
        try:
            function, position = json.JSONDecoder().raw_decode(text, position)
        except ValueError as error:
            raise where.error("system", f"a function is not JSON: {error}") from None
        functions.append(function)
        rest = text[position:]
        position += len(rest) - len(rest.lstrip(" \t\r\n,"))
    without_offer = re.sub(r"\s*with access to the following functions.*$", ".", prose, flags=re.DOTALL)
    return without_offer, tools_of(functions, where, "system")


FORMAT = Format(
    name="glaive",
    summary="Glaive function calling v2: system and chat",
    recognises=lambda record: "chat" in record and "system" in record,
    read=read,
    keys=("system", "chat"),
)
