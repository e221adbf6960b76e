"""Every shipped experiment composes as it is, and runs for two steps on an untrained policy."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from rlvr import config
from rlvr.training import pipeline

EXPERIMENTS = config.groups()["experiment"]


@cache
def as_it_is(name: str) -> config.Config:
    return config.compose([f"experiment={name}"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_composes(name: str) -> None:
    composed = as_it_is(name)
    assert composed.name == name
    assert composed.pipeline


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "demo"])
def test_an_experiment_runs_for_two_steps(name: str, random_policy: Path, tmp_path: Path) -> None:
    stages = as_it_is(name).pipeline
    key = {"sft": "sft.args", "dpo": "dpo.args", "grpo": "training.args"}
    smaller = [
        f"++{key[stage]}.{option}"
        for stage in stages
        for option in (
            "max_steps=2",
            f"per_device_train_batch_size={8 if stage == 'grpo' else 2}",
            "gradient_accumulation_steps=1",
            "gradient_checkpointing=false",
        )
    ]
    composed = config.compose(
        [
            f"experiment={name}",
            f"run_dir={tmp_path / 'run'}",
            f"model.path={random_policy}",
            "model.dtype=float32",
            "model.quantization=null",
            "data=none",
            "+data.train.five.synth=five_tools",
            "hardware=cpu",
            "tracking.to=none",
            "evaluation.max_new_tokens=4",
            "training.args.max_completion_length=4",
            *smaller,
        ]
    )
    # Some experiments bring their own rows.
    train, evaluation = (
        {name: replace(source, rows=8) for name, source in sources.items()}
        for sources in (composed.data.train, composed.data.evaluation)
    )
    run_dir = pipeline.run(replace(composed, data=replace(composed.data, train=train, evaluation=evaluation)))
    for stage in stages:
        state = json.loads((run_dir / stage / "checkpoint-2" / "trainer_state.json").read_text())
        assert state["global_step"] == 2
        assert (run_dir / stage / "final" / "model.safetensors").is_file()
