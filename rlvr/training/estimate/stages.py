"""What a run needs in memory and time, from shapes and counts, before anything is loaded or trained.

Memory of a stage on one device, in bytes:

    weights        one value for each parameter; nf4 holds 4.127 bits of the linear layers' (arXiv:2305.14314)
    gradients      one value for each trained parameter
    optimizer      AdamW's two moments of each trained parameter
    reference      the weights again, for DPO without an adapter and for GRPO with a KL term and without one
    activations    each layer's input for the places computed at once, and one layer's 34 values a place and hidden unit
                   (all layers' without gradient checkpointing; Korthikanti et al. 2022, arXiv:2205.05198, section 4)
    logits         two tiles of the vocabulary head in 32 bits: at most 4,096 places with loss by 32,768 tokens
    libraries      on a CPU, the process itself: torch, transformers, TRL, and the kernels that are kept
    KV cache       keys and values of all layers for the tokens generated at once

Time: what a stage computes at once is laid out as the training lays it out (`batches`), and multiplied by how often it
does so. On a processor one such pass, one step of the optimizer and some rounds of generation are timed on a few of the
model's layers; on a GPU they come from its peak: 2 operations a parameter and token forward, 6 for an update, 8 with
checkpointing (Kaplan et al. 2020, arXiv:2001.08361, section 2.1), at `UTILIZATION` of it, and a round of generation
reads weights and cache once, at `UTILIZATION` of the bandwidth (`clock`). Batches are generated until their longest
candidate ends. `most_seconds` is what comes where all candidates run to their limit. Evaluation is of the base and of
each stage's policy, and while a stage trains where `evaluation.every` asks for it. Loading and scoring are not in it,
and a conversation counts as one turn.

On several devices (`hardware.n_devices`) each takes as many rows of a step as one alone would, so that an epoch has so
many times fewer steps; to each step is added what the all-reduce of the gradients takes, 2 (n - 1) / n of their bytes
over the device's link. Each holds all weights. With `fsdp` each holds its part of weights, gradients and moments (in
GRPO, which generates from whole weights, of the latter two), and a step gathers the weights twice and adds up the
gradients once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import torch
from transformers import TrainingArguments

from rlvr.config import Config, HardwareConfig, sources_of
from rlvr.errors import UserError
from rlvr.files import JsonMapping, JsonObject
from rlvr.policy.precision import in_bf16
from rlvr.records.row import Row
from rlvr.sampler import GREEDY, Sampling
from rlvr.sampling.hf import in_batches
from rlvr.training import dpo, grpo, sft
from rlvr.training.estimate.batches import (
    TEACHING,
    Passes,
    TokenizedRow,
    Tokens,
    Writing,
    dpo_passes,
    grpo_passes,
    grpo_writing,
    sft_passes,
    some_of,
)
from rlvr.training.estimate.clock import Clock, FewLayers, Formula
from rlvr.training.estimate.device import DEVICES, UTILIZATION, Device, this_machine
from rlvr.training.estimate.shape import Shape, declared, shape_of, trained_parameters

Rows = Mapping[str, Sequence[Row]]

_NOWHERE = Path("estimate")

VALUES_PER_LAYER = 34
"""Bytes of activations that a layer keeps, a token and hidden unit, in 16 bits and without an attention matrix."""

LIBRARIES = 0.76e9
"""Bytes of a process on a CPU that has loaded torch, transformers and TRL (0.62e9), and of the kernels it keeps."""

NF4_BYTES = 4.127 / 8
TILE = (4096, 32768)
"""Places and tokens of the vocabulary that TRL's fused head computes at once (trl 1.16)."""

DESCRIBED_ROWS = 256
EVALUATED_ROWS = 512
NOT_TIMED = (OSError, AttributeError, ValueError, TypeError, RuntimeError, IndexError)
"""What raises a model that cannot be made with few layers, or whose configuration is not here."""

FAR_FROM_PEAK = 10
"""No model takes so many times what the processor's peak would have it take."""

