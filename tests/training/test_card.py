"""A stage's model card says what it is."""

from __future__ import annotations

import pytest
import yaml

from rlvr.config import Config, DataConfig, LoraConfig, ModelConfig, PolicyConfig, Source
from rlvr.training import card

DATA = DataConfig(train={"mine": Source(path="rows.jsonl")})


@pytest.mark.parametrize(
    ("stage", "path", "base", "said"),
    [
        ("sft", "tiny", None, "The embedded policy of rlvr, trained to call tools"),
        ("grpo", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", "base → SFT → GRPO"),
        ("grpo", "./models/mine", None, "`./models/mine`, trained to call tools"),
    ],
)
def test_a_card_names_what_was_trained_from_what(stage: str, path: str, base: str | None, said: str) -> None:
    config = Config(name="clinic", model=ModelConfig(path=path), data=DATA, policy=PolicyConfig(LoraConfig()))
    written = card.text(config, stage)
    _, header, body = written.split("---\n", 2)
    assert yaml.safe_load(header).get("base_model") == base
    assert said in body
    assert "training sets: mine; seed 0" in body
    assert "a LoRA adapter, merged" in body
    assert "None" not in written
