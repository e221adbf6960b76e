"""Steps of NVIDIA's NeMo Agent Toolkit, as its evaluations keep them: `workflow_output.json`.

Each call of a model begins with a step that holds its messages and its tools, and ends with one that holds the answer.
Source: `nat.data_models.intermediate_step`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rlvr.data.formats.exchanges import Exchange, exchange_in, rows_of_each
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.json_values import list_of, member, object_of, text_in
from rlvr.files import Json, JsonMapping, Where

_STEPS = "intermediate_steps"
_STARTS, _ENDS = "LLM_START", "LLM_END"


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant in each call of a model."""
    calls = list(_calls(record))
    if not calls:
        raise where.error(_STEPS, "no step holds the messages of a model's call (metadata.chat_inputs)")
    yield from rows_of_each(calls, "nat", where, options)


def _calls(record: JsonMapping) -> Iterator[Exchange]:
    """Yield the conversation of each call of a model whose answer is there."""
    asked: dict[Json, JsonMapping] = {}
    for payload in (object_of(member(step, "payload")) for step in list_of(record.get(_STEPS))):
        metadata = object_of(payload.get("metadata"))
        if payload.get("event_type") == _STARTS:
            asked[text_in(payload, "UUID")] = metadata
        elif payload.get("event_type") == _ENDS:
            request = asked.pop(text_in(payload, "UUID"), {})
            answer = metadata.get("chat_responses") or member(payload.get("data"), "output")
            exchange = exchange_in({"input": request.get("chat_inputs"), "output": answer})
            if exchange is not None:
                yield exchange._replace(tools=request.get("tools_schema"))


FORMAT = Format(
    name="nat",
    summary="steps of the NeMo Agent Toolkit: workflow_output.json",
    recognises=lambda record: any("payload" in object_of(step) for step in list_of(record.get(_STEPS))),
    read=read,
    is_repeating=True,
    keys=(_STEPS, "question", "generated_answer"),
)
