"""TRL's GRPOTrainer with exact savings for groups of candidates that share a long prompt."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor
from trl.trainer import grpo_trainer as trl_grpo
from trl.trainer.utils import RepeatSampler

from rlvr.policy import attention
from rlvr.sampler import Sampling
from rlvr.sampling import decode
from rlvr.sampling.contexts import Contexts, can_keep
from rlvr.training import dynamic_sampling, self_check, sharding, shared_prefix
from rlvr.training.down_sampling import largest_spread
from rlvr.training.episodes import EpisodeRollout
from rlvr.training.passing_over import PromptHistory
from rlvr.training.resumable import EpochSampler, Resumable
from rlvr.training.vllm_trainer import VLLMTrainer

logger = logging.getLogger(__name__)

# Below this ratio of tokens saved the copying costs more than the prefix: short prompts, or groups torn apart.
MIN_TOKEN_RATIO = 1.3
# The losses that divide a sum over tokens by a count which does not change when rows leave, and those that average over
# the rows that they are given.
SUMMED_LOSSES = ("dapo", "cispo", "vespo")
AVERAGED_LOSSES = ("grpo", "dr_grpo", "sapo", "luspo")

TORN_GROUPS = "each process needs whole groups: per_device_train_batch_size × steps_per_generation is no multiple"


class GRPOTrainer(Resumable, VLLMTrainer):
    """`trl.GRPOTrainer`, drop-in, that computes each prompt once and skips groups that teach nothing.

    A resumed training is the one that was not stopped, bit for bit, where transformers generates.

    Args:
        *args: as `trl.GRPOTrainer` takes them.
        **kwargs: as `trl.GRPOTrainer` takes them; and `rollout`, see `VLLMTrainer`.
        shared_prefix: compute the prompt of a group once, not once per candidate, both in the update and where
            transformers generates the candidates; in the update also what candidates begin with alike. Falls back,
            with one logged reason, where the model does not allow it. Models that no test compares with the stock
            path are compared on the first group of the run.
        skip_zero_advantages: leave rows out of the update whose advantage is zero, where that changes nothing: they
            have no gradient, under any loss but bnpo, without a KL term or an entropy bonus. Logged entropy
            and clip ratios are then those of the rows that stay.
        dynamic_sampling_rounds: at most so many times for each batch, replace the groups whose rewards are all equal by
            groups of further prompts; logged as `dynamic_sampling/...`. The other metrics of rewards are then those of
            the batch that is trained on.
        trained_candidates: update on so many candidates of each group, those whose rewards vary most; None is all.
        rest_epochs: for so many epochs, pass over a prompt whose last group taught nothing, and draw candidates for
            one that did in its place; logged at the start of each epoch as `passed_over/prompts`.

    Raises:
        ValueError: dynamic sampling of rows with tools, environments, images or a rollout function, from a data set
            without length, or of groups that are spread over processes; prompts to pass over in a data set without the
            column `row`, each row's place; trained candidates fewer than 2, more than
            are generated, or of such groups.
    """

    def __init__(
        self,
        *args: Any,
        shared_prefix: bool = True,
        skip_zero_advantages: bool = True,
        dynamic_sampling_rounds: int = 0,
        trained_candidates: int | None = None,
        rest_epochs: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.history = PromptHistory(rest_epochs, self.args.seed) if rest_epochs else None
        if rest_epochs and "row" not in (getattr(self.train_dataset, "column_names", None) or ()):
            raise ValueError(
                "rest_epochs: the data set has no column `row`, each row's place in it; add it, or leave 0"
            )
        self.trained_candidates = trained_candidates
        if trained_candidates is not None:
            self._check_trained_candidates(trained_candidates)
        self.dynamic_sampling_rounds = dynamic_sampling_rounds
        self._sampled: dynamic_sampling.Candidates | None = None
        reason = "candidates are drawn ahead of it" if self.draws_ahead else self._why_not_dynamic_sampling()
        if dynamic_sampling_rounds and reason:
            raise ValueError(f"dynamic_sampling_rounds: {reason}; set it to 0")
        self.skips_zero_advantages = (
            skip_zero_advantages
            and self.loss_type in SUMMED_LOSSES + AVERAGED_LOSSES
            and self.beta == 0.0
            and not self._entropy_bonus_enabled
            and not self.aux_loss_enabled
            and self.top_entropy_quantile == 1.0
        )
        self.shares_prefix = shared_prefix and self._prepare_for_shared_prefix()
        self.decodes_groups = self.shares_prefix and self._can_decode_groups()
        self.contexts: Contexts | None = None
        self._is_unchecked = not attention.is_compared(attention.causal_lm(self.model))

    def _check_trained_candidates(self, n_trained: int) -> None:
        if not 2 <= n_trained <= self.num_generations:
            raise ValueError(f"trained_candidates: {n_trained}; take from 2 to num_generations, {self.num_generations}")
        if self.args.per_device_train_batch_size * self.args.steps_per_generation % self.num_generations:
            raise ValueError(f"trained_candidates: {TORN_GROUPS}; leave it out")

    def _prepare_for_shared_prefix(self) -> bool:
        models = [attention.causal_lm(model) for model in (self.model, self.ref_model) if model is not None]
        reasons = [reason for reason in map(attention.why_not, models) if reason]
        if self.aux_loss_enabled:
            reasons.append("the router's auxiliary loss counts every token of the batch")
        if reasons:
            logger.warning("prompts are computed once per candidate: %s", reasons[0])
            return False
        for model in models:
            attention.prepare(model)
        return True

    def held_between_steps(self) -> dict[str, Any]:
        """Return the count of batches, and the candidates that further steps are to train on."""
        is_used_up = self._step % (self.args.steps_per_generation * self.num_iterations) == 0
        held = {"step": self._step, "candidates": None if is_used_up else self._buffered_inputs}
        if self.history is not None:
            held["outcomes"] = dict(self.history.outcomes)
        if self.draws_ahead:
            held["drawn_ahead"] = self.vllm_generation.drawn_ahead()
        return super().held_between_steps() | held

    def hold(self, held: dict[str, Any]) -> None:
        """Go on with the candidates of an earlier process."""
        super().hold(held)
        self._step, self._buffered_inputs = held["step"], held["candidates"]
        if self.history is not None:
            self.history.outcomes = dict(held["outcomes"])
        if self.draws_ahead:
            self.vllm_generation.take_ahead(held.get("drawn_ahead"))

    def log_passed_over(self, n_prompts: int) -> None:
        """Log how many prompts rest in the epoch that begins."""
        self._metrics["train"]["passed_over/prompts"].append(n_prompts)

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        sampler = super()._get_train_sampler(dataset)
        if isinstance(sampler, RepeatSampler):
            sampler = EpochSampler.of(sampler, self, self.history)
        return sampler

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        with _whole_groups_shuffled(self.num_generations):
            return super()._prepare_inputs(generation_batch)

    def _why_not_dynamic_sampling(self) -> str | None:
        columns = getattr(self.train_dataset, "column_names", None) or ()
        if self.tools or self.environment_factories is not None or self.rollout_func is not None:
            return "rows with tools, environments or a rollout function are not drawn a second time"
        if {"image", "images"} & set(columns):
            return "rows with images are not drawn a second time"
        if not hasattr(self.train_dataset, "__len__"):
            return "further prompts come from a data set with a length"
        if self.args.per_device_train_batch_size * self.args.steps_per_generation % self.num_generations:
            return TORN_GROUPS
        return None

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        scored = self._generated_and_scored(inputs)
        if self.trained_candidates is not None and self.model.training:
            advantages_PG = scored["advantages"].view(-1, self.num_generations)
            scored["advantages"] = largest_spread(advantages_PG, self.trained_candidates).flatten()
        return scored

    def _generated_and_scored(self, inputs: Any) -> Any:
        if isinstance(self.rollout_func, EpisodeRollout):
            self.rollout_func.batch = [row["row"] for row in inputs]
        if not self.dynamic_sampling_rounds or not self.model.training:
            return super()._generate_and_score_completions(inputs)
        refilled = self._refilled(inputs)
        self._sampled = refilled.candidates
        try:
            return super()._generate_and_score_completions(refilled.candidates.rows)
        finally:
            self._sampled = None

    def _refilled(self, rows: Any) -> dynamic_sampling.Refilled:
        def over_processes(reduction: Any, value: int) -> int:
            gathered = self.accelerator.gather(torch.tensor([value], device=self.accelerator.device))
            return int(reduction(gathered))

        accelerator, step = self.accelerator, self._step % self.args.gradient_accumulation_steps
        refilled = dynamic_sampling.refill(
            self._sample(rows),
            dynamic_sampling.further_rows(
                self.train_dataset,
                rows,
                f"{self.args.seed} {self.state.global_step} {step}",
                process=accelerator.process_index,
                n_processes=accelerator.num_processes,
            ),
            self._sample,
            self._teaching,
            over_processes,
            size=self.num_generations,
            max_rounds=self.dynamic_sampling_rounds,
        )
        metrics = self._metrics["train"]
        metrics["dynamic_sampling/rounds"].append(refilled.rounds)
        metrics["dynamic_sampling/further_prompts"].append(refilled.n_drawn)
        metrics["dynamic_sampling/groups_all_alike"].append(refilled.n_silent)
        return refilled

    def _teaching(self, rewards_NF: Tensor) -> Tensor:
        """Return which groups have candidates that earn different rewards, shape (U,)."""
        by_function = self.multi_objective_aggregation == "normalize_then_sum"
        weights = self.reward_weights.to(rewards_NF.device)
        return dynamic_sampling.teaching_groups(rewards_NF, weights, self.num_generations, by_function=by_function)

    def _sample(self, rows: Any) -> dynamic_sampling.Candidates:
        """Generate and score one candidate for each of some rows, G in a row being the same."""
        self.offer([row.get("tools") for row in rows])
        prompts = [row["prompt"] for row in rows]
        prompt_ids, completion_ids, _, completions, logprobs, *_ = super()._generate(prompts)
        rewards = super()._calculate_rewards(rows, prompts, completions, completion_ids)
        start = self.accelerator.process_index * len(rows)
        extra = {column: list(values) for column, values in self._pending_extra_logs.items()}
        self._pending_extra_logs.clear()
        return dynamic_sampling.Candidates(
            list(rows),
            prompt_ids,
            completion_ids,
            completions,
            logprobs,
            rewards[start : start + len(rows)].clone(),
            extra,
        )

    def _generate(self, prompts: Any) -> Any:
        sampled = self._sampled
        if sampled is None:
            return super()._generate(prompts)
        return sampled.prompt_ids, sampled.completion_ids, None, sampled.completions, sampled.logprobs, {}, None, []

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> Tensor:
        if self._sampled is None:
            rewards_NF = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        else:
            self._pending_extra_logs.update(self._sampled.extra)
            rewards_NF = self.accelerator.gather(self._sampled.rewards_NF)
        if self.history is not None and self.model.training:
            rows = gather_object([row["row"] for row in inputs])
            epoch = int(self.state.epoch or 0)
            self.history.note(rows[:: self.num_generations], self._teaching(rewards_NF).tolist(), epoch)
        return rewards_NF

    def _can_decode_groups(self) -> bool:
        """Tell whether TRL would call transformers' `generate` with options that `rlvr.sampling.decode` has too."""
        is_elsewhere = self.use_vllm or self.use_transformers_continuous_batching
        has_more_options = bool(
            self.args.generation_kwargs or self.args.cache_implementation or self.repetition_penalty != 1.0
        )
        if is_elsewhere or has_more_options:
            return False
        return decode.cannot_decode(attention.causal_lm(self.model)) is None

    def _generate_single_turn(
        self, prompt_ids: Any, images: Any, multimodal_fields: Any, *args: Any, **kwargs: Any
    ) -> tuple[list[list[int]], Any]:
        # Entered once here rather than in each of the model's forward passes, autocast keeps the weights that it has
        # cast for the whole generation instead of casting them again for every token.
        with self.accelerator.autocast():
            if self.decodes_groups and images is None and not multimodal_fields:
                with sharding.whole(self.model):
                    return self._decode(prompt_ids), None
            return super()._generate_single_turn(prompt_ids, images, multimodal_fields, *args, **kwargs)

    @contextmanager
    def keeping_contexts(self) -> Iterator[None]:
        """Within this, in which no weight changes, a turn of a conversation computes its new tokens alone."""
        keeps = self.decodes_groups and can_keep(attention.causal_lm(self.model))
        self.contexts = Contexts() if keeps else None
        try:
            yield
        finally:
            self.contexts = None

    def _decode(self, prompt_ids: Sequence[list[int]]) -> list[list[int]]:
        groups = [(prompt, len(list(same))) for prompt, same in groupby(prompt_ids)]
        sizes = {size for _, size in groups}
        # Groups torn apart, as by calls that went on to different turns, are decoded candidate by candidate.
        prompts, size = ([prompt for prompt, _ in groups], sizes.pop()) if len(sizes) == 1 else (list(prompt_ids), 1)
        model = attention.causal_lm(self.model)
        with decode.evaluating(model):
            return decode.decode(
                model,
                prompts,
                size,
                Sampling(self.temperature, self.top_k, self.top_p, self.min_p),
                max_new_tokens=self.max_completion_length,
                stop_ids=self.eos_token_ids,
                contexts=self.contexts,
            )

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: Tensor,
        attention_mask: Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        **multimodal: Any,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        is_plain_text = all(value is None for value in multimodal.values())
        if self.shares_prefix and self._is_unchecked and is_plain_text:
            self._check_shared_prefix(model, input_ids, attention_mask, logits_to_keep)
        if not self.shares_prefix or compute_aux_loss or not is_plain_text:
            return super()._get_per_token_logps_and_entropies(
                model,
                input_ids,
                attention_mask,
                logits_to_keep,
                batch_size,
                compute_entropy,
                compute_aux_loss,
                **multimodal,
            )
        prompts, candidates = _unpadded(input_ids, attention_mask, logits_to_keep)
        tree_width = shared_prefix.width_for_trees(model)
        logps, entropies = [], []
        for start, end in _chunks(prompts, batch_size or len(prompts)):
            chunk = slice(start, end)
            flat = shared_prefix.flat_groups(prompts[chunk], candidates[chunk], input_ids.device, tree_width)
            if flat.n_stock_tokens < MIN_TOKEN_RATIO * flat.row.n_tokens:
                logps_NK, entropies_NK, _ = super()._get_per_token_logps_and_entropies(
                    model, input_ids[chunk], attention_mask[chunk], logits_to_keep, None, compute_entropy
                )
            else:
                with self.accelerator.autocast():
                    logps_NK, entropies_NK = shared_prefix.logps_and_entropies(model, flat, end - start, logits_to_keep)
            logps.append(logps_NK)
            entropies.append(entropies_NK)
        joined = torch.cat([part for part in entropies if part is not None]) if compute_entropy else None
        return torch.cat(logps), joined, None

    def _check_shared_prefix(self, model: Any, input_ids: Tensor, attention_mask: Tensor, logits_to_keep: int) -> None:
        """Compare both computations on the first group with tokens; where they differ, share no prefix from here on."""
        prompts, candidates = _unpadded(input_ids, attention_mask, logits_to_keep)
        first = next((row for row, candidate in enumerate(candidates) if candidate), None)
        if first is None:
            return
        end = _next_change(prompts, first)
        group = slice(first, end)
        tree_width = shared_prefix.width_for_trees(model)

        def stock(ids: Tensor, mask: Tensor) -> Tensor:
            logps, _, _ = trl_grpo.GRPOTrainer._get_per_token_logps_and_entropies(
                self, model, ids, mask, logits_to_keep
            )
            return logps

        def shared(ids: Tensor, mask: Tensor) -> Tensor:
            flat = shared_prefix.flat_groups(prompts[group], candidates[group], ids.device, tree_width)
            with self.accelerator.autocast():
                logps, _ = shared_prefix.logps_and_entropies(model, flat, end - first, logits_to_keep)
            return logps

        with decode.evaluating(model):
            difference = self_check.difference(stock, shared, input_ids[group], attention_mask[group])
        self._is_unchecked = False
        if difference:
            name = attention.causal_lm(model).config.model_type
            logger.warning("prompts are computed once per candidate: with %s, %s", name, difference)
            self.shares_prefix = self.decodes_groups = False

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Tensor:
        if self.skips_zero_advantages and self.model.training:
            kept = self._kept_rows(inputs["advantages"] != 0)
            if not kept.any():
                self.log_gap_without_update(model, inputs)
                trained = [sharding.held(p) for p in model.parameters() if p.requires_grad]
                return torch.stack([p.flatten()[:1].sum() for p in trained]).sum() * 0.0
            share = 1.0 if self.loss_type in SUMMED_LOSSES else float(kept.float().mean())
            inputs = {name: _rows(value, kept) for name, value in inputs.items()}
            return super()._compute_loss(model, inputs) * share
        return super()._compute_loss(model, inputs)

    def _kept_rows(self, teaches: Tensor) -> Tensor:
        """The rows that teach, and so many others that every process keeps as many: they share a backward pass, and
        gather metrics that have an entry for each row. The others' advantages are zero, and so is what they add."""
        if self.accelerator.num_processes == 1:
            return teaches
        n_kept = int(self.accelerator.gather(teaches.sum()[None]).max())
        kept = torch.zeros_like(teaches)
        kept[torch.argsort(teaches, descending=True, stable=True)[:n_kept]] = True
        return kept


