"""GRPO whose candidates a real vLLM server draws on a CPU: it has each step's weights, or those of the step before.

The trainer needs no vLLM: the server may come from the environment that RLVR_VLLM_VENV names.
"""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import small_run
import torch
from datasets import Dataset
from few_steps import ON_CPU, share_of_e
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig

from rlvr.cli import main
from rlvr.config import RolloutConfig
from rlvr.files import read_log
from rlvr.sampling.vllm_server import ServerGeneration
from rlvr.serving.manifest import HOST, VLLM_MODULE
from rlvr.serving.server import VENV_VARIABLE, Server, free_port, installation, running
from rlvr.training import GRPOTrainer
from rlvr.training.vllm_trainer import GAP

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None and VENV_VARIABLE not in os.environ,
        reason=f"vLLM is not installed, and {VENV_VARIABLE} names no environment with it",
    ),
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]
STEPS = 4
REWARD = "reward._target_=small_run.LetterE"
# In float32 the two differ by the order of their sums.
ROUNDING = 2e-5
# What an update of these runs moves the log-probabilities by, at the least.
MOVED = 1e-3
LORA = LoraConfig(r=4, lora_alpha=16, target_modules="all-linear")
TAKES_ADAPTERS = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"}
TAKES_WEIGHTS = {**TAKES_ADAPTERS, "VLLM_SERVER_DEV_MODE": "1"}


def serving(policy: Path, port: int, takes: dict[str, str]) -> AbstractContextManager[Server]:
    vllm = installation()
    command = [vllm.python, "-m", VLLM_MODULE, "--model", str(policy), "--host", HOST, "--port", str(port)]
    command += ["--dtype", "float32", "--logprobs-mode", "processed_logprobs", "--enable-lora", "--max-lora-rank", "8"]
    command += ["--enforce-eager", "--no-enable-chunked-prefill", "--kv-cache-memory-bytes", str(2**28)]
    return running(command, vllm.environment | takes, HOST, port, timeout_s=900)


@pytest.fixture(scope="module")
def server(random_policy: Path) -> Iterator[Server]:
    with serving(random_policy, free_port(), TAKES_WEIGHTS) as started:
        yield started


@pytest.fixture(scope="module")
def adapter_server(random_policy: Path) -> Iterator[Server]:
    """A server that takes adapters alone, which the last test of this file kills."""
    with serving(random_policy, free_port(), TAKES_ADAPTERS) as started:
        yield started


def train_options(policy: Path, run: Path, url: str, *further: str) -> list[str]:
    return [
        *("train", "rollout=server", "pipeline=[grpo]", "hardware=cpu", f"model.path={policy}", f"run_dir={run}"),
        *("data=none", "+data.train.five_tools={synth: five_tools, rows: 32}", REWARD, f"rollout.endpoint={url}"),
        *("training.args.max_steps=5", "training.args.per_device_train_batch_size=8"),
        *("training.args.num_generations=4", "training.args.max_completion_length=8"),
        *("training.args.learning_rate=1e-3", *further),
    ]


class Drawn:
    """A reward, the share of e, that keeps what it is given: the completions of each step."""

    __name__ = "share_of_e"

    def __init__(self) -> None:
        self.completions: list[list[str]] = []

    def __call__(self, completions: list[str], **_: Any) -> list[float]:
        self.completions.append(completions)
        return share_of_e(completions)


def trainer(policy: Path, out: Path, url: str, rollout: dict[str, Any] | None = None, **options: Any) -> GRPOTrainer:
    args: dict[str, Any] = {
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 8,
        "max_steps": STEPS,
        "learning_rate": 1e-2,
        "lr_scheduler_type": "constant",
        "use_vllm": True,
        **ON_CPU,
        **options.pop("args", {}),
    }
    return GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32),
        reward_funcs=options.pop("reward", Drawn()),
        args=GRPOConfig(str(out), **args),
        train_dataset=Dataset.from_dict({"prompt": [f"get the weather in Oslo on Monday {i}" for i in range(16)]}),
        processing_class=AutoTokenizer.from_pretrained(policy),
        rollout=RolloutConfig(backend="server", endpoint=url, **(rollout or {})),
        **options,
    )


def gaps(trained: GRPOTrainer) -> list[float]:
    return [record[f"{GAP}/mean"] for record in trained.state.log_history if f"{GAP}/mean" in record]


@pytest.mark.parametrize(
    ("lora", "merge_adapter"), [(None, False), (LORA, False), (LORA, True)], ids=["whole", "adapter", "merged"]
)
def test_the_server_has_the_weights_of_each_step(
    server: Server, random_policy: Path, tmp_path: Path, lora: LoraConfig | None, merge_adapter: bool
) -> None:
    made = trainer(random_policy, tmp_path, server.url, {"merge_adapter": merge_adapter}, peft_config=lora)
    made.train()
    assert len(gaps(made)) == STEPS
    assert max(gaps(made)) < ROUNDING
    assert [path.name for path in tmp_path.glob("rollout-*/*")] == [made.vllm_generation.version]


