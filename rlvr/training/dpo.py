"""Preference training with TRL: DPO on pairs of a right and a nearly right completion, or KTO on single ones.

What SFT cannot show is the difference that matters: the same call with another date, a question where nothing is
missing. A pair shows it in two completions that differ in little else.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

from datasets import Dataset
from transformers import PreTrainedTokenizerBase
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

from rewards import wire
from rlvr.chat import completion_tokens, in_own_format, render_prompt, with_reasoning
from rlvr.config import Config
from rlvr.data.confusable import confusable_rows
from rlvr.data.pairs import pairs
from rlvr.errors import UserError
from rlvr.files import JsonObject
from rlvr.policy.load import Policy, peft_config
from rlvr.records.message import Message, ToolSchema
from rlvr.records.preference import MarkedCompletion, Preference, marked, read_preferences
from rlvr.records.row import Row
from rlvr.training.arguments import stage_arguments
from rlvr.training.resumable import Resumable
from rlvr.training.sft import stratified_sample
from rlvr.training.vocabulary_head import OnLabelsOnly

Preferences = list[Preference | MarkedCompletion]


def arguments(config: Config, output_dir: Path) -> DPOConfig | KTOConfig:
    """TRL's configuration of the stage. Rows are never cut unless the user sets a length."""
    kind = DPOConfig if config.dpo.method == "dpo" else KTOConfig
    return stage_arguments(kind, "dpo.args", config.dpo.args, config, output_dir, max_length=None)


def preferences(config: Config, rows_by_source: Mapping[str, Sequence[Row]]) -> Preferences:
    """Return what the stage trains on: the files of `data.pairs`, or pairs made from the training rows.

    Raises:
        UserError: a file that cannot be used, single completions where DPO needs pairs, or nothing at all.
    """
    pairs_of_rows: Preferences = []
    if config.data.pairs:
        for source in config.data.pairs.values():
            pairs_of_rows += read_preferences(str(source.path))[: source.rows]
    else:
        rows = _rows(rows_by_source, config)
        pairs_of_rows += pairs(rows, config.seed, config.dpo.weights, per_row=config.dpo.per_row)
    if config.dpo.method == "dpo" and any(isinstance(item, MarkedCompletion) for item in pairs_of_rows):
        raise UserError("data.pairs: single completions cannot train DPO; give chosen and rejected, or set dpo=kto")
    if not pairs_of_rows:
        raise UserError("dpo: no pair can be made from the training rows; give files of pairs, data.pairs.NAME.path=")
    return pairs_of_rows


def dataset(policy: Policy, chosen: Iterable[Preference]) -> Dataset:
    """Tokenized pairs; those whose broken call the policy's own wire format cannot express are left out.

    Raises:
        UserError: none is left.
    """
    tokens: list[JsonObject] = []
    for pair in chosen:
        before_chosen, before_rejected = pair.reasonings
        better = _completion_ids(policy.tokenizer, pair.chosen, pair.tools, before_chosen)
        worse = _completion_ids(policy.tokenizer, pair.rejected, pair.tools, before_rejected)
        if better is not None and worse is not None and better != worse:
            prompt = _prompt_ids(policy.tokenizer, pair.prompt, pair.tools)
            tokens.append({"prompt_ids": prompt, "chosen_ids": better, "rejected_ids": worse})
    return _not_empty(tokens)


def unpaired_dataset(policy: Policy, completions: Iterable[MarkedCompletion], batch_size: int) -> Dataset:
    """Tokenized completions with their labels, and for KTO's estimate of the divergence those of their neighbours.

    Raises:
        UserError: none is left.
    """
    tokens: list[JsonObject] = []
    for item in completions:
        completion = _completion_ids(policy.tokenizer, item.completion, item.tools, item.reasoning)
        if completion is not None:
            prompt = _prompt_ids(policy.tokenizer, item.prompt, item.tools)
            tokens.append({"prompt_ids": prompt, "completion_ids": completion, "label": item.is_good})
    for start in range(0, len(tokens), batch_size):
        batch = tokens[start : start + batch_size]
        for index, example in enumerate(batch):
            example["KL_completion_ids"] = batch[index - 1]["completion_ids"]
    return _not_empty(tokens)


