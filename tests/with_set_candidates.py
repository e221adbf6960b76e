"""`rlvr`, with candidates that depend on the prompt and the step alone: so that runs of one process and of two can be
compared, which would draw others. Several command lines stand one after the other, with `NEXT` between them."""

from __future__ import annotations

import gc
import random
import sys
from collections import Counter
from typing import Any
from unittest import mock

from rlvr import processes
from rlvr.cli import main
from rlvr.training.grpo_trainer import GRPOTrainer

MOST_TOKENS = 6
NEXT = "--next"


def set_candidates(self: GRPOTrainer, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
    """Stands in for `_generate_single_turn`."""
    seen: Counter[tuple[int, ...]] = Counter()
    completions = []
    for prompt in map(tuple, prompt_ids):
        seen[prompt] += 1
        draw = random.Random(f"{prompt} {seen[prompt]} {self.state.global_step}")
        completions.append([draw.randrange(40, 200) for _ in range(draw.randrange(1, MOST_TOKENS + 1))])
    return completions, None


def run_each(arguments: list[str]) -> int:
    """Run the command lines, and return the highest of their exit codes."""
    lines: list[list[str]] = [[]]
    for argument in arguments:
        if argument == NEXT:
            lines.append([])
        else:
            lines[-1].append(argument)
    if len(lines) == 1:
        return main(arguments)
    with mock.patch.object(processes, "leave"):  # they stay together until the last line has run
        code = max(map(main, lines))
    processes.leave()
    return code


if __name__ == "__main__":
    gc.freeze()  # what is loaded by now stays: searches for garbage need not go through it
    GRPOTrainer._generate_single_turn = set_candidates  # type: ignore[method-assign]
    sys.exit(run_each(sys.argv[1:]))
