"""A real pretrained model, SmolLM2-135M, through every stage. It is skipped where nobody has fetched the model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from rlvr.cli import main
from rlvr.config import ModelConfig, Source
from rlvr.data.source import load
from rlvr.policy.flat_row import runs_of_common_prefix
from rlvr.policy.load import Policy, load_policy
from rlvr.policy.packaged import is_fetched
from rlvr.sampler import Request, completions_of
from rlvr.sampling.hf import HfSampler
from rlvr.training.sft import TokenizedRows

MODEL = "smollm2-135m"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not is_fetched(MODEL), reason=f"needs the model: rlvr fetch {MODEL}"),
]


@pytest.fixture(scope="module", autouse=True)
def every_core() -> Iterator[None]:
    """The other tests' models are too small for more threads than one; their processes keep their cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))))
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ModelConfig(path=MODEL))


def test_doctor_finds_nothing_that_stops_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"model={MODEL}"]) == 0
    out = capsys.readouterr().out
    assert "hermes" in out
    assert "probes identical" in out


def test_the_unpacked_weights_answer(policy: Policy) -> None:
    assert sum(weight.numel() for weight in policy.model.parameters()) == 134_515_008
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    ((completion,),) = completions_of(HfSampler(policy), [Request(messages, max_tokens=12)])
    assert completion.text.strip() == "The capital of France is Paris."
    assert not completion.is_truncated


def test_rows_of_one_toolset_share_their_tools(policy: Policy) -> None:
    rows = load(Source(synth="procedural", rows=16, rows_per_toolset=8))
    prompts = [
        [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]
        for row in TokenizedRows(policy.tokenizer, rows)
    ]
    runs = runs_of_common_prefix(prompts)
    assert [len(members) for _, members in runs] == [8, 8]
    assert all(length > 0.6 * min(len(prompts[index]) for index in members) for length, members in runs)


def test_two_steps_of_each_stage_and_four_evaluated_rows(tmp_path: Path) -> None:
    run = tmp_path / "run"
    steps = [f"{stage}.args.max_steps=2" for stage in ("sft", "dpo", "training")]
    batches = [
        "sft.args.per_device_train_batch_size=2",
        "sft.args.gradient_accumulation_steps=1",
        "dpo.args.per_device_train_batch_size=1",
        "training.args.per_device_train_batch_size=8",
        "training.args.gradient_accumulation_steps=1",
        "training.args.max_completion_length=8",
    ]
    evaluation = ["data.evaluation.same_tools.rows=4", "~data.evaluation.unseen_tools", "evaluation.max_new_tokens=6"]
    rows = [f"data.train.{name}.rows=24" for name in ("five_tools", "procedural", "more_procedural")]
    rows += ["data.train.five_tools.stages=[sft,dpo]", "dpo.rows=16"]
    options = ["tracking=none", "gate=off", "pipeline=[sft,dpo,grpo]", f"run_dir={run}"]
    torch.manual_seed(0)
    assert main(["train", "experiment=smollm2", *options, *steps, *batches, *evaluation, *rows]) == 0

    summaries = json.loads((run / "evaluation.json").read_text())
    assert {stage: summary["reward"]["n"] for stage, summary in summaries["same_tools"].items()} == dict.fromkeys(
        ("base", "sft", "dpo", "grpo"), 4
    )
    losses = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {line["stage"] for line in losses if line.get("step") == 2} == {"sft", "dpo", "grpo"}
    weights = load_policy(ModelConfig(path=str(run))).model.state_dict()
    start = load_policy(ModelConfig(path=MODEL)).model.state_dict()
    assert any(not torch.equal(weights[name], start[name]) for name in start)
