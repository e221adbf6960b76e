"""Completions as the messages and responses of servers and clients."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from rewards import Tiered, ToolCall, wire

TOOLS = [
    {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
RIGHT = [{"name": "get_weather", "arguments": {"city": "Paris"}}]
ARGUMENTS = {"city": "Paris"}
OPENAI = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    ],
}
GEMINI = {"role": "model", "parts": [{"functionCall": {"name": "get_weather", "args": ARGUMENTS}}]}
BEDROCK = {
    "role": "assistant",
    "content": [{"text": "Let me see."}, {"toolUse": {"toolUseId": "1", "name": "get_weather", "input": ARGUMENTS}}],
}
ANTHROPIC = [
    {"type": "thinking", "thinking": "Which city?", "signature": ""},
    {"type": "tool_use", "id": "1", "name": "get_weather", "input": ARGUMENTS},
]
RESPONSES = [
    {"type": "reasoning", "summary": []},
    {"type": "function_call", "call_id": "1", "name": "get_weather", "arguments": '{"city": "Paris"}'},
]
LANGCHAIN = {"type": "ai", "content": "", "tool_calls": [{"name": "get_weather", "args": ARGUMENTS, "id": "1"}]}


HERMES = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'
TEXT = json.dumps(ARGUMENTS)
ASKED = {"role": "user", "content": "The weather in Paris?"}


@dataclass
class Message:
    """A message as a dataclass, as pydantic-ai and smolagents have it."""

    parts: list[Any] = field(default_factory=list)


class Client:
    """An object of a client, as OpenAI's and Anthropic's give them."""

    def __init__(self, value: object) -> None:
        self.value = value

    def model_dump(self) -> object:
        return self.value


class Array(tuple[Any, ...]):
    """A list that says what it holds as numpy's arrays do."""

    def tolist(self) -> list[Any]:
        return list(self)


