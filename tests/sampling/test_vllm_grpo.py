"""GRPO with vLLM's paged attention on a CPU: what generates is what is trained. Needs vLLM: `make test-vllm`."""

from __future__ import annotations

import gc
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
import torch
import trl
from datasets import Dataset
from few_steps import ON_CPU, share_of_e
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig

from rlvr.config import RolloutConfig, compose
from rlvr.files import read_log
from rlvr.sampling import adapter
from rlvr.training import GRPOTrainer, pipeline
from rlvr.training.vllm_trainer import GAP, RATIO

if TYPE_CHECKING:
    from pathlib import Path

    Generated = tuple[GRPOTrainer, list[dict[str, Any]]]

pytest.importorskip("vllm", reason="vLLM is not installed")

SYNCS = 21
# In float32 the two differ by the order of their sums: some 1e-6 of log-probability. A head that was not synced, or
# weights rounded to bfloat16, give a thousand times that.
ROUNDING = 2e-5
# What the mean over a step's tokens may be in any step, whichever tokens were drawn.
ROUNDING_OF_A_MEAN = 2e-6


def gaps(metrics: list[dict[str, Any]]) -> list[float]:
    return [record[f"{GAP}/mean"] for record in metrics if f"{GAP}/mean" in record]


def checksum(weights: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(weights[name].view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def trainer(policy: Path, out: Path, dtype: torch.dtype = torch.float32, **options: Any) -> GRPOTrainer:
    args: dict[str, Any] = {
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 8,
        "max_steps": 4,
        "learning_rate": 1e-2,
        "lr_scheduler_type": "constant",
        "use_vllm": True,
        **ON_CPU,
        **options.pop("args", {}),
    }
    return GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(policy, dtype=dtype),
        reward_funcs=share_of_e,
        args=GRPOConfig(str(out), **args),
        train_dataset=Dataset.from_dict({"prompt": [f"get the weather in Oslo on Monday {i}" for i in range(8)]}),
        processing_class=AutoTokenizer.from_pretrained(policy),
        **options,
    )


def test_a_run_of_the_embedded_policy_keeps_its_first_gap(tmp_path: Path) -> None:
    run = pipeline.run(
        compose(
            [
                "rollout=vllm",
                "hardware=cpu",
                "pipeline=[grpo]",
                "data=none",
                "+data.train.five_tools={synth: five_tools, rows: 32}",
                f"run_dir={tmp_path / 'run'}",
                "reward._target_=small_run.LetterE",
                f"training.args.max_steps={SYNCS}",
                "training.args.per_device_train_batch_size=8",
                "training.args.max_completion_length=16",
                "training.args.learning_rate=1e-4",
            ]
        )
    )
    metrics = read_log(run / "metrics.jsonl")
    found = gaps(metrics)
    assert len(found) == SYNCS
    assert found[-1] <= max(2 * found[0], ROUNDING_OF_A_MEAN)
    assert sum(record.get("grad_norm", 0) > 0 for record in metrics) > SYNCS // 2, "the weights hardly moved"


@pytest.fixture(scope="module")
def generated(random_policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A trainer whose weights are far from those that vLLM last had, so that a stale one would show."""
    made = trainer(random_policy, tmp_path_factory.mktemp("generated"))
    made.vllm_generation.sync_weights()
    with torch.no_grad():
        for parameter in made.model.parameters():
            parameter.mul_(1 + 0.2 * torch.randn_like(parameter))
    made.model.train()
    return made, [made.train_dataset[i // 4] for i in range(8)]


def stock_batch(made: GRPOTrainer, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What TRL makes of freshly generated candidates, its recomputed log-probabilities among it."""
    made._last_loaded_step = made.state.global_step  # no sync: vLLM keeps what it has
    return trl.GRPOTrainer._generate_and_score_completions(made, rows)


@pytest.mark.parametrize("mode", ["token_truncate", "token_mask", "sequence_truncate", "sequence_mask"])
@pytest.mark.parametrize("loss_type", ["dapo", "grpo", "cispo"])
def test_old_logprobs_from_the_loss_give_the_loss_and_gradients_of_stock_trl(
    generated: Generated, mode: str, loss_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, rows = generated
    monkeypatch.setattr(made, "vllm_importance_sampling_mode", mode)
    monkeypatch.setattr(made, "loss_type", loss_type)
    monkeypatch.setattr(made, "current_gradient_accumulation_steps", 1, raising=False)
    assert made.takes_old_logps_from_loss
    batch = stock_batch(made, rows)
    ratio = batch["importance_sampling_ratio"]
    assert (ratio - 1).abs().max() > 0.1, "vLLM agrees with the trainer, so that no ratio is tried"

    def loss_and_gradients(compute: Any, inputs: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        made.model.zero_grad()
        loss = compute(inputs)
        loss.backward()
        return loss.detach(), torch.cat([p.grad.flatten() for p in made.model.parameters()])

    stock = loss_and_gradients(lambda inputs: trl.GRPOTrainer._compute_loss(made, made.model, inputs), batch)
    without = {k: v for k, v in batch.items() if k not in ("old_per_token_logps", "importance_sampling_ratio")}
    own = loss_and_gradients(lambda inputs: made._compute_loss(made.model, inputs), without)
    torch.testing.assert_close(own[0], stock[0], rtol=1e-5, atol=1e-7)
    assert (own[1] - stock[1]).norm() <= 1e-5 * stock[1].norm()
    assert made._metrics["train"][f"{RATIO}/max"][-1] == pytest.approx(ratio.max().item(), rel=1e-3)


def test_a_sync_leaves_nothing_stale(generated: Generated) -> None:
    made, rows = generated
    stale = stock_batch(made, rows)
    made.vllm_generation.sync_weights()
    synced = stock_batch(made, rows)

    def gap(batch: dict[str, Any]) -> torch.Tensor:
        difference = batch["old_per_token_logps"] - batch["sampling_per_token_logps"]
        return difference[batch["completion_mask"].bool()].abs().max()

    assert gap(stale) > 0.1
    assert gap(synced) < ROUNDING


def test_no_candidate_is_computed_before_its_loss(generated: Generated, monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows = generated
    made._last_loaded_step = made.state.global_step
    monkeypatch.setattr(made, "_get_per_token_logps_and_entropies", lambda *_, **__: pytest.fail("a forward pass"))
    batch = made._generate_and_score_completions(rows)
    assert "sampling_per_token_logps" in batch
    assert "old_per_token_logps" not in batch
    assert made.vllm_importance_sampling_correction


def test_samples_of_an_older_policy_are_corrected_by_trl(generated: Generated, monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows = generated
    monkeypatch.setattr(made, "num_iterations", 2)
    made._last_loaded_step = made.state.global_step
    batch = made._generate_and_score_completions(rows)
    assert {"old_per_token_logps", "importance_sampling_ratio"} <= batch.keys()


@pytest.mark.parametrize("merge_adapter", [False, True], ids=["adapter", "merged copies"])
def test_training_a_lora_adapter_moves_no_weight_below_it(
    random_policy: Path, tmp_path: Path, merge_adapter: bool
) -> None:
    made = trainer(
        random_policy,
        tmp_path,
        peft_config=LoraConfig(r=4, lora_alpha=16, target_modules="all-linear"),
        rollout=RolloutConfig(merge_adapter=merge_adapter),
    )
    assert made.vllm_generation.syncs_adapter is not merge_adapter
    before = checksum(dict(adapter.base_parameters(made.model)))
    made.train()
    assert checksum(dict(adapter.base_parameters(made.model))) == before
    assert any("lora_B" in name and p.abs().max() > 0 for name, p in made.model.named_parameters())
    found = gaps(made.state.log_history)
    assert len(found) == 4
    assert max(found) < ROUNDING
    del made
    gc.collect()  # so that the next trainer of this process outlives the engine of this one


def test_the_gap_is_logged_where_nothing_is_learned_and_nothing_corrected(random_policy: Path, tmp_path: Path) -> None:
    made = trainer(random_policy, tmp_path, args={"max_steps": 2, "vllm_importance_sampling_correction": False})
    made.reward_funcs = [lambda completions, **_: [0.5] * len(completions)]
    made.train()
    assert len(gaps(made.state.log_history)) == 2
