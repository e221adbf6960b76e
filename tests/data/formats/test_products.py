"""Logs of products, in the forms that their makers document or public repositories show; the values are made up."""

import gzip
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from rewards import Behavior, ToolCall
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.importing import import_files, read_any, read_file
from rlvr.errors import RowError, UserError
from rlvr.records.preference import Preference
from rlvr.records.row import Row

SCHEMA = {"type": "object", "properties": {"origin": {"type": "string"}}, "required": ["origin"]}
TOOL = {"type": "function", "function": {"name": "find_train", "description": "Find trains.", "parameters": SCHEMA}}
CALL = ToolCall("find_train", {"origin": "Linz"})
ARGUMENTS, TEXT = {"origin": "Linz"}, '{"origin": "Linz"}'
ASK, ANSWER = "Trains from Linz?", "There is none."
USER = {"role": "user", "content": ASK}
OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "find_train", "arguments": TEXT}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "none"}
ANSWERED = {"role": "assistant", "content": ANSWER}


def written(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def outcomes(path: Path) -> list[Any]:
    _, read = read_file(path, options=ReadOptions(tools=[TOOL]))
    return list(read)


PART = {"type": "text", "text": ASK}
THREAD: list[Any] = [
    {"object": "thread.message", "thread_id": "t", "created_at": 5, "role": "assistant",
     "content": [{"type": "text", "text": {"value": ANSWER, "annotations": []}}]},
    {"object": "thread.run.step", "thread_id": "t", "created_at": 3, "run_id": "r", "type": "tool_calls",
     "step_details": {"type": "tool_calls", "tool_calls": [
         {"id": "c1", "type": "function",
          "function": {"name": "find_train", "arguments": TEXT, "output": "none"}}]}},
    {"object": "thread.run", "id": "r", "thread_id": "t", "created_at": 2, "instructions": "", "tools": [TOOL]},
    {"object": "thread.message", "thread_id": "t", "created_at": 2, "role": "user",
     "content": [{"type": "text", "text": {"value": ASK, "annotations": []}}]},
]  # fmt: skip
"""A thread of the Assistants API, newest first."""
CONVERSATIONS: dict[str, list[Any]] = {
    "Claude's export": [{"uuid": "1", "chat_messages": [
        {"sender": "human", "text": ASK, "content": [PART]},
        {"sender": "assistant", "text": "", "content": [
            {"type": "tool_use", "id": "c1", "name": "find_train", "input": ARGUMENTS},
            {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "none"}]},
            {"type": "text", "text": ANSWER}]}]}],
    "Gemini CLI's sessions": [{"sessionId": "s", "messages": [
        {"id": "1", "type": "user", "content": ASK},
        {"id": "2", "type": "gemini", "content": "", "toolCalls": [
            {"id": "c1", "name": "find_train", "args": ARGUMENTS, "status": "success", "result": [
                {"functionResponse": {"id": "c1", "name": "find_train", "response": "none"}}]}]},
        {"id": "3", "type": "gemini", "content": ANSWER}]}],
    "Swarm's sessions": [[USER, {"role": "user", "tool": {"tool": "find_train", "args": ARGUMENTS}}, RESULT, ANSWERED]],
    "ToolTalk": [{"apis_used": ["find_train"], "conversation": [
        {"index": 0, "role": "user", "text": ASK},
        {"index": 1, "role": "assistant", "text": ANSWER, "apis": [
            {"request": {"api_name": "find_train", "parameters": ARGUMENTS}, "exception": None,
             "response": "none"}]}]}],
    "any-agent": [{"spans": [
        {"attributes": {"gen_ai.operation.name": "call_llm", "gen_ai.input.messages": json.dumps([USER]),
                        "gen_ai.output": json.dumps([{"tool.name": "find_train", "tool.args": TEXT}])}},
        {"attributes": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find_train",
                        "gen_ai.output": "none"}},
        {"attributes": {"gen_ai.operation.name": "call_llm", "gen_ai.output": ANSWER}},
        {"attributes": {"gen_ai.operation.name": "invoke_agent"}}]}],
    "Assistants, an object a line": [*THREAD],
    "Assistants, lists as the API gives them": [
        {"messages": {"object": "list", "data": [THREAD[0], THREAD[3]]}, "runs": [THREAD[2]], "steps": [THREAD[1]]}],
    "Kiro": [
        {"version": "v1", "kind": "Prompt", "data": {"message_id": "1", "content": [{"kind": "text", "data": ASK}]}},
        {"version": "v1", "kind": "AssistantMessage", "data": {"message_id": "2", "content": [
            {"kind": "thinking", "data": {"text": "Trains.", "signature": "x", "redactedContent": []}},
            {"kind": "toolUse", "data": {"toolUseId": "c1", "name": "find_train", "input": ARGUMENTS}}]}},
        {"version": "v1", "kind": "ToolResults", "data": {"message_id": "3", "content": [
            {"kind": "toolResult", "data": {"toolUseId": "c1", "status": "success", "content": [
                {"kind": "text", "data": "none"}]}}]}},
        {"version": "v1", "kind": "AssistantMessage", "data": {"message_id": "4", "content": [
            {"kind": "text", "data": ANSWER}]}}],
    "Cohere": [{"messages": [
        USER, {"role": "assistant", "tool_plan": "I look.", "tool_calls": [OPENAI_CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "document", "document": {"data": "none"}}]},
        ANSWERED]}],
    "Goose": [
        {"working_dir": "/x", "message_count": 4},
        {"role": "user", "created": 1, "content": [PART]},
        {"role": "assistant", "created": 2, "content": [{"type": "toolRequest", "id": "c1", "toolCall": {
            "status": "success", "value": {"name": "find_train", "arguments": ARGUMENTS}}}]},
        {"role": "user", "created": 3, "content": [{"type": "toolResponse", "id": "c1", "toolResult": {
            "status": "success", "value": [{"type": "text", "text": "none"}]}}]},
        {"role": "assistant", "created": 4, "content": [{"type": "text", "text": ANSWER}]}],
    "OpenCode": [{"info": {"id": "s"}, "messages": [
        {"info": {"id": "m1", "role": "user"}, "parts": [{"id": "p", **PART}]},
        {"info": {"id": "m2", "role": "assistant"}, "parts": [
            {"type": "step-start"},
            {"id": "p2", "type": "tool", "callID": "c1", "tool": "find_train", "state": {
                "status": "completed", "input": ARGUMENTS, "output": "none", "title": "t"}},
            {"type": "step-finish", "tokens": {}}]},
        {"info": {"id": "m3", "role": "assistant"}, "parts": [{"type": "text", "text": ANSWER}]}]}],
    "LiveKit": [{"chat_history": {"items": [
        {"id": "2", "type": "message", "role": "user", "content": [ASK]},
        {"id": "3", "type": "function_call", "call_id": "c1", "name": "find_train", "arguments": TEXT},
        {"id": "4", "type": "function_call_output", "call_id": "c1", "output": "none"},
        {"id": "5", "type": "message", "role": "assistant", "content": [ANSWER]}]}}],
    "a server's tools in Responses": [{"input": ASK, "tools": [{"type": "mcp", "server_label": "t"}], "output": [
        {"type": "mcp_list_tools", "tools": [{"name": "find_train", "input_schema": SCHEMA}]},
        {"id": "c1", "type": "mcp_call", "name": "find_train", "arguments": TEXT, "output": "none"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}]}],
    "TapeAgents": [{"metadata": {}, "context": None, "steps": [
        {"kind": "user", "content": ASK},
        {"kind": "assistant_thought", "content": "I look."},
        {"kind": "assistant", "tool_calls": [OPENAI_CALL]},
        {"kind": "set_next_node", "next_node": "act"},
        {"kind": "tool", "tool_call_id": "c1", "content": "none"},
        {"kind": "assistant", "content": ANSWER}]}],
    "BitAgent": [{"tools": json.dumps([{"name": "find_train", "arguments": {"origin": {"type": "string"}}}]),
        "conversation": json.dumps([
            USER,
            {"role": "tool call", "content": {"name": "find_train", "arguments": ARGUMENTS}},
            {"role": "tool response", "content": "none"},
            ANSWERED])}],
    "API-Bank": [
        {"role": "User", "text": ASK},
        {"role": "API", "api_name": "find_train", "param_dict": ARGUMENTS, "result": "none"},
        {"role": "AI", "text": ANSWER}],
    "Cursor's stream": [
        {"type": "system", "subtype": "init", "session_id": "s"},
        {"type": "user", "message": {"role": "user", "content": [PART]}, "session_id": "s"},
        {"type": "tool_call", "subtype": "started", "call_id": "c1", "session_id": "s",
         "tool_call": {"find_train": {"args": ARGUMENTS}}},
        {"type": "tool_call", "subtype": "completed", "call_id": "c1", "session_id": "s",
         "tool_call": {"find_train": {"args": ARGUMENTS, "result": {"success": "none"}}}},
        {"type": "assistant", "message": {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]},
         "session_id": "s"},
        {"type": "result", "subtype": "success", "result": ANSWER, "session_id": "s"}],
    "Cursor's transcripts": [
        {"role": "user", "message": {"content": [PART]}},
        {"role": "assistant", "message": {"content": [
            {"type": "tool_use", "id": "c1", "name": "find_train", "input": ARGUMENTS}]}},
        {"role": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "c1", "content": "none"}]}},
        {"role": "assistant", "message": {"content": [{"type": "text", "text": ANSWER}]}},
        {"type": "turn_ended", "status": "success"}],
    "Continue": [{"sessionId": "s", "history": [
        {"message": USER, "contextItems": []},
        {"message": {"role": "thinking", "content": "Trains."}, "contextItems": []},
        {"message": {"role": "assistant", "content": "", "toolCalls": [OPENAI_CALL]}, "contextItems": []},
        {"message": {"role": "tool", "content": "none", "toolCallId": "c1"}, "contextItems": []},
        {"message": ANSWERED, "contextItems": []}]}],
    "rows of Goose's database": [
        {"id": 1, "role": "user", "content_json": json.dumps([PART])},
        {"id": 2, "role": "assistant", "content_json": json.dumps([{"type": "toolRequest", "id": "c1", "toolCall": {
            "status": "success", "value": {"name": "find_train", "arguments": ARGUMENTS}}}])},
        {"id": 3, "role": "user", "content_json": json.dumps([{"type": "toolResponse", "id": "c1", "toolResult": {
            "status": "success", "value": [{"type": "text", "text": "none"}]}}])},
        {"id": 4, "role": "assistant", "content_json": json.dumps([{"type": "text", "text": ANSWER}])}],
    "OpenHands' newer events": [
        {"kind": "MessageEvent", "source": "user", "llm_message": {"role": "user", "content": [PART]}},
        {"kind": "ActionEvent", "source": "agent", "thought": [], "action": {"kind": "TrainAction"},
         "tool_call": {"id": "c1", "name": "find_train", "arguments": TEXT}, "tool_call_id": "c1"},
        {"kind": "ObservationEvent", "source": "environment", "tool_call_id": "c1", "observation": {
            "kind": "TrainObservation", "content": [{"type": "text", "text": "none"}]}},
        {"kind": "MessageEvent", "source": "agent", "llm_message": {
            "role": "assistant", "content": [{"type": "text", "text": ANSWER}]}}],
    "actors": [{"turns": [
        {"actor": "user", "text": ASK},
        {"actor": "assistant", "tool_calls": [OPENAI_CALL]},
        {"actor": "tool", "tool_call_id": "c1", "text": "none"},
        {"actor": "assistant", "text": ANSWER}]}],
    "Glaive on one line": [{"system": "", "chat": (
        f'USER: {ASK} ASSISTANT: <functioncall> {{"name": "find_train", "arguments": \'{TEXT}\'}} <|endoftext|> '
        f"FUNCTION RESPONSE: none ASSISTANT: {ANSWER} <|endoftext|>")}],
    "an agent's state of AutoGen": [{"type": "AssistantAgentState", "llm_context": {"messages": [
        {"type": "UserMessage", "source": "user", "content": ASK},
        {"type": "AssistantMessage", "source": "desk", "thought": None, "content": [
            {"id": "c1", "name": "find_train", "arguments": TEXT}]},
        {"type": "FunctionExecutionResultMessage", "content": [
            {"content": "none", "name": "find_train", "call_id": "c1", "is_error": False}]},
        {"type": "AssistantMessage", "source": "desk", "thought": None, "content": ANSWER}]}}],
    "a session of Microsoft's Agent Framework": [{"type": "session", "state": {"in_memory": {"messages": [
        {"type": "message", "role": "user", "contents": [PART]},
        {"type": "message", "role": "assistant", "contents": [
            {"type": "function_call", "call_id": "c1", "id": "x", "name": "find_train", "arguments": TEXT}]},
        {"type": "message", "role": "tool", "contents": [
            {"type": "function_result", "call_id": "c1", "id": "x", "result": "none", "items": [PART]}]},
        {"type": "message", "role": "assistant", "contents": [{"type": "text", "text": ANSWER}]}]}}}],
    "Semantic Kernel in Python": [{"messages": [
        {"content_type": "message", "role": "user", "items": [{"content_type": "text", "text": ASK}]},
        {"content_type": "message", "role": "assistant", "items": [
            {"content_type": "function_call", "id": "c1", "name": "find_train", "arguments": TEXT}]},
        {"content_type": "message", "role": "tool", "items": [
            {"content_type": "function_result", "id": "c1", "function_name": "find_train", "result": "none"}]},
        {"content_type": "message", "role": "assistant", "items": [{"content_type": "text", "text": ANSWER}]}]}],
    "Mastra": [{"messages": [
        {"id": "1", "role": "user", "content": {"format": 2, "parts": [PART]}},
        {"id": "2", "role": "assistant", "content": {"format": 2, "content": ANSWER, "parts": [
            {"type": "tool-invocation", "toolInvocation": {
                "state": "result", "toolCallId": "c1", "toolName": "find_train", "args": ARGUMENTS, "result": "none"}},
            {"type": "step-start"},
            {"type": "text", "text": ANSWER}]}}]}],
    "pairs of LangChain": [{"inputs": {"messages": [["user", ASK]]}, "outputs": {"messages": [
        USER, CALLED, RESULT, ANSWERED]}}],
    "smolagents": [[
        {"role": "user", "content": [PART]},
        {"role": "tool-call", "content": [{"type": "text", "text": "Calling tools:\n" + str([OPENAI_CALL])}]},
        {"role": "tool-response", "content": [{"type": "text", "text": "Observation:\nnone"}]},
        ANSWERED]],
    "smolagents in OpenInference": [{"attributes": {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": ASK,
        "llm.input_messages.1.message.role": "tool-call",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "Calling tools:\n" + str([OPENAI_CALL]),
        "llm.input_messages.2.message.role": "tool-response",
        "llm.input_messages.2.message.contents.0.message_content.text": "Observation:\nnone",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": ANSWER}}],
    "smolagents, as it asks the model": [[
        USER, {"role": "assistant", "content": "Calling tools:\n" + str([OPENAI_CALL])},
        {"role": "user", "content": "Observation:\nnone"}, ANSWERED]],
    "LibreChat": [{"conversationId": "c", "messages": [
        {"messageId": "1", "parentMessageId": "0", "isCreatedByUser": True, "text": ASK},
        {"messageId": "2", "parentMessageId": "1", "isCreatedByUser": False, "text": "", "content": [
            {"type": "text", "text": "This answer was written anew."}]},
        {"messageId": "3", "parentMessageId": "1", "isCreatedByUser": False, "text": "", "content": [
            {"type": "think", "think": "Trains."},
            {"type": "tool_call", "tool_call": {
                "id": "c1", "name": "find_train", "args": TEXT, "output": "none", "progress": 1}},
            {"type": "text", "text": ANSWER}]}]}],
    "LibreChat, message in message": [{"conversationId": "c", "recursive": True, "messages": [
        {"messageId": "1", "parentMessageId": "0", "isCreatedByUser": True, "text": ASK, "children": [
            {"messageId": "2", "parentMessageId": "1", "isCreatedByUser": False, "children": [], "content": [
                {"type": "tool_call", "tool_call": {"id": "c1", "name": "find_train", "args": TEXT, "output": "none"}},
                {"type": "text", "text": ANSWER}]}]}]}],
    "Dify": [{"limit": 20, "has_more": False, "data": [{"query": ASK, "answer": ANSWER, "agent_thoughts": [
        {"id": "t1", "thought": "", "tool": "find_train", "tool_input": json.dumps({"find_train": ARGUMENTS}),
         "observation": '{"find_train": "none"}'},
        {"id": "t2", "thought": ANSWER, "tool": "", "tool_input": "", "observation": ""}]}]}],
    "Amazon Q": [{"conversation_id": "c", "history": [
        {"user": {"content": {"Prompt": {"prompt": ASK}}}, "assistant": {"ToolUse": {"content": "", "tool_uses": [
            {"id": "c1", "name": "find_train", "orig_name": "find_train", "args": ARGUMENTS}]}}},
        {"user": {"content": {"ToolUseResults": {"tool_use_results": [
            {"tool_use_id": "c1", "content": [{"Text": "none"}], "status": "Success"}]}}},
         "assistant": {"Response": {"message_id": "m", "content": ANSWER}}}]}],
    "Amazon Q, its older versions": [{"conversation_id": "c", "tools": {"native___": [{"ToolSpecification": {
        "name": "find_train", "description": "Find.", "input_schema": {"json": SCHEMA}}}]}, "history": [
        [{"content": {"Prompt": {"prompt": ASK}}}, {"ToolUse": {"tool_uses": [
            {"id": "c1", "name": "find_train", "args": ARGUMENTS}]}}],
        [{"content": {"ToolUseResults": {"tool_use_results": [{"tool_use_id": "c1", "content": [{"Json": "none"}]}]}}},
         {"Response": {"content": ANSWER}}]]}],
    "a state of OpenAI's Agents SDK": [{"$schemaVersion": "1.21", "original_input": ASK, "generated_items": [
        {"type": "tool_call_item", "raw_item": {
            "type": "function_call", "call_id": "c1", "name": "find_train", "arguments": TEXT}},
        {"type": "tool_approval_item", "raw_item": {
            "type": "function_call", "call_id": "c1", "name": "find_train", "arguments": TEXT}},
        {"type": "tool_call_output_item", "raw_item": {
            "type": "function_call_output", "call_id": "c1", "output": "none"}},
        {"type": "message_output_item", "raw_item": {"type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": ANSWER}]}}]}],
    "the same in JavaScript": [{"$schemaVersion": "1.0", "originalInput": [USER], "generatedItems": [
        {"type": "tool_call_item", "rawItem": {
            "type": "function_call", "callId": "c1", "name": "find_train", "arguments": TEXT}},
        {"type": "tool_call_output_item", "rawItem": {
            "type": "function_call_result", "callId": "c1", "name": "find_train",
            "output": {"type": "text", "text": "none"}}},
        {"type": "message_output_item", "rawItem": {"type": "message", "role": "assistant", "content": [
            {"type": "output_text", "text": ANSWER}]}}]}],
    "events of OpenCode": [
        {"type": "server.connected", "properties": {}},
        {"type": "message.updated", "properties": {"info": {"id": "1", "sessionID": "s", "role": "user"}}},
        {"type": "message.part.updated", "properties": {"part": {
            "id": "a", "sessionID": "s", "messageID": "1", **PART}}},
        {"type": "message.updated", "properties": {"info": {"id": "2", "sessionID": "s", "role": "assistant"}}},
        *({"type": "message.part.updated", "properties": {"part": {
            "id": "b", "sessionID": "s", "messageID": "2", "type": "tool", "callID": "c1", "tool": "find_train",
            "state": {"status": status, "input": ARGUMENTS, **output}}}}
          for status, output in (("running", {}), ("completed", {"output": "none"}))),
        {"type": "message.updated", "properties": {"info": {"id": "3", "sessionID": "s", "role": "assistant"}}},
        *({"type": "message.part.updated", "properties": {"part": {
            "id": "c", "sessionID": "s", "messageID": "3", "type": "text", "text": text}}}
          for text in (ANSWER[:5], ANSWER))],
    "Azure's gateway": [{"OperationName": "chat", "RequestMessages": json.dumps([USER, CALLED, RESULT]),
                         "ResponseMessages": json.dumps([ANSWERED])}],
    "a step of the Vercel AI SDK": [{
        "request": {"body": json.dumps({"messages": [USER, CALLED, RESULT], "tools": [TOOL]})},
        "response": {"messages": [
            {"role": "assistant", "content": [
                {"type": "tool-call", "toolCallId": "c1", "toolName": "find_train", "input": ARGUMENTS}]},
            {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "find_train",
                                          "output": {"type": "text", "value": "none"}}]},
            {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]}]}}],
    "a span of Strands, whose events are its messages": [{
        "attributes": {"gen_ai.operation.name": "chat"}, "events": [
            {"name": "gen_ai.user.message", "attributes": {"content": json.dumps([{"text": ASK}])}},
            {"name": "gen_ai.assistant.message", "attributes": {"content": json.dumps([
                {"toolUse": {"toolUseId": "c1", "name": "find_train", "input": ARGUMENTS}}])}},
            {"name": "gen_ai.tool.message", "attributes": {"role": "tool", "content": json.dumps([
                {"toolResult": {"toolUseId": "c1", "content": [{"text": "none"}]}}])}},
            {"name": "gen_ai.choice", "attributes": {
                "finish_reason": "end_turn", "message": json.dumps([{"text": ANSWER}])}}]}],
    "the same with messages of OpenAI": [{
        "attributes": {"gen_ai.operation.name": "chat"}, "events": [
            {"name": "gen_ai.user.message", "attributes": {"content": ASK}},
            {"name": "gen_ai.assistant.message", "attributes": {"tool_calls": json.dumps([OPENAI_CALL])}},
            {"name": "gen_ai.tool.message", "attributes": {"id": "c1", "content": "none"}},
            {"name": "gen_ai.choice", "attributes": {"message": json.dumps(ANSWERED)}}]}],
    "Genkit": [{"messages": [
        {"role": "user", "content": [{"text": ASK}]},
        {"role": "model", "content": [{"toolRequest": {"name": "find_train", "ref": "c1", "input": ARGUMENTS}}]},
        {"role": "tool", "content": [{"toolResponse": {"name": "find_train", "ref": "c1", "output": "none"}}]},
        {"role": "model", "content": [{"text": ANSWER}]}]}],
    "LiveKit, a session with its agents": [{"items": [
        {"id": "1", "type": "agent_handoff", "new_agent_id": "a"},
        {"id": "2", "type": "message", "role": "user", "content": [ASK]},
        {"id": "3", "type": "function_call", "call_id": "c1", "name": "find_train", "arguments": TEXT},
        {"id": "4", "type": "function_call_output", "call_id": "c1", "name": "find_train", "output": "none"},
        {"id": "5", "type": "message", "role": "assistant", "content": [ANSWER]}]}],
    "ART, calls as JSON": [{"tools": json.dumps([TOOL]), "messages": [
        USER, {"role": "assistant", "tool_calls": json.dumps([OPENAI_CALL])}, RESULT, ANSWERED]}],
    "events of LangGraph": [
        {"event": kind, "run_id": run, "data": data, "tags": []} for kind, run, data in (
            ("on_chain_start", "0", {"input": {"messages": [USER]}}),
            ("on_chat_model_start", "1", {"input": {"messages": [[USER]]}}),
            ("on_chat_model_stream", "1", {"chunk": {"content": ""}}),
            ("on_chat_model_end", "1", {"input": {"messages": [[USER]]}, "output": CALLED}),
            ("on_tool_end", "2", {"output": RESULT}),
            ("on_chat_model_end", "3", {"input": {"messages": [[USER, CALLED, RESULT]]}, "output": ANSWERED}),
            ("on_chain_end", "0", {"output": {"messages": [USER, CALLED, RESULT, ANSWERED]}}))],
    "a logger that writes texts alone": [json.dumps({"messages": [USER, CALLED, RESULT, ANSWERED]})],
}  # fmt: skip
"""Logs of one call, its result and the answer."""


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_log_gives_the_call_and_then_the_answer(tmp_path: Path, name: str) -> None:
    call, answer = outcomes(written(tmp_path / "log.jsonl", *CONVERSATIONS[name]))
    assert [message["content"] for message in call.prompt] == [ASK]
    assert (call.ground_truth.calls, [tool["function"]["name"] for tool in call.tools]) == ((CALL,), ["find_train"])
    assert [message["role"] for message in answer.prompt] == ["user", "assistant", "tool"]
    assert "none" in answer.prompt[-1]["content"]
    assert (answer.ground_truth.behavior, answer.ground_truth.text) == (Behavior.ANSWER, ANSWER)


