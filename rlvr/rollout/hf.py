"""Greedy completions, in batches sorted by length; with transformers' own generation where `decode` cannot."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch

from rlvr.chat import served_text
from rlvr.rollout.decode import Sampling, cannot_decode, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from transformers import PreTrainedTokenizerBase

    from rlvr.policy.load import Policy


@dataclass(frozen=True)
class Completion:
    """One completion: its text, its length, and whether it ran into the length limit.

    The text holds no special tokens but those that mark calls in the policy's wire format.
    """

    text: str
    n_tokens: int
    is_truncated: bool


def greedy_completions(
    policy: Policy,
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    batch_size: int,
    bf16: bool = False,
    on_batch: Callable[[int], None] | None = None,
) -> list[Completion]:
    """The most likely completion of each prompt, in the order of `prompts`.

    The state of the random number generators and the model's mode are the same afterwards.

    Args:
        policy: model and tokenizer.
        prompts: rendered prompts, as `rlvr.chat.render_prompt` gives them.
        max_new_tokens: where a completion is cut.
        batch_size: prompts that are generated at once.
        bf16: compute in bfloat16 while the weights keep their type.
        on_batch: called with the number of prompts of each batch that is done.
    """
    prompt_ids = [policy.tokenizer(prompt)["input_ids"] for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(prompt_ids[i]), reverse=True)
    completions: dict[int, Completion] = {}
    with _generation(policy, bf16):
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            generated = _generate_batch(policy, [prompt_ids[i] for i in batch], max_new_tokens)
            completions.update(zip(batch, generated, strict=True))
            if on_batch is not None:
                on_batch(len(batch))
    return [completions[i] for i in range(len(prompts))]


@contextmanager
def _generation(policy: Policy, bf16: bool) -> Iterator[None]:
    device = policy.model.device
    was_training = policy.model.training
    policy.model.train(False)
    devices = [device] if device.type == "cuda" else []
    autocast = torch.autocast(device.type, dtype=torch.bfloat16) if bf16 else nullcontext()
    try:
        with torch.random.fork_rng(devices=devices), torch.inference_mode(), autocast:
            yield
    finally:
        policy.model.train(was_training)


def _generate_batch(policy: Policy, prompt_ids: list[list[int]], max_new_tokens: int) -> list[Completion]:
    tokenizer, model = policy.tokenizer, policy.model
    stop_ids = set(model.generation_config.eos_token_id)
    if cannot_decode(model) is None:
        candidates = decode(model, prompt_ids, 1, Sampling(), max_new_tokens=max_new_tokens, stop_ids=stop_ids)
        return [_completion(tokenizer, ids, stop_ids) for ids in candidates]
    batch = tokenizer.pad({"input_ids": prompt_ids}, padding_side="left", return_tensors="pt").to(model.device)
    generated = cast("Any", model).generate(  # declared for a protocol that no model type satisfies
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        max_new_tokens=max_new_tokens,
        do_sample=False,
        # Sampling settings that a model declares for itself would only raise warnings here.
        temperature=None,
        top_p=None,
        top_k=None,
        use_cache=True,
        disable_compile=True,
    )
    return [_completion(tokenizer, ids, stop_ids) for ids in generated[:, batch["input_ids"].shape[1] :].tolist()]


def _completion(tokenizer: PreTrainedTokenizerBase, token_ids: list[int], stop_ids: set[int]) -> Completion:
    end = next((i for i, token in enumerate(token_ids) if token in stop_ids), None)
    own = token_ids if end is None else token_ids[: end + 1]
    text = served_text(tokenizer, own)
    return Completion(text, len(own), is_truncated=end is None)
