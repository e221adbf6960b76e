"""TRL's GRPOTrainer with vLLM, without the forward pass that compares vLLM with the trainer.

Where vLLM generates, TRL computes every candidate once more before the update, for the log-probabilities of the policy
that vLLM was to be. On-policy these are what the loss computes anyway. Taking them from there gives the same loss and
the same gradients, and the gap between vLLM and the trainer at every step.

Legend: N candidates, K tokens of the longest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import trl
from torch import Tensor
from trl.trainer import grpo_trainer as trl_grpo

from rlvr.config import RolloutConfig
from rlvr.trainer_options import why_not_constrained

GAP = "sampling/sampling_logp_difference"
RATIO = "sampling/importance_sampling_ratio"
LEFT_FREE = "sampling/calls_left_free"


class VLLMTrainer(trl.GRPOTrainer):
    """`trl.GRPOTrainer` with what vLLM needs to agree with the trainer; without vLLM it is TRL's.

    Logs the mean and the largest |log p_rollout - log p_train| over the main process's tokens, under TRL's names for
    them, also where TRL does not: without its importance sampling correction. Where calls are constrained, a token
    that the trainer finds less likely counts as agreed, since that is what a grammar makes of it.

    Args:
        args, kwargs: as `trl.GRPOTrainer` takes them.
        rollout: what vLLM computes in, how it is given an adapter, and whether it keeps calls to the tools in the data
            set's column `tools`; see `rlvr.config.RolloutConfig`.

    Raises:
        ValueError: calls to be constrained, and no such column, no correction, or a server.
    """

    # TRL's own, declared for what is set here for the time of a call.
    vllm_importance_sampling_correction: bool
    _get_per_token_logps_and_entropies: Callable[..., Any]
    constrains_calls = False
    use_server = False
    draws_ahead = False
    _epoch: Any = None

    def __init__(self, *args: Any, rollout: RolloutConfig | None = None, **kwargs: Any) -> None:
        config = kwargs.get("args") or next((arg for arg in args if isinstance(arg, trl.GRPOConfig)), None)
        if config is None or not config.use_vllm:
            super().__init__(*args, **kwargs)
            return
        self.constrains_calls = rollout is not None and rollout.constrain_calls
        reason = why_not_constrained(vars(config)) if self.constrains_calls else None
        if reason is not None:
            raise ValueError(reason)
        rollout = rollout or RolloutConfig()
        self.use_server = rollout.backend == "server"
        with _generating_with(_generation(rollout, config)):
            super().__init__(*args, **kwargs)
        if rollout.ahead:
            reason = why_not_ahead(self.args, self.rollout_func)
            if reason is not None:
                raise ValueError(f"rollout.ahead: {reason}")
            self.draws_ahead = True
        if self.constrains_calls and "tools" not in next(iter(self.train_dataset)):
            raise ValueError("constrain_calls: the data set has no column `tools`; add it, or leave it out")

    @property
    def takes_old_logps_from_loss(self) -> bool:
        """Tell whether the weights stay as they are from when a batch is received to its loss, whoever drew it."""
        generate_every = self.args.steps_per_generation * self.num_iterations
        is_on_policy = self.args.gradient_accumulation_steps % generate_every == 0
        return bool(self.use_vllm and is_on_policy)

    def offer(self, tools: Sequence[Any]) -> None:
        """Say which tools each prompt offers that is generated for next, where calls are constrained to them; and
        which step it is, which a server draws by."""
        if self.use_server:
            self.vllm_generation.step = self.state.global_step
        if self.constrains_calls:
            share = self.vllm_generation.offer(tools)
            self._metrics["train" if self.model.training else "eval"][LEFT_FREE].append(share)

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        self.offer([row.get("tools") for row in inputs])
        if self.draws_ahead and self.model.training:
            self.vllm_generation.following = self._following_prompts()
        if not self.takes_old_logps_from_loss:
            return super()._generate_and_score_completions(inputs)
        is_corrected = self.vllm_importance_sampling_correction
        # With the correction off, TRL computes no log-probabilities here.
        self.vllm_importance_sampling_correction = False
        try:
            return super()._generate_and_score_completions(inputs)
        finally:
            self.vllm_importance_sampling_correction = is_corrected

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: torch.device) -> Any:
        """As the trainer's, which with candidates drawn ahead leaves the batch after these to be looked at."""
        if not self.draws_ahead:
            return super().get_batch_samples(epoch_iterator, num_batches, device)
        if self._epoch is not epoch_iterator:
            self._epoch, self._batches = epoch_iterator, Peekable(epoch_iterator)
        return super().get_batch_samples(self._batches, num_batches, device)

    def _following_prompts(self) -> list[list[int]] | None:
        """Return the tokens of the prompts of the next step; None where the training or the epoch ends with this one.

        The order of the epoch after it is not drawn yet, and may depend on what this one has taught.
        """
        rows = self._batches.following
        if rows is None or self.state.global_step + 1 >= self.state.max_steps:
            return None
        prompt_ids, *_ = self._tokenize_prompts([row["prompt"] for row in rows])
        return list(prompt_ids)

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Tensor:
        if "sampling_per_token_logps" not in inputs or "importance_sampling_ratio" in inputs:
            return super()._compute_loss(model, inputs)
        inputs = dict(inputs)
        stock = self._get_per_token_logps_and_entropies
        self._get_per_token_logps_and_entropies = self._corrected(stock, inputs)
        try:
            return super()._compute_loss(model, inputs)
        finally:
            del self._get_per_token_logps_and_entropies

    def _corrected(self, compute: Callable[..., Any], inputs: dict[str, Any]) -> Callable[..., Any]:
        """`compute`, after which `inputs` hold the ratio that TRL multiplies the loss with once it has computed."""

        def computed(*args: Any, **kwargs: Any) -> Any:
            results = compute(*args, **kwargs)
            logps_NK = inputs.get("old_per_token_logps")
            logps_NK = results[0].detach() if logps_NK is None else logps_NK
            self._log_gap(logps_NK, inputs)
            if self.vllm_importance_sampling_correction:
                inputs["importance_sampling_ratio"] = self._importance_sampling_ratio(logps_NK, inputs)
            return results

        return computed

    def _importance_sampling_ratio(self, logps_NK: Tensor, inputs: dict[str, Any]) -> Tensor:
        ratio = importance_sampling_ratio(
            logps_NK,
            inputs["sampling_per_token_logps"],
            loss_mask(inputs),
            mode=self.vllm_importance_sampling_mode,
            clip_min=self.vllm_importance_sampling_clip_min,
            clip_max=self.vllm_importance_sampling_clip_max,
        )
        counted = ratio[loss_mask(inputs).bool()] if ratio.shape[1] > 1 else ratio
        if counted.numel():
            metrics = self._metrics["train" if self.model.training else "eval"]
            for name, value in (("min", counted.min()), ("mean", counted.mean()), ("max", counted.max())):
                metrics[f"{RATIO}/{name}"].append(value.item())
        return ratio

    def _log_gap(self, logps_NK: Tensor, inputs: dict[str, Any]) -> None:
        differences = (logps_NK - inputs["sampling_per_token_logps"])[loss_mask(inputs).bool()]
        gaps = differences.clamp(min=0) if self.constrains_calls else differences.abs()
        gaps = gaps[~gaps.isnan()]
        if gaps.numel():
            metrics = self._metrics["train" if self.model.training else "eval"]
            metrics[f"{GAP}/mean"].append(gaps.mean().item())
            metrics[f"{GAP}/max"].append(gaps.max().item())
            if self.use_server:
                self.vllm_generation.check_gap(gaps.mean().item())

    @torch.no_grad()
    def log_gap_without_update(self, model: Any, inputs: dict[str, Any]) -> None:
        """Log the gap of a step in which nothing is learned, from its first group; once a step."""
        if "sampling_per_token_logps" not in inputs or self._metrics["train"].get(f"{GAP}/mean"):
            return
        rows = {name: value for name, value in inputs.items() if isinstance(value, Tensor) and value.ndim}
        group = {name: value[: self.num_generations] for name, value in rows.items()}
        ids = torch.cat([group["prompt_ids"], group["completion_ids"]], dim=1)
        mask = torch.cat([group["prompt_mask"], group["completion_mask"]], dim=1)
        logps_NK, _, _ = self._get_per_token_logps_and_entropies(model, ids, mask, group["completion_ids"].shape[1])
        self._log_gap(logps_NK, group)


