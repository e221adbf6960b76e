"""SFT on rows whose prompts begin alike, as those of one toolset do: what they have in common is computed once.

Exact: the loss and the gradient of a batch are those of TRL's own computation. Rows are drawn a prefix at a time, so
that rows which have much in common meet in one batch.
"""

from __future__ import annotations

import logging
import random
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import takewhile
from typing import Any, cast

import torch
from torch.utils.data import Sampler
from transformers import PreTrainedModel
from trl import SFTConfig

from rlvr.files import JsonObject
from rlvr.policy import attention
from rlvr.policy.flat_row import IGNORED_LABEL, Branch, Group, lay_out, runs_of_common_prefix

logger = logging.getLogger(__name__)


def why_not(model: PreTrainedModel, args: SFTConfig) -> str | None:
    """Return why what rows have in common cannot be computed once; None where it can."""
    if not attention.is_compared(model):
        return f"{model.config.model_type} has not been compared with the stock path"
    if attention.has_linear_attention(model):
        return "it has linear attention"
    if args.packing or args.padding_free:
        return "packing lays rows out in its own way"
    if args.world_size > 1:
        return "each of several processes needs rows of equal number"
    return attention.why_not(model)


class CommonPrefixCollator:
    """Lays the examples of a batch out as one row in which common prefixes stand once."""

    def __call__(self, examples: Sequence[Any]) -> JsonObject:
        """Return what the model takes: see `rlvr.training.shared_prefix.FlatRow`."""
        prompts = list(map(_prompt, examples))
        groups = [
            Group(prompts[members[0]][:length], [_branch(examples[index], length) for index in members])
            for length, members in runs_of_common_prefix(prompts)
        ]
        row = lay_out(groups, torch.device("cpu"))
        return {
            "input_ids": row.input_ids,
            "position_ids": row.position_ids,
            "shift_labels": row.shift_labels,
            "labels": row.shift_labels,  # the trainer asks for them where it counts tokens
            "shared_prefix_segments": row.segments,
        }


class CommonPrefixSampler(Sampler[int]):
    """Draws rows in random order, those whose prompts begin alike side by side.

    Args:
        prompts: the tokens of each row's prompt.
        most: how many rows with a common prefix are drawn side by side.
        batch_size: rows in a batch; rows with a common prefix are divided between two batches only where none fits.
        seed: the order of an epoch is a function of it and of the epoch's number.
    """

    def __init__(self, prompts: Sequence[array[int]], most: int, batch_size: int, seed: int) -> None:
        order = sorted(range(len(prompts)), key=lambda index: prompts[index])
        runs = runs_of_common_prefix([prompts[index] for index in order], most)
        self.runs = [[order[place] for place in members] for _, members in runs]
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def __iter__(self) -> Iterator[int]:
        shuffled = list(self.runs)
        random.Random(f"{self.seed} {self.epoch}").shuffle(shuffled)
        return (index for run in _fitted(shuffled, self.batch_size) for index in run)

    def set_epoch(self, epoch: int) -> None:
        """Take the order of this epoch, from 0."""
        self.epoch = epoch


class SharesCommonPrefix:
    """Mixed into TRL's SFTTrainer: after `share_common_prefixes` its batches are drawn and laid out as above."""

    _rows_per_prefix: int = 1

    def share_common_prefixes(self, rows_per_prefix: int) -> None:
        """Draw up to so many rows with a common prefix side by side and compute it once, or say why not."""
        trainer = cast("Any", self)
        model = attention.causal_lm(trainer.model)
        reason = why_not(model, trainer.args)
        if reason:
            logger.warning("what prompts have in common is computed for each row: %s", reason)
            return
        attention.prepare(model)
        self._rows_per_prefix = rows_per_prefix
        trainer.data_collator = CommonPrefixCollator()

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        if self._rows_per_prefix == 1:
            return super()._get_train_sampler(*args, **kwargs)  # type: ignore[misc]
        trainer = cast("Any", self)
        prompts = list(map(_prompt, trainer.train_dataset))
        return CommonPrefixSampler(
            prompts, self._rows_per_prefix, trainer.args.per_device_train_batch_size, trainer.args.seed
        )

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the loss as TRL's trainer does; the layout says who attends to whom, so that no mask is built."""
        with nullcontext() if self._rows_per_prefix == 1 else attention.unmasked():
            return super().compute_loss(*args, **kwargs)  # type: ignore[misc]


def _fitted(runs: Sequence[list[int]], batch_size: int) -> Iterator[list[int]]:
    """Yield the runs so that few reach over the end of a batch: the next is the first that fits into its rest."""
    waiting: dict[int, deque[int]] = {}
    for place, run in enumerate(runs):
        waiting.setdefault(len(run), deque()).append(place)
    room = batch_size
    while waiting:
        fitting = [length for length in waiting if length <= room]
        first = min(fitting or waiting, key=lambda length: waiting[length][0])
        yield runs[waiting[first].popleft()]
        if not waiting[first]:
            del waiting[first]
        room = (room - first) % batch_size or batch_size


def _prompt(example: Any) -> array[int]:
    """Return the tokens of an example before its first label, in as few bytes as many prompts at once allow."""
    n = sum(1 for _ in takewhile(lambda label: label == IGNORED_LABEL, example["labels"]))
    return array("i", example["input_ids"][:n])


def _branch(example: Any, start: int) -> Branch:
    """Return what follows the first `start` tokens: the last token predicts nothing, and is left out."""
    return Branch(list(example["input_ids"][start:-1]), list(example["labels"][start + 1 :]))
