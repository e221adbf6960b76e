"""Recorded traffic, exports and events, in the forms that their makers document; the values are made up."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rewards import Behavior, ToolCall
from rlvr.data.formats import ReadOptions
from rlvr.data.formats.importing import read_file
from rlvr.errors import RowError, UserError
from rlvr.records.row import Row

SCHEMA = {"type": "object", "properties": {"origin": {"type": "string"}}, "required": ["origin"]}
TOOL = {"type": "function", "function": {"name": "find_train", "description": "Find trains.", "parameters": SCHEMA}}
CALL = ToolCall("find_train", {"origin": "Linz"})
ASK, ANSWER = "Trains from Linz?", "There is none."
USER = {"role": "user", "content": ASK}
FUNCTION = {"name": "find_train", "arguments": '{"origin": "Linz"}'}
CALLED = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": FUNCTION}]}
REQUEST = {"model": "m", "messages": [USER], "tools": [TOOL]}
RESPONSE = {"id": "r1", "choices": [{"index": 0, "message": CALLED, "finish_reason": "tool_calls"}]}
STREAM = "".join(
    f"data: {json.dumps(chunk)}\r\n\r\n"
    for chunk in (
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 0, **CALLED["tool_calls"][0]}]}}]},
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    )
)
PACKED = gzip.compress(json.dumps(RESPONSE).encode())
URI = "https://api.openai.com/v1/chat/completions"


def outcomes(path: Path, tools: list[Any] | None = None) -> list[Any]:
    _, read = read_file(path, options=ReadOptions(tools=tools or []))
    return list(read)


def of_json(path: Path, record: Any, tools: list[Any] | None = None) -> list[Any]:
    path.write_text(json.dumps(record))
    return outcomes(path, tools)


def interaction(response: Any, status: Any = None, request: Any = None) -> dict[str, Any]:
    """One of vcrpy's."""
    asked = {"method": "POST", "uri": URI, "headers": {}, "body": json.dumps(request or REQUEST)}
    return {"request": asked, "response": {"status": status or {"code": 200, "message": "OK"}, "body": response}}


CASSETTES: dict[str, dict[str, Any]] = {
    "vcrpy": {"interactions": [interaction({"string": json.dumps(RESPONSE)})]},
    "vcrpy, gzipped": {"interactions": [interaction({"string": PACKED})]},
    "vcrpy, streamed with comments": {"interactions": [interaction({"string": f": WAIT\n\n: WAIT\n\n{STREAM}"})]},
    "vcrpy, streamed": {"interactions": [interaction({"string": STREAM})]},
    "parsed": {"interactions": [{
        "request": {"method": "POST", "uri": URI, "parsed_body": REQUEST},
        "response": {"status": {"code": 200}, "parsed_body": RESPONSE}}]},
    "Ruby's VCR": {"http_interactions": [{
        "request": {"method": "post", "uri": URI, "body": {"encoding": "UTF-8", "string": json.dumps(REQUEST)}},
        "response": {"status": {"code": 200}, "body": {
            "encoding": "ASCII-8BIT", "base64_string": base64.b64encode(json.dumps(RESPONSE).encode()).decode()}}}]},
    "go-vcr": {"version": 2, "interactions": [{
        "id": 0,
        "request": {"method": "POST", "url": URI, "body": json.dumps(REQUEST)},
        "response": {"status": "200 OK", "code": 200, "body": json.dumps(RESPONSE)}}]},
}  # fmt: skip


@pytest.mark.parametrize("name", CASSETTES)
def test_a_cassette_gives_the_call_and_its_tools(tmp_path: Path, name: str) -> None:
    path = tmp_path / "cassette.yaml"
    path.write_text(yaml.safe_dump(CASSETTES[name]))
    (row,) = outcomes(path)
    assert (row.prompt, row.ground_truth.calls, row.extra_info["line"]) == ([USER], (CALL,), 1)
    assert [tool["function"]["name"] for tool in row.tools] == ["find_train"]


