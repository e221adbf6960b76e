"""Keys and values of conversations between their turns: a turn computes what is new since the last one alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from transformers import Cache, DynamicLayer, PreTrainedModel

from rlvr.policy.attention import DecodingPrefix

# What is new in some conversations is much longer than in others; those of a part are padded to the longest.
MOST_PADDING = 2


class Start(NamedTuple):
    """Where the prompt of a turn goes on: the row of its conversation, and how many tokens are known there."""

    row: int
    n_known: int


def can_keep(model: PreTrainedModel) -> bool:
    """Tell whether each layer sees all tokens before: a window would count the padding between turns."""
    config = model.config.get_text_config()
    types = getattr(config, "layer_types", None)
    return set(types) == {"full_attention"} if types else not getattr(config, "sliding_window", None)


@dataclass
class Contexts:
    """What conversations have said so far, as long as the weights stay the same.

    Attributes:
        rows: which row of `prefix` stands for which tokens.
        prefix: keys and values of all; None where nothing has been said, or a turn is under way.
        tokens: of the conversations that have ended the turn under way.
        parts: their keys and values.
    """

    rows: dict[tuple[int, ...], int] = field(default_factory=dict)
    prefix: DecodingPrefix | None = None
    tokens: list[tuple[int, ...]] = field(default_factory=list)
    parts: list[DecodingPrefix] = field(default_factory=list)

    def starts(self, prompts: Sequence[Sequence[int]]) -> list[Start] | None:
        """Return where each prompt goes on; None where one of them begins a conversation."""
        lengths = sorted(set(map(len, self.rows)), reverse=True)
        starts = [start for prompt in prompts if (start := self._start(tuple(prompt), lengths)) is not None]
        return starts if len(starts) == len(prompts) else None

    def _start(self, prompt: tuple[int, ...], lengths: Sequence[int]) -> Start | None:
        for length in lengths:
            row = self.rows.get(prompt[:length])
            if row is not None and length < len(prompt):
                return Start(row, length)
        return None

    def prefill(
        self, model: PreTrainedModel, prompts: Sequence[Sequence[int]], starts: Sequence[Start], at_once: int
    ) -> tuple[DecodingPrefix, Tensor]:
        """Compute what is new in each prompt, and forget what was known.

        Args:
            model: the model, whose layers all see every token.
            prompts: token ids; U of them.
            starts: where each goes on.
            at_once: how many tokens are computed at once, padding counted.

        Returns:
            The keys and values of the prompts, and their last logits, shape (U, V).
        """
        known, self.prefix, self.rows = cast("DecodingPrefix", self.prefix), None, {}
        new = [len(prompt) - start.n_known for prompt, start in zip(prompts, starts, strict=True)]
        parts = _alike(new, at_once)
        prefixes, logits = [], []
        for part in parts:
            rests = [prompts[place][starts[place].n_known :] for place in part]
            rows = torch.tensor([starts[place].row for place in part], device=model.device)
            prefix, last_logits = side_by_side(model, rests, max(map(len, rests)), known.chosen(rows))
            prefixes.append(prefix)
            logits.append(last_logits)
        del known
        places = [torch.tensor(part, device=model.device) for part in parts]
        return DecodingPrefix.joined(prefixes, places), torch.cat(logits)[torch.cat(places).argsort()]

    def add(self, tokens: Sequence[tuple[int, ...]], prefix: DecodingPrefix) -> None:
        """Take in conversations that have ended their turn: their tokens, with keys and values of these."""
        self.tokens += tokens
        self.parts.append(prefix)

    def close(self) -> None:
        """End the turn under way, and forget who had no part in it."""
        self.rows = {tokens: row for row, tokens in enumerate(self.tokens)}
        self.prefix = DecodingPrefix.joined(self.parts)
        self.tokens, self.parts = [], []


def _alike(lengths: Sequence[int], at_once: int) -> list[list[int]]:
    """Return places in parts whose lengths are alike, each of which holds no more than so many padded tokens."""
    parts: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        length = lengths[place]
        part = parts[-1] if parts else []
        is_full = (len(part) + 1) * length > at_once
        if not part or is_full or length > MOST_PADDING * lengths[part[0]]:
            parts.append([])
        parts[-1].append(place)
    return parts


def side_by_side(
    model: PreTrainedModel, rests: Sequence[Sequence[int]], longest: int, known: DecodingPrefix | None = None
) -> tuple[DecodingPrefix, Tensor]:
    """Compute tokens behind what is known of each prompt, all padded on the left to one length.

    Returns:
        The keys and values of the prompts, what was known included, and their last logits, shape (U, V).
    """
    padding = [longest - len(rest) for rest in rests]
    ids = torch.tensor([[0] * n + list(rest) for n, rest in zip(padding, rests, strict=True)], device=model.device)
    places = torch.arange(longest, device=model.device) - torch.tensor(padding, device=model.device)[:, None]
    is_padding, cache = places < 0, Cache(layer_class_to_replicate=DynamicLayer)
    if known is not None:
        places = places + (~known.is_padding).sum(dim=1, keepdim=True)
        is_padding = torch.cat([known.is_padding, is_padding], dim=1)
        cache = Cache(layers=[_layer(keys, values) for keys, values in zip(known.keys, known.values, strict=True)])
        del known
    out = model(
        input_ids=ids,
        attention_mask=(~is_padding).long(),
        position_ids=places.clamp(min=0),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    layers = cast("Any", cache.layers)
    prefix = DecodingPrefix(
        # Under autocast the rotated keys are wider than the values; attention would narrow them at every token.
        keys=tuple(layer.keys.to(layer.values.dtype) for layer in layers),
        values=tuple(layer.values for layer in layers),
        is_padding=is_padding,
    )
    return prefix, out.logits[:, -1]


def _layer(keys: Tensor, values: Tensor) -> DynamicLayer:
    """Return a layer of a cache that begins with these, which are not copied."""
    layer = DynamicLayer()
    layer.lazy_initialization(keys, values)
    layer.keys, layer.values = keys, values
    return layer
