"""One run: evaluate the base, then train stage by stage, evaluating what each stage makes of the policy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import torch

from rlvr import config as configuration
from rlvr.config import Config, GateConfig, ModelConfig, build_reward
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.evaluation.metrics import Interval, Summary, relative_gain, summarize
from rlvr.evaluation.run import evaluate_sets, write_results
from rlvr.evaluation.table import as_text, report
from rlvr.policy.load import device_for, load_policy, load_tokenizer
from rlvr.progress import standard_console
from rlvr.quiet import quiet_libraries
from rlvr.training import diagnosis, dpo, gate, grpo, sft
from rlvr.training.run_folder import BASE, RunFolder, append_jsonl, read_jsonl, write_atomically
from rlvr.training.stage import train

if TYPE_CHECKING:
    from rich.console import Console

    from rlvr.data.row import Row

_STAGES: Mapping[str, ModuleType] = {"sft": sft, "dpo": dpo, "grpo": grpo}
Rows = Mapping[str, Sequence["Row"]]
Summaries = dict[str, dict[str, Summary]]


def run(config: Config, console: Console | None = None) -> Path:
    """Run the pipeline that `config` describes, or go on with the run that `config.resume` names.

    Returns:
        The run folder, with the policies, metrics, rollouts and tables in it.

    Raises:
        UserError: an option, a file or a model that cannot be used; nothing has been written then.
        KeyboardInterrupt: the user stopped the run; the line that resumes it has been printed.
    """
    console = console or standard_console()
    if config.resume is not None:
        folder = RunFolder(Path(config.resume))
        stored = configuration.load(folder.config)
        # The one thing that a person may decide anew when a run has stopped.
        config = stored if config.gate == GateConfig() else replace(stored, gate=config.gate)
    else:
        folder = RunFolder(_new_path(config))
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    with quiet_libraries():
        training_rows, evaluation_rows = _checked(config, folder)
        _, notes = load_tokenizer(config.model)
        folder.path.mkdir(parents=True, exist_ok=True)
        configuration.save(replace(config, run_dir=str(folder.path), resume=None), folder.config)
        console.print(f"run folder: {folder.path}", highlight=False, soft_wrap=True)
        for note in notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        try:
            _run_stages(config, folder, training_rows, evaluation_rows, console)
        except gate.GateError:
            _print_results(config, folder, console)
            raise
        except KeyboardInterrupt:
            resume = f"rlvr train resume={shlex.quote(str(folder.path))}"
            console.print(f"Stopped. To go on from the last checkpoint: {resume}", highlight=False, soft_wrap=True)
            raise
    _print_results(config, folder, console)
    return folder.path


def _new_path(config: Config) -> Path:
    """The folder of a new run, which does not exist yet or is empty."""
    if config.run_dir is not None:
        path = Path(config.run_dir)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError(f"run_dir: {path} is not an empty folder; name another one, or go on with resume={path}")
        return path
    stem = Path("runs") / f"{config.name}-{datetime.now():%Y%m%d-%H%M%S}"
    path, n = stem, 1
    while path.exists():
        n += 1
        path = stem.with_name(f"{stem.name}-{n}")
    return path


def _checked(config: Config, folder: RunFolder) -> tuple[Rows, Rows]:
    """Everything that a user can get wrong, before anything is loaded that takes long or written."""
    if config.pipeline and not config.data.train:
        raise UserError(f"data.train: no rows to train on, but the pipeline is {', '.join(config.pipeline)}")
    if config.pipeline and config.model.quantization is not None and config.policy.lora is None:
        raise UserError("model.quantization: quantized weights train through an adapter only; add policy=lora")
    lora = config.policy.lora
    if config.pipeline and config.model.add_missing_tokens and lora is not None and not lora.modules_to_save:
        raise UserError(
            "model.add_missing_tokens: an adapter leaves new tokens untrained; "
            "add policy.lora.modules_to_save=[embed_tokens,lm_head], or policy=full"
        )
    for stage in config.pipeline:
        _STAGES[stage].arguments(config, folder.stage(stage))
    training = {name: load(source) for name, source in config.data.train.items()}
    evaluation = {name: load(source) for name, source in config.data.evaluation.items()}
    if "dpo" in config.pipeline:
        dpo.preferences(config, training)
    return training, evaluation


def _run_stages(
    config: Config, folder: RunFolder, training_rows: Rows, evaluation_rows: Rows, console: Console
) -> None:
    model, before = config.model, BASE
    _evaluate(config, folder, BASE, model, evaluation_rows, console)
    for stage in config.pipeline:
        if not folder.final(stage).exists():
            _train(config, folder, stage, model, training_rows, console)
        model = replace(config.model, path=str(folder.final(stage)))
        _evaluate(config, folder, stage, model, evaluation_rows, console)
        gate.check(folder, before, stage, config.gate, config.evaluation.confidence, list(evaluation_rows))
        before = stage


def _train(config: Config, folder: RunFolder, stage: str, model: ModelConfig, rows: Rows, console: Console) -> None:
    policy = load_policy(model, device=device_for(config.hardware))
    if stage == "grpo":
        trainer = grpo.trainer(policy, rows, config, folder.stage(stage), folder.rollouts(stage))
    else:
        trainer = (sft if stage == "sft" else dpo).trainer(policy, rows, config, folder.stage(stage))
    train(trainer, policy, folder, stage, console)
    if stage == "grpo":
        limit = trainer.args.max_completion_length
        for line in diagnosis.findings(diagnosis.count(read_jsonl(folder.rollouts(stage)), limit), limit):
            console.print(f"note: {line}", highlight=False, soft_wrap=True)


def _evaluate(config: Config, folder: RunFolder, stage: str, model: ModelConfig, rows: Rows, console: Console) -> None:
    """Evaluate one stage's policy on the sets that an earlier, interrupted run has not done yet."""
    summaries = _read_summaries(folder)
    missing = {name: rows[name] for name in rows if stage not in summaries.get(name, {})}
    if not missing:
        return
    policy = load_policy(model, device=device_for(config.hardware))
    reward = build_reward(config.reward)
    for name, evaluation in evaluate_sets(policy, missing, reward, config, console, label=stage):
        write_results(folder.evaluation(stage, name), rows[name], evaluation)
        summary = summarize(evaluation, config.evaluation)
        summaries.setdefault(name, {})[stage] = summary
        record = {"stage": stage, "evaluation": name, **summary.to_json()}
        append_jsonl(folder.metrics, [record])
        _write_summaries(folder, summaries)


