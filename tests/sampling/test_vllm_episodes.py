"""Conversations with vLLM as the sampler: trained on as vLLM sampled them. Needs vLLM: `make test-vllm`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from rlvr.cli import main
from rlvr.config import compose
from rlvr.environments.worlds.generate import Recipe, generate
from rlvr.files import read_log
from rlvr.policy.load import load_policy
from rlvr.training import GRPOTrainer, grpo
from rlvr.training.vllm_trainer import GAP, loss_mask

pytest.importorskip("vllm", reason="vLLM is not installed")

TOOLS = [
    {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
OPTIONS = [
    "data=none",
    "pipeline=[grpo]",
    "rollout=vllm",
    "hardware=cpu",
    "training.args.max_completion_length=48",
    "training.args.per_device_train_batch_size=8",
    "training.args.gradient_accumulation_steps=1",
    "training.args.learning_rate=1e-3",
    "training.args.max_steps=2",
    "training.most_episode_tokens=200",
]
# The order of their sums apart, vLLM and the trainer agree in float32.
ROUNDING = 2e-5


@pytest.fixture(scope="module")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("worlds") / "episodes.jsonl"
    path.write_text("".join(json.dumps(each.to_json()) + "\n" for each in generate(Recipe(TOOLS, rows=4))))
    return path


def test_each_token_of_an_episode_has_the_log_probability_that_it_was_sampled_with(
    episodes: Path, tmp_path: Path
) -> None:
    config = compose(OPTIONS)
    rows = [each.row for each in generate(Recipe(TOOLS, rows=4))]
    made = grpo.trainer(load_policy(config.model), {"worlds": rows}, config, tmp_path / "grpo", tmp_path / "r.jsonl")
    contexts: list[list[int]] = []
    single_turn = made._generate_single_turn

    def watched(prompts: list[list[int]], *rest: Any) -> Any:
        ids, logprobs = single_turn(prompts, *rest)
        contexts.extend(prompt + list(completion) for prompt, completion in zip(prompts, ids, strict=True))
        return ids, logprobs

    made._generate_single_turn = watched
    made.vllm_generation.sync_weights()
    made.model.train()
    batch = made._generate_and_score_completions([made.train_dataset[i // 8] for i in range(16)])
    assert batch["tool_mask"].min() == 0, "no conversation went on after its first turn"
    assert_trained_as_sampled(batch, contexts)
    gap = (logprobs_of(made, batch) - batch["sampling_per_token_logps"]).abs()[loss_mask(batch).bool()]
    assert gap.max() < ROUNDING
    made.vllm_generation.llm.llm_engine.engine_core.shutdown()


def assert_trained_as_sampled(batch: dict[str, Any], contexts: list[list[int]]) -> None:
    """What vLLM was asked to go on with, and what it wrote, is where each sequence of the batch begins."""
    whole = [
        [*prompt[attended.bool()].tolist(), *rest[there.bool()].tolist()]
        for prompt, attended, rest, there in zip(
            *(batch[name] for name in ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask")), strict=True
        )
    ]
    assert all(any(ids[: len(context)] == context for ids in whole) for context in contexts)


def logprobs_of(made: GRPOTrainer, batch: dict[str, Any]) -> torch.Tensor:
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    with torch.no_grad():
        logprobs, *_ = made._get_per_token_logps_and_entropies(made.model, ids, mask, batch["completion_ids"].shape[1])
    return logprobs


def test_a_run_on_conversations_trains_and_evaluates_with_vllm(episodes: Path, tmp_path: Path) -> None:
    data = [f"+data.{part}.worlds.path={episodes}" for part in ("train", "evaluation")]
    assert main(["train", *OPTIONS, *data, f"run_dir={tmp_path}/run", "tracking=none", "gate=off"]) == 0
    metrics = read_log(tmp_path / "run" / "metrics.jsonl")
    gaps = [record[f"{GAP}/max"] for record in metrics if f"{GAP}/max" in record]
    assert gaps
    assert max(gaps) < ROUNDING
    held = ["evaluate", f"model.path={tmp_path}/run/grpo/final", "rollout=vllm", "hardware=cpu", "data=none"]
    assert main([*held, data[1], "evaluation.max_new_tokens=24", f"run_dir={tmp_path}/held"]) == 0
    lines = (tmp_path / "held" / "worlds.jsonl").read_text().splitlines()
    assert [json.loads(line)["episode"]["turns"] >= 1 for line in lines] == [True] * 4
