"""Prompts that have taught nothing lately are passed over before candidates are drawn for them.

A group whose candidates all earn the same has no gradient, and what such a prompt earned in one epoch it mostly earns
in the next: its candidates are the dearest part of a step that learns nothing. Dynamic sampling (DAPO) finds that out
after it has paid for them; this goes by what each prompt has earned so far. Others that taught take its place.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice


@dataclass
class PromptHistory:
    """What the prompts of a training have earned.

    Args:
        rest_epochs: for how many epochs a prompt is passed over that taught nothing, before it is tried again.
        seed: of the order in which others take the places of those that are passed over.
        outcomes: prompt -> (epoch, whether its candidates earned different rewards), the newest last. Two are kept: a
            run that is resumed in the middle of an epoch needs what was known when it began.
    """

    rest_epochs: int
    seed: int = 0
    outcomes: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)

    def note(self, prompts: Iterable[int], teaches: Iterable[bool], epoch: int) -> None:
        """Remember what a batch's groups have earned."""
        for prompt, has_taught in zip(prompts, teaches, strict=True):
            earlier = [outcome for outcome in self.outcomes.get(prompt, []) if outcome[0] != epoch]
            self.outcomes[prompt] = [*earlier[-1:], (epoch, has_taught)]

    def is_passed_over(self, prompt: int, epoch: int) -> bool:
        """Tell whether a prompt rests in an epoch."""
        before = [outcome for outcome in self.outcomes.get(prompt, []) if outcome[0] < epoch]
        if not before:
            return False
        last, has_taught = before[-1]
        return not has_taught and epoch - last <= self.rest_epochs

    def order(self, order: Sequence[int], epoch: int) -> tuple[list[int], int]:
        """Return an epoch's order with others in the places of prompts that are passed over, and how many those are.

        It is as long as before; where all prompts would rest, none does.
        """
        awake = [prompt for prompt in order if not self.is_passed_over(prompt, epoch)]
        n_passed_over = len(order) - len(awake)
        if not awake or not n_passed_over:
            return list(order), 0
        again = list(awake)
        random.Random(f"{self.seed} {epoch}").shuffle(again)
        return [*awake, *islice(cycle(again), n_passed_over)], n_passed_over