def test_a_cassette_of_ruby_names_its_bytes_in_short(tmp_path: Path) -> None:
    body = base64.b64encode(json.dumps(RESPONSE).encode()).decode()
    asked = json.dumps({"method": "post", "uri": URI, "body": {"string": json.dumps(REQUEST)}})
    path = tmp_path / "cassette.yml"
    answer = f'{{"status": {{"code": 200}}, "body": {{"string": !binary "{body}"}}}}'
    path.write_text(f"---\nhttp_interactions:\n- request: {asked}\n  response: {answer}\n")
    (row,) = outcomes(path)
    assert row.ground_truth.calls == (CALL,)


@pytest.mark.parametrize("name", ["chunks.txt", "trace.httprr"])
def test_what_is_nearly_a_recording_says_what_it_is(tmp_path: Path, name: str) -> None:
    chunks = "\n".join(line.removeprefix("data: ") for line in STREAM.splitlines() if line)
    path = tmp_path / name
    path.write_text(chunks if name == "chunks.txt" else "httprr trace v1\n1 2\nPOST / HTTP/1.1\n")
    with pytest.raises(UserError, match=r"a response gives rows with the messages that it|a recording of httprr"):
        outcomes(path)


@pytest.mark.parametrize("encoding", [None, "base64"])
def test_a_har_file_gives_the_call_and_its_tools(tmp_path: Path, encoding: str | None) -> None:
    text = json.dumps(RESPONSE)
    content = {"mimeType": "application/json", "text": base64.b64encode(text.encode()).decode() if encoding else text}
    post = {"mimeType": "application/json", "text": json.dumps(REQUEST)}
    entries = [
        {"request": {"method": "GET", "url": "https://example.com/"}, "response": {"status": 200, "content": {
            "mimeType": "text/html", "text": "<html></html>"}}},
        {"request": {"method": "POST", "url": URI, "postData": post}, "response": {"status": 200, "content": {
            **content, **({"encoding": encoding} if encoding else {})}}},
    ]  # fmt: skip
    page, row = of_json(tmp_path / "api.har", {"log": {"version": "1.2", "creator": {"name": "x"}, "entries": entries}})
    assert (page.line, page.message) == (1, "holds no messages, so it is none to a model")
    assert (row.prompt, row.ground_truth.calls, row.extra_info["line"]) == ([USER], (CALL,), 2)


def test_what_is_no_answer_of_a_model_is_named_by_its_place(tmp_path: Path) -> None:
    """The text of a page, and the description of a call over WebRTC, are no messages."""
    form = {**interaction({"string": "v=0"}), "request": {"method": "POST", "body": "--x\r\nContent-Disposition: form"}}
    embedding = {"object": "list", "data": [{"embedding": [0.1]}]}
    listed = [
        interaction({"string": '{"error": {}}'}, {"code": 429, "message": "Too Many Requests"}),
        form,
        interaction({"string": json.dumps(embedding)}, request={"model": "e", "input": "text"}),
        interaction({"string": b"\x00\x00\x01\xff"}),
    ]
    path = tmp_path / "cassette.yaml"
    path.write_text(yaml.safe_dump({"interactions": listed}))
    assert [(error.line, error.field, error.message) for error in outcomes(path)] == [
        (1, "response", "the server answered 429, so there is nothing to learn from"),
        (2, "request", "holds no messages, so it is none to a model"),
        (3, "response", "holds no answer that can be read"),
        (4, "response", "holds no answer that can be read"),
    ]


