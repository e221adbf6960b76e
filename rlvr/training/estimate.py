"""What a run needs in memory and time, from shapes and counts, before anything is loaded or trained.

Memory of a stage on one device, in bytes:

    weights        one value for each parameter; nf4 holds 4.127 bits of the linear layers' (arXiv:2305.14314)
    gradients      one value for each trained parameter
    optimizer      AdamW's two moments of each trained parameter
    reference      the weights again, for DPO without an adapter and for GRPO with a KL term and without one
    activations    each layer's input for the tokens computed at once, and one layer's 34 values a token and hidden unit
                   (all layers' without gradient checkpointing; Korthikanti et al. 2022, arXiv:2205.05198, section 4)
    logits         twice the vocabulary in 32 bits for each token that carries loss
    libraries      on a CPU, the process itself: torch, transformers, TRL, and the kernels that are kept
    KV cache       keys and values of all layers for the tokens generated at once

Time: 2 operations a parameter and token forward, 6 for an update, 8 with checkpointing (Kaplan et al. 2020,
arXiv:2001.08361, section 2.1), at `UTILIZATION` of the device's peak. A token generated reads the weights and its
cache once, at `UTILIZATION` of the device's bandwidth. On a processor all three are measured instead, on a few of the
model's layers (`rlvr.training.speed`), and the vocabulary head is counted where it is computed. Candidates are taken
to be as long as what is expected of them; `most_seconds` is what comes where all run to their limit. Evaluation,
loading and scoring are not in it.

On several devices (`hardware.n_devices`) each takes as many rows of a step as one alone would, so that an epoch has so
many times fewer steps; to each step is added what the all-reduce of the gradients takes, 2 (n - 1) / n of their bytes
over the device's link. Each holds all weights. With `fsdp` each holds its part of weights, gradients and moments (in
GRPO, which generates from whole weights, of the latter two), and a step gathers the weights twice and adds up the
gradients once.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from rlvr.chat import render_completion, render_prompt
from rlvr.config import HardwareConfig, sources_of
from rlvr.errors import UserError
from rlvr.policy.checks import source_of
from rlvr.policy.flat_row import runs_of_common_prefix
from rlvr.policy.load import load_tokenizer
from rlvr.policy.multimodal import causal_lm_config
from rlvr.training import dpo, grpo, sft
from rlvr.training.common_prefix import CommonPrefixSampler
from rlvr.training.speed import Speed, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from transformers import PretrainedConfig, TrainingArguments

    from rlvr.config import Config
    from rlvr.files import JsonMapping, JsonObject
    from rlvr.records.row import Row

_NOWHERE = Path("estimate")
UTILIZATION = 0.35
"""The share of a device's peak that training and generation reach in practice; measured runs give 0.2 to 0.5."""

VALUES_PER_LAYER = 34
"""Bytes of activations that a layer keeps, a token and hidden unit, in 16 bits and without an attention matrix."""

LIBRARIES = 0.76e9
"""Bytes of a process on a CPU that has loaded torch, transformers and TRL (0.62e9), and of the kernels it keeps."""

NF4_BYTES = 4.127 / 8
CHARACTERS_PER_TOKEN = 3.5
SAMPLED_ROWS = 200
SAMPLED_FOR_PREFIXES = 2000
WIDEST_MEASURED = 2048
"""Hidden units of a model that is timed on a processor: a wider one takes longer to time than it is worth."""
GIB = 2**30


@dataclass(frozen=True)
class Device:
    """A device's peak: operations a second in 16 bits without sparsity, bytes a second, and bytes of memory.

    `link` is bytes a second to another device of the node, each way. `speed` is what was measured of the model on it;
    the peak is not asked then.
    """

    name: str
    flops: float
    bandwidth: float
    memory: float | None
    link: float = 25e9
    speed: Speed | None = None


DEVICES = {
    "h100": Device("H100 SXM", 989e12, 3.35e12, 80e9, 450e9),
    "h200": Device("H200", 989e12, 4.8e12, 141e9, 450e9),
    "a100": Device("A100 80GB", 312e12, 2.0e12, 80e9, 300e9),
    "l4": Device("L4", 121e12, 0.3e12, 24e9),
    "a10g": Device("A10G", 70e12, 0.6e12, 24e9),
    "rtx4090": Device("RTX 4090", 165e12, 1.0e12, 24e9),
}
"""What `hardware.device` names; from the makers' data sheets. Those without NVLink have PCIe 4's 25 GB/s."""