def _print_results(config: Config, folder: RunFolder, console: Console) -> None:
    summaries = _read_summaries(folder)
    if summaries:
        gains = {name: _gain(config, folder, name, list(by_stage)) for name, by_stage in summaries.items()}
        shown = gains if config.pipeline else {}
        write_atomically(folder.table, as_text(report(summaries, shown, config.evaluation.confidence)))
        console.print()
        console.print(report(summaries, shown, config.evaluation.confidence, console.width))
    console.print(f"Policies, metrics, rollouts and this table: {folder.path}", highlight=False, soft_wrap=True)


def _gain(config: Config, folder: RunFolder, name: str, stages: list[str]) -> Interval | None:
    return relative_gain(
        folder.rewards(stages[0], name),
        folder.rewards(stages[-1], name),
        n_bootstrap=config.evaluation.n_bootstrap,
        confidence=config.evaluation.confidence,
    )


def _read_summaries(folder: RunFolder) -> Summaries:
    if not folder.summaries.exists():
        return {}
    stored = json.loads(folder.summaries.read_text(encoding="utf-8"))
    return {
        name: {stage: Summary.from_json(summary) for stage, summary in by_stage.items()}
        for name, by_stage in stored.items()
    }


def _write_summaries(folder: RunFolder, summaries: Summaries) -> None:
    plain = {name: {stage: s.to_json() for stage, s in by_stage.items()} for name, by_stage in summaries.items()}
    write_atomically(folder.summaries, json.dumps(plain, indent=2) + "\n")
