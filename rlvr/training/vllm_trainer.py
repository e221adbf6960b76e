"""TRL's GRPOTrainer with vLLM, without the forward pass that compares vLLM with the trainer.

Where vLLM generates, TRL computes every candidate once more before the update, for the log-probabilities of the policy
that vLLM was to be. On-policy these are what the loss computes anyway. Taking them from there gives the same loss and
the same gradients, and the gap between vLLM and the trainer at every step.

Legend: N candidates, K tokens of the longest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
import trl
from torch import Tensor

from rlvr.config import RolloutConfig
from rlvr.trainer_options import why_not_constrained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    def __init__(self, *args: Any, rollout: RolloutConfig | None = None, **kwargs: Any) -> None:
        config = kwargs.get("args") or next((arg for arg in args if isinstance(arg, trl.GRPOConfig)), None)
        if config is None or not config.use_vllm:
            super().__init__(*args, **kwargs)
            return
        self.constrains_calls = rollout is not None and rollout.constrain_calls
        reason = why_not_constrained(vars(config)) if self.constrains_calls else None
        if reason is not None:
            raise ValueError(reason)
        # Loads vLLM's part of TRL, and with it vLLM.
        from rlvr.sampling.vllm_generation import in_place_of_trls

        with in_place_of_trls(rollout or RolloutConfig(), config):
            super().__init__(*args, **kwargs)
        if self.constrains_calls and "tools" not in next(iter(self.train_dataset)):
            raise ValueError("constrain_calls: the data set has no column `tools`; add it, or leave it out")

    @property
    def takes_old_logps_from_loss(self) -> bool:
        """Tell whether the weights that a batch is generated with are those that its loss is computed with."""
        generate_every = self.args.steps_per_generation * self.num_iterations
        is_on_policy = self.args.gradient_accumulation_steps % generate_every == 0
        return bool(self.use_vllm and is_on_policy)

    def offer(self, tools: Sequence[Any]) -> None:
        """Say which tools each prompt offers that is generated for next, where calls are constrained to them."""
        if self.constrains_calls:
            share = self.vllm_generation.offer(tools)
            self._metrics["train" if self.model.training else "eval"][LEFT_FREE].append(share)

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        self.offer([row.get("tools") for row in inputs])
        if not self.takes_old_logps_from_loss:
            return super()._generate_and_score_completions(inputs)
        is_corrected = self.vllm_importance_sampling_correction
        # With the correction off, TRL computes no log-probabilities here.
        self.vllm_importance_sampling_correction = False
        try:
            return super()._generate_and_score_completions(inputs)
        finally:
            self.vllm_importance_sampling_correction = is_corrected

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
