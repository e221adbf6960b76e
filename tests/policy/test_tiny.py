"""The embedded policy: what is shipped, its tokenizer and its chat template."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from rewards import Tiered, ToolCall, wire
from rlvr.config import EvaluationConfig, ModelConfig
from rlvr.data.synth import procedural
from rlvr.evaluation.run import evaluate
from rlvr.policy.checks import source_of
from rlvr.policy.load import load_policy
from rlvr.sampling.hf import HfSampler

FOLDER = Path(source_of("tiny"))
TOOL = {
    "type": "function",
    "function": {
        "name": "open_gate",
        "parameters": {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]},
    },
}


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(FOLDER)


def test_weights_are_bf16_and_small() -> None:
    with safe_open(FOLDER / "model.safetensors", "pt") as weights:
        tensors = [weights.get_tensor(name) for name in weights.keys()]  # noqa: SIM118 - safe_open is no mapping
    assert {tensor.dtype for tensor in tensors} == {torch.bfloat16}
    assert 3_000_000 < sum(tensor.numel() for tensor in tensors) < 4_000_000
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 10 * 1024**2


def test_the_architecture_is_a_stock_qwen3() -> None:
    model = AutoModelForCausalLM.from_pretrained(FOLDER)
    assert type(model).__name__ == "Qwen3ForCausalLM"
    assert model.generation_config.eos_token_id == AutoTokenizer.from_pretrained(FOLDER).eos_token_id


@pytest.mark.parametrize("text", ["2026-03-14", "1250.5", "A1B22"], ids=["date", "decimal", "code"])
def test_digits_are_single_tokens(tokenizer, text: str) -> None:
    tokens = [tokenizer.decode([token]) for token in tokenizer(text)["input_ids"]]
    assert all(len(token.strip()) == 1 for token in tokens if any(c.isdigit() for c in token)), tokens


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "Zürich – 東京 🙂",
        'quotes "inside" \\ and\nnewlines\ttabs',
        '{"a": {"b": [1, 2.5, null]}}',
        "\x00\x7f",
    ],
    ids=["ascii", "unicode", "escapes", "json", "control"],
)
def test_any_text_survives_the_tokenizer(tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_call_tags_are_one_ordinary_token_each(tokenizer) -> None:
    call = wire.render([ToolCall("open_gate", {"code": "K7"})], wire="hermes")
    ids = tokenizer(call + "<|im_end|>")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == call
    assert tokenizer.convert_tokens_to_ids("<tool_call>") == ids[0]


def test_reasoning_tags_are_one_ordinary_token_each(tokenizer) -> None:
    ids = tokenizer("<think>\nopen_gate\ncode: ?\n</think>\n\nWhich code?<|im_end|>")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>\nopen_gate\ncode: ?\n</think>\n\nWhich code?"
    assert {tokenizer.convert_tokens_to_ids(tag) for tag in ("<think>", "</think>")} < set(ids)


def test_the_template_shows_system_tools_and_turns(tokenizer) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "open gate K7"}]
    text = tokenizer.apply_chat_template(messages, tools=[TOOL], add_generation_prompt=True, tokenize=False)
    assert text == (
        "<|im_start|>system\nBe brief.\n\n# Tools\n<tools>\n"
        '{"name": "open_gate", "parameters": {"type": "object", "properties": {"code": {"type": "string"}}, '
        '"required": ["code"]}}\n</tools><|im_end|>\n'
        "<|im_start|>user\nopen gate K7<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_template_writes_calls_as_the_wire_format_does(tokenizer) -> None:
    calls = [ToolCall("open_gate", {"code": "K7"}), ToolCall("open_gate", {"code": "Ä 2"})]
    messages = [
        {"role": "user", "content": "open both"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in calls
            ],
        },
        {"role": "tool", "content": "ok"},
        {"role": "tool", "content": "jammed"},
    ]
    text = tokenizer.apply_chat_template(messages, tools=[TOOL], tokenize=False)
    assert f"<|im_start|>assistant\n{wire.render(calls, wire='hermes')}<|im_end|>\n" in text
    assert text.endswith(
        "<|im_start|>user\n<tool_response>\nok\n</tool_response>\n<tool_response>\njammed\n</tool_response><|im_end|>\n"
    )


def test_the_template_marks_what_the_assistant_said(tokenizer) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello!"}]
    encoded = tokenizer.apply_chat_template(
        messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    said = [t for t, mine in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if mine]
    assert tokenizer.decode(said) == "Hello!<|im_end|>"


def test_the_base_calls_tools_it_has_never_met() -> None:
    rows = [row for row in procedural.rows(120, seed=77) if row.ground_truth.calls][:60]
    evaluation = evaluate(HfSampler(load_policy(ModelConfig())), rows, Tiered(), EvaluationConfig())
    exact = sum(result.is_exact for result in evaluation.results) / len(rows)
    assert exact > 0.5, exact


def test_the_base_reasons_before_it_acts() -> None:
    policy = load_policy(ModelConfig())
    rows = procedural.rows(20, seed=78)
    results = evaluate(HfSampler(policy), rows, Tiered(), EvaluationConfig(max_new_tokens=160)).results
    assert sum(result.completion.startswith("<think>\n") for result in results) >= 19
