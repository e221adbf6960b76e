"""Decoding with shared prompts against transformers' own generation and forward passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from model_families import tiny
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from rlvr.policy import linear_attention
from rlvr.policy.attention import COMPARED
from rlvr.sampler import Sampling
from rlvr.sampling.contexts import Contexts, can_keep
from rlvr.sampling.decode import cannot_decode, decode, n_places

SIZES: dict[str, Any] = {
    "vocab_size": 53,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
    # Large enough that tokens differ from one another.
    "initializer_range": 0.2,
}
MODELS = {
    "qwen3": lambda **options: Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=16, **options)),
    "qwen2": lambda **options: Qwen2ForCausalLM(Qwen2Config(**SIZES, **options)),
    "llama": lambda **options: LlamaForCausalLM(LlamaConfig(**SIZES, **options)),
}
PROMPTS = [[5, 6, 7, 8, 9, 10, 11], [12], [13, 14, 15], [16, 17, 18, 19]]
# What begins alike is computed once, as are prompts of unequal length without padding; the others side by side.
TOOLS = [20, 21, 22, 23, 24, 25, 26, 27, 28]
BEGIN_ALIKE = [[*TOOLS, 5], [*TOOLS, 6, 7, 8], [9, 10, 11], [*TOOLS[:4], 12, 13]]
OF_ONE_LENGTH = [list(range(5, 37)), list(range(36, 4, -1))]
BATCHES = {"uneven": PROMPTS, "begin alike": BEGIN_ALIKE, "of one length": OF_ONE_LENGTH}


def built(name: str = "qwen3", seed: int = 0, **options: Any) -> PreTrainedModel:
    torch.manual_seed(seed)
    return MODELS[name](**options).eval()


def generated(model: PreTrainedModel, prompt: list[int], n_tokens: int, stop: list[int]) -> list[int]:
    ids = torch.tensor([prompt])
    options: dict[str, Any] = {"do_sample": False, "max_new_tokens": n_tokens, "eos_token_id": stop}
    return model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0, len(prompt) :].tolist()


@dataclass(frozen=True)
class Recorded(Sampling):
    """Sampling that keeps the logits it was asked to draw from."""

    seen: list[torch.Tensor] = field(default_factory=list)

    def next_tokens(self, logits_V: torch.Tensor) -> torch.Tensor:
        self.seen.append(logits_V)
        return super().next_tokens(logits_V)


class Places:
    """Counts the tokens that a model computes, padding counted."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.n = 0
        model.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, module: Any, args: Any, kwargs: Any) -> None:
        self.n += kwargs["input_ids"].numel()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("batch", BATCHES)
def test_greedy_tokens_are_those_of_generate(name: str, seed: int, batch: str) -> None:
    model, prompts = built(name, seed), BATCHES[batch]
    stop = [1, 2, 3, 4]
    expected = [generated(model, prompt, 20, stop) for prompt in prompts]
    assert decode(model, prompts, 1, Sampling(), max_new_tokens=20, stop_ids=stop) == expected
    doubled = decode(model, prompts, 2, Sampling(), max_new_tokens=20, stop_ids=stop)
    assert doubled == [tokens for tokens in expected for _ in range(2)]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("batch", BATCHES)
