"""Trainers that go on from a checkpoint as if they had never stopped, bit for bit, wherever they stopped.

Transformers keeps weights, optimizer, schedule and generators. It keeps neither the generators that the epoch's order
was drawn with, nor a reference model that moves, nor what a trainer holds between two steps; these are kept here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_model, save_model
from torch import Tensor
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState
from trl.trainer.utils import RepeatSampler

from rlvr.training import checkpoint
from rlvr.training.passing_over import PromptHistory

_STATE = "between_steps.pt"
_REFERENCE = "reference_model.safetensors"
_BYTES_PER_TRAINED_WEIGHT = 8
"""Of AdamW's two moments in float32."""
_SAVED_BYTES_PER_S = 5e8
"""A plain SSD's; a guess for the first checkpoint only."""


class Resumable(Trainer):
    """Mixed into one of TRL's trainers, in front: its checkpoints are whole and hold all that the next step needs.

    A checkpoint can be saved at any moment but that of an update, of the last step that was finished.
    """

    # Declared as TRL's trainers have them: transformers' types fit all trainers and none.
    args: Any
    model: Any

    _saving_into: Path | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._moment = _Moment()
        self.add_callback(self._moment)

    def held_between_steps(self) -> dict[str, Any]:
        """Return what the trainer needs for the next step besides what transformers keeps: tensors and plain values."""
        return {"n_tokens": getattr(self, "_total_train_tokens", None)}

    def hold(self, held: dict[str, Any]) -> None:
        """Take back what `held_between_steps` returned."""
        if held["n_tokens"] is not None:
            self._total_train_tokens = held["n_tokens"]

    def must_not_stop(self) -> bool:
        """Tell whether the weights are half updated, or a checkpoint is half written."""
        return self._moment.is_updating or self._saving_into is not None

    def gathered_weights(self) -> dict[str, Tensor] | None:
        """Return all weights, on the first process, where they are spread over several, which all have to ask; else
        None."""
        if not self.accelerator.is_fsdp2:
            return None
        weights: dict[str, Tensor] = self.accelerator.get_state_dict(self.model)
        return weights

    def estimated_save_s(self) -> float:
        """Return how long a checkpoint is expected to take to write and to sum."""
        return self._estimated_bytes() / _SAVED_BYTES_PER_S

    def save_last_step(self) -> Path | None:
        """Save the last finished step from the middle of the next one; None where none is finished, or half updated."""
        if self.state.global_step == 0 or self.must_not_stop():
            return None
        path = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if not path.exists():
            _set_generators(self._moment.generators)
            self._save_checkpoint(self.model, None)
        return path

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        if self.state.global_step >= self.state.max_steps:
            # Transformers looks at this after a step: resumed at its end, a training would make one step more.
            self.control.should_training_stop = True
            return
        super()._run_epoch(*args, **kwargs)

    def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
        self._moment.held = self.held_between_steps()
        super()._maybe_log_save_evaluate(*args, **kwargs)
        self._moment.generators = _generators()

    def _get_output_dir(self, trial: Any) -> str:
        return super()._get_output_dir(trial) if self._saving_into is None else str(self._saving_into)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """As the trainer's, under another name until it is whole. What is pushed to a hub is written in its place."""
        stage = Path(super()._get_output_dir(trial))
        name = f"checkpoint-{self.state.global_step}"
        limit, self.args.save_total_limit = self.args.save_total_limit, None
        into = stage if self.args.push_to_hub else stage / "checkpoint.tmp"
        try:
            with checkpoint.failures_in_one_line(stage / name):
                if self.args.should_save:
                    checkpoint.check_room(stage, self._estimated_bytes())
                    checkpoint.clear(into / name)
                self.accelerator.wait_for_everyone()
                self._saving_into = into
                super()._save_checkpoint(model, trial)
                self._save_state(into / name)
                self.accelerator.wait_for_everyone()
                if self.args.should_save:
                    self._correct_best(stage, into / name)
                    checkpoint.publish(into / name, stage / name)
                    if into != stage:
                        into.rmdir()
                    checkpoint.keep_newest(stage, limit, self.state.best_model_checkpoint)
                self.accelerator.wait_for_everyone()
        finally:
            self._saving_into = None
            self.args.save_total_limit = limit

    def _save_state(self, folder: Path) -> None:
        rank = self.args.process_index
        state = {"generator_at_epoch_start": self._moment.at_epoch_start, "held": self._moment.held}
        torch.save(state, folder / f"{rank}.{_STATE}")
        reference = self._moving_reference()
        if self.args.should_save and reference is not None:
            save_model(reference, str(folder / _REFERENCE))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is None:
            return
        folder = Path(checkpoint)
        path = folder / f"{self.args.process_index}.{_STATE}"
        if path.is_file():
            state = torch.load(path, map_location=self._load_device(), weights_only=True)
            self._moment.to_restore = state["generator_at_epoch_start"].cpu()
            self._moment.held = state["held"]
            self.hold(state["held"])
        reference = self._moving_reference()
        if reference is not None and (folder / _REFERENCE).is_file():
            load_model(reference, folder / _REFERENCE, device=str(self._load_device()))

    def _load_device(self) -> torch.device:
        """Return where a checkpoint's tensors go; torch restores none to a CPU with a number, as one of several has."""
        device: torch.device = self.args.device
        return torch.device("cpu") if device.type == "cpu" else device

    def _moving_reference(self) -> torch.nn.Module | None:
        """Return the reference model where it follows the policy."""
        reference = getattr(self, "ref_model", None)
        if reference is None or not getattr(self.args, "sync_ref_model", False):
            return None
        return self.accelerator.unwrap_model(reference)

    def _correct_best(self, stage: Path, written: Path) -> None:
        """Transformers has noted where the best checkpoint was while it was written, not where it will be."""
        if self.state.best_global_step:
            self.state.best_model_checkpoint = str(stage / f"checkpoint-{self.state.best_global_step}")
            self.state.save_to_json(str(written / "trainer_state.json"))

    def _estimated_bytes(self) -> int:
        weights = sum(p.numel() * p.element_size() for p in self.model.parameters())
        trained = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        return weights + _BYTES_PER_TRAINED_WEIGHT * trained