STEPS = [
    {"type": "step-start"},
    *({"type": "tool-find_train", "toolCallId": name, "state": "output-available", "input": ARGUMENTS, "output": "none"}
      for name in ("c1", "c2")),
    {"type": "step-start"},
    {"type": "text", "text": ANSWER},
]  # fmt: skip
INVOCATIONS = [
    {"state": "result", "toolCallId": name, "toolName": "find_train", "args": ARGUMENTS, "result": "none"}
    for name in ("c1", "c2")
]


@pytest.mark.parametrize(
    "turn",
    [
        {"role": "assistant", "parts": STEPS},
        {"role": "assistant", "parts": STEPS, "toolInvocations": INVOCATIONS},
        {"role": "assistant", "content": ANSWER, "toolInvocations": [{**call, "step": 0} for call in INVOCATIONS]},
    ],
    ids=["marks between steps", "and the calls once more", "numbers of steps"],
)
def test_calls_of_one_step_are_one_turn(tmp_path: Path, turn: dict[str, Any]) -> None:
    """Each had been a turn of its own, with its result before the next."""
    call, answer = outcomes(written(tmp_path / "log.json", [USER, turn]))
    assert call.ground_truth.calls == (CALL, CALL)
    assert [message.get("tool_call_id") for message in answer.prompt] == [None, None, "c1", "c2"]
    assert answer.ground_truth.text == ANSWER


