"""Every option of rlvr, as dataclasses, and how `conf/` and the shell compose them. Loads no torch.

A default stands here and nowhere else; the YAML under `conf/` holds choices. `compose` turns overrides such as
`model=qwen3-0.6b seed=1` into a checked `Config`; the command line goes through Hydra itself and ends in the same
`from_hydra`. Whatever a user gets wrong is a `UserError` of one line.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import hydra
import yaml
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from rewards.adapters.row import component_names
from rlvr import secret_values, trainer_options, trust
from rlvr.errors import UserError, unknown
from rlvr.files import JsonObject, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rewards import Reward

HYDRA_VERSION = "1.3"
"""The Hydra behavior that `conf/` is written for."""

TRL_CANDIDATES = 8
"""TRL's own number of candidates for each prompt."""

STAGES = ("sft", "dpo", "grpo")
"""The training stages, in the order in which a pipeline may run them."""

DTYPES = ("float32", "bfloat16", "float16")
PREFERENCE_METHODS = ("dpo", "kto")
DEVICES = ("a100", "a10g", "h100", "h200", "l4", "rtx4090")
SEARCH: dict[str, Any] = {
    "_target_": "hydra_plugins.rlvr.Search",
    "max_batch_size": None,
    "params": None,
    "n_trials": 20,
    "seed": 0,
}
"""The options of `rlvr.commands.search.Search`, as hydra.sweeper; Hydra takes plugins by its own package's name."""

QUANTIZATIONS = ("nf4", "int8")
BACKENDS = ("hf", "vllm")
LONG_PROMPTS = ("refuse", "drop")
TRACKERS = ("mlflow", "trackio", "wandb", "tensorboard", "none")
SUITES = ("bfcl", "when2call")
BFCL_MODES = ("tools", "prompt")
_NAME = re.compile(r"\w[\w.-]{0,63}")
"""What names a folder or a file of a run: letters, digits, '_', '-' and '.', not at its front."""
_RUN_FILES = ("metrics", "evaluation")
"""What a set cannot be called: its results would stand where a run's own records do."""

EXPECTED = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list, as in [a,b]",
    dict: "a mapping",
}
"""How an error names the type of an option."""

_TAKES_NUMBERS = (str, float)
"""Types of options that a number is turned into."""

COMPOSITION_ERRORS = (HydraException, OmegaConfBaseException, ValueError)
"""What Hydra raises while it composes; `explain` turns them into a `UserError`."""

_ROW_FILES = {".jsonl", ".json", ".parquet", ".csv", ".gz"}

T = TypeVar("T")


@dataclass(frozen=True)
class ModelConfig:
    """Which model to start from: `tiny` (shipped with rlvr), a folder, a run folder, an adapter's, a name on the hub.

    With `endpoint` it is a model that a server serves, for evaluation only.
    """

    path: str = "tiny"
    """A name on the model hub, a folder, a run folder, an adapter's folder, or `tiny`."""
    dtype: str = "float32"
    """The number type of the weights: float32, bfloat16 or float16."""
    attn_implementation: str = "sdpa"
    """Which attention transformers uses: sdpa, eager, flash_attention_2."""
    trust_remote_code: bool = False
    """Run code that comes with the model; only for models that you trust."""
    quantization: str | None = None
    """`nf4` or `int8`, under a LoRA adapter; needs bitsandbytes."""
    chat_template: str | None = None
    """A Jinja file instead of the tokenizer's own template."""
    chat_template_kwargs: JsonObject = field(default_factory=dict)
    """What the template takes where its caller gives nothing, as `enable_thinking: false`; saved with the policy."""
    add_missing_tokens: bool = False
    """Make the marks of calls tokens of their own where they are not; they have yet to be learnt."""
    endpoint: str | None = None
    """The address of an OpenAI-compatible server, such as http://localhost:8000/v1; `path` is the model's name there,
    and may be left out where the server has but one."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the server's key. No key is ever read from here, or stored."""
    request: JsonObject = field(default_factory=dict)
    """Further fields of each request, such as {max_tokens: null, max_completion_tokens: 96}; null leaves one out."""


