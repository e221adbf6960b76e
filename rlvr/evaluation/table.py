"""The tables of a run: for each evaluation set one row per policy, each number with its interval."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.text import Text

from rewards import Behavior
from rlvr.progress import PLAIN_WIDTH
from rlvr.tables import FittedTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from rlvr.evaluation.metrics import Interval, Summary

_NAMES = {"base": "base", "sft": "SFT", "dpo": "DPO", "grpo": "GRPO"}


def results_table(name: str, summaries: Mapping[str, Summary], confidence: float) -> FittedTable:
    """Return one evaluation set: a row for each policy, in the order of the stages that made them."""
    first = next(iter(summaries.values()))
    behaviors = [behavior for behavior in Behavior if behavior in first.by_behavior]
    counts = [f"{behavior} ({first.by_behavior[behavior].n})" for behavior in behaviors]
    titles = ["tool-call reward", "exact match", *counts]
    title = f"{name}: {first.reward.n} rows, means with {confidence:.0%} bootstrap intervals"
    table = FittedTable(["policy", *titles], title, left=titles)
    for stage, summary in summaries.items():
        cells = [summary.reward, summary.exact, *(summary.by_behavior[behavior] for behavior in behaviors)]
        table.add_row(stage_name(stage), *map(str, cells))
    return table


def gain_line(base: tuple[str, Interval], last: tuple[str, Interval], gain: Interval | None) -> Text:
    """Return what the last policy gained over the first, in words: the verdict is that of the report."""
    (base_stage, before), (last_stage, after) = base, last
    names = f"{stage_name(last_stage)} against {stage_name(base_stage)}"
    relative = "no ratio, the base earns next to nothing"
    is_better, is_worse = after.is_above(before), before.is_above(after)
    if gain is not None:
        # Paired by row, which tells more than whether the two intervals are apart.
        relative = _percent(gain)
        is_better, is_worse = gain.low > 0, gain.high < 0
    verdict = "no clear change"
    if is_better:
        verdict = "improved"
    elif is_worse:
        verdict = "worse"
    return Text(f"{names}: tool-call reward {relative}; {verdict}")


def report(
    summaries: Mapping[str, Mapping[str, Summary]],
    gains: Mapping[str, Interval | None],
    confidence: float,
) -> Group:
    """Return all tables of a run.

    Args:
        summaries: evaluation set -> stage -> summary, the base first.
        gains: evaluation set -> relative gain of the last stage over the first; empty with a single policy.
        confidence: of the intervals.
    """
    parts: list[RenderableType] = []
    for name, by_stage in summaries.items():
        parts.append(results_table(name, by_stage, confidence))
        if name in gains:
            rewards = [(stage, summary.reward) for stage, summary in by_stage.items()]
            parts.append(gain_line(rewards[0], rewards[-1], gains[name]))
        parts.append(Text(""))
    return Group(*parts)


def as_text(renderable: RenderableType, width: int = PLAIN_WIDTH) -> str:
    """Return the same as it looks on a plain terminal of `width` columns, without trailing spaces."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def one_line(text: str) -> str:
    """Return a model's text on one line, without what would steer a terminal."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


def stage_name(stage: str) -> str:
    """Return how tables name a stage."""
    return _NAMES.get(stage, stage)


def _percent(gain: Interval) -> str:
    return f"{gain.mean:+.0%} [{gain.low:+.0%}, {gain.high:+.0%}]"
