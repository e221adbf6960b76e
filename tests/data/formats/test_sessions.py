"""Sessions of agents, in the forms that their makers write them; the values are made up."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import Behavior, ToolCall
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.importing import read_file
from rlvr.errors import RowError

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOL = {"type": "function", "function": {"name": "read", "description": "Read a file.", "parameters": SCHEMA}}
CALL = ToolCall("read", {"path": "a.txt"})
ASK, ANSWER = "What is in a.txt?", "A word."


def outcomes(path: Path, *lines: Any) -> list[Any]:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    _, read = read_file(path, options=ReadOptions(tools=[TOOL]))
    return list(read)


def claude(name: str, parent: str | None, role: str, content: Any, **members: Any) -> dict[str, Any]:
    """A line of Claude Code's."""
    line = {
        "type": role,
        "uuid": name,
        "parentUuid": parent,
        "sessionId": "s",
        "message": {"role": role, "content": content},
    }
    return {**line, **members}  # fmt: skip


USED = [{"type": "tool_use", "id": "c1", "name": "read", "input": {"path": "a.txt"}}]
GIVEN = [{"type": "tool_result", "tool_use_id": "c1", "content": "word"}]
CLAUDE = [
    claude("1", None, "user", ASK),
    claude("2", "1", "assistant", USED),
    claude("3", "2", "user", GIVEN),
    claude("4", "3", "assistant", [{"type": "text", "text": ANSWER}]),
]


