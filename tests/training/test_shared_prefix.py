"""The shared prefix against TRL's own computation, in fp32."""

from __future__ import annotations

import copy
import inspect
from functools import partial
from typing import Any

import peft
import pytest
import torch
from model_families import tiny
from small_models import MODELS, qwen3
from transformers import PreTrainedModel
from trl import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from rlvr.policy import attention, linear_attention
from rlvr.training import shared_prefix

TEMPERATURE = 0.7


Rows = tuple[list[list[int]], list[list[int]]]


def groups(seed: int = 0) -> Rows:
    """Groups of 4, 1 and 3 candidates: a long prompt, one of one token, and candidates with none."""
    generator = torch.Generator().manual_seed(seed)

    def tokens(n: int) -> list[int]:
        return torch.randint(2, 97, (n,), generator=generator).tolist()

    prompts, candidates = [], []
    for n_prompt, lengths in ((23, (5, 9, 1, 0)), (1, (4,)), (11, (3, 3, 12))):
        prompt = tokens(n_prompt)
        prompts += [prompt] * len(lengths)
        candidates += [tokens(n) for n in lengths]
    return prompts, candidates


def groups_that_begin_alike() -> Rows:
    """The same, and one group whose candidates begin alike, are the same, or the beginning of another."""
    prompts, candidates = groups()
    first = [*range(30, 38)]
    alike = [first, [*first[:6], 5, 6, 7], [*first[:6], 6, 5], first, first[:4], [9, 31]]
    return [*prompts, *[[*range(40, 57)]] * len(alike)], [*candidates, *alike]


def padded(prompts: list[list[int]], candidates: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor, int]:
    n_prompt, n_candidate = max(map(len, prompts)), max(map(len, candidates))
    ids, mask = [], []
    for prompt, candidate in zip(prompts, candidates, strict=True):
        left, right = [0] * (n_prompt - len(prompt)), [0] * (n_candidate - len(candidate))
        ids.append([*left, *prompt, *candidate, *right])
        mask.append([*left, *[1] * (len(prompt) + len(candidate)), *right])
    return torch.tensor(ids), torch.tensor(mask), n_candidate


class WithoutTrainer:
    """What TRL's method reads of its trainer."""

    class accelerator:  # noqa: N801 - TRL's name
        @staticmethod
        def autocast() -> Any:
            return torch.autocast("cpu", enabled=False)


