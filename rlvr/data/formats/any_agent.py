"""Traces of Mozilla's any-agent: the first call of a model holds the messages, what follows holds what is new.

Tools are there by their names alone, so they come by tools=FILE. Source: `any_agent.tracing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rlvr.data.formats.exchanges import rows_up_to
from rlvr.data.formats.messages import json_or_python
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions
from rlvr.data.json_values import list_of, member, object_of
from rlvr.files import Json, JsonMapping, JsonObject, Where

_OPERATION, _OUTPUT = "gen_ai.operation.name", "gen_ai.output"
_ASKS, _RUNS = "call_llm", "execute_tool"


def read(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    """Yield a row for each turn of the assistant."""
    messages: list[Json] = []
    for span in _spans(record):
        output = json_or_python(span.get(_OUTPUT))
        if span.get(_OPERATION) == _ASKS:
            messages += list_of(json_or_python(span.get("gen_ai.input.messages")))
            messages.append(_turn(output))
        elif span.get(_OPERATION) == _RUNS:
            messages.append({"type": "function_call_output", "call_id": "", "output": output})
    yield from rows_up_to(messages, None, "any_agent", where, options, None)


def _spans(record: JsonMapping) -> Iterator[JsonMapping]:
    """Yield the attributes of each span."""
    return (object_of(member(span, "attributes")) for span in list_of(record.get("spans")))


def _turn(output: Json) -> JsonObject:
    """Return a turn of the assistant: calls in a list, or a text."""
    if not list_of(output):
        return {"role": "assistant", "content": output if isinstance(output, str) else str(output)}
    calls = [{"name": member(call, "tool.name"), "args": member(call, "tool.args")} for call in list_of(output)]
    return {"role": "assistant", "content": "", "tool_calls": calls}


FORMAT = Format(
    name="any_agent",
    summary="traces of Mozilla's any-agent",
    recognises=lambda record: any(span.get(_OPERATION) == _ASKS and _OUTPUT in span for span in _spans(record)),
    read=read,
    keys=("spans", "final_output"),
)
