"""Every option of rlvr, and how `conf/` and the shell compose them. Loads no torch.

`compose` turns overrides such as `model=qwen3-0.6b seed=1` into a checked `Config`; the command line goes through Hydra
itself and ends in the same `from_hydra`. Whatever a user gets wrong is a `UserError` of one line.

`options` holds the dataclasses, `typed` turns plain values into them, `checks` rules out what types cannot, `rewards`
builds the reward, `composing` reads and writes configs.
"""

from __future__ import annotations

from rlvr.config.checks import check
from rlvr.config.composing import (
    COMPOSITION_ERRORS,
    HYDRA_VERSION,
    SEARCH,
    compose,
    compose_with_hydra,
    config_folder,
    explain,
    flat,
    from_arguments,
    from_hydra,
    from_plain,
    groups,
    load,
    quoted,
    quoted_where_needed,
    register,
    save,
)
from rlvr.config.options import (
    DTYPES,
    STAGES,
    BFCLConfig,
    Config,
    DataConfig,
    DPOStageConfig,
    EvaluationConfig,
    GateConfig,
    HardwareConfig,
    LoraConfig,
    ModelConfig,
    PolicyConfig,
    RolloutConfig,
    SFTStageConfig,
    Source,
    TrackingConfig,
    TrainingConfig,
    When2CallConfig,
    sources_of,
)
from rlvr.config.rewards import build_reward, reward_name
from rlvr.config.typed import option_of, place_of

__all__ = [
    "COMPOSITION_ERRORS",
    "DTYPES",
    "HYDRA_VERSION",
    "SEARCH",
    "STAGES",
    "BFCLConfig",
    "Config",
    "DPOStageConfig",
    "DataConfig",
    "EvaluationConfig",
    "GateConfig",
    "HardwareConfig",
    "LoraConfig",
    "ModelConfig",
    "PolicyConfig",
    "RolloutConfig",
    "SFTStageConfig",
    "Source",
    "TrackingConfig",
    "TrainingConfig",
    "When2CallConfig",
    "build_reward",
    "check",
    "compose",
    "compose_with_hydra",
    "config_folder",
    "explain",
    "flat",
    "from_arguments",
    "from_hydra",
    "from_plain",
    "groups",
    "load",
    "option_of",
    "place_of",
    "quoted",
    "quoted_where_needed",
    "register",
    "reward_name",
    "save",
    "sources_of",
]
