from __future__ import annotations

from pathlib import Path

import pytest
from trl import GRPOConfig, SFTConfig

from rlvr import trainer_options
from rlvr.config import Config, HardwareConfig
from rlvr.errors import UserError
from rlvr.training.arguments import stage_arguments

CONFIG = Config(seed=7, hardware=HardwareConfig(use_cpu=True))


def test_what_the_user_sets_reaches_trl(tmp_path: Path) -> None:
    given = {"learning_rate": 1e-3, "num_generations": 4, "per_device_train_batch_size": 8, "logging_steps": 5}
    args = stage_arguments(GRPOConfig, "training.args", given, CONFIG, tmp_path)
    assert {name: getattr(args, name) for name in given} == given
    assert (args.seed, args.output_dir, args.bf16, args.report_to) == (7, str(tmp_path), False, [])


def test_bf16_comes_from_the_hardware(tmp_path: Path) -> None:
    config = Config(hardware=HardwareConfig(use_cpu=True, bf16=True))
    assert stage_arguments(SFTConfig, "sft.args", {}, config, tmp_path).bf16 is True


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("learning_rat", r"training\.args: option 'learning_rat' not found; did you mean 'learning_rate'"),
        ("temprature", "did you mean 'temperature'"),
        ("output_dir", "set run_dir instead"),
        ("bf16", r"set hardware\.bf16 instead"),
        ("disable_tqdm", "leave it out"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_one(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        trainer_options.check("GRPOConfig", "training.args", {name: 1})


def test_a_value_that_trl_refuses_is_a_user_s_mistake(tmp_path: Path) -> None:
    given = {"generation_batch_size": 8, "steps_per_generation": 4}
    with pytest.raises(UserError, match=r"training\.args: .*can not be both configured"):
        stage_arguments(GRPOConfig, "training.args", given, CONFIG, tmp_path)


@pytest.mark.parametrize("name", ["fsdp", "deepspeed"])
def test_weights_are_not_spread_over_processes(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"sft\.args\.{name}: every process of a run holds all weights"):
        stage_arguments(SFTConfig, "sft.args", {name: "full_shard"}, CONFIG, tmp_path)


def test_a_launcher_that_would_spread_weights_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(UserError, match="ACCELERATE_USE_FSDP: every process"):
        stage_arguments(SFTConfig, "sft.args", {}, CONFIG, tmp_path)