class Peekable:
    """The batches of an epoch, of which the one after the last that was taken can be looked at, as `following`."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self.batches = batches
        self.following = next(batches, None)

    def __next__(self) -> Any:
        if self.following is None:
            raise StopIteration
        batch, self.following = self.following, next(self.batches, None)
        return batch


def _generation(rollout: RolloutConfig, config: trl.GRPOConfig) -> Callable[..., Any]:
    """Return what builds the trainer's generation with vLLM, from the options of TRL's."""
    if rollout.backend == "server":
        from rlvr.sampling.vllm_server import ServerGeneration

        return partial(ServerGeneration, rollout=rollout, args=config)
    # Loads vLLM's part of TRL, and with it vLLM.
    from rlvr.sampling.vllm_generation import generation

    return partial(generation, rollout=rollout, args=config)


@contextmanager
def _generating_with(build: Callable[..., Any]) -> Iterator[None]:
    """Within this, TRL's trainer builds this in place of its `VLLMGeneration`."""
    stock = trl_grpo.VLLMGeneration
    trl_grpo.VLLMGeneration = build
    try:
        yield
    finally:
        trl_grpo.VLLMGeneration = stock


def why_not_ahead(args: trl.GRPOConfig, rollout_func: Any = None) -> str | None:
    """Return why candidates cannot be drawn one step ahead with these arguments; None where they can."""
    if rollout_func is not None:
        return "the next turn of a conversation depends on this one's weights; leave it out"
    if not args.vllm_importance_sampling_correction:
        return "older weights have drawn them, so vllm_importance_sampling_correction has to stay on"
    if args.steps_per_generation * args.num_iterations != args.gradient_accumulation_steps:
        return (
            "it draws once for each step: num_iterations has to be 1, and steps_per_generation, "
            f"{args.steps_per_generation}, has to be gradient_accumulation_steps, {args.gradient_accumulation_steps}"
        )
    return None


