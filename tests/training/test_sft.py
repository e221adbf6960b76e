from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rlvr.config import Config, HardwareConfig, ModelConfig, SFTStageConfig
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.policy.load import load_policy
from rlvr.training import sft
from rlvr.training.checks import RunRows
from rlvr.training.examples import check_rendering

if TYPE_CHECKING:
    from pathlib import Path

    from trl import SFTConfig

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


def args(folder: Path, **options: Any) -> SFTConfig:
    config = Config(sft=SFTStageConfig(args=options), hardware=HardwareConfig(use_cpu=True))
    return sft.arguments(config, folder)


def test_the_loss_is_on_the_completion_alone(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    for example in sft.dataset(policy, ROWS["five"][:5], args(tmp_path)):
        start = next(i for i, label in enumerate(example["labels"]) if label != sft.IGNORED_LABEL)
        assert policy.tokenizer.decode(example["input_ids"][:start]).endswith("<|im_start|>assistant\n")
        assert example["labels"][start:] == example["input_ids"][start:]
        assert example["input_ids"][-1] == policy.tokenizer.eos_token_id


class Counted(list[Any]):
    """Rows that know how many of them were looked at."""

    n_looked_at = 0

    def __getitem__(self, place: Any) -> Any:
        self.n_looked_at += 1
        return super().__getitem__(place)


def test_a_row_becomes_tokens_when_it_is_asked_for(random_policy: Path, tmp_path: Path) -> None:
    """The tokens of 100,000 rows take more memory than the rows, and few trainings see all of them."""
    policy = load_policy(ModelConfig(path=str(random_policy)))
    rows = Counted(ROWS["five"])
    on_demand = sft.dataset(policy, rows, args(tmp_path))
    assert (len(on_demand), rows.n_looked_at, on_demand.column_names) == (100, 0, ["input_ids", "labels"])
    examples = on_demand.__getitems__([3, 99])
    assert rows.n_looked_at == 2
    assert examples == [on_demand[3], on_demand[99]] == [list(on_demand)[3], list(on_demand)[99]]


@pytest.mark.parametrize("options", [{"max_length": 64, "truncation_mode": "keep_end"}, {"shuffle_dataset": True}])
def test_what_trl_cuts_or_shuffles_is_made_at_once(
    random_policy: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    config = Config(sft=SFTStageConfig(args=options), hardware=HardwareConfig(use_cpu=True))
    whole = sft.dataset(policy, ROWS["five"], args(tmp_path))
    prepared = sft.trainer(policy, {"five": ROWS["five"]}, config, tmp_path).train_dataset
    assert [*map(len, prepared["input_ids"])] != [len(example["input_ids"]) for example in whole]
    ends = sorted(example["input_ids"][-64:] for example in whole)
    assert sorted(tokens[-64:] for tokens in prepared["input_ids"]) == ends


def test_a_prompt_that_the_template_refuses_is_named_before_training(random_policy: Path) -> None:
    tokenizer = load_policy(ModelConfig(path=str(random_policy))).tokenizer
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}"
        "{{ m.content }}{% endfor %}"
    )
    row = ROWS["five"][0]
    with_result = replace(row, prompt=[*row.prompt, {"role": "tool", "content": "{}"}, row.prompt[-1]])
    check_rendering(RunRows({"a": ROWS["five"]}, {"b": [row]}), tokenizer)
    with pytest.raises(UserError, match=r"data\.evaluation\.b: row 2: the chat template refuses .*no tools"):
        check_rendering(RunRows({"a": ROWS["five"]}, {"b": [row, with_result]}), tokenizer)


@pytest.mark.parametrize("option", ["packing", "padding_free"])
def test_rows_are_laid_end_to_end_only_where_attention_keeps_them_apart(option: str, tmp_path: Path) -> None:
    laid_end_to_end = {option: True, "max_length": 512}
    config = Config(sft=SFTStageConfig(args=laid_end_to_end), hardware=HardwareConfig(use_cpu=True))
    with pytest.raises(UserError, match=f"sft.args.{option}: under .*sdpa a row would see those before it"):
        sft.arguments(config, tmp_path)
    flash = ModelConfig(attn_implementation="flash_attention_2")
    assert getattr(sft.arguments(replace(config, model=flash), tmp_path), option)
