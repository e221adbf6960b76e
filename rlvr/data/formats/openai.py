"""OpenAI's fine-tuning data: `messages` and `tools`, one row for each turn of the assistant.

Source: OpenAI's guide to supervised fine-tuning: arguments are JSON strings; a turn of weight 0 is not learned from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rlvr.data.formats.conversation import decisions, messages_of
from rlvr.data.formats.outcome import Format, Preference, ReadOptions
from rlvr.data.formats.schemas import tools_of
from rlvr.data.row import Row, Where

if TYPE_CHECKING:
    from rlvr.errors import RowError


def read(record: Mapping[str, Any], where: Where, options: ReadOptions) -> Iterator[Row | Preference | RowError]:
    """A row for each decision. What `rlvr data export` added under `reward_model` and `extra_info` is taken over."""
    given = record.get("tools")
    if given is None and record.get("functions") is not None:
        given = record["functions"]
    tools = tools_of(given, where) or options.tools
    messages = messages_of(record.get("messages"), tools, where)
    if record.get("reward_model") is not None and messages[-1]["role"] == "assistant":
        history = [{key: item for key, item in message.items() if key != "weight"} for message in messages[:-1]]
        row = {key: record.get(key) for key in ("reward_model", "extra_info")}
        yield Row.from_json({"prompt": history, "tools": tools, **row}, where)
        return
    yield from decisions(messages, tools, {"source": "openai", "line": where.line}, where)


FORMAT = Format(
    name="openai",
    summary="OpenAI fine-tuning: messages and tools; one row for each turn of the assistant",
    recognises=lambda record: "messages" in record,
    read=read,
)
