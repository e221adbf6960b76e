"""The vocabulary head on the positions that have a label, and no others.

TRL's fused head leaves the prompt's positions out on a GPU and computes them on a CPU (trl 1.16,
`trl.trainer.utils.add_fused_lm_head`), where tool-calling prompts are most of a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from trl.trainer import utils


@contextmanager
def on_labels_only() -> Iterator[None]:
    """Within this, the fused head computes only positions with a label on a CPU too; the values stay the same."""
    choose = utils._use_triton

    def compact(device: torch.device) -> bool:
        return device.type == "cpu" or choose(device)

    utils._use_triton = compact
    try:
        yield
    finally:
        utils._use_triton = choose


class OnLabelsOnly:
    """Mixed into one of TRL's trainers: its loss comes from the positions that have a label."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """As the trainer's."""
        with on_labels_only():
            return super().compute_loss(*args, **kwargs)  # type: ignore[misc]
