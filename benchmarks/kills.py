"""Whether a run that is killed ends as one left alone: SIGKILL at random moments, resumed, and compared bit for bit.

    python benchmarks/kills.py [--count 50] [--seed 0] [--only NAME] [--out benchmarks/results/kills.md]

Each variant below is run once undisturbed; then it is killed again and again, each time in a new folder, and resumed by
`rlvr train resume=`. Equal means: every weight of every stage's policy, and every recorded rollout. Nine of ten kills
wait for the first checkpoint; all come at a moment drawn evenly from the time that an undisturbed run takes. Where a
run ends before its kill, another moment is drawn.

Every run is a process of its own that begins as a copy of this one, with the libraries loaded: what is measured is not
how long Python takes to load them. The policy is the embedded one's kind with 0.2M untrained weights.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

from rewards import Behavior, RewardResult
from rlvr.cli import main as run_command
from rlvr.config import ModelConfig
from rlvr.data import saved_rollouts
from rlvr.policy.load import load_tokenizer
from rlvr.report import page
from rlvr.training import checkpoint, pipeline

LOADED = (page, pipeline)
"""What a run loads, here for all of them."""

REWARD = "reward._target_=kills.LetterE"
ROWS = 8
POLICY = "policy"
COMMON = [
    "tracking=none", "hardware=cpu", "gate=off", REWARD, f"data.train.five_tools.rows={ROWS}",
    "~data.evaluation.same_tools", "~data.evaluation.unseen_tools",
]  # fmt: skip
PAIRS = ["per_device_train_batch_size=2", "learning_rate=1e-3", "num_train_epochs=3", "save_steps=2"]
GRPO = [
    "per_device_train_batch_size=8", "num_generations=4", "max_completion_length=6", "learning_rate=1e-3",
    "num_train_epochs=3",
]  # fmt: skip
BUFFERED = [*GRPO, "per_device_train_batch_size=4", "steps_per_generation=4"]


@dataclass(frozen=True)
class LetterE:
    """The share of the letter e: within six tokens no policy makes a call that a real reward would pay for."""

    def __call__(self, completion: str, *, ground_truth: Any, tools: Any = None) -> RewardResult:
        """Score a completion."""
        share = completion.count("e") / max(len(completion), 1)
        return RewardResult(share, {"share": share}, (), Behavior.ANSWER if completion.strip() else None)


def _args(section: str, *options: str) -> list[str]:
    """TRL's arguments as overrides; the last of a name counts."""
    by_name = dict(option.split("=", 1) for option in options)
    return [f"++{section}.args.{name}={value}" for name, value in by_name.items()]


VARIANTS: dict[str, tuple[list[str], list[str]]] = {
    "SFT, batches of similar length": (["sft"], _args("sft", *PAIRS, "train_sampling_strategy=group_by_length")),
    "SFT, two batches a step": (["sft"], _args("sft", *PAIRS, "gradient_accumulation_steps=2", "save_steps=1")),
    "DPO": (["dpo"], _args("dpo", *PAIRS)),
    "KTO": (["dpo"], ["dpo=kto", *_args("dpo", *PAIRS, "per_device_train_batch_size=4")]),
    "GRPO": (["grpo"], _args("training", *GRPO, "save_steps=1")),
    "GRPO, saved at the end of buffers of four": (["grpo"], _args("training", *BUFFERED, "save_steps=4")),
    "GRPO, saved within buffers of four": (["grpo"], _args("training", *BUFFERED, "save_steps=3")),
    "GRPO, two updates from a buffer": (["grpo"], _args("training", *GRPO, "num_iterations=2", "save_steps=3")),
    "GRPO, a reference that follows": (
        ["grpo"],
        _args("training", *GRPO, "beta=0.1", "sync_ref_model=true", "ref_model_sync_steps=2", "save_steps=3"),
    ),
    "SFT, DPO and GRPO, with LoRA": (
        ["sft", "dpo", "grpo"],
        ["policy=lora", *_args("sft", *PAIRS), *_args("dpo", *PAIRS), *_args("training", *GRPO, "save_steps=2")],
    ),
}
"""Name of a variant -> its stages, and what it sets."""


@dataclass(frozen=True)
class Kill:
    """One run that was killed: where it was, and whether it ended as the undisturbed one."""

    variant: str
    after_s: float
    checkpoint: str | None
    differs: str | None


