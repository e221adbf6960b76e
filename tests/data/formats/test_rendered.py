"""Texts that chat templates render, as tuning sets have them; the values are made up."""

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import ToolCall
from rlvr.data.formats.importing import read_file
from rlvr.data.formats.rendered import rendered_messages, without_end
from rlvr.data.formats.written import tools_in_system
from rlvr.files import Where

SCHEMA = {"type": "object", "properties": {"origin": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "find_train", "description": "Find trains.", "parameters": SCHEMA}}
CALL = ToolCall("find_train", {"origin": "Linz"})
JSON_CALL = '{"name": "find_train", "arguments": {"origin": "Linz"}}'
ASK, ANSWER = "Trains from Linz?", "There is none."

QWEN = (
    "<|im_start|>system\nBe brief.\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    f"You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n{json.dumps(TOOL)}\n</tools>"
    f"<|im_end|>\n<|im_start|>user\n{ASK}<|im_end|>\n<|im_start|>assistant\n<tool_call>\n{JSON_CALL}\n</tool_call>"
    "<|im_end|>\n<|im_start|>user\n<tool_response>\nnone\n</tool_response><|im_end|>\n"
    f"<|im_start|>assistant\n{ANSWER}<|im_end|>\n"
)
MISTRAL = (
    f"<s>[AVAILABLE_TOOLS] [{json.dumps(TOOL)}] [/AVAILABLE_TOOLS][INST] {ASK} [/INST]"
    f"[TOOL_CALLS] [{JSON_CALL}]</s>[TOOL_RESULTS] none [/TOOL_RESULTS] {ANSWER}</s>"
)
LLAMA = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
    f"<|start_header_id|>user<|end_header_id|>\n\n{ASK}<|eot_id|>"
    f"<|start_header_id|>assistant<|end_header_id|>\n\n{ANSWER}<|eot_id|>"
)
LLAMA_2 = f"<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n{ASK} [/INST] {ANSWER} </s><s>[INST] {ASK} [/INST] {ANSWER} </s>"
GEMMA = (
    f"<bos><start_of_turn>user\n{ASK}<end_of_turn>\n<start_of_turn>model\n{ANSWER}<end_of_turn>\n<start_of_turn>model\n"
)
PHI = f"<|system|>\nBe brief.<|end|>\n<|user|>\n{ASK}<|end|>\n<|assistant|>\n{ANSWER}<|end|><|endoftext|>"


def outcomes(path: Path, record: dict[str, Any]) -> list[Any]:
    path.write_text(json.dumps(record))
    _, read = read_file(path)
    return list(read)


@pytest.mark.parametrize("text", [QWEN, MISTRAL], ids=["Qwen", "Mistral"])
def test_calls_results_and_tools_are_taken_out_of_the_text(tmp_path: Path, text: str) -> None:
    called, answered = outcomes(tmp_path / "tuning.jsonl", {"text": text})
    assert called.ground_truth.calls == (CALL,)
    assert called.tools == [TOOL]
    assert answered.ground_truth.text == ANSWER
    call, result = answered.prompt[-2:]
    assert (result["role"], result["content"]) == ("tool", "none")
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]


SAID = {
    "Llama 3": (LLAMA, ["system", "user", "assistant"]),
    "Llama 2": (LLAMA_2, ["system", "user", "assistant", "user", "assistant"]),
    "Gemma": (GEMMA, ["user", "assistant"]),
    "Phi": (PHI, ["system", "user", "assistant"]),
}


@pytest.mark.parametrize("name", SAID)
def test_turns_are_told_apart(name: str) -> None:
    text, roles = SAID[name]
    messages = rendered_messages(text)
    assert [message["role"] for message in messages] == roles
    assert {message["content"] for message in messages if message["role"] == "assistant"} == {ANSWER}
    assert {message["content"] for message in messages if message["role"] == "user"} == {ASK}


@pytest.mark.parametrize("text", ["Trains?", "What does <|im_start|> mean?", "", None, 7, ["<|im_start|>user\n"]])
def test_any_other_value_has_no_turns(text: Any) -> None:
    assert rendered_messages(text) == []


PROMPT = f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{ASK}<|im_end|>\n<|im_start|>assistant\n"


def test_a_prompt_and_its_completion(tmp_path: Path) -> None:
    (row,) = outcomes(tmp_path / "tuning.jsonl", {"prompt": PROMPT, "completion": f"{ANSWER}<|im_end|>"})
    assert [message["role"] for message in row.prompt] == ["system", "user"]
    assert row.ground_truth.text == ANSWER


def test_a_prompt_alone_says_so(tmp_path: Path) -> None:
    (reason,) = outcomes(tmp_path / "tuning.jsonl", {"prompt": PROMPT})
    assert reason.message == "no turn of the assistant is there to learn from; a prompt alone gives no row"


def test_a_preference_after_a_rendered_prompt(tmp_path: Path) -> None:
    sides = {"chosen": f"{ANSWER}<|im_end|>", "rejected": "Trains!<|im_end|>\n"}
    row, preference = outcomes(tmp_path / "dpo.jsonl", {"prompt": PROMPT, **sides})
    assert [message["content"] for message in row.prompt] == ["Be brief.", ASK]
    assert (preference.chosen, preference.rejected) == (ANSWER, "Trains!")


def test_a_preference_without_its_better_side_says_so(tmp_path: Path) -> None:
    (reason,) = outcomes(tmp_path / "dpo.jsonl", {"prompt": PROMPT, "chosen": None, "rejected": "Trains!"})
    assert (reason.field, reason.message) == ("chosen", "must be a non-empty list of messages")


def test_a_text_without_marks_at_its_end_stays_as_it_is() -> None:
    assert without_end(" one \n") == " one \n"
    assert without_end("one<|im_end|>\n<|endoftext|>") == "one"


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>user\nhi</s>" + " " * 100_000 + "x",
        "<|im_start|>user\n" + "<tool_response>" * 20_000,
        "<|im_start|>assistant\n" + "<tool_call>{" * 20_000,
        "[INST] hi [/INST]" + "[INST]" * 20_000,
        "[INST] hi [/INST]" + "[AVAILABLE_TOOLS]" * 20_000,
        "[INST] hi [/INST]" + "[TOOL_RESULTS] [INST]" * 20_000,
    ],
)
def test_marks_that_nothing_closes_are_read_once(text: str) -> None:
    assert rendered_messages(text)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "system", ["<tools>" * 20_000, "# Tools" + " " * 100_000, " " * 100_000 + "x", "<tools></tools>" + "\n" * 100_000]
)
def test_a_system_prompt_of_marks_is_read_once(system: str) -> None:
    assert tools_in_system(system, Where(Path("x"))) == (system, [])


def test_a_mark_that_nothing_closes_is_text() -> None:
    said = [
        message["content"] for message in rendered_messages("[INST]Hi[/INST]a[INST]b[TOOL_RESULTS]c[/TOOL_RESULTS]")
    ]
    assert said == ["Hi", "a[INST]b", "c"]


def test_a_record_without_rendered_text_among_others(tmp_path: Path) -> None:
    text = {"text": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello, Ann.<|im_end|>"}
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in (text, {"text": "Hi", "output": "Hello."})))
    _, (row, reason) = read_file(path)
    assert (row.ground_truth.text, "marks of a chat template" in reason.message) == ("Hello, Ann.", True)
