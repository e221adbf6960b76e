"""A run's GRPO stage for verl on Ray: prompts, reward, configuration, and the command that starts it.

verl gives one set of tools to all rows, and its YAML of tools drops `items` and nested `properties`. So each prompt is
rendered here, with its own tools, and verl is told a chat template that passes it on: the policy reads the tokens that
it reads in rlvr. verl decodes completions without special tokens; where those mark calls, the reward file holds a
reward manager that keeps them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from transformers import PreTrainedTokenizerBase
from trl import GRPOConfig

import rlvr
from rewards import ToolCall
from rewards.wire.call_tokens import CallTokens
from rlvr.chat import chat_format, render_calls, render_prompt
from rlvr.config import Config, ModelConfig, sources_of
from rlvr.data import source as rows_source
from rlvr.data.formats.writing import write_file
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.policy.checks import is_on_hub
from rlvr.policy.load import load_policy, load_tokenizer
from rlvr.records.row import Row
from rlvr.serving.experiment import named_reward
from rlvr.training import grpo
from rlvr.training.checkpoint import save_whole
from rlvr.training.run_folder import RunFolder

CONFIG, REWARD, LAUNCH, MODEL = "experiment.yaml", "reward.py", "run.sh", "model"
TRIED_VERSION = "0.9.1"
RENDERED_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""The chat template for prompts that are rendered already."""

_STEPS_BETWEEN_SAVES = 20
_NO_CLIP = 1e6
_TRACKERS = ("wandb", "mlflow", "tensorboard", "trackio")
_ADAPTER = {
    "imports": "from rewards.adapters.verl import score_function",
    "variable": "compute_score",
    "adapter": "score_function",
}
_MANAGER = '''

from rewards.adapters.verl import KeepingMarks
from verl.experimental.reward_loop.reward_manager import NaiveRewardManager


class MarksKept(NaiveRewardManager):
    """verl's manager, which reads completions with the special tokens that mark calls."""

    def __init__(self, config, tokenizer, compute_score, *others, **named):
        super().__init__(config, KeepingMarks(tokenizer, OPTIONS["wire"]), compute_score, *others, **named)
'''
_LAUNCH = """\
#!/usr/bin/env bash
# Start the training with verl {version}; what is given to this script goes to verl, as in
#     bash {launch} trainer.n_gpus_per_node=8
# The Python that runs it needs verl with vLLM, and this project, whose `rewards` score.
folder=$(cd "$(dirname "$0")" && pwd)
exec python -m verl.trainer.main_ppo --config-dir "$folder" --config-name {config} folder="$folder" "$@"
"""

# TRL's loss_type -> verl's loss, and how it weighs tokens.
_LOSSES = {
    "grpo": ("vanilla", "seq-mean-token-mean"),
    "bnpo": ("vanilla", "token-mean"),
    "dapo": ("vanilla", "token-mean"),
    "dr_grpo": ("vanilla", "seq-mean-token-sum-norm"),
    "cispo": ("cispo", "token-mean"),
    "sapo": ("sapo", "seq-mean-token-mean"),
}
_CARRIED = frozenset(
    [
        *("num_generations", "per_device_train_batch_size", "gradient_accumulation_steps", "steps_per_generation"),
        *("generation_batch_size", "num_iterations", "max_completion_length", "max_steps", "num_train_epochs"),
        *("learning_rate", "weight_decay", "max_grad_norm", "adam_beta1", "adam_beta2", "warmup_steps", "warmup_ratio"),
        *("lr_scheduler_type", "beta", "epsilon", "epsilon_high", "delta", "loss_type", "importance_sampling_level"),
        *("scale_rewards", "temperature", "top_p", "top_k", "gradient_checkpointing"),
    ]
)
_UNLIKE = ("normalize_components", "partial_cap_end", "trained_candidates")


@dataclass(frozen=True)
class Exported:
    """What an export holds.

    Args:
        files: the names in its folder.
        notes: in what verl's training differs from rlvr's, a line each.
    """

    files: Sequence[str]
    notes: Sequence[str]


