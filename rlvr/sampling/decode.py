"""Several candidates of each prompt, with every prompt computed once.

transformers' `generate` repeats a prompt for each of its candidates and copies all keys and values at every token.
Here a prompt is computed once, its candidates attend to it in one product (`rlvr.policy.attention`), and prompts whose
candidates have all ended leave the batch.

Legend: U prompts, G candidates of each, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor
from transformers import Cache, DynamicCache, DynamicLayer, PreTrainedModel

from rlvr.policy.attention import DecodingPrefix, is_compared, prepare, unmasked, why_not
from rlvr.policy.flat_row import IGNORED_LABEL, Branch, Group, lay_out, runs_of_common_prefix
from rlvr.sampler import Sampling
from rlvr.sampling.contexts import Contexts, side_by_side

# Prompts of ever new lengths fragment the heap of a CPU process, and let its kernels be built again and again.
PREFIX_MULTIPLE = 32
# Below this ratio of tokens saved, a batch of padded prompts is as good as a row in which what they share stands once.
MIN_TOKEN_RATIO = 1.3
# Tokens of prompts that are computed at once: more are no faster, and their activations would be most of the memory.
PREFILL_TOKENS = 8192
# Leaving costs a copy of what stays, so prompts leave together.
LEAVING_SHARE = 0.125
# Tokens that room is made for at once: appended one by one, all keys and values would be copied for every token.
ROOM = 32


def cannot_decode(model: PreTrainedModel) -> str | None:
    """Return why candidates of this model cannot be decoded here; None where they can."""
    config = model.config.get_text_config()
    if not is_compared(model):
        return f"{model.config.model_type} has not been compared with transformers' own generation"
    if "linear_attention" in (getattr(config, "layer_types", None) or ()):
        return "it has linear attention"
    return why_not(model)


@contextmanager
def evaluating(model: PreTrainedModel) -> Iterator[None]:
    """Within this, a model is in evaluation mode; then it is in the mode that it was in."""
    was_training = model.training
    model.train(False)
    try:
        yield
    finally:
        model.train(was_training)


@torch.no_grad()
def decode(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    n_candidates: int,
    sampling: Sampling,
    *,
    max_new_tokens: int,
    stop_ids: Collection[int],
    on_token: Callable[[int, int], None] | None = None,
    contexts: Contexts | None = None,
) -> list[list[int]]:
    """Return the tokens of `n_candidates` candidates of each prompt, prompt by prompt, each up to its first stop token.

    Args:
        model: one for which `cannot_decode` is None, in evaluation mode.
        prompts: token ids, at least one each.
        n_candidates: G, of each prompt.
        sampling: how tokens are drawn, from torch's global generator.
        max_new_tokens: where a candidate is cut, >= 1.
        stop_ids: tokens that end a candidate and are part of it.
        on_token: called after each token with how many tokens there are and how many prompts have ended.
        contexts: what conversations have said before, for prompts that go on with them; what is said here comes to it.
            Not for a model that sees only a window of tokens.
    """
    prepare(model)
    prefix, logits_V = _prefill(model, prompts, contexts)
    lengths = torch.tensor(list(map(len, prompts)), device=model.device)
    n_rows = len(prompts) * n_candidates
    decoding = _Decoding(
        prefix=prefix,
        n_candidates=n_candidates,
        stop=torch.tensor(sorted(stop_ids), device=model.device),
        logits=logits_V.repeat_interleave(n_candidates, dim=0),
        positions=lengths.repeat_interleave(n_candidates),
        rows=torch.arange(n_rows),
        is_done=torch.zeros(n_rows, dtype=torch.bool, device=model.device),
        tokens=[[] for _ in range(n_rows)],
        prompts=prompts,
        contexts=contexts,
    )
    del prefix  # what has left the batch is freed
    for n_tokens in range(1, max_new_tokens):
        if not decoding.advance(sampling.next_tokens(decoding.logits)):
            break
        if on_token is not None:
            on_token(n_tokens, decoding.n_done())
        decoding.forward(model)
    else:
        decoding.advance(sampling.next_tokens(decoding.logits))
    decoding.leave(torch.arange(len(decoding.rows) // n_candidates, device=model.device))
    if contexts is not None:
        contexts.close()
    return list(map(list, decoding.tokens))


def n_places(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens `decode` computes of prompts, padding counted."""
    parts, longest = _in_parts(prompts)
    return sum(_n_places_at_once(part, longest) for part in parts)


def _n_places_at_once(prompts: Sequence[Sequence[int]], longest: int) -> int:
    """Return how many tokens one forward pass computes of these prompts, padding counted."""
    groups = _groups_if_fewer(prompts, longest)
    return len(prompts) * longest if groups is None else lay_out(groups, torch.device("cpu")).input_ids.numel()


