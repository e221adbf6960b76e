"""A training that was stopped and resumed against the same one left alone: the weights are equal, bit for bit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from small_run import small_run
from torch import Tensor
from transformers import TrainerCallback

from rlvr.config import Source
from rlvr.data.source import load
from rlvr.files import read_log
from rlvr.policy.load import load_policy
from rlvr.training import checkpoint, dpo, grpo, sft
from rlvr.training.callbacks import without_own_output
from rlvr.training.resumable import Resumable

# Eight rows: four steps of two groups are an epoch of GRPO, four steps of two rows one of the others.
ROWS = 8
BUFFERED = {"per_device_train_batch_size": 4, "steps_per_generation": 4}


class StoppedError(Exception):
    """What ends a training here."""


class CopyIn(TrainerCallback):
    """Copies what a training has written as a step begins: what is there if it is killed then."""

    def __init__(self, step: int, folder: Path) -> None:
        self.step = step
        self.folder = folder

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self.step - 1:
            run = Path(args.output_dir)
            shutil.copytree(run, self.folder)
            if run.with_suffix(".jsonl").exists():
                shutil.copy(run.with_suffix(".jsonl"), self.folder.with_suffix(".jsonl"))


def trainer(stage: str, args: dict[str, Any], policy: Path, run: Path) -> Resumable:
    config = small_run(policy, run, 8)
    rows = {"five": load(Source(synth="five_tools", rows=ROWS))}
    pairs = {"per_device_train_batch_size": 2, "learning_rate": 1e-3, **args}
    if stage == "grpo":
        config = replace(config, training=replace(config.training, args={**config.training.args, **args}))
        made: Resumable = grpo.trainer(load_policy(config.model), rows, config, run, run.with_suffix(".jsonl"))
    elif stage == "sft":
        config = replace(config, sft=replace(config.sft, args=pairs))
        made = sft.trainer(load_policy(config.model), rows, config, run)
    else:
        config = replace(config, dpo=replace(config.dpo, args=pairs))
        made = dpo.trainer(load_policy(config.model), rows, config, run)
    without_own_output(made)
    return made


def weights(trained: Resumable) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in trained.model.state_dict().items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "args", "save_steps", "stopped_in"),
    [
        ("grpo", {"max_steps": 8}, 5, 7),
        ("grpo", {"max_steps": 7}, 4, 5),
        ("grpo", {"max_steps": 11}, 9, 11),
        ("grpo", {"max_steps": 8, **BUFFERED}, 6, 8),
        ("grpo", {"max_steps": 6, "num_iterations": 2}, 3, 5),
        ("grpo", {"max_steps": 6, "num_iterations": 3, "gradient_accumulation_steps": 2}, 2, 4),
        ("grpo", {"max_steps": 6, "importance_sampling_level": "sequence", "loss_type": "grpo", **BUFFERED}, 3, 5),
        ("grpo", {"max_steps": 6, "beta": 0.1, "sync_ref_model": True, "ref_model_sync_steps": 2}, 3, 5),
        ("sft", {"max_steps": 8, "train_sampling_strategy": "group_by_length"}, 6, 8),
        ("dpo", {"max_steps": 6, "sync_ref_model": True, "ref_model_sync_steps": 2}, 3, 5),
    ],
    ids=[
        "second epoch",
        "end of an epoch",
        "third epoch",
        "middle of a generation batch",
        "between two iterations",
        "iterations and accumulation",
        "sequence weights, middle of a generation batch",
        "moving reference",
        "SFT by length, second epoch",
        "DPO, moving reference",
    ],
)
def test_a_stopped_and_resumed_training_ends_where_an_undisturbed_one_does(
    random_policy: Path, tmp_path: Path, stage: str, args: dict[str, Any], save_steps: int, stopped_in: int
) -> None:
    args = {**args, "save_steps": save_steps}
    straight = trainer(stage, args, random_policy, tmp_path / "straight")
    straight.add_callback(CopyIn(stopped_in, tmp_path / "stopped"))
    straight.train()
    expected = weights(straight)

    last = checkpoint.newest_whole(tmp_path / "stopped", pytest.fail)
    assert last == tmp_path / "stopped" / f"checkpoint-{save_steps}"
    torch.manual_seed(123)  # another process would be elsewhere
    resumed = trainer(stage, args, random_policy, tmp_path / "stopped")
    resumed.train(resume_from_checkpoint=str(last))
    assert_equal(weights(resumed), expected)
    if stage == "grpo":
        rollouts = [{(r["step"], r["row"]): r for r in read_log(tmp_path / f"{n}.jsonl")} for n in names()]
        assert rollouts[0] == rollouts[1], "the same prompts with the same candidates"


def names() -> tuple[str, str]:
    return "straight", "stopped"


def assert_equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert [name for name, tensor in first.items() if not torch.equal(tensor, second[name])] == []


@pytest.mark.slow
@pytest.mark.parametrize("args", [{"max_steps": 6}, {"max_steps": 6, **BUFFERED}], ids=["plain", "buffered"])
def test_the_last_finished_step_is_saved_from_the_middle_of_the_next(
    random_policy: Path, tmp_path: Path, args: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = trainer("grpo", args, random_policy, tmp_path / "straight")
    straight.train()

    stopped = trainer("grpo", args, random_policy, tmp_path / "stopped")
    loss = type(stopped)._compute_loss

    def failing(self: Any, *args: Any) -> Any:
        if self.state.global_step == 4:
            raise StoppedError  # its candidates have been sampled
        return loss(self, *args)

    monkeypatch.setattr(type(stopped), "_compute_loss", failing)
    with pytest.raises(StoppedError):
        stopped.train()
    saved = stopped.save_last_step()
    assert saved == tmp_path / "stopped" / "checkpoint-4"
    assert checkpoint.damage(saved) is None
    monkeypatch.undo()
    resumed = trainer("grpo", args, random_policy, tmp_path / "stopped")
    resumed.train(resume_from_checkpoint=str(saved))
    assert_equal(weights(resumed), weights(straight))


@pytest.mark.slow
def test_a_training_resumed_at_its_end_makes_no_further_step(random_policy: Path, tmp_path: Path) -> None:
    done = trainer("sft", {"max_steps": 3}, random_policy, tmp_path / "run")
    done.train()
    again = trainer("sft", {"max_steps": 3}, random_policy, tmp_path / "run")
    again.train(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-3"))
    assert again.state.global_step == 3
    assert_equal(weights(again), weights(done))


@pytest.mark.slow
def test_half_an_update_is_not_saved(random_policy: Path, tmp_path: Path) -> None:
    stopped = trainer("sft", {"max_steps": 4}, random_policy, tmp_path / "stopped")

    class StopInUpdate(TrainerCallback):
        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 2:
                raise StoppedError

    stopped.add_callback(StopInUpdate())
    with pytest.raises(StoppedError):
        stopped.train()
    assert stopped.save_last_step() is None
