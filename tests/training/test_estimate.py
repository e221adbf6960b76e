"""What a run is said to need, against counted parameters, published sizes and a real trainer's memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig

from rlvr.config import (
    Config,
    DataConfig,
    HardwareConfig,
    LoraConfig,
    ModelConfig,
    PolicyConfig,
    SFTStageConfig,
    Source,
    TrainingConfig,
    compose,
)
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.policy.checks import source_of
from rlvr.policy.load import load_policy, peft_config
from rlvr.training import estimate, sft
from rlvr.training.speed import Speed, measure

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


def test_time_on_a_processor_is_what_was_measured_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token takes 8 ms to train on and 2 ms to read, and each round of generation 0.5 s."""
    speed = Speed(update_s=0.008, forward_s=0.002, decode_s=0.5)
    monkeypatch.setattr(estimate, "measure", lambda *_, **__: speed)
    args = {"max_steps": 3, "per_device_train_batch_size": 16, "gradient_accumulation_steps": 2, "num_generations": 8,
            "max_completion_length": 100, "gradient_checkpointing": False}  # fmt: skip
    sft_args = {"max_steps": 4, "per_device_train_batch_size": 2, "gradient_checkpointing": False}
    config = Config(data=DataConfig(train=FIVE), hardware=HardwareConfig(use_cpu=True),
                    sft=SFTStageConfig(args=sft_args), training=TrainingConfig(args=args))  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    found = estimate.estimate(config, rows)
    imitated, trained = found.stages
    lengths, shape = found.lengths, found.shape
    head = shape.vocabulary * shape.hidden / shape.linear_parameters
    # 4 steps of 2 rows; the vocabulary head is computed for completions alone.
    assert imitated.seconds == pytest.approx(8 * (lengths.prompt + lengths.completion * (1 + head)) * 0.008)
    # 3 steps of 32 candidates: 12 prompts; a step's 32 are generated at once, a round for each of their tokens.
    for length, seconds in ((lengths.completion, trained.seconds), (100, trained.most_seconds)):
        written = 96 * length
        generation = 3 * length * 0.5 + written * head * 0.002 + 12 * lengths.prompt * 0.002
        assert seconds == pytest.approx(generation + (12 * lengths.prompt + written * (1 + head)) * 0.008)
    half = replace(config, training=replace(config.training, trained_candidates=4))
    saved = trained.seconds - estimate.estimate(half, rows).stages[1].seconds
    assert saved == pytest.approx(48 * lengths.completion * (1 + head) * 0.008)
    assert f"{estimate.duration(trained.most_seconds)} where all candidates run to their limit" in "".join(
        estimate.lines(found)
    )


def test_prompts_that_begin_alike_are_counted_as_they_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "measure", lambda *_, **__: Speed(update_s=0.008, forward_s=0.002, decode_s=0.5))
    source = Source(synth="procedural", rows=64, rows_per_toolset=8)
    rows = {"made_up": load(source)}
    args = {"max_steps": 8, "per_device_train_batch_size": 8}
    base = Config(data=DataConfig(train={"made_up": source}), pipeline=["sft"], hardware=HardwareConfig(use_cpu=True),
                  sft=SFTStageConfig(args=args))  # fmt: skip
    alike = replace(base, sft=replace(base.sft, rows_per_prefix=8))
    alone, together = (estimate.estimate(config, rows).stages[0].seconds for config in (base, alike))
    assert together < 0.8 * alone


@pytest.mark.parametrize("bf16", [False, True])
def test_a_model_s_speed_is_measured_on_two_sizes_of_it(bf16: bool) -> None:
    speed = measure(AutoConfig.from_pretrained(source_of("tiny")), rows=4, context=8, bf16=bf16)
    assert speed is not None
    assert 0 < speed.forward_s < speed.update_s < 1
    assert 0 < speed.decode_s < 10


def test_an_unknown_model_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its config cannot be loaded, to be estimated"):
        estimate.shape_of(Config(model=ModelConfig(path=str(tmp_path))))


def test_several_devices_share_the_rows_and_exchange_gradients() -> None:
    rows = {"five_tools": load(Source(synth="five_tools", rows=64))}
    options = ["model=qwen2.5-1.5b-instruct", "hardware.device=h100", "pipeline=[sft]", "sft.rows=null", "hardware=gpu"]
    args = ["sft.args={num_train_epochs: 1, per_device_train_batch_size: 2}", "model.dtype=bfloat16"]
    composed = [compose([*options, *args, f"hardware.n_devices={n}"]) for n in (1, 8)]
    alone, of_eight = (estimate.estimate(config, rows).stages[0] for config in composed)
    assert (alone.steps, of_eight.steps) == (32, 4)
    assert of_eight.memory == alone.memory
    # 1.54e9 gradients of 2 bytes, 2 * 7/8 of them over 450 GB/s at 35%: 0.034 s for each of 4 steps.
    exchange = 4 * 2 * 7 / 8 * alone.memory["gradients"] / (450e9 * 0.35)
    assert of_eight.seconds == pytest.approx(alone.seconds / 8 + exchange)
    assert exchange == pytest.approx(0.137, rel=0.01)


@pytest.mark.parametrize(
    ("stage", "spread"), [("sft", {"weights", "gradients", "optimizer"}), ("grpo", {"gradients", "optimizer"})]
)
def test_spread_weights_take_their_part_of_each_device(stage: str, spread: set[str]) -> None:
    rows = {"five_tools": load(Source(synth="five_tools", rows=64))}
    options = ["model=qwen2.5-1.5b-instruct", "hardware.device=h100", f"pipeline=[{stage}]", "hardware.n_devices=8"]
    whole, shared = (
        estimate.estimate(compose([*options, f"hardware={hardware}"]), rows).stages[0] for hardware in ("gpu", "fsdp2")
    )
    assert shared.memory == {name: value / 8 if name in spread else value for name, value in whole.memory.items()}
    # 7/8 of the weights twice and of the gradients once, instead of the gradients twice.
    more = whole.steps * 7 / 8 * (2 * whole.memory["weights"] - whole.memory["gradients"]) / (450e9 * 0.35)
    assert shared.seconds == pytest.approx(whole.seconds + more)
