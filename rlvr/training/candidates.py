"""What a step's candidates do: the share of each behavior, and on request a group as a person reads it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from rewards import Behavior, GroundTruth
from rlvr.evaluation.table import printable
from rlvr.records.rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console

    from rewards import RewardResult
    from rlvr.records.rollout import Candidate

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
    step: int, prompts: Sequence[str], candidates: Sequence[Candidate], size: int, columns: Mapping[str, Any]
) -> list[Rollout]:
    """Return each prompt of a step with its candidates.

    Args:
        step: from 1.
        prompts: of all candidates.
        candidates: those of one prompt one after the other.
        size: candidates of a prompt.
        columns: of the training rows, as TRL hands them to a reward.
    """
    messages = columns.get("prompt_messages")
    return [
        Rollout(
            step=step,
            row=columns["row"][start],
            prompt=prompts[start],
            tools_json=columns["tools"][start],
            ground_truth=GroundTruth.parse(columns["reward_model"][start]),
            candidates=tuple(candidates[start : start + size]),
            messages_json=messages[start] if messages is not None else None,
        )
        for start in range(0, len(prompts), size)
    ]


def show_group(console: Console, step: int, request: str, expected: str, candidates: Sequence[Candidate]) -> None:
    """Print a group's candidates, the best first, equal ones once: green exactly right, yellow partly, red nothing."""
    lines = Text()
    lines.append(f"step {step}: {printable(request)[-MOST_CHARS:]}\n", style="bold")
    lines.append(f"  expected  {printable(expected)[:MOST_CHARS]}\n", style="cyan")
    counts = Counter(candidate.completion for candidate in candidates)
    first = {candidate.completion: candidate for candidate in reversed(candidates)}
    for text, candidate in sorted(first.items(), key=lambda item: -(item[1].reward or 0.0)):
        reward = candidate.reward
        style = "red" if not reward else "green" if reward == 1.0 else "yellow"
        shown = "none" if reward is None else f"{reward:.2f}"
        lines.append(f"  {counts[text]} x {shown}  {printable(text)[:MOST_CHARS]}\n", style=style)
        for reason in candidate.reasons[:1]:
            lines.append(f"            {printable(str(reason))}\n", style="dim")
    console.print(lines, soft_wrap=True)
