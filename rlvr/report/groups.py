"""Prompts with their candidates, in columns: the form in which the page holds tens of thousands of them.

A group is a prompt of the training with the candidates that GRPO compared, or a row of an evaluation set with what
each policy wrote for it. Every text is stored once; groups and candidates name it by its number.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rewards import Behavior, GroundTruth, Reason
from rlvr.evaluation.table import stage_name
from rlvr.files import Json, JsonObject
from rlvr.records.evaluated_row import NOTHING, EvaluatedRow
from rlvr.records.message import json_text
from rlvr.records.rollout import Candidate, Rollout

BEHAVIORS = (*(behavior.value for behavior in Behavior), NOTHING)
_GROUP = ("source", "step", "row", "messages", "prompt", "tools", "expected", "behavior", "called", "n")
_CANDIDATE = ("completion", "is_talk", "reward", "advantage", "did", "tokens", "reasons", "label", "shares")
_STABLE = 1e-4
"""What TRL adds to the deviation that it divides by."""


@dataclass
class Columns:
    """Groups and candidates as columns; `to_json` is what the page reads.

    Attributes:
        scale: TRL's `scale_rewards`: `group`, `batch` or `none`.
    """

    scale: str = "group"
    sources: list[dict[str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    tiers: list[str] = field(default_factory=list)
    strings: dict[str, int] = field(default_factory=dict)
    kinds: dict[int, int] = field(default_factory=dict)
    group: dict[str, list[Json]] = field(default_factory=lambda: {name: [] for name in _GROUP})
    candidate: dict[str, list[Json]] = field(default_factory=lambda: {name: [] for name in _CANDIDATE})

    def add_rollouts(self, name: str, rollouts: Sequence[Rollout]) -> None:
        """Add the groups of a training stage."""
        self.sources.append({"name": name, "kind": "rollouts"})
        rewards = [[candidate.reward for candidate in rollout.candidates] for rollout in rollouts]
        steps = [rollout.step for rollout in rollouts]
        for rollout, of_group in zip(rollouts, advantages(rewards, steps, self.scale), strict=True):
            shown = rollout.prompt if rollout.messages_json is None else None
            self._add_group(
                rollout.step, rollout.row, shown, rollout.messages_json, rollout.tools_json, rollout.ground_truth
            )
            self.group["n"].append(len(of_group))
            numbers = range(1, len(of_group) + 1)
            for number, candidate, advantage in zip(numbers, rollout.candidates, of_group, strict=True):
                self._add_candidate(candidate, candidate.transcript_json, f"#{number}", candidate.behavior, advantage)

    def add_evaluation(self, name: str, by_stage: Mapping[str, Mapping[int, EvaluatedRow]]) -> None:
        """Add the rows of an evaluation set; the policies' completions take the place of candidates."""
        self.sources.append({"name": name, "kind": "evaluation"})
        for index in sorted(set[int]().union(*by_stage.values())):
            by_policy = {stage: rows[index] for stage, rows in by_stage.items() if index in rows}
            row = next(iter(by_policy.values()))
            self._add_group(None, index, None, json_text(row.prompt), json_text(row.tools), row.ground_truth)
            self.group["n"].append(len(by_policy))
            for stage, evaluated in by_policy.items():
                # A server's completions are messages, and conversations are.
                talk = None if isinstance(evaluated.completion, str) else json_text(evaluated.completion)
                self._add_candidate(evaluated, talk, stage_name(stage), evaluated.predicted, None)

    def to_json(self) -> JsonObject:
        """Return plain data; `kinds` pairs each reason with its kind, which names no value of a single completion."""
        return {
            "sources": self.sources,
            "labels": self.labels,
            "tiers": self.tiers,
            "behaviors": BEHAVIORS,
            "kinds": list(self.kinds.items()),
            "strings": list(self.strings),
            "group": self.group,
            "candidate": self.candidate,
        }

    def _add_group(
        self, step: int | None, row: int, prompt: str | None, messages: str | None, tools: str, truth: GroundTruth
    ) -> None:
        """Add a group, but for how many candidates it has; `messages` and `tools` are JSON."""
        values = {
            "source": len(self.sources) - 1,
            "step": step,
            "row": row,
            "messages": None if messages is None else self._number(messages),
            "prompt": None if prompt is None else self._number(prompt),
            "tools": self._number(tools),
            "expected": self._number(json_text(truth.to_json())),
            "behavior": BEHAVIORS.index(truth.behavior),
            "called": list(map(self._number, dict.fromkeys(call.name for call in truth.calls))),
        }
        for name, value in values.items():
            self.group[name].append(value)

    def _add_candidate(
        self,
        candidate: Candidate | EvaluatedRow,
        talk: str | None,
        label: str,
        did: Behavior | None,
        advantage: float | None,
    ) -> None:
        """Add a candidate; `talk` is the JSON of its messages, where it has such."""
        if label not in self.labels:
            self.labels.append(label)
        components = candidate.components
        self.tiers.extend(name for name in components if name not in self.tiers)
        values = {
            "completion": self._number(json_text(candidate.completion) if talk is None else talk),
            "is_talk": talk is not None,
            "reward": candidate.reward,
            "advantage": advantage,
            "did": BEHAVIORS.index(did or NOTHING),
            "tokens": candidate.n_tokens,
            "reasons": list(map(self._reason, candidate.reasons)),
            "label": self.labels.index(label),
            "shares": list(map(components.get, self.tiers)),
        }
        for name, value in values.items():
            self.candidate[name].append(value)

    def _reason(self, reason: Reason) -> int:
        number = self._number(str(reason))
        self.kinds[number] = self._number(reason.without_values)
        return number

    def _number(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))


def advantages(
    rewards: Sequence[Sequence[float | None]], steps: Sequence[int], scale: str = "group"
) -> list[list[float | None]]:
    """Return each candidate's reward less its group's mean, over a deviation, as TRL computes it of one reward.

    Args:
        rewards: of each group's candidates; None where nothing could be scored.
        steps: the step of each group, with whose other groups `batch` shares its deviation.
        scale: divide by the deviation of the `group`, of the step's `batch`, or by `none`.

    Returns:
        In the shape of `rewards`; 0 where nothing could be scored, as TRL has it.

    Source: Shao et al. 2024, arXiv:2402.03300, section 4.1; `trl.GRPOConfig.scale_rewards`.
    """
    by_step: dict[int, list[float]] = defaultdict(list)
    for group, step in zip(rewards, steps, strict=True):
        by_step[step].extend(_scored(group))
    each = []
    for group, step in zip(rewards, steps, strict=True):
        divisor = 1.0
        if scale != "none":
            divisor = _deviation(by_step[step] if scale == "batch" else _scored(group)) + _STABLE
        each.append(_of_group(group, divisor))
    return each


def _of_group(group: Sequence[float | None], divisor: float) -> list[float | None]:
    scored = _scored(group)
    mean = statistics.fmean(scored) if scored else 0.0
    return [0.0 if reward is None else round((reward - mean) / divisor, 6) for reward in group]


def _scored(group: Sequence[float | None]) -> list[float]:
    return [reward for reward in group if reward is not None]


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
