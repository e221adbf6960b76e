"""Calls whose marks are special tokens: evaluation reads the same text of them as the reward does in training."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import torch
from random_policy import random_tokenizer
from tokenizers import AddedToken
from transformers import Qwen3Config, Qwen3ForCausalLM

from rewards import Behavior, GroundTruth, Tiered, ToolCall, wire
from rewards.adapters.trl import reward_function
from rlvr.config import EvaluationConfig, ModelConfig
from rlvr.evaluation.run import evaluate
from rlvr.policy.load import Policy, load_policy
from rlvr.records.row import Row
from rlvr.sampling.hf import HfSampler

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedTokenizerFast

PARIS = ToolCall("get_weather", {"city": "Paris"})
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
SAID = {
    "mistral": '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}',
    "deepseek_v3": wire.render([PARIS], "deepseek_v3"),
    "harmony": '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Paris"}<|call|>',
}
ROW = Row(
    prompt=[{"role": "user", "content": "Weather in Paris?"}],
    tools=TOOLS,
    ground_truth=GroundTruth(Behavior.EXECUTE, (PARIS,)),
)


@pytest.fixture(params=SAID)
def said(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def policy(said: str, tmp_path: Path) -> Policy:
    """A policy that answers every prompt with one text."""
    tokenizer, chain = parrot_tokenizer(said)
    tokenizer.save_pretrained(tmp_path)
    parrot(chain, tokenizer).save_pretrained(tmp_path)
    return load_policy(ModelConfig(path=str(tmp_path)))


def parrot_tokenizer(said: str) -> tuple[PreTrainedTokenizerFast, list[int]]:
    """A tokenizer that has the format's marks as special tokens, and the ids of the text, each part one token."""
    marks = wire.FORMATS[said].marks
    parts = [part for part in re.split(f"({'|'.join(map(re.escape, marks))})", SAID[said]) if part]
    tokenizer = random_tokenizer()
    tokenizer.add_tokens([AddedToken(mark, special=True) for mark in marks], special_tokens=True)
    tokenizer.add_tokens([AddedToken(part, special=False, normalized=False) for part in parts if part not in marks])
    ids = tokenizer(SAID[said])["input_ids"]
    assert len(ids) == len(parts) == len(set(ids))
    return tokenizer, [*ids, tokenizer.eos_token_id]


def parrot(chain: list[int], tokenizer: PreTrainedTokenizerFast) -> Qwen3ForCausalLM:
    """A model whose weights make each token of the chain follow the one before, and its first follow any other."""
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=1,
            num_key_value_heads=1,
            head_dim=32,
            tie_word_embeddings=False,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.fill_(float(name.endswith("norm.weight")))  # the layer adds nothing to what is embedded
        embedded = model.get_input_embeddings().weight
        embedded[:, 0] = 1.0  # any token but those of the chain
        for place, (token, following) in enumerate(zip([None, *chain], chain, strict=False)):
            if token is not None:
                embedded[token] = torch.eye(32)[place]
            model.lm_head.weight[following, place] = 1.0
    return model


def test_evaluation_reads_the_marks_of_calls(said: str, policy: Policy) -> None:
    options = EvaluationConfig(max_new_tokens=16)
    for reward in (Tiered(), Tiered(wire=said)):
        (result, _) = evaluate(HfSampler(policy, batch_size=2), [ROW, ROW], reward, options).results
        assert (result.reward, result.is_exact, result.is_truncated) == (1.0, True, False)
        ids = [*policy.tokenizer(SAID[said])["input_ids"], policy.tokenizer.eos_token_id]
        in_training = reward_function(reward, tokenizer=policy.tokenizer)(
            completions=policy.tokenizer.batch_decode([ids], skip_special_tokens=True),
            completion_ids=[ids],
            reward_model=[json.dumps(ROW.ground_truth.to_json())],
            tools=[TOOLS],
        )
        assert in_training == [result.reward]


def test_the_marks_of_another_format_are_left_out(said: str, policy: Policy) -> None:
    (result,) = evaluate(HfSampler(policy), [ROW], Tiered(wire="hermes"), EvaluationConfig(max_new_tokens=16)).results
    kept = policy.tokenizer.decode(policy.tokenizer(SAID[said])["input_ids"], skip_special_tokens=True)
    assert result.completion == kept
    assert result.reward < 1.0