def start(arguments: list[str], log: Path) -> int:
    """Run a command of rlvr in a copy of this process; returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        code = run_command(arguments)
        sys.stdout.flush()
    finally:
        os._exit(code)


def finish(arguments: list[str], log: Path) -> float:
    """Run a command to its end; returns its seconds."""
    started = time.monotonic()
    _, status = os.waitpid(start(arguments, log), 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} has failed; see {log}\n{log.read_text()[-2000:]}")
    return time.monotonic() - started


def save_policy(folder: Path) -> None:
    """Write the policy that is trained: two narrow layers, the same every time."""
    tokenizer, _ = load_tokenizer(ModelConfig())
    config = AutoConfig.from_pretrained(tokenizer.name_or_path)
    config.hidden_size, config.intermediate_size, config.num_hidden_layers = 64, 128, 2
    config.head_dim, config.num_attention_heads, config.num_key_value_heads = 32, 2, 2
    config.layer_types = config.layer_types[:2]
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def command(variant: str, run: Path) -> list[str]:
    """What begins a run of a variant; the policy lies two folders up."""
    stages, options = VARIANTS[variant]
    choices = [option for option in options if not option.startswith("++")]
    values = [option for option in options if option.startswith("++")]
    policy = f"model.path={run.parents[1] / POLICY}"
    return ["train", policy, f"run_dir={run}", f"pipeline=[{','.join(stages)}]", *choices, *COMMON, *values]


def newest(run: Path, stages: list[str]) -> str | None:
    """The newest checkpoint of a run, as stage and step."""
    for stage in reversed(stages):
        saved = checkpoint.checkpoints(run / stage)
        if saved:
            return f"{stage} {checkpoint.step_of(saved[0])}"
    return None


def kill(variant: str, folder: Path, undisturbed_s: float, waits: bool, rng: random.Random) -> Kill:
    """Kill runs until one was killed before its end; resume that one, and compare it.

    Args:
        variant: one of VARIANTS.
        folder: where its undisturbed run is, and where this one goes.
        undisturbed_s: how long the undisturbed run took.
        waits: whether the moment comes after the first checkpoint.
        rng: draws the moment.
    """
    stages, _ = VARIANTS[variant]
    run, log = folder / "killed", folder / "log"
    while True:
        shutil.rmtree(run, ignore_errors=True)
        log.unlink(missing_ok=True)
        started = time.monotonic()
        pid = start(command(variant, run), log)
        while waits and newest(run, stages) is None and os.waitpid(pid, os.WNOHANG) == (0, 0):
            time.sleep(0.005)
        passed = time.monotonic() - started
        time.sleep(rng.uniform(0.0, max(0.05, undisturbed_s - passed)))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            break
    after_s, saved = time.monotonic() - started, newest(run, stages)
    if (run / "config.yaml").exists():
        finish(["train", f"resume={run}", REWARD], log)
    else:  # killed before it had begun
        shutil.rmtree(run, ignore_errors=True)
        finish(command(variant, run), log)
    return Kill(variant, after_s, saved, difference(folder / "straight", run, stages))


def difference(straight: Path, resumed: Path, stages: list[str]) -> str | None:
    """Say what differs between two runs; None where nothing does."""
    for stage in stages:
        first, second = (load_file(run / stage / "final" / "model.safetensors") for run in (straight, resumed))
        changed = [name for name, weights in first.items() if not torch.equal(weights, second[name])]
        if changed:
            return f"{stage}: {len(changed)} of {len(first)} tensors"
    if "grpo" in stages:
        rollouts = [list(saved_rollouts.read(run / "rollouts" / "grpo.parquet")) for run in (straight, resumed)]
        if rollouts[0] != rollouts[1]:
            return "rollouts"
    return None


def is_trained(straight: Path, stages: list[str]) -> bool:
    """Whether a run's stages have changed its weights: otherwise equal ones would say nothing."""
    finals = [load_file(straight / stage / "final" / "model.safetensors") for stage in stages]
    base = load_file(straight.parents[1] / POLICY / "model.safetensors")
    return all(
        any(not torch.equal(weights, before[name]) for name, weights in after.items())
        for before, after in zip([base, *finals], finals, strict=False)
    )


def as_text(kills: list[Kill], title: str) -> str:
    """The kills as a page."""
    lines = [title, "", "| variant | kills | after a checkpoint | equal |", "|---|---|---|---|"]
    for variant in dict.fromkeys(one.variant for one in kills):
        some = [one for one in kills if one.variant == variant]
        after = sum(one.checkpoint is not None for one in some)
        lines.append(f"| {variant} | {len(some)} | {after} | {sum(one.differs is None for one in some)} |")
    after = sum(one.checkpoint is not None for one in kills)
    lines.append(f"| all | {len(kills)} | {after} | {sum(one.differs is None for one in kills)} |")
    lines += ["", "Each kill: seconds after the start, and the newest checkpoint then.", ""]
    for variant in dict.fromkeys(one.variant for one in kills):
        moments = (f"{one.after_s:.1f} s ({one.checkpoint or 'none'})" for one in kills if one.variant == variant)
        lines.append(f"- {variant}: {', '.join(moments)}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Kill, resume, compare, and print the table; 1 where a run has ended otherwise than its undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(VARIANTS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    variants = [options.only] if options.only else list(VARIANTS)
    kills: list[Kill] = []
    with tempfile.TemporaryDirectory() as scratch:
        save_policy(Path(scratch) / POLICY)
        gc.freeze()
        seconds = {}
        for place in range(options.count):
            variant = variants[place % len(variants)]
            folder = Path(scratch) / str(variants.index(variant))
            if variant not in seconds:
                folder.mkdir()
                seconds[variant] = finish(command(variant, folder / "straight"), folder / "log")
                if not is_trained(folder / "straight", VARIANTS[variant][0]):
                    raise SystemExit(f"{variant}: the run left its weights as they were")
            rng = random.Random(f"{options.seed} {place}")
            kills.append(kill(variant, folder, seconds[variant], rng.random() < 0.9, rng))
            print(kills[-1], flush=True)
    title = f"{date.today()}, `python benchmarks/kills.py --count {options.count} --seed {options.seed}`"
    text = as_text(kills, title)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    return int(any(one.differs is not None for one in kills))


if __name__ == "__main__":
    raise SystemExit(main())