def test_responses_go_on_from_the_response_that_they_name(tmp_path: Path) -> None:
    """And from none where a response has no id, as Gemini's."""
    item = {"type": "function_call", "call_id": "c1", "name": "find_train", "arguments": '{"origin": "Linz"}'}
    result = {"type": "function_call_output", "call_id": "c1", "output": "none"}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}
    tool = {"type": "function", **TOOL["function"]}  # type: ignore[dict-item]
    requests = [
        {"input": ASK, "tools": [tool]},
        {"input": [result], "tools": [tool], "previous_response_id": "r1"},
        {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
    ]
    responses = [
        {"id": "r1", "output": [item]},
        {"id": "r2", "output": [said]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi."}]}}]},
    ]
    exchanges = zip(requests, responses, strict=True)
    listed = [interaction({"string": json.dumps(response)}, request=request) for request, response in exchanges]
    call, answer, greeting = of_json(tmp_path / "cassette.json", {"interactions": listed})
    assert call.ground_truth.calls == (CALL,)
    assert [message["role"] for message in answer.prompt] == ["user", "assistant", "tool"]
    assert [message["content"] for message in greeting.prompt] == ["Hello"]


def test_a_request_that_goes_on_and_sends_all_again_is_read_once(tmp_path: Path) -> None:
    """Its instructions take the place of those before, and results are joined to their calls."""
    item = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find_train", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c1", "output": "none"}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}
    tool = {"type": "function", **TOOL["function"]}  # type: ignore[dict-item]
    request = {"input": [USER], "tools": [tool], "instructions": "Be brief."}
    again = {**request, "instructions": "Be kind.", "input": [USER, result], "previous_response_id": "r1"}
    exchanges = [(request, {"id": "r1", "output": [item]}), (again, {"id": "r2", "output": [said]})]
    listed = [interaction({"string": json.dumps(response)}, request=asked) for asked, response in exchanges]
    *_, answer = of_json(tmp_path / "cassette.json", {"interactions": listed})
    assert [message["role"] for message in answer.prompt] == ["system", "user", "assistant", "tool"]
    assert answer.prompt[0]["content"] == "Be kind."
    (call,) = answer.prompt[2]["tool_calls"]
    assert call == {"id": "c1", "type": "function", "function": {"name": "find_train", "arguments": {}}}
    assert answer.prompt[3]["tool_call_id"] == "c1"


OLLAMA: dict[str, list[dict[str, Any]]] = {
    "chat": [{"message": {"role": "assistant", "content": "There "}, "done": False},
             {"message": {"role": "assistant", "content": "is none."}, "done": True}],
    "generate": [{"response": "There ", "done": False}, {"response": "is none.", "done": True}],
}  # fmt: skip


@pytest.mark.parametrize("name", OLLAMA)
def test_lines_of_json_are_the_answer_that_they_make_up(tmp_path: Path, name: str) -> None:
    lines = "\n".join(json.dumps({"model": "m", **chunk}) for chunk in OLLAMA[name])
    (row,) = of_json(tmp_path / "cassette.json", {"interactions": [interaction({"string": lines})]})
    assert row.ground_truth.text == ANSWER


def test_a_refusal_beside_no_content_is_what_was_said(tmp_path: Path) -> None:
    refused = {"choices": [{"message": {"role": "assistant", "content": None, "refusal": "I can't help with that."}}]}
    (row,) = of_json(tmp_path / "log.json", {"request": {"messages": [USER]}, "response": refused})
    assert (row.ground_truth.behavior, row.ground_truth.text) == (Behavior.REFUSE, "I can't help with that.")


HOSTED: dict[str, Any] = {
    "Anthropic": {"role": "assistant", "content": [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
        {"type": "text", "text": ANSWER}]},
    "Responses": {"output": [
        {"type": "web_search_call", "id": "w1", "status": "completed"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]}]},
    "Gemini": {"candidates": [{"content": {"role": "model", "parts": [
        {"executableCode": {"language": "PYTHON", "code": "1"}}, {"codeExecutionResult": {"output": "1"}},
        {"text": ANSWER}]}}]},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTED)
