"""What the types of the options cannot rule out: ranges, choices, options that exclude each other, secrets."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any

from rewards import Reward
from rewards.adapters.row import component_names
from rlvr import processes, secret_values, trainer_options, trust
from rlvr.config.options import (
    ATTENTIONS,
    BACKENDS,
    BFCL_MODES,
    DEVICES,
    DTYPES,
    LONG_PROMPTS,
    PREFERENCE_METHODS,
    QUANTIZATIONS,
    STAGES,
    SUITES,
    TRACKERS,
    TRL_CANDIDATES,
    Config,
    EvaluationConfig,
    Source,
    TrainingConfig,
    sources_of,
)
from rlvr.config.rewards import build_reward, reward_name
from rlvr.errors import UserError, unknown
from rlvr.files import JsonObject

_NAME = re.compile(r"\w[\w.-]{0,63}")
"""What names a folder or a file of a run: letters, digits, '_', '-' and '.', not at its front."""

_RUN_FILES = ("metrics", "evaluation")
"""What a set cannot be called: its results would stand where a run's own records do."""

_CHOICES = {
    "model.dtype": DTYPES,
    "model.quantization": QUANTIZATIONS,
    "hardware.device": DEVICES,
    "dpo.method": PREFERENCE_METHODS,
    "rollout.backend": BACKENDS,
    "rollout.dtype": DTYPES,
    "tracking.to": TRACKERS,
    "data.long_prompts": LONG_PROMPTS,
    "evaluation.bfcl.mode": BFCL_MODES,
}
"""Options that name one of a few things, where they are set."""
_AT_LEAST_1 = (
    *("sft.rows", "sft.rows_per_prefix", "dpo.rows", "dpo.per_row", "training.rows", "training.show_candidates"),
    *("hardware.threads", "hardware.n_devices", "policy.lora.r", "evaluation.batch_size", "evaluation.max_new_tokens"),
    *("evaluation.n_bootstrap", "evaluation.samples", "evaluation.every", "evaluation.rows_while_training"),
    *("evaluation.concurrency", "evaluation.bfcl.rows"),
)

_NUMBERS: tuple[tuple[str, Callable[[float], bool], str], ...] = (
    *((option, lambda number: number >= 1, "is less than 1") for option in _AT_LEAST_1),
    ("evaluation.confidence", lambda share: 0 < share < 1, "is not between 0 and 1"),
    ("evaluation.temperature", lambda number: number >= 0, "is less than 0"),
    ("evaluation.top_p", lambda share: 0 < share <= 1, "is not in (0, 1]"),
    ("dpo.confusable", lambda share: 0 <= share <= 1, "is not between 0 and 1; it is the share of the rows"),
    ("gate.max_abstention_fall", lambda share: 0 <= share <= 1, "is not between 0 and 1; null lets every stage pass"),
    ("training.dynamic_sampling_rounds", lambda number: number >= 0, "is less than 0"),
    ("training.rest_epochs", lambda number: number >= 0, "is less than 0"),
)
"""Options that are numbers, where they are set: what they may be, and what is said where they are not."""


def check(config: Config) -> None:
    """Reject what a type cannot.

    Raises:
        UserError: names the option, its value and what is allowed.
    """
    _check_name("name", config.name)
    for stage in config.pipeline:
        _check_choice("pipeline", stage, STAGES)
    if [stage for stage in STAGES if stage in config.pipeline] != config.pipeline:
        raise UserError(f"pipeline: {config.pipeline} is out of order or repeats; the order is {list(STAGES)}")
    _check_no_secrets(dataclasses.asdict(config))
    for option, allowed in _CHOICES.items():
        if (choice := _value_of(config, option)) is not None:
            _check_choice(option, choice, allowed)
    if "/" not in config.model.attn_implementation:
        _check_choice("model.attn_implementation", config.model.attn_implementation, ATTENTIONS)
    _check_data(config)
    for option, is_allowed, objection in _NUMBERS:
        if (number := _value_of(config, option)) is not None and not is_allowed(number):
            raise UserError(f"{option}: {number} {objection}")
    _check_evaluation(config.evaluation)
    trainer_options.check("SFTConfig", "sft.args", config.sft.args)
    trainer_options.check("DPOConfig" if config.dpo.method == "dpo" else "KTOConfig", "dpo.args", config.dpo.args)
    trainer_options.check("GRPOConfig", "training.args", config.training.args)
    _check_reward_options(config.training, build_reward(config.reward))
    if config.rollout.constrain_calls:
        _check_constrained(config)
    _check_server(config)


def _check_constrained(config: Config) -> None:
    """Reject what cannot be sampled with a grammar for each prompt, or not be trained on then."""
    if config.model.endpoint is not None:
        raise UserError("rollout.constrain_calls: it is for weights in vLLM, not for model.endpoint; leave it out")
    if config.rollout.backend != "vllm":
        raise UserError(f"rollout.constrain_calls: {config.rollout.backend} has no grammars; take rollout=vllm")
    reason = trainer_options.why_not_constrained(config.training.args)
    if reason is not None:
        raise UserError(f"training.args.{reason}")


