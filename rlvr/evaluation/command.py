"""`rlvr evaluate`: one model on rows and on public suites, as tables and as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from rlvr import config as configuration
from rlvr.config import Config, build_reward
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.evaluation import bfcl, when2call
from rlvr.evaluation.breakdown import breakdown
from rlvr.evaluation.details import details_view
from rlvr.evaluation.episodes import hold_rows
from rlvr.evaluation.metrics import Summary, summarize, write_summaries
from rlvr.evaluation.price import price_of
from rlvr.evaluation.run import evaluate_sets, requests_of, write_results
from rlvr.evaluation.seen import find_trained_tools
from rlvr.evaluation.table import report
from rlvr.policy.precision import precision_notes
from rlvr.progress import say, standard_console, task, waiting
from rlvr.quiet import quiet_libraries
from rlvr.records.row import Row
from rlvr.sampler import Request, Sampler, completions_of
from rlvr.sampling import open_sampler
from rlvr.sampling.endpoint import Endpoint
from rlvr.sampling.remembered import remembering
from rlvr.scoring import wire_of
from rlvr.stopping import signals_as_exceptions

ANSWERS = "answers.jsonl"
"""What a server has answered so far, in the run folder; gone once all is answered."""


def command(config: Config, console: Console | None = None, sets: Mapping[str, Sequence[Row]] | None = None) -> None:
    """Evaluate one model on every set of `data.evaluation` and every suite, and print the tables.

    Where `config.run_dir` is set, what the model did on each row is written there, one JSONL file for each set, and
    the summaries with all their details as evaluation.json; of BFCL its outputs, and bfcl.json. A server's answers are
    kept there as they come, and an evaluation that was stopped goes on from them.

    Args:
        config: what to evaluate, and how.
        console: where it shows itself; None is standard output.
        sets: the rows of `data.evaluation`, where they have been read already.

    Raises:
        UserError: nothing to evaluate on, or a model, server, package or file that cannot be used.
    """
    console = console or standard_console()
    options = config.evaluation
    if not config.data.evaluation and not options.suites:
        raise UserError("data.evaluation: no set to evaluate on; add data.evaluation.NAME.path=ROWS.jsonl")
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    sets = dict(sets or {name: load(source) for name, source in config.data.evaluation.items()})
    if "when2call" in options.suites:
        sets["when2call"] = when2call.read(str(options.when2call.path))
    suite = bfcl.Suite.load(options.bfcl) if "bfcl" in options.suites else None
    for note in precision_notes(config.hardware) if config.model.endpoint is None else ():
        say(console, f"note: {note}")
    with quiet_libraries(), signals_as_exceptions():
        with waiting(console, f"loading {config.model.endpoint or config.model.path}"):
            sampler = open_sampler(config)
        if config.run_dir is not None:
            # Evaluated, not trained: a report of it has no stages.
            configuration.save(replace(config, pipeline=[]), Path(config.run_dir) / "config.yaml")
        with closing(sampler), _remembering(sampler, config, console) as asked:
            _evaluate(asked, sets, suite, config, console)
    if config.run_dir is not None:
        say(console, f"Every row and all numbers: {config.run_dir}")


@contextmanager
def _remembering(sampler: Sampler, config: Config, console: Console) -> Iterator[Sampler]:
    """Give the sampler, with a memory in the run folder where it is a server."""
    if isinstance(sampler, Endpoint) and config.run_dir is not None:
        with remembering(sampler, Path(config.run_dir) / ANSWERS, console) as asked:
            yield asked
    else:
        yield sampler


def _evaluate(
    sampler: Sampler, sets: Mapping[str, Sequence[Row]], suite: bfcl.Suite | None, config: Config, console: Console
) -> None:
    summaries = _on_sets(sampler, sets, config, console)
    outputs = _on_bfcl(suite, sampler, config, console) if suite is not None else []
    if summaries:
        console.print(report(summaries, {}, config.evaluation.confidence))
    for name, by_model in summaries.items():
        console.print(details_view(name, by_model[sampler.name]))
    if suite is not None:
        scores = suite.score(outputs)
        if config.run_dir is not None:
            suite.write(Path(config.run_dir), sampler.name, outputs, scores)
        console.print(bfcl.table(sampler.name, scores, suite))


def _on_sets(
    sampler: Sampler, sets: Mapping[str, Sequence[Row]], config: Config, console: Console
) -> dict[str, dict[str, Summary]]:
    label = sampler.name
    trained = find_trained_tools(config.model.path)
    price = price_of(label, config.evaluation.prices)
    reward = build_reward(config.reward, sampler.wire)
    summaries: dict[str, dict[str, Summary]] = {}
    for name, evaluation in evaluate_sets(sampler, sets, reward, config, console, label="model", keeps_partial=True):
        details = breakdown(evaluation, config.evaluation, trained_tools=trained, price=price)
        if name == "when2call":
            details["when2call"] = when2call.scores(evaluation)
        summaries[name] = {label: summarize(evaluation, config.evaluation, details)}
        if config.run_dir is not None:
            write_results(Path(config.run_dir) / f"{name}.jsonl", evaluation)
            write_summaries(Path(config.run_dir) / "evaluation.json", summaries)
    return summaries


def _on_bfcl(suite: bfcl.Suite, sampler: Sampler, config: Config, console: Console) -> list[bfcl.Output]:
    reward = build_reward(config.reward, sampler.wire)
    wire = wire_of(reward)
    with task(console, "evaluating model on BFCL", len(suite.entries) + len(suite.conversations)) as shown:
        completed = completions_of(sampler, requests_of(suite.rows(), reward, config.evaluation), shown.advance)
        turn = Request([], max_tokens=config.evaluation.max_new_tokens, wire=wire)
        held = hold_rows([episode.row for episode in suite.conversations], sampler, turn, shown.advance)
    outputs = []
    for entry, completions in zip(suite.entries, completed, strict=True):
        outputs.append(suite.output(entry, completions[0] if completions else None, wire))
    for episode, ((conversation, _),) in zip(suite.conversations, held, strict=True):
        outputs.append(suite.output_of(episode, conversation))
    return outputs