def test_an_answer_from_a_tool_of_the_provider_is_history_alone(tmp_path: Path, name: str) -> None:
    record = {"request": {"messages": [USER]}, "response": HOSTED[name]}
    (error,) = of_json(tmp_path / "log.json", record)
    assert isinstance(error, RowError)
    assert "a tool that its provider runs and no prompt shows" in error.message
    later = [USER, HOSTED["Anthropic"], {"role": "user", "content": "Thanks"}, {"role": "assistant", "content": "Bye."}]
    _, row = of_json(tmp_path / "later.json", {"messages": later})
    assert [message.keys() for message in row.prompt] == [{"role", "content"}] * 3


def node(name: str, parent: str | None, role: str, part: Any, recipient: str = "all", **content: Any) -> dict[str, Any]:
    """One of a conversation of ChatGPT's."""
    said = {"content_type": "text", "parts": [part], **content}
    message = {"id": name, "author": {"role": role, "name": None}, "content": said, "recipient": recipient}
    return {"id": name, "parent": parent, "children": [], "message": message}


def conversation(*nodes: dict[str, Any], current: str) -> dict[str, Any]:
    return {"title": "t", "current_node": current, "mapping": {each["id"]: each for each in nodes}}


def test_an_export_of_chatgpt_gives_the_branch_that_was_kept(tmp_path: Path) -> None:
    kept = conversation(
        {"id": "root", "parent": None, "children": ["s"], "message": None},
        node("s", "root", "system", ""),
        node("u1", "s", "user", "Trains from Wels?"),
        node("a1", "u1", "assistant", "Some."),
        node("u2", "s", "user", ASK),
        node("t", "u2", "assistant", "", content_type="thoughts"),
        node("a2", "t", "assistant", ANSWER),
        current="a2",
    )
    (row,) = of_json(tmp_path / "conversations.json", [kept])
    assert (row.prompt, row.ground_truth.text) == ([USER], ANSWER)


OWN = node("c", "a", "assistant", None, "python", content_type="code", text="1 + 1", parts=None)
PICTURE = node("c", "a", "user", {"content_type": "image_asset_pointer"}, content_type="multimodal_text")


@pytest.mark.parametrize(
    ("ending", "reason"),
    [(OWN, "python is a tool of ChatGPT's own"), (PICTURE, "a multimodal_text holds other than text")],
    ids=["tool", "picture"],
)
def test_an_export_is_read_up_to_what_no_prompt_can_hold(tmp_path: Path, ending: dict[str, Any], reason: str) -> None:
    turns = [node("u", None, "user", ASK), node("a", "u", "assistant", ANSWER), ending]
    shown = conversation(*turns, node("z", "c", "assistant", "It is 2."), current="z")
    row, error = of_json(tmp_path / "conversations.json", [shown])
    assert (row.ground_truth.text, error.message) == (ANSWER, f"{reason}, so the conversation is read up to there")


def item(identity: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "status": "completed", **members}


def added(identity: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"type": "conversation.item.created", "item": item(identity, kind, **members)}


def done(identity: str, kind: str, **members: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "item": item(identity, kind, **members)}


def session(kind: str, instructions: str, *tools: Any) -> dict[str, Any]:
    return {"type": kind, "session": {"instructions": instructions, "tools": list(tools)}}


ASIDE = [{"type": "text", "text": "Aside."}]
SPOKEN = added("u", "message", role="user", content=[{"type": "input_audio", "transcript": None}])
SESSION = [
    session("session.created", "Default."),
    session("session.updated", "Be brief.", {"type": "function", **TOOL["function"]}),  # type: ignore[dict-item]
    SPOKEN,
    {"type": "response.created", "response": {}},
    added("c", "function_call", call_id="c1", name="find_train", arguments=""),
    {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u", "transcript": f"{ASK}\n"},
    done("c", "function_call", call_id="c1", **FUNCTION),
    done("other", "message", role="assistant", content=ASIDE),
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "none"}},
    added("o", "function_call_output", call_id="c1", output="none"),
    added("a", "message", role="assistant", content=[]),
    done("a", "message", role="assistant", content=[{"type": "audio", "transcript": ANSWER}]),
]


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_events_of_a_realtime_session_are_its_conversation(tmp_path: Path, is_wrapped: bool) -> None:
    """An item that no conversation holds, as of a response beside it, is left out."""
    events = [{"at": 1, "sent": False, "event": event} for event in SESSION] if is_wrapped else SESSION
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    call, answer = outcomes(path)
    assert [message["content"] for message in call.prompt] == ["Be brief.", ASK]
    assert (call.ground_truth.calls, len(call.tools)) == ((CALL,), 1)
    assert (answer.prompt[-1]["content"], answer.ground_truth.text) == ("none", ANSWER)


