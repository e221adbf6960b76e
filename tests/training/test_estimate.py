"""What a run is said to need, against counted parameters, published sizes and a real trainer's memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from random_policy import save_random_policy
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
from rlvr.policy.load import load_policy, peft_config
from rlvr.sampler import GREEDY, Sampling
from rlvr.training import estimate, sft
from rlvr.training.estimate import batches, stages
from rlvr.training.estimate.batches import Passes, TokenizedRow, Writing
from rlvr.training.estimate.clock import FewLayers
from rlvr.training.estimate.shape import shape_of, trained_parameters

FIVE = {"five": Source(synth="five_tools", rows=64)}


@pytest.fixture(scope="module")
def deep_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small policy of as many layers as are timed, and one more."""
    return save_random_policy(tmp_path_factory.mktemp("deep"), layers=4)


@pytest.fixture(autouse=True)
def timed_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests time no layers: see conftest.py. Two times of each are enough here."""
    monkeypatch.setattr(stages, "FewLayers", FewLayers)
    monkeypatch.setattr("rlvr.training.estimate.clock.LONG_ENOUGH_S", 0.0)


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
    shape = shape_of(Config(model=ModelConfig(path=name)))
    assert shape.parameters / 1e9 == pytest.approx(billions, rel=0.005)


def test_parameters_are_counted_as_torch_counts_them(two_layers: Path) -> None:
    config = Config(model=ModelConfig(path=str(two_layers)), policy=PolicyConfig(lora=LoraConfig(r=4)))
    shape = shape_of(config)
    model = load_policy(config.model).model
    assert shape.parameters == model.num_parameters()
    assert shape.vocabulary == model.get_input_embeddings().num_embeddings
    # Two layers, one head of 32 in keys and values each: 2 * 2 * 2 * 32 where hidden 64 gives two heads.
    assert shape.cache_per_token == 2 * 2 * 2 * 32
    adapter = peft_config(config.policy)
    assert adapter is not None
    from peft import get_peft_model

    trained = sum(p.numel() for p in get_peft_model(model, adapter).parameters() if p.requires_grad)
    assert trained_parameters(config, shape) == trained


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


def test_activations_are_near_what_autograd_keeps() -> None:
    """Within a factor of 1.6: the formula is for an architecture, not for one implementation of it."""
    args = {"max_steps": 1, "per_device_train_batch_size": 2, "gradient_checkpointing": False}
    config = Config(data=DataConfig(train=FIVE), sft=SFTStageConfig(args=args), pipeline=["sft"],
                    hardware=HardwareConfig(use_cpu=True))  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    (stage,) = estimate.estimate(config, rows).stages
    passes = batches.sft_passes(batches.Tokens(config).of(rows["five"]), config, sft.arguments(config, Path("none")))
    model = load_policy(config.model).model.train()
    weights = {parameter.data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.randint(0, 400, (2, passes.most_places // 2))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        states = model.base_model(input_ids=ids).last_hidden_state
    assert states.requires_grad
    assert stage.memory["activations"] / 1.6 < sum(kept.values()) < stage.memory["activations"] * 1.6


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


class Clock:
    """A place of an update takes 8 ms, of a forward pass or a prompt 2 ms, a round 0.5 s, and a step 0.1 s."""

    def update_s(self, passes: Passes, *, checkpointing: bool) -> float:
        return 0.008 * passes.places

    def forward_s(self, passes: Passes) -> float:
        return 0.002 * passes.places

    def step_s(self) -> float:
        return 0.1

    def writing_s(self, writing: Writing, sampling: Sampling) -> tuple[float, float]:
        return 0.002 * writing.places, 0.5


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "FewLayers", lambda *_, **__: Clock())


ARGS = {"max_steps": 3, "per_device_train_batch_size": 16, "gradient_accumulation_steps": 2, "num_generations": 8,
        "max_completion_length": 300, "gradient_checkpointing": False}  # fmt: skip


@pytest.mark.usefixtures("clock")
def test_time_on_a_processor_is_what_was_timed_of_it() -> None:
    sft_args = {"max_steps": 4, "per_device_train_batch_size": 1, "gradient_checkpointing": False}
    config = Config(data=DataConfig(train=FIVE), hardware=HardwareConfig(use_cpu=True),
                    sft=SFTStageConfig(args=sft_args), training=TrainingConfig(args=ARGS))  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    needs = estimate.estimate(config, rows, {"held_out": rows["five"]})
    imitated, trained = needs.stages
    tokens = batches.Tokens(config).of(rows["five"])
    a_row = sum(len(row.prompt) + len(row.completion) for row in tokens) / len(tokens)
    # One row a step, without padding, and the optimizer's step.
    assert imitated.seconds == pytest.approx(4 * (a_row * 0.008 + 0.1))
    # 3 steps of 32 candidates, which are 4 prompts generated at once, and two passes of two groups.
    args = stages.grpo.arguments(config, Path("none"))
    writing = batches.grpo_writing(tokens, config, args)
    passes = [batches.grpo_passes(tokens, config, args, needs.shape.hidden, n) for n in (None, 300)]
    for seconds, rounds, of_pass in zip(
        (trained.seconds, trained.most_seconds), (writing.rounds, 300), passes, strict=True
    ):
        generation = writing.places * 0.002 + rounds * 0.5
        update = 2 * batches.TEACHING * of_pass.places * 0.008 + 0.1
        assert seconds == pytest.approx(3 * (generation + update))
    assert f"{estimate.duration(trained.most_seconds)} where all candidates run to their limit" in "".join(
        estimate.lines(needs)
    )
    # Base, SFT and GRPO complete 64 rows in batches of 64.
    assert needs.evaluation is not None
    assert (needs.evaluation.rows, needs.evaluation.policies) == (64, 3)
    least = 3 * 0.5 * max(len(row.completion) for row in tokens)
    assert least < needs.evaluation.seconds < needs.evaluation.most_seconds
    in_all = imitated.seconds + trained.seconds + needs.evaluation.seconds
    assert estimate.seconds_in_all(needs) == pytest.approx(in_all)


@pytest.mark.usefixtures("clock")
def test_what_is_left_out_of_the_update_takes_no_time() -> None:
    config = Config(data=DataConfig(train=FIVE), hardware=HardwareConfig(use_cpu=True), pipeline=["grpo"],
                    training=TrainingConfig(args=ARGS))  # fmt: skip
    rows = {"five": load(FIVE["five"])}

    def seconds(**options: object) -> float:
        changed = replace(config, training=replace(config.training, **options))
        return estimate.estimate(changed, rows).stages[0].seconds

    assert seconds(trained_candidates=4) < seconds() < seconds(skip_zero_advantages=False)
    assert seconds() < seconds(shared_prefix=False)


@pytest.mark.usefixtures("clock")
def test_evaluations_while_a_stage_trains_are_counted() -> None:
    """GRPO takes 3 steps: three evaluations of 32 of 64 rows, beside those of the base and of the policy trained."""
    config = Config(data=DataConfig(train=FIVE), hardware=HardwareConfig(use_cpu=True), pipeline=["grpo"],
                    training=TrainingConfig(args=ARGS))  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    often = replace(config, evaluation=replace(config.evaluation, every=1, rows_while_training=32))
    once, more = (estimate.estimate(each, rows, rows).evaluation for each in (config, often))
    assert once is not None
    assert more is not None
    assert more.seconds == pytest.approx(once.seconds * (2 + 3 / 2) / 2)


def test_prompts_that_begin_alike_are_counted_as_they_are_computed() -> None:
    """Four prompts of 52 tokens, 50 of them common, and completions of 10.

    The prefix stands once, and a branch has the 2 + 10 other tokens but the last, which predicts nothing: 50 + 4 * 11,
    filled up to 128. Alone they are 4 * 62.
    """
    rows = [TokenizedRow([*range(50), 60 + n, 70 + n], list(range(80, 90))) for n in range(4)]
    args = {"per_device_train_batch_size": 4}
    for rows_per_prefix, places in ((4, 128), (1, 248)):
        config = Config(sft=SFTStageConfig(args=args, rows_per_prefix=rows_per_prefix),
                        hardware=HardwareConfig(use_cpu=True))  # fmt: skip
        passes = batches.sft_passes(rows, config, sft.arguments(config, Path("none")))
        assert (passes.places, passes.example.labelled) == (places, 40)


def test_a_batch_is_generated_until_its_longest_candidate_ends() -> None:
    """Two candidates of each of two prompts; a group's longest has 1.2 of the expected tokens, and at most 22."""
    rows = [TokenizedRow([1] * 40, [5] * 10), TokenizedRow([2] * 60, [5] * 20)]
    writing = Writing.of([rows], n=2, limit=22)
    # Padded to a multiple of 32: 2 * 64 places, less than 1.3 times the tokens.
    assert (writing.places, writing.rounds) == (128, 22)
    assert writing.rows == pytest.approx(2 * (12 + 22) / 22)
    assert (writing.at_limit().rounds, writing.at_limit().rows) == (22, 4)
    assert Writing.of([rows], n=2, limit=22, repeats=True).places == 256