@pytest.mark.parametrize("lora", [None, LORA], ids=["whole", "adapter"])
def test_a_sync_that_is_left_out_shows(
    server: Server, random_policy: Path, tmp_path: Path, lora: LoraConfig | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = trainer(random_policy, tmp_path, server.url, peft_config=lora)
    made.vllm_generation.sync_weights()
    monkeypatch.setattr(ServerGeneration, "sync_weights", lambda self: None)
    made.train()
    assert gaps(made)[0] < ROUNDING
    assert gaps(made)[-1] > MOVED


def test_ahead_a_step_is_drawn_by_the_weights_before_and_weighed_by_the_ratio(
    server: Server, random_policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_token = {"vllm_importance_sampling_mode": "token_truncate", "vllm_importance_sampling_clip_max": 2.0}
    made = trainer(random_policy, tmp_path, server.url, {"ahead": True}, args=by_token)
    losses: list[tuple[float, float]] = []
    compute = GRPOTrainer._compute_loss

    def compared(self: GRPOTrainer, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        loss = compute(self, model, inputs)
        losses.append((loss.item(), by_hand(model, inputs)))
        return loss

    monkeypatch.setattr(GRPOTrainer, "_compute_loss", compared)
    made.train()
    assert gaps(made)[0] < ROUNDING
    assert min(gaps(made)[1:]) > MOVED
    assert len(losses) == STEPS
    for loss, hand in losses:
        assert loss == pytest.approx(hand, rel=1e-4, abs=1e-6)
    # Candidates are of one length and advantages sum to zero, so that the ratio is all that a loss here consists of.
    assert min(abs(loss) for loss, _ in losses[1:]) > MOVED


@torch.no_grad()
def by_hand(model: Any, inputs: dict[str, Any]) -> float:
    """Return DAPO's loss where the policy is the one that is updated: -sum(p_train / p_rollout * A) / tokens.

    The ratio is cut off at 2.
    """
    n_prompt = inputs["prompt_ids"].shape[1]
    ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)
    mask = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, n_prompt - 1 : -1]
    logps_NK = logits.log_softmax(-1).gather(-1, inputs["completion_ids"][..., None])[..., 0]
    ratio_NK = (logps_NK - inputs["sampling_per_token_logps"]).exp().clamp(max=2.0)
    weighed_NK = ratio_NK * inputs["advantages"][:, None] * inputs["completion_mask"]
    return float(-weighed_NK.sum() / inputs["num_items_in_batch"])


@pytest.mark.parametrize("ahead", [False, True], ids=["each step", "ahead"])
def test_a_resumed_run_draws_and_learns_what_the_undisturbed_one_does(
    server: Server, random_policy: Path, tmp_path: Path, ahead: bool
) -> None:
    def run(out: Path, resume: str | None = None) -> tuple[list[list[str]], torch.Tensor, list[float]]:
        drawn = Drawn()
        saving = {"save_strategy": "steps", "save_steps": 2}
        made = trainer(random_policy, out, server.url, {"ahead": ahead}, args=saving, reward=drawn)
        made.train(resume_from_checkpoint=resume)
        weights = torch.cat([p.detach().flatten() for p in made.model.parameters()])
        return drawn.completions, weights, gaps(made)

    completions, weights, gap = run(tmp_path)
    resumed_completions, resumed_weights, resumed_gap = run(tmp_path, str(tmp_path / "checkpoint-2"))
    assert resumed_completions == completions[2:]
    assert resumed_gap == pytest.approx(gap, rel=1e-3, abs=ROUNDING)
    torch.testing.assert_close(resumed_weights, weights, rtol=1e-4, atol=1e-5)


def test_a_server_that_takes_adapters_alone(
    adapter_server: Server, random_policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = adapter_server.url
    assert main(train_options(random_policy, tmp_path / "whole", url)) == 2
    line = f"rollout.endpoint: {url} takes no new weights (it has no /collective_rpc); start vLLM with "
    assert capsys.readouterr().err == f"rlvr: error: {line}VLLM_SERVER_DEV_MODE=1\n"
    assert not (tmp_path / "whole").exists()

    other = AutoModelForCausalLM.from_pretrained(random_policy, dtype=torch.float32)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(3.0)
    other.save_pretrained(tmp_path / "other")
    AutoTokenizer.from_pretrained(random_policy).save_pretrained(tmp_path / "other")
    capsys.readouterr()
    assert main(train_options(tmp_path / "other", tmp_path / "run", url, "policy=lora", "policy.lora.r=4")) == 2
    shown = capsys.readouterr().err
    assert f"rollout.endpoint: {url} draws from another policy than the one that is trained: " in shown
    assert shown.count("\n") == 1


def test_a_server_that_dies_ends_the_run_in_a_line_and_nothing_is_lost(
    adapter_server: Server,
    random_policy: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, run = adapter_server.url, tmp_path / "run"
    score = small_run.LetterE.__call__
    scored: Counter[str] = Counter()

    def kill_on_the_way(self: small_run.LetterE, completion: str, **columns: Any) -> Any:
        scored["candidates"] += 1
        if scored["candidates"] == 17:
            adapter_server.process.kill()
            adapter_server.process.wait()
        return score(self, completion, **columns)

    monkeypatch.setattr(small_run.LetterE, "__call__", kill_on_the_way)
    options = train_options(random_policy, run, url, "policy=lora", "policy.lora.r=4", "rollout.ahead=true")
    assert main(options) == 1
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert f"rollout.endpoint: {url}/completions: " in shown.err
    assert f"rlvr train resume={run}" in "".join(shown.out.split("\n"))
    n_finished = read_log(run / "metrics.jsonl")[-1]["step"]
    assert 1 <= n_finished < 5
    assert (run / "grpo" / f"checkpoint-{n_finished}").is_dir()

    monkeypatch.setattr(small_run.LetterE, "__call__", score)
    with serving(random_policy, free_port(), TAKES_ADAPTERS) as restarted:
        assert main(["train", f"resume={run}", f"rollout.endpoint={restarted.url}", REWARD]) == 0
    metrics = [record for record in read_log(run / "metrics.jsonl") if f"{GAP}/mean" in record]
    assert [record["step"] for record in metrics] == [1, 2, 3, 4, 5]
    assert metrics[n_finished][f"{GAP}/mean"] < ROUNDING, "what was drawn ahead was lost, and is drawn again"
    assert max(record[f"{GAP}/mean"] for record in metrics) > 10 * ROUNDING
