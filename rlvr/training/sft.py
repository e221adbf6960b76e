"""Supervised fine-tuning with TRL: the policy imitates the expected completions."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets import Dataset, Features, List, Value, concatenate_datasets
from trl import SFTConfig, SFTTrainer

from rlvr.chat import training_tokens
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import JsonObject
from rlvr.policy.flat_row import IGNORED_LABEL
from rlvr.policy.load import Policy, peft_config
from rlvr.records.row import Row
from rlvr.training.arguments import stage_arguments
from rlvr.training.common_prefix import SharesCommonPrefix
from rlvr.training.examples import ExamplesOnDemand
from rlvr.training.resumable import Resumable
from rlvr.training.vocabulary_head import OnLabelsOnly

_ROWS_AT_ONCE = 1000
_TOKENS = Features({"input_ids": List(Value("int32")), "labels": List(Value("int32"))})


def arguments(config: Config, output_dir: Path) -> SFTConfig:
    """TRL's configuration of the stage. Rows are never cut unless the user sets a length.

    Raises:
        UserError: as `stage_arguments`, or rows laid end to end where attention would run from one into the next.
    """
    args = stage_arguments(SFTConfig, "sft.args", config.sft.args, config, output_dir, max_length=None)
    attention = config.model.attn_implementation
    if (args.packing or args.padding_free) and "flash" not in attention:
        option = "packing" if args.packing else "padding_free"
        raise UserError(
            f"sft.args.{option}: under model.attn_implementation={attention} a row would see those before it; "
            "set model.attn_implementation=flash_attention_2, or leave it out"
        )
    return args


def stratified_sample(rows_by_source: Mapping[str, Sequence[Row]], n: int | None, seed: int) -> list[Row]:
    """`n` rows in random order, drawn from each source and behavior in proportion to how many there are.

    Shares are rounded by largest remainder, so that the sample has exactly `n` rows; all rows where `n` is None or
    more than there are. The same seed gives the same rows.
    """
    generator = random.Random(seed)
    strata: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for source, rows in rows_by_source.items():
        for row in rows:
            strata[source, row.ground_truth.behavior].append(row)
    total = sum(map(len, strata.values()))
    wanted = total if n is None else min(n, total)
    exact = {key: wanted * len(rows) / total for key, rows in strata.items()}
    shares = {key: int(share) for key, share in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (shares[key] - exact[key], key))
    for key in by_remainder[: wanted - sum(shares.values())]:
        shares[key] += 1
    sample = [row for key in sorted(strata) for row in generator.sample(strata[key], shares[key])]
    generator.shuffle(sample)
    return sample


class TokenizedRows(ExamplesOnDemand):
    """Tokens for SFTTrainer: the loss is on the completion alone, the prompt's labels are ignored."""

    @property
    def column_names(self) -> list[str]:
        """Return what each example holds."""
        return list(_TOKENS)

    def example(self, place: int) -> JsonObject:
        """Return a row's tokens."""
        prompt, completion = training_tokens(self._tokenizer, self._rows[place])
        return {"input_ids": prompt + completion, "labels": [IGNORED_LABEL] * len(prompt) + completion}


def dataset(policy: Policy, rows: Sequence[Row], args: SFTConfig) -> Dataset:
    """Tokenized rows for SFTTrainer: each when it is asked for, all at once where TRL cuts, packs or shuffles them."""
    on_demand = TokenizedRows(policy.tokenizer, rows)
    if args.max_length is None and not args.packing and not args.shuffle_dataset:
        return on_demand
    parts = [range(start, min(start + _ROWS_AT_ONCE, len(rows))) for start in range(0, len(rows), _ROWS_AT_ONCE)]
    return concatenate_datasets([Dataset.from_list([*map(on_demand.example, part)], _TOKENS) for part in parts])


def trainer(
    policy: Policy, rows_by_source: Mapping[str, Sequence[Row]], config: Config, output_dir: Path
) -> SFTTrainer:
    """TRL's SFTTrainer on the stage's sample of rows."""
    rows = stratified_sample(rows_by_source, config.sft.rows, config.seed)
    args = arguments(config, output_dir)
    trainer = CompletionSFTTrainer(
        model=policy.model,
        args=args,
        train_dataset=dataset(policy, rows, args),
        processing_class=policy.tokenizer,
        peft_config=peft_config(config.policy),
    )
    if config.sft.rows_per_prefix > 1:
        trainer.share_common_prefixes(config.sft.rows_per_prefix)
    return trainer


class CompletionSFTTrainer(SharesCommonPrefix, Resumable, OnLabelsOnly, SFTTrainer):
    """TRL's trainer, which sends the prompt's positions to the vocabulary head on a CPU; here they stay away."""