COMPLETIONS: dict[str, Any] = {
    "openai": OPENAI,
    "openai response": {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": OPENAI}]},
    "openai object": Client(OPENAI),
    "openai objects": [Client(OPENAI)],
    "openai response object": Client({"choices": [{"message": OPENAI}]}),
    "ollama response": {"model": "m", "message": {**OPENAI, "content": ""}, "done": True},
    "gemini": GEMINI,
    "gemini response": {"candidates": [{"content": GEMINI, "finishReason": "STOP"}]},
    "gemini in snake case": {
        "role": "model",
        "parts": [{"text": "plan", "thought": True}, {"function_call": {"name": "get_weather", "args": ARGUMENTS}}],
    },
    "bedrock": BEDROCK,
    "bedrock response": {"output": {"message": BEDROCK}, "stopReason": "tool_use"},
    "anthropic content": ANTHROPIC,
    "anthropic response": {"type": "message", "role": "assistant", "content": ANTHROPIC},
    "responses items": RESPONSES,
    "responses response": {"object": "response", "output": RESPONSES},
    "completions response": {"choices": [{"text": HERMES, "index": 0, "finish_reason": "stop"}]},
    "batch output": {"custom_id": "1", "response": {"status_code": 200, "body": {"choices": [{"message": OPENAI}]}}},
    "transformers pipeline": [{"generated_text": HERMES}],
    "transformers pipeline, messages": [{"generated_text": [ASKED, {"role": "assistant", "content": HERMES}]}],
    "ollama generate": {"model": "m", "response": HERMES, "done": True},
    "vercel": {
        "role": "assistant",
        "content": [{"type": "tool-call", "toolCallId": "1", "toolName": "get_weather", "input": ARGUMENTS}],
    },
    "vercel result": {"text": "", "toolCalls": [{"type": "tool-call", "toolName": "get_weather", "input": ARGUMENTS}]},
    "mistral conversation": {"outputs": [{"type": "function.call", "name": "get_weather", "arguments": ARGUMENTS}]},
    "autogen": {
        "type": "ToolCallRequestEvent",
        "content": [{"id": "1", "name": "get_weather", "arguments": ARGUMENTS}],
    },
    "pydantic-ai": {
        "kind": "response",
        "parts": [{"part_kind": "tool-call", "tool_name": "get_weather", "args": TEXT}],
    },
    "haystack": {"role": "assistant", "content": [{"tool_call": {"tool_name": "get_weather", "arguments": ARGUMENTS}}]},
    "llamaindex": {"role": "assistant", "blocks": [{"tool_name": "get_weather", "tool_kwargs": ARGUMENTS}]},
    "llamaindex before": {"role": "assistant", "additional_kwargs": {"tool_calls": OPENAI["tool_calls"]}},
    "sharegpt": [{"from": "human", "value": "The weather?"}, {"from": "gpt", "value": HERMES}],
    "sharegpt, a call": {"from": "function_call", "value": json.dumps(RIGHT[0])},
    "conversations": {"conversations": [{"from": "human", "value": "The weather?"}, {"from": "gpt", "value": HERMES}]},
    "conversation": {"messages": [ASKED, OPENAI]},
    "calls": RIGHT,
    "calls of openai": OPENAI["tool_calls"],
    "calls as json": {"role": "assistant", "tool_calls": list(map(json.dumps, RIGHT))},
    "calls as the json of all": {"role": "assistant", "tool_calls": json.dumps(OPENAI["tool_calls"])},
    "an array": Array([{**OPENAI, "tool_calls": Array(OPENAI["tool_calls"])}]),
    "a part of gemini's": GEMINI["parts"][0],
    "parts of bedrock's": BEDROCK["content"][1:],
    "our own calls": [ToolCall("get_weather", ARGUMENTS)],
    "our own call": ToolCall("get_weather", ARGUMENTS),
    "dataclass": Message(parts=[{"part_kind": "tool-call", "tool_name": "get_weather", "args": ARGUMENTS}]),
    "langchain, serialized": {"lc": 1, "type": "constructor", "id": ["AIMessage"], "kwargs": LANGCHAIN},
    "langchain, dumped": {"type": "ai", "data": LANGCHAIN},
    "langchain": LANGCHAIN,
    "langchain conversation": [{"type": "human", "content": "<tool_call>{}</tool_call>"}, LANGCHAIN],
}


@pytest.mark.parametrize("completion", COMPLETIONS.values(), ids=COMPLETIONS)
def test_a_right_call_earns_everything_in_each_form(completion: object) -> None:
    result = Tiered()(completion, ground_truth=RIGHT, tools=TOOLS)
    assert result is not None
    assert result.value == 1.0


@pytest.mark.parametrize("completion", COMPLETIONS.values(), ids=COMPLETIONS)
def test_a_wrong_call_does_not(completion: object) -> None:
    wrong = [{"name": "get_weather", "arguments": {"city": "Rome"}}]
    result = Tiered()(completion, ground_truth=wrong, tools=TOOLS)
    assert result is not None
    assert 0 < result.value < 0.6


@pytest.mark.parametrize("form", COMPLETIONS)
def test_a_ground_truth_is_read_in_each_form_too(form: str) -> None:
    result = Tiered()(OPENAI, ground_truth=COMPLETIONS[form], tools=TOOLS)
    assert result is not None
    assert result.value == 1.0


def test_what_a_model_thinks_is_not_said() -> None:
    gemini = {"role": "model", "parts": [{"text": "They want Paris.", "thought": True}, {"text": "Which city?"}]}
    assert wire.parse(gemini).text == "Which city?"


@pytest.mark.parametrize(
    ("completion", "what"),
    [
        (7, "a int"),
        (b"text", "a bytes"),
        (["a", "b"], "a list of them; score them one by one"),
        ([[OPENAI]], "a list of them; score them one by one"),
        ({"answer": "Paris", "score": 1}, "an object of 'answer', 'score'; give its 'content'"),
        ([ASKED, {"reply": "Paris"}], "an object of 'reply'; give its 'content'"),
    ],
    ids=["number", "bytes", "batch", "batch of messages", "unknown object", "unknown message"],
)
def test_what_is_no_completion_is_refused(completion: object, what: str) -> None:
    with pytest.raises(TypeError, match=f"a completion is a text or chat messages, not {what}"):
        wire.parse(completion)
