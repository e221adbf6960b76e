"""Evaluating during training leaves the training as it is, bit by bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_run import small_run

from rlvr.config import LoraConfig, PolicyConfig
from rlvr.files import read_log
from rlvr.training import pipeline
from rlvr.training.run_folder import RunFolder


@pytest.mark.slow
@pytest.mark.parametrize("lora", [None, LoraConfig(r=4)], ids=["full", "lora"])
def test_the_policy_and_every_logged_number_are_the_same(
    lora: LoraConfig | None, random_policy: Path, tmp_path: Path
) -> None:
    folders = {}
    for every in (None, 1):
        config = small_run(random_policy, tmp_path / f"every_{every}", steps=3)
        evaluation = replace(config.evaluation, every=every, rows_while_training=3, n_bootstrap=20)
        config = replace(config, evaluation=evaluation, policy=PolicyConfig(lora))
        folders[every] = RunFolder(pipeline.run(config))
    for stage in ("sft", "grpo"):
        without, with_ = (load_file(folders[every].final(stage) / "model.safetensors") for every in (None, 1))
        assert all(torch.equal(without[name], with_[name]) for name in without)
        assert logged(folders[1], stage) == logged(folders[None], stage)
    during = [r for r in read_log(folders[1].metrics) if "evaluation/unseen/reward" in r]
    assert [(r["stage"], r["step"]) for r in during] == [("sft", 1), ("grpo", 1), ("grpo", 2)]


def logged(folder: RunFolder, stage: str) -> list[dict[str, float]]:
    records = [r for r in read_log(folder.metrics) if r["stage"] == stage]
    records = [r for r in records if "evaluation" not in r and "evaluation/unseen/reward" not in r]
    timed = ("time", "runtime", "per_second", "step_time")
    return [{k: v for k, v in r.items() if not any(part in k for part in timed)} for r in records]