@dataclass(frozen=True)
class LoraConfig:
    """The adapter to train; the names are those of `peft.LoraConfig`."""

    r: int = 16
    """The adapter's rank."""
    lora_alpha: int = 32
    """The adapter's scale: its update is multiplied by lora_alpha / r."""
    lora_dropout: float = 0.0
    """The share of the adapter's inputs that is dropped while it trains."""
    target_modules: Any = "all-linear"
    """The layers that get an adapter: all-linear, or a list of names."""
    modules_to_save: Any = None
    """Modules to train whole, such as the embeddings of added tokens: [embed_tokens, lm_head]."""


@dataclass(frozen=True)
class PolicyConfig:
    """Which weights to train: all of them, or a LoRA adapter where `lora` is set."""

    lora: LoraConfig | None = None
    """The adapter to train instead of all weights; policy=lora has one."""


@dataclass(frozen=True)
class Source:
    """One set of rows: a JSONL file (`path`), or a generator (`synth`) with its split, size and seed."""

    path: str | None = None
    """A file of rows."""
    format: str = "rows"
    """Of a file: rows as JSONL, which must all be usable; or a format of `rlvr data import`, or auto."""
    synth: str | None = None
    """A generator of rows: five_tools, unseen_tools, or the others of `rlvr data synth`."""
    split: str = "train"
    """Which part of a generator's rows: train, or a held-out part."""
    rows: int | None = None
    """How many rows: of a file the first ones, of a generator as many as asked; None is all, or its own default."""
    seed: int = 0
    """The seed of a generator."""
    stages: list[str] | None = None
    """The stages that train on it, such as [sft]; null is all of them."""
    rows_per_toolset: int = 1
    """Of the generator `procedural`: so many rows share the tools that are made up for them."""


@dataclass(frozen=True)
class DataConfig:
    """What to train on and what to evaluate on, each set under a name of its own."""

    train: dict[str, Source] = field(default_factory=dict)
    """Sets to train on: data.train.NAME.path=ROWS.jsonl."""
    evaluation: dict[str, Source] = field(default_factory=dict)
    """Sets to evaluate on: data.evaluation.NAME.path=ROWS.jsonl."""
    pairs: dict[str, Source] = field(default_factory=dict)
    """Files of preferences for the DPO stage; without any, it makes pairs from the training rows."""
    long_prompts: str = "refuse"
    """What to do with rows that the model's context has no room for: `refuse` them, or `drop` them and say so."""


@dataclass(frozen=True)
class SFTStageConfig:
    """Supervised fine-tuning: `args` is passed to `trl.SFTConfig` as it is."""

    rows: int | None = None
    """Training rows that SFT uses, drawn in proportion to behaviors; null is all."""
    rows_per_prefix: int = 1
    """At most so many rows whose prompts begin alike, as those of one toolset do, are drawn side by side, and what they
    have in common is computed once; exact. 1 draws and computes each row by itself."""
    args: JsonObject = field(default_factory=dict)
    """Options of trl.SFTConfig."""


@dataclass(frozen=True)
class DPOStageConfig:
    """Preference training: `args` is passed to `trl.DPOConfig`, or under `kto` to `trl.KTOConfig`, as it is."""

    method: str = "dpo"
    """`dpo` on pairs, or `kto` on single completions that are good or bad."""
    rows: int | None = None
    """Training rows that pairs are made from; None is all."""
    per_row: int = 1
    """Pairs made from a row, each with another kind of mistake."""
    weights: dict[str, float] = field(default_factory=dict)
    """How often each kind of mistake is drawn, 1 where not named: see `rlvr data pairs --help`."""
    confusable: float = 0.0
    """The share of the rows that get two values nearly equal, of those that can; fewer where fewer can."""
    args: JsonObject = field(default_factory=dict)
    """Options of trl.DPOConfig, or under dpo=kto of trl.KTOConfig."""


@dataclass(frozen=True)
class GateConfig:
    """What a stage may cost before the pipeline stops."""

    max_abstention_fall: float | None = 0.05
    """By how much the share of right questions, refusals or answers may fall, beyond doubt; None lets every stage pass.
    """


