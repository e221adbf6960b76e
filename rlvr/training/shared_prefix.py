"""Log-probabilities of groups of candidates with each prompt computed once instead of once per candidate.

The groups of a batch become one row of tokens. A group is its prompt without the last token, the prefix, and one
branch per candidate: the prompt's last token followed by the candidate without its own last token. So each branch
token predicts exactly one candidate token, and nothing is computed whose result is not used:

    p0 p1 … p(P-1) | pP a0 a1 … | pP b0 b1 … | …        positions restart at P in every branch

A branch attends to its prefix and to itself, through `rlvr.policy.attention`.

Legend: N rows of the batch, K candidate tokens at most, S tokens of the flat row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from rlvr.policy.attention import Segment, causal_lm, unmasked

# Rows of ever new lengths fragment the heap of a CPU process, and let its kernels be built again and again.
ROW_MULTIPLE = 64


@dataclass(frozen=True)
class FlatGroups:
    """A batch as one row.

    Attributes:
        input_ids: shape (1, S).
        position_ids: positions within prompt and candidate, shape (1, S).
        segments: the groups, in order, and one without candidates that fills the row up to a multiple of ROW_MULTIPLE.
        predicting: the places in the row that predict a candidate token, ascending.
        labels: the token that each of them predicts.
        rows, columns: where its log-probability belongs in the result of shape (N, K).
        n_tokens: real tokens in the row.
        n_stock_tokens: tokens that a forward pass with every prompt repeated computes.
    """

    input_ids: Tensor
    position_ids: Tensor
    segments: tuple[Segment, ...]
    predicting: Tensor
    labels: Tensor
    rows: Tensor
    columns: Tensor
    n_tokens: int
    n_stock_tokens: int


def flat_groups(
    prompts: Sequence[Sequence[int]], candidates: Sequence[Sequence[int]], device: torch.device
) -> FlatGroups:
    """Lay out prompts with their candidates; consecutive equal prompts are one group.

    Args:
        prompts: N prompts of at least one token.
        candidates: N candidates; an empty one gets no place.
        device: where the tensors are made.
    """
    ids: list[int] = []
    positions: list[int] = []
    segments: list[Segment] = []
    predicting: list[int] = []
    labels: list[int] = []
    rows: list[int] = []
    columns: list[int] = []
    n_padding = 0
    for prompt, group in groupby(range(len(prompts)), key=lambda row: list(prompts[row])):
        members = list(group)
        prefix, length = len(prompt) - 1, max(1, *(len(candidates[row]) for row in members))
        segments.append(Segment(len(ids), prefix, len(members), length))
        ids += prompt[:-1]
        positions += range(prefix)
        for row in members:
            candidate = list(candidates[row])
            n = len(candidate)
            predicting += range(len(ids), len(ids) + n)
            labels += candidate
            rows += [row] * n
            columns += range(n)
            ids += [prompt[-1], *candidate[:-1]] if n else []
            ids += [0] * (length - n)
            n_padding += length - n
            positions += range(prefix, prefix + length)

    n_filling = -len(ids) % ROW_MULTIPLE
    segments.append(Segment(len(ids), n_filling, 0, 0))
    ids += [0] * n_filling
    positions += range(n_filling)
    n_padding += n_filling

    def tensor(values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=device)

    return FlatGroups(
        input_ids=tensor(ids)[None],
        position_ids=tensor(positions)[None],
        segments=tuple(segments),
        predicting=tensor(predicting),
        labels=tensor(labels),
        rows=tensor(rows),
        columns=tensor(columns),
        n_tokens=len(ids) - n_padding,
        n_stock_tokens=sum(map(len, prompts)) + sum(map(len, candidates)),
    )


def logps_and_entropies(
    model: nn.Module, flat: FlatGroups, n_rows: int, n_columns: int
) -> tuple[Tensor, Tensor | None]:
    """Log-probabilities and entropies of the candidates' tokens.

    Args:
        model: one that `rlvr.policy.attention.prepare` was called on and whose head is TRL's fused one
            (`trl.trainer.utils.add_fused_lm_head`); wrapped or not.
        flat: the batch.
        n_rows: N.
        n_columns: K.

    Returns:
        Both of shape (N, K), 0 where a candidate has no token; the entropies are None where the head was not asked
        for them.
    """
    with _flat_forward(model, flat.predicting):
        out = model(
            input_ids=flat.input_ids,
            attention_mask=None,
            position_ids=flat.position_ids,
            shift_labels=flat.labels[None],
            fused_lm_head=True,
            shared_prefix_segments=flat.segments,
        )

    def in_place(values: Tensor) -> Tensor:
        return values.new_zeros(n_rows, n_columns).index_put((flat.rows, flat.columns), values[0])

    return in_place(out.log_probs), None if out.entropy is None else in_place(out.entropy)


@contextmanager
def _flat_forward(model: nn.Module, predicting: Tensor) -> Iterator[None]:
    """No masks are built, and only the predicting places go on from the backbone to the vocabulary head."""

    def keep_predicting(module: nn.Module, inputs: Any, output: Any) -> Any:
        output.last_hidden_state = output.last_hidden_state[:, predicting]
        return output

    hook = causal_lm(model).base_model.register_forward_hook(keep_predicting)
    try:
        with unmasked():
            yield
    finally:
        hook.remove()
