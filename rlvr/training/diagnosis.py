"""Why a GRPO run learns slowly, in words: what its groups of candidates look like, and what to do about it.

A group teaches only where its candidates' rewards differ (Yu et al. 2025, DAPO, arXiv:2503.14476, section 3.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rewards import Behavior
from rlvr.errors import RunError
from rlvr.records.rollout import TOLERANCE, Candidate, Rollout, outcome

# From these shares on, a finding is worth a line.
SAME_SHARE = 0.5
CLIPPED_SHARE = 0.2
MALFORMED_SHARE = 0.2
SILENT_SHARE = 0.9
MOST_UNSCORED_BATCHES = 3
MOST_BATCHES_ALIKE = 50


@dataclass(frozen=True)
class Groups:
    """Counts over groups and their candidates.

    Attributes:
        n: groups with rewards.
        all_right: groups whose candidates all earned 1.
        all_alike: groups whose candidates all earned the same, less than 1.
        candidates: candidates in all.
        clipped: those that ran into the length limit.
        malformed: those that tried to call in a form that could not be read.
        call_candidates: those of which a call was expected.
        calls: those of them that called, in whatever form.
        conversations: candidates that are whole conversations.
    """

    n: int
    all_right: int
    all_alike: int
    candidates: int
    clipped: int
    malformed: int
    call_candidates: int
    calls: int
    conversations: int


def count(rollouts: Iterable[Rollout], max_completion_length: int) -> Groups:
    """Count what a run's rollouts file holds: one record for each prompt and step, with its candidates."""
    outcomes: Counter[str] = Counter()
    n_candidates = clipped = malformed = call_candidates = calls = conversations = 0
    for rollout in rollouts:
        candidates = rollout.scored
        if not candidates:
            continue
        outcomes[outcome(rollout.rewards)] += 1
        n_candidates += len(candidates)
        clipped += sum(_is_clipped(candidate, max_completion_length) for candidate in candidates)
        conversations += sum(candidate.transcript_json is not None for candidate in candidates)
        malformed += sum(map(_is_malformed, candidates))
        if rollout.ground_truth.behavior is Behavior.EXECUTE:
            call_candidates += len(candidates)
            calls += sum(candidate.behavior is Behavior.EXECUTE for candidate in candidates)
    n = outcomes.total()
    all_right, all_alike = outcomes["all_right"], outcomes["all_alike"]
    return Groups(n, all_right, all_alike, n_candidates, clipped, malformed, call_candidates, calls, conversations)


def _is_clipped(candidate: Candidate, most_tokens: int) -> bool:
    """Tell whether a candidate ran into its limit. A conversation's tokens are of all turns; it says how it ended."""
    if candidate.transcript_json is not None:
        return candidate.completion.endswith("[truncated]")
    return candidate.n_tokens >= most_tokens


def _is_malformed(candidate: Candidate) -> bool:
    return candidate.behavior is Behavior.EXECUTE and candidate.components.get("wire_format", 1.0) < 1.0


def findings(groups: Groups, max_completion_length: int) -> Sequence[str]:
    """Return one line for each thing that keeps the run from learning, the most frequent causes first; often none."""
    if not groups.n:
        return []
    lines = []
    if groups.call_candidates and groups.calls < (1 - SILENT_SHARE) * groups.call_candidates:
        share = 1 - groups.calls / groups.call_candidates
        lines.append(
            f"{share:.0%} of the candidates that should call a tool do not: warm up with SFT first, and check that the "
            "model's chat template writes calls in a form that the reward reads"
        )
    if groups.all_alike > SAME_SHARE * groups.n:
        lines.append(
            f"{groups.all_alike / groups.n:.0%} of groups earn one and the same reward, and not the full one: their "
            "candidates are too much alike, or all wrong; warm up with SFT first, or raise training.args.temperature"
        )
    if groups.all_right > SAME_SHARE * groups.n:
        lines.append(
            f"{groups.all_right / groups.n:.0%} of groups are all right and teach nothing more: add harder rows, or "
            "let training.dynamic_sampling_rounds=3 draw others in their place"
        )
    if groups.clipped > CLIPPED_SHARE * groups.candidates:
        cut = f"cut at {max_completion_length} tokens: raise training.args.max_completion_length"
        advice = (
            "or training.most_episode_tokens, which is of all turns"
            if groups.conversations
            else "or reward shorter answers"
        )
        lines.append(f"{groups.clipped / groups.candidates:.0%} of candidates are {cut}, {advice}")
    if groups.malformed > MALFORMED_SHARE * groups.candidates:
        lines.append(
            f"{groups.malformed / groups.candidates:.0%} of candidates call in a form that cannot be read: warm up "
            "with SFT in the model's own chat template"
        )
    return lines


class Watch:
    """Stops a training that has had nothing to learn from for long.

    Args:
        reward: what to call the reward.
    """

    def __init__(self, reward: str) -> None:
        self.reward = reward
        self.unscored = 0
        self.alike = 0

    def look(self, rewards: Sequence[float | None], size: int) -> None:
        """Take in the rewards of a batch, `size` candidates of each prompt in a row.

        Raises:
            RunError: none has been scored in some batches, or no group has differed in many.
        """
        scored = [reward for reward in rewards if reward is not None]
        self.unscored += 1
        if scored:
            self.unscored = 0
        if self.unscored == MOST_UNSCORED_BATCHES:
            raise RunError(
                f"reward {self.reward}: scored none of the candidates of {self.unscored} batches; it returned None for "
                "each, as for a ground truth that it cannot read"
            )
        self.alike += 1
        if self.unscored or _teaches(rewards, size):
            self.alike = 0
        if self.alike == MOST_BATCHES_ALIKE:
            raise RunError(_why_nothing_to_learn(scored, self.alike))


def _teaches(rewards: Sequence[float | None], size: int) -> bool:
    """Tell whether the candidates of some prompt differ in what they earn."""
    for start in range(0, len(rewards), size):
        group = [reward for reward in rewards[start : start + size] if reward is not None]
        if group and outcome(group) == "teaches":
            return True
    return False


def _why_nothing_to_learn(rewards: Sequence[float], n: int) -> str:
    mean = sum(rewards) / len(rewards)
    reason = f"in {n} batches one after the other all candidates of each prompt earned the same, {mean:.2f} on average"
    if min(rewards) > 1 - TOLERANCE:
        return f"{reason}: the policy does all that the reward asks; end here, or train on harder rows"
    return (
        f"{reason}: there is nothing to learn from. Warm up with SFT first, raise training.args.temperature or "
        "num_generations, or give a reward that tells candidates apart"
    )
