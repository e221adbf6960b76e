"""Log-probabilities of groups of candidates with each prompt computed once instead of once per candidate.

The groups of a batch become one row of tokens. A group is its prompt without the last token, the prefix, and one
branch per candidate: the prompt's last token followed by the candidate without its own last token. So each branch
token predicts exactly one candidate token, and nothing is computed whose result is not used:

    p0 p1 … p(P-1) | pP a0 a1 … | pP b0 b1 … | …        positions restart at P in every branch

A branch attends to its prefix and to itself. This is an attention implementation registered with transformers, so
every model that uses the library's attention interface works unchanged, adapters and gradient checkpointing included.

Legend: N rows of the batch, K candidate tokens at most, S tokens of the flat row, H heads, D head size; P tokens of
one prefix, G branches of C tokens each (shorter candidates are padded to their group's longest).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

ATTENTION = "shared_prefix"
"""The name of the attention implementation; for anything but flat groups it is transformers' own `sdpa`."""

LAYER_TYPES = {"full_attention", "sliding_attention"}
IGNORED = -100

# Whether the forward pass that builds its masks right now is one over flat groups, which needs none.
_is_flat: ContextVar[bool] = ContextVar("is_flat", default=False)


@dataclass(frozen=True)
class Segment:
    """Where one group lies in the flat row: P prefix tokens, then G branches of C tokens."""

    start: int
    prefix: int
    branches: int
    length: int

    @property
    def end(self) -> int:
        """One past its last token."""
        return self.start + self.prefix + self.branches * self.length


@dataclass(frozen=True)
class FlatGroups:
    """A batch as one row.

    Attributes:
        input_ids: shape (1, S).
        position_ids: positions within prompt and candidate, shape (1, S).
        segments: the groups, in order.
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
        model: a model prepared by `prepare` whose head is TRL's fused one (`trl.trainer.utils.add_fused_lm_head`);
            wrapped or not.
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
    token = _is_flat.set(True)
    try:
        yield
    finally:
        _is_flat.reset(token)
        hook.remove()


def causal_lm(model: nn.Module) -> PreTrainedModel:
    """The transformers model inside the wrappers of accelerate and peft."""
    while not isinstance(model, PreTrainedModel):
        inner = getattr(model, "module", None)
        if inner is None:
            inner = cast("Any", model).get_base_model()
        model = inner
    return model


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    shared_prefix_segments: Sequence[Segment] | None = None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[Tensor, None]:
    """transformers' attention function: over flat groups where segments are given, plain `sdpa` otherwise.

    Args:
        module: the attention layer.
        query, key, value: shapes (1, H, S, D) or, for key and value, with fewer heads.
        attention_mask: as `sdpa` takes it; not read for flat groups.
        shared_prefix_segments: the groups of the row.
        scaling: of the scores; 1 / sqrt(D) where None.
        sliding_window: how many positions back a token sees, itself included.
        dropout: as `sdpa` takes it; 0 while a policy is trained.
        others: what the model passes on.

    Returns:
        The attended values, shape (1, S, H, D), and no weights.
    """
    if shared_prefix_segments is None:
        attended, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return attended, None
    repeats = query.shape[1] // key.shape[1]
    key, value = repeat_kv(key, repeats), repeat_kv(value, repeats)
    parts: list[Tensor] = []
    for segment in shared_prefix_segments:
        q, k, v = (states[:, :, segment.start : segment.end] for states in (query, key, value))
        parts += _attend_segment(segment, q, k, v, scaling, sliding_window)
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None


def _attend_segment(
    segment: Segment, query: Tensor, key: Tensor, value: Tensor, scaling: float | None, window: int | None
) -> Iterator[Tensor]:
    """The prefix's attended values, shape (1, H, P, D), if it has any tokens, then the branches', (1, H, G*C, D)."""
    prefix, branches, length = segment.prefix, segment.branches, segment.length
    if window is not None and window >= prefix + length:
        window = None
    if prefix:
        q, k, v = (states[:, :, :prefix] for states in (query, key, value))
        mask = None if window is None else _causal_mask(prefix, prefix, window, query.device)
        yield functional.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None, scale=scaling)

    def branched(states: Tensor) -> Tensor:  # (1, H, P + G*C, D) -> (G, H, C, D)
        return states[0, :, prefix:].unflatten(1, (branches, length)).transpose(0, 1)

    def with_prefix(states: Tensor) -> Tensor:  # (1, H, P + G*C, D) -> (G, H, P + C, D)
        return torch.cat([states[:, :, :prefix].expand(branches, -1, -1, -1), branched(states)], dim=2)

    mask = _causal_mask(length, prefix + length, window, query.device)
    attended = functional.scaled_dot_product_attention(
        branched(query), with_prefix(key), with_prefix(value), mask, scale=scaling
    )
    yield attended.transpose(0, 1).flatten(1, 2)[None]


def _causal_mask(queries: int, keys: int, window: int | None, device: torch.device) -> Tensor:
    """Which keys the last `queries` of `keys` positions see, shape (queries, keys)."""
    distance = torch.arange(keys - queries, keys, device=device)[:, None] - torch.arange(keys, device=device)[None]
    seen = distance >= 0
    return seen if window is None else seen & (distance < window)


def _no_mask_for_flat_groups(*args: Any, **kwargs: Any) -> Tensor | None:
    return None if _is_flat.get() else sdpa_mask(*args, **kwargs)


AttentionInterface.register(ATTENTION, attention)
AttentionMaskInterface.register(ATTENTION, _no_mask_for_flat_groups)


def why_not(model: PreTrainedModel) -> str | None:
    """Why groups of this model cannot be computed with a shared prefix; None where they can."""
    config = model.config.get_text_config()
    unknown = set(getattr(config, "layer_types", None) or ()) - LAYER_TYPES
    if unknown:
        return f"it has layers of type {', '.join(sorted(unknown))}"
    if not getattr(model, "_supports_attention_backend", False):
        return "its attention does not go through transformers' attention interface"
    if "mrope_section" in str(getattr(config, "rope_parameters", None)):
        return "its positions have several axes (M-RoPE)"
    if model.config._attn_implementation not in ("sdpa", ATTENTION):
        return f"its attention is {model.config._attn_implementation}; the shared prefix works on sdpa"
    return None


def prepare(model: PreTrainedModel) -> None:
    """Let the model compute flat groups; everything else that it computes stays the same."""
    model.set_attn_implementation(ATTENTION)
