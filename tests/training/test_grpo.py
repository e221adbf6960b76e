from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

from rewards import GroundTruth, Tiered, Toolset, wire
from rlvr.chat import render_completion, render_prompt
from rlvr.config import ModelConfig
from rlvr.data.synth import synthesize
from rlvr.policy.load import load_policy
from rlvr.training import grpo

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
    columns = {name: [example[name] for example in examples] for name in ("tools", "reward_model", "row")}
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
    best, worst = records[0]["candidates"]
    assert (best["completion"], best["reward"], best["n_tokens"]) == (right[0], 1.0, 2)
    assert best["components"]["behavior"] == 1.0
    assert worst["reward"] == 0.0


def test_special_tokens_of_a_wire_format_are_scored_and_written_down(random_policy: Path, tmp_path: Path) -> None:
    policy = load_policy(ModelConfig(path=str(random_policy)))
    row = next(row for row in ROWS if row.ground_truth.calls)
    right = wire.render(row.ground_truth.calls, "mistral", Toolset(row.tools))
    policy.tokenizer.add_tokens(list(wire.WIRES["mistral"].tokens), special_tokens=True)
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
