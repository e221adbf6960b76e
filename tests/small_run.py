"""A run of seconds: every stage, few rows, few tokens, and a reward that an untrained policy can earn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rewards import Behavior, RewardResult
from rlvr.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    HardwareConfig,
    ModelConfig,
    SFTStageConfig,
    Source,
    TrackingConfig,
    TrainingConfig,
    load,
)
from rlvr.training import pipeline

COMPUTED_ONCE = {"gradient_checkpointing": False}
"""Arguments of a stage: what the forward pass has computed is kept for the backward pass."""


@dataclass(frozen=True)
class LetterE:
    """The share of the letter e: an untrained policy makes no call that a real reward would pay for."""

    def __call__(self, completion: str, *, ground_truth: Any, tools: Any = None) -> RewardResult:
        share = completion.count("e") / max(len(completion), 1)
        return RewardResult(share, {"share": share}, (), Behavior.ANSWER if completion.strip() else None)


def small_run(model: Path, run_dir: Path, steps: int = 2) -> Config:
    """SFT and GRPO on a handful of rows."""
    return Config(
        run_dir=str(run_dir),
        model=ModelConfig(path=str(model)),
        reward={"_target_": "small_run.LetterE"},
        data=DataConfig(
            train={"five": Source(synth="five_tools", rows=16)},
            evaluation={"unseen": Source(synth="unseen_tools", split="held_out", rows=4)},
        ),
        sft=SFTStageConfig(
            rows=8, args={"per_device_train_batch_size": 4, "max_steps": 2, "learning_rate": 1e-3, **COMPUTED_ONCE}
        ),
        training=TrainingConfig(
            args={
                "max_steps": steps,
                "per_device_train_batch_size": 8,
                "num_generations": 4,
                "max_completion_length": 6,
                "learning_rate": 1e-2,
                **COMPUTED_ONCE,
            }
        ),
        evaluation=EvaluationConfig(max_new_tokens=4, n_bootstrap=20),
        hardware=HardwareConfig(use_cpu=True),
    )


def run_saved(config: Path, reward: dict[str, str]) -> None:
    """Do a run whose config was saved, with the reward that it may import."""
    pipeline.run(load(config, Config(reward=reward)))


def run_tracked(tracker: str, model: Path) -> None:
    """Do a run in `run`, with a tracker."""
    pipeline.run(replace(small_run(model, Path("run").resolve()), tracking=TrackingConfig(to=tracker)))