def test_calls_of_steps_that_nobody_tells_end_a_conversation(tmp_path: Path) -> None:
    turn = {"role": "assistant", "content": ANSWER, "toolInvocations": INVOCATIONS}
    row, error = outcomes(written(tmp_path / "log.json", [USER, ANSWERED, USER, turn]))
    assert (row.ground_truth.text, "nothing says which calls are one turn" in error.message) == (ANSWER, True)


def test_instructions_of_requests_are_the_system_prompt(tmp_path: Path) -> None:
    """They were left out without a word."""
    asked = {"kind": "request", "instructions": "Be brief.", "parts": [{"part_kind": "user-prompt", "content": ASK}]}
    said = {"kind": "response", "parts": [{"part_kind": "text", "content": ANSWER}]}
    first, second = outcomes(written(tmp_path / "log.json", [asked, said, asked, said]))
    assert [message["content"] for message in first.prompt] == ["Be brief.", ASK]
    assert len(second.prompt) == 4
    row, error = outcomes(written(tmp_path / "log.json", [asked, said, {**asked, "instructions": "Be long."}, said]))
    assert (row.prompt, "instructions: change" in error.message) == (first.prompt, True)


def test_tools_that_ran_are_not_those_that_are_offered(tmp_path: Path) -> None:
    """Agno lists them as `tools`, with their arguments; a tool without parameters was offered."""
    ran = [{"tool_call_id": "c1", "tool_name": "find_train", "tool_args": ARGUMENTS, "result": "none"}]
    rows = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, CALLED, RESULT, ANSWERED], "tools": ran}))
    assert [row.tools for row in rows] == [[TOOL], [TOOL]]


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("```mswea_bash_command\nls\n```", "<returncode>0</returncode>", "writes a call in a block of code"),
        ("I look.\n<code>\nls()\n</code>", "Observation: x", "as smolagents does"),
        (
            '{\n  "plan": "I look.",\n  "commands": [{"keystrokes": "ls"}]\n}',
            "New Terminal Output: x",
            "as Terminus does",
        ),
        ("I look at it: ls", "Observation: a.txt", "a tool answers the turn"),
        ("I look at it.", "[read_file for 'a.txt'] Result:\nword", "a tool answers the turn"),
    ],
    ids=["mini-swe-agent", "smolagents", "Terminus", "ReAct", "Cline"],
)
def test_a_text_that_results_answer_is_no_answer(tmp_path: Path, text: str, answer: str, reason: str) -> None:
    lines = [USER, {**ANSWERED, "content": text}, {"role": "user", "content": answer}, ANSWERED]
    error, row = outcomes(written(tmp_path / "log.json", lines))
    assert (reason in error.message, row.ground_truth.text) == (True, ANSWER)


