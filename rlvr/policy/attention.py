"""Attention for groups of candidates that share a prompt, registered with transformers as an implementation.

Every model that goes through the library's attention interface works unchanged, adapters and gradient checkpointing
included: where a forward pass says how its tokens share prefixes, they are computed so; everything else is
transformers' own `sdpa`.

Legend: S tokens of a row, H heads, D head size; P tokens of one prefix, G branches or candidates, C tokens of each
branch or of a tree; U prompts that are decoded at once, T tokens that each candidate has so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from rlvr.policy import branch_attention, linear_attention
from rlvr.policy.segment import Segment

ATTENTION = "shared_prefix"
"""The name of the attention implementation."""

LAYER_TYPES = {"full_attention", "sliding_attention"}

COMPARED = frozenset(
    """
    afmoe apertus arcee cohere cohere2 ernie4_5 ernie4_5_moe exaone4 gemma gemma3_text glm glm4 glm4_moe gpt_neox
    granite granitemoe helium llama minimax_m2 ministral3 mistral mixtral olmo olmo2 olmo3 olmoe olmo_hybrid phi phi3
    qwen2 qwen2_moe qwen3 qwen3_5_moe_text qwen3_5_text qwen3_moe qwen3_next seed_oss smollm3 starcoder2
    """.split()
)
"""The models that a test compares with the stock path; others are compared at the start of a training."""

# Whether the forward pass that builds its masks right now shares prefixes, and so needs none.
_is_unmasked: ContextVar[bool] = ContextVar("is_unmasked", default=False)


@dataclass(frozen=True)
class DecodingPrefix:
    """The prompts that candidates are decoded after, G candidates each.

    Attributes:
        keys, values: of each layer, shape (U, H, P, D), padded on the left.
        is_padding: shape (U, P).
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    is_padding: Tensor

    @classmethod
    def joined(cls, parts: Sequence[DecodingPrefix], rows: Sequence[Tensor] | None = None) -> DecodingPrefix:
        """Return the prompts of several parts in one, padded to one length.

        Args:
            parts: the prompts.
            rows: where each prompt of each part comes; None where they come one part after the other.
        """
        if len(parts) == 1 and rows is None:
            return parts[0]
        if rows is None:
            sizes = [len(part.is_padding) for part in parts]
            rows = torch.arange(sum(sizes), device=parts[0].is_padding.device).split(sizes)
        longest = max(part.is_padding.shape[1] for part in parts)
        n_prompts = sum(map(len, rows))

        def together(states: Sequence[Tensor]) -> Tensor:  # (U, H, P, D) of each part
            first = states[0]
            whole = first.new_zeros(n_prompts, first.shape[1], longest, first.shape[3])
            for of_part, where in zip(states, rows, strict=True):
                whole[where, :, longest - of_part.shape[2] :] = of_part
            return whole

        is_padding = parts[0].is_padding.new_ones(n_prompts, longest)
        for part, where in zip(parts, rows, strict=True):
            is_padding[where, longest - part.is_padding.shape[1] :] = part.is_padding
        keys = zip(*(part.keys for part in parts), strict=True)
        values = zip(*(part.values for part in parts), strict=True)
        return cls(tuple(map(together, keys)), tuple(map(together, values)), is_padding)

    @classmethod
    def compact(cls, layers: Iterable[tuple[Tensor, Tensor]], is_padding: Tensor) -> DecodingPrefix:
        """Return prompts from the keys and values of one layer after the other, without padding between tokens.

        Args:
            layers: shapes (U, H, P, D) both; each is asked for when the one before is done.
            is_padding: shape (U, P).
        """
        longest = int((~is_padding).sum(dim=1).max())
        places = (~is_padding).int().argsort(dim=1, stable=True)[:, -longest:]

        def kept(states: Tensor) -> Tensor:
            return states.gather(2, places[:, None, :, None].expand(-1, states.shape[1], -1, states.shape[3]))

        pairs = [(kept(keys), kept(values)) for keys, values in layers]
        keys, values = zip(*pairs, strict=True)
        return cls(keys, values, is_padding.gather(1, places))

    def chosen(self, prompts: Tensor) -> DecodingPrefix:
        """Return some of the prompts, by index."""
        return DecodingPrefix(
            tuple(keys[prompts] for keys in self.keys),
            tuple(values[prompts] for values in self.values),
            self.is_padding[prompts],
        )


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    shared_prefix_segments: Sequence[Segment] | None = None,
    decoding_prefix: DecodingPrefix | None = None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[Tensor, None]:
    """transformers' attention function: after shared prefixes where some are given, plain `sdpa` otherwise.

    Args:
        module: the attention layer.
        query, key, value: shapes (1, H, S, D), key and value possibly with fewer heads; while decoding, one new token
            of each candidate, (U*G, H, 1, D), and its T tokens so far, (U*G, H, T, D).
        attention_mask: as `sdpa` takes it; not read where prefixes are shared.
        shared_prefix_segments: the groups of a flat row.
        decoding_prefix: the prompts of the candidates that are decoded.
        scaling: of the scores; 1 / sqrt(D) where None.
        sliding_window: how many positions back a token sees, itself included.
        dropout: the share of scores that are dropped, as `sdpa` takes it; not read while decoding.
        others: what the model passes on.

    Returns:
        The attended values, shape (1, S, H, D) or (U*G, 1, H, D), and no weights.
    """
    if decoding_prefix is not None:
        layer = cast("int", module.layer_idx)
        return _attend_decoding(layer, query, key, value, decoding_prefix, scaling, sliding_window), None
    if shared_prefix_segments is None:
        attended, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return attended, None
    if torch.is_autocast_enabled(query.device.type):
        dtype = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    repeats = query.shape[1] // key.shape[1]
    key, value = repeat_kv(key, repeats), repeat_kv(value, repeats)
    parts: list[Tensor] = []
    for segment in shared_prefix_segments:
        q, k, v = (states[:, :, segment.start : segment.end] for states in (query, key, value))
        parts += _attend_segment(segment, q, k, v, sliding_window, scale=scaling, dropout_p=dropout)
    return torch.cat([part.transpose(1, 2) for part in parts], dim=1), None


