"""The options of TRL's trainers as its source has them, held against the classes themselves."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest
import trl

from rlvr import trainer_options
from rlvr.errors import UserError

TRAINERS = ["SFTConfig", "DPOConfig", "KTOConfig", "GRPOConfig"]


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_options_are_those_of_the_class(trainer: str) -> None:
    fields = {field.name for field in dataclasses.fields(getattr(trl, trainer)) if field.init}
    assert set(trainer_options.options_of(trainer)) == fields


@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_default_passes(trainer: str) -> None:
    defaults = {
        field.name: field.default
        for field in dataclasses.fields(getattr(trl, trainer))
        if field.default is not dataclasses.MISSING and field.name not in trainer_options.SET_ELSEWHERE
    }
    assert len(defaults) > 80
    trainer_options.check(trainer, "args", defaults)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_listed_choice_stands_in_the_trainer(trainer: str) -> None:
    source = inspect.getsource(inspect.getmodule(getattr(trl, trainer.replace("Config", "Trainer"))))
    source += inspect.getsource(inspect.getmodule(getattr(trl, trainer)))
    options = trainer_options.options_of(trainer)
    for name in ("loss_type", "scale_rewards", "importance_sampling_level", "multi_objective_aggregation", "vllm_mode"):
        if name in options:
            assert all(f'"{choice}"' in source for choice in options[name].choices if isinstance(choice, str)), name


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("learning_rate", "fast", "args.learning_rate: expected a number, got 'fast'"),
        ("learning_rate", -1, "args.learning_rate: -1 is less than 0"),
        ("learning_rate", float("nan"), "args.learning_rate: expected a number, got nan"),
        ("learning_rate", True, "args.learning_rate: expected a number, got True"),
        ("learning_rate", None, "args.learning_rate: expected a number, got null"),
        ("max_completion_length", "abc", "args.max_completion_length: expected a whole number or null, got 'abc'"),
        ("max_completion_length", 64.5, "expected a whole number or null, got 64.5"),
        ("max_completion_length", 0, "args.max_completion_length: 0 is less than 1"),
        ("max_steps", 0, "0 is not a number of steps; leave it out to train by num_train_epochs"),
        ("max_steps", -5, "-5 is not a number of steps"),
        ("num_train_epochs", 0, "args.num_train_epochs: 0 is not above 0"),
        ("num_generations", 1, "args.num_generations: 1 is less than 2"),
        ("temperature", 0, "args.temperature: 0 is not above 0"),
        ("top_p", 1.5, "args.top_p: 1.5 is more than 1"),
        ("adam_beta2", 1.0, "args.adam_beta2: 1.0 is not below 1"),
        ("gradient_checkpointing", "yes", "args.gradient_checkpointing: expected true or false"),
        ("lr_scheduler_type", "cosin", "args.lr_scheduler_type: 'cosin' not found; did you mean 'cosine'?"),
        ("optim", "adam", "args.optim: 'adam' not found; did you mean "),
        ("loss_type", "gspo", "args.loss_type: 'gspo' not found"),
        ("scale_rewards", "std", "args.scale_rewards: 'std' not found"),
        ("reward_weights", 1.0, "args.reward_weights: expected a list, as in [a,b] or null, got 1.0"),
        ("report_to", "tensorboard", "args.report_to: the run decides this for all its stages; set tracking.to"),
        ("temprature", 1.0, "option 'temprature' not found; did you mean 'temperature'?"),
    ],
)
def test_a_wrong_value_is_said(name: str, value: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        trainer_options.check("GRPOConfig", "args", {name: value})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("trainer", "args"),
    [
        ("GRPOConfig", {"learning_rate": 1, "max_steps": -1, "scale_rewards": False, "lr_scheduler_type": "cosine"}),
        ("GRPOConfig", {"generation_kwargs": {"top_k": 3}, "min_p": None, "save_strategy": "no", "beta": 0}),
        ("DPOConfig", {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.5]}),
        ("SFTConfig", {"max_length": None, "warmup_steps": 0.1, "logging_steps": 0.5}),
    ],
    ids=["numbers", "mappings", "lists", "shares"],
)
def test_what_trl_takes_passes(trainer: str, args: dict[str, Any]) -> None:
    trainer_options.check(trainer, "args", args)


@pytest.mark.parametrize(
    ("args", "is_right"),
    [
        ({"per_device_train_batch_size": 8, "num_generations": 4}, True),
        ({"per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "num_generations": 8}, True),
        ({"per_device_train_batch_size": 64, "num_generations": 5}, False),
        ({"per_device_train_batch_size": 2, "steps_per_generation": 3, "num_generations": 4}, False),
    ],
)
def test_a_batch_holds_whole_groups(args: dict[str, Any], is_right: bool) -> None:
    if is_right:
        trainer_options.check("GRPOConfig", "args", args)
        trl.GRPOConfig(output_dir="x", use_cpu=True, bf16=False, **args)
        return
    with pytest.raises(UserError, match="does not divide into groups of"):
        trainer_options.check("GRPOConfig", "args", args)
    with pytest.raises(ValueError, match="divisible"):
        trl.GRPOConfig(output_dir="x", use_cpu=True, bf16=False, **args)
