"""Every option of a run, as dataclasses: what it is called, its default, and one sentence on it.

A default stands here and nowhere else; the YAML below `conf/` holds choices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rlvr.files import JsonObject

TRL_CANDIDATES = 8
"""TRL's own number of candidates for each prompt."""

STAGES = ("sft", "dpo", "grpo")
"""The training stages, in the order in which a pipeline may run them."""
DTYPES = ("float32", "bfloat16", "float16")
PREFERENCE_METHODS = ("dpo", "kto")
DEVICES = ("a100", "a10g", "h100", "h200", "l4", "rtx4090")
QUANTIZATIONS = ("nf4", "int8")
ATTENTIONS = ("sdpa", "eager", "flash_attention_2", "flash_attention_3", "flash_attention_4", "flex_attention")
"""What transformers knows by name; a kernel of the hub has a / in its name."""
BACKENDS = ("hf", "vllm", "server")
LONG_PROMPTS = ("refuse", "drop")
TRACKERS = ("mlflow", "trackio", "wandb", "tensorboard", "none")
SUITES = ("bfcl", "when2call")
BFCL_MODES = ("tools", "prompt")


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
    """Compute what a group's candidates begin with once, the prompt and more, not once per candidate; exact."""
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
    """Normalize each component of the reward within its group, then add them up (GDPO), instead of the value."""
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
    """hf (transformers), vllm beside the trainer, or a vLLM server."""
    endpoint: str | None = None
    """The address of the vLLM server, such as http://localhost:8000/v1."""
    sync_dir: str | None = None
    """A folder that the trainer and the server both see, for the weights; None is the run's own."""
    ahead: bool = False
    """Let the server draw a step's candidates while the step before it trains, by the weights before that."""
    dtype: str | None = None
    """What vLLM computes in; None is what the trainer computes in. Another type makes the two disagree."""
    merge_adapter: bool = False
    """Give vLLM merged copies of the weights at every sync, though it could take a LoRA adapter as it is."""
    constrain_calls: bool = False
    """Let vLLM write calls of the row's own tools alone, with arguments by their schemas; text stays free."""
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
    """Compute in bfloat16 while the weights keep their type; a CPU without instructions for it takes float32."""
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


def sources_of(config: Config, stage: str) -> list[str]:
    """Return the names of the sets in data.train that a stage trains on."""
    return [name for name, source in config.data.train.items() if source.stages is None or stage in source.stages]
