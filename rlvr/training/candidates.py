"""What a step's candidates do: the share of each behavior, and on request a group as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from rewards import Behavior, GroundTruth, RewardResult
from rlvr import processes
from rlvr.evaluation.table import one_line
from rlvr.files import JsonMapping, append_log
from rlvr.records.rollout import Candidate, Rollout

_COLUMNS = ("row", "tools", "reward_model")
MOST_CHARS = 300
"""How much of a completion is shown."""


def log_behaviors(results: Sequence[RewardResult | None], log_metric: Callable[[str, float], None] | None) -> None:
    """Tell TRL which share of the candidates did what, as `behavior/execute` and so on."""
    if log_metric is None or not results:
        return
    counts = Counter(result.behavior for result in results if result is not None)
    for behavior in (*Behavior, None):
        log_metric(f"behavior/{behavior or 'nothing'}", counts[behavior] / len(results))


def in_rollouts(
    step: int, prompts: Sequence[str], candidates: Sequence[Candidate], size: int, columns: JsonMapping
) -> list[Rollout]:
    """Return each prompt of a step with its candidates, those of all processes.

    Args:
        step: from 1.
        prompts: of all candidates.
        candidates: those of one prompt one after the other.
        size: candidates of a prompt.
        columns: of the training rows, as TRL hands them to a reward.
    """
    messages = columns.get("prompt_messages") or [None] * len(prompts)
    of_rows = zip(*(columns[name] for name in _COLUMNS), strict=True)
    drawn = list(zip(prompts, of_rows, messages, candidates, strict=True))
    if len(drawn) % size:  # the candidates of a prompt are spread over processes
        return _grouped(step, processes.joined(drawn), size)
    return processes.joined(_grouped(step, drawn, size))


def _grouped(
    step: int, drawn: Sequence[tuple[str, tuple[Any, ...], str | None, Candidate]], size: int
) -> list[Rollout]:
    rollouts = []
    for start in range(0, len(drawn), size):
        prompt, (row, tools, ground_truth), messages, _ = drawn[start]
        rollouts.append(
            Rollout(
                step=step,
                row=row,
                prompt=prompt,
                tools_json=tools,
                ground_truth=GroundTruth.parse(ground_truth),
                candidates=tuple(candidate for *_, candidate in drawn[start : start + size]),
                messages_json=messages,
            )
        )
    return rollouts


def record(path: Path, rollouts: Sequence[Rollout]) -> None:
    """Write a step's rollouts down, a line each; of several processes the first does."""
    if processes.is_first():
        append_log(path, (rollout.to_json() for rollout in rollouts))


def show_group(console: Console, step: int, request: str, expected: str, candidates: Sequence[Candidate]) -> None:
    """Print a group's candidates, the best first, equal ones once: green exactly right, yellow partly, red nothing."""
    lines = Text()
    lines.append(f"step {step}: {one_line(request)[-MOST_CHARS:]}\n", style="bold")
    lines.append(f"  expected  {one_line(expected)[:MOST_CHARS]}\n", style="cyan")
    counts = Counter(candidate.completion for candidate in candidates)
    first = {candidate.completion: candidate for candidate in reversed(candidates)}
    for text, candidate in sorted(first.items(), key=lambda item: -(item[1].reward or 0.0)):
        reward = candidate.reward
        style = "red" if not reward else "green" if reward == 1.0 else "yellow"
        shown = "none" if reward is None else f"{reward:.2f}"
        lines.append(f"  {counts[text]} x {shown}  {one_line(text)[:MOST_CHARS]}\n", style=style)
        for reason in candidate.reasons[:1]:
            lines.append(f"            {one_line(str(reason))}\n", style="dim")
    console.print(lines, soft_wrap=True)