def _check_server(config: Config) -> None:
    """Reject what does not go with a vLLM server that draws a training's candidates, or only with one."""
    rollout, training = config.rollout, config.training
    if rollout.backend != "server":
        for name in ("endpoint", "sync_dir", "ahead"):
            # The run that is resumed says what draws.
            if getattr(rollout, name) and config.resume is None:
                raise UserError(f"rollout.{name}: it is for a vLLM server; take rollout=server, or leave it out")
        return
    refused = {
        "rollout.engine: the server has been started already; leave it out": rollout.engine,
        "training.args.vllm_mode: it is of vLLM without rollout=server; leave it out": "vllm_mode" in training.args,
        "rollout=server: one process trains with it, and this is one of several": processes.launched() > 1,
        "training.dynamic_sampling_rounds: rollout.ahead draws before it could; set it to 0": rollout.ahead
        and training.dynamic_sampling_rounds,
        "rollout=server: it cannot be given quantized weights from an earlier stage; train that in a run of its own, "
        "and let the server serve what it has made": config.model.quantization and "grpo" in config.pipeline[1:],
    }
    for line, is_refused in refused.items():
        if is_refused:
            raise UserError(line)


def _value_of(config: Config, option: str) -> Any:
    """Return the value of a dotted option; None also below a section that is not set."""
    value: Any = config
    for name in option.split("."):
        value = getattr(value, name, None)
    return value


def _check_data(config: Config) -> None:
    """Reject sets of rows and pairs that cannot be read, and stages without any."""
    for name, source in config.data.train.items():
        _check_set("data.train", name, source)
    for name, source in config.data.evaluation.items():
        _check_set("data.evaluation", name, source)
    for stage in config.pipeline:
        if config.data.train and not sources_of(config, stage):
            raise UserError(f"data.train: no rows for {stage}: every set is for other stages only; see its `stages`")
    for name, source in config.data.pairs.items():
        _check_name("data.pairs", name)
        if source.path is None or source.synth is not None:
            raise UserError(f"data.pairs.{name}: give path, a JSONL file; pairs made from training rows need no source")


def _check_reward_options(training: TrainingConfig, reward: Reward) -> None:
    """Reject what a reward cannot do that the training asks of it."""
    name = reward_name(reward)
    n_candidates = training.args.get("num_generations", TRL_CANDIDATES)
    if training.trained_candidates is not None and not 2 <= training.trained_candidates <= n_candidates:
        raise UserError(
            f"training.trained_candidates: {training.trained_candidates} is not between 2 and the {n_candidates} that "
            "are generated (training.args.num_generations)"
        )
    if training.normalize_components and not component_names(reward):
        raise UserError(f"training.normalize_components: {name} gives no components; leave it false")
    if training.partial_cap_end is None:
        return
    if training.normalize_components:
        raise UserError("training.partial_cap_end: normalize_components trains on components, which have no cap")
    if not hasattr(reward, "partial_cap"):
        raise UserError(f"training.partial_cap_end: {name} has no partial_cap; leave it out, or use reward=tiered")
    if not 0 <= training.partial_cap_end <= 1:
        raise UserError(f"training.partial_cap_end: {training.partial_cap_end} is not in [0, 1]")


def _check_choice(option: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise UserError(unknown(f"{option}:", value, allowed))


def _check_set(part: str, name: str, source: Source) -> None:
    _check_name(part, name)
    option = f"{part}.{name}"
    if name in _RUN_FILES:
        raise UserError(f"{option}: a run has a file of this name; call the set something else")
    if (source.path is None) == (source.synth is None):
        raise UserError(f"{option}: give either path (a JSONL file) or synth (a generator), one of the two")
    if source.rows is not None and source.rows < 1:
        raise UserError(f"{option}.rows: {source.rows} is less than 1; leave it out for all rows")
    for stage in source.stages or ():
        _check_choice(f"{option}.stages", stage, STAGES)


def _check_evaluation(options: EvaluationConfig) -> None:
    if options.samples > 1 and options.temperature == 0:
        raise UserError(f"evaluation.temperature: {options.temperature} would draw the same sample each time")
    if options.timeout_s <= 0 or options.retries < 0:
        raise UserError("evaluation.timeout_s must be above 0, and evaluation.retries not below it")
    for suite in options.suites:
        _check_choice("evaluation.suites", suite, SUITES)
    if "when2call" in options.suites and options.when2call.path is None:
        raise UserError("evaluation.when2call.path: name the suite's file, a JSONL with question, tools and answers")


def _check_name(option: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{option}: {name[:80]!r} names a file or a folder; give it 1 to 64 letters, digits, '_', '-' and '.', "
            "none of the last two in front"
        )


def _check_no_secrets(config: JsonObject) -> None:
    """A run stores its configuration and hands it to trackers."""
    for place, value in trust.leaves(config):
        if secret_values.is_secret_name(place) and value is not None:
            raise UserError(f"{place}: a run stores its options; give secrets in the environment, such as HF_TOKEN")
        texts = value if isinstance(value, list) else [value]
        if any(map(secret_values.is_secret_value, texts)):
            raise UserError(
                f"{place}: holds a password or a key, which a run would store; give it in the environment, as "
                "MLFLOW_TRACKING_URI or HF_TOKEN"
            )
