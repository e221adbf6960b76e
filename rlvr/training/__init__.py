"""The stages that change a policy, and the run that puts them in order."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlvr.training.grpo_trainer import GRPOTrainer

__all__ = ["GRPOTrainer"]


def __getattr__(name: str) -> Any:
    """Return the trainer, once it is asked for: TRL takes seconds to load, and a run's folder is read without it."""
    if name != "GRPOTrainer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rlvr.training.grpo_trainer import GRPOTrainer

    return GRPOTrainer
