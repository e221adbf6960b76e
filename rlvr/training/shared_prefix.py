"""Log-probabilities of groups of candidates, with what they have in common computed once.

A group's prefix is its prompt without the last token, and a branch is the prompt's last token followed by a candidate
without its own last token. So each branch token predicts exactly one candidate token, and nothing is computed whose
result is not used:

    p0 p1 … p(P-1) | pP a0 a1 … | pP b0 b1 … | …        positions restart at P in every branch

Candidates that begin alike, as calls of one tool or conversations with the same first turns do, are a tree instead:

    p0 p1 … p(P-1) | pP a0 a1 a2 … b2 …                 where b0 = a0 and b1 = a1; a1 predicts both a2 and b2

Both give what TRL's computation gives. Of the two a group takes the one that costs less.

Legend: N rows of the batch, K candidate tokens at most, S tokens of the flat row, T predicted tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

import torch
from torch import Tensor, nn

from rlvr.policy.attention import causal_lm, has_linear_attention, unmasked
from rlvr.policy.flat_row import Branch, FlatRow, Group, Tree, lay_out, places_of_branch


@dataclass(frozen=True)
class FlatGroups:
    """A batch of GRPO as one row.

    Attributes:
        row: the tokens.
        predicting: the places in the row that predict, shape (T,); one that predicts several tokens comes again.
        labels: the token that each of them predicts, shape (T,).
        rows, columns: every candidate token's place in the result of shape (N, K).
        predictions: which of the T predicted tokens each of these is.
        n_stock_tokens: tokens that a forward pass with every prompt repeated computes.
    """

    row: FlatRow
    predicting: Tensor
    labels: Tensor
    rows: Tensor
    columns: Tensor
    predictions: Tensor
    n_stock_tokens: int


@dataclass(frozen=True)
class _Predictions:
    """What the tokens that follow a group's prefix predict.

    Attributes:
        places: of each prediction, counted from the end of the prefix.
        tokens: what is predicted there.
        of_candidates: for each candidate, the predictions that are its tokens.
    """

    places: list[int]
    tokens: list[int]
    of_candidates: list[list[int]]


def flat_groups(
    prompts: Sequence[Sequence[int]],
    candidates: Sequence[Sequence[int]],
    device: torch.device,
    tree_width: int | None = None,
) -> FlatGroups:
    """Lay out prompts with their candidates; consecutive equal prompts are one group.

    Args:
        prompts: N prompts of at least one token.
        candidates: N candidates; an empty one gets no place.
        device: where the tensors are made.
        tree_width: the model's hidden size where candidates may be a tree, None where not: see `width_for_trees`.
    """
    groups: list[Group] = []
    predicted: list[_Predictions] = []
    members: list[int] = []
    for prompt, same in groupby(range(len(prompts)), key=lambda row: list(prompts[row])):
        of_group = list(same)
        group, predictions = _laid_out(prompt, [candidates[row] for row in of_group], tree_width)
        groups.append(group)
        predicted.append(predictions)
        members += of_group
    n_stock_tokens = sum(map(len, prompts)) + sum(map(len, candidates))
    return _joined(lay_out(groups, device), predicted, members, n_stock_tokens)


def width_for_trees(model: nn.Module) -> int | None:
    """Return the model's hidden size, and None for one with linear attention, which goes on in branches alone."""
    policy = causal_lm(model)
    return None if has_linear_attention(policy) else cast("int", policy.config.get_text_config().hidden_size)


def _laid_out(
    prompt: Sequence[int], candidates: Sequence[Sequence[int]], tree_width: int | None
) -> tuple[Group, _Predictions]:
    """Return a prompt with its candidates as branches, or as a tree where that costs less."""
    prefix = prompt[:-1]
    branches, predictions = _branches(prompt[-1], candidates)
    if tree_width is None:
        return Group(prefix, branches), predictions
    tree, in_tree = _tree(prompt[-1], candidates)
    length = places_of_branch(branches)
    of_branches = _cost(len(branches) * length, len(prefix) + length, tree_width)
    of_tree = _cost(len(tree.ids), len(prefix) + len(tree.ids), tree_width)
    return (Group(prefix, tree), in_tree) if of_tree < of_branches else (Group(prefix, branches), predictions)


def _cost(n_tokens: int, n_keys: int, width: int) -> int:
    """Return what a layer computes for tokens that attend to so many keys, in units of 4 * width operations.

    Its matrices have about 12 * width**2 weights (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).
    """
    return n_tokens * (6 * width + n_keys)


def _branches(last: int, candidates: Sequence[Sequence[int]]) -> tuple[list[Branch], _Predictions]:
    """Return each candidate as a branch after the prompt's last token."""
    branches = [Branch([last, *candidate[:-1]] if candidate else [], candidate) for candidate in candidates]
    length = places_of_branch(branches)
    predictions = _Predictions([], [], [])
    for number, candidate in enumerate(candidates):
        n_before = len(predictions.tokens)
        predictions.places.extend(range(number * length, number * length + len(candidate)))
        predictions.tokens.extend(candidate)
        predictions.of_candidates.append(list(range(n_before, n_before + len(candidate))))
    return branches, predictions


def _tree(last: int, candidates: Sequence[Sequence[int]]) -> tuple[Tree, _Predictions]:
    """Return the candidates as a tree that grows from the prompt's last token; what predicts nothing has no place."""
    tokens, parents = [last], [-1]
    children: dict[tuple[int, int], int] = {}
    of_candidates: list[list[int]] = []
    for candidate in candidates:
        node, predictions = 0, []
        for token in candidate:
            child = children.setdefault((node, token), len(tokens))
            if child == len(tokens):
                tokens.append(token)
                parents.append(node)
            node = child
            predictions.append(node - 1)  # every node but the first is one prediction
        of_candidates.append(predictions)
    predicting = sorted(set(parents[1:])) or [0]
    place_of = {node: place for place, node in enumerate(predicting)}
    tree = Tree([tokens[node] for node in predicting], [place_of.get(parents[node], -1) for node in predicting])
    return tree, _Predictions([place_of[parent] for parent in parents[1:]], tokens[1:], of_candidates)


def _joined(row: FlatRow, predicted: Sequence[_Predictions], members: Sequence[int], n_stock_tokens: int) -> FlatGroups:
    """Return the groups of a row with what they predict; `members` are the rows of the batch, group after group."""
    predicting: list[int] = []
    labels: list[int] = []
    rows: list[int] = []
    columns: list[int] = []
    predictions: list[int] = []
    next_member = iter(members)
    for segment, of_group in zip(row.segments, predicted, strict=False):  # the last segment fills the row up
        for of_candidate in of_group.of_candidates:
            rows += [next(next_member)] * len(of_candidate)
            columns += range(len(of_candidate))
            predictions += [len(labels) + prediction for prediction in of_candidate]
        predicting += [segment.start + segment.prefix + place for place in of_group.places]
        labels += of_group.tokens

    def tensor(values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=row.input_ids.device)

    return FlatGroups(
        row=row,
        predicting=tensor(predicting),
        labels=tensor(labels),
        rows=tensor(rows),
        columns=tensor(columns),
        predictions=tensor(predictions),
        n_stock_tokens=n_stock_tokens,
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
        return values.new_zeros(n_rows, n_columns).index_put((flat.rows, flat.columns), values[0, flat.predictions])

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
