from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rlvr.config import Config, HardwareConfig, ModelConfig, SFTStageConfig
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.policy.load import load_policy
from rlvr.training import sft

if TYPE_CHECKING:
    from pathlib import Path

ROWS = {"five": synthesize("five_tools", rows=100, seed=0), "other": synthesize("five_tools", rows=40, seed=1)}


def test_a_sample_keeps_the_shares_of_sources_and_behaviors() -> None:
    sample = sft.stratified_sample(ROWS, 28, seed=0)
    of_five = [row for row in sample if row in ROWS["five"]]
    # 28 of 140 rows is a fifth: 20 of the 100, 8 of the 40.
    assert (len(sample), len(of_five)) == (28, 20)
    everywhere = Counter(row.ground_truth.behavior for row in ROWS["five"])
    for behavior, n in Counter(row.ground_truth.behavior for row in of_five).items():
        assert n == pytest.approx(everywhere[behavior] / 5, abs=1)


def test_a_sample_is_the_seed_s() -> None:
    assert sft.stratified_sample(ROWS, 28, seed=3) == sft.stratified_sample(ROWS, 28, seed=3)
    assert sft.stratified_sample(ROWS, 28, seed=3) != sft.stratified_sample(ROWS, 28, seed=4)


@pytest.mark.parametrize("n", [None, 140, 1000])
def test_a_sample_of_all_is_all(n: int | None) -> None:
    assert len(sft.stratified_sample(ROWS, n, seed=0)) == 140


def test_the_loss_is_on_the_completion_alone(random_policy: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    for example in sft.dataset(policy, ROWS["five"][:5]):
        start = next(i for i, label in enumerate(example["labels"]) if label != sft.IGNORED_LABEL)
        assert policy.tokenizer.decode(example["input_ids"][:start]).endswith("<|im_start|>assistant\n")
        assert example["labels"][start:] == example["input_ids"][start:]
        assert example["input_ids"][-1] == policy.tokenizer.eos_token_id


@pytest.mark.parametrize("option", ["packing", "padding_free"])
def test_rows_are_laid_end_to_end_only_where_attention_keeps_them_apart(option: str, tmp_path: Path) -> None:
    args = {option: True, "max_length": 512}
    config = Config(sft=SFTStageConfig(args=args), hardware=HardwareConfig(use_cpu=True))
    with pytest.raises(UserError, match=f"sft.args.{option}: under .*sdpa a row would see those before it"):
        sft.arguments(config, tmp_path)
    flash = ModelConfig(attn_implementation="flash_attention_2")
    assert getattr(sft.arguments(replace(config, model=flash), tmp_path), option)
