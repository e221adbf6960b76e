"""Logs that have a conversation in pieces: streamed responses, runs posted and patched, events, calls deep inside.

The forms are those of public files, by the source beside each; the values are made up.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import ToolCall
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.importing import read_any, read_file
from rlvr.errors import UserError
from rlvr.records.row import Row

SCHEMA = {"type": "object", "properties": {"origin": {"type": "string"}}, "required": ["origin"]}
TOOL = {"type": "function", "function": {"name": "find_train", "description": "Find trains.", "parameters": SCHEMA}}
CALL = ToolCall("find_train", {"origin": "Linz"})
TEXT = '{"origin": "Linz"}'
ASK, ANSWER = "Trains from Linz?", "There is none."
USER = {"role": "user", "content": ASK}
CALLED = {"role": "assistant", "content": "", "tool_calls": [
    {"id": "c1", "type": "function", "function": {"name": "find_train", "arguments": TEXT}}]}  # fmt: skip
ANSWERED = {"role": "assistant", "content": ANSWER}
REQUEST = {"messages": [USER], "tools": [TOOL], "stream": True}
COMPLETION = {"id": "x1", "choices": [{"index": 0, "message": CALLED}]}


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def delta(**members: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": members}]}


OPENAI_CHUNKS = [
    delta(role="assistant", content=""),
    delta(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "find_train", "arguments": ""}}]),
    delta(tool_calls=[{"index": 0, "function": {"arguments": TEXT[:7]}}]),
    delta(tool_calls=[{"index": 0, "function": {"arguments": TEXT[7:]}}]),
    {"choices": [], "usage": {"total_tokens": 9}},
]
SERVER_SENT = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in OPENAI_CHUNKS) + "data: [DONE]\n\n"
ANTHROPIC_EVENTS = [
    {"type": "message_start", "message": {"role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Look"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ing."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {
        "type": "tool_use", "id": "c1", "name": "find_train", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": TEXT[:9]}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": TEXT[9:]}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
]  # fmt: skip
GEMINI_CHUNKS = [
    {"candidates": [{"content": {"role": "model", "parts": [
        {"thoughtSignature": "c2ln", "functionCall": {"name": "find_train", "args": {"origin": "Linz"}}}]}}]},
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "", "thoughtSignature": "c2ln"}]}}]},
    {"candidates": [{"content": {"role": "model", "parts": [{"thoughtSignature": "c2ln"}]}}]},
]  # fmt: skip
RESPONSES_EVENTS = [
    {"type": "response.created", "response": {"output": []}},
    {"type": "response.completed", "response": {"output": [
        {"type": "function_call", "call_id": "c1", "name": "find_train", "arguments": TEXT}]}},
]  # fmt: skip
RECORDED = {"body": [{"__type__": "ChatCompletionChunk", "__data__": chunk} for chunk in OPENAI_CHUNKS]}


@pytest.mark.parametrize(
    "response",
    [OPENAI_CHUNKS, SERVER_SENT, ANTHROPIC_EVENTS, GEMINI_CHUNKS, RESPONSES_EVENTS, RECORDED],
    ids=["OpenAI", "server-sent events", "Anthropic", "Gemini", "Responses", "recordings of Llama Stack"],
)
def test_a_streamed_response_gives_the_call_that_its_chunks_make_up(tmp_path: Path, response: Any) -> None:
    (row,), _ = read_any(written(tmp_path / "log.jsonl", {"request": REQUEST, "response": response}))
    assert row.ground_truth.calls == (CALL,)


def test_calls_that_are_streamed_at_one_index_stay_apart_by_their_ids(tmp_path: Path) -> None:
    """Ollama gives each call whole and at index 0."""
    calls = [
        {"index": 0, "id": f"c{n}", "function": {"name": "find_train", "arguments": json.dumps({"origin": city})}}
        for n, city in enumerate(["Linz", "Graz"])
    ]
    record = {"request": REQUEST, "response": [delta(tool_calls=[call]) for call in calls]}
    (row,), _ = read_any(written(tmp_path / "log.jsonl", record))
    assert [call.arguments["origin"] for call in row.ground_truth.calls] == ["Linz", "Graz"]


POSTED = {"id": "r1", "dotted_order": "20260101Zr1", "run_type": "llm", "inputs": REQUEST, "outputs": {}}
PATCHED = {"dotted_order": "20260101Zr1", "end_time": 2, "inputs": None, "outputs": COMPLETION}


@pytest.mark.parametrize(
    "batches",
    [
        [{"post": [POSTED], "patch": [PATCHED]}],
        [{"post": [POSTED]}, {"post": [], "patch": [PATCHED]}],
        [{"post": [{**POSTED, "outputs": COMPLETION}]}],
        [{"post": [], "patch": [{**POSTED, **PATCHED, "inputs": REQUEST}]}],
    ],
    ids=["one batch", "a later batch", "posted at its end", "patched alone"],
)
def test_a_run_of_langsmith_is_what_was_posted_and_patched(tmp_path: Path, batches: list[Any]) -> None:
    """Source: the bodies that LangSmith's SDKs send to `/runs/batch`."""
    (row,), _ = read_any(written(tmp_path / "batches.jsonl", *batches))
    assert (row.prompt, row.ground_truth.calls) == ([USER], (CALL,))