@dataclass(frozen=True)
class TrainingConfig:
    """The RL stage: `args` is passed to `trl.GRPOConfig` as it is; the savings are of `rlvr.training.GRPOTrainer`."""

    rows: int | None = None
    """Training rows that GRPO uses, drawn at random; null is all."""
    shared_prefix: bool = True
    """Compute a group's prompt once, not once per candidate; exact."""
    skip_zero_advantages: bool = True
    """Leave out of the update what has no gradient: groups whose rewards are all equal."""
    show_candidates: int | None = None
    """Steps between looks at a group: its candidates are printed with their rewards; None prints none."""
    dynamic_sampling_rounds: int = 0
    """At most so many times, replace the groups whose rewards are all equal by groups of further prompts."""
    trained_candidates: int | None = None
    """Update on so many candidates of each group, those whose rewards vary most; null is all of them."""
    rest_epochs: int = 0
    """For so many epochs, pass over a prompt whose last group taught nothing; one that did takes its place."""
    normalize_components: bool = False
    """Normalise each component of the reward within its group, then add them up (GDPO), instead of the value."""
    partial_cap_end: float | None = None
    """What the reward's `partial_cap` moves to, linearly over the training; None leaves it where it is."""
    most_episode_tokens: int = 1024
    """Tokens after its prompt at which a conversation ends; `args.max_completion_length` is of one turn."""
    args: JsonObject = field(default_factory=dict)
    """Options of trl.GRPOConfig."""


@dataclass(frozen=True)
class RolloutConfig:
    """What generates the candidates. TRL's own options of vLLM, all named `vllm_...`, go under `training.args`."""

    backend: str = "hf"
    """hf (transformers) or vllm."""
    dtype: str | None = None
    """What vLLM computes in; None is what the trainer computes in. Another type makes the two disagree."""
    merge_adapter: bool = False
    """Give vLLM merged copies of the weights at every sync, though it could take a LoRA adapter as it is."""
    engine: JsonObject = field(default_factory=dict)
    """Further arguments of `vllm.LLM`, in colocate mode."""


@dataclass(frozen=True)
class BFCLConfig:
    """What of the Berkeley Function Calling Leaderboard is run, and how its functions are offered."""

    categories: list[str] = field(default_factory=lambda: ["single_turn"])
    """Categories such as simple_python, or groups: single_turn, multi_turn, non_live, live, python, non_python."""
    mode: str = "tools"
    """`tools` offers functions as a chat template or a server takes them, as the leaderboard does for models that call
    functions (FC); `prompt` writes them into its system prompt and reads calls in Python's syntax."""
    rows: int | None = None
    """How many entries of each category, the first ones; None is all."""


@dataclass(frozen=True)
class When2CallConfig:
    """Where When2Call's rows are: a file of its LLM-judge test set."""

    path: str | None = None
    """The suite's file, a JSONL with question, tools and answers."""


@dataclass(frozen=True)
class EvaluationConfig:
    """How a policy is evaluated: one greedy completion per row, and bootstrap intervals over rows."""

    batch_size: int = 64
    """Completions that are generated at once."""
    max_new_tokens: int = 256
    """Tokens at which a completion is cut."""
    n_bootstrap: int = 2000
    """Resamples that an interval is taken from."""
    confidence: float = 0.95
    """Of the intervals, between 0 and 1."""
    samples: int = 1
    """From 2 on, so many completions of each row are sampled beside the greedy one, for pass@k and the mean of all."""
    temperature: float = 1.0
    """Of the samples, where samples is 2 or more."""
    top_p: float = 1.0
    """Of the samples: the share of probability that is drawn from."""
    every: int | None = None
    """Steps between evaluations while a stage trains; None evaluates before and after only."""
    rows_while_training: int | None = 100
    """How many rows of each set are evaluated then, the first ones; None is all."""
    prices: str | None = None
    """A YAML file of prices, `model: {input: 0.15, output: 0.6}` for a million tokens or `model: {per_hour: 2.5}`."""
    suites: list[str] = field(default_factory=list)
    """Public suites that `rlvr evaluate` runs besides `data.evaluation`: bfcl, when2call."""
    bfcl: BFCLConfig = field(default_factory=BFCLConfig)
    """The Berkeley Function Calling Leaderboard."""
    when2call: When2CallConfig = field(default_factory=When2CallConfig)
    """When2Call's LLM-judge test set."""
    concurrency: int = 8
    """Requests that an endpoint is sent at once."""
    timeout_s: float = 120.0
    """Seconds that an endpoint may take for an answer."""
    retries: int = 5
    """Further tries of a request that failed."""


