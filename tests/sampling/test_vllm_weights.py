"""vLLM behind the protocol: the same completions as transformers gives, and what cannot be loaded said at once."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from rlvr.config import compose
from rlvr.errors import UserError
from rlvr.sampler import Request, Sampling, completions_of
from rlvr.sampling import open_sampler

if TYPE_CHECKING:
    from pathlib import Path

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
has_vllm = importlib.util.find_spec("vllm") is not None


@pytest.mark.skipif(has_vllm, reason="vLLM is installed")
def test_without_vllm_an_evaluation_says_how_to_install_it(random_policy: Path) -> None:
    with pytest.raises(UserError, match="rollout=vllm: vLLM is not installed"):
        open_sampler(compose(["rollout=vllm", f"model.path={random_policy}", "hardware=cpu"]))


@pytest.mark.skipif(not has_vllm, reason="vLLM is not installed")
def test_vllm_answers_as_transformers_does(random_policy: Path) -> None:
    options = [f"model.path={random_policy}", "hardware=cpu", "rollout.dtype=float32"]
    texts = ("Weather in Paris?", "What is the weather in Paris on 2026-03-14, and which city do you mean?", "Hm")
    conversations = [[{"role": "user", "content": text}] for text in texts]
    requests = [Request(messages, [WEATHER], 8) for messages in conversations]
    expected = completions_of(open_sampler(compose(options)), requests)
    at_once = "rollout.engine={max_model_len: 512, max_num_batched_tokens: 512}"
    sampler = open_sampler(compose([*options, "rollout=vllm", at_once]))
    crowd = [Request(conversations[1], [WEATHER], 8, sampling=Sampling(1.0), seed=seed) for seed in range(12)]
    try:
        answers = completions_of(sampler, requests)
        drawn = completions_of(sampler, [Request(conversations[0], [], 8, n=3, sampling=Sampling(1.0), seed=5)])
        drawn_in_a_crowd = completions_of(sampler, crowd)
        again = completions_of(sampler, [Request(conversations[0], [], 8, n=3, sampling=Sampling(1.0), seed=5)])
    finally:
        sampler.close()
    assert [each and each[0].token_ids for each in answers] == [each and each[0].token_ids for each in expected]
    assert [each and each[0].text for each in answers] == [each and each[0].text for each in expected]
    for each in answers:
        assert each is not None
        assert each[0].logprobs is not None
        assert len(each[0].logprobs) == each[0].n_tokens
        assert max(each[0].logprobs) <= 0
    assert drawn == again
    assert all(drawn_in_a_crowd), "more prompts than are computed at once, each with a seed"
    assert drawn[0] is not None
    assert len({completion.token_ids for completion in drawn[0]}) > 1
