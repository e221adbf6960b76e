"""Completions in batches sorted by length; with transformers' own generation where `decode` cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from transformers import StoppingCriteriaList

from rewards.wire import AUTO
from rewards.wire.call_tokens import CallTokens
from rlvr.chat import chat_format, render_prompt
from rlvr.config import Config, EvaluationConfig
from rlvr.heap import trim
from rlvr.policy.flat_row import runs_of_common_prefix
from rlvr.policy.load import Policy, device_for, load_policy
from rlvr.policy.precision import in_bf16
from rlvr.progress import Advance
from rlvr.sampler import GREEDY, Completion, Request, Sampling, unwatched
from rlvr.sampling.decode import cannot_decode, decode, evaluating


def open_sampler(config: Config) -> HfSampler:
    """Return the weights that `config.model` names, loaded."""
    policy = load_policy(config.model, device=device_for(config.hardware))
    return HfSampler(policy, config.model.path, config.evaluation.batch_size, in_bf16(config.hardware))


@dataclass(frozen=True)
class HfSampler:
    """Local weights. Model and tokenizer are left as they were, random state included.

    Args:
        policy: model and tokenizer.
        name: what tables call the model.
        batch_size: completions that are generated at once.
        bf16: compute in bfloat16 while the weights keep their type.
    """

    policy: Policy
    name: str = ""
    batch_size: int = EvaluationConfig.batch_size
    bf16: bool = False

    @property
    def wire(self) -> str:
        """The format that the chat template writes calls in."""
        return chat_format(self.policy.tokenizer).wire

    def close(self) -> None:
        """Leave the weights to their caller."""

    def sample(
        self, requests: Sequence[Request], progress: Advance = unwatched
    ) -> Iterator[tuple[int, list[Completion]]]:
        """Yield each request's completions; `rlvr.sampler.Sampler` says how. What is drawn alike shares its batches."""
        alike: dict[tuple[Any, ...], list[int]] = {}
        for place, request in enumerate(requests):
            key = (request.max_tokens, request.n, request.sampling, request.seed, request.wire)
            alike.setdefault(key, []).append(place)
        for (max_tokens, n, sampling, seed, wire), places in alike.items():
            prompts = [self._prompt(requests[place]) for place in places]
            answers = completions(
                self.policy,
                prompts,
                max_new_tokens=max_tokens,
                batch_size=self.batch_size,
                n=n,
                sampling=sampling,
                seed=seed,
                bf16=self.bf16,
                wire=wire,
                progress=progress,
            )
            yield from zip(places, answers, strict=True)

    def _prompt(self, request: Request) -> str:
        return render_prompt(self.policy.tokenizer, list(map(dict, request.messages)), request.tools)


