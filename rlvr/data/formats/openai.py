"""OpenAI's fine-tuning data: `messages` and `tools`, one row for each turn of the assistant.

Source: OpenAI's guide to supervised fine-tuning: arguments are JSON strings; a turn of weight 0 is not learned from.
"""

from __future__ import annotations

from rlvr.data.formats.conversation import decisions, messages_up_to
from rlvr.data.formats.exchanges import system_text, tools_among, tools_in
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.formats.schemas import tools_of
from rlvr.data.formats.system_tools import with_listed_tools
from rlvr.data.json_values import without
from rlvr.errors import RowError
from rlvr.files import JsonMapping, JsonObject, Where
from rlvr.records.message import Message
from rlvr.records.row import Row


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each decision. What `rlvr data export` added under `reward_model` and `extra_info` is taken
    over."""
    messages, tools, end = transcript(record, "messages", where, options)
    if end is None and record.get("reward_model") is not None and messages[-1]["role"] == "assistant":
        history = [without(message, "weight") for message in messages[:-1]]
        row = {key: record.get(key) for key in ("reward_model", "extra_info")}
        yield Row.from_json({"prompt": history, "tools": tools, **row}, where)
        return
    yield from decisions(messages, tools, {"source": "openai", "line": where.line}, where, end)


def transcript(
    record: JsonMapping, field: str, where: Where, options: ReadOptions
) -> tuple[list[Message], list[JsonObject], RowError | None]:
    """Return the messages and the tools of a record, with the system prompt that Anthropic and Bedrock keep apart, and
    why the messages end early, if they do.

    Tools are the record's own, those that its system prompt lists, or those of the options.

    Raises:
        RowError: either cannot be read.
    """
    named = record.get(field)
    tools = tools_of(tools_in(record) or (tools_among(named) if isinstance(named, list) else None), where)
    messages, end = messages_up_to(named, tools, where, field)
    if (system := system_text(record)) and messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": system})
    messages, tools = with_listed_tools(messages, tools, where)
    return messages, tools or options.tools, end


FORMAT = Format(
    name="openai",
    summary="messages and tools of OpenAI, Anthropic, Bedrock, LangChain, Vercel AI, ms-swift, LLaMA-Factory",
    recognises=lambda record: "messages" in record,
    read=read,
    keys=("messages", "tools"),
)
