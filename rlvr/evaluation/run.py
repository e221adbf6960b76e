"""Evaluate a policy: one greedy completion for each row, scored by the same reward that trains it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from rewards import Behavior, Binary
from rewards.wire import AUTO
from rlvr.chat import render_prompt
from rlvr.config import build_reward
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.evaluation.metrics import summarize
from rlvr.evaluation.table import report
from rlvr.policy.load import device_for, load_policy
from rlvr.progress import standard_console, task
from rlvr.quiet import quiet_libraries
from rlvr.rollout.hf import Completion, greedy_completions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console

    from rewards import Reward
    from rlvr.config import Config, EvaluationConfig
    from rlvr.data.row import Row
    from rlvr.policy.load import Policy

_EXACT = Binary()


@dataclass(frozen=True)
class RowResult:
    """What the policy did on one row.

    Attributes:
        index: the row's position in its evaluation set, from 0.
        expected: the behaviour that the ground truth asks for.
        predicted: the behaviour of the completion, or None where it has none (an empty text).
        reward: in [0, 1].
        is_exact: the binary reward is 1: the same calls with equal arguments, or the right abstention.
    """

    index: int
    expected: Behavior
    predicted: Behavior | None
    reward: float
    is_exact: bool
    is_truncated: bool
    n_tokens: int
    components: dict[str, float]
    reasons: tuple[str, ...]
    completion: str


@dataclass(frozen=True)
class Evaluation:
    """All rows of one evaluation set, in their order, without those whose ground truth cannot be scored."""

    results: tuple[RowResult, ...]
    unscored: int
    seconds: float


def evaluate(
    policy: Policy,
    rows: Sequence[Row],
    reward: Reward,
    config: EvaluationConfig,
    *,
    bf16: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Complete every row greedily and score what comes out.

    Args:
        policy: model and tokenizer; left as they were, random state included.
        rows: the evaluation set.
        reward: the reward that trains the policy.
        config: batch size and length limit.
        bf16: generate in bfloat16.
        progress: called with the number of rows of each batch that is done.
    """
    started = time.perf_counter()
    completions = greedy_completions(
        policy,
        [render_prompt(policy.tokenizer, row) for row in rows],
        max_new_tokens=config.max_new_tokens,
        batch_size=config.batch_size,
        bf16=bf16,
        wire=getattr(reward, "wire", AUTO),
        on_batch=progress,
    )
    scored = (score(i, row, text, reward) for i, (row, text) in enumerate(zip(rows, completions, strict=True)))
    results = tuple(result for result in scored if result is not None)
    return Evaluation(results, unscored=len(rows) - len(results), seconds=time.perf_counter() - started)


def score(index: int, row: Row, completion: Completion, reward: Reward) -> RowResult | None:
    """Score one completion against its row; None where the ground truth cannot be scored."""
    result = reward(completion.text, ground_truth=row.ground_truth, tools=row.tools)
    exact = _EXACT(completion.text, ground_truth=row.ground_truth, tools=row.tools)
    if result is None or exact is None:
        return None
    return RowResult(
        index=index,
        expected=row.ground_truth.behavior,
        predicted=result.behavior,
        reward=result.value,
        is_exact=exact.value == 1.0,
        is_truncated=completion.is_truncated,
        n_tokens=completion.n_tokens,
        components=dict(result.components),
        reasons=result.reasons,
        completion=completion.text,
    )


def evaluate_sets(
    policy: Policy, sets: Mapping[str, Sequence[Row]], reward: Reward, config: Config, console: Console, *, label: str
) -> Iterator[tuple[str, Evaluation]]:
    """Evaluate one set after the other, showing the progress of each; `label` names the policy there."""
    for name, rows in sets.items():
        with task(console, f"evaluating {label} on {name}", len(rows)) as shown:
            bf16 = config.hardware.bf16
            evaluation = evaluate(policy, rows, reward, config.evaluation, bf16=bf16, progress=shown.advance)
        yield name, evaluation


def command(config: Config, console: Console | None = None) -> None:
    """`rlvr evaluate`: evaluate one model on every set of `data.evaluation` and print the tables.

    Where `config.run_dir` is set, what the model did on each row is written there, one JSONL file for each set.

    Raises:
        UserError: no evaluation set, or a model or file that cannot be used.
    """
    console = console or standard_console()
    if not config.data.evaluation:
        raise UserError("data.evaluation: no set to evaluate on; add data.evaluation.NAME.path=ROWS.jsonl")
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    sets = {name: load(source) for name, source in config.data.evaluation.items()}
    summaries = {}
    with quiet_libraries():
        policy = load_policy(config.model, device=device_for(config.hardware))
        for name, evaluation in evaluate_sets(
            policy, sets, build_reward(config.reward), config, console, label="model"
        ):
            summaries[name] = {config.model.path: summarize(evaluation, config.evaluation)}
            if config.run_dir is not None:
                write_results(Path(config.run_dir) / f"{name}.jsonl", sets[name], evaluation)
    console.print(report(summaries, {}, config.evaluation.confidence, console.width))


def write_results(path: Path, rows: Sequence[Row], evaluation: Evaluation) -> None:
    """One line of JSON for each scored row: the request, what was expected, what came, and how it scored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for result in evaluation.results:
            file.write(json.dumps(_record(rows[result.index], result), ensure_ascii=False) + "\n")


def _record(row: Row, result: RowResult) -> dict[str, Any]:
    record = row.to_json()
    return {
        "index": result.index,
        "prompt": record["prompt"],
        "tools": record["tools"],
        "expected": record["reward_model"],
        "predicted_behavior": result.predicted,
        "completion": result.completion,
        "reward": result.reward,
        "is_exact": result.is_exact,
        "is_truncated": result.is_truncated,
        "n_tokens": result.n_tokens,
        "components": result.components,
        "reasons": result.reasons,
    }