def _attend_segment(
    segment: Segment, query: Tensor, key: Tensor, value: Tensor, window: int | None, **options: Any
) -> Iterator[Tensor]:
    """Yield the prefix's attended values, shape (1, H, P, D), if it has any tokens, then the branches' or the tree's,
    (1, H, G*C, D)."""
    prefix, branches, length = segment.prefix, segment.branches, segment.length
    if window is not None and window >= prefix + length:
        window = None
    if prefix:
        q, k, v = (states[:, :, :prefix] for states in (query, key, value))
        mask = None if window is None else _causal_mask(prefix, prefix, window, query.device)
        yield functional.scaled_dot_product_attention(q, k, v, mask, is_causal=mask is None, **options)

    if not branches:
        return

    if segment.seen is not None:
        mask = _tree_mask(segment.seen, prefix, window)
        yield functional.scaled_dot_product_attention(query[:, :, prefix:], key, value, mask, **options)
        return

    if prefix and window is None and not options["dropout_p"] and branch_attention.is_available(query):
        yield branch_attention.attend(query, key, value, prefix, branches, options["scale"])
        return

    def branched(states: Tensor) -> Tensor:  # (1, H, P + G*C, D) -> (G, H, C, D)
        return states[0, :, prefix:].unflatten(1, (branches, length)).transpose(0, 1)

    def with_prefix(states: Tensor) -> Tensor:  # (1, H, P + G*C, D) -> (G, H, P + C, D)
        return torch.cat([states[:, :, :prefix].expand(branches, -1, -1, -1), branched(states)], dim=2)

    mask = _causal_mask(length, prefix + length, window, query.device)
    attended = functional.scaled_dot_product_attention(
        branched(query), with_prefix(key), with_prefix(value), mask, **options
    )
    yield attended.transpose(0, 1).flatten(1, 2)[None]


def _causal_mask(queries: int, keys: int, window: int | None, device: torch.device) -> Tensor:
    """Return which keys the last `queries` of `keys` positions see, shape (queries, keys)."""
    distance = torch.arange(keys - queries, keys, device=device)[:, None] - torch.arange(keys, device=device)[None]
    seen = distance >= 0
    return seen if window is None else seen & (distance < window)


def _tree_mask(seen: Tensor, prefix: int, window: int | None) -> Tensor:
    """Return which keys of prefix and tree each token of the tree sees, shape (C, P + C)."""
    mask = functional.pad(seen, (prefix, 0), value=True)
    if window is None:
        return mask
    in_tree = prefix - 1 + seen.sum(1)
    positions = torch.cat([torch.arange(prefix, device=seen.device), in_tree])
    return mask & (in_tree[:, None] - positions < window)