@dataclass(frozen=True)
class Shape:
    """The measures of a model's architecture that the formulas need."""

    parameters: int
    linear: tuple[tuple[int, int], ...]
    hidden: int
    layers: int
    cache_per_token: int
    vocabulary: int

    @property
    def linear_parameters(self) -> int:
        """Weights of the layers that an adapter covers and that quantization packs."""
        return sum(rows * columns for rows, columns in self.linear)

    @property
    def head_to_layers(self) -> float:
        """Operations of the vocabulary head for each of all layers' together."""
        return self.vocabulary * self.hidden / self.linear_parameters


# (hidden, layers, heads, key-value heads, head size, intermediate, vocabulary, tied), from the models' config.json:
# models of conf/ that are estimated without the hub.
_KNOWN = {
    "Qwen/Qwen2.5-1.5B-Instruct": (1536, 28, 12, 2, 128, 8960, 151936, True),
    "Qwen/Qwen2.5-3B-Instruct": (2048, 36, 16, 2, 128, 11008, 151936, True),
    "Qwen/Qwen2.5-7B-Instruct": (3584, 28, 28, 4, 128, 18944, 152064, False),
    "Qwen/Qwen3-0.6B": (1024, 28, 16, 8, 128, 3072, 151936, True),
    "Qwen/Qwen3-4B-Instruct-2507": (2560, 36, 32, 8, 128, 9728, 151936, True),
    "HuggingFaceTB/SmolLM3-3B": (2048, 36, 16, 4, 128, 11008, 128256, True),
    "meta-llama/Llama-3.2-1B-Instruct": (2048, 16, 32, 8, 64, 8192, 128256, True),
    "meta-llama/Llama-3.2-3B-Instruct": (3072, 28, 24, 8, 128, 8192, 128256, True),
    "microsoft/Phi-4-mini-instruct": (3072, 32, 24, 8, 128, 8192, 200064, True),
}


@dataclass(frozen=True)
class Lengths:
    """Mean and largest tokens of the rows' prompts and completions."""

    prompt: float
    completion: float
    longest: int
    is_exact: bool


@dataclass(frozen=True)
class StageEstimate:
    """One stage: bytes by what needs them, optimizer steps, seconds, and at most so many seconds."""

    stage: str
    memory: dict[str, float]
    steps: int
    seconds: float
    most_seconds: float

    @property
    def total(self) -> float:
        """Bytes in all."""
        return sum(self.memory.values())


@dataclass(frozen=True)
class Estimate:
    """All stages of a run on one device."""

    device: Device
    shape: Shape
    trained: int
    lengths: Lengths
    stages: tuple[StageEstimate, ...]
    n_devices: int = 1


def estimate(config: Config, rows_by_source: Mapping[str, Sequence[Row]]) -> Estimate:
    """Return what the run needs.

    Args:
        config: the run's.
        rows_by_source: its training rows.

    Raises:
        UserError: the model's shape cannot be found, or TRL refuses an option.
    """
    shape = shape_of(config)
    device = DEVICES[config.hardware.device] if config.hardware.device else _this_machine()
    rows = [row for source in rows_by_source.values() for row in source]
    lengths = _lengths(config, rows)
    if device.memory is None:
        device = replace(device, speed=_measured(config, lengths))
    trained = trained_parameters(config, shape)
    # Whether this machine could run it is another question.
    plain = replace(_on_one(config), hardware=HardwareConfig(use_cpu=True, bf16=config.hardware.bf16))
    run = _Run(plain, shape, trained, device)
    stages = []
    for stage in config.pipeline:
        of_stage = [row for name in sources_of(config, stage) for row in rows_by_source[name]]
        alone = _STAGES[stage](run, _lengths(config, of_stage or rows), of_stage)
        stages.append(_on_several(alone, config, device) if config.hardware.n_devices > 1 else alone)
    return Estimate(device, shape, trained, lengths, tuple(stages), config.hardware.n_devices)


