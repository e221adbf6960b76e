"""What the GRPO trainer saves against stock TRL: ratios measured side by side in one process, on one thread.

    python benchmarks/grpo.py [--repeats 5] [--parts update steps] [--shapes 512,48,8 …] [--out FILE]
    python benchmarks/grpo.py --parts steps --model smollm2-135m --prompts 2 --steps 3 --repeats 2
    python benchmarks/grpo.py --parts rollouts --run runs/smollm2 --groups 12 --repeats 1

`rollouts` takes the candidates that a run has trained on, and its last policy: they begin alike, as random ones do not.

Each pair runs alternately, stock first, and the ratio is that of the medians. Seconds are the processor's own for this
one thread: what else the machine does stretches neither side. The stock log-probabilities are TRL's own, with only
candidate positions sent to the vocabulary head, which is what TRL does on a GPU and not on a CPU: the head is no part
of the saving.
"""

from __future__ import annotations

import argparse
import gc
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
import trl
from torch import Tensor
from transformers import Qwen3Config, Qwen3ForCausalLM
from trl import GRPOConfig
from trl.trainer.utils import add_fused_lm_head

from rewards import Tiered
from rewards.adapters.trl import reward_function
from rlvr.config import ModelConfig
from rlvr.data.synth import synthesize
from rlvr.policy import attention
from rlvr.policy.load import load_policy
from rlvr.quiet import quiet_libraries
from rlvr.training import grpo, shared_prefix
from rlvr.training.callbacks import without_own_output
from rlvr.training.grpo_trainer import GRPOTrainer

SHAPES = ("256,48,8", "512,48,8", "1024,64,8")
STEPS = 6

clock = time.process_time


def qwen3() -> Qwen3ForCausalLM:
    """A Qwen3 of 27M parameters with the proportions of its 0.6B model; random weights cost as much as trained ones."""
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=8192,
        hidden_size=384,
        intermediate_size=1152,
        num_hidden_layers=12,
        num_attention_heads=6,
        num_key_value_heads=3,
        head_dim=64,
        tie_word_embeddings=True,
    )
    model = Qwen3ForCausalLM(config)
    add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    return model


@dataclass(frozen=True)
class Group:
    """One prompt, and its G candidates of at most C tokens."""

    prompt: list[int]
    candidates: list[list[int]]

    @classmethod
    def random(cls, shape: str, vocabulary: int) -> Group:
        """Return a group that has nothing in common but its prompt; a shape is P,C,G."""
        n_prompt, n_tokens, n_candidates = map(int, shape.split(","))
        generator = torch.Generator().manual_seed(n_prompt)
        prompt = torch.randint(0, vocabulary, (n_prompt,), generator=generator)
        candidates = torch.randint(0, vocabulary, (n_candidates, n_tokens), generator=generator)
        return cls(prompt.tolist(), candidates.tolist())


def stock_logps(model: Any, group: Group) -> Tensor:
    """Every candidate with its prompt, as TRL computes them; shape (G, C), 0 where a candidate has no token."""
    n_prompt, longest = len(group.prompt), max(map(len, group.candidates))
    padded = [[*ids, *[0] * (longest - len(ids))] for ids in group.candidates]
    lengths = torch.tensor([len(ids) for ids in group.candidates], device=model.device)
    candidates = torch.tensor(padded, device=model.device)
    is_token = (torch.arange(longest, device=model.device) < lengths[:, None]).long()
    ids = torch.cat([torch.tensor(group.prompt, device=model.device).expand(len(candidates), -1), candidates], dim=1)
    mask = torch.cat([torch.ones_like(ids[:, :n_prompt]), is_token], dim=1)

    def keep_predicting(module: Any, inputs: Any, output: Any) -> Any:
        output.last_hidden_state = output.last_hidden_state[:, n_prompt - 1 : -1]
        return output

    hook = model.base_model.register_forward_hook(keep_predicting)
    out = model(ids, attention_mask=mask, shift_labels=candidates, fused_lm_head=True)
    hook.remove()
    return out.log_probs * is_token


def branch_logps(model: Any, group: Group) -> Tensor:
    """The prompt once, each candidate apart; shape (G, C)."""
    return _shared_logps(model, group, None)


def shared_logps(model: Any, group: Group) -> Tensor:
    """The prompt once, and what candidates have in common where that costs less; shape (G, C)."""
    return _shared_logps(model, group, shared_prefix.width_for_trees(model))