def stock(model: torch.nn.Module, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
    method = inspect.unwrap(GRPOTrainer._get_per_token_logps_and_entropies)
    logps, entropies, _ = method(WithoutTrainer(), model, *padded(*rows), compute_entropy=True)
    return logps, entropies


def shared(model: torch.nn.Module, rows: Rows, tree_width: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    prompts, candidates = rows
    flat = shared_prefix.flat_groups(prompts, candidates, torch.device("cpu"), tree_width)
    logps, entropies = shared_prefix.logps_and_entropies(model, flat, len(prompts), max(map(len, candidates)))
    assert entropies is not None
    return logps, entropies


def built(make: Any) -> PreTrainedModel:
    torch.manual_seed(1)
    model = make()
    add_fused_lm_head(model, temperature=TEMPERATURE, outputs=("log_probs", "entropy"))
    assert attention.why_not(model) is None
    attention.prepare(model)
    return model


def gradients(model: torch.nn.Module, compute: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probabilities, entropies, and all gradients of a loss that weighs every token differently."""
    model.zero_grad()
    logps, entropies = compute(model)
    weights = torch.linspace(-1.0, 1.0, logps.numel()).view_as(logps)
    ((logps * weights).sum() + (entropies * weights).sum() / 10).backward()
    grads = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    return logps.detach(), entropies.detach(), torch.cat(grads)


def assert_same(model: torch.nn.Module) -> None:
    width = shared_prefix.width_for_trees(model)
    is_recurrent = model.config.model_type in linear_attention.MODEL_TYPES
    assert (width is None) == is_recurrent
    # A recurrence over chunks sums in another order where a prefix ends; how far apart, the number of threads decides.
    assert_same_rows(model, groups(), None, within=3e-5 if is_recurrent else 1e-5)
    if width is not None:
        assert_same_rows(model, groups_that_begin_alike(), width, within=1e-5)


def assert_same_rows(model: torch.nn.Module, rows: Rows, tree_width: int | None, *, within: float) -> None:
    logps, entropies, grads = gradients(model, partial(stock, rows=rows))
    assert (logps != 0).sum() == sum(map(len, rows[1]))
    own_logps, own_entropies, own_grads = gradients(model, partial(shared, rows=rows, tree_width=tree_width))
    torch.testing.assert_close(own_logps, logps, rtol=5e-6, atol=5e-6)
    torch.testing.assert_close(own_entropies, entropies, rtol=5e-6, atol=5e-6)
    assert (own_grads - grads).norm() / grads.norm() < within


@pytest.mark.parametrize("name", MODELS)
def test_logps_entropies_and_gradients_are_those_of_the_stock_path(name: str) -> None:
    assert_same(built(MODELS[name]).train())


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_gradient_checkpointing_changes_nothing(use_reentrant: bool) -> None:
    model = built(MODELS["qwen3"]).train()
    model.gradient_checkpointing_enable({"use_reentrant": use_reentrant})
    model.enable_input_require_grads()
    assert_same(model)


def test_adapters_change_nothing() -> None:
    model = built(MODELS["qwen3"])
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    assert_same(adapted.train())


def test_generation_and_plain_forward_passes_stay_as_they_were() -> None:
    torch.manual_seed(2)
    plain = qwen3().eval()
    model = built(MODELS["qwen3"]).eval()
    model.load_state_dict(plain.state_dict())
    ids, mask, _ = padded([[5, 6, 7, 8], [9, 10]], [[], []])
    options = {"attention_mask": mask, "max_new_tokens": 8, "do_sample": False}
    assert torch.equal(model.generate(ids, **options), plain.generate(ids, **options))
    torch.testing.assert_close(model(ids, attention_mask=mask).logits, plain(ids, attention_mask=mask).logits)


def test_nothing_is_computed_twice() -> None:
    prompts, candidates = groups()
    flat = shared_prefix.flat_groups(prompts, candidates, torch.device("cpu"))
    # Prefixes 22 + 0 + 10; every candidate token has one place, an empty candidate none.
    assert flat.row.n_tokens == 32 + 37
    assert flat.n_stock_tokens == 4 * 23 + 1 + 3 * 11 + 37
    assert flat.labels.tolist() == [token for candidate in candidates for token in candidate]


def test_what_candidates_have_in_common_is_computed_once_where_that_costs_less() -> None:
    prompts, candidates = groups_that_begin_alike()
    flat = shared_prefix.flat_groups(prompts, candidates, torch.device("cpu"), tree_width=64)
    # Each tree begins with the prompt's last token, which all candidates follow; what ends one predicts nothing.
    of_trees = [1 + 4 + 8 + 0 + 0, 1 + 2 + 2 + 11, 1 + 7 + 2 + 1 + 0 + 0 + 1]
    assert [segment.seen is not None for segment in flat.row.segments] == [True, False, True, True, False]
    assert flat.row.n_tokens == 22 + 0 + 10 + 16 + sum(of_trees) + 4
    assert flat.labels[flat.predictions].tolist() == [token for candidate in candidates for token in candidate]


def test_long_candidates_with_little_in_common_stay_branches() -> None:
    candidates = [[1, *range(n, n + 500)] for n in range(10, 4010, 500)]
    flat = shared_prefix.flat_groups([[1, 2]] * 8, candidates, torch.device("cpu"), tree_width=64)
    assert flat.row.segments[0].branches == 8


@pytest.mark.parametrize("model_type", sorted(attention.COMPARED))
def test_every_family_that_counts_as_compared_is(model_type: str) -> None:
    assert_same(built(lambda: tiny(model_type)))  # not in training mode: some families have dropout by default


def copy_of_prepared(model_type: str) -> PreTrainedModel:
    """A copy whose original, emptied, would show if the copy still computed with it."""
    model = tiny(model_type)
    attention.prepare(model)
    copied = copy.deepcopy(model)
    for weight in model.parameters():
        weight.data.zero_()
    return copied


@pytest.mark.parametrize("model_type", linear_attention.MODEL_TYPES)
def test_states_are_forked_also_in_a_copy_and_under_gradient_checkpointing(model_type: str) -> None:
    model = built(lambda: copy_of_prepared(model_type)).train()
    assert "linear_attention" in model.config.layer_types
    model.gradient_checkpointing_enable({"use_reentrant": False})
    assert_same(model)


def test_a_forked_layer_generates_as_before() -> None:
    plain, model = tiny("qwen3_next"), built(lambda: tiny("qwen3_next"))
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    options = {"attention_mask": torch.ones_like(ids), "max_new_tokens": 8, "do_sample": False}
    assert torch.equal(model.generate(ids, **options), plain.generate(ids, **options))


@pytest.mark.parametrize(
    ("model_type", "layers"),
    [("bamba", "linear_attention"), ("lfm3", "conv"), ("llama4_text", "chunked_attention"), ("jamba", "linear")],
)
def test_layers_with_a_state_of_another_kind_are_turned_down_with_a_reason(model_type: str, layers: str) -> None:
    with torch.device("meta"):
        model = tiny(model_type)
    reason = attention.why_not(model)
    assert reason is not None
    assert layers in reason


def test_another_attention_is_turned_down_with_a_reason() -> None:
    model = qwen3(attn_implementation="eager")
    reason = attention.why_not(model)
    assert reason is not None
    assert "eager" in reason
