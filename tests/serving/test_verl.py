"""The experiment exported for verl: verl's own classes read the same tokens and score the same completions alike."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyarrow import parquet

from rewards import Tiered, ToolCall, wire
from rewards.adapters.verl import KeepingMarks
from rlvr import config as configuration
from rlvr.chat import render_prompt, served_text
from rlvr.cli import main
from rlvr.config import Config, DataConfig, LoraConfig, ModelConfig, PolicyConfig, Source, TrainingConfig
from rlvr.data import source as rows_source
from rlvr.policy.load import load_policy, load_tokenizer
from rlvr.records.row import Row
from rlvr.scoring import call_reward
from rlvr.serving import verl as verl_export

N_ROWS = 1000
TRAIN = Source(synth="five_tools", rows=N_ROWS)
ARGS = {
    "num_generations": 8,
    "per_device_train_batch_size": 16,
    "gradient_accumulation_steps": 4,
    "max_completion_length": 160,
    "max_steps": 70,
    "learning_rate": 2e-4,
    "beta": 0.04,
    "min_p": 0.1,
}


def run_folder(folder: Path, **options: Any) -> Path:
    folder.mkdir()
    (folder / "metrics.jsonl").touch()
    data = DataConfig(
        train={"made": TRAIN}, evaluation={"unseen": Source(synth="unseen_tools", split="held_out", rows=5)}
    )
    defaults = {"pipeline": ["grpo"], "data": data, "training": TrainingConfig(args=ARGS)}
    config = Config(**{"name": "clinic", "run_dir": str(folder), **defaults, **options})
    configuration.save(config, folder / "config.yaml")
    return folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verl")
    run = run_folder(folder / "run", reward={"_target_": "rewards.Tiered", "partial_cap": 0.4})
    assert main(["export", str(run), f"out={folder / 'out'}", "format=verl"]) == 0
    return folder / "out"


def test_the_configuration_says_the_same_experiment(exported: Path) -> None:
    settings = yaml.safe_load((exported / "experiment.yaml").read_text())
    actor, rollout = (settings["actor_rollout_ref"][part] for part in ("actor", "rollout"))
    # 16 candidates at a time, four times before an update: 64 candidates, which are 8 prompts.
    assert (settings["data"]["train_batch_size"], actor["ppo_mini_batch_size"]) == (8, 8)
    assert (rollout["n"], actor["ppo_micro_batch_size_per_gpu"]) == (8, 16)
    assert settings["data"]["max_response_length"] == 160
    assert settings["trainer"]["total_training_steps"] == 70
    assert (actor["optim"]["lr"], actor["kl_loss_coef"], actor["use_kl_loss"]) == (2e-4, 0.04, True)
    assert (actor["loss_agg_mode"], settings["algorithm"]["norm_adv_by_std_in_grpo"]) == ("token-mean", True)
    assert "min_p" in (exported / "experiment.yaml").read_text().partition("defaults")[0]
    assert (exported / "model" / "config.json").is_file()


@pytest.mark.parametrize(
    ("args", "changed"),
    [
        (
            {"loss_type": "dr_grpo", "scale_rewards": "none"},
            {"loss_agg_mode": "seq-mean-token-sum-norm", "loss_scale_factor": 160},
        ),
        ({"loss_type": "cispo", "epsilon_high": 5.0}, {"clip_ratio_low": 1.0, "clip_ratio_high": 4.0}),
        ({"importance_sampling_level": "sequence"}, {"policy_loss": {"loss_mode": "gspo"}}),
        ({"loss_type": "grpo", "delta": 4.0}, {"loss_agg_mode": "seq-mean-token-mean", "clip_ratio_c": 4.0}),
        ({"epsilon": 0.2, "epsilon_high": 0.28}, {"clip_ratio_low": 0.2, "clip_ratio_high": 0.28}),
        # two batches of candidates an update's worth each, seen twice: a batch of verl's is 4 updates
        ({"steps_per_generation": 8, "num_iterations": 2}, {"ppo_mini_batch_size": 8, "ppo_epochs": 2}),
    ],
    ids=["dr_grpo", "cispo", "gspo", "grpo", "clip higher", "several updates"],
)
def test_losses_are_verl_s(args: dict[str, Any], changed: dict[str, Any], tmp_path: Path) -> None:
    few = DataConfig(train={"made": replace(TRAIN, rows=20)})
    run = run_folder(tmp_path / "run", data=few, training=TrainingConfig(args=ARGS | args))
    assert main(["export", str(run), f"out={tmp_path / 'out'}", "format=verl"]) == 0
    settings = yaml.safe_load((tmp_path / "out" / "experiment.yaml").read_text())
    assert changed.items() <= settings["actor_rollout_ref"]["actor"].items()
    assert settings["trainer"]["total_training_steps"] == (18 if "num_iterations" in args else 70)
    assert settings["trainer"]["test_freq"] == -1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pipeline": ["sft"]}, "has no GRPO stage, which is what verl would train; it has: sft"),
        ({"pipeline": ["sft", "grpo"]}, "has not finished sft, where GRPO begins; first rlvr train resume="),
        ({"training": TrainingConfig(args=ARGS | {"loss_type": "vespo"})}, "verl has no loss vespo; it has: grpo,"),
        ({"reward": {"_target_": "mine.Reward"}}, "the reward mine.Reward is none of rewards'"),
    ],
    ids=["no GRPO", "unfinished SFT", "a loss", "a reward"],
)
def test_what_verl_cannot_train_is_said(
    options: dict[str, Any], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = DataConfig(train={"made": replace(TRAIN, rows=20)})
    run = run_folder(tmp_path / "run", data=few, **options)
    assert main(["export", str(run), f"out={tmp_path / 'out'}", "format=verl"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def with_special_marks(folder: Path) -> Path:
    """The embedded policy, whose marks of calls are special tokens, as Mistral's and Gemma 4's are."""
    policy = load_policy(ModelConfig())
    policy.save(folder)
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    for token in tokenizer["added_tokens"]:
        token["special"] = token["special"] or token["content"] in ("<tool_call>", "</tool_call>")
    file.write_text(json.dumps(tokenizer))
    return folder


def test_marks_that_verl_would_drop_are_kept_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ModelConfig(path=str(with_special_marks(tmp_path / "policy")))
    few = DataConfig(train={"made": replace(TRAIN, rows=20)})
    run = run_folder(tmp_path / "run", data=few, model=model, policy=PolicyConfig(LoraConfig(r=4)))
    assert main(["export", str(run), f"out={tmp_path / 'out'}", "format=verl"]) == 0
    assert "verl decodes without special tokens, and those mark calls of the format hermes" in capsys.readouterr().out
    settings = yaml.safe_load((tmp_path / "out" / "experiment.yaml").read_text())
    assert settings["reward"]["reward_manager"]["name"] == "MarksKept"
    assert settings["actor_rollout_ref"]["model"]["lora_rank"] == 4
    tokenizer, _ = load_tokenizer(model)
    call = wire.render([ToolCall("get_weather", {"city": "Oslo"})], "hermes")
    ids = tokenizer(call + tokenizer.eos_token)["input_ids"]
    assert "<tool_call>" not in tokenizer.decode(ids, skip_special_tokens=True)
    assert KeepingMarks(tokenizer, "hermes").decode(ids) == call
    plain, _ = load_tokenizer(ModelConfig())
    assert not verl_export.marks_vanish(plain, "hermes")


def completions(rows: list[Row]) -> list[str]:
    """Right, wrong, broken, double and spoken completions in turn."""
    texts = []
    for place, row in enumerate(rows):
        right = row.completion()
        wrong = wire.render([ToolCall("get_nothing", {"place": place})], "hermes")
        texts.append((right, wrong, right[:-20], right + right, "Which city do you mean?", "")[place % 6])
    return texts


def managers_score(config: Any, tokenizer: Any, rows: list[dict[str, Any]], token_ids: list[list[int]]) -> list[float]:
    import torch
    from verl import DataProto
    from verl.trainer.ppo.reward import load_reward_manager

    manager = load_reward_manager(config, tokenizer)

    def batch(row: dict[str, Any], ids: list[int]) -> DataProto:
        import numpy as np

        tensor = torch.tensor([ids])
        others = {name: np.array([row[name]], dtype=object) for name in ("data_source", "reward_model", "extra_info")}
        return DataProto.from_dict({"responses": tensor, "attention_mask": torch.ones_like(tensor)}, others)

    async def all_of_them() -> list[float]:
        manager.loop = asyncio.get_running_loop()
        results = [await manager.run_single(batch(*pair)) for pair in zip(rows, token_ids, strict=True)]
        return [result["reward_score"] for result in results]

    return asyncio.run(all_of_them())


def composed(folder: Path) -> Any:
    """The configuration as `run.sh` gives it to verl, by Hydra as verl calls it."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(folder), version_base=None):
        overrides = ["hydra.searchpath=[pkg://verl.trainer.config]", f"folder={folder}"]
        return compose("experiment", overrides=overrides)


