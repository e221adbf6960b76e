"""DPO and KTO on real trainers and an untrained policy: what is trained on, and that the loss is what it should be."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from rlvr.chat import reasoning_block, training_tokens
from rlvr.config import (
    Config,
    DataConfig,
    DPOStageConfig,
    HardwareConfig,
    LoraConfig,
    ModelConfig,
    PolicyConfig,
    Source,
)
from rlvr.data.confusable import with_confusable_values
from rlvr.data.pairs import pairs
from rlvr.data.synth import synthesize
from rlvr.errors import RowError, UserError
from rlvr.policy.load import load_policy
from rlvr.records.preference import MarkedCompletion, Preference, read_preferences
from rlvr.training import dpo

if TYPE_CHECKING:
    from rlvr.policy.load import Policy

ROWS = synthesize("five_tools", rows=16, seed=0)
PAIRS = list(pairs(ROWS, 0))


@pytest.fixture
def policy(random_policy: Path) -> Policy:
    return load_policy(ModelConfig(path=str(random_policy)))


def config_of(method: str = "dpo", *, lora: bool = False, **data: Any) -> Config:
    args = {
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-3,
        "gradient_checkpointing": False,
        "logging_steps": 1,
    }
    return Config(
        data=DataConfig(**data),
        dpo=DPOStageConfig(method=method, args=args),
        policy=PolicyConfig(lora=LoraConfig(r=4) if lora else None),
        hardware=HardwareConfig(use_cpu=True),
    )


def written(path: Path, *records: dict[str, Any]) -> dict[str, Source]:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return {"mine": Source(path=str(path))}


def test_a_pair_s_better_completion_has_the_tokens_that_sft_trains_on(policy: Policy) -> None:
    rows = dpo.dataset(policy, PAIRS)
    by_truth = {json.dumps([row.prompt, row.ground_truth.to_json()]): row for row in ROWS}
    assert len(rows) == len(PAIRS)
    for tokens, pair in zip(rows, PAIRS, strict=True):
        row = by_truth[json.dumps([pair.prompt, pair.ground_truth.to_json()])]
        assert (tokens["prompt_ids"], tokens["chosen_ids"]) == training_tokens(policy.tokenizer, row)
        assert tokens["rejected_ids"][-1] == policy.tokenizer.convert_tokens_to_ids(policy.stop)
        reasoning = reasoning_block(pair.extra_info["rejected_reasoning"])
        assert policy.tokenizer.decode(tokens["rejected_ids"][:-1]) == reasoning + pair.rejected


@pytest.mark.parametrize(("method", "first_loss"), [("dpo", math.log(2)), ("kto", 0.5)])
@pytest.mark.slow
def test_a_policy_begins_at_its_reference_and_leaves_it_in_the_right_direction(
    policy: Policy, tmp_path: Path, method: str, first_loss: float
) -> None:
    """Before the first step both are the same: -log sigmoid(0) is log 2 for DPO, 1 - sigmoid(0) is 0.5 for KTO."""
    trainer = dpo.trainer(policy, {"five": ROWS}, config_of(method), tmp_path)
    trainer.train()
    logs = [log for log in trainer.state.log_history if "loss" in log]
    assert logs[0]["loss"] == pytest.approx(first_loss, abs=1e-4)
    assert logs[-1]["loss"] < logs[0]["loss"]
    assert logs[-1]["rewards/margins"] > 0


@pytest.mark.slow
def test_an_adapter_is_its_own_reference(policy: Policy, tmp_path: Path) -> None:
    trainer = dpo.trainer(policy, {"five": ROWS}, config_of(lora=True), tmp_path)
    assert trainer.ref_model is None
    trainer.train()
    assert trainer.state.log_history[0]["loss"] == pytest.approx(math.log(2), abs=1e-4)


def test_files_of_pairs_and_of_single_completions_are_read(policy: Policy, tmp_path: Path) -> None:
    row = ROWS[0].to_json()
    source = written(
        tmp_path / "mine.jsonl",
        {**row, "chosen": "Which city?", "rejected": "No."},
        {**row, "completion": "Which city?", "label": True},
        {
            **row,
            "prompt": "<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n",
            "completion": "No.",
            "label": False,
        },
    )
    pair, good, bad = read_preferences(str(source["mine"].path))
    assert isinstance(pair, Preference)
    assert isinstance(good, MarkedCompletion)
    assert isinstance(bad, MarkedCompletion)
    assert (good.is_good, bad.is_good) == (True, False)
    tokens = dpo.unpaired_dataset(policy, [good, bad], batch_size=2)
    assert tokens["label"] == [True, False]
    assert tokens["KL_completion_ids"] == [tokens["completion_ids"][1], tokens["completion_ids"][0]]
    assert policy.tokenizer.decode(tokens["prompt_ids"][1]) == bad.prompt
    with pytest.raises(UserError, match="single completions cannot train DPO"):
        dpo.preferences(config_of(pairs=source), {})
    assert len(dpo.preferences(config_of("kto", pairs=source), {})) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"chosen": "a"}, "rejected: must be a text"),
        ({"chosen": "a", "rejected": "a"}, "rejected: is the same as chosen"),
        ({"completion": "a"}, "label: must be true or false; or give chosen and rejected"),
        ({"completion": 3, "label": True}, "completion: must be a text"),
    ],
)
def test_a_line_that_is_no_preference_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    written(tmp_path / "mine.jsonl", {**ROWS[0].to_json(), **wrong})
    with pytest.raises(RowError, match=f"mine.jsonl:1: {said}"):
        read_preferences(tmp_path / "mine.jsonl")


def test_no_pair_at_all_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UserError, match=r"no pair can be made .* data\.pairs\.NAME\.path="):
        dpo.preferences(config_of(), {})
    with pytest.raises(UserError, match="kind of mistake 'spelling' not found"):
        dpo.preferences(replace(config_of(), dpo=DPOStageConfig(weights={"spelling": 1.0})), {"five": ROWS})


@pytest.mark.parametrize(("n", "share", "changed"), [(40, 0.5, 20), (40, 0.0, 0), (None, 1.0, "all that can")])
def test_confusable_rows_are_drawn_from_those_that_can_have_such_values(
    n: int | None, share: float, changed: int | str
) -> None:
    rows = synthesize("procedural", rows=200, seed=0)
    prompts = {json.dumps(row.prompt) for row in rows}
    config = replace(config_of(), dpo=DPOStageConfig(rows=n, confusable=share))
    found = dpo.preferences(config, {"made up": rows})
    assert len(found) == (n or len(rows))
    new = [pair for pair in found if json.dumps(pair.prompt) not in prompts]
    can = sum(with_confusable_values(row, Random(0)) is not None for row in rows)
    assert len(new) == (can if changed == "all that can" else changed)
    assert dpo.preferences(config, {"made up": rows}) == found