def loss_mask(inputs: dict[str, Any]) -> Tensor:
    """Return the tokens that the policy is trained on, shape (N, K)."""
    mask = inputs["completion_mask"]
    return mask * inputs["tool_mask"] if "tool_mask" in inputs else mask


def importance_sampling_ratio(
    logps_NK: Tensor,
    sampling_logps_NK: Tensor,
    mask_NK: Tensor,
    *,
    mode: str,
    clip_min: float | None,
    clip_max: float | None,
) -> Tensor:
    """Return what TRL weighs the loss with where rollout and trainer disagree: p_train / p_rollout, cut off.

    Args:
        logps_NK: of the trainer's policy.
        sampling_logps_NK: of the rollout's; NaN where it has none, which counts as agreement.
        mask_NK: 1 for tokens that count.
        mode: of a token or of a whole candidate (`token_...`, `sequence_...`), and whether what lies outside the bounds
            is moved to them or leaves the loss (`..._truncate`, `..._mask`).
        clip_min: lower bound, or None.
        clip_max: upper bound, or None.

    Returns:
        Ratios >= 0, shape (N, K) or, of whole candidates, (N, 1).
    """
    differences = torch.nan_to_num((logps_NK - sampling_logps_NK) * mask_NK, nan=0.0)
    if mode.startswith("sequence"):
        differences = differences.sum(dim=-1, keepdim=True)
    ratio = differences.exp()
    low = -math.inf if clip_min is None else clip_min
    high = math.inf if clip_max is None else clip_max
    if mode.endswith("truncate"):
        return ratio.clamp(low, high)
    return ratio.masked_fill((ratio < low) | (ratio > high), 0.0)
