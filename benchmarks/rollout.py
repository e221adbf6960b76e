"""Whether vLLM says what the trainer trains, sync after sync, and how fast it generates beside rlvr's own decoding.

    python benchmarks/rollout.py [--model RUN/sft/final] [--steps 21] [--repeats 5] [--out FILE]

Runs GRPO with vLLM colocated, once for each pair of number types, and prints the mean |log p_rollout - log p_train| at
the first sync and at the last five. Then both backends generate the same candidates in turns, in float32. Needs vLLM:
see requirements-vllm-cpu.txt.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from trl import GRPOConfig

from rlvr.config import LoraConfig, ModelConfig, PolicyConfig, RolloutConfig
from rlvr.data.synth import synthesize
from rlvr.policy.load import load_policy, peft_config
from rlvr.quiet import quiet_libraries
from rlvr.sampler import Sampling
from rlvr.sampling.decode import decode
from rlvr.sampling.vllm import installed_version
from rlvr.training import GRPOTrainer, grpo
from rlvr.training.callbacks import without_own_output
from rlvr.training.vllm_trainer import GAP

if TYPE_CHECKING:
    from collections.abc import Callable

CANDIDATES = 8
PROMPTS = 8
TOKENS = 64
LORA = PolicyConfig(lora=LoraConfig(r=16))
# What is trained, whether under bf16 autocast, in what vLLM computes, and the adapter.
Setting = tuple[str, bool, RolloutConfig, PolicyConfig]
RUNS: dict[str, Setting] = {
    "float32, vLLM float32": ("float32", False, RolloutConfig(), PolicyConfig()),
    "bf16 autocast, vLLM bfloat16": ("float32", True, RolloutConfig(), PolicyConfig()),
    "float32, vLLM bfloat16": ("float32", False, RolloutConfig(dtype="bfloat16"), PolicyConfig()),
    "LoRA float32, adapter synced": ("float32", False, RolloutConfig(), LORA),
    "LoRA bfloat16, adapter synced": ("bfloat16", False, RolloutConfig(), LORA),
    "LoRA bfloat16, merged copies": ("bfloat16", False, RolloutConfig(merge_adapter=True), LORA),
}


def share_of_e(completions: list[str], **_: Any) -> list[float]:
    """A reward that differs within a group whose candidates do."""
    return [completion.count("e") / max(len(completion), 1) for completion in completions]


def trainer(folder: Path, options: argparse.Namespace, setting: Setting) -> GRPOTrainer:
    """A GRPO trainer with vLLM colocated."""
    dtype, bf16, rollout, policy = setting
    loaded = load_policy(ModelConfig(path=options.model, dtype=dtype))
    made = GRPOTrainer(
        model=loaded.model,
        reward_funcs=share_of_e,
        args=GRPOConfig(
            output_dir=str(folder),
            use_vllm=True,
            num_generations=CANDIDATES,
            per_device_train_batch_size=CANDIDATES,
            max_completion_length=48,
            temperature=1.5,  # draws unlikely tokens too, of which the two may say most differently
            max_steps=options.steps,
            learning_rate=options.learning_rate,
            lr_scheduler_type="constant",
            gradient_checkpointing=False,
            bf16=bf16,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_steps=1,
        ),
        train_dataset=grpo.dataset(loaded, synthesize("five_tools", rows=200, seed=0)),
        processing_class=loaded.tokenizer,
        peft_config=peft_config(policy),
        rollout=rollout,
    )
    without_own_output(made)
    return made


def gap_table(folder: Path, options: argparse.Namespace, names: list[str]) -> list[str]:
    """Markdown: the gap at the first sync and the mean of the last five, for each pair of number types."""
    lines = [
        "| trained in, generated in | gap at sync 1 | at the last five | ratio | steps that moved the weights |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        made = trainer(folder, options, RUNS[name])
        made.train()
        logged = [record for record in made.state.log_history if f"{GAP}/mean" in record]
        first, last = logged[0][f"{GAP}/mean"], statistics.fmean(record[f"{GAP}/mean"] for record in logged[-5:])
        moved = sum(record["grad_norm"] > 0 for record in logged)
        lines.append(f"| {name} | {first:.2e} | {last:.2e} | {last / first:.1f}× | {moved} of {len(logged)} |")
        print(lines[-1], flush=True)
    return lines


def tokens_per_second(generate: Callable[[], list[list[int]]]) -> float:
    """How fast one call of `generate` wrote its tokens."""
    started = time.perf_counter()
    completions = generate()
    return sum(map(len, completions)) / (time.perf_counter() - started)


def speed_table(folder: Path, options: argparse.Namespace) -> list[str]:
    """Markdown: tokens per second of both backends, in turns."""
    made = trainer(folder, options, RUNS["float32, vLLM float32"])
    made.vllm_generation.max_completion_length = TOKENS
    made.vllm_generation.sync_weights()
    prompts = [made.processing_class(row["prompt"])["input_ids"] for row in list(made.train_dataset)[:PROMPTS]]
    repeated: Any = [prompt for prompt in prompts for _ in range(CANDIDATES)]
    made.model.train(False)

    def with_vllm() -> list[list[int]]:
        made.vllm_generation.llm.reset_prefix_cache()
        return made.vllm_generation.generate(prompts=repeated, images=None, num_generations=CANDIDATES)[1]

    def with_decode() -> list[list[int]]:
        stop = made.eos_token_ids
        return decode(made.model, prompts, CANDIDATES, Sampling(1.0), max_new_tokens=TOKENS, stop_ids=stop)

    backends = {"vllm": with_vllm, "hf": with_decode}
    speeds: dict[str, list[float]] = {name: [] for name in backends}
    for repeat in range(options.repeats + 1):
        for name, generate in backends.items():
            speed = tokens_per_second(generate)
            if repeat:  # the first one warms up
                speeds[name].append(speed)
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    return [
        "| rollout | tokens/s |",
        "|---|---|",
        *(f"| {name} | {median:,.0f} |" for name, median in medians.items()),
        "",
        f"vLLM generates {medians['vllm'] / medians['hf']:.2f}× as fast as hf.",
    ]


def document(options: argparse.Namespace, names: list[str]) -> str:
    """Everything measured, as Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl"))
    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        gaps = gap_table(Path(folder), options, names)
        speeds = speed_table(Path(folder), options) if options.repeats else []
    return "\n".join(
        [
            f"{date.today()}, `python benchmarks/rollout.py --model {options.model} --steps {options.steps} "
            f"--learning-rate {options.learning_rate:g} --repeats {options.repeats}`, "
            f"{torch.get_num_threads()} thread(s), no GPU, vLLM {installed_version()}, {packages}",
            "",
            f"Mean |log p_rollout - log p_train| of a step's tokens; {options.steps} steps of one group:",
            "",
            *gaps,
            "",
            f"Generating {PROMPTS} prompts × {CANDIDATES} candidates of at most {TOKENS} tokens, float32, medians:",
            "",
            *speeds,
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny", help="whose candidates are drawn: a model.path")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--steps", type=int, default=21, help="optimizer steps, each after a sync")
    parser.add_argument("--repeats", type=int, default=5, help="timed generations of each backend; 0 leaves them out")
    parser.add_argument("--only", default="", help="only the runs whose name holds this")
    parser.add_argument("--out", type=Path, help="also write the Markdown to this file")
    options = parser.parse_args()
    text = document(options, [name for name in RUNS if options.only in name])
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
