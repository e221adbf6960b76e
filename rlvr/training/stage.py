"""Run one stage's trainer: progress, metrics, interruption and resumption are the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from peft import PeftModel
from rich.console import Console
from torch import Tensor

from rlvr import processes
from rlvr.data import saved_rollouts
from rlvr.errors import RunError
from rlvr.files import trim_log, write_text
from rlvr.policy.load import Policy
from rlvr.policy.multimodal import load_causal_lm
from rlvr.policy.quantization import is_quantized
from rlvr.training import card, checkpoint, sharding
from rlvr.training.arguments import SAVE_IN_TIME
from rlvr.training.callbacks import MetricsFile, SaveInTime, ShowProgress, TrimHeap, without_own_output
from rlvr.training.interruption import Interruption
from rlvr.training.live import LiveTraining
from rlvr.training.resumable import Resumable
from rlvr.training.run_folder import RunFolder


def train(
    trainer: Resumable,
    policy: Policy,
    folder: RunFolder,
    stage: str,
    console: Console,
    interruption: Interruption,
    card_text: str,
) -> None:
    """Train from the stage's newest whole checkpoint, or from the start, and save the policy that comes out.

    Args:
        trainer: the stage's.
        policy: what it trains.
        folder: the run's.
        stage: its name.
        console: where the training shows itself.
        interruption: whether a signal has come.
        card_text: the model card of what comes out, kept with it and beside the checkpoints.

    Raises:
        Stopped: a signal stopped the training; a checkpoint of the last finished step is on disk.
        RunError: a checkpoint cannot be written.
    """

    def tell(line: str) -> None:
        console.print(f"note: {line}", highlight=False, markup=False, soft_wrap=True)

    last = processes.from_first(lambda: _go_back(folder, stage, tell))
    without_own_output(trainer)
    with ExitStack() as shown, interruption.training(trainer.must_not_stop):
        show = LiveTraining if console.is_terminal else ShowProgress
        trainer.add_callback(show(console, f"training {stage}", shown))
        trainer.add_callback(MetricsFile(folder.metrics, stage))
        if trainer.args.device.type == "cpu":
            trainer.add_callback(TrimHeap())
        if trainer.args.save_steps == SAVE_IN_TIME:
            trainer.add_callback(SaveInTime(trainer.estimated_save_s()))
        trainer.add_callback(interruption)
        try:
            trainer.train(resume_from_checkpoint=str(last) if last else None)
        except BaseException as error:
            # A checkpoint of several processes takes all of them, and one may be gone.
            if not isinstance(error, RunError) and processes.count() == 1:
                _rescue(trainer, tell)
            raise
    weights = trainer.gathered_weights()
    sharding.end()
    processes.from_first(lambda: _finish(trainer, policy, folder, stage, card_text, weights))


def _go_back(folder: RunFolder, stage: str, tell: Callable[[str], None]) -> Path | None:
    """Return the newest whole checkpoint, and drop what was recorded after it."""
    last = checkpoint.newest_whole(folder.stage(stage), tell)
    _forget_after(folder, stage, 0 if last is None else checkpoint.step_of(last))
    return last


def _finish(
    trainer: Resumable,
    policy: Policy,
    folder: RunFolder,
    stage: str,
    card_text: str,
    weights: Mapping[str, Tensor] | None,
) -> None:
    if weights is not None:
        sharding.put_together(trainer.model, weights)
    write_text(folder.stage(stage) / card.FILE, card_text)
    checkpoint.save_whole(folder.final(stage), lambda path: _save(trainer, policy, path, card_text))


def _rescue(trainer: Resumable, tell: Callable[[str], None]) -> None:
    """Save the last finished step before an exception ends the training."""
    try:
        trainer.save_last_step()
    except Exception as error:  # noqa: BLE001 - what ends the training is what counts, and is raised after this
        tell(f"the last finished step cannot be saved: {error}")


def _forget_after(folder: RunFolder, stage: str, last: int) -> None:
    """Drop what an interrupted run recorded after a step: what comes after it is run again."""
    trim_log(folder.metrics, lambda record: record["stage"] != stage or record.get("step", 0) <= last)
    saved_rollouts.unpack(folder.rollouts(stage))
    trim_log(folder.rollouts(stage), lambda record: record["step"] <= last)


def _save(trainer: Resumable, policy: Policy, path: Path, card_text: str) -> None:
    """Write a policy that loads as it is: an adapter is kept beside the weights that it is merged into."""
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    if isinstance(model, PeftModel):
        model.save_pretrained(path / "adapter")
        policy.tokenizer.save_pretrained(path / "adapter")
        model = _on_whole_weights(model, path) if is_quantized(model) else model
        model = model.merge_and_unload()
    Policy(model, policy.tokenizer, policy.stop).save(path)
    write_text(path / card.FILE, card_text)


def _on_whole_weights(model: PeftModel, path: Path) -> PeftModel:
    """Return the saved adapter on the weights before they were quantized: merged into four bits it would be rounded."""
    base = model.get_base_model()
    whole = load_causal_lm(base.name_or_path, dtype=base.dtype)
    if whole.get_input_embeddings().num_embeddings < base.get_input_embeddings().num_embeddings:
        whole.resize_token_embeddings(base.get_input_embeddings().num_embeddings)
    whole.generation_config = base.generation_config
    return PeftModel.from_pretrained(whole, path / "adapter")
