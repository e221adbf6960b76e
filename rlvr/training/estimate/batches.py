"""The rows of a run as the batches that its stages make of them: how much each computes, and one that can be timed.

Rows are laid out by what lays them out in the training: padding, prompts that begin alike and stand once, and
candidates that are a tree are counted as they are. What candidates will be is not known before; they are taken to be as
long as the expected completion, and to be as alike as those of ten runs on rows like the demo's.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from typing import Any

import torch
from torch import Tensor
from transformers import TrainingArguments
from trl import GRPOConfig

from rlvr.chat import render_completion, render_prompt, training_tokens
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.files import JsonObject
from rlvr.policy.attention import unmasked
from rlvr.policy.checks import source_of
from rlvr.policy.flat_row import IGNORED_LABEL
from rlvr.policy.load import load_tokenizer
from rlvr.records.row import Row
from rlvr.sampling.decode import n_places
from rlvr.training.common_prefix import CommonPrefixCollator, CommonPrefixSampler
from rlvr.training.estimate.shape import KNOWN
from rlvr.training.shared_prefix import FlatGroups, flat_groups, logps_and_entropies
from rlvr.training.vocabulary_head import on_labels_only

TEACHING = 0.73
"""The share of groups whose candidates earn different rewards: 0.63 to 0.83 in nine runs of the demo and of SmolLM2."""

LONGEST = 1.2
"""The longest candidate of a group for each token of the group's mean: 1.11 to 1.27 in those runs."""

TREE = 0.46
"""The places of a tree for each token of its candidates, in groups that teach: 0.38 to 0.54 in five of those runs."""

CHARACTERS_PER_TOKEN = 3.5
MOST_ROWS = 512
MOST_BATCHES = 64
BLOCK = 64


@dataclass(frozen=True)
class TokenizedRow:
    """The tokens of a row's prompt and of its expected completion."""

    prompt: Sequence[int]
    completion: Sequence[int]


class Tokens:
    """The tokens of rows, each row tokenized once.

    Args:
        config: the run's. Where the tokenizer of a known model is not here, tokens are counted by characters.

    Raises:
        UserError: the tokenizer cannot be loaded.
    """

    def __init__(self, config: Config) -> None:
        self._by_row: dict[int, TokenizedRow] = {}
        self._tokenizer: Any = None
        try:
            self._tokenizer, _ = load_tokenizer(config.model)
        except UserError:
            if source_of(config.model.path) not in KNOWN:
                raise

    @property
    def are_exact(self) -> bool:
        """Tell whether the model's own tokenizer has counted."""
        return self._tokenizer is not None

    def of(self, rows: Iterable[Row]) -> list[TokenizedRow]:
        """Return the tokens of some rows."""
        return list(map(self._of, rows))

    def _of(self, row: Row) -> TokenizedRow:
        if id(row) not in self._by_row:
            self._by_row[id(row)] = self._tokenized(row)
        return self._by_row[id(row)]

    def _tokenized(self, row: Row) -> TokenizedRow:
        if self._tokenizer is None:
            number = len(self._by_row)  # as every token, so that no two rows begin alike
            prompt = str(row.to_json()["prompt"]) + str(row.tools)
            lengths = [1 + int(len(text) / CHARACTERS_PER_TOKEN) for text in (prompt, render_completion(row))]
            return TokenizedRow(*([number] * length for length in lengths))
        if row.episode is None:
            return TokenizedRow(*training_tokens(self._tokenizer, row))
        texts = render_prompt(self._tokenizer, row), render_completion(row, self._tokenizer)
        return TokenizedRow(*(self._tokenizer(text)["input_ids"] for text in texts))