def test_every_sampled_token_is_drawn_from_the_model_s_own_logits(name: str, batch: str) -> None:
    model, prompts = built(name), BATCHES[batch]
    sampling = Recorded(temperature=1.0)
    candidates = decode(model, prompts, 3, sampling, max_new_tokens=9, stop_ids=[])
    for row, candidate in enumerate(candidates):
        prompt = prompts[row // 3]
        with torch.no_grad():
            logits = model(torch.tensor([prompt + candidate])).logits[0, len(prompt) - 1 : -1]
        own = torch.stack([logits_V[row] for logits_V in sampling.seen])
        torch.testing.assert_close(own, logits, rtol=1e-4, atol=1e-4)


def test_candidates_end_with_their_first_stop_token() -> None:
    torch.manual_seed(3)
    stop = list(range(1, 20))
    candidates = decode(built(), PROMPTS, 6, Sampling(temperature=1.0), max_new_tokens=12, stop_ids=stop)
    assert len(candidates) == 24
    for candidate in candidates:
        assert not set(candidate[:-1]) & set(stop)
        assert len(candidate) == 12 or candidate[-1] in stop
    lengths = {len(candidate) for candidate in candidates}
    assert len(lengths) > 3, "prompts left the batch at different times"


def test_one_token_needs_no_second_pass() -> None:
    model = built()
    sampling = Recorded()
    expected = [generated(model, prompt, 1, []) for prompt in PROMPTS]
    assert decode(model, PROMPTS, 1, sampling, max_new_tokens=1, stop_ids=[]) == expected
    assert len(sampling.seen) == 1


@pytest.mark.parametrize("batch", BATCHES)
def test_places_of_prompts_are_counted_as_they_are_computed(batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = built()
    for tokens_at_once in (8192, 64):
        monkeypatch.setattr("rlvr.sampling.decode.PREFILL_TOKENS", tokens_at_once)
        computed = Places(model)
        decode(model, BATCHES[batch], 2, Sampling(), max_new_tokens=1, stop_ids=[1])
        assert n_places(BATCHES[batch]) == computed.n


def test_samples_follow_the_model_s_distribution() -> None:
    """Pearson's chi-squared test of 4,000 first tokens; 52 degrees of freedom, 99.99% quantile 99.6."""
    model = built()
    torch.manual_seed(0)
    drawn = decode(model, [PROMPTS[0]], 4000, Sampling(temperature=1.5), max_new_tokens=1, stop_ids=[])
    with torch.no_grad():
        expected = 4000 * (model(torch.tensor([PROMPTS[0]])).logits[0, -1] / 1.5).softmax(-1)
    counts = torch.bincount(torch.tensor(drawn)[:, 0], minlength=53)
    common = expected >= 5
    rest_expected, rest = expected[~common].sum(), counts[~common].sum()
    chi = ((counts - expected) ** 2 / expected)[common].sum() + (rest - rest_expected) ** 2 / rest_expected.clamp(1)
    assert chi < 99.6


@pytest.mark.parametrize(
    ("sampling", "allowed"),
    [(Sampling(1.0, top_k=1), 1), (Sampling(1.0, top_p=1e-6), 1), (Sampling(1.0, min_p=1.0), 1), (Sampling(1.0, 3), 3)],
    ids=["top_k", "top_p", "min_p", "three"],
)
def test_sampling_options_narrow_the_choice(sampling: Sampling, allowed: int) -> None:
    logits = torch.randn(53, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(2)
    drawn = sampling.next_tokens(logits.expand(500, -1))
    assert set(drawn.tolist()) == set(logits.topk(allowed).indices.tolist())


@pytest.mark.parametrize("model_type", sorted(COMPARED - set(linear_attention.MODEL_TYPES)))
def test_every_family_that_counts_as_compared_decodes_as_generate_does(model_type: str) -> None:
    """With sliding windows of 5 tokens where the family has them: shorter than prompt and candidate."""
    model = tiny(model_type, window=5)
    assert cannot_decode(model) is None
    for prompts in (PROMPTS[:2], BEGIN_ALIKE, OF_ONE_LENGTH):
        expected = [generated(model, prompt, 6, []) for prompt in prompts]
        assert decode(model, prompts, 1, Sampling(), max_new_tokens=6, stop_ids=[]) == expected


def test_a_window_of_tokens_is_not_kept() -> None:
    assert can_keep(built())
    assert not can_keep(built(sliding_window=5, use_sliding_window=True, max_window_layers=0))


def test_what_cannot_be_decoded_says_why() -> None:
    assert cannot_decode(built()) is None
    assert cannot_decode(tiny("qwen3_next")) == "it has linear attention"
    assert cannot_decode(tiny("gpt2")) == "gpt2 has not been compared with transformers' own generation"


@pytest.mark.parametrize("batch", BATCHES)
def test_prompts_computed_in_parts_say_the_same(batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def completions() -> list[list[int]]:
        return decode(built(), BATCHES[batch], 2, Sampling(), max_new_tokens=12, stop_ids=[1])

    whole = completions()
    monkeypatch.setattr("rlvr.sampling.decode.PREFILL_TOKENS", 64)
    assert completions() == whole


def test_conversations_of_one_toolset_are_computed_in_as_few_parts_as_their_tokens_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools = list(range(1, 41))
    conversations = [[*tools, *range(place, place + 4)] for place in range(1, 17)]
    monkeypatch.setattr("rlvr.sampling.decode.PREFILL_TOKENS", 128)
    assert n_places(conversations) == 128, "the tools once and 16 times 4 tokens, filled up; side by side it is 1,024"
    monkeypatch.setattr("rlvr.sampling.decode.PREFILL_TOKENS", 64)
    assert n_places(conversations) == 4 * 64, "four of them at once are all that 64 tokens hold beside the tools"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("tokens_at_once", [8192, 16], ids=["at once", "in parts"])
def test_turns_that_go_on_with_what_was_said_are_those_of_whole_prompts(
    name: str, batch: str, tokens_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three turns, in an order of their own; a conversation ends after the first, replies are of unequal length."""
    monkeypatch.setattr("rlvr.sampling.decode.PREFILL_TOKENS", tokens_at_once)
    model, prompts, contexts, n_candidates = built(name), BATCHES[batch], Contexts(), 3
    computed = Places(model)
    for turn in range(3):
        goes_on = contexts.starts(prompts) is not None
        assert goes_on is (turn > 0)
        drawn: list[tuple[list[list[int]], list[torch.Tensor], int]] = []
        for known in (contexts, None):
            torch.manual_seed(turn)
            sampling, before = Recorded(temperature=1.0), computed.n
            options: dict[str, Any] = {"max_new_tokens": 7, "stop_ids": range(1, 9), "contexts": known}
            said = decode(model, prompts, n_candidates, sampling, **options)
            drawn.append((said, sampling.seen, computed.n - before))
        (said, logits, n_new), (whole, expected, n_whole) = drawn
        assert said == whole
        for each, other in zip(logits, expected, strict=True):
            torch.testing.assert_close(each, other, rtol=1e-4, atol=1e-4)
        assert (n_new < n_whole) is goes_on
        assert len({len(tokens) for tokens in said}) > 1, "they end at different tokens"
        ended = [[*prompts[row // n_candidates], *tokens] for row, tokens in enumerate(said)]
        prompts = [[*tokens, *range(12, 13 + 3 * row)] for row, tokens in enumerate(ended)][:0:-1]
        n_candidates = 1