def export(run: RunFolder, config: Config, out: Path) -> Exported:
    """Write a run's GRPO stage for verl.

    Args:
        run: the run.
        config: its options.
        out: the folder; it appears whole or not at all.

    Raises:
        UserError: the run has no GRPO stage, the stage before it has not finished, it holds conversations, or its
            reward or its loss cannot run in verl.
    """
    model = _start(run, config)
    tokenizer, _ = load_tokenizer(model)
    wire = chat_format(tokenizer).wire
    reward = named_reward(config, wire, "verl")
    rows = _rows(config)
    arguments = grpo.arguments(replace(config, rollout=replace(config.rollout, backend="hf")), out)
    rendered = {name: [_rendered(tokenizer, row) for row in some] for name, some in rows.items()}
    loses_marks = marks_vanish(tokenizer, wire)
    settings = {
        "defaults": ["ppo_trainer", "_self_"],
        "folder": ".",
        "data": _data(config, arguments, rendered, tokenizer),
        "reward": _reward(loses_marks),
        "actor_rollout_ref": _policy(config, arguments, _path_for_verl(model)),
        "algorithm": _algorithm(config, arguments),
        "trainer": _trainer(config, arguments, has_evaluation="evaluation" in rows),
    }
    notes = list(_differences(config, arguments))
    if loses_marks:
        notes.append(
            f"verl decodes without special tokens, and those mark calls of the format {wire}: "
            f"{REWARD} holds a reward manager that keeps them"
        )
    files = [*(f"{name}.parquet" for name in rows), REWARD, CONFIG, LAUNCH]

    def write(folder: Path) -> None:
        for name, some in rendered.items():
            write_file(some, folder / f"{name}.parquet", "verl")
        code = reward.as_file(config.name, "verl", **_ADAPTER)
        (folder / REWARD).write_text(code + (_MANAGER if loses_marks else ""), encoding="utf-8")
        (folder / CONFIG).write_text(_as_yaml(config.name, settings, notes), encoding="utf-8")
        launch = _LAUNCH.format(version=TRIED_VERSION, launch=LAUNCH, config=CONFIG.removesuffix(".yaml"))
        (folder / LAUNCH).write_text(launch, encoding="utf-8")
        if not is_on_hub(model.path):
            load_policy(model).save(folder / MODEL)

    save_whole(out, write)
    return Exported(files if is_on_hub(model.path) else [*files, f"{MODEL}/"], notes)


def marks_vanish(tokenizer: PreTrainedTokenizerBase, wire: str) -> bool:
    """Return whether decoding without special tokens loses what marks a call."""
    call = ToolCall("probe", {"value": 1})
    ids = tokenizer(render_calls(tokenizer, [call]), add_special_tokens=False)["input_ids"]
    return CallTokens(tokenizer, wire).text(ids) is not None


def _start(run: RunFolder, config: Config) -> ModelConfig:
    """Return the policy that the run's GRPO stage begins with."""
    if "grpo" not in config.pipeline:
        stages = ", ".join(config.pipeline) or "none"
        raise UserError(f"format=verl: {run.path} has no GRPO stage, which is what verl would train; it has: {stages}")
    before = config.pipeline[: config.pipeline.index("grpo")]
    if not before:
        return replace(config.model, quantization=None)
    final = run.final(before[-1])
    if not final.is_dir():
        remedy = f"first rlvr train resume={run.path}"
        raise UserError(f"format=verl: {run.path} has not finished {before[-1]}, where GRPO begins; {remedy}")
    return replace(config.model, path=str(final), quantization=None)


def _path_for_verl(model: ModelConfig) -> str:
    return model.path if is_on_hub(model.path) else f"${{folder}}/{MODEL}"


def _rows(config: Config) -> dict[str, list[Row]]:
    by_source = {name: rows_source.load(config.data.train[name]) for name in sources_of(config, "grpo")}
    rows = {"train": grpo.chosen_rows(by_source, config.training.rows, config.seed)}
    evaluation = [row for source in config.data.evaluation.values() for row in rows_source.load(source)]
    if evaluation:
        rows["evaluation"] = evaluation
    if not rows["train"]:
        raise UserError("format=verl: the run has no training rows")
    if any(row.episode is not None for some in rows.values() for row in some):
        raise UserError("format=verl: the run's rows are conversations, which need rlvr's environments")
    return rows


