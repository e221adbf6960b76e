"""The shared prefix against stock TRL on a GPU: bf16, the shapes of Qwen2.5 from 0.5B to 7B, random weights.

    python benchmarks/gpu.py [--models 0.5B 1.5B 3B 7B] [--shapes 512,48,8 1024,64,8] [--repeats 5] [--out FILE]

Both sides run alternately in one process, with gradient checkpointing, and the ratio is that of the medians. Without a
GPU, `--models tiny --device cpu` runs the same code.
"""

from __future__ import annotations

import argparse
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch
from grpo import Group, shared_logps, stock_logps
from torch import Tensor
from transformers import Qwen2Config, Qwen2ForCausalLM
from trl.trainer.utils import add_fused_lm_head

from rlvr.policy import attention

# Layers, hidden size, MLP size, heads, key heads, vocabulary, whether the head is the embedding: Qwen2.5's own.
MODELS = {
    "tiny": (2, 64, 128, 4, 2, 512, True),
    "0.5B": (24, 896, 4864, 14, 2, 151936, True),
    "1.5B": (28, 1536, 8960, 12, 2, 151936, True),
    "3B": (36, 2048, 11008, 16, 2, 151936, True),
    "7B": (28, 3584, 18944, 28, 4, 152064, False),
}
SHAPES = ("512,48,8", "1024,64,8")


@dataclass(frozen=True)
class Cost:
    """Of one forward and backward pass; memory beyond weights and gradients, 0 where it is not counted."""

    seconds: float
    peak_bytes: int


def qwen2(name: str, device: torch.device) -> Qwen2ForCausalLM:
    """A model of one of the shapes in bf16, made on the device."""
    layers, hidden, mlp, heads, key_heads, vocabulary, is_tied = MODELS[name]
    config = Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=mlp,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        tie_word_embeddings=is_tied,
        use_cache=False,
        dtype=torch.bfloat16,
    )
    torch.manual_seed(0)
    with torch.device(device):
        model = Qwen2ForCausalLM(config).to(torch.bfloat16)
    add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    attention.prepare(model)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    return model.train()


def group(shape: str, vocabulary: int, device: torch.device) -> Group:
    """Random tokens; a shape is P,C,G."""
    n_prompt, n_tokens, n_candidates = map(int, shape.split(","))
    generator = torch.Generator().manual_seed(n_prompt)
    ids = torch.randint(0, vocabulary, (n_prompt + n_candidates * n_tokens,), generator=generator).to(device)
    return Group(ids[:n_prompt], ids[n_prompt:].view(n_candidates, n_tokens))


def cost(compute: Callable[[Qwen2ForCausalLM, Group], Tensor], model: Qwen2ForCausalLM, tokens: Group) -> Cost:
    """Gradients stay allocated between runs, so that the peak is that of activations."""
    model.zero_grad(set_to_none=False)
    is_gpu = tokens.prompt.is_cuda
    before = 0
    if is_gpu:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    started = time.perf_counter()
    compute(model, tokens).sum().backward()
    if is_gpu:
        torch.cuda.synchronize()
    seconds = time.perf_counter() - started
    return Cost(seconds, torch.cuda.max_memory_allocated() - before if is_gpu else 0)


def line(name: str, shape: str, repeats: int, device: torch.device, model: Qwen2ForCausalLM) -> str:
    """One row of the table."""
    tokens = group(shape, model.config.vocab_size, device)
    with torch.no_grad():
        apart = (stock_logps(model, tokens) - shared_logps(model, tokens)).abs().mean().item()
    costs: dict[str, list[Cost]] = {"stock": [], "shared": []}
    for _ in range(repeats + 1):
        costs["stock"].append(cost(stock_logps, model, tokens))
        costs["shared"].append(cost(shared_logps, model, tokens))
    stock, shared = (statistics.median(c.seconds for c in costs[side][1:]) for side in ("stock", "shared"))
    peaks = [max(c.peak_bytes for c in costs[side]) / 2**30 for side in ("stock", "shared")]
    return (
        f"| {name} | {shape} | {1000 * stock:.1f} | {1000 * shared:.1f} | {stock / shared:.1f}× | "
        f"{peaks[0]:.2f} | {peaks[1]:.2f} | {apart:.1e} |"
    )


def document(models: Sequence[str], shapes: Sequence[str], repeats: int, device: torch.device) -> str:
    """Everything measured, as Markdown."""
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "no GPU"
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    lines = [
        f"{date.today()}, `python {shlex.join(sys.argv)}`, {where}, {packages}",
        "",
        "| Qwen2.5 shape | P,C,G | stock, ms | shared prefix, ms | ratio | peak, GiB | shared, GiB | logprobs apart |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in models:
        model = qwen2(name, device)
        lines += [line(name, shape, repeats, device, model) for shape in shapes]
        del model
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=("0.5B", "1.5B", "3B", "7B"))
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="P,C,G")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error("no GPU here; --models tiny --device cpu runs the same code without one")
    text = document(options.models, options.shapes, options.repeats, torch.device(options.device))
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