def completions(
    policy: Policy,
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    batch_size: int,
    n: int = 1,
    sampling: Sampling = GREEDY,
    seed: int = 0,
    bf16: bool = False,
    wire: str = AUTO,
    progress: Advance = unwatched,
) -> list[list[Completion]]:
    """Return several completions of each prompt, in the order of `prompts`.

    The state of the random number generators and the model's mode are the same afterwards.

    Args:
        policy: model and tokenizer.
        prompts: rendered prompts, as `rlvr.chat.render_prompt` gives them.
        max_new_tokens: where a completion is cut.
        batch_size: completions that are generated at once, at least those of one prompt; fewer where a prompt is much
            longer than others.
        n: completions of each prompt.
        sampling: how tokens are drawn.
        seed: of what is drawn; the same seed, prompts and batch size draw the same.
        bf16: compute in bfloat16 while the weights keep their type.
        wire: the format that calls are written in, whose special tokens stay in the text; `auto` for any.
        progress: called with the number of prompts that are done since the last call, and a note on those under way.
    """
    prompt_ids = [policy.tokenizer(prompt)["input_ids"] for prompt in prompts]
    most = max(1, batch_size // n)
    completed: dict[int, list[Completion]] = {}
    generator = _Generator(policy, n, sampling, max_new_tokens, CallTokens(policy.tokenizer, wire))
    with _generation(policy, bf16):
        if sampling.temperature > 0:
            torch.manual_seed(seed)
        for batch in in_batches(prompt_ids, most):
            shown = _BatchProgress(progress, len(batch), max_new_tokens)
            ids = [prompt_ids[i] for i in batch]
            completed.update(zip(batch, generator.completions(ids, shown), strict=True))
            if policy.model.device.type == "cpu":
                trim()  # every batch has shapes of its own, which would leave gaps that nothing later fits into
            shown.finish()
    return [completed[place] for place in range(len(prompts))]


@dataclass
class _BatchProgress:
    """Tells what of one batch is done: prompts as they end, and the token that the others are at."""

    progress: Advance
    n_prompts: int
    max_new_tokens: int
    told: int = 0

    def update(self, n_tokens: int, n_done: int) -> None:
        """Tell after a token how many prompts have ended."""
        self.progress(max(0, n_done - self.told), f"token {n_tokens} of at most {self.max_new_tokens}")
        self.told = max(self.told, n_done)

    def finish(self) -> None:
        """Tell that all prompts have ended."""
        self.progress(self.n_prompts - self.told)


# From this share of all prompt tokens on, what prompts have in common outweighs the padding of unequal lengths.
SHARED_BEGINNINGS = 0.3
# A batch padded to its longest prompt holds at most so many times the tokens of its prompts.
MOST_PADDED = 2


def in_batches(prompt_ids: Sequence[list[int]], most: int) -> Iterator[list[int]]:
    """Yield which prompts are completed at once, at most so many."""
    return _batches(_generation_order(prompt_ids, most), list(map(len, prompt_ids)), most)


def _generation_order(prompt_ids: Sequence[list[int]], batch_size: int) -> list[int]:
    """Return the order of generation: side by side what begins alike or, where little does, what is of one length."""
    alike = sorted(range(len(prompt_ids)), key=lambda i: prompt_ids[i])
    runs = runs_of_common_prefix([prompt_ids[i] for i in alike], batch_size)
    n_saved = sum(length * (len(members) - 1) for length, members in runs)
    if n_saved > SHARED_BEGINNINGS * sum(map(len, prompt_ids)):
        return alike
    return sorted(range(len(prompt_ids)), key=lambda i: len(prompt_ids[i]), reverse=True)


def _batches(order: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield batches of at most so many prompts, which padded to their longest are at most twice their tokens.

    One prompt of 4,760 tokens, as When2Call has, would have 31 others keep keys and values for as many.
    """
    batch: list[int] = []
    for index in order:
        longer = [lengths[each] for each in (*batch, index)]
        is_mostly_padding = len(longer) * max(longer) > MOST_PADDED * sum(longer)
        if batch and (len(batch) == most or is_mostly_padding):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


@contextmanager
def _generation(policy: Policy, bf16: bool) -> Iterator[None]:
    device = policy.model.device
    devices = [device] if device.type == "cuda" else []
    autocast = torch.autocast(device.type, dtype=torch.bfloat16) if bf16 else nullcontext()
    with evaluating(policy.model), torch.random.fork_rng(devices=devices), torch.inference_mode(), autocast:
        yield


@dataclass(frozen=True)
class _Generator:
    """Generates the candidates of batches of prompts; its fields are as `completions` takes them."""

    policy: Policy
    n: int
    sampling: Sampling
    max_new_tokens: int
    call_tokens: CallTokens

    @property
    def stop_ids(self) -> set[int]:
        """The tokens that end a candidate."""
        return set(self.policy.model.generation_config.eos_token_id)

    def completions(self, prompt_ids: list[list[int]], shown: _BatchProgress) -> list[list[Completion]]:
        """Return the completions of each prompt."""
        generate = self._decode if cannot_decode(self.policy.model) is None else self._generate
        generated = generate(prompt_ids, shown)
        completions = []
        for place, prompt in enumerate(prompt_ids):
            candidates = generated[place * self.n : (place + 1) * self.n]
            completions.append([self._completion(ids, len(prompt)) for ids in candidates])
        return completions

    def _decode(self, prompt_ids: list[list[int]], shown: _BatchProgress) -> list[list[int]]:
        return decode(
            self.policy.model,
            prompt_ids,
            self.n,
            self.sampling,
            max_new_tokens=self.max_new_tokens,
            stop_ids=self.stop_ids,
            on_token=shown.update,
        )

    def _generate(self, prompt_ids: list[list[int]], shown: _BatchProgress) -> list[list[int]]:
        """Return what transformers' own generation gives, prompt by prompt."""
        batch = self.policy.tokenizer.pad({"input_ids": prompt_ids}, padding_side="left", return_tensors="pt")
        batch = batch.to(self.policy.model.device)
        options = asdict(self.sampling)
        is_sampled = self.sampling.temperature > 0
        if not is_sampled:
            # Sampling settings that a model declares for itself would only raise warnings, or draw otherwise.
            options = dict.fromkeys(options)
        length = batch["input_ids"].shape[1]

        def watch(input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
            shown.update(input_ids.shape[1] - length, 0)
            return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

        generated = cast("Any", self.policy.model).generate(  # declared for a protocol that no model type satisfies
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=self.max_new_tokens,
            do_sample=is_sampled,
            num_return_sequences=self.n,
            **options,
            use_cache=True,
            disable_compile=True,
            stopping_criteria=StoppingCriteriaList([watch]),
        )
        tokens: list[list[int]] = generated[:, length:].tolist()
        return tokens

    def _completion(self, token_ids: list[int], n_prompt_tokens: int) -> Completion:
        stop_ids = self.stop_ids
        end = next((place for place, token in enumerate(token_ids) if token in stop_ids), None)
        if end is not None:
            token_ids = token_ids[: end + 1]
        text = self.call_tokens.text(token_ids)
        if text is None:
            text = str(self.policy.tokenizer.decode(token_ids, skip_special_tokens=True))
        reason = "length" if end is None else "stop"
        return Completion(text, len(token_ids), reason, n_prompt_tokens, token_ids=tuple(token_ids))