def test_answers_among_results_that_a_user_says_need_tools(tmp_path: Path) -> None:
    """What Cline keeps once it has taken the calls out of its memory had been answers without tools."""
    lines = [USER, {**ANSWERED, "content": "[NOTE] Some history has been removed."},
             {"role": "user", "content": "[read_file for 'a.txt'] Result:\nword"}, ANSWERED]  # fmt: skip
    _, read = read_file(written(tmp_path / "log.json", lines))
    unheard, untold = (str(outcome) for outcome in read)
    assert ("a tool answers the turn" in unheard, "the log names no tools" in untold) == (True, True)


SECOND = {**OPENAI_CALL, "id": "c2"}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([CALLED, RESULT, CALLED], "makes the calls of an earlier one, ids and all"),
        ([{**CALLED, "tool_calls": [OPENAI_CALL, SECOND]}, RESULT, ANSWERED],
         "not all calls of an earlier turn have a result"),
        ([CALLED, {**CALLED, "tool_calls": [SECOND]}, RESULT, {**RESULT, "tool_call_id": "c2"}, USER, ANSWERED],
         "nothing says which calls are one turn"),
        ([{"role": "assistant", "content": ""}, RESULT, ANSWERED], "not all calls of an earlier turn have a result"),
    ],
    ids=["a turn twice", "a result that is lost", "calls that are apart", "calls that are lost"],
)  # fmt: skip
def test_rows_after_calls_that_a_log_mixes_up_are_refused(tmp_path: Path, messages: list[Any], reason: str) -> None:
    """Spans of ADK hold a turn twice and lose a result; those of Responses have each call for itself."""
    *_, error = outcomes(written(tmp_path / "log.json", [USER, *messages]))
    assert isinstance(error, RowError)
    assert reason in error.message


def test_calls_that_are_lost_before_a_summary_do_no_harm(tmp_path: Path) -> None:
    lost = {**CALLED, "tool_calls": [OPENAI_CALL, SECOND]}
    summary = {"role": "user", "content": "This session is being continued from a previous conversation."}
    *_, row = outcomes(written(tmp_path / "log.json", [USER, lost, RESULT, ANSWERED, summary, ANSWERED]))
    assert (len(row.prompt), row.ground_truth.text) == (1, ANSWER)


def test_nothing_is_learned_before_the_user_speaks(tmp_path: Path) -> None:
    """A log of what an agent did, without what it was asked, gave an answer to nobody."""
    read = outcomes(written(tmp_path / "log.json", [CALLED, RESULT, ANSWERED, USER, ANSWERED]))
    assert ["before the user does" in str(outcome) for outcome in read] == [True, True, False]


def test_a_summary_in_the_midst_of_messages_begins_a_conversation_anew(tmp_path: Path) -> None:
    summary = "This session is being continued from a previous conversation that ran out."
    lines = [{"role": "system", "content": "Be brief."}, USER, ANSWERED, {"role": "user", "content": summary}, ANSWERED]
    first, second = outcomes(written(tmp_path / "log.json", lines))
    assert [message["content"] for message in first.prompt] == ["Be brief.", ASK]
    assert [message["content"] for message in second.prompt] == ["Be brief.", summary]


def test_a_call_that_the_user_cancels_in_amazon_q_is_not_learned(tmp_path: Path) -> None:
    used = {"ToolUse": {"content": "", "tool_uses": [{"id": "c1", "name": "find_train", "args": ARGUMENTS}]}}
    results = [{"tool_use_id": "c1", "content": [{"Text": "cancelled"}], "status": "Error"}]
    history = [
        {"user": {"content": {"Prompt": {"prompt": ASK}}}, "assistant": used},
        {
            "user": {"content": {"CancelledToolUses": {"prompt": "No.", "tool_use_results": results}}},
            "assistant": {"Response": {"content": ANSWER}},
        },
    ]
    (row,) = outcomes(written(tmp_path / "log.json", {"history": history, "latest_summary": ["So far.", {}]}))
    contents = [message["content"] for message in row.prompt]
    assert (contents, row.ground_truth.text) == (["So far.", ASK, "", "cancelled", "No."], ANSWER)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"data": [{"query": ASK, "agent_thoughts": [{"tool": "a;a", "tool_input": '{"a": {}}'}]}]}],
         "call a tool twice at once"),
        ([USER, {**CALLED, "tool_calls": [OPENAI_CALL, OPENAI_CALL]}, {"role": "user", "content": "Observation:\nx"}],
         "one observation of several calls"),
    ],
    ids=["Dify", "smolagents"],
)  # fmt: skip
def test_results_of_several_calls_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, messages: list[Any], reason: str
) -> None:
    *_, error = outcomes(written(tmp_path / "log.json", messages if len(messages) > 1 else messages[0]))
    assert reason in error.message


@pytest.mark.parametrize(
    ("calls", "n_rows"),
    [([{"ok": True, "error": None}], 1), ([{"ok": False}], 0), ([{"error": "no such train"}], 0), ([{}, {}], 0)],
    ids=["one", "one that failed", "one with an error", "two, in one turn or in two"],
)
def test_calls_beside_an_answer_came_before_it(tmp_path: Path, calls: list[Any], n_rows: int) -> None:
    made = [{"name": "find_train", "arguments": ARGUMENTS, **call} for call in calls]
    read = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER], "response": ANSWER, "tool_calls": made}))
    rows = [outcome for outcome in read if isinstance(outcome, Row)]
    assert [row.ground_truth.calls for row in rows] == [(CALL,)] * n_rows
    assert any(isinstance(outcome, RowError) for outcome in read)


def test_an_answer_that_the_messages_end_with_is_given_once(tmp_path: Path) -> None:
    (row,) = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, ANSWERED], "response": ANSWER}))
    assert row.ground_truth.text == ANSWER


def test_a_data_set_in_one_object_lends_its_tools(tmp_path: Path) -> None:
    queries = [{"query": ASK, "answers": [{"name": "find_train", "arguments": ARGUMENTS}]}] * 2
    path = written(tmp_path / "set.json", {"version": 1, "tools": [TOOL], "queries": queries})
    rows, summary = read_any(path)
    assert (summary.format, [row.tools for row in rows]) == ("xlam", [[TOOL], [TOOL]])
    (reason,) = _refused(written(tmp_path / "other.json", {"version": 1, "queries": [*queries, {"query": ASK}]}))
    assert "no format has records with version, queries" in reason