def test_a_run_of_a_chain_in_a_batch_is_named(tmp_path: Path) -> None:
    batch = {"post": [{**POSTED, "id": "r0", "dotted_order": "0", "run_type": "chain"}, POSTED], "patch": [PATCHED]}
    summary, outcomes = read_file(written(tmp_path / "batches.jsonl", batch))
    assert sum(isinstance(outcome, Row) for outcome in outcomes) == 1
    assert list(summary.rejected) == ["a run of a chain; those of a model's calls give rows"]


ANTHROPIC_BATCH = [
    {"custom_id": "a", "params": {"messages": [USER], "tools": [{"name": "find_train", "input_schema": SCHEMA}]}},
    {"custom_id": "a", "result": {"type": "succeeded", "message": {"role": "assistant", "content": [
        {"type": "tool_use", "id": "c1", "name": "find_train", "input": {"origin": "Linz"}}]}}},
]  # fmt: skip
OPENAI_BATCH = [
    {"custom_id": "b", "method": "POST", "url": "/v1/chat/completions", "body": REQUEST},
    {"id": "batch_req_1", "custom_id": "b", "response": {"status_code": 200, "body": COMPLETION}, "error": None},
]
BRAINTRUST = [
    {"id": "s", "span_id": "s", "span_attributes": {"type": "llm"}, "input": [USER],
     "metadata": {"invocation_params": {"tools": [TOOL]}}},
    {"id": "s", "_is_merge": True, "metrics": {"start": 0}},
    {"id": "s", "_is_merge": True, "output": {"generations": [[{"message": CALLED}]]}, "metadata": {"tags": []}},
    {"id": "s", "_is_merge": True, "metrics": {"end": 1}},
]  # fmt: skip
BEDROCK_BATCH = [{"recordId": "r", "modelInput": {"messages": [USER], "tools": [TOOL]}, "modelOutput": CALLED}]


@pytest.mark.parametrize(
    "lines",
    [OPENAI_BATCH, OPENAI_BATCH[::-1], ANTHROPIC_BATCH, BRAINTRUST, BEDROCK_BATCH],
    ids=["OpenAI's batch", "its answers first", "Anthropic's batch", "spans of Braintrust", "Bedrock's batch"],
)
def test_a_call_whose_request_and_answer_stand_apart_is_one(tmp_path: Path, lines: list[Any]) -> None:
    (row,), _ = read_any(written(tmp_path / "log.jsonl", *lines))
    assert (row.prompt, row.ground_truth.calls) == ([USER], (CALL,))
    assert row.tools[0]["function"]["parameters"] == SCHEMA


@pytest.mark.parametrize("half", [0, 1])
def test_one_file_of_a_batch_says_to_give_both(tmp_path: Path, half: int) -> None:
    with pytest.raises(UserError, match="custom_id: has a request or an answer alone; put both files of a batch into"):
        read_any(written(tmp_path / "batch.jsonl", OPENAI_BATCH[half]))


def test_a_conversation_with_an_id_of_its_maker_is_no_half(tmp_path: Path) -> None:
    (row,), _ = read_any(written(tmp_path / "data.jsonl", {"custom_id": "x", "messages": [USER, ANSWERED]}))
    assert row.ground_truth.text == ANSWER


@pytest.mark.parametrize(
    "contents", [ASK, {"text": ASK}, [ASK], [{"text": ASK}], {"role": "user", "parts": [{"text": ASK}]}]
)
def test_contents_of_gemini_in_any_form_of_its_sdks(tmp_path: Path, contents: Any) -> None:
    request = {"contents": contents, "config": {"tools": [{"functionDeclarations": [TOOL["function"]]}]}}
    (row,), _ = read_any(written(tmp_path / "log.jsonl", {"input": request, "output": GEMINI_CHUNKS[0]}))
    assert (row.prompt, row.ground_truth.calls) == ([USER], (CALL,))


def openhands(action: str, made_by: Any = None, source: str = "agent", **args: Any) -> dict[str, Any]:
    event = {"source": source, "message": "Running", "action": action, "args": args}
    return event if made_by is None else {**event, "tool_call_metadata": made_by}