def test_xai_tells_words_beside_its_items_and_gives_calls_a_role(tmp_path: Path) -> None:
    events = [
        session("session.updated", "Be brief.", TOOL),
        added("u", "message", role="user", content=[{"type": "input_text", "text": ASK}]),
        added("a", "message", role="assistant", content=[]),
        {"type": "response.output_audio_transcript.done", "item_id": "a", "transcript": "I look."},
        {"type": "response.output_item.done", "item": item("a", "message", role="assistant")},
        added("c", "function_call", call_id="c1", role="tool", **FUNCTION),
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    (row,) = outcomes(path)
    assert ([message["content"] for message in row.prompt], row.ground_truth.calls) == (["Be brief.", ASK], (CALL,))


def test_a_picture_from_a_tool_is_no_text(tmp_path: Path) -> None:
    """It stood in the prompt as JSON; what comes before it is read."""
    parts = [{"type": "text", "text": "Here."}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]
    shown = {"role": "tool", "tool_call_id": "c1", "content": parts}
    messages = [USER, CALLED, shown, {"role": "assistant", "content": ANSWER}]
    call, error = of_json(tmp_path / "log.json", {"messages": messages, "tools": [TOOL]})
    assert call.ground_truth.calls == (CALL,)
    assert "a tool's result holds a part of type 'image_url'; only text can be used" in error.message


def test_a_text_that_a_tool_answers_is_a_call_that_nobody_can_read(tmp_path: Path) -> None:
    """As in gptme's sessions, whose calls are blocks of code."""
    told = {"role": "assistant", "content": "Here:\n\n```hello.py\nprint(1)\n```"}
    messages = [USER, told, {"role": "tool", "content": "Saved."}, {"role": "assistant", "content": ANSWER}]
    error, row = of_json(tmp_path / "log.json", {"messages": messages, "tools": [TOOL]})
    assert error.message == "a tool answers the turn, so its text makes a call in a way that is not read"
    assert row.ground_truth.text == ANSWER
    _, untold = of_json(tmp_path / "log.json", {"messages": messages})
    assert untold.message == "the log names no tools; give them with tools=FILE"
    written = {
        "role": "assistant",
        "content": '<tool_call>{"name": "find_train", "arguments": {"origin": "Linz"}}</tool_call>',
    }
    (row, _) = of_json(tmp_path / "log.json", {"messages": [USER, written, *messages[2:]], "tools": [TOOL]})
    assert row.ground_truth.calls == (CALL,), "but for the calls that its text writes out"


def test_calls_of_turns_without_a_result_between_are_of_nobody_knows_which(tmp_path: Path) -> None:
    """They may be one turn of several calls, as iFlow writes them, or several turns whose results were not logged."""
    again = {**CALLED, "tool_calls": [{**CALLED["tool_calls"][0], "id": "c2"}]}  # type: ignore[index]
    first, second = of_json(tmp_path / "log.json", {"messages": [USER, CALLED, again], "tools": [TOOL]})
    assert first.message == "the assistant calls again before any result, so nothing says which calls are one turn"
    assert "the assistant speaks after itself" in second.message


def test_json_that_may_be_an_answer_or_a_call_is_said_to_be_that(tmp_path: Path) -> None:
    said = {"role": "assistant", "content": '{"name": "Ann", "arguments": 3}'}
    (error,) = of_json(tmp_path / "log.json", {"messages": [USER, said]})
    assert error.message == "is JSON, and an answer or a malformed call: arguments of call 'Ann' are not an object"


def test_an_answer_in_json_is_one(tmp_path: Path) -> None:
    said = {"role": "assistant", "content": '{"name": "Ann", "age": 3}'}
    (row,) = of_json(tmp_path / "log.json", {"messages": [USER, said]})
    assert (row.ground_truth.behavior, row.ground_truth.text) == ("answer", said["content"])


def test_a_call_joins_the_text_before_it_in_whatever_form_that_is(tmp_path: Path) -> None:
    """A list of parts was taken for a text."""
    said = {"role": "assistant", "content": [{"type": "text", "text": "I look."}]}
    called = {"type": "function_call", "call_id": "c1", **FUNCTION}
    (row,) = of_json(
        tmp_path / "log.json", {"input": [USER, said, called], "tools": [{"type": "function", **TOOL["function"]}]}
    )  # type: ignore[dict-item]
    assert (row.prompt, row.ground_truth.calls) == ([USER], (CALL,))


def test_a_session_is_read_up_to_what_was_not_transcribed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    more = {**SPOKEN, "item": {**SPOKEN["item"], "id": "u2"}}
    path.write_text("".join(json.dumps(event) + "\n" for event in [*SESSION, more]))
    *rows, error = outcomes(path)
    assert (len(rows), error.message[:32]) == (2, "was spoken and not transcribed, ")


def test_tools_that_change_in_the_midst_of_a_session_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in [*SESSION, SESSION[0]]))
    (error,) = outcomes(path)
    assert (error.field, error.message[:30]) == ("session.tools", "change during the conversation")


