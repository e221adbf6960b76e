"""What a run's candidates earned, and why: the rollouts of a run folder as records.

python read_rollouts.py runs/demo-20261128-120000
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from statistics import fmean

from rlvr.data import saved_rollouts
from rlvr.records.rollout import outcome

if __name__ == "__main__":
    run = Path(sys.argv[1])
    for path in saved_rollouts.files(run):
        rewards_by_step: dict[int, list[float]] = {}
        reasons: Counter[str] = Counter()
        silent_groups = n_groups = 0
        for rollout in saved_rollouts.read(path):  # a prompt with its candidates
            rewards_by_step.setdefault(rollout.step, []).extend(rollout.rewards)
            n_groups += 1
            silent_groups += outcome(rollout.rewards) != "teaches"  # no advantage, so nothing to learn from
            reasons.update(
                f"{reason.tier}: {reason.kind}" for candidate in rollout.scored for reason in candidate.reasons
            )
        print(f"{path.stem}: {n_groups} groups, {silent_groups} of them with equal rewards")
        for step, rewards in sorted(rewards_by_step.items()):
            print(f"  step {step}: mean reward {fmean(rewards):.3f} of {len(rewards)} candidates")
        for reason, count in reasons.most_common(5):
            print(f"  {count:5}  {reason}")