WIDEST_TIMED = 2048
"""Hidden units of a model that is timed on a processor: a wider one takes longer to time than it is worth."""


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
class EvaluationEstimate:
    """All evaluations of a run: rows of all sets, how often each is evaluated, and seconds."""

    rows: int
    policies: int
    seconds: float
    most_seconds: float


@dataclass(frozen=True)
class Estimate:
    """All stages of a run on one device, and its evaluations; None where there is nothing to evaluate on."""

    device: Device
    shape: Shape
    trained: int
    lengths: Lengths
    stages: tuple[StageEstimate, ...]
    evaluation: EvaluationEstimate | None
    is_timed: bool
    n_devices: int = 1


def estimate(config: Config, training: Rows, evaluation: Rows | None = None, *, times_layers: bool = True) -> Estimate:
    """Return what the run needs.

    Args:
        config: the run's.
        training: its training rows by the names of their sets.
        evaluation: its evaluation rows.
        times_layers: on a processor, time some of the model's layers, which takes seconds; else go by its peak, which
            such models are far from.

    Raises:
        UserError: the model's shape cannot be found, there are no rows, or TRL refuses an option.
    """
    rows = [row for source in training.values() for row in source]
    if not rows:
        raise UserError("data.train: no rows to estimate with; add data.train.NAME.path=ROWS.jsonl")
    shape = shape_of(config)
    device = DEVICES[config.hardware.device] if config.hardware.device else this_machine()
    # Whether this machine could run it is another question.
    plain = replace(_on_one(config), hardware=HardwareConfig(use_cpu=True, bf16=config.hardware.bf16))
    trained, tokens = trained_parameters(config, shape), Tokens(config)
    by_peak = Formula(shape, device, _weight_bytes(config, shape, trained), _value_bytes(config))
    run = _Run(plain, shape, trained, device, tokens, by_peak)
    counted = None
    if device.memory is None and times_layers:
        with suppress(*NOT_TIMED), torch.random.fork_rng(devices=[]):
            counted = _count(replace(run, clock=_few_layers(config)), config, training, evaluation or {})
    stages, evaluated = counted or _count(run, config, training, evaluation or {})
    lengths, n = _lengths(tokens, rows), config.hardware.n_devices
    return Estimate(device, shape, trained, lengths, stages, evaluated, counted is not None, n)


def seconds_of_run(config: Config, training: Rows, evaluation: Rows, long_s: float) -> float:
    """Return the seconds of all stages and evaluations, with layers timed only where the run may take `long_s`.

    Raises:
        UserError: as `estimate`.
    """
    at_peak = seconds_in_all(estimate(config, training, evaluation, times_layers=False))
    if at_peak * FAR_FROM_PEAK < long_s:
        return at_peak
    return seconds_in_all(estimate(config, training, evaluation))


def _count(
    run: _Run, config: Config, training: Rows, evaluation: Rows
) -> tuple[tuple[StageEstimate, ...], EvaluationEstimate | None]:
    n = config.hardware.n_devices
    stages = []
    for stage in config.pipeline:
        of_stage = {name: training[name] for name in sources_of(config, stage)}
        alone = _STAGES[stage](run, of_stage if any(of_stage.values()) else training)
        stages.append(_on_several(alone, config, run.device) if n > 1 else alone)
    return tuple(stages), _evaluation(run, evaluation, stages, n) if any(evaluation.values()) else None


def _few_layers(config: Config) -> FewLayers:
    """Return a clock of this processor; the errors of NOT_TIMED where there is none for the model."""
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    configuration = declared(config)
    if configuration.get_text_config().hidden_size > WIDEST_TIMED:
        raise ValueError("too wide")
    return FewLayers(configuration, bf16=in_bf16(config.hardware), is_frozen=config.policy.lora is not None)


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