def _prefill(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], contexts: Contexts | None
) -> tuple[DecodingPrefix, Tensor]:
    """Compute each prompt once, or what is new in it; also their last logits, shape (U, V)."""
    starts = None if contexts is None else contexts.starts(prompts)
    if contexts is not None and starts is not None:
        return contexts.prefill(model, prompts, starts, PREFILL_TOKENS)
    of_prompts, longest = _in_parts(prompts)
    parts = [_prefix(model, part, longest) for part in of_prompts]
    return DecodingPrefix.joined([prefix for prefix, _ in parts]), torch.cat([logits for _, logits in parts])


def _in_parts(prompts: Sequence[Sequence[int]]) -> tuple[list[Sequence[Sequence[int]]], int]:
    """Return the prompts that are computed at once, part by part, and the length that all are padded to.

    A part may hold more prompts than fit side by side: what they begin with is computed once in each part, so that the
    conversations of a toolset cost least in as few parts as their tokens allow.
    """
    longest = max(map(len, prompts))
    longest += -longest % PREFIX_MULTIPLE
    side_by_side = max(1, PREFILL_TOKENS // longest)
    at_once = len(prompts)
    while at_once > side_by_side:
        parts = _parts(prompts, at_once)
        if all(_n_places_at_once(part, longest) <= PREFILL_TOKENS for part in parts):
            return parts, longest
        at_once //= 2
    return _parts(prompts, min(side_by_side, len(prompts))), longest


def _parts(prompts: Sequence[Sequence[int]], at_once: int) -> list[Sequence[Sequence[int]]]:
    return [prompts[start : start + at_once] for start in range(0, len(prompts), at_once)]


def _prefix(model: PreTrainedModel, prompts: Sequence[Sequence[int]], longest: int) -> tuple[DecodingPrefix, Tensor]:
    """Compute a part of the prompts, in the way that takes fewer tokens; also their last logits, shape (U, V)."""
    groups = _groups_if_fewer(prompts, longest)
    return side_by_side(model, prompts, longest) if groups is None else _flat_prefill(model, groups, longest)


def _groups_if_fewer(prompts: Sequence[Sequence[int]], longest: int) -> list[Group] | None:
    """Return consecutive prompts as groups whose common beginnings stand once; None where padding is as good."""
    runs = runs_of_common_prefix(prompts)
    n_flat = 0
    for length, members in runs:
        n_flat += length + sum(len(prompts[index]) - length for index in members)
    if len(prompts) * longest <= MIN_TOKEN_RATIO * n_flat:
        return None

    groups = []
    for length, members in runs:
        rests = [prompts[index][length:] for index in members]
        branches = [Branch(tokens, [IGNORED_LABEL] * len(tokens)) for tokens in rests]
        groups.append(Group(prompts[members[0]][:length], branches))
    return groups


def _flat_prefill(model: PreTrainedModel, groups: Sequence[Group], longest: int) -> tuple[DecodingPrefix, Tensor]:
    """Compute what consecutive prompts have in common once, as those of one toolset do; as `side_by_side`."""
    row = lay_out(groups, model.device)
    places: list[list[int]] = []
    for group, segment in zip(groups, row.segments, strict=False):  # the last segment fills the row up
        prefix_end = segment.start + segment.prefix
        for number, branch in enumerate(cast("Sequence[Branch]", group.branches)):
            start = prefix_end + number * segment.length
            places.append([*range(segment.start, prefix_end), *range(start, start + len(branch.ids))])
    padded = [[0] * (longest - len(of_prompt)) + of_prompt for of_prompt in places]
    places_P = torch.tensor(padded, device=model.device)
    lengths = torch.tensor(list(map(len, places)), device=model.device)
    cache = DynamicCache()
    with unmasked():
        out = model(
            input_ids=row.input_ids,
            attention_mask=None,
            position_ids=row.position_ids,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=places_P[:, -1],
            shared_prefix_segments=row.segments,
        )
    layers = cast("Any", cache.layers)

    def apart(states: Tensor) -> Tensor:  # (1, H, S, D) -> (U, H, P, D)
        return states[0][:, places_P].transpose(0, 1).contiguous()

    prefix = DecodingPrefix(
        keys=tuple(apart(layer.keys.to(layer.values.dtype)) for layer in layers),
        values=tuple(apart(layer.values) for layer in layers),
        is_padding=torch.arange(longest, device=model.device) < (longest - lengths)[:, None],
    )
    return prefix, out.logits[0]


class _LayerWithRoom(DynamicLayer):
    """Keys and values of one layer, shape (U*G, H, T, D): the first T of those that there is room for."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append new tokens; keys are kept as the values are, which is how attention multiplies them."""
        length = self.get_seq_length()
        if not self.is_initialized:
            self.lazy_initialization(value_states, value_states)
            self._room = [value_states.new_empty(0), value_states.new_empty(0)]
        end = length + value_states.shape[-2]
        if not length or end > self._room[0].shape[-2]:
            self._make_room(value_states, length, end + ROOM)
        for room, new in zip(self._room, (key_states, value_states), strict=True):
            room[..., length:end, :] = new
        return self._look(end)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep some of the rows."""
        length = self.get_seq_length()
        self._room = [room[indices] for room in self._room]
        self._look(length)

    def _make_room(self, like: Tensor, length: int, size: int) -> None:
        grown = [like.new_empty(*like.shape[:-2], size, like.shape[-1]) for _ in self._room]
        for wide, room in zip(grown, self._room, strict=True):
            if length:
                wide[..., :length, :] = room[..., :length, :]
        self._room = grown

    def _look(self, length: int) -> tuple[Tensor, Tensor]:
        keys, values = (room[..., :length, :] for room in self._room)
        self.keys, self.values = keys, values
        return keys, values


@dataclass
class _Decoding:
    """The prompts that are still decoded, and what all candidates have said so far.

    Attributes:
        logits: of the next token, shape (U*G, V).
        positions: of the next token, shape (U*G,).
        rows: which candidate of all each row is.
        is_done: whether it has ended, shape (U*G,).
        tokens: of all candidates.
        prompts: all prompts.
        contexts: where candidates that leave are kept.
        last: the tokens that were drawn last, shape (U*G,).
    """

    prefix: DecodingPrefix
    n_candidates: int
    stop: Tensor
    logits: Tensor
    positions: Tensor
    rows: Tensor
    is_done: Tensor
    tokens: list[list[int]]
    prompts: Sequence[Sequence[int]]
    contexts: Contexts | None
    own: Cache = field(default_factory=lambda: Cache(layer_class_to_replicate=_LayerWithRoom))
    last: Tensor = field(init=False)

    def advance(self, drawn: Tensor) -> bool:
        """Append the drawn tokens, let ended prompts leave, and say whether any candidate goes on."""
        drawn_tokens = zip(self.rows.tolist(), drawn.tolist(), self.is_done.tolist(), strict=True)
        for row, token, is_done in drawn_tokens:
            if not is_done:
                self.tokens[row].append(token)
        self.last = drawn
        self.is_done = self.is_done | torch.isin(drawn, self.stop)
        prompt_is_done = self.is_done.view(-1, self.n_candidates).all(1)
        if prompt_is_done.all():
            return False
        if prompt_is_done.float().mean() >= LEAVING_SHARE:
            self._keep((~prompt_is_done).nonzero()[:, 0])
        return True

    def n_done(self) -> int:
        """Count the prompts that have all their candidates ended."""
        here = self.is_done.view(-1, self.n_candidates).all(1)
        return len(self.tokens) // self.n_candidates - len(here) + int(here.sum())

    def _keep(self, prompts: Tensor) -> None:
        rows = self._rows_of(prompts)
        stays = torch.zeros(len(self.prefix.is_padding), dtype=torch.bool, device=prompts.device)
        stays[prompts] = True
        self.leave((~stays).nonzero()[:, 0])
        self.prefix = self.prefix.chosen(prompts)
        self.last, self.positions, self.is_done = self.last[rows], self.positions[rows], self.is_done[rows]
        self.rows = self.rows[rows.cpu()]
        if self.own.get_seq_length():
            self.own.batch_select_indices(rows)

    def _rows_of(self, prompts: Tensor) -> Tensor:
        candidates = torch.arange(self.n_candidates, device=prompts.device)
        return (prompts[:, None] * self.n_candidates + candidates).flatten()

    def leave(self, prompts: Tensor) -> None:
        """Hand over what the candidates of these prompts have said, to those who keep it."""
        if self.contexts is None:
            return
        rows = self._rows_of(prompts)
        n_own = self.own.get_seq_length()
        tokens, n_said = [], []
        for row in self.rows[rows.cpu()].tolist():
            said = self.tokens[row][:n_own]  # the last one has no keys and values yet
            tokens.append((*self.prompts[row // self.n_candidates], *said))
            n_said.append(len(said))
        own = cast("Any", self.own.layers) if n_own else None
        of_rows = prompts.repeat_interleave(self.n_candidates)
        is_past_end = torch.arange(n_own, device=rows.device) >= torch.tensor(n_said, device=rows.device)[:, None]

        def layers() -> Iterator[tuple[Tensor, Tensor]]:
            for layer, (keys, values) in enumerate(zip(self.prefix.keys, self.prefix.values, strict=True)):
                if own is None:
                    yield keys[of_rows], values[of_rows]
                else:
                    more_keys, more_values = own[layer].keys[rows], own[layer].values[rows]
                    yield torch.cat([keys[of_rows], more_keys], 2), torch.cat([values[of_rows], more_values], 2)

        is_padding = torch.cat([self.prefix.is_padding[of_rows], is_past_end], dim=1)
        self.contexts.add(tokens, DecodingPrefix.compact(layers(), is_padding))

    def forward(self, model: PreTrainedModel) -> None:
        """Compute the last tokens, and with them the logits of the next ones."""
        with unmasked():
            out = model(
                input_ids=self.last[:, None],
                position_ids=self.positions[:, None],
                attention_mask=None,
                past_key_values=self.own,
                use_cache=True,
                decoding_prefix=self.prefix,
            )
        self.logits = out.logits[:, -1]
        self.positions = self.positions + 1
