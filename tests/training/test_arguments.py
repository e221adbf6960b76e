from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trl import GRPOConfig, SFTConfig

from rlvr import processes, trainer_options
from rlvr.config import Config, HardwareConfig
from rlvr.errors import UserError
from rlvr.training import arguments
from rlvr.training.arguments import stage_arguments

CONFIG = Config(seed=7, hardware=HardwareConfig(use_cpu=True))


def test_what_the_user_sets_reaches_trl(tmp_path: Path) -> None:
    given = {"learning_rate": 1e-3, "num_generations": 4, "per_device_train_batch_size": 8, "logging_steps": 5}
    args = stage_arguments(GRPOConfig, "training.args", given, CONFIG, tmp_path)
    assert {name: getattr(args, name) for name in given} == given
    assert (args.seed, args.output_dir, args.bf16, args.report_to) == (7, str(tmp_path), False, [])


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


@pytest.mark.parametrize(
    ("args", "devices", "line"),
    [
        ({"deepspeed": "zero3.json"}, (), r"sft\.args\.deepspeed: weights are spread .* by hardware=fsdp2 alone"),
        ({"fsdp": "full_shard"}, (), r"sft\.args\.fsdp: .*full_shard.* not found; allowed: false, true"),
        ({"fsdp": True}, (), r"sft\.args\.fsdp: accelerate spreads no weights over CPUs"),
        ({"fsdp": True}, ("cpu",), r"sft\.args\.fsdp: .* several processes, and this is one"),
    ],
)
def test_weights_are_spread_where_that_works(
    args: dict[str, Any], devices: tuple[str, ...], line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(arguments, "SHARDS_ON", devices)
    with pytest.raises(UserError, match=line):
        stage_arguments(SFTConfig, "sft.args", args, CONFIG, tmp_path)


def test_an_older_way_to_spread_weights_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(arguments, "SHARDS_ON", ("cpu",))
    monkeypatch.setattr(processes, "launched", lambda: 2)
    with pytest.raises(UserError, match=r"sft\.args\.fsdp_config\.version: 1; FSDP2 is what there is"):
        stage_arguments(SFTConfig, "sft.args", {"fsdp": True, "fsdp_config": {"version": 1}}, CONFIG, tmp_path)


@pytest.mark.parametrize("name", ["ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"])
def test_a_launcher_that_would_spread_weights_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(name, "true")
    with pytest.raises(UserError, match=f"{name}: weights are spread over processes by hardware=fsdp2 alone"):
        stage_arguments(SFTConfig, "sft.args", {}, CONFIG, tmp_path)