def _shared_logps(model: Any, group: Group, tree_width: int | None) -> Tensor:
    prompts = [group.prompt] * len(group.candidates)
    flat = shared_prefix.flat_groups(prompts, group.candidates, model.device, tree_width)
    longest = max(map(len, group.candidates))
    logps, _ = shared_prefix.logps_and_entropies(model, flat, len(group.candidates), longest)
    return logps


def forward_backward(compute: Callable[[Any, Group], Tensor], model: Any, group: Group) -> Tensor:
    """All gradients of a loss that weighs every token differently, in one vector."""
    model.zero_grad(set_to_none=True)
    logps = compute(model, group)
    (logps * torch.linspace(-1, 1, logps.numel()).view_as(logps)).sum().backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def kept_for_backward(compute: Callable[[Any, Group], Tensor], model: Any, group: Group) -> int:
    """Bytes of distinct activations that the forward pass keeps, parameters not counted."""
    parameters = {p.untyped_storage().data_ptr() for p in model.parameters()}
    storages: dict[int, int] = {}
    kept = []

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            storages[storage.data_ptr()] = storage.nbytes()
            kept.append(tensor)  # or its memory could be another's by the time that is counted
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        compute(model, group).sum()
    return sum(storages.values())


def alternately(runs: Sequence[Callable[[], Any]], repeats: int) -> list[float]:
    """Median seconds of each, the first run of each left out."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats + 1):
        for run, taken in zip(runs, times, strict=True):
            gc.collect()
            started = clock()
            run()
            taken.append(clock() - started)
    return [statistics.median(taken[1:]) for taken in times]


def update_table(shapes: Sequence[str], repeats: int) -> list[str]:
    """Markdown: forward and backward of one group; a shape is P,C,G."""
    model = qwen3().train()
    attention.prepare(model)
    lines = [
        "| P, C, G | stock, s | shared prefix, s | ratio | of tokens | of what backward keeps | gradients apart |",
        "|---|---|---|---|---|---|---|",
    ]
    for shape in shapes:
        n_prompt, n_tokens, n_candidates = map(int, shape.split(","))
        group = Group.random(shape, model.config.vocab_size)
        grads, own_grads = (forward_backward(compute, model, group) for compute in (stock_logps, shared_logps))
        apart = float((own_grads - grads).norm() / grads.norm())
        runs = [partial(forward_backward, compute, model, group) for compute in (stock_logps, shared_logps)]
        stock_s, shared_s = alternately(runs, repeats)
        kept = kept_for_backward(stock_logps, model, group) / kept_for_backward(shared_logps, model, group)
        tokens = n_candidates * (n_prompt + n_tokens) / (n_prompt + n_candidates * n_tokens)
        lines.append(
            f"| {n_prompt}, {n_tokens}, {n_candidates} | {stock_s:.2f} | {shared_s:.2f} | {stock_s / shared_s:.1f}× | "
            f"{tokens:.1f}× | {kept:.1f}× | {apart:.1e} |"
        )
    return lines


def trained_groups(run: Path, tokenizer: Any, n_groups: int) -> list[Group]:
    """Groups of a run whose candidates earned different rewards, evenly from its first step to its last."""
    rows = pq.read_table(run / "rollouts" / "grpo.parquet").to_pylist()
    teaching = [row for row in rows if len({candidate["reward"] for candidate in row["candidates"]}) > 1]

    def ids(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    return [
        Group(ids(row["prompt"]), [ids(candidate["completion"]) for candidate in row["candidates"]])
        for row in teaching[:: max(1, len(teaching) // n_groups)][:n_groups]
    ]


def rollouts_table(run: Path, n_groups: int, repeats: int) -> list[str]:
    """Markdown: forward and backward of groups that a run has trained on, in fp32."""
    policy = load_policy(ModelConfig(path=str(run / "grpo" / "final")))
    model = policy.model.float().train()
    add_fused_lm_head(model, outputs=("log_probs", "entropy"))
    attention.prepare(model)
    groups = trained_groups(run, policy.tokenizer, n_groups)
    computations = {
        "every candidate with its prompt (TRL)": stock_logps,
        "the prompt once": branch_logps,
        "what candidates have in common once": shared_logps,
    }
    seconds = dict.fromkeys(computations, 0.0)
    apart = 0.0
    for group in groups:
        runs = [partial(forward_backward, compute, model, group) for compute in computations.values()]
        for name, taken in zip(computations, alternately(runs, repeats), strict=True):
            seconds[name] += taken
        grads, own_grads = (forward_backward(compute, model, group) for compute in (stock_logps, shared_logps))
        apart = max(apart, float((own_grads - grads).norm() / grads.norm()))
    stock_s = seconds["every candidate with its prompt (TRL)"]
    lines = [f"| {len(groups)} groups | s | ratio |", "|---|---|---|"]
    lines += [f"| {name} | {taken:.1f} | {stock_s / taken:.1f}× |" for name, taken in seconds.items()]
    return [*lines, "", f"Gradients at most {apart:.1e} apart."]


@dataclass(frozen=True)
class Steps:
    """Seconds per optimizer step: all of it, and what is not generation."""

    whole_s: float
    update_s: float


def trainer_steps(base: type[trl.GRPOTrainer], folder: Path, model: str, prompts: int, steps: int) -> Steps:
    """A policy's GRPO steps on rows of the demo; the first one, which warms up, is not counted."""
    whole: list[float] = []
    generating: list[float] = []

    class Timed(base):  # type: ignore[misc, valid-type]
        def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
            started = clock()
            out = super()._generate_single_turn(*args, **kwargs)
            generating.append(clock() - started)
            return out

    class Clock(trl.trainer.grpo_trainer.TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            self.started = clock()

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            whole.append(clock() - self.started)

    policy = load_policy(ModelConfig(path=model))
    trainer = Timed(
        model=policy.model,
        reward_funcs=reward_function(Tiered()),
        args=GRPOConfig(
            output_dir=str(folder),
            num_generations=8,
            per_device_train_batch_size=16,
            gradient_accumulation_steps=prompts // 2,
            max_completion_length=96,
            max_steps=steps,
            learning_rate=1e-6,
            gradient_checkpointing=False,
            bf16=True,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
        ),
        train_dataset=grpo.dataset(policy, synthesize("five_tools", rows=200, seed=0)),
        processing_class=policy.tokenizer,
        callbacks=[Clock()],
    )
    without_own_output(trainer)
    trainer.train()
    update = [step - generated for step, generated in zip(whole, generating, strict=True)]
    return Steps(statistics.median(whole[1:]), statistics.median(update[1:]))


def step_table(repeats: int, model: str, prompts: int, steps: int) -> list[str]:
    """Markdown: whole optimizer steps, eight candidates of each prompt, bf16 autocast."""
    stock, own = [], []
    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        for _ in range(repeats):
            stock.append(trainer_steps(trl.GRPOTrainer, Path(folder), model, prompts, steps))
            own.append(trainer_steps(GRPOTrainer, Path(folder), model, prompts, steps))
    lines = ["| | trl.GRPOTrainer, s | rlvr GRPOTrainer, s | ratio |", "|---|---|---|---|"]
    for label, seconds in (
        ("step without generation", lambda steps: steps.update_s),
        ("whole step", lambda steps: steps.whole_s),
    ):
        before, after = (statistics.median(map(seconds, runs)) for runs in (stock, own))
        lines.append(f"| {label} | {before:.2f} | {after:.2f} | {before / after:.1f}× |")
    return lines


def document(options: argparse.Namespace) -> str:
    """Everything measured, as Markdown."""
    parts, repeats = options.parts, options.repeats
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    lines = [f"{date.today()}, `python {shlex.join(sys.argv)}`, one thread, no GPU, {packages}", ""]
    if "update" in parts:
        lines += ["Forward and backward of one group in fp32 (P prompt tokens, G candidates of C tokens), medians:", ""]
        lines += [*update_table(options.shapes, repeats), ""]
    if "rollouts" in parts:
        lines += [f"Forward and backward of groups that {options.run.name} has trained on, in fp32:", ""]
        lines += [*rollouts_table(options.run, options.groups, repeats), ""]
    if "steps" in parts:
        shape = f"{options.model}, {options.prompts} prompts × 8 candidates, bf16 autocast"
        title = f"Optimizer steps ({shape}), medians of {options.steps - 1} steps:"
        lines += [title, "", *step_table(max(1, repeats // 2), options.model, options.prompts, options.steps), ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parts", nargs="+", choices=("update", "rollouts", "steps"), default=("update", "steps"))
    parser.add_argument("--run", type=Path, help="of `rollouts`: a run folder with rollouts and a policy of GRPO")
    parser.add_argument("--groups", type=int, default=12, help="of `rollouts`: how many groups")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="P,C,G")
    parser.add_argument("--model", default="tiny", help="whose steps are measured: a model.path")
    parser.add_argument("--prompts", type=int, default=8, help="of a step, an even number")
    parser.add_argument("--steps", type=int, default=STEPS, help="at least 2: the first one is not counted")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    text = document(options)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