@dataclass(frozen=True)
class TrackingConfig:
    """Where metrics go besides the run folder, through the trainers' own callbacks."""

    to: str = "none"
    """mlflow, trackio, wandb, tensorboard or none."""
    project: str = "rlvr"
    """MLflow's experiment; the project of trackio and W&B."""
    uri: str | None = None
    """MLflow's store; None is MLFLOW_TRACKING_URI where that is set, else sqlite:///runs/mlflow.db."""


@dataclass(frozen=True)
class HardwareConfig:
    """What to run on. None leaves the choice to torch."""

    threads: int | None = None
    """Threads that torch computes with; null leaves it to torch."""
    bf16: bool = False
    """Compute in bfloat16 while the weights keep their type."""
    use_cpu: bool | None = None
    """true computes on the CPU, false demands a GPU, null takes what torch finds."""
    device: str | None = None
    """What `rlvr train --estimate` estimates for; None is this machine."""
    n_devices: int = 1
    """On how many of them, for `rlvr train --estimate`; a run takes as many as its launcher starts processes."""


@dataclass(frozen=True)
class Config:
    """One run: everything that `rlvr train`, `rlvr demo` and `rlvr evaluate` read."""

    name: str = "run"
    """What the run folder's name begins with."""
    seed: int = 0
    """The seed of everything that is drawn."""
    run_dir: str | None = None
    """Where the run writes; None is `runs/<name>-<date>-<time>`."""
    resume: str | None = None
    """A run folder to go on with from its last checkpoint."""
    pipeline: list[str] = field(default_factory=lambda: ["sft", "grpo"])
    """The stages, in order: of sft, dpo and grpo."""
    model: ModelConfig = field(default_factory=ModelConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    data: DataConfig = field(default_factory=DataConfig)
    reward: JsonObject = field(default_factory=lambda: {"_target_": "rewards.Tiered"})
    """A reward's class as `_target_`, and its fields: see `build_reward`."""
    environment: str | None = None
    """MODULE:CLASS, whose methods are the tools of rows that are conversations in Python: see docs/environments.md."""
    sft: SFTStageConfig = field(default_factory=SFTStageConfig)
    dpo: DPOStageConfig = field(default_factory=DPOStageConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    gate: GateConfig = field(default_factory=GateConfig)
    rollout: RolloutConfig = field(default_factory=RolloutConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    hardware: HardwareConfig = field(default_factory=HardwareConfig)


def config_folder() -> Path:
    """`conf/`, inside the installed package or at the root of the checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise FileNotFoundError(f"rlvr is installed without its conf/ folder (looked in {package} and {package.parent})")


def groups() -> dict[str, list[str]]:
    """The choices that `conf/` ships: group -> names, e.g. `reward` -> `binary`, `tiered`."""
    folders = sorted(path for path in config_folder().iterdir() if path.is_dir())
    return {folder.name: _stems(folder) for folder in folders}


def register() -> None:
    """Give Hydra the defaults of `Config` under the name `schema`, which `conf/config.yaml` builds on.

    Every section is left open: what Hydra lets through, `from_hydra` checks against the dataclasses, so that keys from
    the shell and keys from YAML meet the same judge and the same message.
    """
    defaults = OmegaConf.create(dataclasses.asdict(Config()))
    for section in defaults.values():
        if isinstance(section, DictConfig):
            OmegaConf.set_struct(section, False)
    ConfigStore.instance().store(name="schema", node=defaults)
    ConfigStore.instance().store(group="hydra/sweeper", name="search", node=dict(SEARCH))


def compose(overrides: Sequence[str] = (), *, config_name: str = "config") -> Config:
    """The config that `conf/<config_name>.yaml` and these overrides give.

    Raises:
        UserError: an option, a choice or a value that does not exist.
    """
    return from_hydra(_composed(overrides, config_name))


def compose_with_hydra(overrides: Sequence[str], *, config_name: str) -> DictConfig:
    """Return the config that `compose` checks, unchecked, with Hydra's own part under `hydra`.

    Raises:
        UserError: as `compose`.
    """
    return _composed(overrides, config_name, return_hydra_config=True)


def _composed(overrides: Sequence[str], config_name: str, **options: bool) -> DictConfig:
    register()
    running = GlobalHydra.instance()
    outer, running.hydra = running.hydra, None  # within a command Hydra is at work, and would not start again
    try:
        with hydra.initialize_config_dir(str(config_folder()), version_base=HYDRA_VERSION):
            return hydra.compose(config_name, list(overrides), **options)
    except COMPOSITION_ERRORS as error:
        raise explain(error) from error
    finally:
        GlobalHydra.instance().hydra = outer


def from_hydra(composed: DictConfig) -> Config:
    """Return what Hydra composed, as a checked `Config`.

    Raises:
        UserError: an option that does not exist, a value of the wrong type or out of its range.
    """
    return from_plain(_plain(composed))


def load(path: Path, given: Config | None = None) -> Config:
    """The config that `save` wrote, which may be a stranger's: see `rlvr.trust`.

    Args:
        path: the file.
        given: what the person has named: options that would run code or send data count only if they are named here.

    Raises:
        UserError: the file is absent, is not plain YAML, does not hold a config, or holds what has to be named.
    """
    stored = trust.read_stored(path)
    trust.check_stored(stored, {} if given is None else dataclasses.asdict(given), path)
    return from_plain(stored)


def from_plain(value: JsonObject) -> Config:
    """Nested options as a checked `Config`.

    Raises:
        UserError: an option that does not exist, a value of the wrong type or out of its range.
    """
    config = _plain_to_dataclass(Config, value, place="")
    check(config)
    return config


def save(config: Config, path: Path) -> None:
    """Write the config as YAML, every option resolved."""
    text = yaml.safe_dump(dataclasses.asdict(config), sort_keys=False, allow_unicode=True)
    write_text(path, text)


def flat(value: Any, place: str = "") -> dict[str, str]:
    """Nested options by their dotted names, each as text."""
    if isinstance(value, dict) and value:
        inner = (flat(item, f"{place}.{key}" if place else str(key)) for key, item in value.items())
        return {key: text for part in inner for key, text in part.items()}
    return {place: str(value)}


def from_arguments(options: type[T], arguments: Iterable[str], texts: Mapping[str, str] | None = None) -> T:
    """Return `key=value` arguments as an instance of a dataclass of options, for commands that need no `conf/`.

    Args:
        options: the dataclass.
        arguments: as the command line has them; values are YAML.
        texts: options whose values are texts, taken as they are.

    Raises:
        UserError: an argument of another form, an option that does not exist, a value of the wrong type.
    """
    arguments = list(arguments)
    for argument in arguments:
        if "=" not in argument or argument.startswith("-"):
            raise UserError(f"{argument!r} is not of the form option=value; options: {', '.join(_fields(options))}")
    try:
        plain = _plain(OmegaConf.from_dotlist(arguments))
    except yaml.YAMLError:
        raise UserError(f"one of {arguments!r} has a value that cannot be read; quote special characters") from None
    return _plain_to_dataclass(options, {**plain, **(texts or {})}, place="")


def build_reward(reward: JsonObject, wire: str | None = None) -> Reward:
    """The reward that a config's `reward` mapping describes, by the import path in `_target_`.

    A class is called with the other keys, and so is a function that makes a reward; a function that is a reward gets
    them at every call; an instance is taken as it is.

    Args:
        reward: the mapping.
        wire: the policy's own wire format, for a reward that takes one where the mapping names none.

    Raises:
        UserError: nothing of this name, an option that it does not have, or a value that it does not take.
    """
    target = reward.get("_target_")
    if not isinstance(target, str) or "." not in target:
        raise UserError("reward._target_: expected the import path of a reward class, such as rewards.Tiered")
    imported = _imported_reward(target)
    options = {name: value for name, value in reward.items() if name != "_target_"}
    if wire is not None and "wire" in getattr(imported, "__dataclass_fields__", ()):
        options.setdefault("wire", wire)
    if not isinstance(imported, type) and not inspect.isroutine(imported):
        if options:
            raise UserError(f"reward: {target} is one reward with its options set; it takes no {', '.join(options)}")
        return typing.cast("Reward", imported)
    _check_reward_fields(imported, options)
    if isinstance(options.get("judge"), dict):
        options["judge"] = _build_judge(options["judge"])
    if not isinstance(imported, type) and "ground_truth" in inspect.signature(imported).parameters:
        return functools.partial(imported, **options) if options else typing.cast("Reward", imported)
    try:
        return typing.cast("Reward", imported(**options))
    except (TypeError, ValueError) as error:
        raise UserError(f"reward ({target}): {_one_line(error)}") from error


def _imported_reward(target: str) -> Callable[..., Any]:
    """Return what stands at an import path: a class, a function or a reward."""
    module, _, name = target.rpartition(".")
    try:
        imported = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        hiding, reason = Path("rewards.py").resolve(), _one_line(error)
        if target.startswith("rewards.") and hiding.is_file():
            reason = f"{hiding} has the name of rlvr's library and is hidden by it; rename it"
        raise UserError(f"reward._target_: cannot import {target!r}: {reason}") from error
    if not callable(imported):
        raise UserError(f"reward._target_: {target!r} is not a class, a function or a reward")
    return typing.cast("Callable[..., Any]", imported)


def _build_judge(options: JsonObject) -> Any:
    """Return the judge behind `reward.judge.endpoint`; None where no endpoint is set."""
    if options.get("endpoint") is None:
        return None
    judge = importlib.import_module("rlvr.sampling.judge").EndpointJudge
    _check_reward_fields(judge, options, place="reward.judge")
    try:
        return judge(**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"reward.{_one_line(error)}") from error


def reward_name(reward: Reward) -> str:
    """Return what tables and logs call a reward: its class, or the function that it is."""
    function = reward.func if isinstance(reward, functools.partial) else reward
    return str(getattr(function, "__name__", type(function).__name__))


def _check_reward_fields(build: Callable[..., Any], options: JsonObject, place: str = "reward") -> None:
    parameters = inspect.signature(build).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    allowed = [
        parameter.name
        for parameter in parameters
        if parameter.kind is not parameter.VAR_POSITIONAL and not parameter.name.startswith("_")
    ]
    for name in options:
        if name not in allowed:
            raise UserError(unknown("option", f"{place}.{name}", [f"{place}.{each}" for each in allowed]))


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

_AT_LEAST_ONE = (
    *("sft.rows", "sft.rows_per_prefix", "dpo.rows", "dpo.per_row", "training.rows", "training.show_candidates"),
    *("hardware.threads", "hardware.n_devices", "policy.lora.r", "evaluation.batch_size", "evaluation.max_new_tokens"),
    *("evaluation.n_bootstrap", "evaluation.samples", "evaluation.every", "evaluation.rows_while_training"),
    *("evaluation.concurrency", "evaluation.bfcl.rows"),
)

_SHARES = {
    "dpo.confusable": "it is the share of the rows",
    "gate.max_abstention_fall": "null lets every stage pass",
}
"""Options from 0 to 1, and what an error adds."""


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
    _check_data(config)
    for option in _AT_LEAST_ONE:
        if (number := _value_of(config, option)) is not None and number < 1:
            raise UserError(f"{option}: {number} is less than 1")
    _check_evaluation(config.evaluation)
    for option, note in _SHARES.items():
        if (share := _value_of(config, option)) is not None and not 0 <= share <= 1:
            raise UserError(f"{option}: {share} is not between 0 and 1; {note}")
    trainer_options.check("SFTConfig", "sft.args", config.sft.args)
    trainer_options.check("DPOConfig" if config.dpo.method == "dpo" else "KTOConfig", "dpo.args", config.dpo.args)
    trainer_options.check("GRPOConfig", "training.args", config.training.args)
    _check_reward_options(config.training, build_reward(config.reward))


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
    if training.dynamic_sampling_rounds < 0:
        raise UserError(f"training.dynamic_sampling_rounds: {training.dynamic_sampling_rounds} is less than 0")
    if training.rest_epochs < 0:
        raise UserError(f"training.rest_epochs: {training.rest_epochs} is less than 0")
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


def sources_of(config: Config, stage: str) -> list[str]:
    """Return the names of the sets in data.train that a stage trains on."""
    return [name for name, source in config.data.train.items() if source.stages is None or stage in source.stages]


def explain(error: Exception) -> UserError:
    """One of `COMPOSITION_ERRORS` as the one line that a user can act on."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _unknown_choice(error.missing_cfg_file, error.options or ())
    if isinstance(error, OverrideParseException):
        return _misshapen_override(str(error.override))
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, ConfigKeyError | ConfigAttributeError) and cause.full_key:
        return _unknown_option(str(cause.full_key))
    if isinstance(cause, OmegaConfBaseException):
        place = f"{cause.full_key}: " if cause.full_key else ""
        return UserError(place + _one_line(cause.msg or cause))
    message = str(error)
    if message.startswith("Ambiguous value"):
        argument = message.split("'")[1]
        return UserError(f"{argument}: several values; add -m to run each, or write a list as option=[value,value]")
    if message.startswith("Config group override must be"):
        return UserError(f"a group takes one of its choices, not null; the groups: {', '.join(groups())}")
    return UserError(" ".join(message.split()))


def _unknown_choice(missing: str, choices: Sequence[str]) -> UserError:
    group, _, choice = missing.rpartition("/")
    if group:
        return UserError(unknown(group, choice, choices, place=f"conf/{group} has"))
    return UserError(unknown("config", choice, _stems(config_folder()), place="conf/ has"))


def _misshapen_override(override: str) -> UserError:
    if Path(override).suffix in _ROW_FILES:
        return UserError(f"{override!r}: rows go under data, as in data.evaluation.mine.path={override}")
    return UserError(f"{override!r} is not of the form option=value; quote a value with special characters")


def _unknown_option(dotted: str) -> UserError:
    """A key that Hydra itself refused: one at the top, or one of Hydra's own."""
    top, *inner = dotted.split(".")
    if top in _fields(Config) or (top == "hydra" and inner):
        return UserError(f"option {dotted!r} not found")
    return _not_found(top, list(_fields(Config)))


# What people call an option, from other tools -> what it is called here.
_ALIASES = {
    "lr": "training.args.learning_rate",
    "epochs": "training.args.num_train_epochs",
    "steps": "training.args.max_steps",
    "batch_size": "training.args.per_device_train_batch_size",
    "model_name": "model.path",
    "model_name_or_path": "model.path",
    "model.name": "model.path",
    "output_dir": "run_dir",
    "out": "run_dir",
    "resume_from_checkpoint": "resume",
    "bf16": "hardware.bf16",
    "report_to": "tracking.to",
    "lora_r": "policy.lora.r",
}


def place_of(name: str) -> str | None:
    """Return where an option goes that is not found where it was written, such as `training.args.learning_rate`.

    Args:
        name: as the user wrote it, dotted or not.

    Returns:
        The dotted option of the same last name: one of TRL's, or one of a section; None where there is none.
    """
    last = name.rpartition(".")[2]
    alias = _ALIASES.get(name) or _ALIASES.get(last)
    stage = name.partition(".")[0]
    for section, trainer in (("sft", "SFTConfig"), ("dpo", "DPOConfig"), ("training", "GRPOConfig")):
        is_there = last in trainer_options.options_of(trainer) and last not in trainer_options.SET_ELSEWHERE
        if is_there and stage in (section, last):
            return f"{section}.args.{last}" if section == stage else f"training.args.{last}"
    return alias or next((leaf for leaf in _leaves(Config) if leaf.rpartition(".")[2] == last and leaf != name), None)


def option_of(name: str) -> str | None:
    """The option that a flag of this name may mean: itself where it is one, else as `place_of`."""
    return name if name in [*_fields(Config), *_leaves(Config)] else place_of(name)


def _leaves(options: Any, place: str = "") -> Iterator[str]:
    """The dotted names of all options below a dataclass."""
    for name, kind in _fields(options).items():
        parts = [part for part in typing.get_args(kind) or (kind,) if isinstance(part, type)]
        inner = next((part for part in parts if dataclasses.is_dataclass(part)), None)
        if inner is not None and typing.get_origin(kind) is not dict:
            yield from _leaves(inner, f"{place}{name}.")
        else:
            yield f"{place}{name}"


def _not_found(name: str, allowed: Sequence[str]) -> UserError:
    """The line for an option that does not exist, with the place of that name where there is one."""
    place = place_of(name)
    if place is None:
        return UserError(unknown("option", name, allowed))
    return UserError(f"option {name!r} not found; did you mean {place!r}? rlvr train --help says what each option does")


def _plain(composed: DictConfig) -> Any:
    """Interpolations resolved, containers as Python's own."""
    try:
        return OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise explain(error) from error


def _plain_to_typed(kind: Any, value: Any, place: str) -> Any:
    """JSON-like values as the annotated type, dataclasses and their fields included.

    Raises:
        UserError: an unknown key or a value of another type; `place` is the dotted key it stands at.
    """
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        kind = typing.get_args(kind)[0]
    if kind is Any or (type(value) is kind):
        return value
    if dataclasses.is_dataclass(kind):
        return _plain_to_dataclass(typing.cast("type", kind), value, place)
    outer = typing.get_origin(kind) or kind
    if outer is dict and isinstance(value, dict):
        inner = typing.get_args(kind)[1]
        return {str(name): _plain_to_typed(inner, item, f"{place}.{name}") for name, item in value.items()}
    if outer is list and isinstance(value, list):
        (inner,) = typing.get_args(kind)
        return [_plain_to_typed(inner, item, f"{place}[{index}]") for index, item in enumerate(value)]
    if kind in _TAKES_NUMBERS and type(value) in (int, float):
        return kind(value)
    raise UserError(f"{place}: expected {EXPECTED[outer]}, got {_shown(value)}")


def _plain_to_dataclass(kind: type[T], value: Any, place: str) -> T:
    allowed = _fields(kind)
    prefix = f"{place}." if place else ""
    if not isinstance(value, dict):
        options = ", ".join(prefix + name for name in allowed)
        raise UserError(f"{place}: expected options, got {_shown(value)}; options: {options}")
    for name in value:
        if name not in allowed:
            raise _not_found(f"{prefix}{name}", [prefix + other for other in allowed])
    return kind(**{name: _plain_to_typed(allowed[name], item, prefix + name) for name, item in value.items()})


def _fields(options: Any) -> dict[str, Any]:
    """Field name -> type of a dataclass, annotations resolved."""
    return typing.get_type_hints(options)


def _stems(folder: Path) -> list[str]:
    """The choices in one folder of YAML files."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


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
    if not 0 < options.confidence < 1:
        raise UserError(f"evaluation.confidence: {options.confidence} is not between 0 and 1")
    if options.samples > 1 and options.temperature <= 0:
        raise UserError(f"evaluation.temperature: {options.temperature} would draw the same sample each time")
    if not 0 < options.top_p <= 1:
        raise UserError(f"evaluation.top_p: {options.top_p} is not in (0, 1]")
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
        if any(secret_values.is_secret_value(text) for text in texts):
            raise UserError(
                f"{place}: holds a password or a key, which a run would store; give it in the environment, as "
                "MLFLOW_TRACKING_URI or HF_TOKEN"
            )


def _shown(value: object) -> str:
    """A value as the user wrote it."""
    return "null" if value is None else repr(value)


def _one_line(error: object) -> str:
    """The first line of a message; OmegaConf adds its own view of the key below it."""
    return str(error).strip().split("\n", 1)[0]