def codex(kind: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-01-01T10:00:00Z", "type": kind, "payload": payload}


ASKED = codex("response_item", type="message", role="user", content=[{"type": "input_text", "text": ASK}])
SAID = codex("response_item", type="message", role="assistant", content=[{"type": "output_text", "text": ANSWER}])
CODEX_CALL = {"type": "function_call", "call_id": "c1", "name": "read", "arguments": '{"path": "a.txt"}'}
CODEX_RESULT = {"type": "function_call_output", "call_id": "c1", "output": "word"}


def copilot(kind: str, **data: Any) -> dict[str, Any]:
    """An event of GitHub Copilot's command line."""
    return {"type": kind, "id": kind, "timestamp": "2026-01-01T10:00:00Z", "data": data}


REQUESTED = [{"toolCallId": "c1", "name": "read", "arguments": {"path": "a.txt"}}]
SESSIONS: dict[str, list[Any]] = {
    "Claude Code": CLAUDE,
    "Claude Code with lines of other kinds": [
        {"type": "file-history-snapshot", "messageId": "1", "snapshot": {}},
        *CLAUDE[:2], {"type": "file-history-snapshot", "messageId": "2", "snapshot": {}},
        {"type": "progress", "uuid": "p", "parentUuid": "2", "sessionId": "s", "data": {}}, *CLAUDE[2:]],
    "Codex, with more events than items": [
        codex("session_meta", id="s"), codex("event_msg", type="task_started"), ASKED,
        codex("event_msg", type="user_message", message=ASK), codex("event_msg", type="token_count"),
        codex("response_item", **CODEX_CALL), codex("event_msg", type="exec_command_begin"),
        codex("event_msg", type="exec_command_end"), codex("response_item", **CODEX_RESULT),
        codex("event_msg", type="token_count"), codex("event_msg", type="agent_message", message=ANSWER), SAID],
    "GitHub Copilot's command line": [
        copilot("session.start", sessionId="s"), copilot("user.message", content=ASK),
        copilot("assistant.turn_start", turnId="0"),
        copilot("assistant.message", content="", toolRequests=REQUESTED),
        copilot("tool.execution_start", toolCallId="c1", toolName="read"),
        copilot("tool.execution_complete", toolCallId="c1", success=True,
                result={"content": "word", "detailedContent": "the word"}),
        copilot("assistant.message", content=ANSWER, toolRequests=[]), copilot("session.shutdown")],
    "Copilot, with arguments where a call starts": [
        copilot("user.message", content=ASK),
        copilot("assistant.message", content="", toolRequests=[{"toolCallId": "c1", "name": "read"}]),
        copilot("tool.execution_start", toolCallId="c1", toolName="read", arguments={"path": "a.txt"}),
        copilot("tool.execution_complete", toolCallId="c1", success=True, result={"content": "word"}),
        copilot("assistant.message", content=ANSWER, toolRequests=[])],
    "Copilot, with calls that no message requests": [
        copilot("user.message", content=ASK),
        copilot("tool.execution_start", toolCallId="c1", toolName="read", arguments={"path": "a.txt"}),
        copilot("tool.execution_complete", toolCallId="c1", success=True, result={"content": "word"}),
        copilot("assistant.message", content=ANSWER)],
    "the stream of Gemini CLI": [
        {"type": "init", "timestamp": "t", "session_id": "s", "model": "m"},
        {"type": "message", "timestamp": "t", "role": "user", "content": ASK},
        {"type": "tool_use", "timestamp": "t", "tool_name": "read", "tool_id": "c1", "parameters": {"path": "a.txt"}},
        {"type": "tool_result", "timestamp": "t", "tool_id": "c1", "status": "success", "output": "word"},
        {"type": "message", "timestamp": "t", "role": "assistant", "content": ANSWER},
        {"type": "result", "timestamp": "t", "status": "success", "stats": {}}],
    "steps with calls beside their message": [{"schema_version": "1.5", "steps": [
        {"message": {"role": "user", "content": ASK}},
        {"message": {"role": "agent", "content": ""},
         "tool_calls": [{"id": "c1", "name": "read", "arguments": {"path": "a.txt"}}],
         "observation": {"results": [{"source_call_id": "c1", "content": "word"}]}},
        {"message": {"role": "agent", "content": ANSWER}}]}],
    "VS Code": [{"version": 3, "responderUsername": "GitHub Copilot", "requests": [{
        "requestId": "r", "message": {"text": ASK, "parts": []},
        "response": [{"kind": "toolInvocationSerialized", "toolCallId": "c1"}, {"value": ANSWER}],
        "result": {"metadata": {
            "toolCallRounds": [
                {"response": "", "toolCalls": [{"id": "c1", "name": "read", "arguments": '{"path": "a.txt"}'}]},
                {"response": ANSWER, "toolCalls": []}],
            "toolCallResults": {"c1": {"$mid": 20, "content": [{"$mid": 21, "value": "word"}]}}}}}]}],
    "VS Code's log of changes": [
        {"kind": 0, "v": {"version": 3, "requests": []}},
        {"kind": 1, "k": ["customTitle"], "v": "t"},
        {"kind": 2, "k": ["requests"], "v": [{"requestId": "r", "message": {"text": ASK}, "response": []}]},
        {"kind": 2, "k": ["requests", 0, "response"], "v": [{"value": "Wait."}, {"value": ANSWER}], "i": 0},
        {"kind": 1, "k": ["requests", 0, "result"], "v": {"metadata": {
            "toolCallRounds": [
                {"response": "", "toolCalls": [{"id": "c1", "name": "read", "arguments": '{"path": "a.txt"}'}]},
                {"response": ANSWER, "toolCalls": []}],
            "toolCallResults": {"c1": {"content": [{"value": {"node": {"type": 1, "children": [
                {"type": 2, "text": "word"}]}}}]}}}}}],
}  # fmt: skip
"""Sessions of one call, its result and the answer."""


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_gives_the_call_and_then_the_answer(tmp_path: Path, name: str) -> None:
    call, answer = outcomes(tmp_path / "session.jsonl", *SESSIONS[name])
    assert ([message["content"] for message in call.prompt], call.ground_truth.calls) == ([ASK], (CALL,))
    assert [message["role"] for message in answer.prompt] == ["user", "assistant", "tool"]
    assert answer.prompt[-1]["content"] == "word"
    assert (answer.ground_truth.behavior, answer.ground_truth.text) == (Behavior.ANSWER, ANSWER)


def test_a_request_that_goes_back_takes_the_place_of_what_came_after(tmp_path: Path) -> None:
    lines = [
        claude("1", None, "user", "Hello"),
        claude("2", "1", "assistant", [{"type": "text", "text": "Hi."}]),
        claude("3", "2", "user", "What is in b.txt?"),
        claude("4", "3", "assistant", [{"type": "text", "text": "Another word."}]),
        claude("5", "2", "user", ASK),
        claude("6", "5", "assistant", [{"type": "text", "text": ANSWER}]),
    ]
    greeting, answer = outcomes(tmp_path / "session.jsonl", *lines)
    assert greeting.ground_truth.text == "Hi."
    assert [message["content"] for message in answer.prompt] == ["Hello", "Hi.", ASK]


def test_sub_agents_are_left_out_of_the_conversation_that_started_them(tmp_path: Path) -> None:
    aside = claude("7", None, "user", "Look for words.", isSidechain=True)
    *rows, error = outcomes(tmp_path / "session.jsonl", *CLAUDE[:2], aside, *CLAUDE[2:])
    assert [[message["role"] for message in row.prompt] for row in rows] == [["user"], ["user", "assistant", "tool"]]
    assert (error.line, error.message) == (3, "said by a sub-agent in the midst of another conversation")
    own = [{**line, "isSidechain": True} for line in CLAUDE]
    assert len(outcomes(tmp_path / "agent.jsonl", *own)) == 2, "a file of its own is a conversation"


def test_what_is_shown_in_place_of_an_answer_is_not_learned(tmp_path: Path) -> None:
    failed = claude("4", "3", "assistant", [{"type": "text", "text": "API Error: 529"}], isApiErrorMessage=True)
    (row,) = outcomes(tmp_path / "session.jsonl", *CLAUDE[:3], failed)
    assert row.ground_truth.calls == (CALL,)


def test_a_session_begins_anew_where_its_memory_was_made_shorter(tmp_path: Path) -> None:
    summary = claude("5", None, "user", "So far: a.txt holds a word.", isCompactSummary=True)
    later = claude("6", "5", "assistant", [{"type": "text", "text": "I go on."}])
    *_, row = outcomes(tmp_path / "claude.jsonl", *CLAUDE, summary, later)
    assert [message["content"] for message in row.prompt] == ["So far: a.txt holds a word."]
    kept = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "So far."}]}]
    *_, row = outcomes(tmp_path / "codex.jsonl", ASKED, SAID, codex("compacted", replacement_history=kept), SAID)
    assert [message["content"] for message in row.prompt] == ["So far."]


