"""Run one stage's trainer: progress, metrics, interruption and resumption are the same for all of them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

from peft import PeftModel

from rlvr.policy.load import Policy
from rlvr.policy.multimodal import load_causal_lm
from rlvr.policy.quantization import is_quantized
from rlvr.training.callbacks import (
    MetricsFile,
    ShowProgress,
    StopWhenInterrupted,
    interruptible,
    without_own_output,
)
from rlvr.training.live import LiveTraining
from rlvr.training.run_folder import RunFolder, keep_records, save_folder

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from transformers import Trainer


def train(trainer: Trainer, policy: Policy, folder: RunFolder, stage: str, console: Console) -> None:
    """Train from the stage's last checkpoint, or from the start, and save the policy that comes out.

    Raises:
        KeyboardInterrupt: the user stopped the training; a checkpoint of the last step is on disk.
    """
    checkpoint = folder.last_checkpoint(stage)
    _forget_after(folder, stage, checkpoint)
    without_own_output(trainer)
    with ExitStack() as shown, interruptible(console) as interruption:
        show = LiveTraining if console.is_terminal else ShowProgress
        trainer.add_callback(show(console, f"training {stage}", shown))
        trainer.add_callback(MetricsFile(folder.metrics, stage))
        trainer.add_callback(StopWhenInterrupted(interruption))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if interruption.is_requested:
        raise KeyboardInterrupt
    save_folder(folder.final(stage), lambda path: _save(trainer, policy, path))


def _forget_after(folder: RunFolder, stage: str, checkpoint: Path | None) -> None:
    """Drop what an interrupted run recorded after the checkpoint: those steps are run again."""
    last = 0
    if checkpoint is not None:
        last = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))["global_step"]
    keep_records(folder.metrics, lambda record: record["stage"] != stage or record.get("step", 0) <= last)
    keep_records(folder.rollouts(stage), lambda record: record["step"] <= last)
    folder.rollouts(stage).with_suffix(".parquet").unlink(missing_ok=True)  # of a policy that the user has deleted


def _save(trainer: Trainer, policy: Policy, path: Path) -> None:
    """Write a policy that loads as it is: an adapter is kept beside the weights that it is merged into."""
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    if isinstance(model, PeftModel):
        model.save_pretrained(path / "adapter")
        model = _on_whole_weights(model, path) if is_quantized(model) else model
        model = model.merge_and_unload()
    Policy(model, policy.tokenizer, policy.stop).save(path)


def _on_whole_weights(model: PeftModel, path: Path) -> PeftModel:
    """The saved adapter on the weights before they were quantized: merged into four bits it would be rounded."""
    base = model.get_base_model()
    whole = load_causal_lm(base.name_or_path, dtype=base.dtype)
    if whole.get_input_embeddings().num_embeddings < base.get_input_embeddings().num_embeddings:
        whole.resize_token_embeddings(base.get_input_embeddings().num_embeddings)
    whole.generation_config = base.generation_config
    return PeftModel.from_pretrained(whole, path / "adapter")
