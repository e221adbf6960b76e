"""Each saving of the trainer against stock TRL: the same weights after the same steps."""

from __future__ import annotations

import inspect
import logging
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
import torch
import trl
from datasets import Dataset
from few_steps import CANDIDATES, PROMPTS, half_of_the_groups_teach, trained, weights
from model_families import tiny
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig
from trl.trainer import grpo_trainer as trl_grpo

from rlvr.policy import attention
from rlvr.training import grpo_trainer
from rlvr.training.grpo_trainer import GRPOTrainer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def random_policy(two_layers: Path) -> Path:
    return two_layers


@pytest.fixture
def same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither trainer shuffles, so that both put the same rows into each microbatch; both generate as TRL does."""
    monkeypatch.setattr(GRPOTrainer, "_can_decode_groups", lambda self: False)
    monkeypatch.setattr(trl_grpo, "shuffle_sequence_dict", lambda batch: batch)
    monkeypatch.setattr(grpo_trainer, "_whole_groups_shuffled", lambda size: nullcontext())


VARIANTS = {
    "dapo": {},
    "grpo": {"loss_type": "grpo"},
    "dr_grpo": {"loss_type": "dr_grpo", "scale_rewards": "none"},
    "cispo": {"loss_type": "cispo", "epsilon_high": 5.0, "num_iterations": 2},
    "bnpo": {"loss_type": "bnpo"},
    "grpo-with-kl": {"loss_type": "grpo", "beta": 0.05},
    "two-iterations": {"num_iterations": 2},
    "gspo": {"importance_sampling_level": "sequence", "num_iterations": 2, "steps_per_generation": 4},
    "microbatches-of-half-a-group": {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 8},
}


@pytest.mark.usefixtures("same_rows")
@pytest.mark.parametrize("variant", VARIANTS)
def test_steps_end_at_the_weights_of_the_stock_trainer(variant: str, random_policy: Path, tmp_path: Path) -> None:
    start = torch.cat([p.flatten() for p in AutoModelForCausalLM.from_pretrained(random_policy).float().parameters()])
    stock = weights(trained(trl.GRPOTrainer, random_policy, tmp_path / "stock", VARIANTS[variant]))
    own = trained(GRPOTrainer, random_policy, tmp_path / "own", VARIANTS[variant])
    assert own.shares_prefix
    moved = (stock - start).norm()
    assert moved > 1e-4
    assert (weights(own) - stock).norm() < 1e-4 * moved


@pytest.mark.parametrize(
    ("variant", "skips"), [("dapo", True), ("grpo", True), ("grpo-with-kl", False), ("bnpo", False)]
)
def test_zero_advantages_are_skipped_only_where_that_is_exact(
    variant: str, skips: bool, random_policy: Path, tmp_path: Path
) -> None:
    trainer = trained(GRPOTrainer, random_policy, tmp_path, {**VARIANTS[variant], "max_steps": 1})
    assert trainer.skips_zero_advantages is skips


@pytest.mark.usefixtures("same_rows")
def test_training_on_all_candidates_is_training_on_those_of_largest_spread(random_policy: Path, tmp_path: Path) -> None:
    plain = trained(GRPOTrainer, random_policy, tmp_path / "plain", VARIANTS["dr_grpo"])
    every = trained(GRPOTrainer, random_policy, tmp_path / "all", VARIANTS["dr_grpo"], trained_candidates=CANDIDATES)
    torch.testing.assert_close(weights(every), weights(plain), rtol=1e-5, atol=1e-6)


def test_an_update_takes_no_more_than_the_trained_candidates(
    random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []

    def recorded(self: GRPOTrainer, teaches: torch.Tensor) -> torch.Tensor:
        kept.append(int(teaches.sum()))
        return teaches

    monkeypatch.setattr(GRPOTrainer, "_kept_rows", recorded)
    one_batch = {"max_steps": 1, "gradient_accumulation_steps": 1, "per_device_train_batch_size": 2 * CANDIDATES}
    trained(GRPOTrainer, random_policy, tmp_path / "all", one_batch)
    trained(GRPOTrainer, random_policy, tmp_path / "two", one_batch, trained_candidates=2)
    n_all, n_two = kept
    n_teaching_groups = n_all // CANDIDATES
    assert n_teaching_groups >= 1
    assert n_two == 2 * n_teaching_groups


@pytest.mark.parametrize("n_trained", [1, CANDIDATES + 1])
def test_an_impossible_number_of_trained_candidates_is_refused(
    n_trained: int, random_policy: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"trained_candidates: {n_trained}; take from 2"):
        trained(GRPOTrainer, random_policy, tmp_path, {"max_steps": 1}, trained_candidates=n_trained)


def test_both_savings_can_be_turned_off(random_policy: Path, tmp_path: Path) -> None:
    trainer = trained(
        GRPOTrainer, random_policy, tmp_path, {"max_steps": 1}, shared_prefix=False, skip_zero_advantages=False
    )
    assert not trainer.shares_prefix
    assert not trainer.skips_zero_advantages
    assert trainer.model.config._attn_implementation == "sdpa"


def test_what_cannot_share_a_prefix_says_why_once(
    random_policy: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = {"max_steps": 1, "model_init_kwargs": {"attn_implementation": "eager"}}
    with caplog.at_level(logging.WARNING, logger=grpo_trainer.__name__):
        torch.manual_seed(0)
        trainer = _with_model_name(random_policy, tmp_path, config)
    assert not trainer.shares_prefix
    assert [record.message for record in caplog.records if record.name == grpo_trainer.__name__] == [
        "prompts are computed once per candidate: its attention is eager; a shared prefix works on sdpa"
    ]


UNCOMPARED = "prompts are computed once per candidate: with nemotron, log-probabilities are"


@pytest.mark.parametrize(("model_type", "is_right"), [("llama", True), ("nemotron", False)])
def test_a_model_that_no_test_compares_is_compared_at_the_start(
    model_type: str,
    is_right: bool,
    random_policy: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention, "COMPARED", frozenset())
    policy, tokenizer = tmp_path / "policy", AutoTokenizer.from_pretrained(random_policy)
    tiny(model_type, vocabulary=len(tokenizer), num_key_value_heads=2).save_pretrained(policy)
    tokenizer.save_pretrained(policy)
    with caplog.at_level(logging.WARNING, logger=grpo_trainer.__name__):
        own = trained(GRPOTrainer, policy, tmp_path / "own", {})
    assert not own.decodes_groups
    assert own.shares_prefix is is_right
    said = [record.message for record in caplog.records if record.name == grpo_trainer.__name__]
    assert len(said) == (not is_right)
    assert all(message.startswith(UNCOMPARED) for message in said)


def _with_model_name(policy: Path, out: Path, config: dict[str, Any]) -> GRPOTrainer:
    arguments = {"num_generations": 2, "per_device_train_batch_size": 2, "use_cpu": True, "bf16": False}
    return GRPOTrainer(
        model=str(policy),
        reward_funcs=half_of_the_groups_teach,
        args=GRPOConfig(output_dir=str(out), report_to="none", **arguments, **config),
        train_dataset=Dataset.from_dict({"prompt": PROMPTS, "teaches": [True] * len(PROMPTS)}),
        processing_class=AutoTokenizer.from_pretrained(policy),
    )


def test_candidates_are_decoded_from_one_prompt_only_where_trl_would_generate(
    random_policy: Path, tmp_path: Path
) -> None:
    own = trained(GRPOTrainer, random_policy, tmp_path / "own", {"max_steps": 1})
    assert own.decodes_groups
    penalized = trained(GRPOTrainer, random_policy, tmp_path / "other", {"max_steps": 1, "repetition_penalty": 1.1})
    assert not penalized.decodes_groups


def test_decoded_candidates_are_one_list_for_each_row(random_policy: Path, tmp_path: Path) -> None:
    trainer = trained(GRPOTrainer, random_policy, tmp_path, {"max_steps": 1})
    whole = [[5, 6, 7]] * CANDIDATES + [[8, 9]] * CANDIDATES
    torn = [[5, 6, 7]] * CANDIDATES + [[8, 9]]
    for prompts in (whole, torn):
        candidates, logprobs = trainer._generate_single_turn(prompts, None, {}, CANDIDATES)
        assert [1 <= len(candidate) <= 8 for candidate in candidates] == [True] * len(prompts)
        assert logprobs is None
    assert trainer.model.training


def test_groups_stay_together_when_a_batch_is_shuffled() -> None:
    batch = {"ids": torch.arange(24)[:, None], "names": [str(i) for i in range(24)], "n": torch.tensor(3), "none": None}
    with grpo_trainer._whole_groups_shuffled(CANDIDATES):
        shuffled = trl_grpo.shuffle_sequence_dict(batch)
    ids = shuffled["ids"].flatten()
    assert sorted(ids.tolist()) == list(range(24))
    assert all((group == group[0] + torch.arange(CANDIDATES)).all() for group in ids.view(-1, CANDIDATES))
    assert shuffled["names"] == [str(i) for i in ids.tolist()]
    assert (shuffled["n"], shuffled["none"]) == (torch.tensor(3), None)
    assert trl_grpo.shuffle_sequence_dict(batch)["ids"].shape == (24, 1)


def test_chunks_keep_groups_whole_where_they_fit() -> None:
    prompts = [[prompt] for prompt, n in ((1, 3), (2, 3), (3, 5), (4, 1)) for _ in range(n)]
    assert list(grpo_trainer._chunks(prompts, 6)) == [(0, 6), (6, 12)]
    assert list(grpo_trainer._chunks(prompts, 4)) == [(0, 3), (3, 6), (6, 10), (10, 12)]


def only_marked_prompts_teach(completions: list[str], teaches: list[bool], **columns: Any) -> list[float]:
    columns["log_extra"]("teaches", teaches)
    return [i % CANDIDATES / CANDIDATES if taught else 0.5 for i, taught in enumerate(teaches)]


def logged(trainer: Any, name: str) -> list[float]:
    return [record[name] for record in trainer.state.log_history if name in record]


def test_groups_without_a_difference_are_refilled_from_further_prompts(random_policy: Path, tmp_path: Path) -> None:
    reward = {"reward": only_marked_prompts_teach}
    stock = trained(GRPOTrainer, random_policy, tmp_path / "stock", {}, **reward)
    own = trained(GRPOTrainer, random_policy, tmp_path / "own", {}, dynamic_sampling_rounds=8, **reward)
    # Batches of 4 prompts from 8, half of which teach: with enough rounds all 4 of them are found.
    silent = logged(stock, "frac_reward_zero_std")
    assert sum(silent) > 0
    assert logged(own, "frac_reward_zero_std") == [0.0, 0.0]
    assert logged(own, "dynamic_sampling/groups_all_alike") == [0.0, 0.0]
    further, rounds = logged(own, "dynamic_sampling/further_prompts"), logged(own, "dynamic_sampling/rounds")
    for share, n, n_rounds in zip(silent, further, rounds, strict=True):
        assert 4 * share <= n <= 4
        assert (n_rounds >= 1) is (share > 0)
    assert list(own._logs["extra"]["teaches"])[-16:] == [True] * 16
    assert len(own._logs["completion"]) == len(stock._logs["completion"])


def test_where_all_groups_teach_refilling_changes_nothing(random_policy: Path, tmp_path: Path) -> None:
    def all_teach(completions: list[str], **_: Any) -> list[float]:
        return [i % CANDIDATES / CANDIDATES for i in range(len(completions))]

    plain = trained(GRPOTrainer, random_policy, tmp_path / "plain", {}, reward=all_teach)
    own = trained(GRPOTrainer, random_policy, tmp_path / "own", {}, reward=all_teach, dynamic_sampling_rounds=3)
    assert torch.equal(weights(own), weights(plain))
    assert logged(own, "dynamic_sampling/further_prompts") == [0.0, 0.0]
    assert logged(plain, "dynamic_sampling/further_prompts") == []


def test_dynamic_sampling_says_what_it_cannot_do(random_policy: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dynamic_sampling_rounds: rows with images are not drawn a second time"):
        trained(GRPOTrainer, random_policy, tmp_path, {}, columns={"image": [None] * 8}, dynamic_sampling_rounds=1)


def test_trl_still_has_what_the_trainer_overrides() -> None:
    """A TRL release that changes one of these must be read before its version is allowed."""
    expected = {
        "_prepare_inputs": ["self", "generation_batch"],
        "_compute_loss": ["self", "model", "inputs"],
        "_generate_and_score_completions": ["self", "inputs"],
        "_generate": ["self", "prompts"],
        "_calculate_rewards": ["self", "inputs", "prompts", "completions", "completion_ids_list"],
        "_generate_single_turn": [
            "self", "prompt_ids", "images", "multimodal_fields", "num_generations", "has_tool_images",
        ],
        "_get_per_token_logps_and_entropies": [
            "self", "model", "input_ids", "attention_mask", "logits_to_keep", "batch_size", "compute_entropy",
            "compute_aux_loss", "pixel_values", "image_grid_thw", "num_images", "pixel_attention_mask",
            "spatial_shapes", "num_tiles", "image_sizes", "token_type_ids", "mm_token_type_ids", "image_position_ids",
        ],
    }  # fmt: skip
    for name, parameters in expected.items():
        method = inspect.unwrap(getattr(trl.GRPOTrainer, name))
        assert list(inspect.signature(method).parameters) == parameters, name
    assert list(inspect.signature(trl_grpo.shuffle_sequence_dict).parameters) == ["seq_dict"]


def test_a_training_draws_no_candidates_for_prompts_that_taught_nothing(random_policy: Path, tmp_path: Path) -> None:
    """Prompts of odd places earn the same whatever they do: half of the first epoch, and none of the second."""
    drawn: list[int] = []

    def reward(completions: list[str], row: list[int], **_: object) -> list[float]:
        drawn.extend(row[::CANDIDATES])
        return [0.5 if place % 2 else n / CANDIDATES for n, place in enumerate(row)]

    config = {"max_steps": 4, "gradient_accumulation_steps": 1, "per_device_train_batch_size": 4 * CANDIDATES}
    columns = {"row": list(range(len(PROMPTS)))}
    made = trained(GRPOTrainer, random_policy, tmp_path, config, reward=reward, columns=columns, rest_epochs=1)
    first, second = drawn[: len(PROMPTS)], drawn[len(PROMPTS) :]
    assert sorted(first) == list(range(8))
    assert sorted(second) == [0, 0, 2, 2, 4, 4, 6, 6]
    logged = [record["passed_over/prompts"] for record in made.state.log_history if "passed_over/prompts" in record]
    assert logged == [0, 4]


def test_rows_without_a_place_are_refused(random_policy: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rest_epochs: the data set has no column `row`"):
        trained(GRPOTrainer, random_policy, tmp_path, {}, rest_epochs=1)