class _Moment(TrainerCallback):
    """The point in its loop where a trainer is, and what its generators were at the points from which it can go on."""

    def __init__(self) -> None:
        self.is_updating = False
        self.at_epoch_start: Tensor = torch.get_rng_state()
        self.to_restore: Tensor | None = None
        self.generators = _generators()
        self.held: dict[str, Any] = {}

    def on_epoch_begin(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Samplers draw the epoch's order now, some of them from the global generator."""
        if self.to_restore is not None:
            torch.set_rng_state(self.to_restore)
            self.to_restore = None
        self.at_epoch_start = torch.get_rng_state()

    def on_pre_optimizer_step(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """From here to the end of the step the weights are neither those before nor those after."""
        self.is_updating = True

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The step is finished."""
        self.is_updating = False


class EpochSampler(RepeatSampler):
    """TRL's sampler in TRL's order, which depends on the seed and the epoch alone.

    TRL's draws each epoch's order from one generator that starts anew with the process, so that a run resumed in its
    second epoch sees the prompts of the first once more (trl 1.16, `trl.trainer.utils.RepeatSampler`).
    """

    trainer: Any
    history: PromptHistory | None = None

    @classmethod
    def of(cls, stock: RepeatSampler, trainer: Trainer, history: PromptHistory | None = None) -> EpochSampler:
        """Return TRL's sampler with an order that follows the trainer's epoch, and passes over what `history` says."""
        sampler = cls(
            stock.data_source,
            stock.mini_repeat_count,
            stock.batch_size,
            stock.repeat_count,
            stock.shuffle,
            stock.seed,
        )
        sampler.trainer = trainer
        sampler.history = history
        return sampler

    def __iter__(self) -> Any:
        epoch = int(self.trainer.state.epoch or 0)
        if self.shuffle and self.seed is not None:
            self.generator.manual_seed(self.seed)
            for _ in range(epoch):
                torch.randperm(self.num_samples, generator=self.generator)
        if self.history is None or not self.shuffle:
            return super().__iter__()
        drawn = torch.randperm(self.num_samples, generator=self.generator).tolist()
        order, n_passed_over = self.history.order(drawn, epoch)
        self.trainer.log_passed_over(n_passed_over)
        return self._repeated(order)

    def _repeated(self, order: list[int]) -> Iterator[int]:
        """Yield whole batches of an order as TRL repeats them."""
        for start in range(0, len(order) - self.batch_size + 1, self.batch_size):
            for _ in range(self.repeat_count):
                for prompt in order[start : start + self.batch_size]:
                    yield from [prompt] * self.mini_repeat_count


def _generators() -> dict[str, Any]:
    state: dict[str, Any] = {"python": random.getstate(), "numpy": np.random.get_state(), "cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def _set_generators(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])
