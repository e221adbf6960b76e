"""Log-probabilities of groups of candidates with each prompt computed once instead of once per candidate.

A group's prefix is its prompt without the last token, and a branch is the prompt's last token followed by a candidate
without its own last token. So each branch token predicts exactly one candidate token, and nothing is computed whose
result is not used:

    p0 p1 … p(P-1) | pP a0 a1 … | pP b0 b1 … | …        positions restart at P in every branch

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

from rlvr.policy.attention import causal_lm, unmasked
from rlvr.policy.flat_row import IGNORED_LABEL, Branch, FlatRow, Group, lay_out


@dataclass(frozen=True)
class FlatGroups:
    """A batch of GRPO as one row.

    Attributes:
        row: the tokens.
        predicting: the places in the row that predict a candidate token, ascending.
        labels: the token that each of them predicts.
        rows, columns: where its log-probability belongs in the result of shape (N, K).
        n_stock_tokens: tokens that a forward pass with every prompt repeated computes.
    """

    row: FlatRow
    predicting: Tensor
    labels: Tensor
    rows: Tensor
    columns: Tensor
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
    groups: list[Group] = []
    rows: list[int] = []
    columns: list[int] = []
    for prompt, members in groupby(range(len(prompts)), key=lambda row: list(prompts[row])):
        branches = []
        for row in members:
            candidate = list(candidates[row])
            branches.append(Branch([prompt[-1], *candidate[:-1]] if candidate else [], candidate))
            rows += [row] * len(candidate)
            columns += range(len(candidate))
        groups.append(Group(prompt[:-1], branches))
    laid_out = lay_out(groups, device)
    predicting = (laid_out.shift_labels[0] != IGNORED_LABEL).nonzero()[:, 0]
    return FlatGroups(
        row=laid_out,
        predicting=predicting,
        labels=laid_out.shift_labels[0, predicting],
        rows=torch.tensor(rows, dtype=torch.long, device=device),
        columns=torch.tensor(columns, dtype=torch.long, device=device),
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
            input_ids=flat.row.input_ids,
            attention_mask=None,
            position_ids=flat.row.position_ids,
            shift_labels=flat.labels[None],
            fused_lm_head=True,
            shared_prefix_segments=flat.row.segments,
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