def _on_several(stage: StageEstimate, config: Config, device: Device) -> StageEstimate:
    """Return what a stage takes on each of several devices."""
    n = config.hardware.n_devices
    args = {"sft": config.sft.args, "dpo": config.dpo.args, "grpo": config.training.args}[stage.stage]
    steps = stage.steps if args.get("max_steps", -1) > 0 else max(1, round(stage.steps / n))
    memory, exchanged = stage.memory, 2 * stage.memory["gradients"]
    if args.get("fsdp"):
        # Weights are gathered forward and backward; GRPO generates from whole ones.
        exchanged = 2 * stage.memory["weights"] + stage.memory["gradients"]
        spread = ("gradients", "optimizer") if stage.stage == "grpo" else ("weights", "gradients", "optimizer")
        memory = {name: value / n if name in spread else value for name, value in stage.memory.items()}
    exchange = (n - 1) / n * exchanged / (device.link * UTILIZATION)
    seconds, most = (alone * steps / stage.steps + steps * exchange for alone in (stage.seconds, stage.most_seconds))
    return replace(stage, memory=memory, steps=steps, seconds=seconds, most_seconds=most)


def _on_one(config: Config) -> Config:
    """Return a run's options with no weights spread over processes."""

    def whole(args: JsonMapping) -> JsonObject:
        return {name: value for name, value in args.items() if not name.startswith("fsdp")}

    return replace(
        config,
        sft=replace(config.sft, args=whole(config.sft.args)),
        dpo=replace(config.dpo, args=whole(config.dpo.args)),
        training=replace(config.training, args=whole(config.training.args)),
    )


def shape_of(config: Config) -> Shape:
    """The model's shape: counted on a model without weights, or of the models of `conf/` from what is known.

    Raises:
        UserError: neither a config file nor a known name.
    """
    path = source_of(config.model.path)
    try:
        declared = _declared(config)
    except (OSError, ValueError) as error:
        if path in _KNOWN:
            return _known_shape(*_KNOWN[path])
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"model.path {path!r}: its config cannot be loaded, to be estimated: {reason}") from error
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(declared, trust_remote_code=config.model.trust_remote_code)
    text = declared.get_text_config()
    head = model.get_output_embeddings()
    linear = [
        (int(module.out_features), int(module.in_features))
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    ]
    kv_heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    head_size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    parameters = {id(parameter): parameter.numel() for parameter in model.parameters()}
    if text.tie_word_embeddings and head is not None and head.weight is not model.get_input_embeddings().weight:
        parameters.pop(id(head.weight), None)
    return Shape(
        parameters=sum(parameters.values()),
        linear=tuple(linear),
        hidden=text.hidden_size,
        layers=text.num_hidden_layers,
        cache_per_token=2 * text.num_hidden_layers * kv_heads * head_size,
        vocabulary=text.vocab_size,
    )


def _declared(config: Config) -> PretrainedConfig:
    path, trusts = source_of(config.model.path), config.model.trust_remote_code
    return causal_lm_config(AutoConfig.from_pretrained(path, trust_remote_code=trusts))


def trained_parameters(config: Config, shape: Shape) -> int:
    """Count the parameters that the update changes: all, or the adapter's r (in + out) for each linear layer."""
    lora = config.policy.lora
    return shape.parameters if lora is None else sum(lora.r * (rows + columns) for rows, columns in shape.linear)


def _known_shape(
    hidden: int, layers: int, heads: int, kv_heads: int, head_size: int, inner: int, vocabulary: int, tied: bool
) -> Shape:
    attention = [(heads * head_size, hidden), *[(kv_heads * head_size, hidden)] * 2, (hidden, heads * head_size)]
    linear = (*attention, (inner, hidden), (inner, hidden), (hidden, inner)) * layers
    embeddings = vocabulary * hidden * (1 if tied else 2)
    return Shape(
        parameters=sum(rows * columns for rows, columns in linear) + embeddings + (2 * layers + 1) * hidden,
        linear=linear,
        hidden=hidden,
        layers=layers,
        cache_per_token=2 * layers * kv_heads * head_size,
        vocabulary=vocabulary,
    )


