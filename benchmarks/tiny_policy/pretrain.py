"""Trains the embedded policy from scratch: tokenizer, then a small Qwen3 on `corpus.conversation`.

    python -m benchmarks.tiny_policy.pretrain OUT [--seed 0]

The recipe: Muon on the matrices and AdamW on the rest, small batches, one tool
a conversation at first and more later, prompt tokens at a tenth of the answer's weight, a learning rate that ends
linearly. With AdamW alone or large batches a model of this size does not find out how to copy within the hour.
What it came to stands beside the weights, in rlvr/policy/tiny/README.md.

Sources: Muon: Jordan et al. 2024, kellerjordan.github.io/posts/muon; the schedule: Hu et al. 2024 (MiniCPM),
arXiv:2404.06395, section 4.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, cast

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from benchmarks.tiny_policy.corpus import Conversation, conversation, conversations
from rlvr.chat import reasoning_block
from rlvr.policy.checks import source_of
from rlvr.policy.precision import SLOW, bf16_slowdown

FOLDER = Path(source_of("tiny"))
END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
# Ordinary text to skip_special_tokens, so that calls survive decoding.
WIRE_TOKENS = (
    "<tool_call>", "</tool_call>", "<tools>", "</tools>", "<tool_response>", "</tool_response>", "<think>", "</think>",
)  # fmt: skip
# Runs of JSON that every tool list and every call repeat: one token each makes prompts a third shorter.
JSON_TOKENS = (
    '{"name": "',
    '", "description": "',
    '", "parameters": {"type": "object", "properties": {"',
    '": {"type": "string"',
    '": {"type": "string", "format": "date"',
    '": {"type": "string", "enum": ["',
    '": {"type": "integer"',
    '": {"type": "number"',
    '": {"type": "boolean"',
    ', "description": "',
    ', "default": ',
    ', "minimum": ',
    ', "maximum": ',
    '}, "required": ["',
    '"]}}',
    '", "arguments": {"',
    '": "',
    '", "',
    '"}, "',
)
PROMPT_WEIGHT = 0.1
REPORT_EVERY = 1000
TOKENIZER_CONVERSATIONS = 6000
MEASURED_CALLS = 400
MUON_LR, ADAM_LR = 0.02, 3e-3


def build_tokenizer(texts: Iterator[str], vocab_size: int = 1024) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE with single digits, trained on `texts`."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = [END_OF_TEXT, TURN_START, TURN_END]
    bpe.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size - len(WIRE_TOKENS + JSON_TOKENS), special_tokens=special, initial_alphabet=alphabet
        ),
    )
    bpe.add_tokens([AddedToken(token, special=False, normalized=False) for token in WIRE_TOKENS + JSON_TOKENS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=TURN_END, pad_token=END_OF_TEXT, padding_side="left", model_max_length=2048
    )
    tokenizer.chat_template = (FOLDER / "chat_template.jinja").read_text()
    return tokenizer


def build_model(tokenizer: PreTrainedTokenizerFast, hidden_size: int = 256, layers: int = 4) -> Qwen3ForCausalLM:
    """Return a random Qwen3 of about 3.5M parameters (at the default sizes)."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        intermediate_size=int(hidden_size * 2.75) // 32 * 32,
        num_hidden_layers=layers,
        num_attention_heads=hidden_size // 64,
        num_key_value_heads=hidden_size // 64,
        head_dim=64,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def rendered(tokenizer: PreTrainedTokenizerFast, talk: Conversation) -> tuple[str, str]:
    """Return the prompt as the chat template shows it, and the answer up to the end of its turn."""
    prompt = tokenizer.apply_chat_template(talk.prompt, tools=[*talk.tools], add_generation_prompt=True, tokenize=False)
    return str(prompt), reasoning_block(talk.reasoning) + talk.answer + TURN_END


@dataclass(frozen=True)
class Batch:
    """Token ids and loss weights, both of shape (P, T): 0 on padding, 0.1 on prompts, 1 on answers."""

    ids: Tensor
    weights: Tensor