def trainer(
    policy: Policy, rows_by_source: Mapping[str, Sequence[Row]], config: Config, output_dir: Path
) -> DPOTrainer | KTOTrainer:
    """TRL's trainer on the stage's preferences; what the policy is held near to is what it was before."""
    args = arguments(config, output_dir)
    chosen_pairs = preferences(config, rows_by_source)
    adapter = peft_config(config.policy)
    # TRL would load the reference by its path, without tokens that were added since. Where an adapter is trained, or
    # the reference's log-probabilities are computed beforehand, none is held.
    needs_reference = adapter is None and not args.precompute_ref_log_probs
    common = {
        "model": policy.model,
        "ref_model": copy.deepcopy(policy.model) if needs_reference else None,
        "args": args,
        "processing_class": policy.tokenizer,
        "peft_config": adapter,
    }
    in_pairs = [item for item in chosen_pairs if isinstance(item, Preference)]
    if config.dpo.method == "dpo":
        return TokenizedDPOTrainer(train_dataset=dataset(policy, in_pairs), **common)
    single = [item for item in chosen_pairs if isinstance(item, MarkedCompletion)]
    single += marked(in_pairs)
    rows = unpaired_dataset(policy, single, args.per_device_train_batch_size)
    return TokenizedKTOTrainer(train_dataset=rows, **common)


class TokenizedDPOTrainer(Resumable, OnLabelsOnly, DPOTrainer):
    """TRL's trainer on rows that are tokens already.

    TRL tokenizes prompt and completion as one text and closes it with the tokenizer's EOS: other tokens than those
    that generation reads and writes, where a merge crosses the boundary or a template ends its turns otherwise.
    """

    def _prepare_dataset(self, dataset: Dataset, *_: object) -> Dataset:
        return dataset


class TokenizedKTOTrainer(Resumable, OnLabelsOnly, KTOTrainer):
    """As `TokenizedDPOTrainer`, for single completions."""

    def _prepare_dataset(self, dataset: Dataset, *_: object) -> Dataset:
        return dataset


def _rows(rows_by_source: Mapping[str, Sequence[Row]], config: Config) -> list[Row]:
    """Return what pairs are made from: as many rows as asked for, with nearly equal values in the share asked for.

    Few rows can have such values, so that these are drawn from all of them; fewer where there are not enough.
    """
    drawn = stratified_sample(rows_by_source, None, config.seed)
    n = len(drawn) if config.dpo.rows is None else min(config.dpo.rows, len(drawn))
    rng = Random(f"dpo/{config.seed}")
    confusable = list(confusable_rows(enumerate(drawn), round(n * config.dpo.confusable), rng).values())
    rows = [*stratified_sample(rows_by_source, n - len(confusable), config.seed), *confusable]
    rng.shuffle(rows)
    return rows


def _prompt_ids(tokenizer: PreTrainedTokenizerBase, prompt: list[Message] | str, tools: list[ToolSchema]) -> list[int]:
    text = prompt if isinstance(prompt, str) else render_prompt(tokenizer, prompt, tools)
    return list(tokenizer(text)["input_ids"])


def _completion_ids(
    tokenizer: PreTrainedTokenizerBase, completion: str, tools: list[ToolSchema], reasoning: str | None
) -> list[int] | None:
    own = in_own_format(tokenizer, completion, tools)
    if own is None:
        return None
    return completion_tokens(
        tokenizer, with_reasoning(tokenizer, reasoning, own), has_calls=wire.parse(completion).attempts > 0
    )


def _not_empty(tokens: list[JsonObject]) -> Dataset:
    if not tokens:
        raise UserError("dpo: no pair is left in the policy's own wire format")
    return Dataset.from_list(tokens)
