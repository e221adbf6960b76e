"""SFT on rows of this project against TRL's stock SFTTrainer on the same rows as conversations.

    python benchmarks/sft.py --rows 64 --repeats 3

Both train the embedded policy with the same arguments on the same tokens; what may differ is how rows become tokens
(once and for all here, by the trainer's own mapping there). Times are of the process, so that a busy machine disturbs
them less; the repeats alternate, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import torch
from datasets import Dataset
from trl import SFTTrainer

from rlvr.config import Config, HardwareConfig, ModelConfig, SFTStageConfig
from rlvr.data.synth import synthesize
from rlvr.policy.load import Policy, load_policy
from rlvr.quiet import quiet_libraries
from rlvr.training import sft

if TYPE_CHECKING:
    from rlvr.records.row import Row


def config_of(rows: int, batch_size: int) -> Config:
    args = {
        "per_device_train_batch_size": batch_size,
        "max_steps": rows // batch_size,
        "gradient_checkpointing": False,
        "save_strategy": "no",
        "logging_strategy": "no",
    }
    return Config(sft=SFTStageConfig(args=args), hardware=HardwareConfig(use_cpu=True))


def ours(policy: Policy, rows: list[Row], config: Config, folder: Path) -> SFTTrainer:
    return sft.trainer(policy, {"five": rows}, config, folder)


def stock(policy: Policy, rows: list[Row], config: Config, folder: Path) -> SFTTrainer:
    rows = sft.stratified_sample({"five": rows}, None, config.seed)
    return SFTTrainer(
        model=policy.model,
        args=sft.arguments(config, folder),
        train_dataset=Dataset.from_list([conversation(row) for row in rows]),
        processing_class=policy.tokenizer,
    )


def conversation(row: Row) -> dict[str, object]:
    truth = row.ground_truth
    calls = [
        {
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for call in truth.calls
    ]
    message = {"role": "assistant", "content": truth.text or "", "tool_calls": calls or None}
    return {"prompt": row.prompt, "completion": [message], "tools": json.dumps(row.tools)}


def measured(build: Callable[..., SFTTrainer], rows: list[Row], config: Config) -> tuple[float, float, int]:
    """(seconds to prepare, seconds to train, tokens trained on)."""
    policy = load_policy(ModelConfig())
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        trainer = build(policy, rows, config, Path(folder))
        prepared = time.process_time()
        trainer.train()
        trained = time.process_time()
        tokens = sum(len(ids) for ids in trainer.train_dataset["input_ids"])
    return prepared - started, trained - prepared, tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    # Without reasoning, for which a conversation has no field.
    rows = [replace(row, extra_info={}) for row in synthesize("five_tools", rows=options.rows, seed=0)]
    config = config_of(options.rows, options.batch_size)
    found: dict[str, list[tuple[float, float, int]]] = {"ours": [], "stock": []}
    with quiet_libraries():
        for _ in range(options.repeats):
            for name, build in (("ours", ours), ("stock", stock)):
                found[name].append(measured(build, rows, config))
    rates = {}
    for name, runs in found.items():
        prepare, train = median(run[0] for run in runs), median(run[1] for run in runs)
        tokens = runs[0][2]
        rates[name] = tokens / (prepare + train)
        print(
            f"{name:<6} {tokens} tokens, prepared in {prepare:.2f} s, trained in {train:.2f} s: "
            f"{tokens / train:,.0f} tokens/s of processor time, {rates[name]:,.0f} with the preparation"
        )
    print(f"ours against stock, with the preparation: {rates['ours'] / rates['stock']:.2f} times as fast")


if __name__ == "__main__":
    main()
