"""A run folder as `rlvr train` leaves it, without the training: real rows and rewards, candidates drawn at random."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewards import Tiered, ToolCall, wire
from rlvr import config
from rlvr.config import Config, EvaluationConfig, TrainingConfig
from rlvr.data import saved_rollouts
from rlvr.data.synth import synthesize
from rlvr.evaluation.metrics import summarize
from rlvr.evaluation.run import Evaluation, score, write_results
from rlvr.files import append_log
from rlvr.records.row import Row
from rlvr.sampler import Completion
from rlvr.training.run_folder import RunFolder

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 1">',
    '"><svg onload=window.hacked=1>\u2028\u2029 \u202egnirts\u202c \x00 &lt;b&gt;',
    "${window.hacked = 1} {{constructor.constructor('window.hacked=1')()}} javascript:window.hacked=1",
    "\ud800 half a pair \udc00",
    "",
)
"""Completions that want to be more than text."""

REWARD = Tiered()


def write_run(
    path: Path, *, steps: int = 6, groups: int = 8, candidates: int = 8, rows: int = 40, hostile: Sequence[str] = ()
) -> RunFolder:
    """Write config, metrics, rollouts and the evaluations of base, SFT and GRPO, which gets more right as it goes."""
    folder, draw = RunFolder(path), random.Random(0)
    path.mkdir(parents=True)
    evaluation = EvaluationConfig(n_bootstrap=100)
    config.save(
        Config(run_dir=str(path), evaluation=evaluation, training=TrainingConfig(args={"seed": 0})), folder.config
    )
    training = synthesize("five_tools", rows=max(rows, 40), seed=0)
    for step in range(1, steps + 1):
        chosen = draw.choices(range(len(training)), k=groups)
        records = [_group(step, i, training[i], candidates, step / (steps + 1), draw) for i in chosen]
        if step == 1:
            for candidate, text in zip(records[0]["candidates"], hostile, strict=False):
                candidate.update(_candidate(text, training[chosen[0]]))
        # json.dumps escapes, so that half a pair reaches the file; the trainer's own lines cannot hold one
        folder.rollouts("grpo").parent.mkdir(exist_ok=True)
        with folder.rollouts("grpo").open("a") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
        append_log(folder.metrics, [_logged(step, records)])
    if steps:
        saved_rollouts.pack(folder.rollouts("grpo"))
    summaries: dict[str, dict[str, Any]] = {}
    for name in ("same_tools", "unseen_tools"):
        held_out = synthesize(name.replace("same", "five"), rows=rows, seed=0, split="held_out")
        for stage, skill in (("base", 0.2), ("sft", 0.5), ("grpo", 0.6)):
            summary = _evaluate(folder, stage, name, held_out, skill, draw, evaluation)
            summaries.setdefault(name, {})[stage] = summary
            append_log(folder.metrics, [{"stage": stage, "evaluation": name, **summary}])
    folder.summaries.write_text(json.dumps(summaries))
    return folder


def completion(row: Row, skill: float, draw: random.Random) -> str:
    """What a policy of some skill writes: what is right, or one of the things that go wrong."""
    truth = row.ground_truth
    right = wire.render(truth.calls) if truth.calls else truth.text or ""
    if draw.random() < skill:
        return right
    names = [tool["function"]["name"] for tool in row.tools]
    changed = [ToolCall(call.name, {**call.arguments, "note": "x"}) for call in truth.calls]
    wrong = [
        wire.render(changed or [ToolCall(draw.choice(names), {"a": 1})]),
        wire.render([ToolCall(draw.choice(names), {})]),
        "I'm sorry, but I can't help with that.",
        "Which date do you mean?",
        '<tool_call>\n{"name": "' + names[0],
        "",
    ]
    return draw.choice(wrong)


def _candidate(text: str, row: Row) -> dict[str, Any]:
    result = REWARD(text, ground_truth=row.ground_truth, tools=row.tools)
    assert result is not None
    return {
        "completion": text,
        "n_tokens": max(1, len(text) // 4),
        "reward": result.value,
        "components": dict(result.components),
        "behavior": result.behavior,
        "reasons": [reason.to_json() for reason in result.reasons],
    }


def _group(step: int, index: int, row: Row, candidates: int, skill: float, draw: random.Random) -> dict[str, Any]:
    return {
        "step": step,
        "row": index,
        "prompt": f"<|im_start|>user\n{row.prompt[-1]['content']}<|im_end|>\n",
        "messages": json.dumps(row.prompt),
        "tools": json.dumps(row.tools),
        "expected": json.dumps(row.ground_truth.to_json()),
        "candidates": [_candidate(completion(row, skill, draw), row) for _ in range(candidates)],
    }


def _logged(step: int, records: list[dict[str, Any]]) -> dict[str, Any]:
    """What TRL logs of a step, under its names."""
    every = [candidate for record in records for candidate in record["candidates"]]
    rewards = [candidate["reward"] for candidate in every]
    alike = [len({candidate["reward"] for candidate in record["candidates"]}) == 1 for record in records]
    tiers = {name: [c["components"][name] for c in every if name in c["components"]] for name in REWARD.weights}
    return {
        "stage": "grpo",
        "step": step,
        "loss": 0.1 / step,
        "reward": statistics.fmean(rewards),
        "reward_std": statistics.stdev(rewards),
        "frac_reward_zero_std": statistics.fmean(alike),
        **{f"reward_components/{name}": statistics.fmean(shares) for name, shares in tiers.items() if shares},
        "entropy": 0.5 / step,
        "completions/mean_length": statistics.fmean(candidate["n_tokens"] for candidate in every),
        "completions/max_length": max(candidate["n_tokens"] for candidate in every),
        "completions/clipped_ratio": 0.0,
        "sampling/sampling_logp_difference/mean": 1e-6 * step,
        "epoch": 0.1 * step,
    }


def _evaluate(
    folder: RunFolder,
    stage: str,
    name: str,
    rows: Sequence[Row],
    skill: float,
    draw: random.Random,
    evaluation: EvaluationConfig,
) -> dict[str, Any]:
    texts = [completion(row, skill, draw) for row in rows]
    scored = [
        score(i, row, Completion(text, max(1, len(text) // 4)), REWARD)
        for i, (row, text) in enumerate(zip(rows, texts, strict=True))
    ]
    results = Evaluation(tuple(result for result in scored if result is not None), unscored=0, seconds=1.5)
    write_results(folder.evaluation(stage, name), results)
    return summarize(results, evaluation).to_json()
