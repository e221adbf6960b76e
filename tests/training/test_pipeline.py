from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from forked import forked
from safetensors.torch import load_file
from small_run import run_saved, small_run

from rlvr import config as configuration
from rlvr.cli import main
from rlvr.config import (
    Config,
    DataConfig,
    DPOStageConfig,
    EvaluationConfig,
    GateConfig,
    HardwareConfig,
    LoraConfig,
    ModelConfig,
    PolicyConfig,
    SFTStageConfig,
    Source,
    TrainingConfig,
)
from rlvr.data import saved_rollouts
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.files import append_log, read_log
from rlvr.policy.load import load_policy
from rlvr.report import page
from rlvr.training import gate, pipeline
from rlvr.training.checkpoint import damage
from rlvr.training.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 4

# An untrained policy makes no call that a real reward would pay for; it can be taught the letter e.
LETTER_REWARD = """
from dataclasses import dataclass

from rewards import RewardResult


@dataclass(frozen=True)
class LetterE:
    def __call__(self, completion, *, ground_truth, tools=None):
        share = completion.count("e") / max(len(completion), 1)
        return RewardResult(share, {"share": share})
"""


@pytest.fixture
def reward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    (tmp_path / "letter_reward.py").write_text(LETTER_REWARD)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield {"_target_": "letter_reward.LetterE"}
    sys.modules.pop("letter_reward", None)


def small_config(model: Path, run_dir: Path, reward: dict[str, str], steps: int = STEPS) -> Config:
    """A run of seconds: every stage, few rows, few tokens."""
    return Config(
        run_dir=str(run_dir),
        model=ModelConfig(path=str(model)),
        reward=reward,
        data=DataConfig(
            train={"five": Source(synth="five_tools", rows=16)},
            evaluation={"unseen": Source(synth="unseen_tools", split="held_out", rows=6)},
        ),
        sft=SFTStageConfig(rows=8, args={"per_device_train_batch_size": 4, "max_steps": 2, "learning_rate": 1e-3}),
        training=TrainingConfig(
            args={
                "max_steps": steps,
                "per_device_train_batch_size": 8,
                "num_generations": 4,
                "max_completion_length": 6,
                "learning_rate": 1e-3,
                "gradient_checkpointing": False,
            }
        ),
        evaluation=EvaluationConfig(max_new_tokens=6, n_bootstrap=100),
        hardware=HardwareConfig(use_cpu=True),
    )


def weights(run_dir: Path, stage: str) -> dict[str, torch.Tensor]:
    return load_file(run_dir / stage / "final" / "model.safetensors")


