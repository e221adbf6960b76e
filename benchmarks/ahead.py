"""Time a GRPO step whose candidates a vLLM server draws, in the step itself and one step ahead.

    python benchmarks/ahead.py --endpoint http://localhost:8000/v1 [--model tiny] [--steps 12] [--repeats 2]

The server has to serve the model, in float32, and to take weights: see docs/scale.md. Prints, for both ways in turns,
the seconds from the end of one step to the end of the next, and the mean |log p_rollout - log p_train|.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout import share_of_e
from transformers import TrainerCallback
from trl import GRPOConfig

from rlvr.config import ModelConfig, RolloutConfig
from rlvr.data.synth import synthesize
from rlvr.policy.load import load_policy
from rlvr.quiet import quiet_libraries
from rlvr.training import GRPOTrainer, grpo
from rlvr.training.callbacks import without_own_output
from rlvr.training.vllm_trainer import GAP, RATIO

if TYPE_CHECKING:
    from collections.abc import Mapping

N_WARM_UP = 2
"""Steps at the start that are not timed: the first one is never drawn ahead."""


class StepEnds(TrainerCallback):
    """Notes when each step ends."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Note the time."""
        self.at.append(time.perf_counter())


def run(options: argparse.Namespace, folder: Path, *, ahead: bool) -> Mapping[str, list[float]]:
    """Train for some steps, and return the seconds, the gap and the mean ratio of each that is timed."""
    policy = load_policy(ModelConfig(path=options.model))
    made = GRPOTrainer(
        model=policy.model,
        reward_funcs=share_of_e,
        args=GRPOConfig(
            output_dir=str(folder),
            use_vllm=True,
            num_generations=8,
            per_device_train_batch_size=8 * options.prompts,
            max_completion_length=options.tokens,
            max_steps=options.steps,
            learning_rate=options.learning_rate,
            lr_scheduler_type="constant",
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_steps=1,
        ),
        train_dataset=grpo.dataset(policy, synthesize("five_tools", rows=400, seed=0)),
        processing_class=policy.tokenizer,
        rollout=RolloutConfig(backend="server", endpoint=options.endpoint, ahead=ahead),
    )
    without_own_output(made)
    ends = StepEnds()
    made.add_callback(ends)
    made.train()
    logged = [record for record in made.state.log_history if f"{GAP}/mean" in record][N_WARM_UP:]
    return {
        "seconds": [end - start for start, end in zip(ends.at, ends.at[1:], strict=False)][N_WARM_UP - 1 :],
        "gap": [record[f"{GAP}/mean"] for record in logged],
        "ratio": [record[f"{RATIO}/mean"] for record in logged],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True, help="where the server is, with /v1")
    parser.add_argument("--model", default="tiny", help="what is trained, and served: a model.path")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--prompts", type=int, default=4, help="groups of 8 in each step")
    parser.add_argument("--tokens", type=int, default=48, help="of a candidate, at most")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=2, help="trainings of each kind, in turns")
    options = parser.parse_args()
    figures: dict[bool, dict[str, list[float]]] = {False: {}, True: {}}
    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        for _ in range(options.repeats):
            for ahead, found in figures.items():
                for name, values in run(options, Path(folder), ahead=ahead).items():
                    found.setdefault(name, []).extend(values)
    print("| drawn | seconds a step, median | lowest to highest | mean gap | mean ratio |\n|---|---|---|---|---|")
    for ahead, found in figures.items():
        seconds = found["seconds"]
        print(
            f"| {'one step ahead' if ahead else 'in the step'} | {statistics.median(seconds):.2f} | "
            f"{min(seconds):.2f} to {max(seconds):.2f} | {statistics.fmean(found['gap']):.1e} | "
            f"{statistics.fmean(found['ratio']):.3f} |"
        )


if __name__ == "__main__":
    main()