def test_outputs_of_promptfoo_give_what_passed(tmp_path: Path) -> None:
    def result(output: Any, success: bool, raw: str = ASK) -> dict[str, Any]:
        return {"prompt": {"raw": raw, "label": "p"}, "provider": {"id": "google:m"}, "success": success,
                "response": {"output": output}}  # fmt: skip

    part = {"functionCall": {"name": "find_train", "args": {"origin": "Linz"}}, "thoughtSignature": "x"}
    chat = json.dumps([{"role": "system", "content": "Be brief."}, USER])
    results = [
        result(ANSWER, False),
        result([part], True),
        result(CALLED["tool_calls"], True, chat),
        result(ANSWER, True),
    ]
    providers = [{"id": "google:m", "config": {"tools": [{"functionDeclarations": [TOOL["function"]]}]}}]
    record = {"evalId": "e", "results": {"version": 3, "results": results}, "config": {"providers": providers}}
    failed, first, second, answer = of_json(tmp_path / "output.json", record)
    assert (failed.line, failed.message) == (1, "the conversation ended with 0, below min_score=1")
    assert (first.ground_truth.calls, second.ground_truth.calls) == ((CALL,), (CALL,))
    assert [message["role"] for message in second.prompt] == ["system", "user"]
    assert (answer.prompt, answer.ground_truth.text, len(answer.tools)) == ([USER], ANSWER, 1)


def test_steps_of_the_nemo_agent_toolkit_give_the_calls_of_its_model(tmp_path: Path) -> None:
    def step(kind: str, **metadata: Any) -> dict[str, Any]:
        return {"parent_id": "root", "payload": {"event_type": kind, "UUID": "u1", "metadata": metadata}}

    answer = {"text": "", "message": {"type": "ai", "content": "", "tool_calls": [
        {"name": "find_train", "args": {"origin": "Linz"}, "id": "c1"}]}}  # fmt: skip
    steps = [
        step("LLM_START", chat_inputs=[{"type": "human", "content": ASK}], tools_schema=[TOOL]),
        step("LLM_END", chat_responses=[answer]),
        step("TOOL_START"),
    ]
    record = {"id": 1, "question": ASK, "answer": "8", "intermediate_steps": steps}
    (row,) = of_json(tmp_path / "workflow_output.json", [record])
    assert (row.prompt, row.ground_truth.calls, len(row.tools)) == ([USER], (CALL,), 1)
    (error,) = of_json(tmp_path / "none.json", [{**record, "intermediate_steps": steps[2:]}])
    assert error.message == "no step holds the messages of a model's call (metadata.chat_inputs)"


