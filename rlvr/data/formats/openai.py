"""OpenAI's fine-tuning data: `messages` and `tools`, one row for each turn of the assistant.

Source: OpenAI's guide to supervised fine-tuning: arguments are JSON strings; a turn of weight 0 is not learned from.
"""

from __future__ import annotations

from rlvr.data.formats.conversation import decisions, read_exchange
from rlvr.data.formats.exchanges import transcript_in
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.json_values import without
from rlvr.files import JsonMapping, Where
from rlvr.records.row import Row


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each decision. What `rlvr data export` added under `reward_model` and `extra_info` is taken
    over."""
    exchange = transcript_in(record, "messages")
    messages, tools, end = read_exchange(exchange, where, options)
    if end is None and record.get("reward_model") is not None and messages[-1]["role"] == "assistant":
        history = [without(message, "weight") for message in messages[:-1]]
        row = {key: record.get(key) for key in ("reward_model", "extra_info")}
        yield Row.from_json({"prompt": history, "tools": tools, **row}, where)
        return
    yield from decisions(messages, tools, {"source": "openai", "line": where.line}, where, end)


FORMAT = Format(
    name="openai",
    summary="messages and tools of OpenAI, Anthropic, Bedrock, LangChain, Vercel AI, ms-swift, LLaMA-Factory",
    recognises=lambda record: "messages" in record,
    read=read,
    is_repeating=True,
    keys=("messages", "tools"),
)