def _collate(items: list[tuple[list[int], list[int]]]) -> Batch:
    longest = max(len(prompt) + len(answer) for prompt, answer in items)
    ids = torch.zeros(len(items), longest, dtype=torch.long)
    weights = torch.zeros(len(items), longest)
    for i, (prompt, answer) in enumerate(items):
        ids[i, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        weights[i, : len(prompt)] = PROMPT_WEIGHT
        weights[i, len(prompt) : len(prompt) + len(answer)] = 1.0
    return Batch(ids, weights)


TOKENS = 36_000_000
# The share of training over which conversations go from one tool to the usual one to three.
FIRST_TOOLS = 0.2
# The share of training after which the learning rate falls linearly.
DECAY_FROM = 0.5


class Batches:
    """Batches of conversations of similar length."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, seed: int) -> None:
        self._tokenizer = tokenizer
        self._rng = Random(f"batches-{seed}")
        self._pool: list[Batch] = []

    def next(self, progress: float) -> Batch:
        """Return the next batch, `progress` in [0, 1] into training; a pool of 32 is made at a time."""
        if not self._pool:
            self._fill(progress)
        return self._pool.pop()

    def _fill(self, progress: float, batches: int = 32, size: int = 24) -> None:
        one_tool_share = max(0.0, 1.0 - progress / FIRST_TOOLS)
        items = []
        for _ in range(size * batches):
            n_tools = 1 if self._rng.random() < one_tool_share else None
            talk = conversation(self._rng, n_tools)
            prompt, answer = rendered(self._tokenizer, talk)
            items.append((self._tokenizer(prompt)["input_ids"], self._tokenizer(answer)["input_ids"]))
        items.sort(key=lambda item: len(item[0]) + len(item[1]))
        self._pool = [_collate(items[i : i + size]) for i in range(0, len(items), size)]
        self._rng.shuffle(self._pool)


def learning_rate_scale(progress: float, step: int) -> float:
    """Linear warm-up over 50 steps, constant, then linear to 3%."""
    warmup = min(1.0, (step + 1) / 50)
    return warmup * (1.0 if progress < DECAY_FROM else max(0.03, (1.0 - progress) / (1.0 - DECAY_FROM)))


def _after_reasoning(text: str) -> str:
    return text.split(TURN_END)[0].rpartition("</think>")[2]


@torch.no_grad()
def exact_share(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, n: int, seed: int) -> dict[str, float]:
    """Share of the corpus's own calls reproduced exactly, on conversations never trained on."""
    rng = Random(f"held-out-{seed}")
    wanted: list[tuple[str, str]] = []
    while len(wanted) < n:
        prompt, answer = rendered(tokenizer, conversation(rng))
        if "<tool_call>" in answer:
            wanted.append((prompt, answer))
    hits = 0
    model.eval()
    for start in range(0, n, 50):
        chunk = wanted[start : start + 50]
        inputs = tokenizer([prompt for prompt, _ in chunk], return_tensors="pt", padding=True)
        out = cast("Any", model).generate(  # declared for a protocol that no model type satisfies
            **inputs, max_new_tokens=160, do_sample=False
        )
        texts = tokenizer.batch_decode(out[:, inputs["input_ids"].shape[1] :])
        hits += sum(
            _after_reasoning(text) == _after_reasoning(answer) for text, (_, answer) in zip(texts, chunk, strict=True)
        )
    model.train()
    return {"exact_calls": hits / n, "n": float(n)}


def load_or_build_tokenizer(out: Path, seed: int) -> PreTrainedTokenizerFast:
    """Return the tokenizer of an earlier run in `out`, or one trained on the first conversations of the corpus."""
    if (out / "tokenizer.json").exists():
        return PreTrainedTokenizerFast.from_pretrained(out)
    plain = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
    plain.chat_template = (FOLDER / "chat_template.jinja").read_text()
    talks = islice(conversations(seed), TOKENIZER_CONVERSATIONS)
    tokenizer = build_tokenizer("".join(rendered(plain, talk)) for talk in talks)
    tokenizer.save_pretrained(out)
    return tokenizer


class Optimizers:
    """Muon on the hidden matrices, AdamW on embeddings and norms, one learning-rate schedule for both."""

    def __init__(self, model: Qwen3ForCausalLM) -> None:
        self._parameters = list(model.parameters())
        matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
        rest = [p for name, p in model.named_parameters() if not (p.ndim == 2 and "embed" not in name)]
        self._each: list[tuple[torch.optim.Optimizer, float]] = [
            (torch.optim.Muon(matrices, lr=MUON_LR, weight_decay=0.01, momentum=0.95), MUON_LR),
            (torch.optim.AdamW(rest, lr=ADAM_LR, betas=(0.9, 0.98), weight_decay=0.0), ADAM_LR),
        ]

    def step(self, scale: float) -> None:
        """Clip the gradients, step at `scale` times the base rates, and clear the gradients."""
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        for optimizer, base in self._each:
            for group in optimizer.param_groups:
                group["lr"] = base * scale
            optimizer.step()
            optimizer.zero_grad()


def losses(forward: Callable[..., Any], batch: Batch) -> tuple[Tensor, float]:
    """Return the weighted next-token loss, and the unweighted mean over answer tokens alone."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16_slowdown() < SLOW):
        logits = forward(input_ids=batch.ids).logits
    losses_P_T = functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1), batch.ids[:, 1:].flatten(), reduction="none"
    ).view(batch.ids.shape[0], -1)
    weights_P_T = batch.weights[:, 1:]
    answers = weights_P_T == 1.0
    answer_loss = float((losses_P_T.detach() * answers).sum() / answers.sum())
    return (losses_P_T * weights_P_T).sum() / weights_P_T.sum(), answer_loss


def pretrain(out: Path, tokens: int, seed: int, *, is_compiled: bool) -> dict[str, float]:
    """Train on `tokens` tokens, padding counted, and write the policy's folder.

    Returns:
        The last measurement, as also printed.
    """
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = load_or_build_tokenizer(out, seed)
    model = build_model(tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer)} tokens", flush=True)
    forward = torch.compile(model, dynamic=True) if is_compiled else model
    optimizers, batches = Optimizers(model), Batches(tokenizer, seed)
    seen, step, smooth, started = 0, 0, 0.0, time.monotonic()
    while seen < tokens:
        progress = seen / tokens
        batch = batches.next(progress)
        loss, answer_loss = losses(forward, batch)
        loss.backward()
        optimizers.step(learning_rate_scale(progress, step))
        smooth = answer_loss if step == 0 else 0.99 * smooth + 0.01 * answer_loss
        seen, step = seen + batch.ids.numel(), step + 1
        if step % REPORT_EVERY == 0:
            minutes = (time.monotonic() - started) / 60
            exact = f"  exact calls {exact_share(model, tokenizer, 100, seed)['exact_calls']:.0%}"
            print(f"{minutes:5.1f} min  {seen / 1e6:5.2f}M tokens  answer loss {smooth:.3f}{exact}", flush=True)
            save(model, tokenizer, out)
    measured = {
        **exact_share(model, tokenizer, MEASURED_CALLS, seed + 1),
        "tokens": float(seen),
        "minutes": (time.monotonic() - started) / 60,
        "answer_loss": smooth,
    }
    print(json.dumps(measured), flush=True)
    save(model, tokenizer, out)
    return measured


def save(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the policy in bf16, with its tokenizer and chat template."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = Qwen3ForCausalLM(model.config)
    copy.load_state_dict(model.state_dict())
    copy.generation_config.eos_token_id = tokenizer.eos_token_id
    copy.generation_config.pad_token_id = tokenizer.pad_token_id
    copy.bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-compile", action="store_true", help="where no C++ compiler is installed")
    options = parser.parse_args()
    pretrain(options.out, TOKENS, options.seed, is_compiled=not options.no_compile)


if __name__ == "__main__":
    main()
