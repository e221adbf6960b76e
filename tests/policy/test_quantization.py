"""Quantized weights: what is said where bitsandbytes is absent, and a real QLoRA stage where it is there."""

from __future__ import annotations

import importlib.util
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
)
from rlvr.errors import UserError
from rlvr.policy.load import load_policy
from rlvr.policy.quantization import is_quantized, quantization_arguments
from rlvr.training import pipeline


def test_without_bitsandbytes_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlvr.policy.quantization.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"nf4 needs bitsandbytes; install it with `pip install rlvr\[qlora\]`"):
        load_policy(ModelConfig(quantization="nf4"))
    assert quantization_arguments(ModelConfig(), "cpu") == {}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="needs bitsandbytes")
def test_an_adapter_on_four_bits_is_merged_into_whole_weights(random_policy: Path, tmp_path: Path) -> None:
    model = ModelConfig(path=str(random_policy), quantization="nf4")
    assert is_quantized(load_policy(model).model)
    run_dir = pipeline.run(
        Config(
            run_dir=str(tmp_path / "run"),
            pipeline=["sft"],
            model=model,
            policy=PolicyConfig(lora=LoraConfig(r=2)),
            data=DataConfig(train={"five": Source(synth="five_tools", rows=8)}),
            sft=SFTStageConfig(args={"max_steps": 2, "per_device_train_batch_size": 2, "learning_rate": 1e-2}),
            hardware=HardwareConfig(use_cpu=True),
        )
    )
    base = load_policy(ModelConfig(path=str(random_policy))).model
    merged = load_policy(ModelConfig(path=str(run_dir / "sft" / "final"))).model
    assert not is_quantized(merged)
    before, after = (dict(m.named_parameters())["model.layers.0.self_attn.q_proj.weight"] for m in (base, merged))
    assert before.dtype == after.dtype
    # The difference is the adapter's product, of rank 2: rounding to four bits would have left every rank.
    assert torch.linalg.matrix_rank((after - before).float(), rtol=1e-4) == 2