@dataclass(frozen=True)
class _Run:
    """The part of a run that all its stages have in common."""

    config: Config
    shape: Shape
    trained: int
    device: Device

    @property
    def value_bytes(self) -> int:
        return 4 if self.config.model.dtype == "float32" else 2

    @property
    def is_full(self) -> bool:
        """Tell whether all weights are trained: a reference model is then a second copy of them."""
        return self.config.policy.lora is None

    def memory(self, args: TrainingArguments, tokens: float, loss_tokens: float) -> dict[str, float]:
        """Return the bytes of what does not depend on the batch, and of the tokens that are computed at once."""
        config, shape, size = self.config, self.shape, self.value_bytes
        weights = float(shape.parameters * size)
        if config.model.quantization is not None:
            packed = NF4_BYTES if config.model.quantization == "nf4" else 1.0
            weights = shape.linear_parameters * packed + (shape.parameters - shape.linear_parameters) * size
        trained_size = size
        if config.policy.lora is not None:
            trained_size = 4  # PEFT holds adapters in 32 bits
            weights += self.trained * trained_size
        layer = VALUES_PER_LAYER * size / 2 * tokens * shape.hidden
        kept = shape.layers * layer
        if args.gradient_checkpointing:
            kept = shape.layers * size * tokens * shape.hidden + layer
        memory = {
            "weights": weights,
            "gradients": float(self.trained * trained_size),
            "optimizer": 2.0 * self.trained * trained_size,
            "activations": kept,
            "logits": 2.0 * 4 * loss_tokens * shape.vocabulary,
        }
        if self.device.memory is None:
            memory["libraries"] = LIBRARIES
        return memory

    def update_seconds(self, args: TrainingArguments, tokens: float, labelled: float) -> float:
        """Seconds of a forward and backward pass on some tokens, of which some need the vocabulary head."""
        passes = 8 if args.gradient_checkpointing else 6
        speed = self.device.speed
        if speed is None:
            return passes * self.shape.parameters * tokens / (self.device.flops * UTILIZATION)
        return (tokens * passes / 6 + labelled * self.shape.head_to_layers) * speed.update_s

    def forward_seconds(self, tokens: float, labelled: float) -> float:
        """Seconds of a forward pass on some tokens, of which some need the vocabulary head."""
        speed = self.device.speed
        if speed is None:
            return 2 * self.shape.parameters * tokens / (self.device.flops * UTILIZATION)
        return (tokens + labelled * self.shape.head_to_layers) * speed.forward_s

    def decode_seconds(self, rounds: float, written: float, memory: Mapping[str, float]) -> float:
        """Seconds of generating tokens: so many rounds, in each of which every row gets a further token."""
        speed = self.device.speed
        if speed is not None:
            return rounds * speed.decode_s + written * self.shape.head_to_layers * speed.forward_s
        bytes_read = rounds * (memory["weights"] + memory["KV cache"] / 2)
        return bytes_read / (self.device.bandwidth * UTILIZATION) + self.forward_seconds(written, 0)


def _sft(run: _Run, lengths: Lengths, rows: Sequence[Row]) -> StageEstimate:
    config = run.config
    args = sft.arguments(config, _NOWHERE)
    steps = _steps(args, _at_most(len(rows), config.sft.rows))
    at_once = args.per_device_train_batch_size * _cut(lengths.longest, args.max_length)
    n_rows = _per_step(args) * steps
    prompt = lengths.prompt * (_share_computed(config, rows) if rows and config.sft.rows_per_prefix > 1 else 1.0)
    tokens = n_rows * _cut(prompt + lengths.completion, args.max_length)
    seconds = run.update_seconds(args, tokens, n_rows * lengths.completion)
    return StageEstimate("sft", run.memory(args, at_once, at_once), steps, seconds, seconds)


def _dpo(run: _Run, lengths: Lengths, rows: Sequence[Row]) -> StageEstimate:
    config = run.config
    args = dpo.arguments(config, _NOWHERE)
    n_pairs = sum(source.rows or 0 for source in config.data.pairs.values())
    steps = _steps(args, n_pairs or _at_most(len(rows), config.dpo.rows) * config.dpo.per_row)
    sides = 2 if config.dpo.method == "dpo" else 1
    at_once = sides * args.per_device_train_batch_size * _cut(lengths.longest, args.max_length)
    # TRL computes the log-probabilities in chunks, without all logits at once.
    memory = run.memory(args, at_once, 0)
    if run.is_full and not args.precompute_ref_log_probs:
        memory["reference"] = memory["weights"]
    n_rows = sides * _per_step(args) * steps
    tokens = n_rows * _cut(lengths.prompt + lengths.completion, args.max_length)
    labelled = n_rows * lengths.completion
    of_reference = run.forward_seconds(tokens, labelled)
    seconds = run.update_seconds(args, tokens, labelled) + of_reference
    return StageEstimate("dpo", memory, steps, seconds, seconds)