def _rendered(tokenizer: PreTrainedTokenizerBase, row: Row) -> Row:
    """Return the row with its prompt as one message that holds every token of it, the first one included."""
    text = render_prompt(tokenizer, row)
    bos = tokenizer.bos_token or ""
    if bos and not text.startswith(bos) and tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]:
        text = bos + text
    return replace(row, prompt=[{"role": "user", "content": text}])


def _data(
    config: Config,
    arguments: GRPOConfig,
    rows: Mapping[str, Sequence[Row]],
    tokenizer: PreTrainedTokenizerBase,
) -> JsonObject:
    texts = [row.prompt[0]["content"] for some in rows.values() for row in some]
    longest = max(map(len, tokenizer(texts, add_special_tokens=False)["input_ids"]))
    train, evaluation = (f"${{folder}}/{name}.parquet" for name in ("train", "evaluation"))
    return {
        "train_files": train,
        "val_files": evaluation if "evaluation" in rows else train,
        "train_batch_size": arguments.generation_batch_size // arguments.num_generations,
        "max_prompt_length": longest,
        "max_response_length": arguments.max_completion_length,
        "apply_chat_template_kwargs": {"chat_template": RENDERED_TEMPLATE},
        "seed": config.seed,
    }


def _reward(loses_marks: bool) -> JsonObject:
    path = f"${{folder}}/{REWARD}"
    function = {"custom_reward_function": {"path": path, "name": "compute_score"}}
    if not loses_marks:
        return function
    return {**function, "reward_manager": {"source": "importlib", "name": "MarksKept", "module": {"path": path}}}


def _policy(config: Config, arguments: GRPOConfig, path: str) -> JsonObject:
    batch = arguments.per_device_train_batch_size
    model: JsonObject = {"path": path, "enable_gradient_checkpointing": bool(arguments.gradient_checkpointing)}
    if (lora := config.policy.lora) is not None:
        model |= {"lora_rank": lora.r, "lora_alpha": lora.lora_alpha, "target_modules": lora.target_modules}
    rollout = {
        "name": "vllm",
        "n": arguments.num_generations,
        "temperature": arguments.temperature,
        "top_p": arguments.top_p,
        "top_k": arguments.top_k or -1,
        "dtype": "bfloat16" if config.hardware.bf16 else config.model.dtype,
        "tensor_model_parallel_size": 1,
        "log_prob_micro_batch_size_per_gpu": batch,
        "seed": config.seed,
    }
    reference = {"log_prob_micro_batch_size_per_gpu": batch}
    return {"model": model, "actor": _actor(config, arguments), "rollout": rollout, "ref": reference}