def _refused(path: Path) -> list[str]:
    with pytest.raises(UserError) as error:
        read_any(path)
    return [str(error.value)]


VOICE: dict[str, Any] = {
    "ElevenLabs": {"transcript": [
        {"role": "agent", "message": "Hello", "tool_calls": [], "tool_results": []},
        {"role": "user", "message": ASK, "tool_calls": [], "tool_results": []},
        {"role": "agent", "message": None, "tool_results": [], "tool_calls": [
            {"type": "webhook", "request_id": "c1", "tool_name": "find_train", "params_as_json": TEXT}]},
        {"role": "agent", "message": None, "tool_calls": [], "tool_results": [
            {"request_id": "c1", "tool_name": "find_train", "result_value": "none", "is_error": False}]},
        {"role": "agent", "message": ANSWER, "tool_calls": [], "tool_results": []}]},
    "Vapi": {"messages": [
        {"role": "bot", "message": "Hello", "time": 1},
        {"role": "user", "message": ASK, "time": 2},
        {"role": "tool_calls", "message": "", "time": 3, "toolCalls": [OPENAI_CALL]},
        {"role": "tool_call_result", "name": "find_train", "result": "none", "toolCallId": "c1", "time": 4},
        {"role": "bot", "message": ANSWER, "time": 5}]},
    "Vapi's end of a call": {"id": "c", "artifact": {"messages": [
        {"role": "bot", "message": "Hello", "time": 1},
        {"role": "user", "message": ASK, "time": 2},
        {"role": "tool_calls", "message": "", "time": 3, "toolCalls": [OPENAI_CALL]},
        {"role": "tool_call_result", "name": "find_train", "result": "none", "toolCallId": "c1", "time": 4},
        {"role": "bot", "message": ANSWER, "time": 5}]}},
    "Retell": {
        "transcript_object": [
            {"role": "agent", "content": "Hello", "words": []},
            {"role": "user", "content": ASK, "words": []},
            {"role": "agent", "content": ANSWER, "words": []}],
        "transcript_with_tool_calls": [
            {"role": "agent", "content": "Hello"},
            {"role": "user", "content": ASK},
            {"role": "tool_call_invocation", "tool_call_id": "c1", "name": "find_train", "arguments": TEXT},
            {"role": "tool_call_result", "tool_call_id": "c1", "content": "none"},
            {"role": "agent", "content": ANSWER}]},
}  # fmt: skip


@pytest.mark.parametrize("name", VOICE)
def test_a_phone_call_gives_what_the_agent_did_after_its_greeting(tmp_path: Path, name: str) -> None:
    """Retell's transcript stands there twice; the one without calls would have the answer come from nowhere."""
    greeting, call, answer = outcomes(written(tmp_path / "log.jsonl", VOICE[name]))
    assert "the assistant speaks before the user does" in str(greeting)
    assert ([message["content"] for message in call.prompt], call.ground_truth.calls) == (["Hello", ASK], (CALL,))
    assert [message["role"] for message in answer.prompt] == ["assistant", "user", "assistant", "tool"]
    assert (answer.prompt[-1]["content"], answer.ground_truth.text) == ("none", ANSWER)


SYSTEM = f"Be brief. <AVAILABLE_TOOLS>[{json.dumps(TOOL['function'])}]</AVAILABLE_TOOLS>"
CONVERSE: list[Any] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "I look."}, "contentBlockIndex": 0}},
    {"contentBlockStart": {"start": {"toolUse": {"toolUseId": "c1", "name": "find_train"}}, "contentBlockIndex": 1}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": TEXT[:8]}}, "contentBlockIndex": 1}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": TEXT[8:]}}, "contentBlockIndex": 1}},
    {"messageStop": {"stopReason": "tool_use"}},
]
GEMINI_TOOLS = [{"functionDeclarations": [TOOL["function"]]}]
GEMINI_CALL = {"role": "model", "parts": [{"functionCall": {"name": "find_train", "args": ARGUMENTS}}]}
EXCHANGES: dict[str, Any] = {
    "a stream of Bedrock's Converse": {"input": {"messages": [USER]}, "output": {"outputBodyJson": CONVERSE}},
    "Vertex in BigQuery": {
        "request_payload": [],
        "full_request": {"contents": [{"role": "user", "parts": [{"text": ASK}]}], "tools": GEMINI_TOOLS},
        "full_response": {"candidates": [{"content": GEMINI_CALL}]},
    },
    "LiteLLM's table of spending": {
        "messages": json.dumps([USER]),
        "response": json.dumps({"choices": [{"message": CALLED}]}),
        "proxy_server_request": json.dumps({"messages": [USER], "tools": [TOOL]}),
    },
    "LiteLLM's table of spending, messages empty": {
        "messages": "{}", "response": json.dumps({"choices": [{"message": CALLED}]}),
        "proxy_server_request": json.dumps({"messages": [USER], "tools": [TOOL]}),
    },
    "LiteLLM's logs": {"messages": [USER], "response": {"choices": [{"message": CALLED}]},
                       "model_parameters": {"tools": [TOOL]}},
    "Genkit's response": {
        "message": {"role": "model", "content": [
            {"toolRequest": {"name": "find_train", "ref": "c1", "input": ARGUMENTS}}]},
        "request": {"messages": [{"role": "user", "content": [{"text": ASK}]}], "tools": [
            {"name": "find_train", "description": "Find trains.", "inputSchema": SCHEMA}]},
        "finishReason": "stop"},
    "Braintrust's choices": {"input": [USER], "metadata": {"tools": [TOOL]}, "output": [
        {"finish_reason": "tool_calls", "index": 0, "message": CALLED}]},
    "PostHog": {"event": "$ai_generation", "properties": {
        "$ai_input": [USER], "$ai_tools": [TOOL],
        "$ai_output_choices": [{"role": "assistant", "content": [OPENAI_CALL]}]}},
    "SageMaker's capture": {"captureData": {
        "endpointInput": {"data": json.dumps({"messages": [USER], "tools": [TOOL]}), "encoding": "JSON"},
        "endpointOutput": {"data": json.dumps({"choices": [{"index": 0, "message": CALLED}]}), "encoding": "JSON"}}},
    "Langfuse over OpenTelemetry": {"attributes": {
        "langfuse.observation.type": "generation",
        "langfuse.observation.input": json.dumps({"messages": [USER], "tools": [TOOL]}),
        "langfuse.observation.output": json.dumps(CALLED)}},
    "NeMo Evaluator": {"messages": [USER], "tools": [TOOL], "tool_calls": [{"function": {
        "name": "find_train", "arguments": ARGUMENTS}}]},
    "smolagents' memory": {"step_number": 1, "model_input_messages": [USER], "model_output_message": CALLED},
    "tools by a name of their own": {"messages": [USER, CALLED], "train_tools": [TOOL]},
    "Nemotron's data for tuning": {
        "system_prompt": SYSTEM, "input": [USER], "output": f'<TOOLCALL>[{{"name": "find_train", "arguments": {TEXT}}}]'
        "</TOOLCALL>"},
}  # fmt: skip


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_request_and_what_came_back_give_the_call(tmp_path: Path, name: str) -> None:
    (row,) = outcomes(written(tmp_path / "log.jsonl", EXCHANGES[name]))
    assert (row.prompt[-1]["content"], row.ground_truth.calls) == (ASK, (CALL,))
    assert [tool["function"]["name"] for tool in row.tools] == ["find_train"]
    assert row.prompt[0]["role"] == ("system" if name.startswith("Nemotron") else "user")


def test_texts_beside_messages_are_their_answer(tmp_path: Path) -> None:
    """DSPy keeps its language model's history so, under the model's name."""
    record = {"lm": [{"prompt": None, "messages": [USER], "kwargs": {}, "outputs": [ANSWER], "response": None}] * 2}
    (row,) = outcomes(written(tmp_path / "log.jsonl", record))
    assert (row.prompt, row.ground_truth.text) == ([USER], ANSWER)


def test_events_of_atof_are_the_calls_of_the_model_in_them(tmp_path: Path) -> None:
    def scope(category: str, half: str, data: Any) -> dict[str, Any]:
        return {"atof_version": "0.1", "category": category, "scope_category": half, "uuid": category, "data": data}

    called = {"id": "c1", "name": "find_train", "arguments": ARGUMENTS}
    events = [
        scope("agent", "start", {"input": ASK}),
        scope("llm", "start", {"messages": [USER], "tools": [TOOL]}),
        scope("llm", "end", {"content": "", "tool_calls": [called]}),
        scope("tool", "start", ARGUMENTS),
        scope("agent", "end", {"response": ANSWER}),
    ]
    (row,) = outcomes(written(tmp_path / "log.jsonl", *events))
    assert (row.prompt, row.ground_truth.calls) == ([USER], (CALL,))


