"""The stages that change a policy, and the run that puts them in order."""

from rlvr.training.grpo_trainer import GRPOTrainer

__all__ = ["GRPOTrainer"]
