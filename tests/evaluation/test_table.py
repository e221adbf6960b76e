from __future__ import annotations

from collections.abc import Sequence

import pytest

from rewards import Behavior
from rlvr.evaluation.metrics import Interval, Summary
from rlvr.evaluation.table import as_text, report

LOW = Interval(0.25, 0.21, 0.29, 300)
HIGH = Interval(0.55, 0.51, 0.59, 300)


LONG_NAME = "runs/qwen2.5-1.5b-instruct-sweep-20261128-101500/reward=tiered,seed=3"
THREE = (Behavior.EXECUTE, Behavior.CLARIFY, Behavior.REFUSE)


def summary(reward: Interval, behaviors: Sequence[Behavior] = THREE) -> Summary:
    by_behavior = dict.fromkeys(behaviors, reward)
    return Summary(reward=reward, exact=reward, by_behavior=by_behavior, unscored=0, truncated=0, seconds=1.0)


def test_stages_stand_in_their_order_with_each_interval() -> None:
    text = as_text(report({"same_tools": {"base": summary(LOW), "grpo": summary(HIGH)}}, {}, 0.95), 110)
    title, *lines = text.splitlines()
    assert title == "same_tools: 300 rows, means with 95% bootstrap intervals"
    base, last = (line for line in lines if line.lstrip().startswith(("base", "GRPO")))
    assert base.count("0.25 [0.21, 0.29]") == 5
    assert last.count("0.55 [0.51, 0.59]") == 5


@pytest.mark.parametrize("policies", [["base", "grpo"], ["base", LONG_NAME]], ids=["stages", "a long name"])
@pytest.mark.parametrize("width", range(60, 161))
def test_the_table_fits_every_width_without_losing_a_number(width: int, policies: list[str]) -> None:
    by_policy = {name: summary(LOW, list(Behavior)) for name in policies}
    text = as_text(report({"unseen_tools": by_policy}, {}, 0.95), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    numbers = len(policies) * (2 + len(Behavior))
    assert text.count("0.25") == text.count("[0.21, 0.29]") + text.count(" 0.21–0.29") == numbers
    assert all(word in text for word in ("tool-call", "exact", "execute", "clarify", "refuse", "answer"))


@pytest.mark.parametrize("width", [74, 80, 90])
def test_four_behaviors_stand_beside_each_other_in_eighty_columns(width: int) -> None:
    """A name of six and six intervals of nine, with two columns between: 74."""
    by_policy = {name: summary(LOW, list(Behavior)) for name in ("base", "grpo")}
    text = as_text(report({"unseen_tools": by_policy}, {}, 0.95), width)
    assert (text.count("policy"), text.count("0.21–0.29")) == (1, 12)


@pytest.mark.parametrize(
    ("last", "gain", "said"),
    [
        (
            HIGH,
            Interval(1.2, 0.9, 1.5, 300),
            "GRPO against base: tool-call reward +120% [+90%, +150%]; improved",
        ),
        (LOW, Interval(0.0, -0.1, 0.1, 300), "tool-call reward +0% [-10%, +10%]; no clear change"),
        (LOW, Interval(0.3, 0.1, 0.5, 300), "[+10%, +50%]; improved"),  # the two intervals overlap
        (LOW, Interval(-0.3, -0.5, -0.1, 300), "[-50%, -10%]; worse"),
        (HIGH, None, "no ratio, the base earns next to nothing; improved"),
    ],
    ids=["apart", "overlap", "paired", "paired, worse", "no ratio"],
)
def test_the_gain_is_said_in_words(last: Interval, gain: Interval | None, said: str) -> None:
    tables = report({"set": {"base": summary(LOW), "grpo": summary(last)}}, {"set": gain}, 0.95)
    assert said in as_text(tables, 110)


def test_a_loss_is_called_a_loss() -> None:
    tables = report({"set": {"base": summary(HIGH), "grpo": summary(LOW)}}, {"set": None}, 0.95)
    assert "next to nothing; worse" in as_text(tables, 110)