def test_preferences_whose_sides_are_objects_with_messages(tmp_path: Path) -> None:
    """As Fireworks has them for ORPO."""
    record = {"chosen": {"messages": [USER, ANSWERED]}, "rejected": {"messages": [USER, CALLED]}}
    row, pair = outcomes(written(tmp_path / "log.jsonl", record))
    assert (row.ground_truth.text, isinstance(pair, Preference)) == (ANSWER, True)


CUT_OFF: dict[str, Any] = {
    "OpenAI": {"choices": [{"finish_reason": "length", "message": ANSWERED}]},
    "a filter": {"choices": [{"finish_reason": "content_filter", "message": ANSWERED}]},
    "Anthropic": {"role": "assistant", "content": [{"type": "text", "text": ANSWER}], "stop_reason": "max_tokens"},
    "Gemini": {"candidates": [{"finishReason": "MAX_TOKENS", "content": {"parts": [{"text": ANSWER}]}}]},
    "Responses": {"status": "incomplete", "output": [ANSWERED]},
    "Converse": {"stopReason": "max_tokens", "output": {"message": {**ANSWERED, "content": [{"text": ANSWER}]}}},
    "a stream": [
        {"choices": [{"delta": {"content": ANSWER}}]},
        {"choices": [{"delta": {}, "finish_reason": "length"}]},
    ],
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_what_was_cut_off_is_no_ground_truth(tmp_path: Path, name: str) -> None:
    (error,) = outcomes(written(tmp_path / "log.jsonl", {"request": {"messages": [USER]}, "response": CUT_OFF[name]}))
    assert isinstance(error, RowError)
    assert "the turn was cut off (" in error.message


@pytest.mark.parametrize(
    "text",
    [
        "I look.\n\n<read_file>\n<path>a.py</path>\n</read_file>",
        "Thought:\nI look.\n\nAction:\nfind_train[Linz]",
    ],
    ids=["Cline", "AgentGym"],
)
def test_a_call_in_a_text_of_no_wire_format_is_no_answer(tmp_path: Path, text: str) -> None:
    (error,) = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, {"role": "assistant", "content": text}]}))
    assert "is no wire format" in error.message


def test_a_text_and_the_calls_right_after_it_are_one_turn(tmp_path: Path) -> None:
    """The text alone would teach to announce a call and make none."""
    told = {"role": "assistant", "content": "I look."}
    (row,) = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, told, CALLED]}))
    assert (row.prompt, row.ground_truth.calls) == ([USER], (CALL,))


def test_a_turn_right_after_another_one_is_no_row(tmp_path: Path) -> None:
    """As where one agent hands over to the next: lint would find that the prompt asks for nothing."""
    handed_over = {"role": "assistant", "content": "I hand over.", "weight": 0}
    (error,) = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, handed_over, ANSWERED]}))
    assert "the assistant speaks after itself" in error.message


@pytest.mark.parametrize(("weight", "rows"), [(1, 0), (0, 1)], ids=["said", "an error shown"])
def test_a_text_that_goes_on_in_the_next_message_is_no_whole_turn(tmp_path: Path, weight: int, rows: int) -> None:
    """Source: transcripts of voice bots, whose list of prices was three more messages."""
    prices = {"role": "assistant", "content": "- 12 euros", "weight": weight}
    told = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, ANSWERED, prices]}))
    assert sum(isinstance(outcome, Row) for outcome in told) == rows
    if not rows:
        assert "the assistant goes on in the next message" in told[0].message


def test_a_turn_that_is_not_to_be_learned_from_is_history(tmp_path: Path) -> None:
    """AgentGym's conversations begin with an instruction and an OK."""
    turns = [
        {"from": "human", "loss": None, "value": "You find trains."},
        {"from": "gpt", "loss": False, "value": "OK."},
        {"from": "human", "loss": None, "value": ASK},
        {"from": "gpt", "loss": True, "value": ANSWER},
    ]
    (row,) = outcomes(written(tmp_path / "log.jsonl", {"conversations": turns}))
    assert (len(row.prompt), row.ground_truth.text) == (3, ANSWER)


def test_an_answer_with_markup_stays_an_answer(tmp_path: Path) -> None:
    text = "<note>\n<to>Ada</to>\n</note>"
    (row,) = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, {"role": "assistant", "content": text}]}))
    assert row.ground_truth.text == text


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_log_comes_through_a_pipe(tmp_path: Path, packed: bool) -> None:
    line = json.dumps({"messages": [USER, ANSWERED]}).encode() + b"\n"
    content = gzip.compress(line) if packed else line
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[content])
    writer.start()
    (row,), _ = read_any(tmp_path / "pipe")
    writer.join()
    assert row.ground_truth.text == ANSWER


def test_a_long_document_on_one_line_is_read(tmp_path: Path) -> None:
    """A search's answer has all its hits on one line, more than a line of a log may hold."""
    hits = [{"_source": {"request": {"messages": [{**USER, "content": f"{n} {'x' * 10**6}"}]}}} for n in range(18)]
    hits[0]["_source"]["response"] = {"choices": [{"message": ANSWERED}]}
    path = tmp_path / "hits.json"
    path.write_text(json.dumps({"took": 1, "hits": {"hits": hits}}))
    assert [type(outcome) for outcome in outcomes(path)].count(Row) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b'data: {"choices": []}\n\ndata: [DONE]\n', "as it was streamed"),
        ('{"messages": []}\n'.encode("utf-16-le"), "is UTF-16"),
        (b'"hello"\n', "its records are no JSON objects: the first is a text"),
        (b'{"instruction": "Hi", "response": "Hello"}\n', "a text and its answer, without tools or calls"),
        (
            b'{"role": "assistant", "content": [], "stop_reason": "end_turn"}\n',
            "a response gives rows with the messages",
        ),
    ],
    ids=["Git LFS", "server-sent events", "UTF-16 without a mark", "texts", "a text and its answer", "a response"],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "log.json").write_bytes(content)
    with pytest.raises(UserError, match=reason):
        read_any(tmp_path / "log.json")


def test_strict_ends_at_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    read = written(tmp_path / "a.jsonl", {"messages": [USER, ANSWERED]})
    (tmp_path / "b.jsonl").write_text("no JSON\n")
    with pytest.raises(UserError, match=r"b\.jsonl:1: not JSON"):
        import_files([read, tmp_path / "b.jsonl"], tmp_path / "rows.jsonl", is_strict=True)
    assert not (tmp_path / "rows.jsonl").exists()


def test_calls_under_a_name_that_no_reader_knows_are_not_lost(tmp_path: Path) -> None:
    request = {"api_name": "find_train", "parameters": ARGUMENTS}
    turn = {"role": "assistant", "text": ANSWER, "doings": [{"request": request, "response": {}}]}
    path = written(tmp_path / "log.jsonl", {"conversation": [{"role": "user", "text": ASK}, turn]})
    (reason,) = outcomes(path)
    assert reason.message == "messages[1].doings: holds calls in a form that is not read"


@pytest.mark.parametrize(
    "extra",
    [{"annotations": [{"name": "x", "url": "y"}]}, {"tools": [TOOL]}, {"usage": [{"name": "tokens", "value": 3}]}],
    ids=["annotations", "tools", "usage"],
)
def test_other_members_of_a_message_are_no_calls(tmp_path: Path, extra: dict[str, Any]) -> None:
    path = written(tmp_path / "log.jsonl", {"messages": [USER, {**ANSWERED, **extra}]})
    (row,) = outcomes(path)
    assert row.ground_truth.text == ANSWER


def test_a_response_of_calls_alone_keeps_their_ids(tmp_path: Path) -> None:
    item = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find_train", "arguments": TEXT}
    given = {"type": "function_call_output", "call_id": "c1", "output": "none"}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}
    records = [
        {"request": {"input": [USER], "tools": [TOOL]}, "response": {"output": [item, {**item, "call_id": "c2"}]}},
        {"request": {"input": [USER, item, given], "tools": [TOOL]}, "response": {"output": [said]}},
    ]
    called, *_, answered = outcomes(written(tmp_path / "log.jsonl", *records))
    assert len(called.ground_truth.calls) == 2
    assert answered.prompt[1]["tool_calls"][0]["id"] == answered.prompt[2]["tool_call_id"]