def test_rows_of_one_toolset_stay_together_where_some_are_counted() -> None:
    some = batches.some_of(range(10_000), most=256)  # type: ignore[arg-type]
    assert len(some) == 256
    assert all(some[start : start + 64] == list(range(some[start], some[start] + 64)) for start in range(0, 256, 64))
    assert some[-1] > 7000
    assert batches.some_of(range(10), most=256) == range(10)  # type: ignore[arg-type]


@pytest.mark.parametrize(("bf16", "is_frozen"), [(False, False), (True, True)])
def test_a_model_is_timed_on_two_sizes_of_it(deep_policy: Path, bf16: bool, is_frozen: bool) -> None:
    few_layers = FewLayers(AutoConfig.from_pretrained(deep_policy), bf16=bf16, is_frozen=is_frozen)
    rows = [TokenizedRow([*range(50), 60 + n], list(range(80, 90))) for n in range(4)]
    config = Config(sft=SFTStageConfig(args={"per_device_train_batch_size": 4}, rows_per_prefix=4),
                    training=TrainingConfig(args=ARGS), hardware=HardwareConfig(use_cpu=True))  # fmt: skip
    imitated = batches.sft_passes(rows, config, sft.arguments(config, Path("none")))
    groups = batches.grpo_passes(rows, config, stages.grpo.arguments(config, Path("none")), 64)
    for passes in (imitated, groups):
        assert 0 < few_layers.update_s(passes, checkpointing=False) < 10
        assert 0 < few_layers.update_s(passes, checkpointing=True) < 10
        assert 0 < few_layers.forward_s(passes) < 10
    for sampling in (GREEDY, Sampling(1.0)):
        read_s, round_s = few_layers.writing_s(Writing.of([rows], 2, 20), sampling)
        assert 0 < read_s < 10
        assert 0 < round_s < 10
    # Where the clock of processor time ticks in milliseconds, it misses most steps of a model as small as this one.
    assert any(few_layers.step_s() for _ in range(10)) != is_frozen


