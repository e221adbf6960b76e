"""One run: evaluate the base, then train stage by stage, evaluating what each stage makes of the policy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import torch
from rich.console import Console
from transformers import PreTrainedModel

from rlvr import config as configuration
from rlvr import processes
from rlvr.chat import chat_format
from rlvr.config import Config, ModelConfig, TrackingConfig, build_reward
from rlvr.data import saved_rollouts
from rlvr.environments.opening import factories_of
from rlvr.errors import RunError, UserError
from rlvr.evaluation.breakdown import breakdown
from rlvr.evaluation.metrics import (
    Interval,
    Summaries,
    plain_summary,
    read_summaries,
    relative_gain,
    summarize,
    write_summaries,
)
from rlvr.evaluation.price import price_of
from rlvr.evaluation.run import evaluate, evaluate_sets, write_results
from rlvr.evaluation.seen import find_trained_tools, trained_tools, write_trained_tools
from rlvr.evaluation.table import as_text, report
from rlvr.files import append_log, read_log, trim_log, write_text
from rlvr.heap import give_back_freed
from rlvr.policy.load import Policy, device_for, load_policy, load_tokenizer
from rlvr.policy.precision import in_bf16, precision_notes
from rlvr.progress import say, standard_console, waiting
from rlvr.quiet import quiet_libraries
from rlvr.sampling.hf import HfSampler, open_sampler
from rlvr.training import (
    card,
    checkpoint,
    diagnosis,
    dpo,
    estimate,
    gate,
    grpo,
    provenance,
    pruning,
    resume,
    reuse,
    sft,
)
from rlvr.training.callbacks import EvaluateEvery
from rlvr.training.checks import Rows, RunRows, check, is_empty, new_folder
from rlvr.training.context import fitting_rows
from rlvr.training.examples import check_rendering
from rlvr.training.interruption import Interruption, interruptible
from rlvr.training.run_folder import BASE, RunFolder
from rlvr.training.stage import train
from rlvr.training.tracking import Tracker, metrics_of, tracked

LONG_S = 1800.0
"""A run of more seconds is said before it begins."""

_STAGES: Mapping[str, ModuleType] = {"sft": sft, "dpo": dpo, "grpo": grpo}


def run(config: Config, console: Console | None = None, rows: RunRows | None = None) -> Path:
    """Run the pipeline that `config` describes, or go on with the run that `config.resume` names.

    Args:
        config: the run's; of a run that goes on, `resume` and what `rlvr.training.resume` lets it change.
        console: where the run shows itself; None is standard output.
        rows: what `rlvr.training.checks.check` gave for this config, which then is, where a run goes on, what
            `rlvr.training.resume.resumed` gave; None does both here.

    Returns:
        The run folder, with the policies, metrics, rollouts and tables in it.

    Raises:
        UserError: an option, a file or a model that cannot be used; nothing has been written then.
        RunError: the disk is full or cannot be written.
        KeyboardInterrupt: a signal stopped the run; the line that resumes it has been printed.
    """
    processes.join(on_cpu=device_for(config.hardware).type == "cpu")
    console = console or standard_console()
    is_resumed = config.resume is not None
    if is_resumed and rows is None:
        config = resume.resumed(config)
    if not processes.is_first():
        config = replace(config, tracking=TrackingConfig(to="none"))
    folder = RunFolder(Path(config.resume) if config.resume else processes.from_first(lambda: new_folder(config)))
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    with quiet_libraries(), interruptible(console) as interruption:
        rows, notes = processes.together(lambda: _checked(config, folder, rows, console))
        resume.check_same_rows(rows, config)
        with folder.held() if processes.is_first() else nullcontext():
            notes += processes.from_first(lambda: _open(config, folder, rows))
            say(console, f"run folder: {folder.path}")
            for note in (*notes, *precision_notes(config.hardware), *_if_long(config, rows, console)):
                say(console, f"note: {note}")
            try:
                with tracked(config, folder, console) as tracker:
                    _run_stages(config, folder, rows, console, tracker, interruption)
                    _print_results(config, folder, console)
            except (gate.GateError, pruning.PrunedError):
                _print_results(config, folder, console)
                raise
            except BaseException as error:
                if processes.has_lost_others(error):
                    raise RunError(_how_to_go_on(folder, "Another process of the run has ended")) from error
                _say_how_to_resume(folder, console, error)
                if checkpoint.is_disk_error(error):
                    raise RunError(f"{folder.path}: cannot be written: {error}") from error
                raise
    return folder.path


def _checked(
    config: Config, folder: RunFolder, rows: RunRows | None, console: Console
) -> tuple[RunRows, tuple[str, ...]]:
    """Return the rows of a run whose options, files and model can be used, and what a person should know of the model.

    Raises:
        UserError: one of them cannot.
    """
    rows = rows or check(config)
    _check_trainers(config, folder, rows.training)
    with waiting(console, f"loading the tokenizer of {config.model.path}"):
        tokenizer, notes = load_tokenizer(config.model)
    check_rendering(rows, tokenizer)
    rows = fitting_rows(rows, tokenizer, config, lambda line: say(console, f"note: {line}"))
    if "grpo" in config.pipeline:
        grpo.check_rows(config, folder.stage("grpo"), _rows_of(config, "grpo", rows.training), tokenizer)
    return rows, notes


def _open(config: Config, folder: RunFolder, rows: RunRows) -> tuple[str, ...]:
    """Write what the run begins or goes on with; what a person should know of it comes back."""
    with checkpoint.failures_in_one_line(folder.path):
        notes = _begin(config, folder, rows) if config.resume is None else _reopen(config, folder, rows)
        provenance.write(folder.path, config, rows.named())
    return notes


def _if_long(config: Config, rows: RunRows, console: Console) -> tuple[str, ...]:
    """Say before hours go by how many; nothing of a shorter run, of the rest of one that goes on, or of a model that
    cannot be estimated."""
    if not config.pipeline or config.resume is not None or not processes.is_first():
        return ()
    try:
        with waiting(console, "estimating"):
            seconds = estimate.seconds_of_run(config, rows.training, rows.evaluation, LONG_S)
    except UserError:
        return ()
    if seconds < LONG_S:
        return ()
    return (
        f"the run takes about {estimate.duration(seconds)} here, by estimate, evaluation included; "
        "rlvr train --estimate says what of it is what, experiment=demo takes minutes",
    )


def _begin(config: Config, folder: RunFolder, rows: RunRows) -> tuple[str, ...]:
    """Write what a new run begins with.

    Raises:
        UserError: another run has begun in the folder meanwhile.
    """
    if not is_empty(folder.path):
        raise UserError(f"run_dir: another run has begun in {folder.path}; go on with it: resume={folder.path}")
    configuration.save(replace(config, run_dir=str(folder.path), resume=None), folder.config)
    resume.note_inputs(folder, rows, config)
    trained = trained_tools(row for some in rows.training.values() for row in some)
    write_trained_tools(folder.path, trained)
    taken = reuse.take(folder, config)
    return () if taken is None else (taken,)


def _reopen(config: Config, folder: RunFolder, rows: RunRows) -> tuple[str, ...]:
    """Make a run folder ready to go on: drop what a crash has cut off, and what a longer training makes anew.

    Returns:
        What a person should know.

    Raises:
        UserError: other rows than those that the run began with, or a stage cannot be made longer.
    """
    notes = resume.changed_inputs(folder, rows, config)
    if not folder.inputs.exists():
        resume.note_inputs(folder, rows, config)
    stored = configuration.load(folder.config, config)
    configuration.save(replace(config, run_dir=str(folder.path), resume=None), folder.config)
    trim_log(folder.metrics, lambda record: True)
    for stage in config.pipeline:
        if folder.final(stage).exists():
            reason = checkpoint.damage(folder.final(stage))
            if reason is not None:
                checkpoint.set_aside(folder.final(stage))
                notes.append(f"{folder.final(stage)} is made again: {reason}")
            elif _length(config, stage) != _length(stored, stage):
                _lengthen(config, folder, stage)
    return (*notes, *_forget_damaged_evaluations(config, folder, rows))


def _length(config: Config, stage: str) -> tuple[Any, Any]:
    args = config.sft.args if stage == "sft" else config.dpo.args if stage == "dpo" else config.training.args
    return args.get("max_steps"), args.get("num_train_epochs")


def _lengthen(config: Config, folder: RunFolder, stage: str) -> None:
    """Let a finished stage go on from its last checkpoint."""
    later = config.pipeline[config.pipeline.index(stage) + 1 :]
    begun = next((name for name in later if folder.stage(name).exists()), None)
    if begun is not None:
        raise UserError(f"{stage}: {begun} has been trained on what it made; leave its steps as they are")
    shutil.rmtree(folder.final(stage))
    summaries = read_summaries(folder.summaries)
    kept = {name: {at: s for at, s in by.items() if at != stage} for name, by in summaries.items()}
    write_summaries(folder.summaries, kept)


def _forget_damaged_evaluations(config: Config, folder: RunFolder, rows: RunRows) -> list[str]:
    """Drop the summaries whose rows are not on the disk as they were written; those are evaluated again."""
    if not folder.summaries.exists():
        return []
    notes: list[str] = []
    kept: Summaries = {}
    try:
        summaries = read_summaries(folder.summaries)
    except UserError:
        summaries = {}
        notes.append(f"{folder.summaries} cannot be read; what it held is evaluated again")
    for name, by_stage in summaries.items():
        kept[name] = {}
        for stage, summary in by_stage.items():
            path = folder.evaluation(stage, name)
            if _n_records(path) == summary.reward.n:
                kept[name][stage] = summary
            else:
                notes.append(f"{path} is not as it was written; {stage} is evaluated on {name} again")
    write_summaries(folder.summaries, kept)
    return notes


def _n_records(path: Path) -> int | None:
    try:
        return len(read_log(path))
    except UserError:
        return None


def _say_how_to_resume(folder: RunFolder, console: Console, error: BaseException) -> None:
    """Print the line that goes on with a run that an interruption or an error has ended."""
    end = "Stopped" if isinstance(error, KeyboardInterrupt) else "Failed"
    with suppress(OSError, UserError):  # the terminal may be gone, and so may the disk
        say(console, _how_to_go_on(folder, end))


def _how_to_go_on(folder: RunFolder, end: str) -> str:
    return f"{end}. To go on from the last checkpoint: {resume.command(folder)}"


def _check_trainers(config: Config, folder: RunFolder, training_rows: Rows) -> None:
    """Raise what TRL refuses, before a model is loaded and anything is written."""
    for stage in config.pipeline:
        _STAGES[stage].arguments(config, folder.stage(stage))
    if "dpo" in config.pipeline:
        dpo.preferences(config, _rows_of(config, "dpo", training_rows))


def _rows_of(config: Config, stage: str, training_rows: Rows) -> Rows:
    return {name: training_rows[name] for name in configuration.sources_of(config, stage)}


def _run_stages(
    config: Config, folder: RunFolder, rows: RunRows, console: Console, tracker: Tracker, interruption: Interruption
) -> None:
    training_rows, evaluation_rows = rows.training, rows.evaluation
    model, before = config.model, BASE
    names = list(evaluation_rows)
    _evaluate(config, folder, BASE, model, evaluation_rows, console, tracker)
    for stage in config.pipeline:
        if not processes.from_first(folder.final(stage).exists):
            with tracker.stage(stage):
                stage_rows = _rows_of(config, stage, training_rows)
                _train(config, folder, stage, model, stage_rows, evaluation_rows, console, tracker, interruption)
            give_back_freed()
        if stage == "grpo":  # also where an earlier run was killed once the policy was saved
            _pack_rollouts(config, folder, console)
        model = replace(config.model, path=str(folder.final(stage)))
        _evaluate(config, folder, stage, model, evaluation_rows, console, tracker)
        passes = partial(gate.check, folder, before, stage, config.gate, config.evaluation.confidence, names)
        processes.from_first(passes)
        before = stage
        give_back_freed()


def _train(
    config: Config,
    folder: RunFolder,
    stage: str,
    model: ModelConfig,
    rows: Rows,
    evaluation_rows: Rows,
    console: Console,
    tracker: Tracker,
    interruption: Interruption,
) -> None:
    with waiting(console, f"loading {model.path}"):
        policy = processes.together(lambda: load_policy(model, device=device_for(config.hardware)))
    if stage == "grpo":
        trainer = grpo.trainer(policy, rows, config, folder.stage(stage), folder.rollouts(stage), console)
    else:
        trainer = (sft if stage == "sft" else dpo).trainer(policy, rows, config, folder.stage(stage))
    if config.evaluation.every is not None:
        evaluate = _while_training(config, folder, stage, policy, evaluation_rows, console, tracker)
        trainer.add_callback(EvaluateEvery(config.evaluation.every, evaluate))
    tracker.guard(trainer)
    train(trainer, policy, folder, stage, console, interruption, card.text(config, stage))


def _pack_rollouts(config: Config, folder: RunFolder, console: Console) -> None:
    """Put the rollouts of a trained GRPO stage into one file, if it is not done yet, and say what they show."""
    lines = folder.rollouts("grpo")
    if not processes.is_first() or not lines.exists():
        return
    limit = grpo.arguments(config, folder.stage("grpo")).max_completion_length
    packed = saved_rollouts.pack(lines)
    for line in diagnosis.findings(diagnosis.count(saved_rollouts.read(packed), limit), limit):
        say(console, f"note: {line}")


def _while_training(
    config: Config, folder: RunFolder, stage: str, policy: Policy, rows: Rows, console: Console, tracker: Tracker
) -> Callable[[PreTrainedModel, int], None]:
    """Evaluates the policy under training on the first rows of each set, greedily, into metrics.jsonl."""
    options = replace(config.evaluation, samples=1)
    reward = build_reward(config.reward, chat_format(policy.tokenizer).wire)
    first = {name: some[: options.rows_while_training] for name, some in rows.items()}
    factories = factories_of(config.environment)

    def evaluate_now(model: PreTrainedModel, step: int) -> None:
        now = HfSampler(replace(policy, model=model), stage, options.batch_size, in_bf16(config.hardware))
        rewards: list[float] = []
        for name, some in first.items():
            evaluation = evaluate(now, some, reward, options, factories=factories)
            if not processes.is_first():
                continue
            summary = summarize(evaluation, options)
            found = {f"evaluation/{key}": value for key, value in metrics_of(name, summary).items()}
            append_log(folder.metrics, [{"stage": stage, "step": step, **found}])
            tracker.while_training(found, step)
            rewards.append(summary.reward.mean)
            text = f"step {step}: {name} reward {summary.reward}, exact {summary.exact} ({summary.reward.n} rows)"
            say(console, text)
        if stage == config.pipeline[-1] and rewards:
            pruning.report(folder.path, step, fmean(rewards))

    return evaluate_now


def _evaluate(
    config: Config,
    folder: RunFolder,
    stage: str,
    model: ModelConfig,
    rows: Rows,
    console: Console,
    tracker: Tracker,
) -> None:
    """Evaluate one stage's policy on the sets that an earlier, interrupted run has not done yet."""
    summaries: Summaries = processes.from_first(lambda: read_summaries(folder.summaries))
    missing = {name: rows[name] for name in rows if stage not in summaries.get(name, {})}
    if not missing:
        return
    with waiting(console, f"loading {model.path}"):
        sampler = processes.together(lambda: open_sampler(replace(config, model=model)))
    reward = build_reward(config.reward, sampler.wire)
    trained = find_trained_tools(str(folder.path))
    price = price_of(config.model.path, config.evaluation.prices)
    for name, evaluation in evaluate_sets(sampler, missing, reward, config, console, label=stage):
        if not processes.is_first():
            continue
        write_results(folder.evaluation(stage, name), evaluation)
        details = breakdown(evaluation, config.evaluation, trained_tools=trained, price=price)
        summary = summarize(evaluation, config.evaluation, details)
        summaries.setdefault(name, {})[stage] = summary
        append_log(folder.metrics, [{"stage": stage, "evaluation": name, **plain_summary(summary)}])
        tracker.evaluation(stage, name, summary)
        write_summaries(folder.summaries, summaries)


def _print_results(config: Config, folder: RunFolder, console: Console) -> None:
    if not processes.is_first():
        return
    summaries = read_summaries(folder.summaries)
    if summaries:
        gains = {name: _gain(config, folder, name, list(by_stage)) for name, by_stage in summaries.items()}
        shown = gains if config.pipeline else {}
        write_text(folder.table, as_text(report(summaries, shown, config.evaluation.confidence)))
        console.print()
        console.print(report(summaries, shown, config.evaluation.confidence))
    say(console, f"Policies, metrics, rollouts and this table: {folder.path}")


def _gain(config: Config, folder: RunFolder, name: str, stages: list[str]) -> Interval | None:
    """Return the relative gain over the rows that both could be scored on; None where there is no such row."""
    before, after = folder.rewards(stages[0], name), folder.rewards(stages[-1], name)
    both = sorted(before.keys() & after.keys())
    if not both:
        return None
    return relative_gain(
        [before[row] for row in both],
        [after[row] for row in both],
        n_bootstrap=config.evaluation.n_bootstrap,
        confidence=config.evaluation.confidence,
    )