def _actor(config: Config, arguments: GRPOConfig) -> JsonObject:
    loss, weighing = _loss(arguments)
    high = arguments.epsilon if arguments.epsilon_high is None else arguments.epsilon_high
    # TRL's CISPO clips the ratio from above alone, at epsilon_high itself.
    clips = (1.0, high - 1.0) if loss == "cispo" else (arguments.epsilon, high)
    mini_batch = arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps
    actor: JsonObject = {
        "ppo_mini_batch_size": max(1, mini_batch // arguments.num_generations),
        "ppo_micro_batch_size_per_gpu": arguments.per_device_train_batch_size,
        "ppo_epochs": arguments.num_iterations,
        "clip_ratio_low": clips[0],
        "clip_ratio_high": clips[1],
        "clip_ratio_c": arguments.delta or _NO_CLIP,
        "policy_loss": {"loss_mode": loss},
        "loss_agg_mode": weighing,
        "use_kl_loss": arguments.beta > 0,
        "kl_loss_coef": arguments.beta,
        "kl_loss_type": "low_var_kl",
        "grad_clip": arguments.max_grad_norm,
        "data_loader_seed": config.seed,
        "optim": _optimizer(arguments),
    }
    if weighing == "seq-mean-token-sum-norm":
        actor["loss_scale_factor"] = arguments.max_completion_length
    return actor


def _loss(arguments: GRPOConfig) -> tuple[str, str]:
    if arguments.importance_sampling_level == "sequence":
        return "gspo", "seq-mean-token-mean"
    if arguments.loss_type not in _LOSSES:
        raise UserError(f"format=verl: verl has no loss {arguments.loss_type}; it has: {', '.join(_LOSSES)}")
    return _LOSSES[arguments.loss_type]


def _optimizer(arguments: GRPOConfig) -> JsonObject:
    warmup = arguments.warmup_steps
    share = {"lr_warmup_steps_ratio": warmup} if warmup < 1 else {"lr_warmup_steps": _batches(arguments, warmup)}
    return {
        "lr": arguments.learning_rate,
        "lr_scheduler_type": "constant" if "constant" in str(arguments.lr_scheduler_type.value) else "cosine",
        "weight_decay": arguments.weight_decay,
        "betas": [arguments.adam_beta1, arguments.adam_beta2],
        **share,
    }


def _batches(arguments: GRPOConfig, updates: float) -> int:
    """Return how many batches of candidates a number of updates takes: a step of verl's is a batch."""
    updates_of_batch = arguments.steps_per_generation / arguments.gradient_accumulation_steps * arguments.num_iterations
    batches: int = math.ceil(updates / updates_of_batch)
    return batches


def _algorithm(config: Config, arguments: GRPOConfig) -> JsonObject:
    scaled = str(arguments.scale_rewards).lower() not in ("none", "false")
    algorithm: JsonObject = {"adv_estimator": "grpo", "norm_adv_by_std_in_grpo": scaled}
    if (rounds := config.training.dynamic_sampling_rounds) > 0:
        algorithm["filter_groups"] = {"enable": True, "metric": "reward", "max_num_gen_batches": rounds + 1}
    return algorithm


def _trainer(config: Config, arguments: GRPOConfig, *, has_evaluation: bool) -> JsonObject:
    trackers = [config.tracking.to] if config.tracking.to in _TRACKERS else []
    every = config.evaluation.every
    trainer: JsonObject = {
        "project_name": config.tracking.project,
        "experiment_name": config.name,
        "logger": ["console", *trackers],
        "n_gpus_per_node": 1,
        "val_before_train": has_evaluation,
        "test_freq": (_batches(arguments, every) if every else _STEPS_BETWEEN_SAVES) if has_evaluation else -1,
        "save_freq": _STEPS_BETWEEN_SAVES,
        "total_epochs": math.ceil(arguments.num_train_epochs),
    }
    if arguments.max_steps > 0:
        steps = _batches(arguments, arguments.max_steps)
        trainer |= {"total_training_steps": steps, "total_epochs": steps}  # whichever ends first
    return trainer


def _differences(config: Config, arguments: GRPOConfig) -> list[str]:
    """Return in what verl's training differs from the run's own."""
    notes = []
    left_out = [f"training.{name}" for name in _UNLIKE if getattr(config.training, name)]
    left_out += ["rollout.constrain_calls"] if config.rollout.constrain_calls else []
    left_out += [f"training.args.{name}" for name in config.training.args if name not in _CARRIED]
    if left_out:
        notes.append(f"left out, since verl has nothing like it: {', '.join(left_out)}")
    schedule = str(arguments.lr_scheduler_type.value)
    if "constant" not in schedule and not schedule.startswith("cosine"):
        notes.append(f"the learning rate falls as a cosine: verl has no schedule {schedule!r}")
    if str(arguments.scale_rewards) == "batch":
        notes.append("advantages are divided by their group's deviation: verl does not divide by the batch's")
    if arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps % arguments.num_generations:
        notes.append("an update takes whole groups of candidates: verl does not split them")
    return notes


def _as_yaml(name: str, settings: JsonMapping, notes: Sequence[str]) -> str:
    head = [f"GRPO of the run {name!r} for verl {TRIED_VERSION}, written by rlvr {rlvr.__version__}.", *notes]
    comments = "".join(f"# {line}\n" for line in head)
    return comments + yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True)
