"""An estimate as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from rlvr.training.estimate.device import UTILIZATION
from rlvr.training.estimate.stages import Estimate, EvaluationEstimate, StageEstimate, seconds_in_all

GIB = 2**30


def lines(estimate: Estimate) -> Iterable[str]:
    """Yield the estimate line by line."""
    shape, lengths = estimate.shape, estimate.lengths
    yield (
        f"{shape.parameters / 1e6:,.1f}M parameters, {estimate.trained / 1e6:,.1f}M trained; a row has "
        f"{lengths.prompt:.0f} + {lengths.completion:.0f} tokens, the longest {lengths.longest}"
        + ("" if lengths.is_exact else " (by characters: the tokenizer is not here)")
    )
    each = f"each of {estimate.n_devices} x " if estimate.n_devices > 1 else ""
    yield f"on {each}{estimate.device.name}, {_how(estimate)}"
    for stage in estimate.stages:
        parts = ", ".join(f"{name} {_shown(size)}" for name, size in stage.memory.items() if size)
        yield f"{stage.stage}: {_shown(stage.total)} ({parts}); {stage.steps} steps, {_shown_time(stage)}"
    most = max((stage.total for stage in estimate.stages), default=0.0)
    if estimate.device.memory is not None:
        verdict = "fits" if most < 0.9 * estimate.device.memory else "does not fit"
        yield f"{verdict} in {_shown(estimate.device.memory)}, of which a tenth is left for what is not counted"
    if estimate.evaluation is not None:
        policies = "the base" if estimate.evaluation.policies == 1 else f"{estimate.evaluation.policies} policies"
        yield f"evaluation: {estimate.evaluation.rows:,} rows by {policies}, {_shown_time(estimate.evaluation)}"
    yield f"in all about {duration(seconds_in_all(estimate))}, without loading"


def _how(estimate: Estimate) -> str:
    if not estimate.is_timed:
        return f"at {UTILIZATION:.0%} of {estimate.device.flops / 1e12:,.3g} TFLOP/s"
    threads = f"{torch.get_num_threads()} thread" + ("s" if torch.get_num_threads() > 1 else "")
    return f"timed on a few of the model's layers, {threads} and nothing beside them"


def _shown_time(stage: StageEstimate | EvaluationEstimate) -> str:
    if stage.most_seconds < 1.3 * stage.seconds:
        return duration(stage.seconds)
    return f"{duration(stage.seconds)}, or {duration(stage.most_seconds)} where all candidates run to their limit"


def _shown(size: float) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB / 10 else f"{size / 2**20:.1f} MiB"


def duration(seconds: float) -> str:
    """Return seconds as a person reads them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
