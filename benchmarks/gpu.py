"""What one GPU does, in at most eight minutes: an experiment with three seeds, and the shared prefix against stock TRL.

    rlvr fetch smollm2-135m
    python benchmarks/gpu.py [--experiment smollm2] [--seeds 0 1 2] [--minutes 8]
        [--models 0.5B 1.5B 7B] [--shapes 512,48,8 1024,64,8] [--repeats 5] [--out FILE] [OVERRIDE ...]

First the shared prefix: bf16, the shapes of Qwen2.5, random weights, gradient checkpointing; both sides run alternately
in one process, and the ratio is that of the medians. Then `rlvr train experiment=... hardware=gpu`, all seeds side by
side in processes of their own; a seed that is not done when the minutes are over is stopped and named. Further
arguments go to those runs. Without a GPU, `--models tiny --device cpu` runs the same code.
"""

from __future__ import annotations

import argparse
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch
from demo import behavior_table, evaluation_table, last_stage_lines, read_run
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


def cost(compute: Callable[[Qwen2ForCausalLM, Group], Tensor], model: Qwen2ForCausalLM, tokens: Group) -> Cost:
    """Gradients stay allocated between runs, so that the peak is that of activations."""
    model.zero_grad(set_to_none=False)
    is_gpu = model.device.type == "cuda"
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


def line(name: str, shape: str, repeats: int, model: Qwen2ForCausalLM) -> str:
    """One row of the table."""
    tokens = Group.random(shape, model.config.vocab_size)
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


def run_experiment(name: str, seeds: Sequence[int], overrides: Sequence[str], seconds: float) -> list[str]:
    """Run an experiment with all seeds at once, as lines of Markdown; what is not done after `seconds` is stopped."""
    with tempfile.TemporaryDirectory() as folder:
        folders = {seed: Path(folder) / f"seed-{seed}" for seed in seeds}
        processes = {seed: _start(name, seed, run_dir, overrides) for seed, run_dir in folders.items()}
        started = time.monotonic()
        runs, troubles = [], []
        try:
            for seed, process in processes.items():
                try:
                    status = process.wait(max(0.0, started + seconds - time.monotonic()))
                except subprocess.TimeoutExpired:
                    troubles.append(f"Seed {seed} was stopped after {seconds:.0f} s.")
                    continue
                if status:
                    troubles.append(f"Seed {seed} ended with status {status}.")
                else:
                    runs.append(replace(read_run(folders[seed]), wall_s=time.monotonic() - started))
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait()
    command = ["rlvr", "train", f"experiment={name}", "hardware=gpu", *overrides]
    lines = [f"`{shlex.join(command)}`"]
    lines += ["", "Reward on held-out rows, greedy, with 95% bootstrap intervals:", ""] if runs else []
    lines += [*evaluation_table(runs), "", *last_stage_lines(runs), "", *behavior_table(runs)] if runs else []
    took = [f"seed {run.seed} {run.wall_s / 60:.1f} min" for run in runs if run.wall_s is not None]
    done = [f"Done side by side: {', '.join(took)}."] if runs else []
    return ["", *lines, "", *done, *troubles]


def _start(name: str, seed: int, run_dir: Path, overrides: Sequence[str]) -> subprocess.Popen[bytes]:
    options = [f"experiment={name}", "hardware=gpu", "tracking=none", f"seed={seed}", f"run_dir={run_dir}", *overrides]
    return subprocess.Popen([sys.executable, "-m", "rlvr", "train", *options], stdout=subprocess.DEVNULL)


def document(models: Sequence[str], shapes: Sequence[str], repeats: int, device: torch.device) -> str:
    """What the shared prefix saves, as Markdown."""
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
        lines += [line(name, shape, repeats, model) for shape in shapes]
        del model
        if device.type == "cuda":
            torch.cuda.empty_cache()  # the runs that follow are other processes
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiment", default="smollm2", help="none leaves it out")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--minutes", type=float, default=8.0, help="for everything")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=("0.5B", "1.5B", "7B"))
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="P,C,G")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options, overrides = parser.parse_known_args()
    started = time.monotonic()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error("no GPU here; --models tiny --device cpu runs the same code without one")
    text = document(options.models, options.shapes, options.repeats, torch.device(options.device))
    if options.experiment != "none":
        left = 60 * options.minutes - (time.monotonic() - started)
        text += "\n".join([*run_experiment(options.experiment, options.seeds, overrides, left), ""])
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
