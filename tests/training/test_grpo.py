from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from rewards import GroundTruth, RewardResult, Tiered, Toolset, wire
from rlvr.chat import render_completion, render_prompt
from rlvr.config import Config, HardwareConfig, ModelConfig, TrainingConfig
from rlvr.data import saved_rollouts
from rlvr.data.synth import synthesize
from rlvr.errors import UserError
from rlvr.policy.load import load_policy
from rlvr.report.groups import advantages
from rlvr.training import grpo
from rlvr.training.callbacks import without_own_output

if TYPE_CHECKING:
    from pathlib import Path

ROWS = synthesize("five_tools", rows=6, seed=0)


def test_rows_become_rendered_prompts_with_what_scores_them(random_policy: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    examples = list(grpo.dataset(policy, ROWS))
    assert [example["prompt"] for example in examples] == [render_prompt(policy.tokenizer, row) for row in ROWS]
    assert [GroundTruth.parse(example["reward_model"]) for example in examples] == [row.ground_truth for row in ROWS]
    assert [json.loads(example["tools"]) for example in examples] == [row.tools for row in ROWS]


def test_chosen_rows_are_the_seed_s() -> None:
    rows = {"a": ROWS[:3], "b": ROWS[3:]}
    assert grpo.chosen_rows(rows, None, seed=0) == ROWS
    assert grpo.chosen_rows(rows, 4, seed=1) == grpo.chosen_rows(rows, 4, seed=1)
    assert len(grpo.chosen_rows(rows, 4, seed=1)) == 4


def test_a_recorded_reward_scores_and_writes_each_group(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    recorded = grpo.RecordedReward(Tiered(), tmp_path / "rollouts" / "grpo.jsonl", 2, policy.tokenizer)
    examples = [example for example in grpo.dataset(policy, ROWS[:2]) for _ in range(2)]
    right = [render_completion(row) for row in ROWS[:2]]
    names = ("tools", "reward_model", "row", "prompt_messages")
    columns = {name: [example[name] for example in examples] for name in names}
    rewards = recorded(
        prompts=[example["prompt"] for example in examples],
        completions=[right[0], "", right[1], ""],
        completion_ids=[[1, 2], [3], [4], [5]],
        trainer_state=SimpleNamespace(global_step=4),
        **columns,
    )
    assert recorded.__name__ == "tiered"
    assert rewards == [1.0, 0.0, 1.0, 0.0]
    records = [json.loads(line) for line in recorded.path.read_text().splitlines()]
    assert [(record["step"], record["row"]) for record in records] == [(5, 0), (5, 1)]
    assert [record["messages"] for record in records] == [row.prompt for row in ROWS[:2]]
    best, worst = records[0]["candidates"]
    assert (best["completion"], best["reward"], best["n_tokens"]) == (right[0], 1.0, 2)
    assert best["components"]["behavior"] == 1.0
    assert worst["reward"] == 0.0


def test_special_tokens_of_a_wire_format_are_scored_and_written_down(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    row = next(row for row in ROWS if row.ground_truth.calls)
    right = wire.render(row.ground_truth.calls, "mistral", Toolset(row.tools))
    policy.tokenizer.add_tokens(list(wire.FORMATS["mistral"].marks), special_tokens=True)
    ids = policy.tokenizer(right, add_special_tokens=False)["input_ids"] + [policy.tokenizer.eos_token_id]
    stripped = policy.tokenizer.decode(ids, skip_special_tokens=True)
    assert stripped != right
    for reward, expected, written in ((Tiered(), 1.0, right), (Tiered(wire="json"), 0.06, stripped)):
        recorded = grpo.RecordedReward(reward, tmp_path / f"{expected}.jsonl", 1, policy.tokenizer)
        (example,) = grpo.dataset(policy, [row])
        columns = {name: [example[name]] for name in ("tools", "reward_model", "row")}
        state = SimpleNamespace(global_step=0)
        rewards = recorded([example["prompt"]], [stripped], [ids], trainer_state=state, **columns)
        (record,) = map(json.loads, recorded.path.read_text().splitlines())
        assert (rewards, record["candidates"][0]["completion"]) == ([expected], written)


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_the_report_s_advantages_are_those_that_train(random_policy: Path, tmp_path: Path, scale: str) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    arguments = {
        "max_steps": 1,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 12,
        "scale_rewards": scale,
    }
    config = Config(training=TrainingConfig(args=arguments), hardware=HardwareConfig(use_cpu=True))
    trainer = grpo.trainer(policy, {"a": ROWS}, config, tmp_path, tmp_path / "grpo.jsonl")
    trainer.reward_funcs[0]._remembering.reward = _length  # an untrained policy writes nothing that earns more than 0
    trainer.train()
    rollouts = list(saved_rollouts.read(tmp_path / "grpo.jsonl"))
    rewards = [rollout.rewards for rollout in rollouts]
    assert max(map(max, rewards)) > min(map(min, rewards))
    found = [each for group in advantages(rewards, [rollout.step for rollout in rollouts], scale) for each in group]
    assert found == pytest.approx(list(trainer._logs["advantages"]), abs=2e-4)


def _length(completion: str, *, ground_truth: object, tools: object = None) -> RewardResult:
    return RewardResult(min(len(completion) / 50, 1.0), {})


def test_the_cap_moves_from_the_first_step_to_the_last(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    row = next(row for row in ROWS if row.ground_truth.calls)
    recorded = grpo.RecordedReward(Tiered(), tmp_path / "grpo.jsonl", 1, policy.tokenizer, partial_cap_end=0.2)
    (example,) = grpo.dataset(policy, [row])
    columns = {name: [example[name]] for name in ("tools", "reward_model", "row")}
    logged: list[tuple[str, float]] = []
    rewards = [
        recorded(
            [example["prompt"]],
            ["I cannot say."],
            [[1]],
            trainer_state=SimpleNamespace(global_step=step, max_steps=5),
            log_metric=lambda name, value: logged.append((name, value)),
            **columns,
        )[0]
        for step in range(5)
    ]
    # From 0.6 to 0.2 in four equal moves.
    assert [value for name, value in logged if name == "reward/partial_cap"] == pytest.approx([0.6, 0.5, 0.4, 0.3, 0.2])
    fixed = [
        Tiered(partial_cap=cap)("I cannot say.", ground_truth=row.ground_truth, tools=row.tools) for cap in (0.6, 0.2)
    ]
    assert [rewards[0], rewards[-1]] == [result.value for result in fixed if result is not None]
    assert recorded.reward == Tiered()


def test_a_vllm_server_that_does_not_answer_is_said_in_one_line(
    random_policy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unreachable(**_: Any) -> None:
        raise ConnectionError("The vLLM server can't be reached at http://0.0.0.0:8000 after 240.0 seconds.")

    monkeypatch.setattr(grpo, "GRPOTrainer", unreachable)
    policy = load_policy(ModelConfig(path=str(random_policy)))
    with pytest.raises(UserError, match=r"training\.args\.vllm_mode: The vLLM server can't be reached at http"):
        grpo.trainer(policy, {"five": ROWS}, Config(hardware=HardwareConfig(use_cpu=True)), tmp_path, tmp_path / "a")


def test_components_are_normalised_each_within_its_group(random_policy: Path, tmp_path: Path) -> None:
    args = {
        "max_steps": 1, "per_device_train_batch_size": 8, "num_generations": 4, "max_completion_length": 6,
        "gradient_checkpointing": False,
    }  # fmt: skip
    config = Config(
        reward={"_target_": "rewards.Tiered", "arguments_weight": 2.0},
        training=TrainingConfig(normalize_components=True, args=args),
        hardware=HardwareConfig(use_cpu=True),
    )
    policy = load_policy(ModelConfig(path=str(random_policy)))
    trainer = grpo.trainer(policy, {"five": ROWS}, config, tmp_path, tmp_path / "rollouts.jsonl")
    without_own_output(trainer)
    assert trainer.args.multi_objective_aggregation == "normalize_then_sum"
    assert dict(zip(trainer.reward_func_names, trainer.reward_weights.tolist(), strict=True)) == pytest.approx(
        Tiered(arguments_weight=2.0).weights
    )
    trainer.train()
    records = [json.loads(line) for line in (tmp_path / "rollouts.jsonl").read_text().splitlines()]
    assert [len(record["candidates"]) for record in records] == [4, 4], "each candidate is scored and written once"
    rewards = [candidate["reward"] for record in records for candidate in record["candidates"]]
    behaviors = [candidate["components"]["behavior"] for record in records for candidate in record["candidates"]]
    logged = trainer.state.log_history[0]
    assert logged["rewards/tiered/mean"] == pytest.approx(sum(rewards) / 8)
    assert logged["rewards/behavior/mean"] == pytest.approx(sum(behaviors) / 8)
