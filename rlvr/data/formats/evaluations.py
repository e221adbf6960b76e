"""What evaluations and toolkits write of the runs of agents: promptfoo, ToolTalk, the NeMo Agent Toolkit, any-agent.

Source: Farn and Shin 2023, arXiv:2311.10775; `nat.data_models.intermediate_step`; `any_agent.tracing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rlvr.data.formats.conversation import Exchange, Exchanges, conversations, rows_of_each
from rlvr.data.formats.exchanges import exchange_in, tools_in
from rlvr.data.formats.outcome import Format, Outcomes, ReadOptions, successful_score
from rlvr.data.json_values import json_or_python, list_of, member, object_of, text_in
from rlvr.errors import RowError
from rlvr.files import Json, JsonMapping, JsonObject, Where

_STEPS, _STARTS, _ENDS = "intermediate_steps", "LLM_START", "LLM_END"
_OPERATION, _OUTPUT, _ASKS, _RUNS = "gen_ai.operation.name", "gen_ai.output", "call_llm", "execute_tool"


def _read_promptfoo(record: JsonMapping, where: Where, options: ReadOptions) -> Outcomes:
    return rows_of_each(_answers(record, where, options), "promptfoo", where, options)


def _answers(record: JsonMapping, where: Where, options: ReadOptions) -> Exchanges:
    """Yield each prompt with its answer, if that passed its tests; a place is the result's number."""
    providers = map(object_of, list_of(member(record.get("config"), "providers")))
    tools = {text_in(provider, "id"): tools_in(provider) for provider in providers}
    for number, result in enumerate(map(object_of, _results(record)), start=1):
        place = Where(where.path, number)
        raw = member(result.get("prompt"), "raw")
        messages = json_or_python(raw)  # or what the user says
        request = messages if isinstance(messages, list | dict) else raw
        exchange = exchange_in({"request": request, "response": member(result.get("response"), "output")})
        try:
            successful_score(result, ("success",), place, options)
        except RowError as error:
            yield error
            continue
        if exchange is None:
            yield place.error("prompt.raw", "holds no messages")
        else:
            yield exchange._replace(tools=tools.get(text_in(result.get("provider"), "id")), where=place)


def _results(record: JsonMapping) -> list[Json]:
    return list_of(member(record.get("results"), "results"))


def _tooltalk(record: JsonMapping, _: Where) -> Exchanges:
    """Yield a conversation, first what the user's device tells; a turn of the assistant holds calls before its text."""
    known = [f"{name}: {value}" for name, value in object_of(record.get("metadata")).items()]
    messages: list[Json] = [{"role": "system", "content": "\n".join(known)}] if known else []
    for turn in map(object_of, record["conversation"]):
        for api in map(object_of, list_of(turn.get("apis"))):
            messages += _call(api, f"call_{len(messages)}")
        messages.append({"role": turn.get("role"), "content": turn.get("text")})
    yield Exchange(messages)


def _call(api: JsonMapping, identity: str) -> Iterator[JsonObject]:
    """Yield the turn that makes a call, which is not learned from where it failed, and its result."""
    request, error = object_of(api.get("request")), api.get("exception")
    call = {"id": identity, "name": request.get("api_name"), "arguments": request.get("parameters")}
    yield {"role": "assistant", "content": "", "toolCalls": [call], "weight": int(error is None)}
    yield {"type": "function_call_output", "call_id": identity, "output": error or api.get("response")}


def _is_of_tooltalk(record: JsonMapping) -> bool:
    turns = list_of(record.get("conversation"))
    return any("apis" in object_of(turn) for turn in turns) or ("apis_used" in record and bool(turns))


def _calls_of_nat(record: JsonMapping, where: Where) -> Exchanges:
    """Yield the conversation of each call of a model: a step holds its messages and tools, a later one its answer."""
    asked: dict[Json, JsonMapping] = {}
    n_calls = 0
    for payload in (object_of(member(step, "payload")) for step in list_of(record.get(_STEPS))):
        metadata = object_of(payload.get("metadata"))
        if payload.get("event_type") == _STARTS:
            asked[text_in(payload, "UUID")] = metadata
        elif payload.get("event_type") == _ENDS:
            request = asked.pop(text_in(payload, "UUID"), {})
            answer = metadata.get("chat_responses") or member(payload.get("data"), "output")
            exchange = exchange_in({"input": request.get("chat_inputs"), "output": answer})
            if exchange is not None:
                n_calls += 1
                yield exchange._replace(tools=request.get("tools_schema"))
    if not n_calls:
        yield where.error(_STEPS, "no step holds the messages of a model's call (metadata.chat_inputs)")


def _any_agent(record: JsonMapping, _: Where) -> Exchanges:
    """Yield a conversation: the first call of a model holds the messages, what follows holds what is new."""
    messages: list[Json] = []
    for span in _spans(record):
        output = json_or_python(span.get(_OUTPUT))
        if span.get(_OPERATION) == _RUNS:
            messages.append({"type": "function_call_output", "call_id": "", "output": output})
        elif span.get(_OPERATION) == _ASKS:
            calls = [{"name": member(call, "tool.name"), "args": member(call, "tool.args")} for call in list_of(output)]
            turn = {"toolCalls": calls} if calls else {"content": output if isinstance(output, str) else str(output)}
            messages += [*list_of(json_or_python(span.get("gen_ai.input.messages"))), {"role": "assistant", **turn}]
    yield Exchange(messages)


def _spans(record: JsonMapping) -> Iterator[JsonMapping]:
    return (object_of(member(span, "attributes")) for span in list_of(record.get("spans")))


FORMATS = (
    Format(
        name="promptfoo",
        summary="outputs of promptfoo's evaluations",
        recognises=lambda record: any("prompt" in object_of(result) for result in _results(record)),
        read=_read_promptfoo,
        is_repeating=True,
        keys=("evalId", "results", "config"),
    ),
    conversations(
        name="nat",
        summary="steps of the NeMo Agent Toolkit: workflow_output.json",
        recognises=lambda record: any("payload" in object_of(step) for step in list_of(record.get(_STEPS))),
        find=_calls_of_nat,
        keys=(_STEPS, "question", "generated_answer"),
    ),
    conversations(
        name="tooltalk",
        summary="ToolTalk: conversations whose turns hold calls under apis",
        recognises=_is_of_tooltalk,
        find=_tooltalk,
        keys=("conversation", "apis_used"),
        is_repeating=False,
    ),
    conversations(
        name="any_agent",
        summary="traces of Mozilla's any-agent",
        recognises=lambda record: any(span.get(_OPERATION) == _ASKS and _OUTPUT in span for span in _spans(record)),
        find=_any_agent,
        keys=("spans", "final_output"),
        is_repeating=False,
    ),
)
