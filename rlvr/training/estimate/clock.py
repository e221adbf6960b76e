"""How long a pass, a generation or an optimizer's step takes: timed on a few of the model's layers, or by formula."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from transformers import AutoModelForCausalLM, PretrainedConfig, PreTrainedModel, StoppingCriteriaList
from trl.trainer.utils import add_fused_lm_head

from rlvr.policy import attention
from rlvr.sampler import Sampling
from rlvr.sampling.decode import cannot_decode, decode, n_places
from rlvr.training.estimate.batches import Passes, Writing
from rlvr.training.estimate.device import UTILIZATION, Device
from rlvr.training.estimate.shape import Shape

FEW, MORE = 1, 3
"""Layers of the two models that are timed: the difference is what a layer takes, without what comes once."""

ROUNDS = 8
MOST_TIMES = 5
LONG_ENOUGH_S = 0.5


class Clock(Protocol):
    """Says how many seconds something takes."""

    def update_s(self, passes: Passes, *, checkpointing: bool) -> float:
        """A mean pass, forward and backward."""

    def forward_s(self, passes: Passes) -> float:
        """A mean pass, forward alone."""

    def step_s(self) -> float:
        """Clip the gradients and step the optimizer."""

    def writing_s(self, writing: Writing, sampling: Sampling) -> tuple[float, float]:
        """Read the prompts of a batch, and write one round."""


@dataclass(frozen=True)
class Formula:
    """The time of a device by its peak.

    Args:
        shape: the model's.
        device: what computes.
        weight_bytes: of all weights.
        value_bytes: of a key or value that is kept.
    """

    shape: Shape
    device: Device
    weight_bytes: float
    value_bytes: int

    def update_s(self, passes: Passes, *, checkpointing: bool) -> float:
        """Return 6 operations a parameter and token, 8 where the forward pass is repeated."""
        return self._computing_s((8 if checkpointing else 6) * passes.places)

    def forward_s(self, passes: Passes) -> float:
        """Return 2 operations a parameter and token."""
        return self._computing_s(2 * passes.places)

    def step_s(self) -> float:
        """Return nothing: it is small beside a pass."""
        return 0.0

    def writing_s(self, writing: Writing, sampling: Sampling) -> tuple[float, float]:
        """Return the time of the prompts' operations, and of reading weights and cache once and the operations."""
        cached = writing.places + writing.rows * writing.rounds / 2
        bytes_read = self.weight_bytes + cached * self.shape.cache_per_token * self.value_bytes
        round_s = bytes_read / (self.device.bandwidth * UTILIZATION) + self._computing_s(2 * writing.rows)
        return self._computing_s(2 * writing.places), round_s

    def _computing_s(self, passes_and_places: float) -> float:
        return passes_and_places * self.shape.parameters / (self.device.flops * UTILIZATION)


