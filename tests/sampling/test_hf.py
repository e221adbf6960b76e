from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from rlvr.config import ModelConfig
from rlvr.policy.load import Policy, load_policy
from rlvr.sampler import Completion
from rlvr.sampling.hf import _batches, completions

if TYPE_CHECKING:
    from pathlib import Path

PROMPTS = ["Weather in Paris?", "What is the weather in Paris on 2026-03-14, and which city do you mean?", "Hm", "No."]


@pytest.fixture(scope="module")
def policy(random_policy: Path) -> Policy:
    return load_policy(ModelConfig(path=str(random_policy)))


def greedy(policy: Policy, prompts: list[str], **options: Any) -> list[Completion]:
    return [completion for (completion,) in completions(policy, prompts, **options)]


def test_batching_and_sorting_change_no_completion(policy: Policy) -> None:
    alone = [greedy(policy, [p], max_new_tokens=6, batch_size=1)[0] for p in PROMPTS]
    assert greedy(policy, PROMPTS, max_new_tokens=6, batch_size=3) == alone


def test_each_batch_is_reported(policy: Policy) -> None:
    done: list[int] = []
    greedy(policy, PROMPTS[:1] * 4, max_new_tokens=1, batch_size=3, progress=lambda n, note="": done.append(n))
    assert done == [3, 1]


def test_a_prompt_much_longer_than_others_is_not_padded_to() -> None:
    lengths = [10, 90, 10, 10, 12, 10]
    batches = list(_batches(range(6), lengths, 4))
    assert batches == [[0, 1], [2, 3, 4, 5]]
    assert list(_batches([5, 4, 3, 2, 0, 1], lengths, 4)) == [[5, 4, 3, 2], [0, 1]]
    assert list(_batches([], lengths, 4)) == []


def test_a_completion_that_meets_the_limit_is_truncated(policy: Policy) -> None:
    (completion,) = greedy(policy, PROMPTS[:1], max_new_tokens=2, batch_size=1)
    assert completion.is_truncated
    assert completion.n_tokens == 2


def test_a_completion_ends_with_the_turn(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    (long,) = greedy(policy, PROMPTS[:1], max_new_tokens=4, batch_size=1)
    first = policy.tokenizer(long.text)["input_ids"][0]
    # Whatever the untrained policy says first now ends its turn.
    monkeypatch.setattr(policy.model.generation_config, "eos_token_id", [first])
    (short,) = greedy(policy, PROMPTS[:1], max_new_tokens=4, batch_size=1)
    assert not short.is_truncated
    assert short.n_tokens == 1


def test_random_state_and_mode_are_left_alone(policy: Policy) -> None:
    policy.model.train()
    before = torch.random.get_rng_state()
    greedy(policy, PROMPTS[:1], max_new_tokens=1, batch_size=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert policy.model.training
    policy.model.train(False)


def test_bf16_generates_too(policy: Policy) -> None:
    answers = greedy(policy, PROMPTS, max_new_tokens=2, batch_size=4, bf16=True)
    assert [c.n_tokens for c in answers] == [2, 2, 2, 2]
    assert policy.model.dtype == torch.float32
