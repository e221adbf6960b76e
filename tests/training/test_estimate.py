"""What a run is said to need, against counted parameters, published sizes and a real trainer's memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rlvr.config import (
    Config,
    DataConfig,
    HardwareConfig,
    LoraConfig,
    ModelConfig,
    PolicyConfig,
    SFTStageConfig,
    Source,
    compose,
)
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.policy.load import load_policy, peft_config
from rlvr.training import estimate, sft

FIVE = {"five": Source(synth="five_tools", rows=64)}


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("Qwen/Qwen2.5-1.5B-Instruct", 1.54),
        ("Qwen/Qwen2.5-3B-Instruct", 3.09),
        ("Qwen/Qwen2.5-7B-Instruct", 7.62),
        ("Qwen/Qwen3-0.6B", 0.596),
        ("microsoft/Phi-4-mini-instruct", 3.84),
    ],
)
def test_a_known_shape_has_the_parameters_that_its_model_card_names(name: str, billions: float) -> None:
    shape = estimate.shape_of(Config(model=ModelConfig(path=name)))
    assert shape.parameters / 1e9 == pytest.approx(billions, rel=0.005)


def test_parameters_are_counted_as_torch_counts_them(random_policy: Path) -> None:
    config = Config(model=ModelConfig(path=str(random_policy)), policy=PolicyConfig(lora=LoraConfig(r=4)))
    shape = estimate.shape_of(config)
    model = load_policy(config.model).model
    assert shape.parameters == model.num_parameters()
    assert shape.vocabulary == model.get_input_embeddings().num_embeddings
    # Two layers, one head of 32 in keys and values each: 2 * 2 * 2 * 32 where hidden 64 gives two heads.
    assert shape.cache_per_token == 2 * 2 * 2 * 32
    adapter = peft_config(config.policy)
    assert adapter is not None
    from peft import get_peft_model

    trained = sum(p.numel() for p in get_peft_model(model, adapter).parameters() if p.requires_grad)
    assert estimate.trained_parameters(config, shape) == trained


@pytest.mark.slow
def test_weights_gradients_and_optimizer_are_what_a_step_of_the_tiny_policy_holds(tmp_path: Path) -> None:
    """The batch's own memory is an estimate; what does not depend on the batch is counted to the byte."""
    args = {"max_steps": 1, "per_device_train_batch_size": 2, "gradient_checkpointing": False}
    config = Config(data=DataConfig(train=FIVE), sft=SFTStageConfig(rows=2, args=args), pipeline=["sft"],
                    hardware=HardwareConfig(use_cpu=True))  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    policy = load_policy(config.model)
    trainer = sft.trainer(policy, rows, config, tmp_path)
    trainer.train()
    weights = sum(p.numel() * p.element_size() for p in policy.model.parameters())
    states = [value for state in trainer.optimizer.state.values() for value in state.values()]
    moments = sum(value.numel() * value.element_size() for value in states if torch.is_tensor(value) and value.dim())
    (found,) = estimate.estimate(config, rows).stages
    assert (found.memory["weights"], found.memory["gradients"], found.memory["optimizer"]) == (
        weights,
        weights,
        moments,
    )
    assert found.steps == trainer.state.global_step


def test_activations_and_logits_are_near_what_autograd_keeps() -> None:
    """Within a factor of 1.6: the formula is for an architecture, not for one implementation of it."""
    args = {"max_steps": 1, "per_device_train_batch_size": 2, "gradient_checkpointing": False}
    config = Config(data=DataConfig(train=FIVE), sft=SFTStageConfig(rows=2, args=args), pipeline=["sft"],
                    hardware=HardwareConfig(use_cpu=True))  # fmt: skip
    found = estimate.estimate(config, {"five": load(FIVE["five"])})
    model = load_policy(config.model).model.train()
    own = {parameter.data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.randint(0, 400, (2, found.lengths.longest))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(input_ids=ids, labels=ids).loss
    memory = found.stages[0].memory
    # Autograd keeps the logits once; their gradient, of the same size, is made on the way back.
    expected = memory["activations"] + memory["logits"] / 2
    assert loss.requires_grad
    assert expected / 1.6 < sum(kept.values()) < expected * 1.6


def test_an_adapter_on_four_bits_needs_the_least_and_a_reference_the_most() -> None:
    rows = {"five": load(FIVE["five"])}
    base = compose(["experiment=one_h100_qwen2_5_7b", "data=none", "pipeline=[dpo]"])
    lora = estimate.estimate(base, rows).stages[0]
    full = estimate.estimate(replace(base, policy=PolicyConfig()), rows).stages[0]
    four = estimate.estimate(replace(base, model=replace(base.model, quantization="nf4")), rows).stages[0]
    assert four.total < lora.total < full.total
    # 7.6 billion parameters in 16 bits, and as many again for what DPO holds the policy near to.
    assert full.memory["reference"] == full.memory["weights"] == pytest.approx(2 * 7.615e9, rel=1e-3)
    assert "reference" not in lora.memory


def test_an_unknown_model_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its config cannot be loaded, to be estimated"):
        estimate.shape_of(Config(model=ModelConfig(path=str(tmp_path))))
