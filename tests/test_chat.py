from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from random_policy import random_tokenizer
from tokenizers.processors import TemplateProcessing

from rewards import Tiered, wire
from rlvr.chat import adapt, end_of_turn, prove, render_completion, render_prompt, training_tokens
from rlvr.data.synth import synthesize
from rlvr.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

ROWS = synthesize("five_tools", rows=60, seed=0)
EXECUTE = next(row for row in ROWS if row.ground_truth.calls)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return random_tokenizer()


def beginning_with_bos(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """A tokenizer of the Llama kind: it puts BOS before every text, and its template writes BOS too."""
    tokenizer.bos_token = "<|endoftext|>"
    tokenizer.chat_template = tokenizer.bos_token + tokenizer.chat_template
    return adding_bos(tokenizer)


def adding_bos(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    bos = tokenizer.bos_token
    post = TemplateProcessing(single=f"{bos} $A", special_tokens=[(bos, tokenizer.bos_token_id)])
    tokenizer.backend_tokenizer.post_processor = post
    return tokenizer


def test_a_prompt_holds_tools_and_request_and_ends_where_the_assistant_begins(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    prompt = render_prompt(tokenizer, EXECUTE)
    assert EXECUTE.prompt[-1]["content"] in prompt
    assert all(f'"name": "{tool["function"]["name"]}"' in prompt for tool in EXECUTE.tools)
    assert prompt.endswith("<|im_start|>assistant\n")


def test_a_completion_is_the_calls_or_the_text() -> None:
    for row in ROWS:
        completion = render_completion(replace(row, extra_info={}))
        if row.ground_truth.calls:
            assert wire.parse(completion).calls == row.ground_truth.calls
        else:
            assert completion == row.ground_truth.text


def test_a_rows_reasoning_comes_first_and_changes_nothing_for_the_reward() -> None:
    for row in ROWS:
        reasoning, completion = row.extra_info["reasoning"], render_completion(row)
        assert completion == f"<think>\n{reasoning}\n</think>\n\n" + render_completion(replace(row, extra_info={}))
        assert Tiered()(completion, ground_truth=row.ground_truth, tools=row.tools).value == 1.0


@pytest.mark.parametrize("reasoning", [None, "", 3], ids=["none", "empty", "not a text"])
def test_what_is_no_reasoning_is_left_out(reasoning: object) -> None:
    row = replace(EXECUTE, extra_info={"reasoning": reasoning})
    assert render_completion(row) == wire.render(EXECUTE.ground_truth.calls, wire="hermes")


def test_training_sees_the_tokens_that_generation_sees(tokenizer: PreTrainedTokenizerFast) -> None:
    for row in ROWS:
        prompt_ids, completion_ids = training_tokens(tokenizer, row)
        prompt = render_prompt(tokenizer, row)
        # TRL tokenizes a batch of string prompts in just this way.
        assert tokenizer(text=[prompt])["input_ids"] == [prompt_ids]
        # No merge crosses the boundary: tokenizing the whole conversation gives the same tokens.
        assert prompt_ids + completion_ids == tokenizer(prompt + render_completion(row) + "<|im_end|>")["input_ids"]
        assert completion_ids[-1] == tokenizer.eos_token_id


def test_decoding_as_trl_does_gives_the_completion_back(tokenizer: PreTrainedTokenizerFast) -> None:
    _, completion_ids = training_tokens(tokenizer, EXECUTE)
    assert tokenizer.decode(completion_ids, skip_special_tokens=True) == render_completion(EXECUTE)


def test_a_bos_token_comes_once() -> None:
    tokenizer = beginning_with_bos(random_tokenizer())
    prompt_ids = tokenizer(render_prompt(tokenizer, EXECUTE))["input_ids"]
    assert prompt_ids[0] == tokenizer.bos_token_id
    assert prompt_ids.count(tokenizer.bos_token_id) == 1


@pytest.mark.parametrize("is_added", [False, True], ids=["by the template alone", "by the tokenizer too"])
def test_a_bos_that_opens_every_turn_is_no_second_one(is_added: bool) -> None:
    """SmolLM2's BOS is <|im_start|>; a tokenizer may add it too, as those read from GGUF files do."""
    tokenizer = random_tokenizer()
    tokenizer.bos_token = "<|im_start|>"
    as_templated = tokenizer(render_prompt(tokenizer, EXECUTE))["input_ids"]
    if is_added:
        adding_bos(tokenizer)
    prompt_ids = tokenizer(render_prompt(tokenizer, EXECUTE))["input_ids"]
    assert prompt_ids == as_templated
    assert prompt_ids.count(tokenizer.bos_token_id) > 2
    assert all(finding.is_fine for finding in prove(tokenizer, "chatml"))


@pytest.mark.parametrize("before", ["\n", " ", "<|im_start|>"], ids=["after a line", "after a space", "twice"])
def test_two_bos_tokens_before_a_prompt_are_refused(before: str) -> None:
    tokenizer = random_tokenizer()
    tokenizer.bos_token = "<|im_start|>"
    tokenizer.chat_template = f"{{{{ {before!r} }}}}" + tokenizer.chat_template
    adding_bos(tokenizer)
    with pytest.raises(UserError, match=r"model chatml: .* both write the BOS token, <\|im_start\|>, before a prompt"):
        prove(tokenizer, "chatml")


def test_the_end_of_turn_is_the_template_s_own(tokenizer: PreTrainedTokenizerFast) -> None:
    assert end_of_turn(tokenizer) == "<|im_end|>"
    other = random_tokenizer()
    other.eos_token = "<|endoftext|>"
    assert end_of_turn(other) == "<|im_end|>"


def test_the_end_of_turn_is_eos_where_the_template_has_none(tokenizer: PreTrainedTokenizerFast) -> None:
    plain = random_tokenizer()
    plain.chat_template = "{% for message in messages %}{{ message.content }}\n{% endfor %}"
    assert end_of_turn(plain) == plain.eos_token


def test_arguments_of_earlier_calls_reach_the_template_as_mappings(tokenizer: PreTrainedTokenizerFast) -> None:
    reading = random_tokenizer()
    reading.chat_template = (
        "{% for message in messages %}{% for call in message.tool_calls or [] %}"
        "{{ call.function.arguments | tojson }}{% endfor %}{% endfor %}"
    )
    call = {"type": "function", "function": {"name": "f", "arguments": '{"city": "Paris"}'}}
    earlier = {"role": "assistant", "content": "", "tool_calls": [call]}
    row = replace(EXECUTE, prompt=[earlier, *EXECUTE.prompt])
    assert render_prompt(reading, row) == '{"city": "Paris"}'


def test_a_tokenizer_without_a_template_is_refused() -> None:
    tokenizer = random_tokenizer()
    tokenizer.chat_template = None
    with pytest.raises(UserError, match="no chat template"):
        adapt(tokenizer)