MADE_BY = {"function_name": "find_train", "tool_call_id": "c1", "model_response": COMPLETION}
OPENHANDS = [
    openhands("system", content="Sell.", tools=[TOOL]),
    openhands("message", source="user", content=ASK),
    openhands("recall", source="user", query=ASK),
    {"source": "environment", "message": "Added", "observation": "recall", "content": "Added"},
    openhands("run", MADE_BY, command="x"),
    {"source": "agent", "message": "ok", "observation": "run", "content": "[]", "tool_call_metadata": MADE_BY},
    openhands("message", content=ANSWER),
]


@pytest.mark.parametrize("is_one_record", [True, False], ids=["output.jsonl", "a trajectory"])
def test_events_of_openhands_are_the_conversation_that_they_record(tmp_path: Path, is_one_record: bool) -> None:
    """Source: `openhands/events`; what tools gave was taken for what the agent said."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps({"history": OPENHANDS} if is_one_record else OPENHANDS))
    (called, answered), _ = read_any(path)
    assert called.ground_truth.calls == (CALL,)
    assert [message["role"] for message in answered.prompt] == ["system", "user", "assistant", "tool"]
    assert (answered.prompt[-1]["content"], answered.ground_truth.text) == ("[]", ANSWER)


def test_what_follows_an_action_whose_call_is_not_known_is_left_out(tmp_path: Path) -> None:
    events = [*OPENHANDS[:-1], openhands("run", command="ls"), OPENHANDS[-1]]
    (row,), _ = read_any(written(tmp_path / "output.jsonl", {"history": events}))
    assert row.ground_truth.calls == (CALL,)


SPAN = {
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": ASK,
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "find_train",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": TEXT,
    "llm.tools.0.tool.json_schema": json.dumps(TOOL),
}
VERCEL_TOOL = json.dumps({"type": "function", "name": "find_train", "inputSchema": SCHEMA})
INSPECT_CALL = {"id": "c1", "function": "find_train", "arguments": {"origin": "Linz"}}


@pytest.mark.parametrize(
    "record",
    [
        SPAN,
        {"attributes": {"ai.prompt.messages": [USER], "ai.prompt.tools": {"values": [{"stringValue": VERCEL_TOOL}]},
                        "ai.response.toolCalls": [{"toolCallId": "c1", "toolName": "find_train", "input": TEXT}]}},
        {"tools": [TOOL], "Messages": [
            {"role": "user", "content": [{"type": "text", "text": ASK}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Looking."}], "tool_calls": [INSPECT_CALL]}]},
        {"events": [{"event": "span_begin"}, {"event": "model", "input": [USER], "tools": [TOOL], "output": {
            "choices": [{"message": {"role": "assistant", "content": "", "tool_calls": [INSPECT_CALL]}}]}}]},
        {"contents": [{"role": "user", "parts": [{"text": ASK}]}, {"role": "model", "parts": [
            {"functionCall": {"name": "find_train", "args": {"origin": "Linz"}}, "thoughtSignature": "c2ln"}]}],
         "tools": [{"functionDeclarations": [TOOL["function"]]}]},
    ],
    ids=["OpenInference's attributes alone", "what is left of a list of OTLP", "EvalScope's predictions",
         "a model's event of Inspect", "Gemini 3's signatures"],
)  # fmt: skip
def test_a_call_with_its_tools_is_found(tmp_path: Path, record: Any) -> None:
    (row,), _ = read_any(written(tmp_path / "log.jsonl", record))
    assert row.ground_truth.calls == (CALL,)
    assert row.tools[0]["function"]["parameters"] == SCHEMA


def test_a_conversation_is_found_in_json_that_is_a_text(tmp_path: Path) -> None:
    """Source: contexts of LlamaIndex's workflows, whose memory is JSON in a text."""
    memory = {"value": {"store": {"chat_history": [USER, CALLED]}}}
    record = {"state": {"memory": json.dumps(memory), "note": "[not JSON"}, "tools": [TOOL]}
    (row,), _ = read_any(written(tmp_path / "context.jsonl", record))
    assert row.ground_truth.calls == (CALL,)


def test_one_conversation_that_cannot_be_read_leaves_the_others_of_its_document(tmp_path: Path) -> None:
    image = {"role": "assistant", "content": [{"type": "image_url"}]}
    summary, outcomes = read_file(written(tmp_path / "d.jsonl", {"chats": {"a": [USER, image], "b": [USER, ANSWERED]}}))
    assert [outcome.ground_truth.text for outcome in outcomes if isinstance(outcome, Row)] == [ANSWER]
    assert summary.n_rejected == 1


