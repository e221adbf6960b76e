"""`rlvr evaluate`: one model on rows and on public suites, as tables and as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from rewards.wire import AUTO
from rlvr import config as configuration
from rlvr.chat import chat_format
from rlvr.config import build_reward
from rlvr.data.source import load
from rlvr.errors import UserError
from rlvr.evaluation import bfcl, when2call
from rlvr.evaluation.breakdown import breakdown
from rlvr.evaluation.details import details_view
from rlvr.evaluation.metrics import Summary, summarize, write_summaries
from rlvr.evaluation.price import price_of
from rlvr.evaluation.run import complete, evaluate_sets, write_results
from rlvr.evaluation.seen import find_trained_tools
from rlvr.evaluation.table import report
from rlvr.files import check_writable
from rlvr.policy.checks import TINY
from rlvr.policy.load import Policy, device_for, load_policy
from rlvr.progress import say, standard_console, task, waiting
from rlvr.quiet import quiet_libraries
from rlvr.sampling.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from rlvr.config import Config
    from rlvr.records.row import Row


def command(config: Config, console: Console | None = None, sets: Mapping[str, Sequence[Row]] | None = None) -> None:
    """Evaluate one model on every set of `data.evaluation` and every suite, and print the tables.

    Where `config.run_dir` is set, what the model did on each row is written there, one JSONL file for each set, and
    the summaries with all their details as evaluation.json; of BFCL its outputs, and bfcl.json.

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
    if config.run_dir is not None:
        check_writable(Path(config.run_dir))
    with quiet_libraries():
        with waiting(console, f"loading {config.model.endpoint or config.model.path}"):
            policy = open_policy(config)
        summaries = _on_sets(policy, sets, config, console)
        outputs = _on_bfcl(suite, policy, config, console) if suite is not None else []
    if summaries:
        console.print(report(summaries, {}, options.confidence))
    for name, by_model in summaries.items():
        for summary in by_model.values():
            console.print(details_view(name, summary))
    if suite is not None:
        scores = suite.score(outputs)
        if config.run_dir is not None:
            suite.write(Path(config.run_dir), label_of(policy, config), outputs, scores)
        console.print(bfcl.table(label_of(policy, config), scores, suite))
    if config.run_dir is not None:
        # Evaluated, not trained: a report of it has no stages.
        configuration.save(replace(config, pipeline=[]), Path(config.run_dir) / "config.yaml")
        say(console, f"Every row and all numbers: {config.run_dir}")


def open_policy(config: Config) -> Policy | Endpoint:
    """The policy that `config.model` names: weights, or a model that a server serves.

    Raises:
        UserError: it cannot be loaded or reached.
    """
    model, options = config.model, config.evaluation
    if model.endpoint is None:
        return load_policy(model, device=device_for(config.hardware))
    return Endpoint.open(
        model.endpoint,
        None if model.path == TINY else model.path,
        api_key_env=model.api_key_env,
        request=model.request,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        retries=options.retries,
    )


def label_of(policy: Policy | Endpoint, config: Config) -> str:
    """What tables and price tables call the policy."""
    return policy.model if isinstance(policy, Endpoint) else config.model.path


def _own_wire(policy: Policy | Endpoint) -> str | None:
    """Return the format in which the policy's chat template writes calls; None for a server, which has read them."""
    return None if isinstance(policy, Endpoint) else chat_format(policy.tokenizer).wire


def _on_sets(
    policy: Policy | Endpoint, sets: Mapping[str, Sequence[Row]], config: Config, console: Console
) -> dict[str, dict[str, Summary]]:
    label = label_of(policy, config)
    trained = find_trained_tools(config.model.path)
    price = price_of(label, config.evaluation.prices)
    reward = build_reward(config.reward, _own_wire(policy))
    summaries: dict[str, dict[str, Summary]] = {}
    for name, evaluation in evaluate_sets(policy, sets, reward, config, console, label="model"):
        details = breakdown(evaluation, sets[name], config.evaluation, trained_tools=trained, price=price)
        if name == "when2call":
            details["when2call"] = when2call.scores(evaluation, sets[name])
        summaries[name] = {label: summarize(evaluation, config.evaluation, details)}
        if config.run_dir is not None:
            write_results(Path(config.run_dir) / f"{name}.jsonl", sets[name], evaluation)
            write_summaries(Path(config.run_dir) / "evaluation.json", summaries)
    return summaries


def _on_bfcl(suite: bfcl.Suite, policy: Policy | Endpoint, config: Config, console: Console) -> list[bfcl.Output]:
    with task(console, "evaluating model on BFCL", len(suite.entries)) as shown:
        found = complete(policy, suite.rows(), config.evaluation, bf16=config.hardware.bf16, progress=shown.advance)
    wire = getattr(build_reward(config.reward, _own_wire(policy)), "wire", AUTO)
    pairs = zip(suite.entries, found, strict=True)
    return [suite.output(entry, done[0] if done else None, wire) for entry, done in pairs]