def _attend_decoding(
    layer: int,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    prefix: DecodingPrefix,
    scaling: float | None,
    window: int | None,
) -> Tensor:
    """Return one new token of each candidate: its scores over prompt and own tokens share a softmax, shape (U*G, 1, H,
    D).

    The candidates of a prompt are queries of one product with its keys, so the prompt is read once for all of them.
    """
    prompt_keys, prompt_values = prefix.keys[layer], prefix.values[layer]
    n_prompts, heads, n_prefix, size = prompt_keys.shape
    candidates, repeats = query.shape[0] // n_prompts, query.shape[1] // heads
    own = query.view(n_prompts * candidates, heads, repeats, size) * (scaling or size**-0.5)

    def together(states: Tensor) -> Tensor:  # (U*G, H, R, …) -> (U, H, G*R, …)
        return states.view(n_prompts, candidates, heads, repeats, -1).transpose(1, 2).flatten(2, 3)

    def apart(states: Tensor) -> Tensor:  # (U, H, G*R, …) -> (U*G, H, R, …)
        return states.unflatten(2, (candidates, repeats)).transpose(1, 2).flatten(0, 1)

    is_hidden = prefix.is_padding[:, None, None]
    own_scores = own @ key.transpose(2, 3)
    if window is not None:
        # Prompts end where their candidates begin, so distances are the same in every row.
        distance = torch.arange(n_prefix + key.shape[2] - 1, -1, -1, device=query.device)
        is_hidden = is_hidden | (distance[:n_prefix] >= window)
        own_scores = own_scores.masked_fill(distance[n_prefix:] >= window, float("-inf"))
    prompt_scores = (together(own) @ prompt_keys.transpose(2, 3)).masked_fill(is_hidden, float("-inf"))
    weights = torch.cat([prompt_scores, together(own_scores)], dim=-1).float().softmax(-1).to(value.dtype)
    from_prompt = apart(weights[..., :n_prefix] @ prompt_values)
    from_own = apart(weights[..., n_prefix:]) @ value
    return (from_prompt + from_own).flatten(1, 2)[:, None]


@contextmanager
def unmasked() -> Iterator[None]:
    """Within this, forward passes build no masks: what they share says who sees whom."""
    token = _is_unmasked.set(True)
    try:
        yield
    finally:
        _is_unmasked.reset(token)


def _mask_unless_shared(*args: Any, **kwargs: Any) -> Tensor | None:
    return None if _is_unmasked.get() else sdpa_mask(*args, **kwargs)


AttentionInterface.register(ATTENTION, attention)
AttentionMaskInterface.register(ATTENTION, _mask_unless_shared)


def causal_lm(model: nn.Module) -> PreTrainedModel:
    """Return the transformers model inside the wrappers of accelerate and peft."""
    while not isinstance(model, PreTrainedModel):
        inner = getattr(model, "module", None)
        if inner is None:
            inner = cast("Any", model).get_base_model()
        model = inner
    return model


def is_compared(model: PreTrainedModel) -> bool:
    """Tell whether a test compares models of this class with the stock path."""
    return model.config.model_type in COMPARED and type(model).__module__.startswith("transformers.models.")


def why_not(model: PreTrainedModel) -> str | None:
    """Say why this model cannot compute a prompt once for all of its candidates; None where it can."""
    config = model.config.get_text_config()
    forks_states = config.model_type in linear_attention.MODEL_TYPES
    compared = LAYER_TYPES | {"linear_attention"} if forks_states else LAYER_TYPES
    unknown = set(getattr(config, "layer_types", None) or ()) - compared
    if unknown:
        return f"it has layers of type {', '.join(sorted(unknown))}"
    # What is compared goes through it, whatever the class declares.
    if not is_compared(model) and not getattr(model, "_supports_attention_backend", False):
        return "its attention does not go through transformers' attention interface"
    # A text model takes one position for each token, the same on all axes.
    is_text_model = is_compared(model) and forks_states
    if "mrope_section" in str(getattr(config, "rope_parameters", None)) and not is_text_model:
        return "its positions have several axes (M-RoPE)"
    if model.config._attn_implementation not in ("sdpa", ATTENTION):
        return f"its attention is {model.config._attn_implementation}; a shared prefix works on sdpa"
    return None


def has_linear_attention(model: PreTrainedModel) -> bool:
    """Tell whether some layers keep a state instead of keys: it goes on in branches, and not in a tree."""
    return "linear_attention" in (getattr(model.config.get_text_config(), "layer_types", None) or ())


def prepare(model: PreTrainedModel) -> None:
    """Let the model share prefixes; everything else that it computes stays the same."""
    model.set_attn_implementation(ATTENTION)
    linear_attention.prepare(model)