def assert_equal_weights(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.slow
def test_a_run_trains_evaluates_and_leaves_everything_behind(
    random_policy: Path, tmp_path: Path, reward: dict[str, str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pipeline.estimate, "seconds_of_run", lambda *_: 9 * 3600)
    run_dir = tmp_path / "run"
    assert pipeline.run(small_config(random_policy, run_dir, reward)) == run_dir

    printed = capsys.readouterr()
    said = " ".join(printed.out.split())
    begun, _, _ = said.partition("unseen: 6 rows")
    assert "the run takes about 9.0 h here, by estimate, evaluation included" in begun, "before it goes on"
    assert "unseen: 6 rows, means with 95% bootstrap intervals" in printed.out
    assert f"Policies, metrics, rollouts and this table: {run_dir}" in printed.out
    printed_lines = [line.rstrip() for line in printed.out.splitlines()]
    assert all(line in printed_lines for line in (run_dir / "table.txt").read_text().splitlines())
    assert printed.err == ""
    assert "{'" not in printed.out, "a trainer printed its logs"

    summaries = json.loads((run_dir / "evaluation.json").read_text())
    assert list(summaries["unseen"]) == ["base", "sft", "grpo"]
    metrics = read_log(run_dir / "metrics.jsonl")
    rewarded = [record["step"] for record in metrics if record["stage"] == "grpo" and "reward_std" in record]
    assert rewarded == [1, 2, 3, 4]
    (packed,) = saved_rollouts.files(run_dir)
    assert packed.name == "grpo.parquet"
    rollouts = list(saved_rollouts.read(packed))
    assert [len(rollout.candidates) for rollout in rollouts] == [4] * 2 * STEPS
    assert all("share" in candidate.components for rollout in rollouts for candidate in rollout.candidates)
    assert all((rollout.messages or [{}])[-1]["role"] == "user" for rollout in rollouts)
    overview, groups = page.read(RunFolder(run_dir))
    assert overview["logged"]["grpo"]["reward"]["steps"] == [1, 2, 3, 4]
    for at, mean in enumerate(overview["logged"]["grpo"]["reward"]["values"]):
        rewards = groups["candidate"]["reward"][8 * at : 8 * (at + 1)]
        assert sum(rewards) / 8 == pytest.approx(mean, abs=1e-6), "the groups of a step are those of its mean"
    assert not all(
        torch.equal(tensor, weights(run_dir, "sft")[name]) for name, tensor in weights(run_dir, "grpo").items()
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_policy_also_across_an_interruption(
    random_policy: Path, tmp_path: Path, reward: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = small_config(random_policy, tmp_path / "straight", reward)
    pipeline.run(straight)

    interrupted = replace(straight, run_dir=str(tmp_path / "interrupted"))
    _interrupt_before_grpo_step(monkeypatch, 3)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(interrupted)
    assert (tmp_path / "interrupted" / "grpo" / "checkpoint-2").is_dir()
    assert not (tmp_path / "interrupted" / "grpo" / "final").exists()
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(tmp_path))
    pipeline.run(Config(resume=str(tmp_path / "interrupted"), reward=reward))

    for stage in ("sft", "grpo"):
        assert_equal_weights(weights(tmp_path / "straight", stage), weights(tmp_path / "interrupted", stage))
    rollouts = [
        list(saved_rollouts.read(tmp_path / name / "rollouts" / "grpo.parquet")) for name in ("straight", "interrupted")
    ]
    assert rollouts[0] == rollouts[1]
    name = "evaluations/grpo/unseen.jsonl"
    assert (tmp_path / "straight" / name).read_text() == (tmp_path / "interrupted" / name).read_text()


def _interrupt_before_grpo_step(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Send this process a Ctrl-C while the step before `step` is computed."""
    from rlvr.training.grpo import RecordedReward

    original = RecordedReward.__call__

    def interrupting(self: RecordedReward, *args: object, **columns: object) -> object:
        if columns["trainer_state"].global_step == step - 2:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGINT)
        return original(self, *args, **columns)  # type: ignore[arg-type]

    monkeypatch.setattr(RecordedReward, "__call__", interrupting)


KILLED_REWARD = """
import os
import signal

import letter_reward

scored = 0


class LetterE(letter_reward.LetterE):
    def __call__(self, completion, *, ground_truth, tools=None):
        global scored
        scored += 1
        if scored > int(os.environ["DIE_AFTER"]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(completion, ground_truth=ground_truth, tools=tools)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_it_had_not_been(
    random_policy: Path, tmp_path: Path, reward: dict[str, str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """6 steps at once, and 3 whose checkpoint is the last thing that survives a kill, then the other 3."""
    base = small_config(random_policy, tmp_path / "straight", reward, steps=6)
    training = replace(base.training, dynamic_sampling_rounds=1, args={**base.training.args, "save_steps": 3})
    straight = replace(base, pipeline=["grpo"], data=replace(base.data, evaluation={}), training=training)
    pipeline.run(straight)

    (tmp_path / "killed_reward.py").write_text(KILLED_REWARD)
    killed = replace(straight, run_dir=str(tmp_path / "killed"), reward={"_target_": "killed_reward.LetterE"})
    configuration.save(killed, tmp_path / "killed.yaml")
    # Dead while the candidates of step 5 are scored.
    monkeypatch.setenv("DIE_AFTER", str(_scored_by_step(tmp_path / "straight", 4) + 1))
    process = forked(tmp_path, run_saved, tmp_path / "killed.yaml", killed.reward)
    assert process.end() == -signal.SIGKILL, process.errors
    assert [path.name for path in (tmp_path / "killed" / "grpo").glob("*/")] == ["checkpoint-3"]
    monkeypatch.setenv("DIE_AFTER", "1000000")
    monkeypatch.setattr(pipeline.estimate, "seconds_of_run", lambda *_: 9 * 3600)
    capsys.readouterr()
    pipeline.run(Config(resume=str(tmp_path / "killed"), reward=killed.reward))
    assert "the run takes" not in capsys.readouterr().out, "the rest of it does not take what the whole does"

    assert_equal_weights(weights(tmp_path / "straight", "grpo"), weights(tmp_path / "killed", "grpo"))
    rollouts = [
        list(saved_rollouts.read(tmp_path / run / "rollouts" / "grpo.parquet")) for run in ("straight", "killed")
    ]
    assert rollouts[0] == rollouts[1], "the same prompts in the same order, with the same candidates"
    assert {rollout.step for rollout in rollouts[0]} == {1, 2, 3, 4, 5, 6}


def _scored_by_step(run_dir: Path, step: int) -> int:
    rollouts = saved_rollouts.read(run_dir / "rollouts" / "grpo.parquet")
    return sum(len(rollout.candidates) for rollout in rollouts if rollout.step <= step)


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_resume(random_policy: Path, tmp_path: Path) -> None:
    overrides = [
        f"model.path={random_policy}", "run_dir=run", "pipeline=[grpo]", "data.train.five_tools.rows=8",
        "~data.evaluation.same_tools", "data.evaluation.unseen_tools.rows=2", "evaluation.max_new_tokens=2",
        "+training.args.max_steps=10000", "training.args.per_device_train_batch_size=8",
        "training.args.max_completion_length=4", "hardware.use_cpu=true",
    ]  # fmt: skip
    process = forked(tmp_path, main, ["train", *overrides])
    rollouts = tmp_path / "run" / "rollouts" / "grpo.jsonl"
    deadline = time.monotonic() + 240
    while not rollouts.exists() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    assert process.end(timeout_s=240) == 130, process.errors
    assert "rlvr train resume=run" in process.output
    assert "Traceback" not in process.errors
    (checkpoint,) = (tmp_path / "run" / "grpo").glob("checkpoint-*")
    assert load_policy(ModelConfig(path=str(checkpoint))).stop == "<|im_end|>"
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    assert f"checkpoint-{state['global_step']}" == checkpoint.name
    assert damage(checkpoint) is None


@pytest.mark.slow
def test_an_adapter_is_trained_and_merged(random_policy: Path, tmp_path: Path, reward: dict[str, str]) -> None:
    config = small_config(random_policy, tmp_path / "run", reward, steps=2)
    pipeline.run(replace(config, policy=PolicyConfig(lora=LoraConfig(r=2))))
    assert (tmp_path / "run" / "grpo" / "final" / "adapter" / "adapter_config.json").is_file()
    base, merged = load_file(random_policy / "model.safetensors"), weights(tmp_path / "run", "grpo")
    assert base.keys() == merged.keys()
    assert not torch.equal(*(w["model.layers.0.self_attn.q_proj.weight"] for w in (base, merged)))
    assert torch.equal(*(w["model.embed_tokens.weight"] for w in (base, merged)))


@pytest.mark.slow
def test_preferences_follow_sft_and_what_is_finished_is_neither_trained_again_nor_let_through_a_gate(
    random_policy: Path, tmp_path: Path, reward: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    run_dir = tmp_path / "run"
    dpo = DPOStageConfig(rows=8, args={"per_device_train_batch_size": 4, "max_steps": 2, "learning_rate": 1e-3})
    config = replace(small_config(random_policy, run_dir, reward), pipeline=["sft", "dpo"], dpo=dpo)
    unseen = {"unseen": Source(synth="unseen_tools", split="held_out", rows=60)}
    pipeline.run(replace(config, data=replace(config.data, evaluation=unseen), gate=GateConfig(None)))
    assert list(json.loads((run_dir / "evaluation.json").read_text())["unseen"]) == ["base", "sft", "dpo"]
    assert any(
        record["stage"] == "dpo" and "rewards/margins" in record for record in read_log(run_dir / "metrics.jsonl")
    )

    sft, after_dpo = (run_dir / "sft" / "final").stat().st_mtime_ns, weights(run_dir, "dpo")
    shutil.rmtree(run_dir / "dpo" / "final")
    pipeline.run(Config(resume=str(run_dir), reward=reward))
    assert (run_dir / "sft" / "final").stat().st_mtime_ns == sft
    assert_equal_weights(weights(run_dir, "dpo"), after_dpo)

    abstaining = run_dir / "evaluations" / "sft" / "unseen.jsonl"
    records = read_log(abstaining)
    abstaining.unlink()
    append_log(abstaining, ({**record, "predicted_behavior": record["expected"]["behavior"]} for record in records))
    capsys.readouterr()
    with pytest.raises(gate.GateError, match=r"stopped after dpo: .* clarify on unseen from 1\.00 to"):
        pipeline.run(Config(resume=str(run_dir), reward=reward, gate=GateConfig(0.2)))
    assert "unseen: 60 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"training": TrainingConfig(args={"learning_rat": 1.0})}, "did you mean 'learning_rate'"),
        ({"sft": SFTStageConfig(args={"epochs": 1})}, r"sft\.args: option 'epochs' not found"),
        (
            {"model": ModelConfig(quantization="nf4")},
            "quantized weights train through an adapter only; add policy=lora",
        ),
        ({"data": DataConfig()}, r"data\.train: no rows to train on"),
        ({"data": DataConfig(train={"x": Source(path="absent.jsonl")})}, r"absent\.jsonl"),
    ],
    ids=["training.args", "sft.args", "no adapter", "no data", "no file"],
)
def test_a_mistake_stops_the_run_before_anything_is_written(
    random_policy: Path, tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    config = small_config(random_policy, tmp_path / "run", {"_target_": "rewards.Tiered"})
    with pytest.raises(UserError, match=said):
        pipeline.run(replace(config, **wrong))  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_a_folder_with_a_run_in_it_is_not_written_over(random_policy: Path, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").touch()
    config = small_config(random_policy, tmp_path, {"_target_": "rewards.Tiered"})
    with pytest.raises(UserError, match=re.escape(f"resume={tmp_path}")):
        pipeline.run(config)


def test_a_run_that_is_not_there_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; a run folder holds a config"):
        pipeline.run(Config(resume=str(tmp_path / "absent")))


def test_each_stage_trains_on_the_sets_that_are_meant_for_it(random_policy: Path, tmp_path: Path) -> None:
    composed = small_run(random_policy, tmp_path / "run")
    imitated, asked = Source(synth="five_tools", rows=8), Source(synth="five_tools", rows=8, seed=1)
    sources = {"imitated": replace(imitated, stages=["sft"]), "asked": replace(asked, stages=["grpo"])}
    run_dir = pipeline.run(replace(composed, data=replace(composed.data, train=sources)))
    prompts = {
        rollout.prompt for rollout in saved_rollouts.read(RunFolder(run_dir).rollouts("grpo").with_suffix(".parquet"))
    }
    requests = [row.prompt[-1]["content"] for row in load(asked)]
    assert prompts
    assert all(any(request in prompt for request in requests) for prompt in prompts)
