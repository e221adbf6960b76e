"""Logs as providers, proxies and tracing tools keep them: each gives the same call, and the same answer after it."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from rewards import ToolCall, wire
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.importing import import_files, read_any, read_file
from rlvr.errors import UserError

SCHEMA = {"type": "object", "properties": {"origin": {"type": "string"}}, "required": ["origin"]}
FUNCTION = {"name": "find_train", "description": "Find trains.", "parameters": SCHEMA}
TOOL = {"type": "function", "function": FUNCTION}
ARGUMENTS = {"origin": "Linz"}
CALL = ToolCall("find_train", ARGUMENTS)
ASK, ANSWER, RESULT = "Trains from Linz?", "There is none.", {"trains": []}
USER = {"role": "user", "content": ASK}
TEXT = json.dumps(ARGUMENTS)
OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "find_train", "arguments": TEXT}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL]}
RESULTED = {"role": "tool", "tool_call_id": "c1", "content": json.dumps(RESULT)}
ANSWERED = {"role": "assistant", "content": ANSWER}


def lc(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", kind], "kwargs": kwargs}


def otlp(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]


def observations(*generations: dict[str, Any]) -> dict[str, Any]:
    return {"id": "t", "observations": [{"type": "GENERATION", **generation} for generation in generations]}


LC_CALL = {"name": "find_train", "args": ARGUMENTS, "id": "c1", "type": "tool_call"}
LANGSMITH = {
    "run_type": "llm",
    "inputs": {"messages": [[lc("HumanMessage", content=ASK)]]},
    "outputs": {"generations": [[{"text": "", "message": lc("AIMessage", content="", tool_calls=[LC_CALL])}]]},
    "extra": {"invocation_params": {"tools": [TOOL]}},
}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.contents.0.message_content.type": "text",
    "llm.input_messages.0.message.contents.0.message_content.text": ASK,
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "find_train",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": TEXT,
    "llm.tools.0.tool.json_schema": json.dumps(TOOL),
}
OPENLLMETRY = {
    "gen_ai.prompt.0.role": "user",
    "gen_ai.prompt.0.content": ASK,
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.tool_calls.0.id": "c1",
    "gen_ai.completion.0.tool_calls.0.name": "find_train",
    "gen_ai.completion.0.tool_calls.0.arguments": TEXT,
    "llm.request.functions.0.name": "find_train",
    "llm.request.functions.0.parameters": json.dumps(SCHEMA),
}
GENAI = {
    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": ASK}]}]),
    "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{
        "type": "tool_call", "id": "c1", "name": "find_train", "arguments": ARGUMENTS}]}]),
    "gen_ai.tool.definitions": json.dumps([{"type": "function", **FUNCTION}]),
}  # fmt: skip
CHAT = {"messages": [USER], "tools": [TOOL]}
COMPLETION = {"choices": [{"index": 0, "message": CALLED}]}
MLFLOW = {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.spanInputs": json.dumps(CHAT),
          "mlflow.spanOutputs": json.dumps(COMPLETION)}  # fmt: skip
VERCEL_CALLS = [{"toolCallId": "c1", "toolName": "find_train", "input": TEXT}]
VERCEL_TOOL = json.dumps({"type": "function", "name": "find_train", "inputSchema": SCHEMA})
FUNCTION_CALL = {"type": "function_call", "id": "f", "call_id": "c1", "name": "find_train", "arguments": TEXT}
ONE_CALL: dict[str, dict[str, Any]] = {
    "a proxy": {"request": CHAT, "response": COMPLETION},
    "a proxy, as texts": {"request_body": json.dumps(CHAT), "response_body": json.dumps(COMPLETION)},
    "batch lines put together": {"request": {"body": CHAT}, "response": {"status_code": 200, "body": COMPLETION}},
    "LiteLLM": {"messages": [USER], "response": COMPLETION, "optional_params": {"tools": [TOOL]}},
    "Responses": {"input": ASK, "tools": [{"type": "function", **FUNCTION}],
                  "output": [{"type": "reasoning", "summary": []}, FUNCTION_CALL]},
    "NeMo Gym": {"responses_create_params": {"input": [USER], "tools": [{"type": "function", **FUNCTION}]},
                 "ground_truth": [{"name": "find_train", "arguments": TEXT}]},
    "NeMo Gym's rollouts": {"responses_create_params": {"input": [USER], "tools": [{"type": "function", **FUNCTION}]},
                            "response": {"output": [FUNCTION_CALL]}},
    "Anthropic's API": {"request": {"system": "Sell.", "messages": [USER],
                                    "tools": [{"name": "find_train", "input_schema": SCHEMA}]},
                        "response": {"type": "message", "role": "assistant", "content": [
                            {"type": "thinking", "thinking": "Hm."},
                            {"type": "tool_use", "id": "c1", "name": "find_train", "input": ARGUMENTS}]}},
    "Gemini's API": {"request": {"contents": [{"role": "user", "parts": [{"text": ASK}]}],
                                 "tools": [{"functionDeclarations": [FUNCTION]}]},
                     "response": {"candidates": [{"content": {"role": "model", "parts": [
                         {"functionCall": {"name": "find_train", "args": ARGUMENTS}}]}}]}},
    "Bedrock's invocation log": {
        "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": ASK}]}],
                                    "toolConfig": {"tools": [{"toolSpec": {"name": "find_train", "inputSchema":
                                                                           {"json": SCHEMA}}}]}}},
        "output": {"outputBodyJson": {"output": {"message": {"role": "assistant", "content": [
            {"toolUse": {"toolUseId": "c1", "name": "find_train", "input": ARGUMENTS}}]}}}}},
    "LangSmith": LANGSMITH,
    "an example of LangSmith": {"inputs": {"messages": [USER], "tools": [TOOL]}, "outputs": {"message": CALLED}},
    "Langfuse": {"type": "GENERATION", "input": {"messages": [USER], "tools": [TOOL]}, "output": CALLED},
    "a trace of Langfuse": {"id": "t", "observations": [{"type": "SPAN", "input": {"q": 1}},
                                                        {"type": "GENERATION", "input": CHAT, "output": CALLED}]},
    "OTLP": {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "chat", "attributes": otlp(GENAI)}]}]}]},
    "OpenInference": {"name": "llm", "attributes": OPENINFERENCE},
    "a table of Phoenix": {
        "name": "llm",
        "attributes.llm.input_messages": [{"message.role": "user", "message.content": ASK}],
        "attributes.llm.output_messages": [{"message.role": "assistant", "message.tool_calls": [
            {"tool_call.id": "c1", "tool_call.function.name": "find_train", "tool_call.function.arguments": TEXT}]}],
        "attributes.llm.tools": [{"tool.json_schema": json.dumps(TOOL)}]},
    "OpenLLMetry": {"spans": [{"attributes": OPENLLMETRY}]},
    "Gemini CLI": {"attributes": {
        "gen_ai.system_instructions": json.dumps("Be brief."), "gen_ai.input.messages": json.dumps([USER]),
        "gen_ai.output.messages": json.dumps({"parts": [
            {"text": "Hm.", "thought": True}, {"functionCall": {"name": "find_train", "args": ARGUMENTS}}]}),
        "gen_ai.tool.definitions": json.dumps([FUNCTION])}},
    "OpenInference, the answer as it came": {"attributes": {
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": ASK,
        "llm.tools.0.tool.json_schema": json.dumps(TOOL), "output.value": json.dumps(COMPLETION)}},
    "a trace of Langfuse, taken in from OpenTelemetry": observations({
        "input": json.dumps([USER]), "output": json.dumps(CALLED),
        "metadata": json.dumps({"attributes": {"llm.tools.0.tool.json_schema": json.dumps(TOOL)}})}),
    "LangChain's callbacks to Langfuse": observations({
        "input": [USER, {"role": "tool", "content": TOOL}], "output": CALLED}),
    "the Vercel AI SDK's two spans of a call, in Langfuse": observations(
        {"id": "outer", "input": {"prompt": ASK}, "output": VERCEL_CALLS},
        {"id": "inner", "parentObservationId": "outer", "output": VERCEL_CALLS,
         "input": [{"role": "user", "content": [{"type": "text", "text": ASK}]}],
         "metadata": json.dumps({"attributes": {"ai.prompt.tools": json.dumps([VERCEL_TOOL])}})}),
    "the Vercel AI SDK's spans": {"attributes": {
        "ai.prompt.messages": json.dumps([{"role": "user", "content": [{"type": "text", "text": ASK}]}]),
        "ai.prompt.tools": [VERCEL_TOOL], "ai.response.text": "", "ai.response.toolCalls": json.dumps(VERCEL_CALLS)}},
    "PydanticAI's older spans": {"attributes": {
        "gen_ai.request.model": "m",
        "events": json.dumps([{**USER, "event.name": "gen_ai.user.message"},
                              {"index": 0, "message": CALLED, "event.name": "gen_ai.choice"}]),
        "model_request_parameters": json.dumps({"function_tools": [
            {"name": "find_train", "parameters_json_schema": SCHEMA}]})}},
    "MLflow": {"info": {}, "data": {"spans": [{"attributes": {"mlflow.spanInputs": '{"question": "x"}'}},
                                              {"attributes": MLFLOW}]}},
}  # fmt: skip


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.mark.parametrize("name", ONE_CALL)
def test_a_request_and_its_response_give_the_call(tmp_path: Path, name: str) -> None:
    (row,), summary = read_any(written(tmp_path / "log.jsonl", ONE_CALL[name]))
    assert row.ground_truth.calls == (CALL,)
    assert row.prompt[-1] == USER
    assert [tool["function"]["name"] for tool in row.tools] == ["find_train"]
    assert row.tools[0]["function"]["parameters"] == SCHEMA
    assert not summary.unreachable


ANTHROPIC_TURNS = [
    USER,
    {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "find_train", "input": ARGUMENTS}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1",
                                  "content": [{"type": "text", "text": json.dumps(RESULT)}]}]},
    {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]},
]  # fmt: skip
TRANSCRIPTS: dict[str, dict[str, Any]] = {
    "OpenAI": {"messages": [USER, CALLED, RESULTED, ANSWERED], "tools": [TOOL]},
    "Anthropic": {"messages": ANTHROPIC_TURNS, "tools": [{"name": "find_train", "input_schema": SCHEMA}]},
    "Bedrock Converse": {
        "toolConfig": {"tools": [{"toolSpec": {"name": "find_train", "inputSchema": {"json": SCHEMA}}}]},
        "messages": [
            {"role": "user", "content": [{"text": ASK}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "c1", "name": "find_train", "input": ARGUMENTS}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"json": RESULT}]}}]},
            {"role": "assistant", "content": [{"text": ANSWER}]}]},
    "Gemini": {
        "tools": [{"functionDeclarations": [FUNCTION]}],
        "contents": [
            {"role": "user", "parts": [{"text": ASK}]},
            {"role": "model", "parts": [{"functionCall": {"name": "find_train", "args": ARGUMENTS}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "find_train", "response": RESULT}}]},
            {"role": "model", "parts": [{"text": ANSWER}]}]},
    "Responses": {"tools": [{"type": "function", **FUNCTION}], "input": [
        USER, FUNCTION_CALL, {"type": "function_call_output", "call_id": "c1", "output": json.dumps(RESULT)}],
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}]},
    "LangChain": {"tools": [TOOL], "messages": [
        {"type": "human", "content": ASK},
        {"type": "ai", "content": "", "tool_calls": [LC_CALL]},
        {"type": "tool", "content": json.dumps(RESULT), "tool_call_id": "c1", "name": "find_train"},
        {"type": "ai", "content": ANSWER}]},
    "LangChain, serialized": {"tools": [TOOL], "messages": [
        lc("HumanMessage", content=ASK), lc("AIMessage", content="", tool_calls=[LC_CALL]),
        lc("ToolMessage", content=json.dumps(RESULT), tool_call_id="c1"), lc("AIMessage", content=ANSWER)]},
    "Vercel AI": {"tools": {"find_train": {"description": "d", "inputSchema": {"jsonSchema": SCHEMA}}}, "messages": [
        {"role": "user", "content": [{"type": "text", "text": ASK}]},
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "find_train",
                                           "input": ARGUMENTS}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "find_train",
                                      "output": {"type": "json", "value": RESULT}}]},
        {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]}]},
    "Vercel AI, of the interface": {"tools": [TOOL], "messages": [
        {"role": "user", "parts": [{"type": "text", "text": ASK}]},
        {"role": "assistant", "parts": [
            {"type": "step-start"},
            {"type": "tool-find_train", "toolCallId": "c1", "state": "output-available", "input": ARGUMENTS,
             "output": RESULT},
            {"type": "text", "text": ANSWER}]}]},
    "Vercel AI, older": {"tools": [TOOL], "messages": [
        USER, {"role": "assistant", "content": ANSWER, "toolInvocations": [
            {"state": "result", "toolCallId": "c1", "toolName": "find_train", "args": ARGUMENTS, "result": RESULT}]}]},
    "ms-swift": {"tools": json.dumps([TOOL]), "messages": [
        USER, {"role": "tool_call", "content": json.dumps({"name": "find_train", "arguments": ARGUMENTS})},
        {"role": "tool_response", "content": json.dumps(RESULT)}, ANSWERED]},
    "LLaMA-Factory": {"tools": json.dumps([FUNCTION]), "messages": [
        {"role": "user", "content": [{"type": "text", "value": ASK}], "loss_weight": 0.0},
        {"role": "assistant", "content": [{"type": "tool_call", "value": json.dumps(
            {"name": "find_train", "arguments": ARGUMENTS})}], "loss_weight": 1.0},
        {"role": "tool", "content": [{"type": "text", "value": json.dumps(RESULT)}], "loss_weight": 0.0},
        {"role": "assistant", "content": [{"type": "text", "value": ANSWER}], "loss_weight": 1.0}]},
    "LlamaIndex": {"tools": [TOOL], "messages": [
        {"role": "user", "additional_kwargs": {}, "blocks": [{"block_type": "text", "text": ASK}]},
        {"role": "assistant", "additional_kwargs": {"tool_calls": [OPENAI_CALL]}, "blocks": [
            {"block_type": "text", "text": ""},
            {"block_type": "tool_call", "tool_call_id": "c1", "tool_name": "find_train", "tool_kwargs": TEXT}]},
        {"role": "tool", "additional_kwargs": {"tool_call_id": "c1", "name": "find_train"},
         "blocks": [{"block_type": "text", "text": json.dumps(RESULT)}]},
        {"role": "assistant", "additional_kwargs": {}, "blocks": [{"block_type": "text", "text": ANSWER}]}]},
    "AutoGen": {"tools": [TOOL], "messages": [
        {"source": "user", "type": "TextMessage", "content": ASK},
        {"source": "clerk", "type": "ToolCallRequestEvent", "content": [
            {"id": "c1", "arguments": TEXT, "name": "find_train"}]},
        {"source": "clerk", "type": "ToolCallExecutionEvent", "content": [
            {"content": json.dumps(RESULT), "name": "find_train", "call_id": "c1", "is_error": False}]},
        {"source": "clerk", "type": "TextMessage", "content": ANSWER}]},
    "Semantic Kernel": {"tools": [TOOL], "messages": [
        {"Role": {"Label": "user"}, "Items": [{"$type": "TextContent", "Text": ASK}]},
        {"Role": {"Label": "assistant"}, "Items": [
            {"$type": "FunctionCallContent", "Id": "c1", "FunctionName": "find_train", "Arguments": ARGUMENTS}]},
        {"Role": {"Label": "tool"}, "Items": [
            {"$type": "FunctionResultContent", "CallId": "c1", "FunctionName": "find_train",
             "Result": json.dumps(RESULT)}]},
        {"Role": {"Label": "assistant"}, "Items": [{"$type": "TextContent", "Text": ANSWER}]}]},
    "Haystack": {"tools": [TOOL], "messages": [
        {"role": "user", "meta": {}, "name": None, "content": [{"text": ASK}]},
        {"role": "assistant", "content": [
            {"tool_call": {"tool_name": "find_train", "arguments": ARGUMENTS, "id": "c1"}}]},
        {"role": "tool", "content": [{"tool_call_result": {
            "result": json.dumps(RESULT), "error": False,
            "origin": {"tool_name": "find_train", "arguments": ARGUMENTS, "id": "c1"}}}]},
        {"role": "assistant", "content": [{"text": ANSWER}]}]},
    "PydanticAI": {"tools": [TOOL], "messages": [
        {"kind": "request", "parts": [{"part_kind": "user-prompt", "content": ASK}]},
        {"kind": "response", "parts": [
            {"part_kind": "tool-call", "tool_name": "find_train", "args": ARGUMENTS, "tool_call_id": "c1"}]},
        {"kind": "request", "parts": [
            {"part_kind": "tool-return", "tool_name": "find_train", "content": RESULT, "tool_call_id": "c1"}]},
        {"kind": "response", "parts": [{"part_kind": "text", "content": ANSWER}]}]},
    "ADK": {"tools": [TOOL], "messages": [
        {"author": "user", "content": {"role": "user", "parts": [{"text": ASK}]}},
        {"author": "clerk", "content": {"role": "model", "parts": [
            {"function_call": {"id": "c1", "name": "find_train", "args": ARGUMENTS}}]}},
        {"author": "clerk", "content": {"role": "user", "parts": [
            {"function_response": {"id": "c1", "name": "find_train", "response": RESULT}}]}},
        {"author": "clerk", "content": {"role": "model", "parts": [{"text": ANSWER}]}}]},
    "a session of ADK": {"app_name": "trains", "tools": [TOOL], "events": [
        {"author": "user", "actions": {"state_delta": {"a": 1}}},
        {"author": "user", "content": {"role": "user", "parts": [{"text": ASK}]}},
        {"author": "clerk", "content": {"role": "model", "parts": [
            {"function_call": {"id": "c1", "name": "find_train", "args": ARGUMENTS}}]}},
        {"author": "clerk", "content": {"role": "user", "parts": [
            {"function_response": {"id": "c1", "name": "find_train", "response": RESULT}}]}},
        {"author": "clerk", "content": None},
        {"author": "clerk", "content": {"role": "model", "parts": [{"text": ANSWER}]}}]},
    "Azure's agent evaluation": {"tool_definitions": [FUNCTION], "query": [USER], "response": [
        {"role": "assistant", "content": [{"type": "tool_call", "tool_call_id": "c1", "name": "find_train",
                                           "arguments": ARGUMENTS}]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "tool_result", "tool_result": RESULT}]},
        {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]}]},
    "Microsoft.Extensions.AI": {"tools": [TOOL], "messages": [
        USER, {"role": "assistant", "parts": [
            {"type": "Microsoft.Extensions.AI.TextReasoningContent", "content": {"text": ""}},
            {"type": "tool_call", "id": "c1", "name": "find_train", "arguments": ARGUMENTS}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": RESULT}]}, ANSWERED]},
    "LangChain's callbacks in JavaScript": {"tools": [TOOL], "messages": [
        USER, CALLED, {"role": "find_train", "content": json.dumps(RESULT), "additional_kwargs": {}}, ANSWERED]},
    "ATIF": {"schema_version": "ATIF-v1.7", "agent": {"name": "clerk", "tool_definitions": [TOOL]}, "steps": [
        {"step_id": 1, "source": "user", "message": ASK},
        {"step_id": 2, "source": "agent", "message": "", "tool_calls": [
            {"tool_call_id": "c1", "function_name": "find_train", "arguments": ARGUMENTS}],
         "observation": {"results": [{"source_call_id": "c1", "content": json.dumps(RESULT)}]}},
        {"step_id": 3, "source": "agent", "message": ANSWER}]},
    "Inspect": {"version": 2, "eval": {"task": "trains", "config": {}}, "samples": [{
        "id": 1, "input": ASK, "messages": [
            {"role": "user", "content": ASK, "source": "input"},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "c1", "function": "find_train", "arguments": ARGUMENTS}]},
            {"role": "tool", "content": json.dumps(RESULT), "tool_call_id": "c1", "function": "find_train"},
            {"role": "assistant", "content": ANSWER}],
        "events": [{"event": "model", "input": [USER], "tools": [FUNCTION]}]}]},
    "a chat store": {"class_name": "SimpleChatStore", "tools": [TOOL], "store": {
        "anna": [USER, CALLED, RESULTED, ANSWERED]}},
    "ToolBench": {"win": True, "tree": {"children": []}, "answer_generation": {
        "function": [FUNCTION], "train_messages": [[USER, CALLED], [USER, CALLED, RESULTED, ANSWERED]]}},
}  # fmt: skip
CLAUDE_CODE: list[dict[str, Any]] = [
    {"type": "summary", "summary": "Trains", "sessionId": "s"},
    {"type": "user", "sessionId": "s", "message": USER},
    {"type": "assistant", "sessionId": "s", "message": {"role": "assistant", "id": "m1", "content": [
        {"type": "thinking", "thinking": "Hm."}]}},
    {"type": "assistant", "sessionId": "s", "message": {
        "role": "assistant", "id": "m1", "content": ANTHROPIC_TURNS[1]["content"]}},
    {"type": "user", "sessionId": "s", "message": ANTHROPIC_TURNS[2]},
    {"type": "assistant", "sessionId": "s", "message": {**ANTHROPIC_TURNS[3], "id": "m2"}},
]  # fmt: skip
CODEX: list[dict[str, Any]] = [
    {"type": "session_meta", "payload": {"id": "s"}},
    *({"type": "response_item", "payload": payload} for payload in (
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ASK}]},
        {"type": "reasoning", "summary": []},
        FUNCTION_CALL,
        {"type": "function_call_output", "call_id": "c1", "output": json.dumps(RESULT)},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]})),
]  # fmt: skip


@pytest.mark.parametrize(
    "lines", [CLAUDE_CODE, CODEX, [USER, CALLED, RESULTED, ANSWERED]], ids=["Claude Code", "Codex", "bare messages"]
)
def test_a_session_with_one_message_a_line_is_one_conversation(tmp_path: Path, lines: list[Any]) -> None:
    path = written(tmp_path / "session.jsonl", *lines)
    _, outcomes = read_file(path, options=ReadOptions(tools=[TOOL]))
    called, answered = outcomes
    assert called.ground_truth.calls == (CALL,)
    assert [message["role"] for message in answered.prompt] == ["user", "assistant", "tool"]
    assert answered.ground_truth.text == ANSWER


def test_sessions_in_one_file_stay_apart(tmp_path: Path) -> None:
    lines = [{**message, "session_id": name} for name in "ab" for message in (USER, {**ANSWERED, "content": name})]
    rows, _ = read_any(written(tmp_path / "sessions.jsonl", *lines))
    assert [(len(row.prompt), row.ground_truth.text) for row in rows] == [(1, "a"), (1, "b")]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_gives_a_row_for_each_turn(tmp_path: Path, name: str) -> None:
    rows, _ = read_any(written(tmp_path / "log.jsonl", TRANSCRIPTS[name]))
    called, answered = rows
    assert called.ground_truth.calls == (CALL,)
    assert called.prompt == [USER]
    assert answered.ground_truth.text == ANSWER
    assert [message["role"] for message in answered.prompt] == ["user", "assistant", "tool"]
    assert json.loads(answered.prompt[2]["content"]) == RESULT
    assert answered.tools[0]["function"]["parameters"] == SCHEMA


def test_a_turn_that_later_requests_repeat_gives_one_row(tmp_path: Path) -> None:
    later = {"messages": [USER, CALLED, RESULTED], "tools": [TOOL]}
    records = [
        {"request": CHAT, "response": COMPLETION},
        {"request": later, "response": {"choices": [{"message": ANSWERED}]}},
    ]
    rows, summary = read_any(written(tmp_path / "log.jsonl", *records))
    assert [row.ground_truth.behavior.value for row in rows] == ["execute", "answer"]
    assert summary.repeated == 1


def test_a_preference_file_gives_a_row_and_a_preference(tmp_path: Path) -> None:
    record = {"input": CHAT, "preferred_output": [CALLED], "non_preferred_output": [ANSWERED]}
    pairs = tmp_path / "pairs.jsonl"
    import_files([written(tmp_path / "log.jsonl", record)], tmp_path / "rows.jsonl", preferences=pairs)
    (pair,) = map(json.loads, pairs.read_text().splitlines())
    assert pair["rejected"] == ANSWER
    assert pair["rewards"] == [1.0, 0.0]


SHAREGPT_CALL = {"from": "function_call", "value": json.dumps({"name": "find_train", "arguments": ARGUMENTS})}


@pytest.mark.parametrize(
    "record",
    [
        {"chosen": [USER, CALLED], "rejected": [USER, ANSWERED]},
        {"prompt": ASK, "chosen": [USER, CALLED], "rejected": [USER, ANSWERED]},
        {"conversations": [{"from": "human", "value": ASK}], "chosen": SHAREGPT_CALL,
         "rejected": {"from": "gpt", "value": ANSWER}},
        {"chosen_messages": [{"role": "user", "content": [{"type": "text", "value": ASK}], "loss_weight": 0.0}, CALLED],
         "rejected_messages": [{"role": "user", "content": [{"type": "text", "value": ASK}]}, ANSWERED]},
        {"messages": [USER, CALLED], "rejected_response": ANSWER},
        {"question": ASK, "rejected": ANSWER,
         "chosen": '<tool_call>{"name": "find_train", "arguments": {"origin": "Linz"}}</tool_call>'},
    ],
    ids=["TRL, whole conversations", "with the prompt beside them", "LLaMA-Factory", "LLaMA-Factory, typed parts",
         "ms-swift", "texts"],
)  # fmt: skip
def test_a_preference_in_any_form_gives_its_better_side_as_a_row(tmp_path: Path, record: Any) -> None:
    path = written(tmp_path / "log.jsonl", {"tools": [TOOL], **record})
    summary, outcomes = read_file(path)
    row, pair = outcomes
    assert (summary.format, row.prompt, row.ground_truth.calls) == ("trl", [USER], (CALL,))
    assert (wire.parse(pair.chosen).calls, pair.rejected) == ((CALL,), ANSWER)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [USER, ANSWERED], "label": False}, "says that the completion is a bad one"),
        ({"responses_create_params": {"input": [USER]}, "response": COMPLETION, "reward": 0.0},
         "the conversation ended with 0, below min_score=1"),
        ({"messages": [USER, {**ANSWERED, "content": "Thought: look.\nAction: find_train\nAction Input: {}"}]},
         "writes a call as ReAct does"),
        ({"messages": [USER, RESULTED, ANSWERED]}, "a tool's result without the call before it"),
        ({"messages": [USER, CALLED]}, "the log names no tools; give them with tools=FILE"),
    ],
    ids=["KTO", "a rollout that failed", "ReAct", "a result alone", "no tools"],
)  # fmt: skip
def test_what_a_log_does_not_show_to_be_right_is_no_row(tmp_path: Path, record: Any, reason: str) -> None:
    summary, outcomes = read_file(written(tmp_path / "log.jsonl", record))
    (error,) = outcomes
    assert reason in str(error)
    assert not summary.kept


def test_an_evaluation_set_of_adk_gives_what_is_certain_of_each_turn(tmp_path: Path) -> None:
    call = {"id": None, "name": "find_train", "args": ARGUMENTS}
    asked, said = {"role": "user", "parts": [{"text": ASK}]}, {"parts": [{"text": ANSWER}]}  # a role may be left out
    turns = [
        {"user_content": asked, "final_response": said, "intermediate_data": {"tool_uses": uses}}
        for uses in ([call], [call, call], [])
    ]
    path = written(tmp_path / "set.json", {"eval_set_id": "s", "eval_cases": [{"eval_id": "1", "conversation": turns}]})
    _, outcomes = read_file(path, options=ReadOptions(tools=[TOOL]))
    called, error, answered = outcomes
    assert (called.prompt, called.ground_truth.calls) == ([USER], (CALL,))
    assert "no turn of the assistant" in str(error)
    assert [message["role"] for message in answered.prompt] == ["user", "assistant"] * 2 + ["user"]
    assert answered.ground_truth.text == ANSWER


@pytest.mark.parametrize("form", ["list", "lines", "sessions"])
def test_an_evaluation_of_adk_in_its_first_form_is_one_session(tmp_path: Path, form: str) -> None:
    use = {"tool_name": "find_train", "tool_input": ARGUMENTS}
    turns = [{"query": ASK, "expected_tool_use": [use], "reference": ANSWER}]
    turns += [{"query": "And back?", "expected_tool_use": [use, use]}]
    turns += [{"query": "Thanks.", "expected_tool_use": [], "reference": "You are welcome."}]
    path = tmp_path / "travel.test.json"
    if form == "lines":
        path.write_text("".join(json.dumps(turn) + "\n" for turn in turns) + "{broken\n")
    else:
        path.write_text(json.dumps(turns if form == "list" else [{"name": "travel", "data": turns}], indent=1))
    summary, outcomes = read_file(path, options=ReadOptions(tools=[TOOL]))
    called, error, answered, *unread = outcomes
    assert summary.format == "documents"
    assert [each.line for each in unread] == ([4] if form == "lines" else [])
    assert (called.prompt, called.ground_truth.calls) == ([USER], (CALL,))
    assert "no turn of the assistant" in str(error)
    said = [message["content"] for message in answered.prompt]
    assert said == [ASK, ANSWER, "And back?", "Thanks."]
    assert answered.ground_truth.text == "You are welcome."


def test_a_prompt_in_which_roles_are_written_out_is_read_as_turns(tmp_path: Path) -> None:
    prompt = f"system: Be brief.\nuser: {ASK}\nassistant: None\ntool: []\nuser: Well?"
    record = observations({"input": prompt, "output": ANSWER})
    _, outcomes = read_file(written(tmp_path / "log.jsonl", record), options=ReadOptions(tools=[TOOL]))
    (row,) = outcomes
    assert [message["role"] for message in row.prompt] == ["system", "user", "assistant", "tool", "user"]
    assert row.ground_truth.text == ANSWER


def test_tools_beside_the_system_prompt_are_the_conversations(tmp_path: Path) -> None:
    record = {"messages": [{"role": "system", "content": "Be brief.", "tools": [TOOL]}, USER, CALLED]}
    (row,), _ = read_any(written(tmp_path / "log.jsonl", record))
    assert (row.tools, row.ground_truth.calls) == ([TOOL], (CALL,))
    assert row.prompt[0] == {"role": "system", "content": "Be brief."}


def test_a_table_as_csv_gives_the_rows_of_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "input", "output", "cost"])
        table.writerow(["a", json.dumps(CHAT, indent=1), json.dumps(COMPLETION), ""])
        table.writerow(["b", json.dumps({**CHAT, "messages": []}), "", "0.1"])
    summary, outcomes = read_file(path)
    row, error = outcomes
    assert row.ground_truth.calls == (CALL,)
    assert (summary.records, summary.format) == (2, "exchanges")
    assert error.line > row.extra_info["line"] == 2


QWEN = (
    "Be brief.\n\n# Tools\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"
    f"{json.dumps(TOOL)}\n</tools>\n\nReturn a json object within <tool_call></tool_call> XML tags."
)
HERMES = f"You are a function calling AI model, with signatures within <tools> </tools> tags. <tools> {[TOOL]} </tools>"
PYTHON_CALL = f"<tool_call>\n{ {'name': 'find_train', 'arguments': ARGUMENTS} }\n</tool_call>"


@pytest.mark.parametrize(("system", "kept"), [(QWEN, "Be brief."), (HERMES, HERMES)], ids=["Qwen", "Hermes, as Python"])
@pytest.mark.parametrize("is_sharegpt", [True, False])
def test_tools_and_calls_that_texts_write_out(tmp_path: Path, system: str, kept: str, is_sharegpt: bool) -> None:
    turns = [("system", system), ("user", ASK), ("assistant", PYTHON_CALL)]
    record: dict[str, Any] = {"messages": [{"role": role, "content": text} for role, text in turns]}
    if is_sharegpt:
        roles = {"user": "human", "assistant": "gpt"}
        record = {"conversations": [{"from": roles.get(role, role), "value": text} for role, text in turns]}
    (row,), _ = read_any(written(tmp_path / "log.jsonl", record))
    assert row.ground_truth.calls == (CALL,)
    assert row.tools == [TOOL]
    assert row.prompt[0] == {"role": "system", "content": kept}


def test_arguments_that_are_encoded_twice_are_decoded_twice(tmp_path: Path) -> None:
    call = {**OPENAI_CALL, "function": {"name": "find_train", "arguments": json.dumps(TEXT)}}
    record = {"messages": [USER, {**CALLED, "tool_calls": [call]}], "tools": [TOOL]}
    (row,), _ = read_any(written(tmp_path / "log.jsonl", record))
    assert row.ground_truth.calls == (CALL,)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"messages": [USER], "tools": [TOOL]}, "no turn of the assistant is there to learn from"),
        ({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}, "no span holds the messages of a model's"),
        ({"messages": [USER, {"role": "assistant", "content": [{"type": "image_url"}]}]},
         r"messages\[1\].content: holds a part of type 'image_url'; only text can be used"),
        ({"instruction": "Say hi.", "output": "Hi."}, "are a row once they are messages with roles"),
        ({"conversation": [], "tools": []}, "nearest is sharegpt, whose records also have conversations"),
        ({"messages": [{"role": "system", "content": "<tools>{broken</tools>"}, USER, ANSWERED]},
         "lists tools between <tools> tags, but not as JSON"),
    ],
    ids=["a prompt alone", "spans without content", "an image", "a text and its answer", "a key spelled otherwise",
         "a broken list of tools"],
)  # fmt: skip
def test_what_cannot_be_read_says_what_is_missing(tmp_path: Path, record: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_any(written(tmp_path / "log.jsonl", record))


def test_roles_in_any_case_and_by_other_names(tmp_path: Path) -> None:
    spoken = [("System", "Be brief."), ("User", "Trains from Linz?"), ("Chatbot", "Every hour.")]
    messages = [{"role": role, "content": text} for role, text in spoken]
    (row,), _ = read_any(written(tmp_path / "log.jsonl", {"messages": messages}))
    assert [message["role"] for message in row.prompt] == ["system", "user"]
    assert row.ground_truth.text == "Every hour."


@pytest.mark.parametrize(
    "record",
    [
        {"query": "q", "calling": [{"api": CALL.name, "parameters": CALL.arguments, "responses": ["API_call_0"]}]},
        {"question": "q", "function_calls": [{"tool_name": CALL.name, "args": CALL.arguments}]},
        {"instruction": "q", "golden_answers": [{"action": CALL.name, "action_input": json.dumps(CALL.arguments)}]},
        {"user_query": "q", "tool_calls": [{"type": "function", "function": {
            "name": CALL.name, "arguments": json.dumps(CALL.arguments)}}]},
    ],
    ids=["Seal-Tools", "args", "ToolAlpaca", "OpenAI's calls"],
)  # fmt: skip
def test_a_request_with_its_calls_by_other_names(tmp_path: Path, record: Any) -> None:
    path = written(tmp_path / "data.jsonl", record)
    summary, outcomes = read_file(path, options=ReadOptions(tools=[TOOL]))
    (row,) = outcomes
    assert (summary.format, row.ground_truth.calls) == ("xlam", (CALL,))
    with pytest.raises(UserError, match="the record names no tools; give them with tools=FILE"):
        read_any(path)


def test_a_row_that_cannot_earn_everything_is_said_at_import(tmp_path: Path) -> None:
    truth = {"ground_truth": "It is done.", "behavior": "clarify", "missing": ["origin"]}
    record = {"prompt": [USER], "tools": [TOOL], "reward_model": truth, "extra_info": {"line": 1}}
    summary = import_files([written(tmp_path / "log.jsonl", record)], tmp_path / "rows.jsonl")
    (reason,) = summary.unreachable.values()
    assert "the ground truth earns 0." in reason.example
    assert reason.lines == ["1"]


@pytest.mark.parametrize("item", [{"role": "user", "content": {"said": "Hi"}}, {"kwargs": {"content": "Hi"}, "id": []}])
def test_what_is_nearly_a_message_is_an_error_of_the_file(tmp_path: Path, item: dict[str, Any]) -> None:
    """The first was unwrapped to itself without end; the second has no last id to name its type."""
    record = {"history": [item, {"role": "assistant", "content": "Hello"}]}
    with pytest.raises(UserError, match=r"no format has records|is no message|holds a part of type"):
        import_files([written(tmp_path / "log.jsonl", record)], tmp_path / "rows.jsonl")


REQUEST = {"messages": [USER], "tools": [TOOL]}
CALLING = {"choices": [{"message": CALLED, "finish_reason": "tool_calls"}]}
PAGE = "<html><h1>504 Gateway Time-out</h1></html>"


@pytest.mark.parametrize(
    "fields",
    [
        {"response": {"status": 504, "body": "upstream request timeout"}},
        {"response": {"statusCode": "502", "body": "Bad gateway"}},
        {"response": {"status_code": 503, "body": {"text": "Service Unavailable"}}},
        {"response": "upstream request timeout", "status": 504},
        {"response": "no healthy upstream", "response_status": "503"},
        {"response": "timed out", "status": "failure"},
        {"response": "timed out", "level": "ERROR"},
        {"response": "timed out", "success": False},
        {"response": "timed out", "error": True},
        {"response": "Bad Gateway", "httpStatusCode": 502},
        {"response": json.dumps({"statusCode": 503, "body": "no healthy upstream"})},
        {"response": PAGE},
        {"response": {"body": PAGE}},
        {"response": {"choices": [{"message": ANSWERED, "finish_reason": "error"}]}},
        {"response": {"choices": [{"message": ANSWERED, "finish_reason": "abort"}]}},
    ],
    ids=str,
)
def test_what_failed_is_no_answer(fields: dict[str, Any], tmp_path: Path) -> None:
    """The second request succeeds, and says so in the same member."""
    log = tmp_path / "log.jsonl"
    ok = {**fields, "response": CALLING}
    ok.update(dict.fromkeys(fields.keys() - {"response"}, None))
    log.write_text("".join(json.dumps({"request": REQUEST, **each}) + "\n" for each in (fields, ok)))
    rows, summary = read_any(log)
    assert [row.ground_truth.calls for row in rows] == [(CALL,)]
    assert summary.n_rejected == 1


@pytest.mark.parametrize("result", ['{"error": "no such station"}', "Error: no such station"])
@pytest.mark.parametrize("n_between", [0, 40])
def test_a_call_that_a_later_line_shows_to_have_failed_is_no_row(result: str, n_between: int, tmp_path: Path) -> None:
    failure = {**RESULTED, "content": result}
    asked = [USER, CALLED, failure]
    third = {**USER, "content": "And from Graz?"}
    between = [
        {"request": {"messages": [{**USER, "content": f"Hello {i}"}]}, "response": "Hi!"} for i in range(n_between)
    ]
    lines = [
        {"request": REQUEST, "response": CALLING},
        *between,
        {"request": {**REQUEST, "messages": asked}, "response": {"choices": [{"message": ANSWERED}]}},
        {"request": {**REQUEST, "messages": [*asked, ANSWERED, third]}, "response": CALLING},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows, summary = read_any(log)
    told = [row.ground_truth.calls or row.ground_truth.text for row in rows if row.ground_truth.text != "Hi!"]
    assert told == [ANSWER]
    assert [reason.count for text, reason in summary.rejected.items() if "the call failed" in text] == [1]