@dataclass(frozen=True)
class _Run:
    """The part of a run that all its stages have in common."""

    config: Config
    shape: Shape
    trained: int
    device: Device
    tokens: Tokens
    clock: Clock

    @property
    def is_full(self) -> bool:
        """Tell whether all weights are trained: a reference model is then a second copy of them."""
        return self.config.policy.lora is None

    def rows(self, rows_by_source: Rows, limit: int | None) -> list[Row]:
        """Return those rows of a stage that it trains on, those of each set in their order."""
        kept = set(map(id, sft.stratified_sample(rows_by_source, limit, self.config.seed)))
        return [row for source in rows_by_source.values() for row in source if id(row) in kept]

    def memory(self, args: TrainingArguments, passes: Passes) -> dict[str, float]:
        """Return the bytes of what does not depend on the batch, and of the largest pass."""
        config, shape, size = self.config, self.shape, _value_bytes(self.config)
        trained_size = size if self.is_full else 4  # PEFT holds adapters in 32 bits
        layer = VALUES_PER_LAYER * size / 2 * passes.most_places * shape.hidden
        kept = shape.layers * layer
        if args.gradient_checkpointing:
            kept = shape.layers * size * passes.most_places * shape.hidden + layer
        memory = {
            "weights": _weight_bytes(config, shape, self.trained),
            "gradients": float(self.trained * trained_size),
            "optimizer": 2.0 * self.trained * trained_size,
            "activations": kept,
            "logits": 2.0 * 4 * min(passes.most_labelled, TILE[0]) * min(shape.vocabulary, TILE[1]),
        }
        if self.device.memory is None:
            memory["libraries"] = LIBRARIES
        return memory

    def steps_s(self, args: TrainingArguments, pass_s: float) -> float:
        """Return the seconds of one optimizer step whose passes take so long each."""
        return args.gradient_accumulation_steps * pass_s + self.clock.step_s()


def _value_bytes(config: Config) -> int:
    return 4 if config.model.dtype == "float32" else 2


def _weight_bytes(config: Config, shape: Shape, trained: int) -> float:
    size = _value_bytes(config)
    weights = float(shape.parameters * size)
    if config.model.quantization is not None:
        packed = NF4_BYTES if config.model.quantization == "nf4" else 1.0
        weights = shape.linear_parameters * packed + (shape.parameters - shape.linear_parameters) * size
    return weights if config.policy.lora is None else weights + trained * 4


def _sft(run: _Run, rows_by_source: Rows) -> StageEstimate:
    config = run.config
    args = sft.arguments(config, _NOWHERE)
    rows = run.rows(rows_by_source, config.sft.rows)
    passes = sft_passes(run.tokens.of(some_of(rows)), config, args)
    steps = _steps(args, len(rows))
    seconds = steps * run.steps_s(args, run.clock.update_s(passes, checkpointing=args.gradient_checkpointing))
    return StageEstimate("sft", run.memory(args, passes), steps, seconds, seconds)


def _dpo(run: _Run, rows_by_source: Rows) -> StageEstimate:
    config = run.config
    args = dpo.arguments(config, _NOWHERE)
    rows = run.rows(rows_by_source, config.dpo.rows)
    n_pairs = sum(source.rows or 0 for source in config.data.pairs.values())
    steps = _steps(args, n_pairs or len(rows) * config.dpo.per_row)
    passes = dpo_passes(run.tokens.of(some_of(rows)), config, args)
    memory = run.memory(args, passes)
    if run.is_full and not args.precompute_ref_log_probs:
        memory["reference"] = memory["weights"]
    pass_s = run.clock.update_s(passes, checkpointing=args.gradient_checkpointing) + run.clock.forward_s(passes)
    seconds = steps * run.steps_s(args, pass_s)
    return StageEstimate("dpo", memory, steps, seconds, seconds)