CUSTOM = {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin Patch"}
SHELL = {"type": "local_shell_call", "call_id": "c2", "action": {"type": "exec", "command": ["ls"]}}


@pytest.mark.parametrize(
    ("item", "output", "name", "arguments"),
    [
        (CUSTOM, "custom_tool_call_output", "apply_patch", {"input": "*** Begin Patch"}),
        (SHELL, "local_shell_call_output", "local_shell", {"type": "exec", "command": ["ls"]}),
    ],
    ids=["custom", "shell"],
)
def test_calls_that_take_no_json_stay_in_with_their_results(
    tmp_path: Path, item: dict[str, Any], output: str, name: str, arguments: dict[str, Any]
) -> None:
    """They were passed over, so that their results answered nothing."""
    result = codex("response_item", type=output, call_id="c2", output="done")
    error, row = outcomes(tmp_path / "codex.jsonl", ASKED, codex("response_item", **item), result, SAID)
    assert (isinstance(error, RowError), error.message) == (True, f"calls {name!r}, but the row offers read")
    (call,) = row.prompt[1]["tool_calls"]
    assert (call["function"]["name"], call["function"]["arguments"]) == (name, arguments)
    assert (row.prompt[2]["tool_call_id"], row.ground_truth.text) == ("c2", ANSWER)


def test_a_session_of_vs_code_is_read_up_to_calls_without_arguments(tmp_path: Path) -> None:
    asked = {"requestId": "r", "message": "Hello", "response": [{"value": "Hi."}]}
    shown = {"kind": "toolInvocationSerialized", "toolId": "read", "invocationMessage": "Reading a.txt"}
    session = {
        "requests": [asked, {"requestId": "s", "message": {"text": ASK}, "response": [shown, {"value": ANSWER}]}]
    }
    row, error = outcomes(tmp_path / "session.json", session)
    assert (row.ground_truth.text, error.field) == ("Hi.", "requests[1]")
    assert "the arguments of its calls were not recorded" in error.message


def test_a_log_of_changes_that_is_not_whole_says_so(tmp_path: Path) -> None:
    lines = [
        {"kind": 0, "v": {"requests": []}},
        {"kind": 2, "k": ["requests", 3, "response"], "v": [{"value": ANSWER}]},
    ]
    (error,) = outcomes(tmp_path / "session.jsonl", *lines)
    assert error.message == '["requests", 3, "response"] leads nowhere; the session\'s log is not whole'


def test_names_of_lines_that_are_no_texts_name_nothing(tmp_path: Path) -> None:
    """They raised."""
    lines = [{**line, "uuid": {}, "parentUuid": []} for line in CLAUDE]
    assert len(outcomes(tmp_path / "session.jsonl", *lines)) == 2
