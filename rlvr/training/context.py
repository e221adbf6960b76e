"""Prompts that a model's context has no room for, noticed before the model is loaded.

Trained on all the same, they run past what the model has positions for: no error comes, only worse weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from transformers import AutoConfig, PreTrainedTokenizerBase

from rlvr.chat import render_prompt, training_tokens
from rlvr.config import Config
from rlvr.errors import UserError
from rlvr.policy.checks import source_of
from rlvr.records.row import Row
from rlvr.training.checks import RunRows

_TEMPLATE_BYTES = 2048
"""What a chat template adds to a row at most, roughly; longer rows than the context allows are rendered and counted."""


def fitting_rows(
    rows: RunRows, tokenizer: PreTrainedTokenizerBase, config: Config, tell: Callable[[str], None]
) -> RunRows:
    """Return the rows whose prompts leave room for a completion in the model's context: all, or without the long ones.

    Args:
        rows: the run's.
        tokenizer: the policy's.
        config: `data.long_prompts` says whether long ones are refused or dropped.
        tell: where to say what has been dropped.

    Raises:
        UserError: a prompt is too long, under `refuse`; or no row of a set is left.
    """
    context = _context(config)
    if context is None:
        return rows
    completion = max(config.training.args.get("max_completion_length") or 256, 1) if "grpo" in config.pipeline else 0

    def fitting(part: str, sets: Mapping[str, Sequence[Row]], room: int, *, is_imitated: bool) -> dict[str, list[Row]]:
        return {
            name: _fitting(f"data.{part}.{name}", some, tokenizer, config, tell, context, room, is_imitated=is_imitated)
            for name, some in sets.items()
        }

    imitates = "sft" in config.pipeline or "dpo" in config.pipeline
    return RunRows(
        fitting("train", rows.training, context - completion, is_imitated=imitates),
        fitting("evaluation", rows.evaluation, context - config.evaluation.max_new_tokens, is_imitated=False),
    )


def _fitting(
    name: str,
    rows: Sequence[Row],
    tokenizer: PreTrainedTokenizerBase,
    config: Config,
    tell: Callable[[str], None],
    context: int,
    room: int,
    *,
    is_imitated: bool,
) -> list[Row]:
    lengths = {
        place: _n_tokens(tokenizer, row, is_imitated=is_imitated)
        for place, row in enumerate(rows)
        # No tokenizer gives more tokens than bytes.
        if _n_bytes(row) + _TEMPLATE_BYTES > room
    }
    long = {place: n for place, n in lengths.items() if n > room}
    if not long:
        return list(rows)
    first = next(iter(long))
    note = (
        f"{name}: {len(long)} of {len(rows)} rows are longer than the model's context of {context:,} tokens leaves for "
        f"them, {room:,}: row {first + 1} has {long[first]:,}"
    )
    if config.data.long_prompts == "refuse":
        raise UserError(f"{note}; leave them out with data.long_prompts=drop, or take a model with a longer context")
    if len(long) == len(rows):
        raise UserError(f"{note}; no row is left")
    tell(f"{note}; they are left out")
    return [row for place, row in enumerate(rows) if place not in long]


def _n_bytes(row: Row) -> int:
    return len(json.dumps(row.to_json(), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _n_tokens(tokenizer: PreTrainedTokenizerBase, row: Row, *, is_imitated: bool) -> int:
    if is_imitated:
        return sum(map(len, training_tokens(tokenizer, row)))
    return len(tokenizer(render_prompt(tokenizer, row))["input_ids"])


def _context(config: Config) -> int | None:
    """Return the model's longest text in tokens; None where its configuration does not say."""
    try:
        model: Any = AutoConfig.from_pretrained(
            source_of(config.model.path), trust_remote_code=config.model.trust_remote_code
        ).get_text_config()
    except (OSError, ValueError, KeyError):
        return None  # an adapter's folder, or GGUF: the model's own loader knows more of them
    longest = getattr(model, "max_position_embeddings", None)
    if not isinstance(longest, int) or longest < 1:
        return None
    scaling = getattr(model, "rope_scaling", None) or {}
    original = scaling.get("original_max_position_embeddings")
    if isinstance(original, int) and isinstance(scaling.get("factor"), int | float):
        return max(longest, int(original * scaling["factor"]))
    return longest
