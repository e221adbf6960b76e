"""Conversations turn by turn, without ids of calls: of `from` and `value`, or written as one text.

- sharegpt: APIGen-MT, LLaMA-Factory's tool data, Hermes function calling. Turns of function_call and observation, or
  calls that the assistant's text writes out in a wire format; tools in `tools` or in the system prompt.
- toolace: tools as JSON in the system prompt, calls as `[Name of tool(argument="value"), ...]`. Names hold spaces and
  slashes there, so calls are found by the names of the tools that are offered.
- glaive: Glaive function calling v2. Functions as JSON objects in `system`, the conversation as one text in `chat`; the
  arguments of a `<functioncall>` are JSON in single quotes, which makes the whole no JSON.
"""

from __future__ import annotations

import re

from rlvr.data.formats.conversation import rows_of
from rlvr.data.formats.exchanges import transcript_in
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.written import TOOLACE_LIST
from rlvr.files import JsonMapping, Where

_SPEAKER = r"(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*"
_TURN = re.compile(rf"^[^\S\n]*{_SPEAKER}", re.MULTILINE)
_TURN_IN_A_LINE = re.compile(rf"(?<!\S){_SPEAKER}")


def _read_turns(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant in a conversation of `from` and `value`."""
    exchange = transcript_in(record, "conversations")._replace(is_written=True)
    source = "toolace" if _is_toolace(record) else "sharegpt"
    info = {"source": source, "id": record.get("id", where.line)}
    yield from rows_of(exchange, info, where, options, "conversations")


def _is_toolace(record: JsonMapping) -> bool:
    return TOOLACE_LIST.search(str(record.get("system"))) is not None


def _read_chat(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant in a conversation that is one text."""
    chat = str(record.get("chat") or "").replace("<|endoftext|>", "").strip()
    turn = _TURN if "\n" in chat else _TURN_IN_A_LINE
    parts = turn.split(chat)[1:]
    if not parts:
        raise where.error("chat", "holds no turn; turns begin with USER:, ASSISTANT: and FUNCTION RESPONSE:")
    turns = [{"role": role, "content": text.strip()} for role, text in zip(parts[::2], parts[1::2], strict=True)]
    system = str(record.get("system") or "").removeprefix("SYSTEM:").strip()
    exchange = transcript_in({"system": system, "chat": turns}, "chat")._replace(is_written=True)
    yield from rows_of(exchange, {"source": "glaive", "id": where.line}, where, options, "chat")


FORMATS = (
    Format(
        name="glaive",
        summary="Glaive function calling v2: system and chat",
        recognises=lambda record: "chat" in record and "system" in record,
        read=_read_chat,
        keys=("system", "chat"),
    ),
    Format(
        name="toolace",
        summary="ToolACE: tools in the system prompt, calls as [Name(argument=value)]",
        recognises=lambda record: "conversations" in record and _is_toolace(record),
        read=_read_turns,
        keys=("system", "conversations"),
    ),
    Format(
        name="sharegpt",
        summary="conversations of from and value: APIGen-MT, LLaMA-Factory, Hermes function calling",
        recognises=lambda record: "conversations" in record,
        read=_read_turns,
        keys=("conversations", "tools"),
    ),
)