def _rows(value: Any, chosen: Tensor) -> Any:
    """The chosen rows of what has one entry per row; anything else as it is."""
    is_per_row = isinstance(value, Tensor) and value.ndim > 0 and len(value) == len(chosen)
    return value[chosen] if is_per_row else value


def _unpadded(
    input_ids: Tensor, attention_mask: Tensor, logits_to_keep: int
) -> tuple[list[list[int]], list[list[int]]]:
    """The prompts, padded on the left, and the candidates, padded on the right, as lists of token ids."""
    n_prompt = input_ids.shape[1] - logits_to_keep
    prompt_lengths = attention_mask[:, :n_prompt].sum(1).tolist()
    candidate_lengths = attention_mask[:, n_prompt:].sum(1).tolist()
    rows = input_ids.tolist()
    prompts = [row[n_prompt - n : n_prompt] for row, n in zip(rows, prompt_lengths, strict=True)]
    candidates = [row[n_prompt : n_prompt + n] for row, n in zip(rows, candidate_lengths, strict=True)]
    return prompts, candidates


def _chunks(prompts: Sequence[list[int]], size: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most `size` rows, a group at a time where one fits."""
    start = 0
    for i in range(1, len(prompts) + 1):
        is_last = i == len(prompts)
        if is_last or (prompts[i] != prompts[i - 1] and _next_change(prompts, i) - start > size) or i - start >= size:
            yield start, i
            start = i


def _next_change(prompts: Sequence[list[int]], start: int) -> int:
    end = start + 1
    while end < len(prompts) and prompts[end] == prompts[start]:
        end += 1
    return end


@contextmanager
def _whole_groups_shuffled(size: int) -> Iterator[None]:
    """Within this, TRL shuffles a generation batch by groups of `size` rows, not by rows, which would scatter them."""
    by_rows = trl_grpo.shuffle_sequence_dict

    def by_groups(batch: dict[str, Any]) -> dict[str, Any]:
        n = len(next(value for value in batch.values() if value is not None))
        order = (torch.randperm(n // size)[:, None] * size + torch.arange(size)).flatten()
        return {name: _permuted(value, order) for name, value in batch.items()}

    trl_grpo.shuffle_sequence_dict = by_groups
    try:
        yield
    finally:
        trl_grpo.shuffle_sequence_dict = by_rows


def _permuted(value: Any, order: Tensor) -> Any:
    if value is None or (isinstance(value, Tensor) and value.ndim == 0):
        return value
    return value[order] if isinstance(value, Tensor) else [value[i] for i in order.tolist()]
