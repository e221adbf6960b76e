"""GRPO trainers after a few steps on made-up prompts, to compare their weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig

CANDIDATES = 4
PROMPTS = ["get the weather in Oslo and in Bergen on Monday " * 3 + str(i) for i in range(8)]


ON_CPU = {
    "gradient_checkpointing": False,
    "report_to": "none",
    "save_strategy": "no",
    "logging_steps": 1,
    "disable_tqdm": True,
    "use_cpu": True,
    "bf16": False,
    "seed": 1,
}
"""Arguments of a few quiet steps in float32."""


def share_of_e(completions: list[str], **_: Any) -> list[float]:
    return [completion.count("e") / max(len(completion), 1) for completion in completions]


def half_of_the_groups_teach(completions: list[str], teaches: list[bool], **_: Any) -> list[float]:
    lengths = [len(completion) % 7 / 7 for completion in completions]
    return [length if taught else 0.5 for length, taught in zip(lengths, teaches, strict=True)]


def trained(
    cls: Any,
    policy: Path,
    out: Path,
    config: dict[str, Any],
    reward: Any = half_of_the_groups_teach,
    columns: Mapping[str, list[Any]] = MappingProxyType({}),
    **options: Any,
) -> Any:
    """A trainer after some steps of plain SGD, whose updates show the gradients undistorted."""
    torch.manual_seed(0)
    arguments: dict[str, Any] = {
        "output_dir": str(out),
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 2,
        "num_generations": CANDIDATES,
        "max_completion_length": 8,
        "max_steps": 2,
        "optim": "sgd",
        "learning_rate": 0.5,
        "lr_scheduler_type": "constant",
        "max_grad_norm": 0.0,
        **ON_CPU,
        **config,
    }
    trainer = cls(
        model=AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32),
        reward_funcs=reward,
        args=GRPOConfig(**arguments),
        train_dataset=Dataset.from_dict(
            {"prompt": PROMPTS, "teaches": [i % 2 == 0 for i in range(len(PROMPTS))], **columns}
        ),
        processing_class=AutoTokenizer.from_pretrained(policy),
        **options,
    )
    trainer.train()
    return trainer


def weights(trainer: Any) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