def test_verl_reads_the_same_prompts_and_scores_a_thousand_rows_alike(exported: Path) -> None:
    pytest.importorskip("verl", reason="verl is not installed: pip install verl==0.9.1")
    from verl.utils.dataset.rl_dataset import RLHFDataset
    from verl.utils.tokenizer.continuous_token_wiring import create_continuous_token_builder

    config = composed(exported)
    tokenizer, _ = load_tokenizer(ModelConfig(path=str(exported / "model")))
    dataset = RLHFDataset(config.data.train_files, tokenizer, config.data)
    rows = rows_source.load(TRAIN)
    assert len(dataset) == len(rows) == N_ROWS
    builder = create_continuous_token_builder(
        tokenizer, hf_model_type="llama", chat_template_kwargs=config.data.apply_chat_template_kwargs
    )
    read = [dataset[place] for place in range(N_ROWS)]
    for row, entry in zip(rows[:50], read[:50], strict=True):
        prompt_ids = builder.build_initial_tokens(entry["raw_prompt"])
        assert list(prompt_ids) == tokenizer(render_prompt(tokenizer, row))["input_ids"]
        assert len(prompt_ids) <= config.data.max_prompt_length
    token_ids = [tokenizer(text + tokenizer.eos_token)["input_ids"] for text in completions(rows)]
    scores = managers_score(config, tokenizer, read, token_ids)
    reward = Tiered(wire="hermes", partial_cap=0.4)
    texts = [served_text(tokenizer, ids) for ids in token_ids]
    results = [
        call_reward(reward, text, ground_truth=row.ground_truth, tools=row.tools)
        for text, row in zip(texts, rows, strict=True)
    ]
    assert scores == [result.value for result in results]
    assert len(set(scores)) > 5