def _grpo(run: _Run, rows_by_source: Rows) -> StageEstimate:
    config, clock = run.config, run.clock
    args = grpo.arguments(config, _NOWHERE)
    rows = run.rows(rows_by_source, config.training.rows)
    tokens = run.tokens.of(some_of(rows))
    steps = _steps(args, len(rows) * args.num_generations)
    n_generations = steps * args.gradient_accumulation_steps / (args.steps_per_generation * args.num_iterations)
    writing = grpo_writing(tokens, config, args)
    read_s, round_s = clock.writing_s(writing, Sampling(args.temperature, args.top_k, args.top_p, args.min_p))
    expected, longest = (grpo_passes(tokens, config, args, run.shape.hidden, n) for n in (None, writing.limit))
    all_teach = args.beta != 0 or not config.training.skip_zero_advantages
    pass_s = (1 if all_teach else TEACHING) * clock.update_s(expected, checkpointing=args.gradient_checkpointing)
    if args.beta != 0:
        pass_s += clock.forward_s(expected)

    def seconds(writing: Writing, passes: Passes) -> float:
        updating = run.steps_s(args, pass_s * passes.places / expected.places)
        return n_generations * _writing_s(writing, read_s, round_s) + steps * updating

    memory = run.memory(args, longest)
    if run.is_full and args.beta != 0:
        memory["reference"] = memory["weights"]
    cached = writing.places + len(writing.prompts) * writing.n * writing.limit
    memory["KV cache"] = float(cached * run.shape.cache_per_token * _value_bytes(config))
    return StageEstimate("grpo", memory, steps, seconds(writing, expected), seconds(writing.at_limit(), longest))


def _writing_s(writing: Writing, read_s: float, round_s: float) -> float:
    """Return the seconds of a batch; a round takes much the same with more candidates in it."""
    return read_s + writing.rounds * round_s


_STAGES = {"sft": _sft, "dpo": _dpo, "grpo": _grpo}


def _evaluation(run: _Run, sets: Rows, stages: Sequence[StageEstimate], n_devices: int) -> EvaluationEstimate:
    """Return what the evaluations of the base and of all stages take; devices share the rows."""
    options, n_rows = run.config.evaluation, sum(map(len, sets.values()))
    greedy = _completing_s(run, sets, 1, GREEDY)
    passes = [greedy]
    if options.samples > 1:
        passes.append(_completing_s(run, sets, options.samples, Sampling(options.temperature, top_p=options.top_p)))
    n_policies = 1 + len(stages)
    expected, most = (n_policies * sum(seconds) for seconds in zip(*passes, strict=True))
    if options.every is not None:
        some = sum(len(rows[: options.rows_while_training]) for rows in sets.values()) / n_rows
        times = sum(stage.steps // options.every for stage in stages)
        expected, most = expected + times * some * greedy[0], most + times * some * greedy[1]
    return EvaluationEstimate(n_rows, n_policies, expected / n_devices, most / n_devices)


def _completing_s(run: _Run, sets: Rows, n: int, sampling: Sampling) -> tuple[float, float]:
    """Return the seconds that completing all rows of some sets takes, and those where all run to the limit."""
    options = run.config.evaluation
    batches: list[list[TokenizedRow]] = []
    n_counted = 0
    for rows in sets.values():
        tokens = run.tokens.of(some_of(rows, EVALUATED_ROWS))
        n_counted += len(tokens)
        places = in_batches([list(row.prompt) for row in tokens], max(1, options.batch_size // n))
        batches += [[tokens[place] for place in batch] for batch in places]
    writing = Writing.of(batches, n, options.max_new_tokens)
    read_s, round_s = run.clock.writing_s(writing, sampling)
    n_batches = len(batches) * sum(map(len, sets.values())) / n_counted
    expected, most = (_writing_s(each, read_s, round_s) for each in (writing, writing.at_limit()))
    return n_batches * expected, n_batches * most


def _lengths(tokens: Tokens, rows: Sequence[Row]) -> Lengths:
    sample = tokens.of(rows[:: max(1, len(rows) // DESCRIBED_ROWS)])
    return Lengths(
        fmean(len(row.prompt) for row in sample),
        fmean(len(row.completion) for row in sample),
        max(len(row.prompt) + len(row.completion) for row in sample),
        tokens.are_exact,
    )


def _steps(args: TrainingArguments, rows: int) -> int:
    if args.max_steps > 0:
        return int(args.max_steps)
    n_passes = math.ceil(rows / args.per_device_train_batch_size)
    return max(1, math.ceil(math.ceil(n_passes / args.gradient_accumulation_steps) * args.num_train_epochs))


def seconds_in_all(estimate: Estimate) -> float:
    """Return the seconds of all stages and evaluations, without loading."""
    evaluation = 0.0 if estimate.evaluation is None else estimate.evaluation.seconds
    return sum((stage.seconds for stage in estimate.stages), evaluation)
