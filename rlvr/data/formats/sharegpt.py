"""Conversations of `from` and `value`: APIGen-MT, LLaMA-Factory's tool data, Hermes function calling.

Turns may be of function_call and observation, or the assistant's text may write its calls out in a wire format. Tools
are in `tools`, or between `<tools>` tags of the system prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rewards import Toolset, wire
from rlvr.data.formats import toolace
from rlvr.data.formats.conversation import Dialogue, decisions
from rlvr.data.formats.messages import json_or_python
from rlvr.data.formats.outcome import Format, ReadOptions
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.system_tools import tools_in_system, with_json_calls
from rlvr.data.formats.xlam import call_in

if TYPE_CHECKING:
    from rewards.wire.completion import ParsedCompletion
    from rlvr.errors import RowError
    from rlvr.files import Where
    from rlvr.records.preference import Preference
    from rlvr.records.row import Row

_ASSISTANT = ("gpt", "assistant", "model", "bot")
_USER = ("human", "user")
_RESULT = ("observation", "tool", "tool_response", "function_response", "function")
_RESPONSE_TAGS = re.compile(r"\s*</?tool_response>\s*")


def read(record: Mapping[str, Any], where: Where, options: ReadOptions) -> Iterator[Row | Preference | RowError]:
    """Yield a row for each turn of the assistant."""
    turns = record.get("conversations")
    if not isinstance(turns, list) or not turns:
        raise where.error("conversations", "must be a non-empty list of turns")
    turns = [_turn(turn, where, f"conversations[{index}]") for index, turn in enumerate(turns)]
    system = str(record.get("system") or "")
    if turns[0][0] == "system":
        system = turns.pop(0)[1]
    tools = tools_of(record.get("tools"), where)
    if not tools:
        system, tools = _listed_tools(system, where)
    tools = tools or options.tools
    toolset = _toolset(tools, where)
    dialogue = Dialogue(system)
    for index, (role, text) in enumerate(turns):
        field = f"conversations[{index}]"
        if role == "function_call":
            value = json_or_python(text)
            items = value if isinstance(value, list) else [value]
            dialogue.call([call_in(item, where, field) for item in items])
        elif role in _RESULT:
            dialogue.result(_RESPONSE_TAGS.sub("", text))
        elif role in _ASSISTANT and _writes_calls(parsed := wire.parse(with_json_calls(text), tools=toolset)):
            dialogue.call(parsed.calls, parsed.text)
        elif role in _ASSISTANT or role in _USER:
            dialogue.say("assistant" if role in _ASSISTANT else "user", text)
        else:
            raise where.error(
                f"{field}.from", f"{role!r} is no role; there are: human, gpt, function_call, observation"
            )
    info = {"source": "sharegpt", "id": record.get("id", where.line)}
    yield from decisions(dialogue.messages, tools, info, where)


def _turn(turn: Any, where: Where, field: str) -> tuple[str, str]:
    if not isinstance(turn, Mapping):
        raise where.error(field, "is no turn: it needs 'from' and 'value'")
    role, text = turn.get("from", turn.get("role")), turn.get("value", turn.get("content"))
    if not isinstance(role, str) or not isinstance(text, str):
        raise where.error(field, "is no turn: it needs 'from' and 'value'")
    return role, text


def _toolset(tools: list[dict[str, Any]], where: Where) -> Toolset | None:
    try:
        return Toolset.of(tools)
    except ValueError as error:
        raise where.error("tools", str(error)) from None


def _listed_tools(system: str, where: Where) -> tuple[str, list[dict[str, Any]]]:
    """Return the system prompt and the tools that it lists, in the words of Qwen, Hermes or ToolACE."""
    prompt, tools = tools_in_system(system, where)
    return (prompt, tools) if tools or toolace.BEFORE_TOOLS not in system else toolace.split_system(system, where)


def _writes_calls(parsed: ParsedCompletion) -> bool:
    return bool(parsed.calls) and not parsed.malformed


FORMAT = Format(
    name="sharegpt",
    summary="conversations of from and value: APIGen-MT, LLaMA-Factory, Hermes function calling",
    recognises=lambda record: "conversations" in record,
    read=read,
    keys=("conversations", "tools"),
)