DOING = {"role": "user", "doing": {"tool": "find_train", "args": ARGUMENTS}}
UNREAD = {
    "a call under another name": (DOING, "[1].doing: holds calls in a form that is not read"),
    "a result": (
        {"role": "tool", "tool_call_id": "c1", "data": "x"},
        "[1]: has role, tool_call_id, data, but no content",
    ),
    "a request": ({"role": "user", "prompt": "x"}, "[1]: has role, prompt, but no content"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_message_whose_content_nobody_reads_is_none_without_content(tmp_path: Path, name: str) -> None:
    message, reason = UNREAD[name]
    (told,) = outcomes(written(tmp_path / "log.jsonl", {"messages": [USER, message, ANSWERED]}))
    assert told.message == f"messages{reason}"


def test_calls_that_open_webui_shows_are_no_answer(tmp_path: Path) -> None:
    shown = f'<details type="tool_calls" done="true" name="find_train">\n</details>\n{ANSWER}'
    path = written(tmp_path / "log.jsonl", {"messages": [USER, {"role": "assistant", "content": shown}]})
    (told,) = outcomes(path)
    assert told.message == "the text writes a call as Open WebUI shows it, which is no wire format"


def test_a_session_does_not_leave_out_what_nobody_reads(tmp_path: Path) -> None:
    (told,) = outcomes(written(tmp_path / "log.jsonl", USER, DOING, ANSWERED))
    assert told.message == "messages[1].doing: holds calls in a form that is not read"


@pytest.mark.parametrize("text", [{"content": "none"}, {"output": "none"}, {"result": "none"}], ids=str)
def test_a_result_under_another_name_is_joined_to_its_call(tmp_path: Path, text: dict[str, str]) -> None:
    """Source: traces of DeepEval."""
    called = {"call_id": "c1", "name": "find_train", "arguments": TEXT}
    messages = [USER, called, {"role": "tool", "call_id": "c1", **text}, ANSWERED]
    call, answer = outcomes(written(tmp_path / "log.jsonl", {"messages": messages}))
    assert call.ground_truth.calls == (CALL,)
    assert answer.prompt[2] == {"role": "tool", "tool_call_id": "c1", "content": "none"}


def test_the_traces_of_deepeval_are_those_of_their_models_calls(tmp_path: Path) -> None:
    """What the agent said at the end is no turn without tools."""
    span = {"type": "llm", "input": [USER], "output": CALLED, "metadata": {"invocation_params": {"tools": [TOOL]}}}
    trace = {"uuid": "t", "input": [USER], "output": ANSWER, "agentSpans": [], "llmSpans": [span]}
    (row,) = outcomes(written(tmp_path / "trace.json", trace))
    assert (row.ground_truth.calls, row.tools) == ((CALL,), [TOOL])


def test_a_malformed_call_ends_a_conversation_that_offers_tools(tmp_path: Path) -> None:
    broken = {"role": "assistant", "tool_calls": [{**OPENAI_CALL, "function": {"name": "f", "arguments": "{"}}]}
    record = {"messages": [USER, CALLED, RESULT, broken, RESULT, ANSWERED]}
    call, reason = outcomes(written(tmp_path / "log.jsonl", record))
    assert call.ground_truth.calls == (CALL,)
    assert (reason.field, "not JSON" in reason.message) == ("messages[3].tool_calls[0].arguments", True)


@pytest.mark.parametrize(
    ("expected", "reason"),
    [(1, None), (2, "several calls of a run, which could be one turn or many")],
    ids=["one call", "two calls"],
)
def test_calls_that_an_evaluation_expects(tmp_path: Path, expected: int, reason: str | None) -> None:
    """Source: Ragas' `reference_tool_calls`, DeepEval's `expected_tools`."""
    calls = [{"name": "find_train", "input_parameters": ARGUMENTS}] * expected
    for record in (
        {"user_input": ASK, "reference_tool_calls": json.dumps(calls)},
        {"input": ASK, "expected_tools": calls},
    ):
        (outcome,) = outcomes(written(tmp_path / "golden.jsonl", record))
        if reason is None:
            assert outcome.ground_truth.calls == (CALL,)
        else:
            assert outcome.message == reason


LINES = {
    "a line of a session": {"type": "tool_call", "tool": "find_train", "arguments": ARGUMENTS},
    "one call of a turn": {
        "role": "assistant",
        "content": None,
        "tool_call": {"name": "find_train", "arguments": ARGUMENTS},
    },
    "a call in JSON": {"role": "assistant", "content": None, "toolCall": {"name": "find_train", "args": ARGUMENTS}},
}


@pytest.mark.parametrize("name", LINES)
def test_a_call_by_itself_is_read(tmp_path: Path, name: str) -> None:
    given = {"type": "tool_result", "role": "tool", "content": "none"}
    call, answer = outcomes(written(tmp_path / "session.jsonl", USER, LINES[name], given, ANSWERED))
    assert call.ground_truth.calls == (CALL,)
    assert [message["role"] for message in answer.prompt] == ["user", "assistant", "tool"]


def test_a_line_with_a_call_and_no_role_is_not_left_out(tmp_path: Path) -> None:
    line = {"tool": "find_train", "arguments": ARGUMENTS, "observation": "none"}
    (reason,) = outcomes(written(tmp_path / "session.jsonl", USER, line, ANSWERED))
    assert reason.message == "is no message: it has no role"


def test_a_span_of_a_chain_is_no_call_of_a_model(tmp_path: Path) -> None:
    """LangGraph's gave "__end__" for an answer, and calls without the system prompt."""
    attributes = {
        "openinference.span.kind": "CHAIN",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": ASK,
        "output.value": "__end__",
    }
    (error,) = outcomes(written(tmp_path / "log.jsonl", {"name": "should_continue", "attributes": attributes}))
    assert "no span holds the messages of a model's call" in error.message


def test_a_span_of_an_agent_that_holds_messages_is_no_call_of_a_model(tmp_path: Path) -> None:
    """Agent Framework's held the last request alone, without what was said before it."""
    messages = {"gen_ai.input.messages": json.dumps([USER]), "gen_ai.output.messages": json.dumps([ANSWERED])}
    spans = [
        {"name": kind, "attributes": {"gen_ai.operation.name": kind, **messages}} for kind in ("invoke_agent", "chat")
    ]
    error, row = outcomes(written(tmp_path / "spans.jsonl", *spans))
    assert ("no span holds" in error.message, row.ground_truth.text) == (True, ANSWER)


@pytest.mark.parametrize(("kind", "n_rows"), [("AGENT", 0), ("CHAIN", 0), ("LLM", 1)])
@pytest.mark.parametrize("key", ["span_kind", "openinference.span.kind"])
def test_what_an_agent_takes_and_gives_is_no_call_of_a_model(tmp_path: Path, key: str, kind: str, n_rows: int) -> None:
    attributes = {"input.value": ASK, "input.mime_type": "text/plain", "output.value": ANSWER, key: kind}
    read = outcomes(written(tmp_path / "spans.jsonl", {"name": "turn", "attributes": attributes, key: kind}))
    assert [type(outcome) for outcome in read] == [Row if n_rows else RowError]


def test_a_word_in_the_place_of_what_tracing_hides_is_no_request(tmp_path: Path) -> None:
    attributes = {"input.value": "__REDACTED__", "input.mime_type": "application/json", "output.value": "__REDACTED__"}
    (reason,) = outcomes(written(tmp_path / "spans.jsonl", {"name": "turn", "attributes": attributes}))
    assert "tell tracing to record content" in reason.message


def test_a_call_that_a_text_writes_out_asks_for_the_tools(tmp_path: Path) -> None:
    turn = {"role": "assistant", "content": f'<tool_call>{{"name": "find_train", "arguments": {TEXT}}}</tool_call>'}
    _, read = read_file(written(tmp_path / "log.jsonl", {"messages": [USER, turn]}))
    (reason,) = read
    assert (reason.field, reason.message) == ("tools", "the log names no tools; give them with tools=FILE")


def test_ids_of_spans_that_are_no_ids_are_none(tmp_path: Path) -> None:
    span = {"id": [], "parent_id": {}, "type": "llm", "input": [USER], "output": CALLED, "tools": [TOOL]}
    (row,) = outcomes(written(tmp_path / "trace.json", {"spans": [span]}))
    assert row.ground_truth.calls == (CALL,)


def test_a_thread_without_the_steps_of_its_run_says_so(tmp_path: Path) -> None:
    (reason,) = outcomes(written(tmp_path / "thread.jsonl", *[each for each in THREAD if "step_details" not in each]))
    assert reason.field == "steps"
    assert "nothing says what it called" in reason.message


def test_an_answer_after_a_tool_that_openai_ran_is_no_row(tmp_path: Path) -> None:
    searched = {"type": "tool_calls", "tool_calls": [{"id": "s1", "type": "file_search", "file_search": {}}]}
    step = {**THREAD[1], "step_details": searched}
    (reason,) = outcomes(written(tmp_path / "thread.jsonl", THREAD[0], step, *THREAD[2:]))
    assert "used file_search" in reason.message


def test_threads_are_conversations_of_their_own(tmp_path: Path) -> None:
    other = [{**each, "thread_id": "u"} for each in THREAD]
    rows = outcomes(written(tmp_path / "thread.jsonl", *THREAD, *other))
    assert [len(row.prompt) for row in rows] == [1, 3]  # those of the second thread were there already


def test_what_a_device_tells_comes_first_in_tooltalk(tmp_path: Path) -> None:
    record = {**CONVERSATIONS["ToolTalk"][0], "metadata": {"location": "Linz", "timestamp": "2026-01-02"}}
    row, _ = outcomes(written(tmp_path / "talk.json", record))
    assert row.prompt[0] == {"role": "system", "content": "location: Linz\ntimestamp: 2026-01-02"}


def test_a_call_that_failed_in_tooltalk_is_not_learned(tmp_path: Path) -> None:
    record = json.loads(json.dumps(CONVERSATIONS["ToolTalk"][0]))
    record["conversation"][1]["apis"][0]["exception"] = "no such station"
    (row,) = outcomes(written(tmp_path / "talk.json", record))
    assert (row.ground_truth.text, row.prompt[-1]["content"]) == (ANSWER, "no such station")


def test_several_documents_of_yaml_are_records(tmp_path: Path) -> None:
    """Source: specifications of the function calling test suite of GPTScript."""
    document = (
        "prompt: Trains from Linz?\navailable_functions:\n- name: find_train\n  parameters: {type: object, properties:"
        " {origin: {type: string}}}\nexpected_function_calls:\n- name: find_train\n  arguments: {origin: Linz}\n"
    )
    (tmp_path / "spec.yaml").write_text(f"---\n{document}---\n{document}")
    rows = outcomes(tmp_path / "spec.yaml")
    assert [row.ground_truth.calls for row in rows] == [(CALL,), (CALL,)]


def test_expected_calls_one_level_further_in(tmp_path: Path) -> None:
    record = {"query": ASK, "tools": [TOOL], "gold": {"calls": [{"name": "find_train", "arguments": ARGUMENTS}]}}
    called, unserved = outcomes(written(tmp_path / "set.jsonl", record, {**record, "gold": {"calls": []}}))
    assert (called.ground_truth.calls, unserved.ground_truth.behavior) == ((CALL,), Behavior.REFUSE)


def test_conversations_with_calls_beside_their_roles(tmp_path: Path) -> None:
    """Source: ComplexFuncBench's conversations."""
    called = {"role": "assistant", "function_call": [{"name": "find_train", "arguments": ARGUMENTS}]}
    observed = {"role": "observation", "content": [{"status": True}]}
    path = written(tmp_path / "set.jsonl", {"conversations": [USER, called, observed, ANSWERED], "functions": [TOOL]})
    call, answer = outcomes(path)
    assert (call.ground_truth.calls, answer.ground_truth.text) == ((CALL,), ANSWER)


def test_a_result_under_outcome(tmp_path: Path) -> None:
    called = {
        "type": "tool_call",
        "content": "",
        "tool_calls": [{"call_id": "c1", "name": "find_train", "arguments": {}}],
    }
    result = {"type": "tool_result", "call_id": "c1", "outcome": {"type": "success", "result": "none"}}
    _, answer = outcomes(written(tmp_path / "run.json", {"trajectory": {"turns": [USER, called, result, ANSWERED]}}))
    assert json.loads(answer.prompt[-1]["content"])["result"] == "none"


@pytest.mark.parametrize("name", ["function_call", "tool_call"])
def test_a_call_in_a_block_of_code_is_no_answer(tmp_path: Path, name: str) -> None:
    shown = f'I will look.\n\n```{name}\n{{"function": "find_train", "parameters": {{}}}}\n```'
    path = written(tmp_path / "log.jsonl", {"messages": [USER, {"role": "assistant", "content": shown}]})
    (told,) = outcomes(path)
    assert "writes a call in a block of code" in told.message


@pytest.mark.parametrize("info", [["x"], 1.5, "[]"])
def test_extra_info_of_a_preference_is_an_object(tmp_path: Path, info: Any) -> None:
    record = {"prompt": [USER], "completion": [ANSWERED], "extra_info": info}
    (reason,) = outcomes(written(tmp_path / "trl.jsonl", record))
    assert (reason.field, "an object" in reason.message) == ("extra_info", True)


def test_a_response_that_is_one_call(tmp_path: Path) -> None:
    response = {"function_name": "find_train", "arguments": ARGUMENTS, "thought": "The town is there."}
    (row,) = outcomes(written(tmp_path / "shots.jsonl", {"prompt": ASK, "response": response}))
    assert row.ground_truth.calls == (CALL,)


PROMPTS = [{"role": "system", "text": "Be brief.", "files": []}, {"role": "user", "text": ASK, "files": []}]
NODE = {"node_type": "llm", "outputs": {"text": ANSWER, "finish_reason": "stop"}, "process_data": {"prompts": PROMPTS}}


@pytest.mark.parametrize("record", [
    {"data": [{"node_type": "start", "process_data": {}}, NODE]}, {"event": "node_finished", "data": NODE},
    {"process_data": json.dumps(NODE["process_data"]), "outputs": json.dumps(NODE["outputs"])}])  # fmt: skip
def test_a_node_of_dify_gives_its_answer(tmp_path: Path, record: Any) -> None:
    (row,) = outcomes(written(tmp_path / "log.jsonl", record))
    assert [message["content"] for message in row.prompt] == ["Be brief.", ASK]
    assert row.ground_truth.text == ANSWER


@pytest.mark.parametrize(("before", "n_rows"), [([], 0), ([USER, ANSWERED], 1)])
def test_a_request_that_failed_says_so_beside_what_it_repeats(tmp_path: Path, before: list[Any], n_rows: int) -> None:
    request = {"request": {"messages": [*before, USER]}, "response": {}, "error_str": "RateLimitError: slow down"}
    reason, *rows = outcomes(written(tmp_path / "log.jsonl", request))
    assert (reason.message, len(rows)) == ("the request has no answer: RateLimitError: slow down", n_rows)


def test_a_rollout_of_verl_that_scored_nothing_is_no_ground_truth(tmp_path: Path) -> None:
    rollout = {"input": f"<|im_start|>user\n{ASK}<|im_end|>\n<|im_start|>assistant\n", "output": ANSWER}
    (row, reason) = outcomes(written(tmp_path / "log.jsonl", {**rollout, "score": 1.0}, {**rollout, "score": 0.0}))
    assert (row.ground_truth.text, "below min_score" in reason.message) == (ANSWER, True)


def test_what_a_log_repeats_turn_by_turn_is_given_once(tmp_path: Path) -> None:
    """States of a graph, or of a chat, each of which holds all that was said before."""
    said = [USER, CALLED, RESULT, ANSWERED]
    states = [{"messages": said[:n], "tools": [TOOL]} for n in (2, 3, 4)]
    summary, read = read_file(written(tmp_path / "log.jsonl", *states))
    assert (len(list(read)), summary.repeated) == (2, 2)


def test_an_output_that_holds_its_input_in_another_form_is_told_once(tmp_path: Path) -> None:
    """A run of LangGraph that goes on with a thread takes the new request alone, and gives all that was said."""
    asked = {"role": "user", "content": "And from Graz?"}
    said = [USER, CALLED, RESULT, ANSWERED, {"type": "human", "content": asked["content"], "id": "5"}, ANSWERED]
    run = {"inputs": {"messages": [asked]}, "outputs": {"messages": said}, "extra": {"tools": [TOOL]}}
    prompts = [[message["role"] for message in row.prompt] for row in outcomes(written(tmp_path / "log.jsonl", run))]
    turn = ["user", "assistant", "tool"]
    assert prompts == [turn[:1], turn, [*turn, "assistant", "user"]]


def test_a_log_whose_first_request_failed_keeps_the_answers_of_the_others(tmp_path: Path) -> None:
    request = {"messages": [USER], "model_parameters": {"tools": [TOOL]}}
    path = written(tmp_path / "log.jsonl", {**request, "response": {}}, {**request, "response": {"choices": [
        {"finish_reason": "tool_calls", "index": 0, "message": CALLED}]}})  # fmt: skip
    reason, row = outcomes(path)
    assert ("has no answer" in reason.message, row.ground_truth.calls) == (True, (CALL,))


def test_what_is_left_out_of_a_request_is_counted_once(tmp_path: Path) -> None:
    """A turn that was cut off is history in the next request, in which nothing says so."""
    cut = {"messages": [USER], "response": {"choices": [{"finish_reason": "length", "message": ANSWERED}]}}
    after = [USER, ANSWERED, {"role": "user", "content": "And?"}]
    later = {"messages": after, "response": {"choices": [{"message": {"role": "assistant", "content": ""}}]}}
    summary, read = read_file(written(tmp_path / "log.jsonl", cut, later, later), options=ReadOptions(tools=[TOOL]))
    reasons = [str(outcome) for outcome in read]
    assert ["cut off" in reasons[0], "neither calls nor says" in reasons[1]] == [True, True]
    assert (len(reasons), summary.kept.total(), summary.repeated) == (2, 0, 3)