KIMI = [
    {"role": "_system_prompt", "content": "Sell."}, {"role": "_checkpoint", "id": "1"}, USER,
    {**CALLED, "content": [{"type": "think", "think": "Hm."}, {"type": "text", "text": "Looking."}]},
    {"role": "tool", "tool_call_id": "c1", "content": "[]"}, ANSWERED]  # fmt: skip
CLAUDE_CODE = [
    {"type": "user", "message": {"content": ASK}},
    {"type": "assistant", "message": {"content": [
        {"type": "tool_use", "id": "c1", "name": "find_train", "input": {"origin": "Linz"}}]}},
    {"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "c1", "content": "[]"}]}},
    {"type": "assistant", "message": {"content": [{"type": "text", "text": ANSWER}]}},
]  # fmt: skip


@pytest.mark.parametrize("lines", [KIMI, CLAUDE_CODE], ids=["Kimi CLI", "roles on the line alone"])
def test_a_session_of_a_coding_agent(tmp_path: Path, lines: list[Any]) -> None:
    _, outcomes = read_file(written(tmp_path / "session.jsonl", *lines), options=ReadOptions(tools=[TOOL]))
    called, answered = outcomes
    assert (called.ground_truth.calls, answered.ground_truth.text) == ((CALL,), ANSWER)


CALL_OF_LIST = {"role": "assistant", "tool_calls": [{"function": {"name": ["f"], "arguments": {"a": None}}}]}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": [USER, CALL_OF_LIST], "tools": 1.5, "reward_model": {"ground_truth": "x"}},
        {"prompt": [USER, CALL_OF_LIST], "tools": [{"name": ["f"], "parameters": {}}], "reward_model": {}},
        {"request": REQUEST, "response": [delta(tool_calls=[{"index": {}, "id": [], "function": {"arguments": 1}}])]},
        {"request": REQUEST, "response": [{"type": "content_block_start", "index": [], "content_block": 5}]},
        {"post": [{"dotted_order": ["x"], "inputs": REQUEST}], "patch": 5},
        {"post": [], "patch": [{"id": "r1", "end_time": 2}]},
        {"history": [{"source": 1, "action": "message", "args": 5, "tool_call_metadata": []}]},
    ],
)
def test_what_is_of_another_type_ends_in_one_line(tmp_path: Path, record: Any) -> None:
    with pytest.raises(UserError) as raised:
        read_any(written(tmp_path / "log.jsonl", record))
    assert "\n" not in str(raised.value)


NESTED = [{"name": "add", "arguments": {"a": 1}, "label": "$var_1"},
          {"name": "add", "arguments": {"a": "$var_1.result$"}, "label": "$var_2"}]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"user_question": ASK, "tools": [{"name": "add", "parameters": {"a": {"type": "int"}}}], "gold": NESTED},
         r"a call takes \$var_1.result\$, the result of another call, so it is a turn of its own"),
        ({"openapi": "3.1.0", "paths": {}}, "an OpenAPI document holds tools, which rlvr data tools reads"),
        ({"mcpServers": {}}, "as mcp:FILE"),
        (TOOL["function"], "these are tools, which rlvr data tools reads"),
        (COMPLETION, "gives rows with the messages that it answers"),
        ({"query": "Hi", "response": "Hello"}, "are a row once they are messages with roles"),
        ({"$schemaVersion": "1", "conversation_id": None, "current_step": 1}, "a record holds messages with roles"),
        ({"request": {"q": 1}, "response": {"ok": 1}}, "gives rows with the messages that it answers"),
        ({"inputs": {"q": 1}, "outputs": {"ok": 1}}, "a record holds messages with roles"),
        ({"hook_event_name": "stop", "conversation_id": "c"}, "transcript_path names the transcript"),
        ({"type": "text", "sessionID": "s", "part": {"type": "text", "text": "Hi."}}, "opencode export SESSION"),
        ({"type": "thread.started", "thread_id": "t"}, "the session in ~/.codex/sessions"),
        ({"object": "list", "data": [COMPLETION]}, "a record holds messages with roles"),
        ({"task": "Hi", "task_images": None}, "get_full_steps"),
        ({"agent_id": "a", "conversation_manager_state": {}}, "jq -s"),
    ],
    ids=["NESTFUL", "OpenAPI", "an MCP client", "a tool", "a response", "a text and its answer", "a state of an agent",
         "no messages", "no messages in runs", "a hook", "opencode run", "codex exec", "answers alone",
         "steps of smolagents", "Strands"],
)  # fmt: skip
def test_what_gives_no_rows_says_what_it_is(tmp_path: Path, record: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_any(written(tmp_path / "log.jsonl", record))
