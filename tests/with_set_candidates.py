"""`rlvr`, with candidates that depend on the prompt and the step alone: so that runs of one process and of two can be
compared, which would draw others."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any
from unittest import mock

from rlvr import processes
from rlvr.cli import main
from rlvr.training.grpo_trainer import GRPOTrainer

MOST_TOKENS = 6


def set_candidates(self: GRPOTrainer, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
    """Stands in for `_generate_single_turn`."""
    seen: Counter[tuple[int, ...]] = Counter()
    completions = []
    for prompt in map(tuple, prompt_ids):
        seen[prompt] += 1
        draw = random.Random(f"{prompt} {seen[prompt]} {self.state.global_step}")
        completions.append([draw.randrange(40, 200) for _ in range(draw.randrange(1, MOST_TOKENS + 1))])
    return completions, None


def run_each(*command_lines: list[str]) -> int:
    """Run command lines one after the other, and return the highest of their exit codes."""
    with (
        mock.patch.object(GRPOTrainer, "_generate_single_turn", set_candidates),
        mock.patch.object(processes, "leave"),  # the processes stay together until the last line has run
    ):
        code = max(map(main, command_lines))
    processes.leave()
    return code