def test_verl_s_manager_keeps_special_marks(tmp_path: Path) -> None:
    pytest.importorskip("verl", reason="verl is not installed: pip install verl==0.9.1")
    model = ModelConfig(path=str(with_special_marks(tmp_path / "policy")))
    run = run_folder(tmp_path / "run", data=DataConfig(train={"made": replace(TRAIN, rows=20)}), model=model)
    assert main(["export", str(run), f"out={tmp_path / 'out'}", "format=verl"]) == 0
    tokenizer, _ = load_tokenizer(model)
    rows = rows_source.load(replace(TRAIN, rows=20))
    read = parquet.read_table(tmp_path / "out" / "train.parquet").to_pylist()
    token_ids = [tokenizer(row.completion() + tokenizer.eos_token)["input_ids"] for row in rows]
    assert managers_score(composed(tmp_path / "out"), tokenizer, read, token_ids) == [1.0] * len(rows)


def test_verl_itself_reads_the_launch_script(exported: Path) -> None:
    pytest.importorskip("verl", reason="verl is not installed: pip install verl==0.9.1")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", str(exported / "run.sh"), "trainer.n_gpus_per_node=2", "--cfg", "job", "--resolve"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": path}, cwd=exported)
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)
    assert shown["data"]["train_files"] == str(exported / "train.parquet")
    assert shown["trainer"]["n_gpus_per_node"] == 2
    assert shown["actor_rollout_ref"]["model"]["path"] == str(exported / "model")