def some_of(rows: Sequence[Row], most: int = MOST_ROWS) -> Sequence[Row]:
    """Return at most so many rows, in blocks over all of them: rows of one toolset lie side by side and stay so."""
    n_blocks, n_kept = math.ceil(len(rows) / BLOCK), most // BLOCK
    if n_blocks <= n_kept:
        return rows
    starts = [place * n_blocks // n_kept * BLOCK for place in range(n_kept)]
    return [row for start in starts for row in rows[start : start + BLOCK]]


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass.

    Attributes:
        places: that go through the layers.
        labelled: those of them that go through the vocabulary head.
        loss: computes it on a model that `add_fused_lm_head` was called on.
    """

    places: int
    labelled: int
    loss: Callable[[Any], Tensor]


@dataclass(frozen=True)
class Passes:
    """The passes of a stage: their mean and largest, and one near the mean."""

    places: float
    most_places: int
    most_labelled: int
    example: Pass

    @classmethod
    def of(cls, passes: Sequence[Pass]) -> Passes:
        """Return what some passes have in common."""
        mean = fmean(each.places for each in passes)
        return cls(
            places=mean,
            most_places=max(each.places for each in passes),
            most_labelled=max(each.labelled for each in passes),
            example=min(passes, key=lambda each: abs(each.places - mean)),
        )


def sft_passes(rows: Sequence[TokenizedRow], config: Config, args: TrainingArguments) -> Passes:
    """Return SFT's passes: padded rows, or rows with a common prefix as one row."""
    if config.sft.rows_per_prefix == 1:
        return _padded_passes(rows, args, config.seed)
    size = args.per_device_train_batch_size
    prompts = [array("i", row.prompt) for row in rows]
    order = list(CommonPrefixSampler(prompts, config.sft.rows_per_prefix, size, config.seed))
    collate = CommonPrefixCollator()
    batches = (collate([_example(rows[place]) for place in batch]) for batch in _divided(order, size))
    return Passes.of([_pass(batch, batch["shift_labels"]) for batch in batches])


def dpo_passes(rows: Sequence[TokenizedRow], config: Config, args: TrainingArguments) -> Passes:
    """Return DPO's passes, the rejected completions as long as the chosen ones; KTO's have one side."""
    return _padded_passes(rows, args, config.seed, sides=2 if config.dpo.method == "dpo" else 1)


def grpo_passes(
    rows: Sequence[TokenizedRow], config: Config, args: GRPOConfig, hidden: int, length: int | None = None
) -> Passes:
    """Return GRPO's passes on groups that teach.

    Args:
        rows: what candidates are drawn for.
        config: the run's.
        args: the stage's.
        hidden: the model's hidden size.
        length: of every candidate, and then they have nothing in common; None is that of the expected completion.
    """
    size, at_once = args.num_generations, args.per_device_train_batch_size
    trained = min(config.training.trained_candidates or size, at_once)
    passes = []
    for batch in _divided(rows, max(1, at_once // size)):
        prompts = [row.prompt for row in batch for _ in range(trained)]
        candidates = [each for row in batch for each in _candidates(row, trained, args.max_completion_length, length)]
        if config.training.shared_prefix:
            flat = flat_groups(prompts, candidates, torch.device("cpu"), hidden)
            loss = partial(_loss_of_groups, flat, len(candidates), max(map(len, candidates)))
            passes.append(Pass(flat.row.input_ids.numel(), flat.labels.numel(), loss))
        else:
            alone = [TokenizedRow(*row) for row in zip(prompts, candidates, strict=True)]
            passes.append(_padded(alone, None, None))
    return Passes.of(passes)


def _candidates(row: TokenizedRow, n: int, limit: int, length: int | None) -> list[list[int]]:
    """Return stand-ins for candidates; those of expected length begin alike until their tree has `TREE` of them."""
    expected = _expected(row, limit)
    n_common = round(expected * (1 - TREE) * n / (n - 1)) if n > 1 and length is None else 0
    source = row.completion or row.prompt
    tokens = [source[place % len(source)] for place in range(length or expected)]
    return [tokens[:n_common] + [(token + number) % 256 for token in tokens[n_common:]] for number in range(n)]


def _expected(row: TokenizedRow, limit: int) -> int:
    """Return the tokens of a candidate; conversations without a known solution do not say, and get the limit."""
    return min(limit, len(row.completion) or limit)


def _example(row: TokenizedRow) -> JsonObject:
    labels = [IGNORED_LABEL] * len(row.prompt) + list(row.completion)
    return {"input_ids": [*row.prompt, *row.completion], "labels": labels}


def _divided(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """Return batches of some items, evenly spread over all, without a last one that is smaller."""
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    whole = [batch for batch in batches if len(batch) == size] or batches
    return whole[:: math.ceil(len(whole) / MOST_BATCHES)]


def _padded_passes(rows: Sequence[TokenizedRow], args: Any, seed: int, sides: int = 1) -> Passes:
    order = random.Random(seed).sample(rows, len(rows))
    if args.train_sampling_strategy == "group_by_length":
        order.sort(key=lambda row: len(row.prompt) + len(row.completion))
    batches = _divided(order, args.per_device_train_batch_size)
    multiple = getattr(args, "pad_to_multiple_of", None)
    return Passes.of([_padded([*batch] * sides, multiple, args.max_length) for batch in batches])


def _padded(rows: Sequence[TokenizedRow], multiple: int | None, limit: int | None) -> Pass:
    examples = list(map(_example, rows))
    longest = max(len(example["input_ids"][:limit]) for example in examples)
    longest += -longest % (multiple or 1)

    def tensor(name: str, filling: int) -> Tensor:
        cut = [example[name][:limit] for example in examples]
        return torch.tensor([values + [filling] * (longest - len(values)) for values in cut])

    ids, labels = tensor("input_ids", 0), tensor("labels", IGNORED_LABEL)
    is_token = torch.tensor([[place < len(each["input_ids"]) for place in range(longest)] for each in examples])
    return _pass({"input_ids": ids, "attention_mask": is_token.long(), "labels": labels}, labels)


def _pass(inputs: JsonObject, labels: Tensor) -> Pass:
    n_labelled = int((labels != IGNORED_LABEL).sum())
    return Pass(inputs["input_ids"].numel(), n_labelled, partial(_loss, inputs))


def _loss(inputs: JsonObject, model: Any) -> Tensor:
    is_flat = "shared_prefix_segments" in inputs
    with unmasked() if is_flat else nullcontext(), on_labels_only():
        loss: Tensor = model(**inputs, fused_lm_head=True).loss
        return loss


def _loss_of_groups(flat: FlatGroups, n_rows: int, n_columns: int, model: Any) -> Tensor:
    logps_NK, _ = logps_and_entropies(model, flat, n_rows, n_columns)
    return logps_NK.sum()


@dataclass(frozen=True)
class Writing:
    """What is generated at once, on average over the batches.

    Attributes:
        prompts: of one batch, to be timed.
        n: candidates of each prompt.
        places: of the prompts, padding counted.
        rounds: in each of which every candidate that has not ended gets a token.
        rows: candidates in a round.
        limit: tokens of a candidate at most.
    """

    prompts: list[Sequence[int]]
    n: int
    places: float
    rounds: float
    rows: float
    limit: int

    @classmethod
    def of(cls, batches: Sequence[Sequence[TokenizedRow]], n: int, limit: int, *, repeats: bool = False) -> Writing:
        """Return what some batches take.

        Args:
            batches: whose rows are completed at once.
            n: candidates of each row.
            limit: tokens of a candidate at most.
            repeats: a prompt is computed for each of its candidates.
        """
        places = [n_places([row.prompt for row in batch]) * (n if repeats else 1) for batch in batches]
        longest = [[min(limit, LONGEST * _expected(row, limit)) for row in batch] for batch in batches]
        rounds = fmean(map(max, longest))
        written = n * fmean(map(sum, longest))
        middle = sorted(range(len(batches)), key=places.__getitem__)[len(batches) // 2]
        prompts = [row.prompt for row in batches[middle]]
        return cls(prompts, n, fmean(places), rounds, written / rounds, limit)

    def at_limit(self) -> Writing:
        """Return the same where all candidates run to their limit."""
        return replace(self, rounds=self.limit, rows=len(self.prompts) * self.n)


def grpo_writing(rows: Sequence[TokenizedRow], config: Config, args: GRPOConfig) -> Writing:
    """Return what GRPO generates at once: the candidates of one batch of prompts."""
    at_once = args.generation_batch_size or args.per_device_train_batch_size
    order = random.Random(config.seed).sample(rows, len(rows))
    batches = _divided(order, max(1, at_once // args.num_generations))
    repeats = not config.training.shared_prefix
    return Writing.of(batches, args.num_generations, args.max_completion_length, repeats=repeats)