def _grpo(run: _Run, lengths: Lengths, rows: Sequence[Row]) -> StageEstimate:
    config = run.config
    args = grpo.arguments(config, _NOWHERE)
    candidates, longest_completion = args.num_generations, args.max_completion_length
    steps = _steps(args, _at_most(len(rows), config.training.rows) * candidates)
    micro = args.per_device_train_batch_size
    prompts = max(1, micro // candidates) if config.training.shared_prefix else micro
    prompt = max(lengths.longest - lengths.completion, 1)
    completed_at_once = micro * longest_completion
    memory = run.memory(args, prompts * prompt + completed_at_once, completed_at_once)
    if run.is_full and args.beta != 0:
        memory["reference"] = memory["weights"]
    generated_at_once = args.generation_batch_size or micro
    cached = generated_at_once / candidates * prompt + generated_at_once * longest_completion
    memory["KV cache"] = cached * run.shape.cache_per_token * run.value_bytes
    n_candidates = _per_step(args) * steps
    read = n_candidates * lengths.prompt / (candidates if config.training.shared_prefix else 1)
    trained_share = (config.training.trained_candidates or candidates) / candidates

    def seconds(length: float) -> float:
        written = n_candidates * length
        generation = run.decode_seconds(n_candidates / generated_at_once * length, written, memory)
        trained_tokens = written * trained_share
        update = run.update_seconds(args, read + trained_tokens, trained_tokens)
        return generation + run.forward_seconds(read, 0) + update

    expected = seconds(min(longest_completion, lengths.completion))
    return StageEstimate("grpo", memory, steps, expected, seconds(longest_completion))


_STAGES = {"sft": _sft, "dpo": _dpo, "grpo": _grpo}


def _share_computed(config: Config, rows: Sequence[Row]) -> float:
    """Return the share of the prompts' tokens that is computed where rows with a common prefix meet in a batch."""
    tokenizer, _ = load_tokenizer(config.model)
    prompts = [array("i", tokenizer(render_prompt(tokenizer, row))["input_ids"]) for row in rows[:SAMPLED_FOR_PREFIXES]]
    size = sft.arguments(config, _NOWHERE).per_device_train_batch_size
    order = list(CommonPrefixSampler(prompts, config.sft.rows_per_prefix, size, config.seed))
    saved = 0
    for start in range(0, len(order), size):
        batch = [prompts[place] for place in order[start : start + size]]
        saved += sum(length * (len(members) - 1) for length, members in runs_of_common_prefix(batch))
    return 1.0 - saved / sum(map(len, prompts))


def _measured(config: Config, lengths: Lengths) -> Speed | None:
    """Return how fast this processor computes the model; None where its configuration is not here."""
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    try:
        declared = _declared(config)
    except (OSError, ValueError):
        return None
    if declared.get_text_config().hidden_size > WIDEST_MEASURED:
        return None
    args = grpo.arguments(replace(config, hardware=HardwareConfig(use_cpu=True)), _NOWHERE)
    rows = args.generation_batch_size or args.per_device_train_batch_size
    return measure(declared, rows=rows, context=max(1, round(lengths.completion / 2)), bf16=config.hardware.bf16)


def _lengths(config: Config, rows: Sequence[Row]) -> Lengths:
    if not rows:
        raise UserError("data.train: no rows to estimate with; add data.train.NAME.path=ROWS.jsonl")
    sample = rows[:: max(1, len(rows) // SAMPLED_ROWS)]
    try:
        tokenizer, _ = load_tokenizer(config.model)
    except UserError:
        if source_of(config.model.path) not in _KNOWN:
            raise
        prompts = [len(str(row.to_json()["prompt"]) + str(row.tools)) / CHARACTERS_PER_TOKEN for row in sample]
        completions = [len(render_completion(row)) / CHARACTERS_PER_TOKEN for row in sample]
        return _summary(prompts, completions, is_exact=False)
    prompts = [len(tokenizer(render_prompt(tokenizer, row))["input_ids"]) for row in sample]
    completions = [len(tokenizer(render_completion(row, tokenizer))["input_ids"]) for row in sample]
    return _summary(prompts, completions, is_exact=True)


def _summary(prompts: Sequence[float], completions: Sequence[float], *, is_exact: bool) -> Lengths:
    longest = max(p + c for p, c in zip(prompts, completions, strict=True))
    return Lengths(fmean(prompts), fmean(completions), int(longest), is_exact)


def _this_machine() -> Device:
    """The peak of what torch computes on, measured by one product of matrices and one copy."""
    has_gpu = torch.cuda.is_available()
    where = torch.device("cuda" if has_gpu else "cpu")
    kind, side = (torch.bfloat16, 8192) if has_gpu else (torch.float32, 1024)
    matrix = torch.randn(side, side, device=where, dtype=kind)
    product = torch.empty_like(matrix)
    flops = 2 * side**3 / _fastest(lambda: torch.mm(matrix, matrix, out=product), where)
    bandwidth = 2 * matrix.numel() * matrix.element_size() / _fastest(lambda: product.copy_(matrix), where)
    memory = float(torch.cuda.get_device_properties(0).total_memory) if has_gpu else None
    name = torch.cuda.get_device_name(0) if has_gpu else "this machine's processor"
    return Device(name, flops, bandwidth, memory)


def _fastest(work: Callable[[], object], where: torch.device, times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        if where.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _per_step(args: TrainingArguments) -> int:
    """Rows (candidates, for GRPO) of one optimizer step."""
    return int(args.per_device_train_batch_size * args.gradient_accumulation_steps)


def _steps(args: TrainingArguments, rows: float) -> int:
    if args.max_steps > 0:
        return int(args.max_steps)
    return max(1, round(rows / _per_step(args) * args.num_train_epochs))


def _at_most(rows: int, limit: int | None) -> int:
    return rows if limit is None else min(rows, limit)


def _cut(length: float, limit: int | None) -> float:
    return length if limit is None else min(length, limit)


def lines(estimate: Estimate) -> Iterable[str]:
    """The estimate as a person reads it."""
    shape, lengths = estimate.shape, estimate.lengths
    yield (
        f"{shape.parameters / 1e6:,.1f}M parameters, {estimate.trained / 1e6:,.1f}M trained; a row has "
        f"{lengths.prompt:.0f} + {lengths.completion:.0f} tokens, the longest {lengths.longest}"
        + ("" if lengths.is_exact else " (by characters: the tokenizer is not here)")
    )
    each = f"each of {estimate.n_devices} x " if estimate.n_devices > 1 else ""
    yield f"on {each}{estimate.device.name}, {_shown_speed(estimate.device)}"
    for stage in estimate.stages:
        parts = ", ".join(f"{name} {_shown(size)}" for name, size in stage.memory.items() if size)
        yield f"{stage.stage}: {_shown(stage.total)} ({parts}); {stage.steps} steps, {_shown_time(stage)}"
    most = max((stage.total for stage in estimate.stages), default=0.0)
    if estimate.device.memory is not None:
        verdict = "fits" if most < 0.9 * estimate.device.memory else "does not fit"
        yield f"{verdict} in {_shown(estimate.device.memory)}, of which a tenth is left for what is not counted"
    yield f"in all about {duration(seconds_in_all(estimate))}, without evaluation and loading"


def _shown_speed(device: Device) -> str:
    if device.speed is None:
        return f"at {UTILIZATION:.0%} of {device.flops / 1e12:,.3g} TFLOP/s"
    threads = f"{torch.get_num_threads()} thread" + ("s" if torch.get_num_threads() > 1 else "")
    return f"which trains on {1 / device.speed.update_s:,.0f} tokens a second with {threads} and nothing beside it"


def _shown_time(stage: StageEstimate) -> str:
    if stage.most_seconds < 1.3 * stage.seconds:
        return duration(stage.seconds)
    return f"{duration(stage.seconds)}, or {duration(stage.most_seconds)} where all candidates run to their limit"


def _shown(size: float) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB / 10 else f"{size / 2**20:.1f} MiB"


def seconds_in_all(estimate: Estimate) -> float:
    """Seconds of all stages, without evaluation and loading."""
    return sum(stage.seconds for stage in estimate.stages)


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