class FewLayers:
    """The time on this processor, from two models of the real width and vocabulary that have few layers.

    In seconds of a processor that does nothing else: what other processes take at the moment is not counted.

    Args:
        configuration: the model's.
        bf16: compute in bfloat16 under autocast.
        is_frozen: no weights are trained but an adapter's.

    Raises:
        AttributeError, ValueError, TypeError, RuntimeError, IndexError: a model of this kind cannot be made smaller.
    """

    def __init__(self, configuration: PretrainedConfig, *, bf16: bool, is_frozen: bool) -> None:
        self.n_layers: int = configuration.get_text_config().num_hidden_layers
        self.bf16 = bf16
        self.is_frozen = is_frozen
        self.models = [_with_layers(configuration, n) for n in (FEW, MORE)]
        for model in self.models:
            add_fused_lm_head(model, outputs=("log_probs", "entropy"))
            if attention.why_not(model) is None:
                attention.prepare(model)
            if is_frozen:
                model.requires_grad_(requires_grad=False)
                model.enable_input_require_grads()

    def update_s(self, passes: Passes, *, checkpointing: bool) -> float:
        """Return what the example takes, for a pass of mean size."""

        def work(model: Any) -> list[float]:
            model.train()
            if checkpointing:
                model.gradient_checkpointing_enable({"use_reentrant": False})
            started = self._now()
            with self._autocast():
                loss = passes.example.loss(model)
            loss.backward()
            model.zero_grad()
            taken = self._now() - started
            model.gradient_checkpointing_disable()
            return [taken]

        return self._extrapolated(work)[0] * passes.places / passes.example.places

    def forward_s(self, passes: Passes) -> float:
        """Return what the example takes without gradients, for a pass of mean size."""

        def work(model: Any) -> list[float]:
            started = self._now()
            with torch.no_grad(), self._autocast():
                passes.example.loss(model)
            return [self._now() - started]

        return self._extrapolated(work)[0] * passes.places / passes.example.places

    def step_s(self) -> float:
        """Return what AdamW takes for all weights; an adapter's are few."""
        if self.is_frozen:
            return 0.0
        optimizers = {model: torch.optim.AdamW(model.parameters(), fused=True) for model in self.models}

        def work(model: Any) -> list[float]:
            for parameter in model.parameters():
                parameter.grad = torch.zeros_like(parameter)
            started = self._now()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizers[model].step()
            taken = self._now() - started
            model.zero_grad()
            return [taken]

        return self._extrapolated(work)[0]

    def writing_s(self, writing: Writing, sampling: Sampling) -> tuple[float, float]:
        """Return what the prompts take, and a round of as many candidates as there are on average."""
        prompts = writing.prompts[: max(1, round(writing.rows / writing.n))]

        def work(model: Any) -> list[float]:
            model.eval()
            times = [self._now()]
            with torch.no_grad(), self._autocast():
                _write(model, prompts, writing.n, sampling, lambda: times.append(self._now()))
            return [times[1] - times[0], (times[-1] - times[1]) / (len(times) - 2)]

        read_s, round_s = self._extrapolated(work)
        return read_s * writing.places / n_places(prompts), round_s

    def _extrapolated(self, work: Callable[[Any], list[float]]) -> list[float]:
        """Return the seconds of all layers: those of the few, and as many for each further one as two more took."""
        few, more = (_fastest(work, model) for model in self.models)
        return [
            with_few + (self.n_layers - FEW) * max(with_more - with_few, 0.0) / (MORE - FEW)
            for with_few, with_more in zip(few, more, strict=True)
        ]

    def _now(self) -> float:
        return time.process_time() / torch.get_num_threads()

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", dtype=torch.bfloat16) if self.bf16 else nullcontext()


def _fastest(work: Callable[[Any], list[float]], model: Any) -> list[float]:
    """Return the least of at least two times, and of more where they are short."""
    runs = [work(model), work(model)]
    while len(runs) < MOST_TIMES and sum(map(sum, runs)) < LONG_ENOUGH_S:
        runs.append(work(model))
    return list(map(min, zip(*runs, strict=True)))


def _with_layers(configuration: PretrainedConfig, n: int) -> PreTrainedModel:
    smaller = copy.deepcopy(configuration)
    text = smaller.get_text_config()
    text.num_hidden_layers = n
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[:n]
    model: PreTrainedModel = AutoModelForCausalLM.from_config(smaller, dtype=torch.float32)
    return model


def _write(model: Any, prompts: Sequence[Sequence[int]], n: int, sampling: Sampling, tell: Callable[[], None]) -> None:
    """Write some tokens of each prompt's candidates, and tell of each when it is drawn."""
    if cannot_decode(model) is None:

        def on_token(n_tokens: int, n_done: int) -> None:
            tell()

        decode(model, prompts, n, sampling, max_new_tokens=ROUNDS + 2, stop_ids=[], on_token=on_token)
        return
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts for _ in range(n)])

    def watch(input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        tell()
        return torch.zeros(len(input_ids), dtype=torch.bool)

    options = {"do_sample": sampling.temperature > 0, "max_new_tokens": ROUNDS + 1, "min_new_tokens": ROUNDS + 1}
    watching = StoppingCriteriaList([watch])
    model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, stopping_criteria=watching, **options)