def test_texts_of_an_agent_whose_tools_nobody_names_are_no_answers_without_tools(tmp_path: Path) -> None:
    """An agent that says what it can do had the tools that its next turn calls."""
    turns = [[USER, {"role": "assistant", "content": "I can find trains."}], [USER, CALLED]]
    record = {"evaluations": [{"history": messages} for messages in turns]}
    without = of_json(tmp_path / "log.json", record)
    assert [error.message for error in without] == ["the log names no tools; give them with tools=FILE"] * 2
    assert [isinstance(row, Row) for row in of_json(tmp_path / "log.json", record, [TOOL])] == [True, True]


COHERE = [
    {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant", "content": [], "tool_calls": []}}},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I look."}}},
    {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": {
        "id": "c1", "type": "function", "function": {"name": "find_train", "arguments": ""}}}}},
    {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {
        "arguments": '{"origin": '}}}}},
    {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {
        "arguments": '"Linz"}'}}}}},
    {"type": "tool-call-end", "index": 0},
    {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": {}}},
]  # fmt: skip


def test_a_stream_of_coheres_is_the_call_that_it_makes_up(tmp_path: Path) -> None:
    stream = "".join(f"event: {chunk['type']}\ndata: {json.dumps(chunk)}\n\n" for chunk in COHERE)
    (row,) = of_json(tmp_path / "cassette.json", {"interactions": [interaction({"string": stream})]})
    assert row.ground_truth.calls == (CALL,)
    said = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": ANSWER}}}}
    chunks = [COHERE[0], said, {"type": "message-end", "delta": {"finish_reason": "MAX_TOKENS"}}]
    stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    (error,) = of_json(tmp_path / "cut.json", {"interactions": [interaction({"string": stream})]})
    assert "the turn was cut off (MAX_TOKENS)" in error.message


@pytest.mark.parametrize(
    "record",
    [
        {"interactions": [interaction({"string": json.dumps({**RESPONSE, "id": {}})})]},
        {"evalId": "e", "results": {"results": [{"prompt": {"raw": ASK}, "provider": {"id": []}, "response": {
            "output": ANSWER}}]}, "config": {"providers": [{"id": {}}]}},
        {"intermediate_steps": [
            {"payload": {"event_type": "LLM_START", "UUID": [], "metadata": {"chat_inputs": [USER]}}},
            {"payload": {"event_type": "LLM_END", "UUID": [], "data": {"output": ANSWER}}}]},
    ],
    ids=["cassette", "promptfoo", "nat"],
)  # fmt: skip
def test_ids_that_are_no_texts_name_nothing(tmp_path: Path, record: dict[str, Any]) -> None:
    """They raised."""
    (row,) = of_json(tmp_path / "log.json", record)
    assert row.prompt == [USER]


def test_ids_of_items_and_nodes_that_are_no_texts_name_nothing(tmp_path: Path) -> None:
    broken = {**conversation(node("u", None, "user", ASK), node("a", "u", "assistant", {"text": 5}), current="a")}
    last = list(broken["mapping"])[-1]
    errors = of_json(tmp_path / "conversations.json", [{**broken, "current_node": [last]}])
    assert "holds other than text" in errors[-1].message
    events = [
        *SESSION,
        added("x", "message", role="user", content=[]),
        {"type": "conversation.item.deleted", "item_id": []},
    ]
    events[-2]["item"]["id"] = {}
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    assert len(outcomes(path)) == 2