def test_a_processor_s_estimate_is_timed(deep_policy: Path) -> None:
    config = Config(model=ModelConfig(path=str(deep_policy)), data=DataConfig(train=FIVE),
                    hardware=HardwareConfig(use_cpu=True),
                    sft=SFTStageConfig(args={"max_steps": 1}), training=TrainingConfig(args=ARGS))  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    needs = estimate.estimate(config, rows, rows)
    assert needs.is_timed
    assert all(0 < stage.seconds < 600 for stage in needs.stages)


def test_layers_are_timed_only_where_a_run_may_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(
        data=DataConfig(train=FIVE), hardware=HardwareConfig(use_cpu=True), pipeline=["sft"],
        sft=SFTStageConfig(args={"max_steps": 1}),
    )  # fmt: skip
    rows = {"five": load(FIVE["five"])}
    timed: list[str] = []

    def few_layers(*_: object, **__: object) -> None:
        timed.append("layers")
        raise ValueError("not in this test")

    monkeypatch.setattr(stages, "FewLayers", few_layers)
    estimate.seconds_of_run(config, rows, {}, long_s=1e9)
    assert not timed
    estimate.seconds_of_run(config, rows, {}, long_s=1e-9)
    assert timed == ["layers"]


def test_an_unknown_model_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its config cannot be loaded, to be estimated"):
        shape_of(Config(model=ModelConfig(path=str(tmp_path))))


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
